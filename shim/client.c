/* The control connection: the request and its reply, the hidden number. */
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client_private.h"
#include "descriptor.h"
#include "lane.h"
#include "lane_request.h"
#include "lane_tell.h"
#include "libc_real.h"
#include "passed_fd.h"

#define HIDDEN_FD_MAX 1023 /* above: the kernel's table would grow */

struct client client = { .fd = -1, .door_fd = -1 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct pyt_request request; /* under the lock, as the reply */
static struct pyt_reply reply;

/*
 * While the lock is held no signal handler may run in this thread: it could
 * call us again. All of them, cancellation's own included.
 */
uint64_t client_block_signals(void)
{
	uint64_t all = UINT64_MAX, before = 0;

	libc_raw(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before,
		 sizeof(before));
	return before;
}

void client_restore_signals(uint64_t before)
{
	libc_raw(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL,
		 sizeof(before));
}

uint64_t client_lock(void)
{
	uint64_t signals = client_block_signals();

	pthread_mutex_lock(&lock);
	return signals;
}

void client_unlock(uint64_t signals)
{
	pthread_mutex_unlock(&lock);
	client_restore_signals(signals);
}

/* Whoever held it does not exist in this process. */
void client_reset_lock(void)
{
	pthread_mutex_init(&lock, NULL);
}

/* ----------------------------------------------------------- round trips */

/* What went wrong between us: an answer that comes late would be the next
 * one's. */
static int cut(int fd, long error)
{
	libc_raw(SYS_shutdown, fd, SHUT_RDWR);
	return error == -EAGAIN ? -EDEADLK : -ENETDOWN;
}

static bool was_answered(int result)
{
	return result != -ENETDOWN && result != -EDEADLK;
}

static int send_request(int fd, int passed_fd)
{
	int64_t since_us = client_clock_us();
	struct iovec iov = { &request, offsetof(struct pyt_request, data) +
					       request.data_len };
	union passed_fd control = { 0 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	long len;

	if (passed_fd >= 0)
		passed_fd_attach(&message, &control, passed_fd);
	do {
		len = libc_raw(SYS_sendmsg, fd, &message, MSG_NOSIGNAL);
	} while (len == -EINTR /* it was stopped, or traced, meanwhile */ ||
		 (len == -EAGAIN &&
		  client_is_worth_waiting(fd, POLLOUT, since_us)));
	return len < 0 ? cut(fd, len) : 0;
}

static int fd_of(const struct client_call *call)
{
	return call->sends_fd ? call->fd : -1;
}

/* The result; *passed_fd becomes a descriptor that came along, or -1. */
static int receive_reply(int fd, int *passed_fd)
{
	struct iovec iov = { &reply, sizeof(reply) };
	union passed_fd control;
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int64_t since_us = client_clock_us();
	long len;

	do {
		len = libc_raw(SYS_recvmsg, fd, &message, MSG_CMSG_CLOEXEC);
	} while (len == -EINTR ||
		 (len == -EAGAIN &&
		  client_is_worth_waiting(fd, POLLIN, since_us)));
	*passed_fd = -1;
	if (len < 0)
		return cut(fd, len);
	if (message.msg_controllen >= CMSG_LEN(sizeof(int)))
		memcpy(passed_fd, CMSG_DATA(&control.header), sizeof(int));
	if (len < (long)offsetof(struct pyt_reply, data) ||
	    reply.data_len > len - (long)offsetof(struct pyt_reply, data))
		return -ENETDOWN;
	return reply.result;
}

void client_fill_request(const struct client_call *call, struct pyt_request *to)
{
	to->op = call->op;
	to->slot = call->slot;
	to->generation = call->generation;
	memcpy(to->args, call->args, sizeof(to->args));
	to->inode = call->inode;
	to->address =
		call->address ? *call->address : (struct pyt_sockaddr){ 0 };
	to->taken_count = 0;
	to->data_len = call->data_len <= PYT_CONTROL_DATA_MAX
			       ? call->data_len
			       : PYT_CONTROL_DATA_MAX;
	if (to->data_len)
		memcpy(to->data, call->data, to->data_len);
}

static void take_reply(struct client_call *call)
{
	if (call->answer_len > reply.data_len)
		call->answer_len = reply.data_len;
	if (call->answer_len)
		memcpy(call->answer, reply.data, call->answer_len);
	call->reply_slot = reply.slot;
	call->reply_generation = reply.generation;
	call->result2 = reply.result2;
	spares_add(reply.spare_slot, reply.spare_generation);
}

int client_exchange(int fd, struct client_call *call, int *passed_fd)
{
	int result;

	*passed_fd = -1;
	client_fill_request(call, &request);
	if (fd == client.fd) { /* not the one of a child to come */
		spares_report(&request);
		(*lane_untold(call->slot))++;
	}
	result = send_request(fd, fd_of(call));
	if (result < 0)
		return result;
	result = receive_reply(fd, passed_fd);
	if (was_answered(result) && fd == client.fd)
		spares_confirm();
	if (was_answered(result))
		take_reply(call);
	return result;
}

int client_call_for_fd(struct client_call *call, int *fd)
{
	uint64_t signals;
	int result;

	*fd = -1;
	if (!client_reopen_after_raw_fork())
		return -ENETDOWN;
	client_let_go();
	signals = client_lock();
	result = client_exchange(client.fd, call, fd);
	client_unlock(signals);
	return result;
}

int client_call(struct client_call *call)
{
	int passed_fd, result;

	if (lane_request(call, &result))
		return result;
	result = client_call_for_fd(call, &passed_fd);
	if (passed_fd >= 0)
		libc_raw(SYS_close, passed_fd);
	return result;
}

int client_post_here(const struct client_call *call)
{
	uint64_t signals = client_lock();
	int result;

	client_fill_request(call, &request);
	spares_report(&request);
	(*lane_untold(call->slot))++;
	result = send_request(client.fd, fd_of(call));
	client_unlock(signals);
	return result;
}

int client_post(const struct client_call *call)
{
	if (!client_reopen_after_raw_fork())
		return -ENETDOWN;
	client_let_go();
	return client_post_here(call);
}

/* One message is one piece, and nothing comes back: no lock is needed. */
void client_wake_stack(void)
{
	static const struct pyt_request wake = { .op = PYT_OP_WAKE };

	lane_begin_outside();
	libc_raw(SYS_sendto, client.fd, &wake,
		 offsetof(struct pyt_request, data),
		 MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
	lane_end_outside();
}

void client_tell(struct client_call *call)
{
	int result;

	if (!lane_tell(call) && !lane_request(call, &result))
		client_post(call);
}

const struct pyt_slot_table *client_table(void)
{
	return atomic_load_explicit(&client.table, memory_order_acquire);
}

const uint8_t *client_key(void)
{
	return client.has_key ? client.key : NULL;
}

bool client_is_foreign(void)
{
	return client.is_foreign;
}

bool client_show(int fd, uint32_t slot, uint32_t generation)
{
	struct client_call call = { .op = PYT_OP_PROVE,
				    .slot = slot,
				    .generation = generation,
				    .sends_fd = true,
				    .fd = fd };

	return !client.is_foreign || client_call(&call) >= 0;
}

bool client_was_connected_by_stack(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return libc_raw(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &peer,
			&len) == 0 &&
	       (peer.uid == client.stack_user || peer.uid == geteuid());
}

bool client_is_alive(void)
{
	struct pollfd poll = { .fd = client.fd };
	struct timespec none = { 0 };

	if (client.fd < 0)
		return false;
	if (client_lane() == CLIENT_LANE_OPEN) /* it lives here */
		return true;
	return libc_raw(SYS_ppoll, &poll, 1, &none, NULL, 0) == 0;
}

bool client_answers(void)
{
	/* About no socket: -EBADF, if somebody is there. */
	struct client_call call = { .op = PYT_OP_ERROR, .slot = PYT_SLOT_NONE };

	return was_answered(client_call(&call));
}

/* ----------------------------------------------------- hidden descriptor */

bool client_hides_some(void)
{
	return client.table || client.door_fd >= 0;
}

bool client_hides(int fd)
{
	return fd >= 0 &&
	       (fd == atomic_load_explicit(&client.fd, memory_order_relaxed) ||
		fd == atomic_load_explicit(&client.door_fd,
					   memory_order_relaxed) ||
		lane_hides(fd));
}

int client_hidden_fds(int fd[CLIENT_HIDDEN_MAX])
{
	int all[CLIENT_HIDDEN_MAX] = { client.fd, client.door_fd };
	int count = 0;

	for (int i = 0; i < LANE_FILES; i++)
		all[2 + i] = lane_fd(i);
	for (int i = 0; i < CLIENT_HIDDEN_MAX; i++) {
		int at = count;

		if (all[i] < 0)
			continue;
		for (; at > 0 && fd[at - 1] > all[i]; at--)
			fd[at] = fd[at - 1];
		fd[at] = all[i];
		count++;
	}
	return count;
}

/*
 * As high as a program hardly counts, and below its limit, however low it
 * is.
 */
static long hidden_floor(void)
{
	struct rlimit limit = { .rlim_cur = HIDDEN_FD_MAX + 1 };
	long highest;

	libc_raw(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
	highest = limit.rlim_cur <= HIDDEN_FD_MAX ? (long)limit.rlim_cur - 1
						  : HIDDEN_FD_MAX;
	return highest - (CLIENT_HIDDEN_MAX - 1);
}

/* The same descriptor when there is no room. Under the lock. */
int client_hide(int fd)
{
	long moved = -EMFILE;

	for (long floor = hidden_floor(); floor > 2 && moved < 0; floor--)
		moved = libc_raw(SYS_fcntl, fd, F_DUPFD_CLOEXEC, floor);
	if (moved >= 0)
		libc_raw(SYS_close, fd);
	else
		moved = fd;
	/* What was known is of a file that had the number before. */
	descriptor_forget((int)moved);
	return (int)moved;
}

/* True: fd may be closed. */
static bool move_away(_Atomic int *hidden, int fd, int command)
{
	long moved;

	if (*hidden != fd)
		return false;
	moved = libc_raw(SYS_fcntl, fd, command, fd + 1);
	if (moved < 0)
		moved = libc_raw(SYS_fcntl, fd, command, 3);
	/* With no number left it is lost: the program's file is not ours. */
	*hidden = moved < 0 ? -1 : (int)moved;
	return true;
}

static void make_way(int fd)
{
	int hidden[CLIENT_HIDDEN_MAX];
	int count;

	lane_lock();
	if (lane_make_way(fd) || move_away(&client.fd, fd, F_DUPFD_CLOEXEC) ||
	    move_away(&client.door_fd, fd,
		      libc_raw(SYS_fcntl, fd, F_GETFD) ? F_DUPFD_CLOEXEC
						       : F_DUPFD)) {
		lane_wait_outside();
		libc_raw(SYS_close, fd);
	}
	count = client_hidden_fds(hidden);
	while (count)
		descriptor_forget(hidden[--count]); /* as client_hide() */
	lane_unlock();
}

/*
 * Another thread's first socket may hide a descriptor meanwhile, where there
 * was none. The lock only where that can be: dup2(2) to a low number must not
 * wait for a stack that is slow to answer.
 */
bool client_begin_overwrite(int fd, uint64_t *signals)
{
	if (!client_hides(fd) &&
	    (fd <= STDERR_FILENO || lane_is_filtered() || fd < hidden_floor()))
		return false;
	*signals = client_lock();
	if (client_hides(fd))
		make_way(fd);
	return true;
}

void client_end_overwrite(uint64_t signals)
{
	client_unlock(signals);
}
