/*
 * accept(2) that ends without a connection: no number is left, the time is
 * over, a signal came. One line for each; the same natively.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_in name;
static socklen_t name_len = sizeof(name);
static int listener;
static volatile sig_atomic_t alarms;

static void say(const char *what, int result)
{
	printf("%s: %s\n", what, result < 0 ? strerrorname_np(errno) : "one");
	fflush(stdout);
}

static int connected(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&name, name_len) < 0 ||
	    write(fd, "data", 4) != 4)
		say("connect", -1);
	return fd;
}

/* So many numbers are left below the limit: 0 or 1. */
static struct rlimit leave(int left)
{
	struct rlimit limit, less;
	int first = dup(0), second = dup(0);

	getrlimit(RLIMIT_NOFILE, &limit);
	less = limit;
	less.rlim_cur = (rlim_t)(left ? second : first);
	close(first);
	close(second);
	setrlimit(RLIMIT_NOFILE, &less);
	return limit;
}

static void limited(const char *what, int fd, int left, int flags)
{
	struct rlimit limit = leave(left);
	int result = accept4(fd, NULL, NULL, flags);

	say(what, result);
	setrlimit(RLIMIT_NOFILE, &limit);
	if (result >= 0)
		close(result);
}

static void numbers(void)
{
	int lone = socket(AF_INET, SOCK_STREAM, 0), client, fd;
	/* A number above the limit takes none of those below. */
	int high = dup2(0, 200);
	char data[8] = "";

	limited("no number, nobody waits", listener, 0, 0);
	limited("no number, bad flags", listener, 0, 1);
	limited("no number, no listener", lone, 0, 0);
	limited("a number, no listener", lone, 1, 0);
	client = connected();
	limited("no number, one waits", listener, 0, 0);
	fd = accept(listener, NULL, NULL);
	say("which is still there", fd);
	printf("with its %zd bytes\n", read(fd, data, sizeof(data)));
	close(client);
	close(fd);
	client = connected();
	limited("a number, one waits", listener, 1, 0);
	close(client);
	close(lone);
	close(high);
}

static void on_alarm(int number)
{
	int was = errno;

	(void)number;
	if (++alarms == 3 && fork() == 0) {
		connected();
		_exit(0);
	}
	errno = was;
}

static void signals(const char *what, int flags)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = flags };
	struct itimerval often = { { 0, 50000 }, { 0, 50000 } }, never = { 0 };
	int fd;

	alarms = 0;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	fd = accept(listener, NULL, NULL);
	setitimer(ITIMER_REAL, &never, NULL);
	say(what, fd);
	if (fd >= 0)
		close(fd);
	while (wait(NULL) > 0)
		;
}

static void times(void)
{
	struct timeval soon = { 0, 200000 }, never = { 0 };

	setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	say("the time is over", accept(listener, NULL, NULL));
	setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &never, sizeof(never));
	signals("a signal", 0);
	signals("a signal that restarts", SA_RESTART);
	soon.tv_sec = 20;
	setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	signals("a signal within the time", SA_RESTART);
}

int main(void)
{
	name = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&name, name_len) < 0 ||
	    listen(listener, 5) < 0)
		say("listen", -1);
	getsockname(listener, (struct sockaddr *)&name, &name_len);
	numbers();
	times();
	return 0;
}
