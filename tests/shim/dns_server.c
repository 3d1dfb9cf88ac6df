/* A small name server on a thread of the test. RFC 1035, 4. */
#include "dns_server.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define BIG_COUNT 60
#define MESSAGE_MAX 4096

struct dns_server {
	const struct dns_entry *zone;
	int udp, tcp, stop[2];
	uint16_t port;
	int udp_count, tcp_count;
	pthread_t thread;
};

struct message {
	uint8_t bytes[MESSAGE_MAX];
	size_t len;
};

static void put_u16(struct message *m, unsigned value)
{
	m->bytes[m->len++] = (uint8_t)(value >> 8);
	m->bytes[m->len++] = (uint8_t)value;
}

static void put_bytes(struct message *m, const void *bytes, size_t len)
{
	memcpy(m->bytes + m->len, bytes, len);
	m->len += len;
}

static void put_name(struct message *m, const char *name)
{
	while (*name) {
		size_t len = strcspn(name, ".");

		m->bytes[m->len++] = (uint8_t)len;
		put_bytes(m, name, len);
		name += len + (name[len] == '.');
	}
	m->bytes[m->len++] = 0;
}

static void put_record(struct message *m, const char *owner, int type,
		       const void *data, size_t data_len)
{
	put_name(m, owner);
	put_u16(m, (unsigned)type);
	put_u16(m, ns_c_in);
	put_u16(m, 0);
	put_u16(m, 60); /* TTL */
	put_u16(m, (unsigned)data_len);
	put_bytes(m, data, data_len);
	m->bytes[7]++; /* ANCOUNT */
}

static void put_name_record(struct message *m, const char *owner, int type,
			    const char *name)
{
	struct message data = { .len = 0 };

	put_name(&data, name);
	put_record(m, owner, type, data.bytes, data.len);
}

static size_t read_name(const uint8_t *bytes, char *name)
{
	const uint8_t *at = bytes;

	*name = '\0';
	while (*at) {
		strncat(name, (const char *)at + 1, *at);
		at += *at + 1;
		if (*at)
			strcat(name, ".");
	}
	return (size_t)(at - bytes) + 1;
}

static void put_addresses(struct message *m, const struct dns_entry *entry,
			  int type)
{
	const char *owner = entry->cname ? entry->cname : entry->name;
	int family = type == ns_t_a ? AF_INET : AF_INET6;
	const char *list = type == ns_t_a ? entry->a : entry->aaaa;
	uint8_t address[16];
	char text[256], *rest = text, *word;

	if (entry->cname)
		put_name_record(m, entry->name, ns_t_cname, entry->cname);
	if (!list)
		return;
	strcpy(text, list);
	while ((word = strsep(&rest, " "))) {
		inet_pton(family, word, address);
		put_record(m, owner, type, address, family == AF_INET ? 4 : 16);
	}
}

static void put_big(struct message *m, const struct dns_entry *entry, int type,
		    bool is_udp)
{
	if (type != ns_t_a)
		return;
	if (is_udp) {
		m->bytes[2] |= 2; /* TC */
		return;
	}
	for (int i = 0; i < BIG_COUNT; i++) {
		uint8_t address[4] = { 10, 1, 0, (uint8_t)(i + 1) };

		put_record(m, entry->name, ns_t_a, address, 4);
	}
}

static const struct dns_entry *find(const struct dns_server *server,
				    const char *name)
{
	for (const struct dns_entry *e = server->zone; e->name; e++)
		if (strcasecmp(e->name, name) == 0)
			return e;
	return NULL;
}

/* False: no answer at all. */
static bool answer(const struct dns_server *server, struct message *m,
		   bool is_udp)
{
	const struct dns_entry *entry;
	char name[256];
	size_t name_len = read_name(m->bytes + 12, name);
	int type = m->bytes[12 + name_len + 1];

	m->len = 12 + name_len + 4; /* without an OPT record */
	m->bytes[2] = 0x84 | (m->bytes[2] & 1);
	m->bytes[3] = 0x80;
	memset(m->bytes + 6, 0, 6);
	entry = find(server, name);
	if (!entry) {
		m->bytes[3] |= ns_r_nxdomain;
		return true;
	}
	switch (entry->behaviour) {
	case DNS_ANSWER:
		if (type == ns_t_ptr && entry->ptr)
			put_name_record(m, name, ns_t_ptr, entry->ptr);
		else if (type == ns_t_a || type == ns_t_aaaa)
			put_addresses(m, entry, type);
		return true;
	case DNS_FAIL:
		m->bytes[3] |= ns_r_servfail;
		return true;
	case DNS_REFUSE:
		m->bytes[3] |= ns_r_refused;
		return true;
	case DNS_BIG:
		put_big(m, entry, type, is_udp);
		return true;
	case DNS_SILENT:
		return false;
	}
	return false;
}

static void serve_udp(struct dns_server *server)
{
	struct sockaddr_in peer;
	socklen_t peer_len = sizeof(peer);
	struct message m;
	ssize_t len = recvfrom(server->udp, m.bytes, sizeof(m.bytes), 0,
			       (struct sockaddr *)&peer, &peer_len);

	if (len < 17)
		return;
	__atomic_fetch_add(&server->udp_count, 1, __ATOMIC_RELAXED);
	if (answer(server, &m, true))
		sendto(server->udp, m.bytes, m.len, 0, (struct sockaddr *)&peer,
		       peer_len);
}

static void serve_tcp(struct dns_server *server)
{
	int fd = accept(server->tcp, NULL, NULL);
	uint8_t prefix[2];
	struct message m;

	while (recv(fd, prefix, 2, MSG_WAITALL) == 2) {
		m.len = (size_t)(prefix[0] << 8 | prefix[1]);
		if (recv(fd, m.bytes, m.len, MSG_WAITALL) != (ssize_t)m.len)
			break;
		__atomic_fetch_add(&server->tcp_count, 1, __ATOMIC_RELAXED);
		if (!answer(server, &m, false))
			break;
		prefix[0] = (uint8_t)(m.len >> 8);
		prefix[1] = (uint8_t)m.len;
		send(fd, prefix, 2, MSG_MORE | MSG_NOSIGNAL);
		send(fd, m.bytes, m.len, MSG_NOSIGNAL);
	}
	close(fd);
}

static void *serve(void *context)
{
	struct dns_server *server = context;
	struct pollfd fds[] = { { server->udp, POLLIN, 0 },
				{ server->tcp, POLLIN, 0 },
				{ server->stop[0], POLLIN, 0 } };

	for (;;) {
		poll(fds, 3, -1);
		if (fds[2].revents)
			return NULL;
		if (fds[0].revents)
			serve_udp(server);
		if (fds[1].revents)
			serve_tcp(server);
	}
}

struct dns_server *dns_server_start(const struct dns_entry *zone)
{
	struct dns_server *server = calloc(1, sizeof(*server));
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t name_len = sizeof(name);

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->zone = zone;
	server->udp = socket(AF_INET, SOCK_DGRAM, 0);
	server->tcp = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(server->tcp, (struct sockaddr *)&name, sizeof(name)) < 0 ||
	    getsockname(server->tcp, (struct sockaddr *)&name, &name_len) < 0 ||
	    bind(server->udp, (struct sockaddr *)&name, sizeof(name)) < 0 ||
	    listen(server->tcp, 8) < 0 || pipe(server->stop) < 0)
		abort();
	server->port = ntohs(name.sin_port);
	if (pthread_create(&server->thread, NULL, serve, server))
		abort();
	return server;
}

void dns_server_stop(struct dns_server *server)
{
	if (write(server->stop[1], "", 1) == 1)
		pthread_join(server->thread, NULL);
	close(server->udp);
	close(server->tcp);
	close(server->stop[0]);
	close(server->stop[1]);
	free(server);
}

uint16_t dns_server_port(const struct dns_server *server)
{
	return server->port;
}

int dns_server_udp_count(const struct dns_server *server)
{
	return __atomic_load_n(&server->udp_count, __ATOMIC_RELAXED);
}

int dns_server_tcp_count(const struct dns_server *server)
{
	return __atomic_load_n(&server->tcp_count, __ATOMIC_RELAXED);
}
