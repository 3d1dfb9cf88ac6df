/*
 * interrupts: each call that waits, interrupted in each way: by a handler
 * with SA_RESTART and without, by a handler that jumps out, by the end of its
 * thread. Says a line each, the same natively and over the library.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int stack_tid; /* 0: none */

static void must(bool true_, const char *what)
{
	if (true_)
		return;
	fprintf(stderr, "interrupts: %s: %s\n", what, strerror(errno));
	_exit(1);
}

/* ------------------------------------------------------------------ threads */

static void pause_ms(long ms)
{
	struct timespec pause = { .tv_nsec = ms * 1000000 };

	nanosleep(&pause, NULL);
}

static bool is_asleep(int tid)
{
	char path[64], text[256];
	const char *state;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY);
	len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	must(len > 0, "a thread's state");
	close(fd);
	text[len] = 0;
	state = strrchr(text, ')');
	return state && state[2] == 'S';
}

/* It sleeps in some system call, and goes on doing so. */
static void wait_asleep(int tid)
{
	for (int seen = 0; seen < 3; pause_ms(10))
		seen = is_asleep(tid) ? seen + 1 : 0;
}

/* That of the library, which is not there natively. */
static void find_stack(void)
{
	DIR *directory = opendir("/proc/self/task");
	const struct dirent *entry;

	must(directory, "/proc/self/task");
	while ((entry = readdir(directory))) {
		char path[300], name[16] = "";
		int fd;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm",
			 entry->d_name);
		fd = open(path, O_RDONLY);
		if (fd >= 0 && read(fd, name, sizeof(name) - 1) > 0 &&
		    strcmp(name, "pyt\n") == 0)
			stack_tid = atoi(entry->d_name);
		close(fd);
	}
	closedir(directory);
}

/* ---------------------------------------------------------- what is waited */

static struct sockaddr_in name = { .sin_family = AF_INET };
static struct sockaddr_in dead = { .sin_family = AF_INET };
static int listener, a, b, udp, unconnected;

static void open_all(void)
{
	socklen_t len = sizeof(name);

	name.sin_port = 0;
	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	a = socket(AF_INET, SOCK_STREAM, 0);
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	unconnected = socket(AF_INET, SOCK_STREAM, 0);
	must(bind(udp, (struct sockaddr *)&name, sizeof(name)) == 0, "bind");
	must(bind(listener, (struct sockaddr *)&name, sizeof(name)) == 0 &&
		     listen(listener, 8) == 0 &&
		     getsockname(listener, (struct sockaddr *)&name, &len) == 0,
	     "listen");
	must(connect(a, (struct sockaddr *)&name, len) == 0, "connect");
	b = accept(listener, NULL, NULL);
	must(b >= 0, "accept");
}

static void close_all(void)
{
	close(listener);
	close(a);
	close(b);
	close(udp);
	close(unconnected);
}

/* Nothing has broken: the connection carries bytes, calls are answered. */
static void check(void)
{
	char got[4];
	int on = 1;

	must(setsockopt(a, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) == 0,
	     "setsockopt");
	must(send(b, "ok", 2, 0) == 2 && recv(a, got, 2, MSG_WAITALL) == 2,
	     "bytes");
}

static long do_accept(void)
{
	return accept(listener, NULL, NULL);
}

static long do_connect(void)
{
	return connect(unconnected, (struct sockaddr *)&dead, sizeof(dead));
}

static char bytes[1 << 16];
static struct iovec iov = { bytes, sizeof(bytes) };
static struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

static long do_recv(void)
{
	return recv(a, bytes, sizeof(bytes), 0);
}

static long do_recv_all(void)
{
	return recv(a, bytes, sizeof(bytes), MSG_WAITALL);
}

static long do_read(void)
{
	return read(a, bytes, sizeof(bytes));
}

static long do_readv(void)
{
	return readv(a, &iov, 1);
}

static long do_recvmsg(void)
{
	return recvmsg(a, &message, 0);
}

static long do_recvfrom_udp(void)
{
	return recvfrom(udp, bytes, sizeof(bytes), 0, NULL, NULL);
}

static long do_read_udp(void)
{
	return read(udp, bytes, sizeof(bytes));
}

static long do_recvmmsg_udp(void)
{
	struct mmsghdr many = { .msg_hdr = message };

	return recvmmsg(udp, &many, 1, 0, NULL);
}

/*
 * Until nothing more goes: then it waits with nothing of its own sent. A stack
 * that has not come to its work would make room later.
 */
static void fill(void)
{
	for (int quiet = 0; quiet < 3; quiet++) {
		bool went = false;

		while (send(a, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
			went = true;
		while (send(a, bytes, 1, MSG_DONTWAIT) > 0)
			went = true;
		if (went)
			quiet = 0;
		pause_ms(20);
		if (stack_tid)
			wait_asleep(stack_tid);
	}
}

static long do_send(void)
{
	return send(a, bytes, sizeof(bytes), 0);
}

static long do_write(void)
{
	return write(a, bytes, sizeof(bytes));
}

static long do_sendmsg(void)
{
	return sendmsg(a, &message, 0);
}

static long do_sendto(void)
{
	return sendto(a, bytes, sizeof(bytes), 0, NULL, 0);
}

static long do_writev(void)
{
	return writev(a, &iov, 1);
}

static long do_sendmmsg(void)
{
	struct mmsghdr many = { .msg_hdr = message };

	return sendmmsg(a, &many, 1, 0);
}

static long do_accept4(void)
{
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

static long do_recvmsg_udp(void)
{
	return recvmsg(udp, &message, 0);
}

static long do_ppoll(void)
{
	struct pollfd wait = { a, POLLIN, 0 };

	return ppoll(&wait, 1, NULL, NULL);
}

static long do_pselect(void)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(a, &set);
	return pselect(a + 1, &set, NULL, NULL, NULL, NULL);
}

static int epoll_of_a; /* the process's; one is enough */

static long do_epoll_wait(void)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (epoll_of_a > 0)
		close(epoll_of_a);
	epoll_of_a = epoll_create1(EPOLL_CLOEXEC);
	must(epoll_ctl(epoll_of_a, EPOLL_CTL_ADD, a, &event) == 0, "epoll_ctl");
	return epoll_wait(epoll_of_a, &event, 1, -1);
}

static long do_epoll_pwait(void)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (epoll_of_a > 0)
		close(epoll_of_a);
	epoll_of_a = epoll_create1(EPOLL_CLOEXEC);
	must(epoll_ctl(epoll_of_a, EPOLL_CTL_ADD, udp, &event) == 0,
	     "epoll_ctl");
	return epoll_pwait(epoll_of_a, &event, 1, -1, NULL);
}

static long do_poll(void)
{
	struct pollfd wait = { listener, POLLIN, 0 };

	return poll(&wait, 1, -1);
}

static long do_select(void)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(udp, &set);
	return select(udp + 1, &set, NULL, NULL, NULL);
}

static const struct {
	const char *name;
	long (*call)(void);
	bool fills;
} calls[] = {
	{ "accept", do_accept },
	{ "connect", do_connect },
	{ "recv", do_recv },
	{ "recv all", do_recv_all },
	{ "read", do_read },
	{ "readv", do_readv },
	{ "recvmsg", do_recvmsg },
	{ "recvfrom udp", do_recvfrom_udp },
	{ "read udp", do_read_udp },
	{ "recvmmsg udp", do_recvmmsg_udp },
	{ "send", do_send, true },
	{ "write", do_write, true },
	{ "sendmsg", do_sendmsg, true },
	{ "accept4", do_accept4 },
	{ "recvmsg udp", do_recvmsg_udp },
	{ "sendto", do_sendto, true },
	{ "writev", do_writev, true },
	{ "sendmmsg", do_sendmmsg, true },
	{ "poll", do_poll },
	{ "select", do_select },
	{ "ppoll", do_ppoll },
	{ "pselect", do_pselect },
	{ "epoll_wait", do_epoll_wait },
	{ "epoll_pwait", do_epoll_pwait },
};
#define CALLS (sizeof(calls) / sizeof(*calls))

/* -------------------------------------------------- interruptions */

static atomic_int handled, victim_tid;
static pthread_t victim;
static sigjmp_buf jump;

static void on_signal(int number)
{
	handled++;
}

static void on_signal_jump(int number)
{
	siglongjmp(jump, 1);
}

static void handle(void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sigaction(SIGUSR1, &action, NULL);
}

static void *interrupt_once(void *argument)
{
	wait_asleep(victim_tid);
	pthread_kill(victim, SIGUSR1);
	return NULL;
}

/* The second one is not to be survived. */
static void *interrupt_twice(void *argument)
{
	wait_asleep(victim_tid);
	pthread_kill(victim, SIGUSR1);
	while (handled < 1)
		sched_yield();
	wait_asleep(victim_tid);
	handle(on_signal, 0);
	pthread_kill(victim, SIGUSR1);
	return NULL;
}

static const char *result_text(long result, int error)
{
	return result >= 0 ? "done" : strerrorname_np(error);
}

static void interrupted(size_t i, int flags, void *(*by)(void *))
{
	pthread_t helper;
	long result;
	int error, count;

	open_all();
	if (calls[i].fills)
		fill();
	handled = 0;
	victim = pthread_self();
	victim_tid = (int)syscall(SYS_gettid);
	handle(on_signal, flags);
	pthread_create(&helper, NULL, by, NULL);
	errno = 0;
	result = calls[i].call();
	error = errno;
	count = handled;
	pthread_join(helper, NULL);
	printf("%s, %s: %s after %d\n", calls[i].name,
	       flags ? "SA_RESTART" : "without", result_text(result, error),
	       count);
	check();
	close_all();
}

static void jumps_out(size_t i)
{
	pthread_t helper;

	open_all();
	if (calls[i].fills)
		fill();
	victim = pthread_self();
	victim_tid = (int)syscall(SYS_gettid);
	handle(on_signal_jump, SA_RESTART);
	pthread_create(&helper, NULL, interrupt_once, NULL);
	if (sigsetjmp(jump, 1) == 0) {
		calls[i].call();
		printf("%s: came back\n", calls[i].name);
	} else {
		printf("%s: jumped out\n", calls[i].name);
	}
	pthread_join(helper, NULL);
	check();
	close_all();
}

static void *be_cancelled(void *argument)
{
	victim_tid = (int)syscall(SYS_gettid);
	calls[(size_t)argument].call();
	return NULL;
}

static void cancelled(size_t i)
{
	void *result;

	open_all();
	if (calls[i].fills)
		fill();
	victim_tid = 0;
	pthread_create(&victim, NULL, be_cancelled, (void *)i);
	while (!victim_tid)
		sched_yield();
	wait_asleep(victim_tid);
	pthread_cancel(victim);
	pthread_join(victim, &result);
	printf("%s: %s\n", calls[i].name,
	       result == PTHREAD_CANCELED ? "cancelled" : "came back");
	check();
	close_all();
}

int main(int count, char **arguments)
{
	must(count == 2 && inet_aton(arguments[1], &dead.sin_addr), "usage");
	dead.sin_port = htons(9);
	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(200);
	open_all();
	find_stack();
	close_all();
	for (size_t i = 0; i < CALLS; i++) {
		interrupted(i, 0, interrupt_once);
		interrupted(i, SA_RESTART, interrupt_twice);
		jumps_out(i);
		cancelled(i);
	}
	return 0;
}
