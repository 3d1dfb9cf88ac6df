/* Who holds a stack, and whether it runs: /proc/PID/task, proc(5). */
#include "owner.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "kernel.h"

/* See driver.c, and step_out_memory.c. */
#define THREAD_NAME "pyt"
#define PROCESS_NAME "pyt-stack"

struct kernel_dirent {
	uint64_t inode, next;
	unsigned short len;
	unsigned char type;
	char name[];
};

void owner_limit_wait(int fd, int64_t time_us)
{
	struct timeval time = { .tv_usec = time_us };

	kernel_call(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, (long)&time,
		    sizeof(time), 0);
	kernel_call(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, (long)&time,
		    sizeof(time), 0);
}

/* The first lines: Name, State, TracerPid and others. False: it has gone. */
static bool read_status(pid_t pid, const char *thread, char *text, size_t room)
{
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%.12s/status", pid, thread);
	fd = kernel_open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = kernel_read(fd, text, room - 1);
	kernel_close(fd);
	text[len > 0 ? len : 0] = 0;
	return len > 0;
}

/* What stands behind "\nNAME:\t", or "". */
static const char *field(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? at + strlen(name) : "";
}

/* A thread of this process: the one that asks, or another. */
static bool is_own_thread(pid_t tid)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/self/task/%d", tid);
	return tid > 0 && kernel_call(SYS_newfstatat, AT_FDCWD, (long)path,
				      (long)&status, 0, 0, 0) == 0;
}

static enum owner_state thread_state(const char *status)
{
	pid_t tracer = atoi(field(status, "\nTracerPid:\t"));
	char state = *field(status, "\nState:\t");

	if (state == 'Z' || state == 'X') /* its tracer has not seen it yet */
		return OWNER_GONE;
	/* Asked of tracers alone: a seccomp(2) filter may forbid gettid(2). */
	if (tracer && state == 't' &&
	    tracer == (pid_t)kernel_call(SYS_gettid, 0, 0, 0, 0, 0, 0))
		return OWNER_HELD;
	if (is_own_thread(tracer))
		return OWNER_TRACED;
	return state == 'T' || state == 't' ? OWNER_STOPPED : OWNER_AWAKE;
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static bool is_stack_thread(const char *status)
{
	return starts_with(status, "Name:\t" THREAD_NAME "\n") ||
	       starts_with(status, "Name:\t" PROCESS_NAME "\n");
}

/* Of a thread that is the stack's; else OWNER_GONE. */
static enum owner_state look_at_thread(pid_t pid, const char *thread)
{
	char status[512];

	if (!read_status(pid, thread, status, sizeof(status)) ||
	    !is_stack_thread(status))
		return OWNER_GONE;
	return thread_state(status);
}

/*
 * Calls look() with the names in a directory, as long as it says so. False:
 * there is no such directory.
 */
static bool for_each_name(const char *path,
			  bool (*look)(void *context, const char *name),
			  void *context)
{
	_Alignas(struct kernel_dirent) char entries[2048] = "";
	bool go_on = true;
	long len;
	int fd = kernel_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return false;
	do {
		len = kernel_call(SYS_getdents64, fd, (long)entries,
				  sizeof(entries), 0, 0, 0);
		for (long at = 0; at < len && go_on;) {
			const struct kernel_dirent *entry =
				(const void *)(entries + at);

			at += entry->len;
			go_on = look(context, entry->name);
		}
	} while (len > 0 && go_on);
	kernel_close(fd);
	return true;
}

struct found {
	pid_t pid;
	enum owner_state state;
};

static bool look_in_process(void *context, const char *thread)
{
	struct found *found = context;

	if (*thread != '.')
		found->state = look_at_thread(found->pid, thread);
	return found->state == OWNER_GONE;
}

pid_t owner_of(int fd)
{
	struct ucred owner = { 0 };
	socklen_t len = sizeof(owner);

	kernel_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &len);
	return owner.pid;
}

enum owner_state owner_look(pid_t pid)
{
	struct found found = { pid, OWNER_GONE };
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	for_each_name(path, look_in_process, &found);
	return found.state;
}

/* Where it has stepped out to it is the process's first thread. */
static bool look_at_process(void *context, const char *name)
{
	struct found *found = context;
	pid_t pid = atoi(name);
	enum owner_state state;

	if (pid <= 0)
		return true;
	state = look_at_thread(pid, name);
	if (state > OWNER_STOPPED && state > found->state)
		*found = (struct found){ pid, state };
	return found->state != OWNER_HELD;
}

enum owner_state owner_search(pid_t *pid)
{
	struct found found = { .state = OWNER_AWAKE };

	for_each_name("/proc", look_at_process, &found);
	if (found.state != OWNER_AWAKE)
		*pid = found.pid;
	return found.state;
}
