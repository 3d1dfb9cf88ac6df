/*
 * What a program sees that LD_PRELOAD cannot reach: linked statically, it says
 * the same natively and over the stack. Roles:
 *     all             the claims of all files, over loopback
 *     accept          listens on port 7000, waits in accept(2), says how it went
 *     many HOST PORT  200 connections at once, each asks for /small
 *     inherited FD    what an exec has left of a connected socket
 *     uring           io_uring_setup(2)
 *     inetd FILE      answers on its standard output, once, and says in FILE
 *                     how reading its standard input ends
 */
#include "seccomp_probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *self;

/* ---------------------------------------------------------- for all of them */

void say(const char *what, long result)
{
	if (result < 0)
		printf("%s: %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %ld\n", what, result);
	fflush(stdout);
}

void say_name(const char *what, int result, const struct sockaddr_storage *name,
	      socklen_t len)
{
	char text[INET6_ADDRSTRLEN] = "";
	const struct sockaddr_in *in = (const void *)name;
	const struct sockaddr_in6 *in6 = (const void *)name;
	bool is_v4 = name->ss_family == AF_INET;

	if (result < 0) {
		say(what, result);
		return;
	}
	inet_ntop(name->ss_family,
		  is_v4 ? (const void *)&in->sin_addr : &in6->sin6_addr, text,
		  sizeof(text));
	printf("%s: %s %s port, len %u\n", what, text,
	       ntohs(is_v4 ? in->sin_port : in6->sin6_port) ? "some" : "no",
	       len);
}

struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)port),
				     .sin_addr = { htonl(INADDR_LOOPBACK) } };
}

void say_names(int fd)
{
	struct sockaddr_storage name = { 0 };
	socklen_t len = sizeof(name);
	int result = getsockname(fd, (void *)&name, &len);

	say_name("getsockname", result, &name, len);
	len = sizeof(name);
	result = getpeername(fd, (void *)&name, &len);
	say_name("getpeername", result, &name, len);
}

int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, level, name, &value, &len) < 0 ? -1 : value;
}

int listener_on(int port)
{
	struct sockaddr_in name = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)&name, sizeof(name)) < 0 || listen(fd, 256) < 0)
		say("listener", -1);
	return fd;
}

int connected_to(int port)
{
	struct sockaddr_in name = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (void *)&name, sizeof(name)) < 0)
		say("connect", -1);
	return fd;
}

short poll_state(int fd, short events)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	poll(&poll_fd, 1, 10000);
	return poll_fd.revents;
}

int udp_on(int port)
{
	struct sockaddr_in name = loopback(port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (port && bind(fd, (void *)&name, sizeof(name)) < 0)
		say("udp", -1);
	return fd;
}

/* ----------------------------------------------------------------- signals */

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	alarms = alarms + number;
}

static void alarm_once(int flags)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = flags };
	struct itimerval soon = { .it_value = { .tv_usec = 100000 } };

	sigaction(SIGALRM, &action, NULL);
	alarms = 0;
	setitimer(ITIMER_REAL, &soon, NULL);
}

static void *connect_after_alarm(void *port)
{
	while (!alarms)
		usleep(1000);
	return (void *)(intptr_t)connected_to((int)(intptr_t)port);
}

static void signals(void)
{
	int listener = listener_on(7020), socket = udp_on(7020);
	sigset_t alarm_set, before;
	pthread_t thread;
	char byte;
	int server;

	puts("-- signals");
	alarm_once(0);
	say("accept", accept(listener, NULL, NULL));
	alarm_once(0);
	say("recv", recv(socket, &byte, 1, 0));
	/* The other thread must not be the one that gets it. */
	sigemptyset(&alarm_set);
	sigaddset(&alarm_set, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm_set, &before);
	pthread_create(&thread, NULL, connect_after_alarm, (void *)7020);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	alarm_once(SA_RESTART);
	server = accept(listener, NULL, NULL);
	say("accept with SA_RESTART", server > 0);
	say("the handler ran", alarms == SIGALRM);
	pthread_join(thread, NULL);
	close(server);
	close(listener);
	close(socket);
}

/* --------------------------------------------------- processes and the rest */

static void processes(void)
{
	int listener = listener_on(7030), client, status;
	char number[16], bytes[32] = "";
	pid_t child;
	ssize_t len;

	puts("-- processes");
	child = fork();
	if (child == 0) {
		snprintf(number, sizeof(number), "%d",
			 accept(listener, NULL, NULL));
		execl(self, self, "inherited", number, (char *)NULL);
		_exit(1);
	}
	client = connected_to(7030);
	write(client, "question", 8);
	len = read(client, bytes, sizeof(bytes) - 1);
	printf("the child: %.*s\n", (int)len, bytes);
	waitpid(child, &status, 0);
	say("its end", read(client, bytes, 1));
	say("its status", WEXITSTATUS(status));
	close(client);
	close(listener);
}

static void inherited(int fd)
{
	struct sockaddr_in name;
	socklen_t len = sizeof(name);
	char bytes[32];
	ssize_t got = read(fd, bytes, sizeof(bytes));

	getsockname(fd, (void *)&name, &len);
	dprintf(fd, "%.*s on %d", (int)got, bytes, ntohs(name.sin_port));
}

/* Over an AF_UNIX pair, whose calls are the kernel's. */
static void passed(void)
{
	int pair[2], listener = listener_on(7040), got = -1;
	struct iovec iov = { "x", 1 };
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct msghdr message = {
		NULL, 0, &iov, 1, &control, sizeof(control), 0
	};
	struct sockaddr_un unix_name = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(unix_name);
	int unix_listener = socket(AF_UNIX, SOCK_STREAM, 0);

	puts("-- AF_UNIX");
	say("bind", bind(unix_listener, (void *)&unix_name, 2));
	say("listen", listen(unix_listener, 5));
	getsockname(unix_listener, (void *)&unix_name, &len);
	pair[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	say("connect", connect(pair[0], (void *)&unix_name, len));
	pair[1] = accept(unix_listener, NULL, NULL);
	memcpy(CMSG_DATA(&control.header), &listener, sizeof(int));
	say("sendmsg", sendmsg(pair[0], &message, 0));
	iov.iov_base = &(char){ 0 };
	say("recvmsg", recvmsg(pair[1], &message, 0));
	memcpy(&got, CMSG_DATA(&control.header), sizeof(int));
	say_names(got);
	close(got);
	close(listener);
	close(unix_listener);
	close(pair[0]);
	close(pair[1]);
}

static void interfaces(void)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} request = { .header = { .nlmsg_len = sizeof(request),
				  .nlmsg_type = RTM_GETLINK,
				  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		      .info = { .ifi_family = AF_UNSPEC } };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq ifreq = { .ifr_name = "lo" };
	struct ethtool_value carrier = { .cmd = ETHTOOL_GLINK };
	char answer[8192];

	puts("-- interfaces");
	say("SIOCGIFADDR", ioctl(fd, SIOCGIFADDR, &ifreq));
	printf("lo: %s\n",
	       inet_ntoa(((struct sockaddr_in *)&ifreq.ifr_addr)->sin_addr));
	say("SIOCGIFINDEX", ioctl(fd, SIOCGIFINDEX, &ifreq));
	say("index", ifreq.ifr_ifindex);
	ifreq.ifr_data = (void *)&carrier;
	say("SIOCETHTOOL", ioctl(fd, SIOCETHTOOL, &ifreq));
	say("its carrier", carrier.data);
	ifreq.ifr_data = (void *)0x10000; /* nothing is there */
	say("SIOCETHTOOL", ioctl(fd, SIOCETHTOOL, &ifreq));
	strcpy(ifreq.ifr_name, "none0");
	say("none such", ioctl(fd, SIOCGIFINDEX, &ifreq));
	say("netlink", sendto(netlink, &request, sizeof(request), 0,
			      (void *)&kernel, sizeof(kernel)) > 0);
	say("answer", recv(netlink, answer, sizeof(answer), 0) > 0);
	say("its type", ((struct nlmsghdr *)answer)->nlmsg_type);
	close(netlink);
	close(fd);
}

/* ------------------------------------------------------------------- others */

static void *ask(void *argument)
{
	const struct sockaddr_in *server = argument;
	static const char request[] = "GET /small HTTP/1.0\r\n\r\n";
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char answer[4096];
	size_t len = 0;
	ssize_t got;

	if (connect(fd, (const void *)server, sizeof(*server)) < 0 ||
	    write(fd, request, sizeof(request) - 1) < 0)
		return "failed";
	while ((got = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0)
		len += (size_t)got;
	answer[len] = '\0';
	close(fd);
	return strstr(answer, "a small file") ? NULL : "wrong";
}

#define MANY 200

static void many(const char *host, const char *port)
{
	struct sockaddr_in server = { .sin_family = AF_INET,
				      .sin_port = htons((uint16_t)atoi(port)) };
	pthread_t thread[MANY];
	int good = 0;

	inet_pton(AF_INET, host, &server.sin_addr);
	for (int i = 0; i < MANY; i++)
		pthread_create(&thread[i], NULL, ask, &server);
	for (int i = 0; i < MANY; i++) {
		void *result = "";

		pthread_join(thread[i], &result);
		good += result == NULL;
	}
	printf("%d of %d\n", good, MANY);
}

static void serve_inetd(const char *path)
{
	char bytes[16];
	ssize_t len = read(0, bytes, sizeof(bytes));

	write(1, bytes, (size_t)len);
	len = read(0, bytes, sizeof(bytes));
	freopen(path, "w", stdout);
	say("read", len);
}

static void wait_in_accept(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET,
				   .sin_port = htons(7000) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	bind(fd, (void *)&any, sizeof(any));
	listen(fd, 5);
	puts("waits");
	fflush(stdout);
	say("accept", accept(fd, NULL, NULL));
	say("socket", socket(AF_INET, SOCK_STREAM, 0));
}

int main(int argc, char **argv)
{
	static void (*const claims[])(void) = {
		tcp_names_and_options,
		tcp_not_blocking,
		tcp_resets,
		tcp_again,
		tcp_low_water,
		tcp_both_families,
		errors,
		udp,
		udp_messages,
		udp_filter,
		udp_shut,
		signals,
		processes,
		passed,
		interfaces,
	};
	const char *role = argc > 1 ? argv[1] : "all";

	self = argv[0];
	signal(SIGPIPE, SIG_IGN);
	if (strcmp(role, "accept") == 0) {
		wait_in_accept();
	} else if (strcmp(role, "many") == 0 && argc == 4) {
		many(argv[2], argv[3]);
	} else if (strcmp(role, "inherited") == 0 && argc == 3) {
		inherited(atoi(argv[2]));
	} else if (strcmp(role, "inetd") == 0 && argc == 3) {
		serve_inetd(argv[2]);
	} else if (strcmp(role, "uring") == 0) {
		say("io_uring_setup", syscall(425, 1, NULL));
	} else {
		for (size_t i = 0; i < sizeof(claims) / sizeof(*claims); i++)
			claims[i]();
	}
	return 0;
}
