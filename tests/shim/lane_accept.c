/*
 * lane_accept ADDRESS PORT: threads that accept and answer, for
 * integration/test_lane.sh.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void must(int true_, const char *what)
{
	if (true_)
		return;
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static void on_signal(int number)
{
	(void)number;
}

static void alarm_in_ms(int ms)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct itimerval timer = { .it_value = { 0, ms * 1000 } };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Answers lines until the end. */
static void *serve(void *argument)
{
	int listener = *(int *)argument;
	char bytes[2000];
	ssize_t len;

	for (;;) {
		int fd = accept(listener, NULL, NULL);

		must(fd >= 0, "accept");
		while ((len = recv(fd, bytes, sizeof(bytes), 0)) > 0)
			must(send(fd, bytes, (size_t)len, 0) == len, "send");
		close(fd);
	}
	return NULL;
}

/* It does not wait for a connection that could have no number. */
static void accept_without_number(int listener)
{
	struct rlimit limit, none;

	getrlimit(RLIMIT_NOFILE, &limit);
	none = (struct rlimit){ 1, limit.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	if (accept(listener, NULL, NULL) < 0 && errno == EMFILE)
		printf("accept had no number\n");
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* First by one thread that looks before it accepts, then by three. */
int main(int argc, char **argv)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, fd;
	struct pollfd ready = { .fd = listener, .events = POLLIN };
	pthread_t thread;

	setvbuf(stdout, NULL, _IOLBF, 0);
	must(argc == 3, "usage: lane_accept ADDRESS PORT");
	name.sin_port = htons((uint16_t)atoi(argv[2]));
	inet_pton(AF_INET, argv[1], &name.sin_addr);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	must(bind(listener, (struct sockaddr *)&name, sizeof(name)) == 0,
	     "bind");
	must(listen(listener, 64) == 0, "listen");
	fd = accept(listener, NULL, NULL);
	must(fd >= 0, "accept");
	close(fd);
	must(poll(&ready, 1, 10000) == 1, "poll");
	fd = accept(listener, NULL, NULL);
	must(fd >= 0 && send(fd, "second", 6, 0) == 6, "send");
	accept_without_number(listener);
	alarm_in_ms(30);
	if (accept(listener, NULL, NULL) < 0 && errno == EINTR)
		printf("accept was interrupted\n");
	close(fd); /* nobody comes before this */
	for (int i = 0; i < 2; i++)
		pthread_create(&thread, NULL, serve, &listener);
	serve(&listener);
	return 0;
}
