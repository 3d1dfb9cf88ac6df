/* How a process comes to its stack: attach to the link's owner, or start. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client_private.h"
#include "config.h"
#include "descriptor.h"
#include "driver.h"
#include "lane.h"
#include "libc_real.h"
#include "log.h"
#include "owner.h"

#define ATTACH_ATTEMPTS 600 /* the owner may be just starting or ending */
#define ATTACH_PAUSE_NS 5000000
#define TICK_US 10000 /* a limit of a socket may be over so much too early */

/* The abstract name of the link's owner; its length. */
static size_t rendezvous(const struct config *config, char *name, size_t room)
{
	name[0] = '\0';
	return 1 + (size_t)snprintf(name + 1, room - 1, PYT_CONTROL_NAME "%s",
				    config->link[0].text);
}

/* Once in a process: it may try again with every socket. */
static void say_foreign(const struct config *config)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;

	if (!atomic_flag_test_and_set(&said))
		log_to_program("link",
			       "%s is in use by a stack of user %u; "
			       "choose another with PYT_LINK",
			       config->link[0].text, client.stack_user);
}

/*
 * A stack serves its own user only: nobody else may see what we send, nor
 * would it listen to us. -EACCES: it is *owner's.
 */
static int check_owner(int fd, struct ucred *owner)
{
	socklen_t len = sizeof(*owner);
	int result = (int)libc_raw(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED,
				   owner, &len);

	if (result < 0)
		return result;
	return owner->uid == geteuid() ? 0 : -EACCES;
}

static int connect_to_rendezvous(const struct config *config,
				 struct ucred *owner)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	size_t len = rendezvous(config, name.sun_path, sizeof(name.sun_path));
	int result, fd;

	fd = (int)libc_raw(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC,
			   0);
	if (fd < 0)
		return fd;
	result = (int)libc_raw(SYS_connect, fd, &name,
			       offsetof(struct sockaddr_un, sun_path) + len);
	if (result == 0)
		result = check_owner(fd, owner);
	owner_limit_wait(fd, OWNER_GLANCE_US);
	if (result == 0)
		return fd;
	libc_raw(SYS_close, fd);
	return result;
}

/* Once in a process. */
static void say_silent(pid_t owner, const char *why)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;
	const struct config *config;

	if (config_get(&config) == 0 && !atomic_flag_test_and_set(&said))
		log_to_program("link",
			       "process %d, in which the stack on %s lives, %s",
			       owner, config->link[0].text, why);
}

int64_t client_clock_us(void)
{
	struct timespec now;

	libc_raw(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* It knows to which process it stepped out, once it is greeted. */
static enum owner_state look(int fd, bool everywhere, pid_t *owner)
{
	const struct pyt_slot_table *table = client_table();
	enum owner_state state, found;

	*owner = owner_of(fd);
	state = owner_look(*owner);
	if (state == OWNER_GONE && table) {
		*owner = (pid_t)table->server_pid;
		state = owner_look(*owner);
	}
	if (!everywhere || (state != OWNER_GONE && state != OWNER_TRACED))
		return state;
	found = owner_search(owner);
	return found == OWNER_AWAKE ? state : found;
}

/*
 * Not by a longer limit of the socket: a seccomp(2) filter may have come since,
 * and chronyd's forbids to set that, while all let one poll.
 */
static void wait_patiently(int fd, short event)
{
	struct pollfd poll = { .fd = fd, .events = event };
	struct timespec time = { .tv_nsec = OWNER_PATIENCE_US * 1000 };

	libc_raw(SYS_ppoll, &poll, 1, &time, NULL, 0);
}

/*
 * The first look comes soon, as a tracer's calls are many; who is only slow is
 * not looked for everywhere, nor looked at so soon again.
 */
bool client_is_worth_waiting(int fd, short event, int64_t since_us)
{
	bool was_patient =
		client_clock_us() - since_us >= OWNER_PATIENCE_US - TICK_US;
	pid_t owner;
	enum owner_state state = look(fd, was_patient, &owner);

	if (state == OWNER_HELD || (state == OWNER_TRACED && was_patient)) {
		say_silent(owner, "is traced by this one, and cannot answer");
		return false;
	}
	if (state == OWNER_STOPPED && was_patient)
		say_silent(owner, "is stopped: waiting for it");
	if (state != OWNER_TRACED)
		wait_patiently(fd, event);
	return true;
}

bool client_can_answer(void)
{
	pid_t owner;

	return client_is_alive() &&
	       (client_lane() == CLIENT_LANE_OPEN ||
		look(client.fd, true, &owner) != OWNER_HELD);
}

int client_connect_quietly(void)
{
	const struct config *config;
	struct ucred owner;
	int result = config_get(&config);

	return result < 0 ? result : connect_to_rendezvous(config, &owner);
}

/* Another user's stack takes us in if an ancestor of ours belonged to it. */
static int open_connection(void)
{
	char name[sizeof(((struct sockaddr_un *)0)->sun_path)];
	const struct config *config;
	struct ucred owner = { 0 };
	int result = config_get(&config);

	if (result < 0)
		return result;
	result = connect_to_rendezvous(config, &owner);
	client.stack_user = owner.uid;
	client.is_foreign = false;
	if (result != -EACCES)
		return result;
	rendezvous(config, name, sizeof(name));
	client.is_foreign = true;
	return client_enter_by_door(name + sizeof(PYT_CONTROL_NAME));
}

/* Another stack than before has other slots: what is cached means nothing. */
static int map_table(int memfd)
{
	const struct pyt_slot_table *old = client.table;
	long mapping = libc_raw(SYS_mmap, NULL, sizeof(*old), PROT_READ,
				MAP_SHARED, memfd, 0L);
	const struct pyt_slot_table *table = (void *)mapping;

	if (mapping < 0 && mapping > -4096)
		return (int)mapping;
	if (old && old->token == table->token) {
		libc_raw(SYS_munmap, table, sizeof(*table));
		return 0;
	}
	spares_reset();
	atomic_store_explicit(&client.table, table, memory_order_release);
	if (old)
		descriptor_forget_all();
	return 0;
}

static void say_different(const struct config *config, uint64_t differ,
			  uint32_t server_pid)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;
	char names[160] = "";
	size_t len = 0;

	if (atomic_flag_test_and_set(&said))
		return;
	for (int i = 0; i < CONFIG_SETTINGS && len < sizeof(names) - 16; i++) {
		if (differ >> i & 1)
			len += (size_t)snprintf(
				names + len, sizeof(names) - len, "%s%s",
				len ? ", " : "", config_setting_names[i]);
	}
	log_to_program("link",
		       "joined the stack of process %u on %s, which was "
		       "started with another %s",
		       server_pid, config->link[0].text, names);
}

/* 0, or -EAGAIN: that stack is about to end, and is not what was asked for. */
static int check_settings(uint64_t differ, bool patient)
{
	const struct config *config;

	if (!differ || config_get(&config) < 0)
		return 0;
	if (differ & PYT_HELLO_ENDING && patient)
		return -EAGAIN;
	say_different(config, differ, client.table->server_pid);
	return 0;
}

/* Both ends are of one build, or the newer one might be misunderstood. */
static void say_version(const struct client_call *hello)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;
	const struct config *config;

	if (atomic_flag_test_and_set(&said) || config_get(&config) < 0)
		return;
	log_to_program("link",
		       "the stack on %s is of another libpyt.so: its control "
		       "protocol is not version %d; end the programs on it "
		       "first",
		       config->link[0].text, (int)hello->args[0]);
}

static int greet(bool patient)
{
	struct client_call hello = { .op = PYT_OP_HELLO,
				     .args = { PYT_CONTROL_VERSION },
				     .answer = client.key,
				     .answer_len = sizeof(client.key) };
	const struct config *config;
	int fd = open_connection();
	int memfd, result;

	if (fd < 0)
		return fd;
	if (config_get(&config) == 0) {
		hello.data = &config->settings;
		hello.data_len = sizeof(config->settings);
	}
	result = client_exchange(fd, &hello, &memfd);
	client.has_key = result >= 0 && hello.answer_len == sizeof(client.key);
	if (result >= 0)
		result = memfd < 0 ? -EMFILE : map_table(memfd);
	if (memfd >= 0)
		libc_raw(SYS_close, memfd);
	if (result == -EPROTO)
		say_version(&hello);
	if (result >= 0)
		result = check_settings(hello.result2, patient);
	if (result >= 0)
		return client_hide(fd);
	libc_raw(SYS_close, fd);
	return result;
}

int client_ask_another(void)
{
	struct client_call call = { .op = PYT_OP_ANOTHER };
	int fd;
	int result = client_exchange(client.fd, &call, &fd);

	if (fd < 0)
		return result < 0 ? result : -EMFILE;
	owner_limit_wait(fd, OWNER_PATIENCE_US);
	return client_hide(fd);
}

static int attach(bool patient)
{
	int old, result;

	if (client.fd >= 0 && client_is_alive())
		return 0;
	old = client.fd;
	client.fd = -1; /* before the number is free */
	if (old >= 0)
		libc_raw(SYS_close, old);
	spares_reset(); /* they went with the connection */
	result = greet(patient);
	if (result < 0)
		return result;
	client.fd = result;
	return 0;
}

/* It may start when the program has given something back. */
static bool is_for_want(int result)
{
	return config_lacked_means(result) || result == -EAGAIN;
}

static int for_good(int result)
{
	if (!is_for_want(result))
		client.start_error = result;
	return result;
}

static bool is_worth_waiting(int result)
{
	return result == -ECONNREFUSED || result == -ENETDOWN ||
	       result == -EAGAIN;
}

/*
 * Who finds the name free becomes the owner; two may find it so at once, and
 * an owner may be about to go: then try again for a while.
 */
static int attach_or_start(void)
{
	struct timespec pause = { .tv_nsec = ATTACH_PAUSE_NS };
	const struct config *config;
	int result = config_get(&config);

	if (result < 0)
		return for_good(result);
	result = attach(true);

	for (int i = 0; i < ATTACH_ATTEMPTS && is_worth_waiting(result); i++) {
		int started = driver_start(config);

		if (started == 0)
			client.thread_here = client.lane_wanted = true;
		else if (started != -EADDRINUSE)
			return for_good(started);
		else
			libc_raw(SYS_nanosleep, &pause, NULL);
		result = attach(i < ATTACH_ATTEMPTS - 1);
	}
	return result;
}

int client_attach(void)
{
	uint64_t signals;
	int result;

	client_become_process();
	if (!client_is_this_process())
		return -ENETDOWN;
	signals = client_lock();
	result = attach(false);
	client_unlock(signals);
	return result;
}

int client_start(void)
{
	const struct config *config;
	uint64_t signals;
	int result;

	client_become_process();
	if (!client_is_this_process())
		return -ENETDOWN;
	if (client_is_alive())
		return 0;
	signals = client_lock();
	result = client.start_error ? client.start_error : attach_or_start();
	if (result < 0 && client.is_foreign && config_get(&config) == 0)
		say_foreign(config);
	client_unlock(signals);
	return result;
}

/* Without it everything goes by the endpoints. */
static void open_lane(void)
{
	int fd[LANE_LENT];
	int count = 0;

	while (count < LANE_LENT) {
		struct client_call call = { .op = PYT_OP_LANE,
					    .args = { count } };

		if (client_exchange(client.fd, &call, &fd[count]) < 0 ||
		    fd[count] < 0)
			break;
		fd[count] = client_hide(fd[count]);
		count++;
	}
	if (count == LANE_LENT)
		lane_open(driver_server(), fd);
	else
		while (count)
			libc_raw(SYS_close, fd[--count]);
}

void client_open_lane(void)
{
	uint64_t signals;

	if (!client.lane_wanted)
		return;
	signals = client_lock();
	if (client.lane_wanted && client_set_lane(CLIENT_LANE_NONE))
		open_lane();
	client.lane_wanted = false;
	client_unlock(signals);
}
