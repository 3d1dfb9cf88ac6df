/*
 * pyt-seccomp: runs a program that LD_PRELOAD cannot reach over the stack, by
 * seccomp's user notification. What the launcher calls for pyt --seccomp:
 *
 *     pyt-seccomp LIBRARY COMMAND [ARGUMENT...]
 *
 * The command takes this process's place. Its supervisor is a process of its
 * own, this program again, with the library preloaded:
 *
 *     pyt-seccomp --supervise CHANNEL
 *
 * See docs/decisions/seccomp.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file_calls.h"
#include "filter.h"
#include "libc_real.h"
#include "passed_fd.h"
#include "supervisor.h"

/* As the launcher has them. */
#define EXIT_LAUNCHER 125
#define EXIT_REFUSED 126
#define EXIT_NOT_FOUND 127

#define CHANNEL 3 /* the supervisor's end of it, its only descriptor */

/* What the supervisor says when the stack is there. */
struct ready {
	int result; /* 0 or -errno; the reason was said on stderr */
	pid_t pid;
};

__attribute__((noreturn, format(printf, 2, 3))) static void fail(
	int code, const char *format, ...)
{
	va_list list;

	fputs("pyt: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputs("\n", stderr);
	exit(code);
}

/* ------------------------------------------------------------- the listener */

/* With it goes the process id of who has set the filter. */
static bool send_fd(int channel, int fd, pid_t pid)
{
	struct iovec iov = { &pid, sizeof(pid) };
	union passed_fd control = { 0 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	passed_fd_attach(&message, &control, fd);
	return sendmsg(channel, &message, MSG_NOSIGNAL) == sizeof(pid);
}

static int receive_fd(int channel, pid_t *pid)
{
	struct iovec iov = { pid, sizeof(*pid) };
	union passed_fd control;
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int fd;

	if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != sizeof(*pid) ||
	    message.msg_controllen < CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

/* ----------------------------------------------------------- the supervisor */

/*
 * The stack starts now, so that what is wrong is said before the program runs;
 * and it steps out into a process of its own, because this one forks: so the
 * program's connections live on if the supervisor is killed.
 */
static int start_stack(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result = fd < 0 ? -errno : 0;
	pid_t child;

	if (fd < 0)
		return result;
	child = fork();
	if (child == 0)
		_exit(0);
	if (child > 0)
		waitpid(child, NULL, 0);
	close(fd);
	return 0;
}

static void be_silent(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
}

/* As a debugger, and no more: 0, or -EPERM. */
static int may_look_into(pid_t pid)
{
	long pidfd = libc_raw(SYS_pidfd_open, pid, 0);
	long copy = pidfd < 0 ? pidfd
			      : libc_raw(SYS_pidfd_getfd, pidfd, CHANNEL, 0);

	if (pidfd >= 0)
		libc_raw(SYS_close, pidfd);
	if (copy >= 0)
		libc_raw(SYS_close, copy);
	return copy == -EPERM ? -EPERM : 0;
}

static int supervise(void)
{
	struct rlimit limit;
	struct ready ready = { .pid = getpid() };
	struct filter_range range;
	int listener, result;
	pid_t pid;

	fcntl(CHANNEL, F_SETFD, FD_CLOEXEC);
	prctl(PR_SET_NAME, "pyt-seccomp");
	signal(SIGPIPE, SIG_IGN);
	range = filter_range_of_limit();
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	ready.result = start_stack();
	if (ready.result == 0)
		file_calls_prepare();
	if (send(CHANNEL, &ready, sizeof(ready), MSG_NOSIGNAL) < 0 ||
	    ready.result < 0)
		return 1;
	listener = receive_fd(CHANNEL, &pid);
	if (listener < 0)
		return 1;
	be_silent();
	result = may_look_into(pid);
	send(CHANNEL, &result, sizeof(result), MSG_NOSIGNAL);
	close(CHANNEL);
	if (result < 0 || chdir("/") < 0)
		return 1;
	supervisor_run(listener, range);
	return 0;
}

/* -------------------------------------------------------------- the program */

static void preload(const char *library)
{
	const char *others = getenv("LD_PRELOAD");
	char *list;

	if (others && *others) {
		if (asprintf(&list, "%s:%s", library, others) < 0)
			_exit(EXIT_LAUNCHER);
		setenv("LD_PRELOAD", list, 1);
	} else {
		setenv("LD_PRELOAD", library, 1);
	}
}

/* In a child of a child, whom the program never hears of. */
static void become_supervisor(int channel, const char *library)
{
	sigset_t none;

	setsid();
	if (fork() != 0)
		_exit(0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Not to be lost among those that are closed, nor CLOEXEC. */
	channel = fcntl(channel, F_DUPFD, CHANNEL + 1);
	if (channel < 0 || dup2(channel, CHANNEL) < 0 ||
	    close_range(CHANNEL + 1, ~0u, 0) < 0)
		_exit(EXIT_LAUNCHER);
	preload(library);
	execl("/proc/self/exe", "pyt-seccomp", "--supervise", (char *)NULL);
	fail(EXIT_LAUNCHER, "pyt-seccomp: %s", strerror(errno));
}

/* The channel to it. */
static int start_supervisor(const char *library, struct ready *ready)
{
	int channel[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
		fail(EXIT_LAUNCHER, "socketpair: %s", strerror(errno));
	child = fork();
	if (child < 0)
		fail(EXIT_LAUNCHER, "fork: %s", strerror(errno));
	if (child == 0)
		become_supervisor(channel[1], library);
	close(channel[1]);
	waitpid(child, NULL, 0);
	if (recv(channel[0], ready, sizeof(*ready), 0) != sizeof(*ready))
		fail(EXIT_LAUNCHER, "the supervisor did not start");
	if (ready->result < 0)
		fail(EXIT_LAUNCHER, "the stack did not start: %s",
		     strerror(-ready->result));
	return channel[0];
}

static const char *why_refused(int error)
{
	switch (error) {
	case EBUSY:
		return "this process is already watched by seccomp (a "
		       "container's or another pyt --seccomp), and the kernel "
		       "lets only one do so";
	case EPERM:
		return "the kernel forbids that one process looks into another "
		       "(ptrace(2), kernel.yama.ptrace_scope)";
	case EINVAL:
	case ENOSYS:
		return "this kernel has no seccomp user notification as pyt "
		       "needs it (Linux 5.19 or later)";
	default:
		return strerror(error);
	}
}

static void set_filter(int channel, const struct ready *ready)
{
	int listener = filter_install(filter_range_of_limit());
	int result;

	if (listener < 0)
		fail(EXIT_REFUSED, "pyt --seccomp: %s; refused",
		     why_refused(-listener));
	/* Yama's leave, where it is there, to look into this process. */
	prctl(PR_SET_PTRACER, (unsigned long)ready->pid, 0L, 0L, 0L);
	if (!send_fd(channel, listener, getpid()) ||
	    recv(channel, &result, sizeof(result), 0) != sizeof(result))
		fail(EXIT_LAUNCHER, "the supervisor has gone");
	if (result < 0)
		fail(EXIT_REFUSED, "pyt --seccomp: %s; refused",
		     why_refused(-result));
	close(listener);
	close(channel);
}

int main(int argc, char **argv)
{
	struct ready ready;
	char supervisor[16]; /* for a pyt in the command, which asks */
	int channel;

	if (argc == 2 && strcmp(argv[1], "--supervise") == 0)
		return supervise();
	if (argc < 3) {
		fprintf(stderr, "usage: pyt-seccomp LIBRARY COMMAND "
				"[ARGUMENT...]\n");
		return EXIT_LAUNCHER;
	}
	channel = start_supervisor(argv[1], &ready);
	set_filter(channel, &ready);
	snprintf(supervisor, sizeof(supervisor), "%d", ready.pid);
	setenv("LIBPYT_SUPERVISOR", supervisor, 1);
	execvp(argv[2], argv + 2);
	fail(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_REFUSED, "%s: %s", argv[2],
	     strerror(errno));
}
