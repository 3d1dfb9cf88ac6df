/* Questions to name servers over c-ares; one channel a call, no thread. */
#include "resolver.h"

#include <ares.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define EDNS_PAYLOAD_LEN 1200 /* as glibc: no fragments (RFC 6891, 6.2.5) */

struct lookup {
	const struct resolver_config *config;
	const struct resolver_sockets *sockets;
	size_t open_count; /* questions without a result */
	bool timed_out; /* one of them */
};

/* Of one question, handed to c-ares. */
struct pending {
	struct lookup *lookup;
	struct resolver_question *question;
};

/* -------------------------------------------------------------- sockets */

/*
 * The destination is not known yet. This one is the kernel's, costs no packet
 * and does not start the stack; on_connect() replaces it.
 */
static ares_socket_t on_socket(int family, int type, int protocol,
			       void *context)
{
	struct lookup *lookup = context;

	return lookup->sockets->kernel_socket(
		family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

static struct pyt_sockaddr server_of(const struct sockaddr *peer)
{
	const struct sockaddr_in6 *six = (const void *)peer;
	const struct sockaddr_in *four = (const void *)peer;
	struct pyt_sockaddr server = { .port = ntohs(four->sin_port) };

	if (peer->sa_family == AF_INET6)
		memcpy(server.ip.bytes, &six->sin6_addr, 16);
	else
		server.ip = pyt_ip_from_v4(ntohl(four->sin_addr.s_addr));
	return server;
}

/*
 * A loopback server of resolv.conf (systemd-resolved, dnsmasq) runs beside
 * the kernel's network, which the stack's own lo cannot reach.
 */
static bool is_the_kernels(const struct lookup *lookup,
			   const struct sockaddr *peer)
{
	struct pyt_sockaddr server = server_of(peer);

	if (!lookup->config->servers_given && pyt_ip_is_loopback(&server.ip))
		return true;
	return lookup->sockets->bypasses && lookup->sockets->bypasses(&server);
}

/* Puts a socket of the stack under the number that c-ares already knows. */
static int replace_by_stack(const struct lookup *lookup, int fd)
{
	int family, type, stack_fd, result;
	socklen_t len = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return -1;
	stack_fd = lookup->sockets->stack_socket(
		family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (stack_fd < 0)
		return -1;

	result = dup3(stack_fd, fd, O_CLOEXEC);
	close(stack_fd);
	return result < 0 ? -1 : 0;
}

static int on_connect(ares_socket_t fd, const struct sockaddr *peer,
		      ares_socklen_t peer_len, void *context)
{
	struct lookup *lookup = context;

	if (!is_the_kernels(lookup, peer) && replace_by_stack(lookup, fd) < 0)
		return -1;
	return connect(fd, peer, peer_len);
}

static ares_ssize_t on_receive(ares_socket_t fd, void *data, size_t len,
			       int flags, struct sockaddr *peer,
			       ares_socklen_t *peer_len, void *context)
{
	return recvfrom(fd, data, len, flags, peer, peer_len);
}

/* A server that closes must not raise SIGPIPE in somebody else's program. */
static ares_ssize_t on_send(ares_socket_t fd, const struct iovec *iov,
			    int iov_count, void *context)
{
	struct msghdr message = {
		.msg_iov = (struct iovec *)iov,
		.msg_iovlen = (size_t)iov_count,
	};

	return sendmsg(fd, &message, MSG_NOSIGNAL);
}

static int on_close(ares_socket_t fd, void *context)
{
	return close(fd);
}

static const struct ares_socket_functions socket_functions = {
	.asocket = on_socket,
	.aclose = on_close,
	.aconnect = on_connect,
	.arecvfrom = on_receive,
	.asendv = on_send,
};

/* ------------------------------------------------------------- channels */

/*
 * glibc waits timeout_ms for each of its attempts, c-ares doubles the time
 * from one to the next. Equal in total.
 */
static int first_timeout_ms(const struct resolver_config *config)
{
	return config->timeout_ms * config->attempts /
	       ((1 << config->attempts) - 1);
}

static void server_to_ares(const struct pyt_sockaddr *server,
			   struct ares_addr_port_node *node)
{
	node->udp_port = node->tcp_port = server->port;
	if (pyt_ip_is_v4(&server->ip)) {
		node->family = AF_INET;
		memcpy(&node->addr.addr4, server->ip.bytes + 12, 4);
	} else {
		node->family = AF_INET6;
		memcpy(&node->addr.addr6, server->ip.bytes, 16);
	}
}

static int set_servers(ares_channel channel,
		       const struct resolver_config *config)
{
	struct ares_addr_port_node nodes[RESOLVER_SERVERS_MAX] = { 0 };

	for (size_t i = 0; i < config->server_count; i++) {
		server_to_ares(&config->server[i], &nodes[i]);
		nodes[i].next =
			i + 1 < config->server_count ? &nodes[i + 1] : NULL;
	}
	return ares_set_servers_ports(channel, nodes);
}

/* Everything is given, so that c-ares reads no file and no environment. */
static int channel_create(const struct resolver_config *config,
			  ares_channel *channel)
{
	struct ares_options options = {
		.flags = ARES_FLAG_STAYOPEN | ARES_FLAG_NOSEARCH |
			 ARES_FLAG_NOALIASES,
		.timeout = first_timeout_ms(config),
		.tries = config->attempts,
		.ndots = config->ndots,
		.lookups = "b",
		.ednspsz = EDNS_PAYLOAD_LEN,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
		   ARES_OPT_NDOTS | ARES_OPT_LOOKUPS | ARES_OPT_SERVERS |
		   ARES_OPT_DOMAINS | ARES_OPT_SORTLIST | ARES_OPT_EDNSPSZ;
	int error;

	options.flags |= config->edns0 ? ARES_FLAG_EDNS : 0;
	options.flags |= config->use_tcp ? ARES_FLAG_USEVC : 0;
	mask |= config->rotate ? ARES_OPT_ROTATE : ARES_OPT_NOROTATE;

	error = ares_init_options(channel, &options, mask);
	if (error != ARES_SUCCESS)
		return error;
	error = set_servers(*channel, config);
	if (error != ARES_SUCCESS)
		ares_destroy(*channel);
	return error;
}

/* ------------------------------------------------------------ questions */

/*
 * As glibc: a server that fails or refuses may do better later; the word of
 * one that does not know the name is final.
 */
static int status_from_ares(int error)
{
	switch (error) {
	case ARES_SUCCESS:
		return 0;
	case ARES_ENODATA:
		return NO_DATA;
	case ARES_ENOTFOUND:
	case ARES_EBADNAME:
		return HOST_NOT_FOUND;
	case ARES_EFORMERR:
		return NO_RECOVERY;
	case ARES_ENOMEM:
		return NETDB_INTERNAL;
	default:
		return TRY_AGAIN; /* refused, timed out, SERVFAIL ... */
	}
}

static void on_answer(void *context, int error, int timeouts,
		      unsigned char *answer, int answer_len)
{
	struct pending *pending = context;
	struct resolver_question *question = pending->question;
	struct lookup *lookup = pending->lookup;

	lookup->open_count--;
	lookup->timed_out |= error == ARES_ETIMEOUT;
	question->status = status_from_ares(error);
	if (!answer || answer_len <= 0)
		return;
	question->answer = malloc((size_t)answer_len);
	if (!question->answer) {
		question->status = NETDB_INTERNAL;
		return;
	}
	memcpy(question->answer, answer, (size_t)answer_len);
	question->answer_len = answer_len;
}

static int wait_ms(ares_channel channel)
{
	struct timeval storage, *left = ares_timeout(channel, NULL, &storage);

	if (!left)
		return -1;
	return (int)(left->tv_sec * 1000 + (left->tv_usec + 999) / 1000);
}

/* One turn: waits for a socket or for the next time-out. */
static void turn(ares_channel channel)
{
	ares_socket_t fds[ARES_GETSOCK_MAXNUM];
	struct pollfd polled[ARES_GETSOCK_MAXNUM];
	unsigned bits =
		(unsigned)ares_getsock(channel, fds, ARES_GETSOCK_MAXNUM);
	nfds_t count = 0;

	for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		short events = 0;

		/* The library's own macros would shift into the sign. */
		if (bits >> i & 1)
			events |= POLLIN;
		if (bits >> (i + ARES_GETSOCK_MAXNUM) & 1)
			events |= POLLOUT;
		if (events)
			polled[count++] = (struct pollfd){ fds[i], events, 0 };
	}

	if (poll(polled, count, wait_ms(channel)) <= 0)
		count = 0;
	for (nfds_t i = 0; i < count; i++) {
		bool in = polled[i].revents & ~POLLOUT;
		bool out = polled[i].revents & POLLOUT;

		ares_process_fd(channel, in ? polled[i].fd : ARES_SOCKET_BAD,
				out ? polled[i].fd : ARES_SOCKET_BAD);
	}
	ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void ask(ares_channel channel, struct lookup *lookup,
		struct resolver_question *questions, size_t count)
{
	struct pending pending[RESOLVER_QUESTIONS_MAX];

	lookup->open_count = count;
	for (size_t i = 0; i < count; i++) {
		struct resolver_question *q = &questions[i];

		pending[i] = (struct pending){ lookup, q };
		if (q->query)
			ares_send(channel, q->query, q->query_len, on_answer,
				  &pending[i]);
		else
			ares_query(channel, q->name, q->class, q->type,
				   on_answer, &pending[i]);
	}
	while (lookup->open_count > 0)
		turn(channel);
}

static const char *name_of(const struct resolver_question *question)
{
	return question->name ? question->name : "a query";
}

void resolver_ask(const struct resolver_config *config,
		  const struct resolver_sockets *sockets,
		  struct resolver_question *questions, size_t count)
{
	struct lookup lookup = { .config = config, .sockets = sockets };
	int error = config->server_count ? ARES_SUCCESS : ARES_ECONNREFUSED;
	ares_channel channel;

	if (error == ARES_SUCCESS)
		error = channel_create(config, &channel);
	for (size_t i = 0; i < count; i++) {
		questions[i].answer = NULL;
		questions[i].answer_len = 0;
		questions[i].status = status_from_ares(error);
	}
	if (config->server_count == 0 && config->on_no_server)
		config->on_no_server(name_of(questions));
	if (error != ARES_SUCCESS)
		return;

	ares_set_socket_functions(channel, &socket_functions, &lookup);
	ask(channel, &lookup, questions, count);
	ares_destroy(channel);
	if (lookup.timed_out && config->on_silence)
		config->on_silence(config, name_of(questions));
}

void resolver_clear(struct resolver_question *questions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(questions[i].answer);
		questions[i].answer = NULL;
	}
}
