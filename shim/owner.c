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

void owner_limit_wait(int fd)
{
	struct timeval time = { .tv_usec = OWNER_PATIENCE_US };

	kernel_call(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, (long)&time,
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

static enum owner_state thread_state(const char *status)
{
	pid_t self = (pid_t)kernel_call(SYS_getpid, 0, 0, 0, 0, 0, 0);

	if (atoi(field(status, "\nTracerPid:\t")) == self)
		return OWNER_TRACED;
	switch (*field(status, "\nState:\t")) {
	case 'T':
	case 't':
		return OWNER_STOPPED;
	default:
		return OWNER_AWAKE;
	}
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

/* True: the stack's thread was among them, and *state is its state. */
static bool look_at_threads(pid_t pid, const char *entries, long len,
			    enum owner_state *state)
{
	char status[512];

	for (long at = 0; at < len;) {
		const struct kernel_dirent *entry =
			(const void *)(entries + at);

		at += entry->len;
		if (*entry->name == '.' ||
		    !read_status(pid, entry->name, status, sizeof(status)) ||
		    !is_stack_thread(status))
			continue;
		*state = thread_state(status);
		return true;
	}
	return false;
}

/* It is stepping out, or ends, if there is no such thread. */
static enum owner_state process_state(pid_t pid)
{
	enum owner_state state = OWNER_AWAKE;
	_Alignas(struct kernel_dirent) char entries[2048] = "";
	char path[32];
	long len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	fd = kernel_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return OWNER_AWAKE;
	do {
		len = kernel_call(SYS_getdents64, fd, (long)entries,
				  sizeof(entries), 0, 0, 0);
	} while (len > 0 && !look_at_threads(pid, entries, len, &state));
	kernel_close(fd);
	return state;
}

enum owner_state owner_look(int fd, pid_t *pid)
{
	struct ucred owner = { 0 };
	socklen_t len = sizeof(owner);

	if (kernel_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &len) < 0)
		return OWNER_AWAKE;
	*pid = owner.pid;
	return process_state(owner.pid);
}
