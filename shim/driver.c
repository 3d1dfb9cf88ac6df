/*
 * Start and end of the stack thread. It lives on memory of the stack's own,
 * hears no signal and has its own table of descriptors, so that whatever the
 * program does to its memory, signals and descriptors does not reach it.
 */
#include "driver.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "config.h"
#include "controls.h"
#include "kernel.h"
#include "lane.h"
#include "link.h"
#include "privilege.h"
#include "server.h"

#define THREAD_STACK_LEN (1024 * 1024) /* sanitizers want much of it */
#define STARTING UINT32_MAX

/* Of this process; only the program's threads touch it, one at a time. */
static struct driver {
	pthread_t thread;
	struct server *server; /* NULL: no thread was started */
	const struct config *config;
	_Atomic uint32_t result; /* STARTING, then 0 or an errno */
	_Atomic bool over; /* the thread does nothing more */
} driver;

static void tell_result(int result)
{
	driver.result = (uint32_t)-result;
	kernel_call(SYS_futex, (long)&driver.result, FUTEX_WAKE_PRIVATE,
		    INT_MAX, 0, 0, 0);
}

static int wait_for_result(void)
{
	while (driver.result == STARTING)
		kernel_call(SYS_futex, (long)&driver.result, FUTEX_WAIT_PRIVATE,
			    STARTING, 0, 0, 0);
	return -(int)driver.result;
}

/*
 * A pipe or a terminal that may be full: O_NONBLOCK belongs to the open file,
 * which is the program's, so we open another one. Where that is not to be had
 * (another user's, no /proc) log_line() looks before it writes.
 */
static int open_again(int fd)
{
	char path[40];
	struct stat status = { 0 };
	int again;

	if (fd < 0 || kernel_call(SYS_fstat, fd, (long)&status, 0, 0, 0, 0) ||
	    !(S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)))
		return fd;
	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
	again = kernel_open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (again < 0)
		return fd;
	kernel_close(fd);
	return again;
}

/*
 * Messages go where the program's went when its stack began. A FIFO that is
 * named must have its reader by then.
 */
static int open_log_file(const struct config *config)
{
	return (int)kernel_call(SYS_openat, AT_FDCWD, (long)config->log_path,
				O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK |
					O_CLOEXEC,
				0644, 0, 0);
}

static int open_stderr(void)
{
	if (log_is_connection(STDERR_FILENO))
		return -1; /* nor do we hold it open */
	return open_again(kernel_dup(STDERR_FILENO, 3));
}

/* Our own table, of which only the log is left. */
static int take_private_files(struct server *server,
			      const struct config *config)
{
	int log_fd = -1, file = -ENOENT;
	long result =
		kernel_call(SYS_unshare, CLONE_FILES | CLONE_FS, 0, 0, 0, 0, 0);

	if (result < 0)
		return (int)result;
	if (config->log_path[0])
		file = open_log_file(config);
	log_fd = file >= 0 ? file : open_stderr();
	if (log_fd >= 0) {
		kernel_call(SYS_close_range, 0, log_fd - 1, 0, 0, 0, 0);
		kernel_call(SYS_close_range, log_fd + 1, UINT_MAX, 0, 0, 0, 0);
	} else {
		kernel_call(SYS_close_range, 0, UINT_MAX, 0, 0, 0, 0);
	}
	server->log = (struct log){ .fd = log_fd, .level = config->log_level };
	server->log_is_file = file >= 0;
	if (config->log_path[0] && file < 0)
		log_line(&server->log, PYT_LOG_ERROR, NULL,
			 "PYT_LOG: %s: %s; lines go to stderr",
			 config->log_path, strerrordesc_np(-file));
	return 0;
}

static void *run(void *argument)
{
	struct server *server = argument;
	int result;

	/* The program's locale may lie in memory that is given back later. */
	uselocale(newlocale(LC_ALL_MASK, "C", NULL));
	kernel_call(SYS_prctl, PR_SET_NAME, (long)"pyt", 0, 0, 0, 0);
	result = take_private_files(server, driver.config);
	if (result == 0)
		result = server_start(server, driver.config);
	privilege_drop(&server->log);
	tell_result(result);
	if (result < 0)
		return NULL;
	while (!server->ended)
		server_turn(server);
	if (server->own_process)
		kernel_call(SYS_exit_group, 0, 0, 0, 0, 0, 0);
	driver.over = true;
	return NULL;
}

static struct server *create_server(const struct config *config)
{
	struct arena *arena = arena_create(config->memory_len);
	struct server *server;

	if (!arena)
		return NULL;
	server = arena_alloc(arena, sizeof(*server));
	if (!server) {
		arena_destroy(arena);
		return NULL;
	}
	server->arena = arena;
	return server;
}

/* The lowest page faults, should the stack ever grow that far. */
static int set_stack(pthread_attr_t *attributes, struct arena *arena)
{
	uint8_t *stack = arena_alloc(arena, THREAD_STACK_LEN);

	if (!stack)
		return -ENOMEM;
	kernel_call(SYS_mprotect, (long)stack, 4096, PROT_NONE, 0, 0, 0);
	return -pthread_attr_setstack(attributes, stack + 4096,
				      THREAD_STACK_LEN - 4096);
}

/* All signals but the two by which glibc changes the threads' user. */
static void block_signals(uint64_t *before)
{
	uint64_t all = ~((uint64_t)3 << 31); /* signals 32 and 33 */

	kernel_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, (long)before,
		    sizeof(all), 0, 0);
}

static int start_thread(struct server *server)
{
	pthread_attr_t attributes;
	uint64_t before;
	int result;

	pthread_attr_init(&attributes);
	result = set_stack(&attributes, server->arena);
	if (result == 0) {
		block_signals(&before);
		result = -pthread_create(&driver.thread, &attributes, run,
					 server);
		kernel_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0,
			    sizeof(before), 0, 0);
	}
	pthread_attr_destroy(&attributes);
	return result;
}

int driver_start(const struct config *config)
{
	struct server *server = create_server(config);
	int result;

	if (!server)
		return -ENOMEM;
	controls_load(config);
	driver.config = config;
	driver.result = STARTING;
	driver.over = false;
	lane_begin();
	result = start_thread(server);
	if (result < 0) {
		arena_destroy(server->arena);
		return result;
	}
	driver.server = server;
	result = wait_for_result();
	if (result < 0)
		driver_release();
	return result;
}

void driver_release(void)
{
	struct server *server = driver.server;
	int cancel;

	if (!server)
		return;
	driver.server = NULL;
	/* The caller may be in a call that is no cancellation point. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	pthread_join(driver.thread, NULL);
	pthread_setcancelstate(cancel, NULL);
	for (int i = 0; i < server->link_count; i++)
		link_free(server->links[i].link);
	if (server->slots.table)
		arena_unmap(server->slots.table, sizeof(*server->slots.table));
	arena_destroy(server->arena);
}

bool driver_is_over(void)
{
	return driver.server && driver.over;
}

struct server *driver_server(void)
{
	return driver.server;
}

void driver_forget(void)
{
	driver.server = NULL;
}
