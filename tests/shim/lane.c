/*
 * lane ADDRESS PORT: plain use of one socket mixed with everything that
 * is not, against the server of integration/test_lane.sh. Prints what came of
 * it, which must be the same over the stack and over the kernel.
 *
 * The server answers "MS TEXT\n" with TEXT after so many milliseconds; "end"
 * and "reset" end the connection.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 50

extern char **environ;

static struct sockaddr_in name = { .sin_family = AF_INET };

static void must(int true_, const char *what)
{
	if (true_)
		return;
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static int connected(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	must(fd >= 0, "socket");
	must(connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0,
	     "connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static void ask(int fd, const char *text)
{
	must(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "write");
}

/* What recv() says. */
static void show(const char *what, int fd, size_t len, int flags)
{
	char bytes[4096];
	ssize_t got = recv(fd, bytes, len, flags);

	if (got < 0)
		printf("%s: %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %zd '%.*s'\n", what, got, (int)got, bytes);
}

static int readable(int fd, int wait_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN | POLLRDHUP };

	poll(&poll_fd, 1, wait_ms);
	return poll_fd.revents;
}

static int rounds(int fd, int count)
{
	char byte;
	int good = 0;

	for (int i = 0; i < count; i++) {
		ask(fd, "0 x\n");
		good += recv(fd, &byte, 1, 0) == 1 && byte == 'x';
	}
	return good;
}

/* ------------------------------------------------- what the lane cannot see */

/* sendfile(2) is the kernel's, past the lane. */
static void writes_in_order(void)
{
	int fd = connected(), file = fileno(tmpfile()), good = 0;
	char bytes[16];

	must(write(file, "file", 4) == 4, "file");
	for (int i = 0; i < ROUNDS; i++) {
		off_t from = 0;

		ask(fd, "0 a");
		must(sendfile(fd, file, &from, 4) == 4, "sendfile");
		ask(fd, "c\n");
		good += recv(fd, bytes, sizeof(bytes), 0) > 0;
		if (strncmp(bytes, "afilec", 6) != 0)
			good = -1000;
	}
	printf("written in order: %d\n", good);
	close(fd);
}

/* stdio reads within libc. */
static void reads_of_stdio(void)
{
	int fd = connected(), good = 0;
	FILE *stream = fdopen(dup(fd), "r");
	char line[16], byte[2];

	for (int i = 0; i < ROUNDS; i++) {
		ask(fd, "0 y\n");
		good += recv(fd, byte, 2, 0) == 1;
		ask(fd, "0 line\n0 \n");
		must(fread(line, 1, 4, stream) == 4, "fread");
		good += memcmp(line, "line", 4) == 0;
	}
	printf("by recv and stdio: %d\n", good);
	fclose(stream);
	close(fd);
}

static void rest_is_shown(void)
{
	int fd = connected(), len = -1;

	printf("rounds: %d\n", rounds(fd, ROUNDS));
	ask(fd, "0 0123456789\n");
	readable(fd, 5000);
	show("three", fd, 3, 0);
	printf("then readable: %d\n", readable(fd, 0));
	ioctl(fd, FIONREAD, &len);
	printf("bytes: %d\n", len);
	show("peeked", fd, 2, MSG_PEEK);
	show("rest", fd, 100, 0);
	ask(fd, "0 abc\n");
	show("one", fd, 1, 0);
	printf("then readable: %d\n", readable(fd, 0));
	show("peeked", fd, 9, MSG_PEEK);
	show("two", fd, 9, 0);
	ask(fd, "0 12345\n100 67890\n");
	show("all", fd, 10, MSG_WAITALL);
	close(fd);
}

/* ------------------------------------------------------- how long it waits */

static void nonblocking(void)
{
	int fd = connected(), flags = fcntl(fd, F_GETFL);

	printf("rounds: %d\n", rounds(fd, 3));
	show("do not wait", fd, 9, MSG_DONTWAIT);
	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	show("non-blocking", fd, 9, 0);
	ask(fd, "0 q\n");
	printf("readable: %d\n", readable(fd, 5000));
	show("non-blocking", fd, 9, 0);
	fcntl(fd, F_SETFL, flags);
	ask(fd, "20 blocks again\n");
	show("blocking", fd, 99, 0);
	close(fd);
}

static void timeouts(void)
{
	int fd = connected();
	struct timeval time = { 0, 50000 };

	printf("rounds: %d\n", rounds(fd, 3));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
	show("timeout", fd, 9, 0);
	time.tv_sec = 30;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
	ask(fd, "10 in time\n");
	show("in time", fd, 99, 0);
	close(fd);
}

static sigjmp_buf jump;
static volatile sig_atomic_t signals;

static void on_signal(int number)
{
	(void)number;
	signals++;
}

static void on_signal_jump(int number)
{
	(void)number;
	siglongjmp(jump, 1);
}

static void alarm_in_ms(int ms, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	struct itimerval timer = { .it_value = { 0, ms * 1000 } };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void interrupted(void)
{
	int fd = connected();

	printf("rounds: %d\n", rounds(fd, 3));
	alarm_in_ms(30, on_signal, 0);
	show("interrupted", fd, 9, 0);
	ask(fd, "100 went on\n");
	alarm_in_ms(30, on_signal, SA_RESTART);
	show("restarted", fd, 99, 0);
	printf("signals: %d\n", (int)signals);
	if (sigsetjmp(jump, 1) == 0) {
		alarm_in_ms(30, on_signal_jump, 0);
		show("never", fd, 9, 0);
	}
	printf("rounds after a jump: %d\n", rounds(fd, ROUNDS));
	signal(SIGALRM, SIG_DFL);
	close(fd);
}

/* ------------------------------------------------------------------ threads */

static void *receive(void *argument)
{
	char bytes[100];

	return (void *)recv(*(int *)argument, bytes, sizeof(bytes), 0);
}

static void wait_until_blocked(void)
{
	usleep(30000); /* whether it is makes no difference to the result */
}

static void cancelled(void)
{
	int fd = connected();
	pthread_t thread;
	void *result;

	printf("rounds: %d\n", rounds(fd, 3));
	pthread_create(&thread, NULL, receive, &fd);
	wait_until_blocked();
	pthread_cancel(thread);
	pthread_join(thread, &result);
	printf("cancelled: %d\n", result == PTHREAD_CANCELED);
	printf("rounds after it: %d\n", rounds(fd, ROUNDS));
	close(fd);
}

static void shut_down(void)
{
	int fd = connected();
	pthread_t thread;
	void *result;

	printf("rounds: %d\n", rounds(fd, 3));
	pthread_create(&thread, NULL, receive, &fd);
	wait_until_blocked();
	shutdown(fd, SHUT_RDWR);
	pthread_join(thread, &result);
	printf("shut down: %ld\n", (long)result);
	show("and then", fd, 9, 0);
	close(fd);
}

static void *count_bytes(void *argument)
{
	char bytes[7];
	ssize_t got;
	long sum = 0;

	while ((got = recv(*(int *)argument, bytes, sizeof(bytes), 0)) > 0)
		sum += got;
	return (void *)sum;
}

static void two_readers(void)
{
	int fd = connected();
	pthread_t thread[2];
	void *sum[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, count_bytes, &fd);
	for (int i = 0; i < ROUNDS; i++)
		ask(fd, "0 0123456789\n");
	ask(fd, "20 last\n");
	ask(fd, "0 end\n");
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], &sum[i]);
	printf("two readers: %ld\n", (long)sum[0] + (long)sum[1]);
	close(fd);
}

static void *many_rounds(void *argument)
{
	int fd = connected();
	long good = rounds(fd, 5 * ROUNDS);

	(void)argument;
	close(fd);
	return (void *)good;
}

static void six_threads(const char *what, void *(*run)(void *))
{
	pthread_t thread[6];
	long sum = 0;
	void *good;

	for (int i = 0; i < 6; i++)
		pthread_create(&thread[i], NULL, run, NULL);
	for (int i = 0; i < 6; i++) {
		pthread_join(thread[i], &good);
		sum += (long)good;
	}
	printf("%s: %ld\n", what, sum);
}

static void many_sockets(void)
{
	six_threads("six threads", many_rounds);
}

/* What was told of an option is known when it is asked for. */
static void *many_connections(void *argument)
{
	long good = 0;

	(void)argument;
	for (int i = 0; i < ROUNDS; i++) {
		int fd = connected(), value = 0, off = 0;
		socklen_t len = sizeof(value);

		getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len);
		good += value == 1;
		good += rounds(fd, 1);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &off, sizeof(off));
		getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len);
		good += value == 0;
		close(fd);
	}
	return (void *)good;
}

static void many_short_ones(void)
{
	six_threads("short connections", many_connections);
}

/* ---------------------------------------------------------------- the end */

static void ends(void)
{
	int fd = connected();

	printf("rounds: %d\n", rounds(fd, 3));
	ask(fd, "0 bye\n0 end\n");
	show("last", fd, 99, MSG_WAITALL);
	printf("readable: %d\n", readable(fd, 0));
	show("end", fd, 9, 0);
	show("again", fd, 9, MSG_DONTWAIT);
	close(fd);
	fd = connected();
	printf("rounds: %d\n", rounds(fd, 3));
	ask(fd, "0 reset\n");
	show("reset", fd, 9, 0);
	show("then", fd, 9, 0);
	close(fd);
}

static void much(void)
{
	static char text[100000];
	int fd = connected();
	size_t sum = 0;

	memset(text, 'm', sizeof(text));
	text[0] = '0';
	text[1] = ' ';
	text[sizeof(text) - 1] = '\n';
	must(send(fd, text, sizeof(text), 0) == sizeof(text), "send");
	while (sum < sizeof(text) - 3) {
		char bytes[1000];
		ssize_t got = recv(fd, bytes, sizeof(bytes), 0);

		must(got > 0, "recv");
		sum += (size_t)got;
	}
	printf("much: %zu\n", sum);
	printf("rounds: %d\n", rounds(fd, ROUNDS));
	close(fd);
}

/* --------------------------------------------------------- other processes */

static void of_a_spawned_child(void)
{
	char *arguments[] = { "head", "-c", "7", NULL };
	posix_spawn_file_actions_t actions;
	int fd = connected(), status = -1;
	pid_t child;

	printf("rounds: %d\n", rounds(fd, 3));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, 0);
	ask(fd, "20 spawned\n");
	fflush(stdout);
	must(posix_spawnp(&child, "head", &actions, NULL, arguments, environ) ==
		     0,
	     "posix_spawn");
	waitpid(child, &status, 0);
	posix_spawn_file_actions_destroy(&actions);
	printf(" by head: %d\n", status);
	printf("rounds: %d\n", rounds(fd, ROUNDS));
	close(fd);
}

static void of_a_child(void)
{
	int fd = connected(), status = -1;
	pid_t child;

	printf("rounds: %d\n", rounds(fd, ROUNDS));
	fflush(stdout);
	child = fork();
	if (child == 0) {
		printf("the child's: %d\n", rounds(fd, ROUNDS));
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, &status, 0);
	printf("the parent's: %d\n", rounds(fd, ROUNDS));
	close(fd);
}

/* ----------------------------------------------------------------- seccomp */

#define ALLOW(number)                                            \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##number, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* From now on nothing but what its own calls are by name. */
static void restrict_calls(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		ALLOW(read),
		ALLOW(write),
		ALLOW(exit_group),
		/* what a thread's end needs */
		ALLOW(exit),
		ALLOW(madvise),
		ALLOW(munmap),
		ALLOW(futex),
		ALLOW(rt_sigprocmask),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD),
	};
	struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(*filter),
		.filter = filter,
	};

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0,
	     "seccomp");
}

static void *restricted(void *argument)
{
	int fd = *(int *)argument;
	long good = 0;
	char byte;

	restrict_calls();
	for (int i = 0; i < ROUNDS; i++) {
		if (write(fd, "0 s\n", 4) != 4)
			break;
		good += read(fd, &byte, 1) == 1;
	}
	return (void *)good;
}

/* The last one: there is no lane afterwards. */
static void under_seccomp(void)
{
	int fd = connected();
	pthread_t thread;
	void *good;

	printf("rounds: %d\n", rounds(fd, 3));
	pthread_create(&thread, NULL, restricted, &fd);
	pthread_join(thread, &good);
	printf("restricted: %ld\n", (long)good);
	printf("rounds: %d\n", rounds(fd, 3));
	close(fd);
}

/* ------------------------------------------------------------------ server */

int main(int argc, char **argv)
{
	static void (*const cases[])(void) = {
		writes_in_order,
		reads_of_stdio,
		rest_is_shown,
		nonblocking,
		timeouts,
		interrupted,
		cancelled,
		shut_down,
		two_readers,
		many_sockets,
		ends,
		much,
		of_a_spawned_child,
		under_seccomp,
		of_a_child,
		rest_is_shown,
		many_short_ones,
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	must(argc == 3, "usage: lane ADDRESS PORT");
	name.sin_port = htons((uint16_t)atoi(argv[2]));
	inet_pton(AF_INET, argv[1], &name.sin_addr);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		cases[i]();
	return 0;
}
