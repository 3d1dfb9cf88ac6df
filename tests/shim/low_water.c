/*
 * low_water: a thread that waits for bytes below SO_RCVLOWAT is cancelled, or
 * a process killed; who polls afterwards is told of as many as the mark says,
 * as natively.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MARK 100

static int a, b;
static atomic_int reader_tid;
static char bytes[MARK];

static void must(bool true_, const char *what)
{
	if (true_)
		return;
	fprintf(stderr, "low_water: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static void open_all(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t len = sizeof(name);
	int listener = socket(AF_INET, SOCK_STREAM, 0), mark = MARK;

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a = socket(AF_INET, SOCK_STREAM, 0);
	must(bind(listener, (struct sockaddr *)&name, sizeof(name)) == 0 &&
		     listen(listener, 1) == 0 &&
		     getsockname(listener, (struct sockaddr *)&name, &len) == 0,
	     "listen");
	must(connect(a, (struct sockaddr *)&name, len) == 0, "connect");
	b = accept(listener, NULL, NULL);
	must(b >= 0, "accept");
	must(setsockopt(a, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark)) == 0,
	     "SO_RCVLOWAT");
	close(listener);
}

static ssize_t do_recv(void)
{
	return recv(a, bytes, sizeof(bytes), 0);
}

static ssize_t do_read(void)
{
	return read(a, bytes, sizeof(bytes));
}

static struct iovec iov = { bytes, sizeof(bytes) };

static ssize_t do_readv(void)
{
	return readv(a, &iov, 1);
}

static ssize_t do_recvmsg(void)
{
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	return recvmsg(a, &message, 0);
}

static int pipe_end;

static ssize_t do_splice(void)
{
	return splice(a, NULL, pipe_end, NULL, MARK, 0);
}

static const struct {
	const char *name;
	ssize_t (*call)(void);
} calls[] = {
	{ "recv", do_recv },	 { "read", do_read },
	{ "readv", do_readv },	 { "recvmsg", do_recvmsg },
	{ "splice", do_splice },
};

static void *be_cancelled(void *argument)
{
	reader_tid = (int)syscall(SYS_gettid);
	calls[(size_t)argument].call();
	return NULL;
}

/* It sleeps in some system call, and goes on doing so. */
static void wait_asleep(int tid)
{
	struct timespec pause = { .tv_nsec = 10000000 };
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	for (int seen = 0; seen < 3; nanosleep(&pause, NULL)) {
		int fd = open(path, O_RDONLY);
		ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
		const char *state;

		must(len > 0, "stat");
		close(fd);
		text[len] = 0;
		state = strrchr(text, ')');
		seen = state && state[2] == 'S' ? seen + 1 : 0;
	}
}

/* So many more lie there, wherever that is. */
static void send_bytes(int len, int lying)
{
	int found = 0;

	must(send(b, bytes, (size_t)len, 0) == len, "send");
	while (found < lying)
		must(ioctl(a, FIONREAD, &found) == 0, "FIONREAD");
}

static bool is_told(int timeout_ms)
{
	struct pollfd poll_fd = { a, POLLIN, 0 };

	return poll(&poll_fd, 1, timeout_ms) == 1;
}

static void look(const char *name)
{
	send_bytes(MARK / 2, MARK / 2);
	printf("%s: half %s, ", name, is_told(0) ? "told" : "untold");
	send_bytes(MARK / 2, MARK);
	printf("all %s\n", is_told(-1) ? "told" : "untold");
	close(a);
	close(b);
}

static void cancelled(size_t i)
{
	pthread_t reader;
	void *result;

	open_all();
	reader_tid = 0;
	pthread_create(&reader, NULL, be_cancelled, (void *)i);
	while (!reader_tid)
		sched_yield();
	wait_asleep(reader_tid);
	pthread_cancel(reader);
	pthread_join(reader, &result);
	must(result == PTHREAD_CANCELED, "it came back");
	look(calls[i].name);
}

/* The socket lives on in its parent. */
static void killed(void)
{
	pid_t child;

	open_all();
	child = fork();
	if (child == 0) {
		do_recv();
		_exit(0);
	}
	wait_asleep(child);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	look("killed");
}

int main(void)
{
	int end[2];

	must(pipe(end) == 0, "pipe");
	pipe_end = end[1];
	close(socket(AF_INET, SOCK_STREAM, 0));
	if (fork() == 0) /* then no thread reads in the stack itself */
		_exit(0);
	wait(NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(60);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		cancelled(i);
	killed();
	return 0;
}
