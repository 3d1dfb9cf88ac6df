/* What seccomp_probe.c claims of streams. */
#include "seccomp_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <unistd.h>

void tcp_names_and_options(void)
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

void tcp_not_blocking(void)
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

void tcp_resets(void)
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
void tcp_again(void)
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
void tcp_low_water(void)
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

void tcp_both_families(void)
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

void errors(void)
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
