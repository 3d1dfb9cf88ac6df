/*
 * threads ADDRESS SECONDS: many threads with sockets of all kinds while the
 * stack thread runs beside them, for the thread sanitizer and its like. All
 * that is sent comes back; at the end a child uses what it inherited.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT 7000
#define PIECE 5000
#define EVENTS 32

static struct sockaddr_in server_name = { .sin_family = AF_INET };
static atomic_bool over, clients_over; /* servers end last */
static atomic_long rounds;
static int shared_udp;

static void must(bool true_, const char *what)
{
	if (true_)
		return;
	fprintf(stderr, "threads: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static const struct sockaddr *server(void)
{
	return (const struct sockaddr *)&server_name;
}

/* ------------------------------------------------------------------ server */

static void add(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

static int listen_on_server(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	must(fd >= 0, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	must(bind(fd, server(), sizeof(server_name)) == 0, "bind");
	must(listen(fd, 64) == 0, "listen");
	return fd;
}

static void echo(int fd)
{
	char bytes[PIECE];
	ssize_t len = recv(fd, bytes, sizeof(bytes), 0);

	if (len > 0 && send(fd, bytes, (size_t)len, MSG_NOSIGNAL) == len)
		return;
	close(fd);
}

static void *serve(void *listener)
{
	int listening = *(int *)listener, epoll = epoll_create1(0);
	struct epoll_event event[EVENTS];

	add(epoll, listening);
	while (!over) {
		int count = epoll_wait(epoll, event, EVENTS, 100);

		for (int i = 0; i < count; i++) {
			int fd = event[i].data.fd;

			if (fd != listening) {
				echo(fd);
				continue;
			}
			fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
			if (fd >= 0)
				add(epoll, fd);
		}
	}
	close(epoll);
	return NULL;
}

static void *serve_udp(void *unused)
{
	while (!over) {
		struct pollfd poll_fd = { .fd = shared_udp, .events = POLLIN };
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		char bytes[PIECE];
		ssize_t len;

		if (poll(&poll_fd, 1, 100) <= 0)
			continue;
		len = recvfrom(shared_udp, bytes, sizeof(bytes), MSG_DONTWAIT,
			       (struct sockaddr *)&from, &from_len);
		if (len >= 0)
			sendto(shared_udp, bytes, (size_t)len, 0,
			       (struct sockaddr *)&from, from_len);
	}
	return NULL;
}

/* ----------------------------------------------------------------- clients */

static int connected(int type)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	must(fd >= 0, "socket");
	must(connect(fd, server(), sizeof(server_name)) == 0, "connect");
	return fd;
}

static void ask_about(int fd)
{
	struct sockaddr_in name;
	struct tcp_info info;
	socklen_t len = sizeof(name);
	int value = 1;

	must(getsockname(fd, (struct sockaddr *)&name, &len) == 0, "sockname");
	len = sizeof(name);
	must(getpeername(fd, (struct sockaddr *)&name, &len) == 0, "peername");
	must(name.sin_port == server_name.sin_port, "the peer's port");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof(value));
	len = sizeof(info);
	must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0, "info");
}

static void *stream_client(void *unused)
{
	unsigned seed = (unsigned)(uintptr_t)&seed;
	char out[PIECE], in[PIECE];

	while (!clients_over) {
		int fd = connected(SOCK_STREAM), twin = dup(fd);
		size_t len = 1 + (size_t)rand_r(&seed) % PIECE;

		memset(out, rand_r(&seed), len);
		must(write(fd, out, len) == (ssize_t)len, "write");
		ask_about(twin);
		must(recv(twin, in, len, MSG_WAITALL) == (ssize_t)len, "recv");
		must(memcmp(in, out, len) == 0, "the same bytes");
		close(twin);
		if (len % 2)
			shutdown(fd, SHUT_WR);
		close(fd);
		rounds++;
	}
	return NULL;
}

static void *datagram_client(void *unused)
{
	int fd = connected(SOCK_DGRAM);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char out[100] = "datagram", in[200];

	while (!clients_over) {
		must(send(fd, out, sizeof(out), 0) == sizeof(out), "send");
		if (poll(&poll_fd, 1, 1000) > 0)
			must(recv(fd, in, sizeof(in), 0) == sizeof(out),
			     "the whole datagram");
		rounds++;
	}
	close(fd);
	return NULL;
}

/* Everybody writes to one socket, nobody minds what becomes of it. */
static void *shared_client(void *unused)
{
	struct sockaddr_in away = server_name;

	away.sin_port = htons(9);
	while (!clients_over) {
		int size = 100000;

		sendto(shared_udp, "x", 1, 0, (struct sockaddr *)&away,
		       sizeof(away));
		setsockopt(shared_udp, SOL_SOCKET, SO_RCVBUF, &size,
			   sizeof(size));
		rounds++;
	}
	return NULL;
}

static void *refused_client(void *unused)
{
	struct sockaddr_in nobody = server_name;
	struct ifaddrs *ifaces;
	struct addrinfo *found;

	nobody.sin_port = htons(1);
	while (!clients_over) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		must(connect(fd, (struct sockaddr *)&nobody, sizeof(nobody)) <
				     0 &&
			     errno == ECONNREFUSED,
		     "a refusal");
		close(fd);
		if (getifaddrs(&ifaces) == 0)
			freeifaddrs(ifaces);
		if (getaddrinfo("localhost", "80", NULL, &found) == 0)
			freeaddrinfo(found);
		rounds++;
	}
	return NULL;
}

/* -------------------------------------------------------------------- main */

/* The stack steps out for it, and goes on serving both. */
static void use_in_child(int listener)
{
	int status;
	pid_t child = fork();

	must(child >= 0, "fork");
	if (child == 0) {
		int fd = connected(SOCK_STREAM), other;
		char byte = 'x';

		other = accept(listener, NULL, NULL);
		must(other >= 0, "accept in the child");
		must(write(fd, &byte, 1) == 1 && read(other, &byte, 1) == 1,
		     "a byte in the child");
		_exit(0);
	}
	must(waitpid(child, &status, 0) == child && status == 0, "the child");
	close(connected(SOCK_STREAM));
}

int main(int argc, char **argv)
{
	static void *(*const clients[])(void *) = {
		stream_client, stream_client,  stream_client, datagram_client,
		shared_client, refused_client, serve_udp,     serve,
	};
	enum { THREADS = sizeof(clients) / sizeof(*clients), SERVERS = 2 };
	pthread_t thread[THREADS];
	int listener;

	must(argc == 3 &&
		     inet_pton(AF_INET, argv[1], &server_name.sin_addr) == 1,
	     "usage: threads ADDRESS SECONDS");
	server_name.sin_port = htons(PORT);
	listener = listen_on_server();
	shared_udp = socket(AF_INET, SOCK_DGRAM, 0);
	must(bind(shared_udp, server(), sizeof(server_name)) == 0, "bind");
	for (int i = 0; i < THREADS; i++)
		must(pthread_create(&thread[i], NULL, clients[i], &listener) ==
			     0,
		     "thread");
	sleep((unsigned)atoi(argv[2]));
	clients_over = true;
	for (int i = 0; i < THREADS; i++) {
		over = i >= THREADS - SERVERS;
		pthread_join(thread[i], NULL);
	}
	use_in_child(listener);
	printf("%ld rounds\n", (long)rounds);
	return rounds > 0 ? 0 : 1;
}
