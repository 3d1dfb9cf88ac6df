/* What one process may do with another one that asked for it; see target.h. */
#include "target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libc_real.h"

#define PIDFDS 64 /* of the threads that called last */

static int listener;

static struct {
	pid_t tid;
	int fd;
} pidfds[PIDFDS];

void target_set_listener(int fd)
{
	listener = fd;
}

/* ------------------------------------------------------------------ memory */

ssize_t target_read_some(const struct call *call, uint64_t from, void *to,
			 size_t len)
{
	struct iovec local = { to, len };
	struct iovec remote = { (void *)(uintptr_t)from, len };
	ssize_t result;

	if (len == 0)
		return 0;
	result = process_vm_readv(call->tid, &local, 1, &remote, 1, 0);
	return result > 0 ? result : -EFAULT;
}

int target_read(const struct call *call, uint64_t from, void *to, size_t len)
{
	ssize_t result = target_read_some(call, from, to, len);

	return result == (ssize_t)len ? 0 : -EFAULT;
}

int target_gather(const struct call *call, const struct iovec *pieces,
		  size_t count, void *to, size_t len)
{
	struct iovec local = { to, len };

	if (len == 0)
		return 0;
	return process_vm_readv(call->tid, &local, 1, pieces, count, 0) ==
			       (ssize_t)len
		       ? 0
		       : -EFAULT;
}

/* Its number may be another process's by now. */
int target_scatter(const struct call *call, const struct iovec *pieces,
		   size_t count, const void *from, size_t len)
{
	struct iovec local = { (void *)(uintptr_t)from, len };

	if (len == 0)
		return 0;
	if (!target_is_there(call))
		return -EFAULT;
	return process_vm_writev(call->tid, &local, 1, pieces, count, 0) ==
			       (ssize_t)len
		       ? 0
		       : -EFAULT;
}

int target_write(const struct call *call, uint64_t to, const void *from,
		 size_t len)
{
	struct iovec remote = { (void *)(uintptr_t)to, len };

	return target_scatter(call, &remote, 1, from, len);
}

/* ------------------------------------------------------------- descriptors */

#define PIDFD_OF_THREAD O_EXCL /* PIDFD_THREAD, Linux 6.9 */

static pid_t process_of(pid_t tid)
{
	char path[32], line[128];
	int pid = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	file = fopen(path, "re");
	while (file && pid < 0 && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "Tgid:", 5) == 0)
			pid = atoi(line + 5);
	}
	if (file)
		fclose(file);
	return pid;
}

static int open_pidfd(pid_t tid)
{
	long fd = libc_raw(SYS_pidfd_open, tid, PIDFD_OF_THREAD);

	if (fd == -EINVAL)
		fd = libc_raw(SYS_pidfd_open, process_of(tid), 0);
	return (int)fd;
}

/*
 * Threads are few and call often. One that has ended, and whose number is
 * another's now, is known by the answer of its pidfd.
 */
int target_get_fd(const struct call *call, int fd)
{
	unsigned at = (unsigned)call->tid % PIDFDS;
	int pidfd;
	long copy;

	if (pidfds[at].tid == call->tid) {
		copy = syscall(SYS_pidfd_getfd, pidfds[at].fd, fd, 0);
		if (copy >= 0 || errno != ESRCH)
			return copy < 0 ? -errno : (int)copy;
	}
	pidfd = open_pidfd(call->tid);
	if (pidfd < 0)
		return pidfd;
	if (pidfds[at].tid)
		libc_raw(SYS_close, pidfds[at].fd);
	pidfds[at].tid = call->tid;
	pidfds[at].fd = pidfd;
	copy = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	return copy < 0 ? -errno : (int)copy;
}

void target_close_copy(int fd)
{
	libc_raw(SYS_close, fd);
}

int target_free_number(const struct call *call, unsigned at_least, unsigned end)
{
	for (unsigned number = at_least; number < end; number++) {
		int copy = target_get_fd(call, (int)number);

		if (copy == -EBADF)
			return (int)number;
		if (copy < 0)
			return copy;
		target_close_copy(copy);
	}
	return -EMFILE;
}

/* As many of a directory's numbers as lie below end. */
static rlim_t count_below(const char *path, rlim_t end)
{
	const struct dirent *entry;
	DIR *directory = opendir(path);
	rlim_t count = 0;

	while (directory && (entry = readdir(directory)))
		count += *entry->d_name != '.' &&
			 (rlim_t)atoi(entry->d_name) < end;
	if (directory)
		closedir(directory);
	return count;
}

/*
 * Whoever has fewer than its limit has a number left below it. How many they
 * are is the directory's size since Linux 6.2; else, and as some may lie above
 * a limit that came later, they are counted.
 */
int target_check_room(const struct call *call)
{
	struct rlimit limit;
	struct stat status;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/fd", call->tid);
	if (prlimit(call->tid, RLIMIT_NOFILE, NULL, &limit) < 0 ||
	    stat(path, &status) < 0)
		return 0;
	if (status.st_size > 0 && (rlim_t)status.st_size < limit.rlim_cur)
		return 0;
	return count_below(path, limit.rlim_cur) < limit.rlim_cur ? 0 : -EMFILE;
}

static int add_fd(const struct call *call, int fd, int number, uint32_t flags,
		  bool cloexec)
{
	struct seccomp_notif_addfd addfd = {
		.id = call->id,
		.flags = flags | (number >= 0 ? SECCOMP_ADDFD_FLAG_SETFD : 0),
		.srcfd = (uint32_t)fd,
		.newfd = number >= 0 ? (uint32_t)number : 0,
		.newfd_flags = cloexec ? O_CLOEXEC : 0,
	};

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd) < 0 ? -errno
								      : 0;
}

int target_answer_fd(const struct call *call, int fd, int number, bool cloexec)
{
	return add_fd(call, fd, number, SECCOMP_ADDFD_FLAG_SEND, cloexec);
}

/* O_CLOEXEC of its descriptor, which no copy shows. */
static bool closes_on_exec(const struct call *call, int number)
{
	char path[48], line[128];
	unsigned flags = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", call->tid, number);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "flags: %o", &flags) == 1)
			break;
	}
	if (file)
		fclose(file);
	return flags & O_CLOEXEC;
}

int target_replace_fd(const struct call *call, int number, int fd)
{
	return add_fd(call, fd, number, 0, closes_on_exec(call, number));
}

/* ----------------------------------------------------------------- answers */

void target_answer(const struct call *call, long result)
{
	struct seccomp_notif_resp answer = { .id = call->id };

	if (result == CALL_CONTINUE)
		answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (result < 0)
		answer.error = (int32_t)result;
	else
		answer.val = result;
	/* Who has been killed needs no answer. */
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

bool target_is_there(const struct call *call)
{
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call->id) == 0;
}

struct signals {
	uint64_t own, shared, blocked;
	int process;
};

static void read_signals(pid_t tid, struct signals *signals)
{
	char path[32], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		sscanf(line, "Tgid: %d", &signals->process);
		sscanf(line, "SigPnd: %lx", &signals->own);
		sscanf(line, "ShdPnd: %lx", &signals->shared);
		sscanf(line, "SigBlk: %lx", &signals->blocked);
	}
	if (file)
		fclose(file);
}

/*
 * A signal for the process goes to its first thread if that one lets it, else
 * to another that does, which nobody can see.
 */
enum target_signal target_signal(const struct call *call)
{
	struct signals here = { 0 }, first = { 0 };

	read_signals(call->tid, &here);
	if (here.own & ~here.blocked)
		return TARGET_SIGNAL_OWN;
	if (!(here.shared & ~here.blocked))
		return TARGET_SIGNAL_NONE;
	if (here.process == call->tid)
		return TARGET_SIGNAL_OWN;
	read_signals(here.process, &first);
	return here.shared & ~here.blocked & first.blocked
		       ? TARGET_SIGNAL_OTHERS
		       : TARGET_SIGNAL_NONE;
}
