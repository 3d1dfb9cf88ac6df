/* One loop of poll() around all sockets of a service. */
#include "service.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service_udp.h"

#define BACKLOG 128

enum place { LISTENER4, LISTENER6, DATAGRAM4, DATAGRAM6, FIRST_CLIENT };
#define PLACES (FIRST_CLIENT + SERVICE_CLIENTS_MAX)

struct client {
	char *buffer; /* SERVICE_BUFFER_LEN, with the client */
	size_t begin, end; /* of what is to be sent */
	bool is_ending; /* nothing is added any more */
	bool has_ended; /* our FIN is sent; the client's is awaited */
};

struct server {
	const struct service *service;
	struct pollfd poll[PLACES]; /* by place; fd -1: free */
	struct client client[PLACES];
	int clients;
};

static void usage(const struct service *service, FILE *to)
{
	fprintf(to,
		"usage: %s [-46] [-p PORT]\n"
		"The %s service over TCP and UDP, on port %u unless told "
		"otherwise.\n"
		"  -4, -6   one family alone\n",
		service->name, service->name, service->port);
}

/* --------------------------------------------------------------- clients */

static void drop(struct server *server, int place)
{
	struct client *client = &server->client[place];

	close(server->poll[place].fd);
	server->poll[place].fd = -1;
	free(client->buffer);
	*client = (struct client){ 0 };
	server->clients--;
}

static int free_place(const struct server *server)
{
	for (int place = FIRST_CLIENT; place < PLACES; place++) {
		if (server->poll[place].fd < 0)
			return place;
	}
	return -1;
}

static void admit(struct server *server, int listener)
{
	const struct service *service = server->service;
	int place = free_place(server), fd;
	struct client *client;
	char *buffer;

	if (place < 0)
		return;
	fd = accept4(server->poll[listener].fd, NULL, NULL,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return; /* it has gone again, or too many descriptors */
	buffer = malloc(SERVICE_BUFFER_LEN);
	if (!buffer) {
		close(fd);
		return;
	}
	client = &server->client[place];
	client->buffer = buffer;
	server->poll[place] = (struct pollfd){ .fd = fd };
	server->clients++;
	if (service->say) {
		client->end = (size_t)service->say(buffer, SERVICE_BUFFER_LEN);
		client->is_ending = true;
	}
}

static bool would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* All that comes is read: a close() with unread bytes would be a reset. */
static bool read_some(struct server *server, int place)
{
	struct client *client = &server->client[place];
	bool keep = server->service->sends_back;
	char unwanted[4096];
	ssize_t len;

	if (keep)
		len = read(server->poll[place].fd, client->buffer + client->end,
			   SERVICE_BUFFER_LEN - client->end);
	else
		len = read(server->poll[place].fd, unwanted, sizeof(unwanted));
	if (len < 0)
		return would_block();
	if (len == 0 && client->has_ended)
		return false;
	if (len == 0)
		client->is_ending = true;
	else if (keep)
		client->end += (size_t)len;
	return true;
}

static bool write_some(struct server *server, int place)
{
	struct client *client = &server->client[place];
	ssize_t len =
		send(server->poll[place].fd, client->buffer + client->begin,
		     client->end - client->begin, MSG_NOSIGNAL);

	if (len < 0)
		return would_block();
	client->begin += (size_t)len;
	if (client->begin == client->end)
		client->begin = client->end = 0;
	return true;
}

/* When all is sent: our FIN, unless the client's was first and all is over. */
static bool end(struct server *server, int place)
{
	struct client *client = &server->client[place];

	if (!server->service->say)
		return false;
	client->has_ended = true;
	return shutdown(server->poll[place].fd, SHUT_WR) == 0;
}

static bool serve(struct server *server, int place)
{
	struct client *client = &server->client[place];
	short events = server->poll[place].revents;
	bool lives = true;

	if (events & (POLLIN | POLLHUP | POLLERR))
		lives = read_some(server, place);
	if (lives && client->end > client->begin)
		lives = write_some(server, place);
	if (lives && client->is_ending && !client->has_ended &&
	    client->end == 0)
		lives = end(server, place);
	return lives;
}

/* What a client waits for: room in the buffer to read, bytes to write. */
static short wanted(const struct server *server, int place)
{
	const struct client *client = &server->client[place];
	bool reads = client->end < SERVICE_BUFFER_LEN &&
		     (client->has_ended || !client->is_ending);

	return (short)((reads ? POLLIN : 0) |
		       (client->end > client->begin ? POLLOUT : 0));
}

/* --------------------------------------------------------------- sockets */

/* Returns a bound socket, or -1: this machine has no such family. */
static int open_socket(int family, int type, unsigned short port)
{
	struct sockaddr_in ip4 = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};
	struct sockaddr_in6 ip6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
	};
	bool is6 = family == AF_INET6;
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	if (is6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	else
		service_udp_prepare(fd, family);
	if (bind(fd, is6 ? (struct sockaddr *)&ip6 : (struct sockaddr *)&ip4,
		 is6 ? sizeof(ip6) : sizeof(ip4)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, BACKLOG) < 0)) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static bool open_family(struct server *server, int family, unsigned short port)
{
	bool is6 = family == AF_INET6;
	struct pollfd *stream = &server->poll[is6 ? LISTENER6 : LISTENER4];
	struct pollfd *datagram = &server->poll[is6 ? DATAGRAM6 : DATAGRAM4];

	stream->fd = open_socket(family, SOCK_STREAM, port);
	if (stream->fd >= 0)
		datagram->fd = open_socket(family, SOCK_DGRAM, port);
	datagram->events = POLLIN;
	if (datagram->fd >= 0)
		return true;
	fprintf(stderr, "%s: port %u over %s: %s\n", server->service->name,
		port, is6 ? "IPv6" : "IPv4", strerror(errno));
	return false;
}

static void run(struct server *server)
{
	for (;;) {
		bool full = server->clients == SERVICE_CLIENTS_MAX;

		server->poll[LISTENER4].events = full ? 0 : POLLIN;
		server->poll[LISTENER6].events = full ? 0 : POLLIN;
		for (int place = FIRST_CLIENT; place < PLACES; place++)
			server->poll[place].events = wanted(server, place);
		if (poll(server->poll, PLACES, -1) < 0)
			continue;
		for (int place = FIRST_CLIENT; place < PLACES; place++) {
			if (server->poll[place].revents &&
			    !serve(server, place))
				drop(server, place);
		}
		for (int place = LISTENER4; place < FIRST_CLIENT; place++) {
			if (!server->poll[place].revents)
				continue;
			if (place < DATAGRAM4)
				admit(server, place);
			else
				service_udp_answer(server->service,
						   server->poll[place].fd);
		}
	}
}

int service_main(const struct service *service, int argc, char **argv)
{
	static struct server server;
	bool use4 = true, use6 = true, serves;
	long port = service->port;
	int option;

	while ((option = getopt(argc, argv, "46hp:")) != -1) {
		switch (option) {
		case '4':
			use6 = false;
			break;
		case '6':
			use4 = false;
			break;
		case 'p':
			port = strtol(optarg, NULL, 10);
			break;
		default:
			usage(service, option == 'h' ? stdout : stderr);
			return option == 'h' ? 0 : 2;
		}
	}
	if (optind < argc || port < 1 || port > 65535 || (!use4 && !use6)) {
		usage(service, stderr);
		return 2;
	}
	server.service = service;
	for (int place = 0; place < PLACES; place++)
		server.poll[place].fd = -1;
	serves = use4 && open_family(&server, AF_INET, (unsigned short)port);
	serves |= use6 && open_family(&server, AF_INET6, (unsigned short)port);
	if (!serves)
		return 1;
	run(&server);
	return 0;
}
