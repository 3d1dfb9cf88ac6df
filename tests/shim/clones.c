/*
 * clones CASE: children by ways that are not fork(2), programs by ways that are
 * not a path, threads that run meanwhile, and what a process gives up that it
 * shared (unshare(2), setns(2)). As processes.c.
 */
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "pair.h"

static const char *self;
static char stack[256 * 1024] __attribute__((aligned(16)));

/* ---------------------------------------------------------------- children */

#define THREADS 4
#define CHILDREN 8

static atomic_bool is_over;
static atomic_int rounds, connected;
static pthread_mutex_t one_by_one = PTHREAD_MUTEX_INITIALIZER;

/* A connection of its own, whose bytes go round until the forks are done. */
static void *send_on(void *argument)
{
	int ends[2];

	pthread_mutex_lock(&one_by_one);
	ends[0] = connect_one();
	ends[1] = accept(listener, NULL, NULL);
	must(ends[1] >= 0, "accept");
	connected++;
	pthread_mutex_unlock(&one_by_one);
	for (unsigned i = 0; !is_over; i++) {
		unsigned got = ~i;

		must(send(ends[0], &i, sizeof(i), 0) == sizeof(i), "send");
		must(recv(ends[1], &got, sizeof(got), MSG_WAITALL) ==
				     sizeof(got) &&
			     got == i,
		     "what was sent");
		rounds++;
	}
	return NULL;
}

static void forks_amid_threads(void)
{
	pthread_t thread[THREADS];

	for (int i = 0; i < THREADS; i++)
		must(pthread_create(&thread[i], NULL, send_on, NULL) == 0,
		     "pthread_create");
	/* a child accepts, too, and must not get a connection of theirs */
	while (connected < THREADS || rounds < 10 * THREADS)
		sched_yield();
	for (int i = 0; i < CHILDREN; i++) {
		int before = rounds;
		pid_t pid = fork();

		must(pid >= 0, "fork");
		if (pid == 0) {
			check();
			check_new();
			_exit(0);
		}
		check_end(pid);
		while (rounds == before)
			sched_yield();
	}
	is_over = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	check();
	check_new();
}

static void clone3_shares(void)
{
	struct clone_args arguments = { .exit_signal = SIGCHLD };
	pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));

	must(pid >= 0, "clone3");
	if (pid == 0) {
		check();
		check_new();
		_exit(0);
	}
	check_end(pid);
	check();
	check_new();
}

/* What such a child has closed comes back to it by another way. */
static void clone3_takes(void)
{
	struct clone_args arguments = { .exit_signal = SIGCHLD };
	char got[8] = "";
	int way[2];
	pid_t pid;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, way) == 0, "socketpair");
	pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
	must(pid >= 0, "clone3");
	if (pid == 0) {
		close(a);
		close(b);
		must(take(way[1]) == a, "the number that is free");
		must(send(a, "taken", 5, 0) == 5, "send");
		_exit(0);
	}
	give(way[0], b);
	must(recv(a, got, 5, MSG_WAITALL) == 5 && !strcmp(got, "taken"),
	     "what the child has sent");
	check_end(pid);
	check();
}

static int sends_and_closes(void *argument)
{
	if (send(a, "vm", 2, 0) != 2)
		_exit(1);
	close(b);
	close(listener);
	_exit(0);
}

/* One memory, two tables of descriptors: what the child closes stays the
 * parent's, who runs on meanwhile. */
static void clone_vm(void)
{
	char got[4] = "";
	pid_t pid = clone(sends_and_closes, stack + sizeof(stack),
			  CLONE_VM | SIGCHLD, NULL);

	must(pid > 0, "clone");
	must(recv(b, got, 2, MSG_WAITALL) == 2 && !strcmp(got, "vm"),
	     "what the child has sent");
	check_end(pid);
	check();
	check_new();
}

/* ---------------------------------------------------------------- programs */

static char **words(int x, int y, int z)
{
	static char fds[3][12];
	static char *list[6];

	snprintf(fds[0], sizeof(fds[0]), "%d", x);
	snprintf(fds[1], sizeof(fds[1]), "%d", y);
	snprintf(fds[2], sizeof(fds[2]), "%d", z);
	list[0] = (char *)(uintptr_t)self;
	list[1] = "inherited";
	for (int i = 0; i < 3; i++)
		list[2 + i] = fds[i];
	return list;
}

static int own_file(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	must(fd >= 0, "open");
	return fd;
}

static void fexecve_keeps(void)
{
	fexecve(own_file(), words(a, b, listener), environ);
	must(false, "fexecve");
}

static void execveat_keeps(void)
{
	execveat(own_file(), "", words(a, b, listener), environ, AT_EMPTY_PATH);
	must(false, "execveat");
}

static void memfd_keeps(void)
{
	int from = own_file(), to = memfd_create("program", MFD_CLOEXEC);
	struct stat size;

	must(to >= 0 && fstat(from, &size) == 0 &&
		     sendfile(to, from, NULL, (size_t)size.st_size) ==
			     size.st_size,
	     "a copy in memory");
	fexecve(to, words(a, b, listener), environ);
	must(false, "fexecve");
}

/* Ours go to other numbers, a file takes one of theirs, all above close. */
static void spawn_arranges(void)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
	posix_spawn_file_actions_adddup2(&actions, a, 40);
	posix_spawn_file_actions_adddup2(&actions, b, 41);
	posix_spawn_file_actions_adddup2(&actions, listener, 42);
	posix_spawn_file_actions_addclose(&actions, b);
	posix_spawn_file_actions_addopen(&actions, a, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addchdir_np(&actions, "/");
	posix_spawn_file_actions_addclosefrom_np(&actions, 43);
	must(posix_spawn(&pid, self, &actions, &attributes, words(40, 41, 42),
			 environ) == 0,
	     "posix_spawn");
	check_end(pid);
	check();
	check_new();
}

/* Between vfork(2) and exec: numbers are moved, closed, and taken. */
static void vfork_arranges(void)
{
	char **list = words(40, 41, 42);
	pid_t pid = vfork();

	if (pid == 0) {
		dup2(a, 40);
		dup2(b, 41);
		dup2(listener, 42);
		close(a);
		close(b);
		close_range(43, ~0u, 0);
		execve(self, list, environ);
		_exit(1);
	}
	must(pid > 0, "vfork");
	check_end(pid);
	check();
	check_new();
}

/* ------------------------------------------------------------ given up */

static void *unshares(void *argument)
{
	int fd;

	must(unshare(CLONE_FILES) == 0, "unshare");
	check();
	fd = connect_one();
	must(accept(listener, NULL, NULL) >= 0, "accept");
	must(send(fd, "x", 1, 0) == 1, "send");
	return NULL;
}

/* A thread has descriptors of its own from now on, which end with it. */
static void thread_unshares_files(void)
{
	pthread_t thread;

	must(pthread_create(&thread, NULL, unshares, NULL) == 0 &&
		     pthread_join(thread, NULL) == 0,
	     "a thread");
	check();
	check_new();
}

/* Sockets are where they were made, and the program's stack is, too. */
static void unshares_network(void)
{
	must(unshare(CLONE_NEWNET) == 0, "unshare");
	check();
	pass(a, b, "still");
}

static void enters_network(void)
{
	int before = open("/proc/self/ns/net", O_RDONLY);

	must(before >= 0 && unshare(CLONE_NEWNET) == 0, "unshare");
	must(setns(before, CLONE_NEWNET) == 0, "setns");
	check();
	check_new();
}

/* ------------------------------------------------------------------- table */

static const struct named_case cases[] = {
	{ "fork_amid_threads", forks_amid_threads },
	{ "clone3", clone3_shares },
	{ "clone3_takes", clone3_takes },
	{ "clone_vm", clone_vm },
	{ "fexecve", fexecve_keeps },
	{ "execveat", execveat_keeps },
	{ "memfd", memfd_keeps },
	{ "spawn_actions", spawn_arranges },
	{ "vfork_actions", vfork_arranges },
	{ "unshare_files", thread_unshares_files },
	{ "unshare_net", unshares_network },
	{ "setns", enters_network },
};
#define CASES (sizeof(cases) / sizeof(*cases))

int main(int count, char **arguments)
{
	const struct named_case *chosen;

	self = arguments[0];
	if (count == 5 && strcmp(arguments[1], "inherited") == 0)
		return be_heir(arguments + 2);
	chosen = chosen_case(cases, CASES, count, arguments);
	if (!chosen)
		return count < 2 ? 0 : 2;
	alarm(20);
	connect_both();
	check();
	chosen->run();
	return 0;
}
