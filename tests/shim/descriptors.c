/*
 * descriptors CASE: a number that stood for a socket stands for another file,
 * or the other way round, by a way that is not close(2) or dup2(2); and what
 * comes in the midst of a program's first socket. As processes.c.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <utmp.h>

#include "pair.h"

static const char *self;

static bool is_internet(int fd)
{
	struct sockaddr_storage own = { 0 };
	socklen_t len = sizeof(own);

	return getsockname(fd, (struct sockaddr *)&own, &len) == 0 &&
	       own.ss_family == AF_INET;
}

static void must_be_no_socket(int fd)
{
	must(!is_internet(fd) && errno == ENOTSOCK, "ENOTSOCK");
}

/* The lowest free number was not a socket when it was last seen. */
static int known_number(void)
{
	int fd = open("/dev/null", O_RDONLY);

	must(fd >= 0 && read(fd, &fd, 0) == 0 && close(fd) == 0, "open");
	return fd;
}

/* ------------------------------------------------------- numbers that come */

static void pidfd_getfd_brings(void)
{
	int pidfd = pidfd_open(getpid(), 0), number, copy;

	must(pidfd >= 0, "pidfd_open");
	number = known_number();
	copy = pidfd_getfd(pidfd, a, 0);
	must(copy == number && is_internet(copy), "the copy is a socket");
	pass(copy, b, "from the copy");
	check();
}

static void recvmmsg_brings(void)
{
	char byte, room[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct mmsghdr message = { .msg_hdr = { .msg_iov = &iov,
						.msg_iovlen = 1,
						.msg_control = room,
						.msg_controllen =
							sizeof(room) } };
	struct cmsghdr *passed;
	int way[2], number, fd;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, way) == 0, "socketpair");
	give(way[0], a);
	number = known_number();
	must(recvmmsg(way[1], &message, 1, 0, NULL) == 1, "recvmmsg");
	passed = CMSG_FIRSTHDR(&message.msg_hdr);
	must(passed != NULL, "what came along");
	memcpy(&fd, CMSG_DATA(passed), sizeof(fd));
	must(fd == number && is_internet(fd), "what came is a socket");
	pass(fd, b, "from the copy");
	check();
}

/* A fresh one: nothing was ever asked about it. */
static int fresh_socket(void)
{
	int first = connect_one(), fd = socket(AF_INET, SOCK_STREAM, 0);

	must(fd >= 0, "socket");
	close(first);
	return fd;
}

static void connect_fresh(int fd)
{
	int other;

	must(is_internet(fd), "it is a socket");
	must(connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0,
	     "connect");
	for (;;) { /* those of others lie before it */
		char got[4];

		other = accept(listener, NULL, NULL);
		must(other >= 0, "accept");
		if (send(fd, "x", 1, 0) == 1 && recv(other, got, 1, 0) == 1)
			break;
		close(other);
	}
	close(other);
}

static void exec_brings_fresh(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		char numbers[2][12];

		snprintf(numbers[0], sizeof(*numbers), "%d", fresh_socket());
		snprintf(numbers[1], sizeof(*numbers), "%d", listener);
		execl(self, self, "fresh", numbers[0], numbers[1], NULL);
		_exit(1);
	}
	check_end(pid);
	check();
}

static void passing_brings_fresh(void)
{
	int way[2];
	pid_t pid;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, way) == 0, "socketpair");
	pid = fork();
	if (pid == 0) {
		connect_fresh(take(way[1]));
		_exit(0);
	}
	give(way[0], fresh_socket());
	check_end(pid);
	check();
}

/* -------------------------------------------------------- numbers that go */

static void freopen_over(void)
{
	must(dup2(a, 0) == 0 && is_internet(0), "dup2");
	must(freopen("/dev/null", "r", stdin) == stdin, "freopen");
	must_be_no_socket(0);
	check();
}

static void login_tty_over(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		int master, terminal;

		must(dup2(a, 0) == 0 && is_internet(0), "dup2");
		must(openpty(&master, &terminal, NULL, NULL, NULL) == 0,
		     "openpty");
		must(login_tty(terminal) == 0, "login_tty");
		must_be_no_socket(0);
		_exit(isatty(0) ? 0 : 1);
	}
	check_end(pid);
	check();
}

static int open_ring(void)
{
	struct tpacket_req asked = { 4096, 1, 2048, 2 };
	int version = TPACKET_V2;
	int fd = socket(AF_PACKET, SOCK_RAW, 0); /* hears nothing */

	must(fd >= 0 &&
		     setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version,
				sizeof(version)) == 0 &&
		     setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &asked,
				sizeof(asked)) == 0 &&
		     mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			  0) != MAP_FAILED,
	     "a ring of frames");
	return fd;
}

/* Whatever has the number afterwards, poll(2) takes nothing out of it. */
static void must_leave_alone(int fd, int other)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char got[8] = "";

	must(send(other, "hello", 5, 0) == 5 && poll(&wait, 1, -1) == 1 &&
		     recv(fd, got, 5, MSG_DONTWAIT) == 5 &&
		     strcmp(got, "hello") == 0,
	     "what was sent");
}

static void ring_goes(void)
{
	int way[2], ring = open_ring();

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, way) == 0 &&
		     dup2(way[0], ring) == ring,
	     "dup2");
	must_leave_alone(ring, way[1]);
	ring = open_ring();
	must(close_range((unsigned)ring, (unsigned)ring, 0) == 0,
	     "close_range");
	must(dup(way[0]) == ring, "dup");
	must_leave_alone(ring, way[1]);
	check();
}

static void unshared_goes_on(void)
{
	must(close_range(3, ~0u, CLOSE_RANGE_UNSHARE) == 0, "close_range");
	must(write(a, "x", 1) < 0 && errno == EBADF, "it is closed");
	connect_both();
	check();
	check_new();
}

/* -------------------------------------------------------------- other calls */

static void positions_of_no_file(void)
{
	struct sockaddr_in own = { .sin_family = AF_INET };
	char sent[] = "datagram", got[16] = "";
	struct iovec from = { sent, 8 }, to = { got, sizeof(got) };
	socklen_t len = sizeof(own);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd >= 0 && bind(fd, (struct sockaddr *)&own, len) == 0 &&
		     getsockname(fd, (struct sockaddr *)&own, &len) == 0 &&
		     connect(fd, (struct sockaddr *)&own, len) == 0,
	     "a socket of its own");
	must(pwritev2(fd, &from, 1, -1, 0) == 8, "pwritev2");
	must(preadv2(fd, &to, 1, -1, 0) == 8 && strcmp(got, sent) == 0,
	     "preadv2");
	must(preadv2(fd, &to, 1, 0, 0) < 0 && errno == ESPIPE, "ESPIPE");
}

static void directory_has_places(void)
{
	DIR *directory = opendir("/proc/sys/net/ipv4");
	struct dirent *entry;
	char second[256];
	long place;

	must(directory && readdir(directory), "opendir");
	place = telldir(directory);
	entry = readdir(directory);
	must(entry, "readdir");
	strcpy(second, entry->d_name);
	must(readdir(directory) != NULL, "another one");
	seekdir(directory, place);
	entry = readdir(directory);
	must(entry && strcmp(entry->d_name, second) == 0, "the same again");
	must(closedir(directory) == 0, "closedir");
}

static void fflush_leaves_errno(void)
{
	char *text;
	size_t len;
	FILE *memory = open_memstream(&text, &len);

	must(memory && fputs("x", memory) >= 0, "open_memstream");
	errno = 0;
	must(fflush(memory) == 0 && errno == 0, "fflush");
	must(fclose(memory) == 0 && errno == 0, "fclose");
	free(text);
}

/* ------------------------------------------------------- the first socket */

static pthread_barrier_t together;

static void *first_socket(void *argument)
{
	pthread_barrier_wait(&together);
	must(socket(AF_INET, SOCK_STREAM, 0) >= 0, "socket");
	return NULL;
}

static void must_block_one(const sigset_t *one)
{
	sigset_t now;

	sigprocmask(SIG_BLOCK, NULL, &now);
	for (int number = 1; number < 32; number++)
		must(sigismember(&now, number) == sigismember(one, number),
		     "the signals that are blocked");
}

/* One thread makes this program's first socket while another one forks. */
static int be_starter(int delay)
{
	pthread_t thread;
	sigset_t one;
	pid_t pid;

	alarm(5);
	sigemptyset(&one);
	sigaddset(&one, SIGUSR2);
	sigprocmask(SIG_SETMASK, &one, NULL);
	pthread_barrier_init(&together, NULL, 2);
	pthread_create(&thread, NULL, first_socket, NULL);
	pthread_barrier_wait(&together);
	for (volatile int i = 0; i < delay; i++)
		;
	pid = fork();
	must_block_one(&one);
	if (pid == 0) {
		alarm(5);
		must(socket(AF_INET, SOCK_STREAM, 0) >= 0, "socket");
		must_block_one(&one);
		_exit(0);
	}
	pthread_join(thread, NULL);
	check_end(pid);
	return 0;
}

static void fork_meets_start(void)
{
	for (int i = 0; i < 60; i++) {
		pid_t pid = fork();
		char delay[12];

		snprintf(delay, sizeof(delay), "%d", i * 3000);
		if (pid == 0) {
			execl(self, self, "starter", delay, NULL);
			_exit(1);
		}
		check_end(pid);
	}
	check();
}

/* What the first one lacked may be there for the second. */
static void late_start(void)
{
	struct rlimit limit, none;

	must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	none = limit;
	none.rlim_cur = 3;
	must(setrlimit(RLIMIT_NOFILE, &none) == 0, "setrlimit");
	must(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EMFILE, "EMFILE");
	must(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
	connect_both();
	check();
}

/* ------------------------------------------------------------------- table */

static const struct named_case cases[] = {
	{ "pidfd_getfd", pidfd_getfd_brings },
	{ "recvmmsg", recvmmsg_brings },
	{ "exec_fresh", exec_brings_fresh },
	{ "scm_rights_fresh", passing_brings_fresh },
	{ "freopen", freopen_over },
	{ "login_tty", login_tty_over },
	{ "packet_ring", ring_goes },
	{ "unshare", unshared_goes_on },
	{ "preadv2", positions_of_no_file },
	{ "telldir", directory_has_places },
	{ "fflush", fflush_leaves_errno },
	{ "fork_meets_start", fork_meets_start },
	{ "late_start", late_start },
};
#define CASES (sizeof(cases) / sizeof(*cases))

static int be_fresh(char **numbers)
{
	socklen_t len = sizeof(name);

	listener = atoi(numbers[1]);
	must(getsockname(listener, (struct sockaddr *)&name, &len) == 0,
	     "the listener's name");
	connect_fresh(atoi(numbers[0]));
	return 0;
}

int main(int count, char **arguments)
{
	const struct named_case *chosen;

	self = arguments[0];
	if (count == 4 && strcmp(arguments[1], "fresh") == 0)
		return be_fresh(arguments + 2);
	if (count == 3 && strcmp(arguments[1], "starter") == 0)
		return be_starter(atoi(arguments[2]));
	chosen = chosen_case(cases, CASES, count, arguments);
	if (!chosen)
		return count < 2 ? 0 : 2;
	alarm(20);
	if (chosen->run != late_start) {
		connect_both();
		check();
	}
	chosen->run();
	return 0;
}
