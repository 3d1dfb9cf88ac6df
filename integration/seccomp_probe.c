/*
 * What a program sees that LD_PRELOAD cannot reach: linked statically, it says
 * the same natively and over the stack. Roles:
 *     all             the claims below, over loopback
 *     accept          listens on port 7000, waits in accept(2), says how it went
 *     many HOST PORT  200 connections at once, each asks for /small
 *     inherited FD    what an exec has left of a connected socket
 *     uring           io_uring_setup(2)
 *     inetd FILE      answers on its standard output, once, and says in FILE
 *                     how reading its standard input ends
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *self;

static void say(const char *what, long result)
{
	if (result < 0)
		printf("%s: %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %ld\n", what, result);
	fflush(stdout);
}

static void say_name(const char *what, int result,
		     const struct sockaddr_storage *name, socklen_t len)
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

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)port),
				     .sin_addr = { htonl(INADDR_LOOPBACK) } };
}

static void say_names(int fd)
{
	struct sockaddr_storage name = { 0 };
	socklen_t len = sizeof(name);
	int result = getsockname(fd, (void *)&name, &len);

	say_name("getsockname", result, &name, len);
	len = sizeof(name);
	result = getpeername(fd, (void *)&name, &len);
	say_name("getpeername", result, &name, len);
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, level, name, &value, &len) < 0 ? -1 : value;
}

static int listener_on(int port)
{
	struct sockaddr_in name = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)&name, sizeof(name)) < 0 || listen(fd, 256) < 0)
		say("listener", -1);
	return fd;
}

static int connected_to(int port)
{
	struct sockaddr_in name = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (void *)&name, sizeof(name)) < 0)
		say("connect", -1);
	return fd;
}

static short poll_state(int fd, short events)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	poll(&poll_fd, 1, 10000);
	return poll_fd.revents;
}

/* --------------------------------------------------------------------- TCP */

static void tcp_names_and_options(void)
{
	int listener = listener_on(7001), one = 1, other, client, server;
	struct sockaddr_in name = loopback(7001);
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer);
	char bytes[16];

	puts("-- TCP");
	say("listener's number", listener);
	say("SO_TYPE", option(listener, SOL_SOCKET, SO_TYPE));
	say("SO_DOMAIN", option(listener, SOL_SOCKET, SO_DOMAIN));
	say("SO_PROTOCOL", option(listener, SOL_SOCKET, SO_PROTOCOL));
	say("SO_ACCEPTCONN", option(listener, SOL_SOCKET, SO_ACCEPTCONN));
	say("SO_REUSEADDR", option(listener, SOL_SOCKET, SO_REUSEADDR));
	other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	say("FD_CLOEXEC", fcntl(other, F_GETFD));
	say("bind in use", bind(other, (void *)&name, sizeof(name)));
	close(other);
	say_names(listener);

	client = connected_to(7001);
	server = accept4(listener, (void *)&peer, &len, SOCK_NONBLOCK);
	say("accepted number", server);
	say_name("accept4", server, &peer, len);
	say("its O_NONBLOCK", (fcntl(server, F_GETFL) & O_NONBLOCK) != 0);
	say_names(client);
	say_names(server);
	say("set TCP_NODELAY",
	    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)));
	say("TCP_NODELAY", option(client, IPPROTO_TCP, TCP_NODELAY));
	say("SO_ERROR", option(client, SOL_SOCKET, SO_ERROR));
	say("read of nothing", read(server, bytes, sizeof(bytes)));
	say("connect again", connect(client, (void *)&name, sizeof(name)));
	say("poll", poll_state(client, POLLIN | POLLOUT | POLLRDHUP));
	say("write", write(client, "hello", 5));
	say("poll", poll_state(server, POLLIN));
	say("recv", recv(server, bytes, sizeof(bytes), 0));
	len = sizeof(peer);
	write(client, "again", 5);
	poll_state(server, POLLIN);
	say("recvfrom",
	    recvfrom(server, bytes, sizeof(bytes), 0, (void *)&peer, &len));
	say("shutdown", shutdown(client, SHUT_WR));
	poll_state(server, POLLRDHUP);
	say("end", read(server, bytes, sizeof(bytes)));
	close(client);
	close(server);
	close(listener);
}

static void tcp_not_blocking(void)
{
	struct sockaddr_in name = loopback(7002);
	int listener, epoll = epoll_create1(0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct epoll_event event = { .events = EPOLLOUT | EPOLLET };
	int result;

	puts("-- not blocking");
	result = connect(client, (void *)&name, sizeof(name));
	if (result < 0 && errno == EINPROGRESS) {
		poll_state(client, POLLOUT);
		errno = option(client, SOL_SOCKET, SO_ERROR);
	}
	say("refused", result);
	close(client);

	listener = listener_on(7002);
	fcntl(listener, F_SETFL, O_NONBLOCK);
	say("accept of nothing", accept(listener, NULL, NULL));
	client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	epoll_ctl(epoll, EPOLL_CTL_ADD, client, &event);
	epoll_wait(epoll, &event, 1, 0); /* the HUP of a fresh socket */
	result = connect(client, (void *)&name, sizeof(name));
	if (result == 0 || errno == EINPROGRESS)
		say("epoll", epoll_wait(epoll, &event, 1, 2000));
	say("SO_ERROR", option(client, SOL_SOCKET, SO_ERROR));
	poll_state(listener, POLLIN);
	result = accept(listener, NULL, NULL);
	say("accept without a name", result > 0);
	say_names(result);
	close(result);
	close(client);
	close(listener);
	close(epoll);
}

/* Closes with a reset; the other end has it when poll(2) says so. */
static void reset(int fd, int other)
{
	struct linger none = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd);
	poll_state(other, 0);
}

static void say_reads(const char *what, int fd)
{
	char bytes[16];

	for (int i = 0; i < 3; i++)
		say(what, read(fd, bytes, 4));
	close(fd);
}

/* wrote: what the end that is reset has written; how: it was shut. */
static void reset_after(const char *what, int listener, bool of_client,
			const char *wrote, const char *unread, bool shut)
{
	int client = connected_to(7005), server = accept(listener, NULL, NULL);
	int resets = of_client ? server : client;
	int reads = of_client ? client : server;
	char bytes[16];

	for (int i = 0; wrote[i]; i++) {
		write(reads, wrote + i, 1);
		read(resets, bytes, 1);
	}
	write(resets, unread, strlen(unread));
	if (shut) {
		shutdown(reads, SHUT_WR);
		read(resets, bytes, 1);
	}
	if (*unread)
		poll_state(reads, POLLIN);
	reset(resets, reads);
	say_reads(what, reads);
}

static void tcp_resets(void)
{
	int listener = listener_on(7005), client, server;

	puts("-- resets");
	reset_after("a client that wrote nothing", listener, true, "", "",
		    false);
	reset_after("a server that wrote nothing", listener, false, "", "",
		    false);
	reset_after("a client that wrote", listener, true, "some", "", false);
	reset_after("a server that wrote", listener, false, "some", "", false);
	reset_after("behind data", listener, true, "some", "abcdef", false);
	reset_after("behind data", listener, false, "", "abcdef", false);
	reset_after("a client that is at its end", listener, true, "some", "",
		    true);
	client = connected_to(7005);
	server = accept(listener, NULL, NULL);
	write(client, "unread", 6);
	poll_state(server, POLLIN);
	close(server);
	poll_state(client, 0);
	say_reads("with bytes unread", client);
	client = connected_to(7005);
	server = accept(listener, NULL, NULL);
	write(client, "some", 4);
	write(server, "else", 4);
	poll_state(client, POLLIN);
	shutdown(client, SHUT_WR);
	say_reads("no reset", server);
	say_reads("nor here", client);
	close(listener);
}

/* The same socket, after a refusal, and again: what is written is what comes. */
static void tcp_again(void)
{
	struct sockaddr_in nobody = loopback(1), name = loopback(7007);
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int listener = listener_on(7007), server;
	int client = socket(AF_INET, SOCK_STREAM, 0);
	char bytes[16];

	puts("-- again");
	say("refused", connect(client, (void *)&nobody, sizeof(nobody)));
	for (int i = 0; i < 3; i++) {
		say("connect", connect(client, (void *)&name, sizeof(name)));
		server = accept(listener, NULL, NULL);
		write(client, "hello", 5);
		memset(bytes, 0, sizeof(bytes));
		say("read", recv(server, bytes, 5, MSG_WAITALL));
		puts(bytes);
		say("disconnect", connect(client, &none, sizeof(none)));
		close(server);
	}
	close(client);
	close(listener);
}

/* A mark that is not reached holds a poll(2) up, not a read that does not. */
static void tcp_low_water(void)
{
	int listener = listener_on(7006), client = connected_to(7006);
	int server = accept(listener, NULL, NULL), mark = 5;
	char bytes[16];
	struct timeval limit = { .tv_sec = 5 };
	ssize_t len = 0;

	puts("-- low water");
	say("SO_RCVLOWAT",
	    setsockopt(server, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark)));
	setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	write(client, "abc", 3);
	for (int i = 0; i < 2000000 && len < 3; i++)
		len = recv(server, bytes, sizeof(bytes),
			   MSG_PEEK | MSG_DONTWAIT);
	say("not blocking", len);
	write(client, "def", 3);
	say("blocking", read(server, bytes, sizeof(bytes)));
	close(client);
	close(server);
	close(listener);
}

static void tcp_both_families(void)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_port = htons(7003) };
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer);
	int listener = socket(AF_INET6, SOCK_STREAM, 0), off = 0, on = 1;
	int client, server;

	puts("-- both families");
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	say("V6ONLY",
	    setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)));
	say("bind", bind(listener, (void *)&any, sizeof(any)));
	say("listen", listen(listener, 5));
	client = connected_to(7003);
	server = accept(listener, (void *)&peer, &len);
	say_name("accept", server, &peer, len);
	close(client);
	close(server);
	close(listener);
}

static void errors(void)
{
	struct sockaddr_in name = loopback(7004);
	struct sockaddr_storage room;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int file = open("/dev/null", O_RDWR);
	socklen_t len = (socklen_t)-1;

	puts("-- errors");
	say("refused", connect(fd, (void *)&name, sizeof(name)));
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	say("no descriptor", connect(-1, (void *)&name, sizeof(name)));
	say("no socket", connect(file, (void *)&name, sizeof(name)));
	say("bad pointer", connect(fd, (void *)8, sizeof(name)));
	say("short address", bind(fd, (void *)&name, 3));
	say("negative length", getsockname(fd, (void *)&room, &len));
	say("no length", getsockname(fd, (void *)&room, NULL));
	say("bad value",
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, (void *)8, sizeof(int)));
	say("unknown option", option(fd, IPPROTO_TCP, 250));
	say("not listening", accept(fd, NULL, NULL));
	say("shutdown", shutdown(fd, SHUT_RDWR));
	say("unknown type", socket(AF_INET, 77, 0));
	close(file);
	close(fd);
}

/* --------------------------------------------------------------------- UDP */

static int udp_on(int port)
{
	struct sockaddr_in name = loopback(port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (port && bind(fd, (void *)&name, sizeof(name)) < 0)
		say("udp", -1);
	return fd;
}

static void udp(void)
{
	struct sockaddr_in name = loopback(7010);
	struct sockaddr_storage peer = { 0 };
	struct timeval soon = { .tv_usec = 50000 };
	socklen_t len = sizeof(peer);
	int server = udp_on(7010), client = udp_on(0), copy, waiting;
	char bytes[16] = "";

	puts("-- UDP");
	say("sendto", sendto(client, "one", 3, 0, (void *)&name, sizeof(name)));
	say("recvfrom",
	    recvfrom(server, bytes, sizeof(bytes), 0, (void *)&peer, &len));
	say_name("from", 0, &peer, len);
	say("reply", sendto(server, "answer", 6, 0, (void *)&peer, len));
	say("read", read(client, bytes, sizeof(bytes)));
	printf("bytes: %.6s\n", bytes);
	say("connect", connect(client, (void *)&name, sizeof(name)));
	say_names(client);
	say("write", write(client, "two!", 4));
	poll_state(server, POLLIN);
	say("FIONREAD", ioctl(server, FIONREAD, &waiting) < 0 ? -1 : waiting);
	say("peek", recv(server, bytes, sizeof(bytes), MSG_PEEK));
	say("truncated", recv(server, bytes, 2, MSG_TRUNC));
	copy = dup(server);
	write(client, "three", 5);
	say("read of a copy", read(copy, bytes, sizeof(bytes)));
	close(copy);
	setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	say("SO_RCVTIMEO", recv(server, bytes, sizeof(bytes), 0));
	say("MSG_DONTWAIT", recv(client, bytes, sizeof(bytes), MSG_DONTWAIT));
	close(server);
	write(client, "four", 4);
	say("refused", read(client, bytes, sizeof(bytes)));
	close(client);
}

/* Though shutdown(2) says that it is not connected. */
static void udp_shut(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct timeval limit = { .tv_sec = 5 };
	char bytes[4];

	puts("-- UDP, shut");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	say("shutdown", shutdown(fd, SHUT_RD));
	say("read", read(fd, bytes, sizeof(bytes)));
	say("recv, not blocking", recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT));
	say("shutdown", shutdown(fd, SHUT_WR));
	say("poll", poll_state(fd, POLLIN));
	close(fd);
}

/* Of a datagram: its header of 8 bytes, and 3 more. */
static void udp_filter(void)
{
	struct sockaddr_in name = loopback(7012);
	struct sock_filter code[] = { { BPF_RET | BPF_K, 0, 0, 8 + 3 } };
	struct sock_fprog filter = { 1, code };
	int server = udp_on(7012), client = udp_on(0);
	char bytes[8];

	puts("-- filter");
	say("SO_ATTACH_FILTER", setsockopt(server, SOL_SOCKET, SO_ATTACH_FILTER,
					   &filter, sizeof(filter)));
	sendto(client, "abcdef", 6, 0, (void *)&name, sizeof(name));
	say("cut", recv(server, bytes, sizeof(bytes), 0));
	filter.filter = (void *)0x10000; /* nothing is there */
	say("SO_ATTACH_FILTER", setsockopt(server, SOL_SOCKET, SO_ATTACH_FILTER,
					   &filter, sizeof(filter)));
	close(server);
	close(client);
}

static void udp_messages(void)
{
	struct sockaddr_in name = loopback(7011);
	int server = udp_on(7011), client = udp_on(0), one = 1;
	char a[4] = "aaa", b[6] = "bbbbb", in[2][3];
	struct iovec iov[] = { { a, 3 }, { b, 5 }, { in[0], 3 }, { in[1], 3 } };
	struct mmsghdr out[2] = {
		{ .msg_hdr = { .msg_iov = iov, .msg_iovlen = 2 } },
		{ .msg_hdr = { .msg_iov = iov, .msg_iovlen = 1 } }
	};
	char control[256];
	struct sockaddr_storage peer;
	struct msghdr message = { .msg_name = &peer,
				  .msg_namelen = sizeof(peer),
				  .msg_iov = iov + 2,
				  .msg_iovlen = 2,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg;

	puts("-- messages");
	setsockopt(server, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	connect(client, (void *)&name, sizeof(name));
	say("sendmmsg", sendmmsg(client, out, 2, 0));
	say("lengths", out[0].msg_len * 10 + out[1].msg_len);
	say("recvmsg", recvmsg(server, &message, 0));
	say("flags", message.msg_flags);
	say_name("from", 0, &peer, message.msg_namelen);
	cmsg = CMSG_FIRSTHDR(&message);
	say("IP_PKTINFO", cmsg ? cmsg->cmsg_type : -1);
	printf("bytes: %.3s %.3s\n", in[0], in[1]);
	out[0].msg_hdr.msg_iov = iov + 2;
	say("recvmmsg", recvmmsg(server, out, 2, MSG_WAITFORONE, NULL));
	say("length", out[0].msg_len);
	say("writev", writev(client, iov, 2));
	say("readv", readv(server, iov + 2, 2));
	close(server);
	close(client);
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
		tcp_names_and_options();
		tcp_not_blocking();
		tcp_resets();
		tcp_again();
		tcp_low_water();
		tcp_both_families();
		errors();
		udp();
		udp_messages();
		udp_filter();
		udp_shut();
		signals();
		processes();
		passed();
		interfaces();
	}
	return 0;
}
