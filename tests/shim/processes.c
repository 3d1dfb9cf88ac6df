/*
 * processes CASE: what a program does with its processes, signals and
 * descriptors while it holds sockets; see the table at the end. Says nothing
 * and ends with 0 if its connection still carried bytes both ways, and whatever
 * else the case is about held. Without a case: their names.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pair.h"

static const char *self;

/* Somebody has our end a as stdin and stdout and sends back what comes. */
static void check_echo(void)
{
	char got[16] = "";

	must(send(b, "echo", 4, 0) == 4, "send");
	must(recv(b, got, 4, MSG_WAITALL) == 4 && !strcmp(got, "echo"),
	     "the echo");
	must(shutdown(b, SHUT_WR) == 0, "shutdown");
	must(recv(b, got, 1, 0) == 0, "its end");
}

/* -------------------------------------------------------------- children */

static void fork_shares(void)
{
	pid_t pid = fork();

	must(pid >= 0, "fork");
	if (pid == 0) {
		check();
		check_new();
		_exit(0);
	}
	check_end(pid);
	check();
	check_new();
}

static void vfork_execs(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		dup2(a, 0);
		dup2(a, 1);
		execl("/bin/cat", "cat", NULL);
		_exit(1);
	}
	must(pid > 0, "vfork");
	close(a);
	check_echo();
	check_end(pid);
}

static void spawn_inherits(void)
{
	char *arguments[] = { "cat", NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, a, 0);
	posix_spawn_file_actions_adddup2(&actions, a, 1);
	must(posix_spawnp(&pid, "cat", &actions, NULL, arguments, environ) == 0,
	     "posix_spawn");
	posix_spawn_file_actions_destroy(&actions);
	close(a);
	check_echo();
	check_end(pid);
}

static void system_inherits(void)
{
	char command[64];

	must(send(b, "line\n", 5, 0) == 5, "send");
	snprintf(command, sizeof(command), "read x <&%d && echo $x >&%d", a, a);
	must(system(command) == 0, "system");
	must(recv(b, command, 5, MSG_WAITALL) == 5 &&
		     !memcmp(command, "line\n", 5),
	     "what the shell has written");
	check();
}

static void popen_inherits(void)
{
	char command[64], got[16] = "";
	FILE *pipe;

	must(send(b, "line\n", 5, 0) == 5, "send");
	snprintf(command, sizeof(command), "read x <&%d; echo $x", a);
	pipe = popen(command, "r");
	must(pipe && fgets(got, sizeof(got), pipe) && !strcmp(got, "line\n"),
	     "what the shell has read");
	must(pclose(pipe) == 0, "pclose");
	check();
}

static int in_clone(void *argument)
{
	check();
	check_new();
	_exit(0);
}

/* Past fork(2): the library only sees the child when it calls. */
static void clone_shares(void)
{
	static char stack[256 * 1024] __attribute__((aligned(16)));
	pid_t pid = clone(in_clone, stack + sizeof(stack), SIGCHLD, NULL);

	must(pid > 0, "clone");
	check_end(pid);
	check();
}

static void exec_self(char **environment)
{
	char fds[3][12];

	snprintf(fds[0], sizeof(fds[0]), "%d", a);
	snprintf(fds[1], sizeof(fds[1]), "%d", b);
	snprintf(fds[2], sizeof(fds[2]), "%d", listener);
	execle(self, self, "inherited", fds[0], fds[1], fds[2], NULL,
	       environment);
	must(false, "exec");
}

static void exec_keeps(void)
{
	exec_self(environ);
}

/* A program that takes LD_PRELOAD out: bytes go on, all else is gone. */
static void exec_without(void)
{
	char *nothing[] = { NULL };
	pid_t pid = fork();

	if (pid == 0) {
		dup2(a, 0);
		dup2(a, 1);
		execle("/bin/cat", "cat", NULL, nothing);
		_exit(1);
	}
	close(a);
	check_echo();
	check_end(pid);
}

static void inetd_static(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		dup2(a, 0);
		dup2(a, 1);
		execl("/bin/busybox", "busybox", "cat", NULL);
		_exit(1);
	}
	close(a);
	check_echo();
	check_end(pid);
}

/* ------------------------------------------------------------ what we are */

static void daemon_goes_on(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		int fd;

		must(daemon(0, 1) == 0, "daemon");
		close(a);
		fd = accept(listener, NULL, NULL);
		must(fd >= 0 && send(fd, "daemon", 6, 0) == 6, "send");
		exit(0);
	}
	must(pid > 0, "fork");
	check_end(pid);
	{
		char got[8] = "";
		int fd = connect_one();

		must(recv(fd, got, 6, MSG_WAITALL) == 6 &&
			     !strcmp(got, "daemon"),
		     "what the daemon says");
	}
}

static void setsid_goes_on(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		must(setsid() > 0, "setsid");
		check();
		check_new();
		_exit(0);
	}
	check_end(pid);
}

static void setuid_goes_on(void)
{
	must(setgroups(0, NULL) == 0 && setgid(65534) == 0 &&
		     setuid(65534) == 0,
	     "setuid");
	check();
	check_new();
	fork_shares();
}

static void chroot_goes_on(void)
{
	must(chroot("/proc/self") == 0 && chdir("/") == 0, "chroot");
	check();
	check_new();
	fork_shares();
}

/* ------------------------------------------------------------ descriptors */

static void closefrom_goes_on(void)
{
	closefrom(3);
	must(write(a, "x", 1) < 0 && errno == EBADF, "it is closed");
	connect_both();
	check();
}

static void close_range_goes_on(void)
{
	must(close_range(3, ~0u, 0) == 0, "close_range");
	must(write(a, "x", 1) < 0 && errno == EBADF, "it is closed");
	connect_both();
	check();
}

/* Over every number that could be one of the library's. */
static void dup2_over(void)
{
	struct rlimit limit;
	int top;

	must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	top = limit.rlim_cur < 2000 ? (int)limit.rlim_cur : 2000;
	for (int fd = listener + 10; fd < top; fd++)
		must(dup2(0, fd) == fd, "dup2");
	check();
	check_new();
	for (int fd = listener + 10; fd < top; fd++)
		must(close(fd) == 0, "close");
	check();
	check_new();
}

static void few_descriptors(void)
{
	int fd, count = 0, fds[32];

	while (count < 32 && (fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0)
		fds[count++] = fd;
	must(count > 3 && count < 16 && errno == EMFILE, "EMFILE");
	check();
	for (int i = 0; i < count; i++)
		close(fds[i]);
	check_new();
}

/* -------------------------------------------------------------- SCM_RIGHTS */

/* The receiver knows the socket for what it is: its peer has an address. */
static void take_and_answer(int way)
{
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	int fd = take(way);

	must(getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
		     peer.sin_family == AF_INET,
	     "its peer");
	must(send(fd, "taken", 5, 0) == 5, "send");
}

static void descriptor_passes(void)
{
	int way[2];
	pid_t pid;
	char got[8] = "";

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, way) == 0, "socketpair");
	pid = fork();
	if (pid == 0) {
		close(a);
		close(b);
		take_and_answer(way[1]);
		_exit(0);
	}
	give(way[0], a);
	must(recv(b, got, 5, MSG_WAITALL) == 5 && !strcmp(got, "taken"),
	     "what the other sends");
	check_end(pid);
	check();
}

/* To a program without the library: plain bytes. */
static void descriptor_passes_out(void)
{
	char *nothing[] = { NULL };
	char number[12], got[8] = "";
	int way[2];
	pid_t pid;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, way) == 0, "socketpair");
	pid = fork();
	if (pid == 0) {
		snprintf(number, sizeof(number), "%d", way[1]);
		execle(self, self, "taker", number, NULL, nothing);
		_exit(1);
	}
	give(way[0], a);
	must(recv(b, got, 5, MSG_WAITALL) == 5 && !strcmp(got, "plain"),
	     "what the other sends");
	check_end(pid);
	check();
}

static int be_taker(int way)
{
	return write(take(way), "plain", 5) == 5 ? 0 : 1;
}

/* ---------------------------------------------------------------- seccomp */

/* As a sandbox does it: the calls that make sockets end the process. */
static void forbid_sockets(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_connect, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendto, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		     prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0,
	     "seccomp");
}

static void sandbox_goes_on(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		char got[8];
		struct pollfd wait = { a, POLLIN, 0 };

		forbid_sockets();
		must(poll(&wait, 1, -1) == 1 && read(a, got, 4) == 4 &&
			     write(a, got, 4) == 4,
		     "read and write in the sandbox");
		must(close(a) == 0, "close");
		_exit(0);
	}
	close(a);
	check_echo();
	check_end(pid);
}

/* ------------------------------------------------------------------- table */

static const struct named_case cases[] = {
	{ "fork", fork_shares },
	{ "vfork", vfork_execs },
	{ "posix_spawn", spawn_inherits },
	{ "system", system_inherits },
	{ "popen", popen_inherits },
	{ "clone", clone_shares },
	{ "exec", exec_keeps },
	{ "exec_without", exec_without },
	{ "inetd_static", inetd_static },
	{ "daemon", daemon_goes_on },
	{ "setsid", setsid_goes_on },
	{ "setuid", setuid_goes_on },
	{ "chroot", chroot_goes_on },
	{ "closefrom", closefrom_goes_on },
	{ "close_range", close_range_goes_on },
	{ "dup2", dup2_over },
	{ "rlimit_16", few_descriptors },
	{ "scm_rights", descriptor_passes },
	{ "scm_rights_out", descriptor_passes_out },
	{ "seccomp", sandbox_goes_on },
};
#define CASES (sizeof(cases) / sizeof(*cases))

int main(int count, char **arguments)
{
	const struct named_case *chosen;

	self = arguments[0];
	if (count == 5 && strcmp(arguments[1], "inherited") == 0)
		return be_heir(arguments + 2);
	if (count == 3 && strcmp(arguments[1], "taker") == 0)
		return be_taker(atoi(arguments[2]));
	chosen = chosen_case(cases, CASES, count, arguments);
	if (!chosen)
		return count < 2 ? 0 : 2;
	alarm(20);
	if (strcmp(chosen->name, "rlimit_16") == 0) {
		struct rlimit few = { 16, 16 };

		setrlimit(RLIMIT_NOFILE, &few);
	}
	connect_both();
	check();
	chosen->run();
	return 0;
}
