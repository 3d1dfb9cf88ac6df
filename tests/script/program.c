/* Events of the program: its system calls, and what they give. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/tcp.h>

#include "script/script.h"

#define PIECES 8

static const struct {
	const char *name;
	int number;
} errno_names[] = {
	{ "EAGAIN", EAGAIN },
	{ "EINPROGRESS", EINPROGRESS },
	{ "EALREADY", EALREADY },
	{ "EISCONN", EISCONN },
	{ "ENOTCONN", ENOTCONN },
	{ "EPIPE", EPIPE },
	{ "ECONNRESET", ECONNRESET },
	{ "ECONNREFUSED", ECONNREFUSED },
	{ "ECONNABORTED", ECONNABORTED },
	{ "ETIMEDOUT", ETIMEDOUT },
	{ "EHOSTUNREACH", EHOSTUNREACH },
	{ "ENETUNREACH", ENETUNREACH },
	{ "ENOPROTOOPT", ENOPROTOOPT },
	{ "EPROTO", EPROTO },
	{ "EOPNOTSUPP", EOPNOTSUPP },
	{ "EACCES", EACCES },
	{ "EINVAL", EINVAL },
	{ "ENOENT", ENOENT },
	{ "EADDRINUSE", EADDRINUSE },
	{ "EADDRNOTAVAIL", EADDRNOTAVAIL },
	{ "EMSGSIZE", EMSGSIZE },
	{ "ENOBUFS", ENOBUFS },
	{ "EPERM", EPERM },
	{ "EBADF", EBADF },
	{ "EHOSTDOWN", EHOSTDOWN },
	{ "ENONET", ENONET },
	{ "EKEYREJECTED", EKEYREJECTED },
	{ "EBUSY", EBUSY },
	{ "EEXIST", EEXIST },
};

#define ERRNOS (sizeof(errno_names) / sizeof(*errno_names))

int parse_errno(const char *text)
{
	for (size_t i = 0; i < ERRNOS; i++)
		if (strcmp(text, errno_names[i].name) == 0)
			return -errno_names[i].number;
	return 0;
}

const char *errno_name(int number)
{
	for (size_t i = 0; i < ERRNOS; i++)
		if (number == errno_names[i].number)
			return errno_names[i].name;
	return number ? "another error" : "none";
}

/* --------------------------------------------------------------- results */

static void print_result(int64_t result, char *to, size_t to_len)
{
	if (result < 0)
		snprintf(to, to_len, "%s", errno_name((int)-result));
	else
		snprintf(to, to_len, "%lld", (long long)result);
}

/* Without a word behind = a call has to succeed. */
static void expect_result(struct host *host, const char *what,
			  const char *wanted, int64_t result)
{
	char came[32];
	int64_t number = 0;

	print_result(result, came, sizeof(came));
	host_trace(host, "  %12.6f  %s = %s\n",
		   (double)(host->now_us - host->start_us) / 1e6, what, came);
	if (wanted) {
		number = parse_errno(wanted);
		if (!number)
			number = parse_number(host, wanted);
	}
	if (wanted ? result != number : result < 0)
		host_fail(host, "another result\n  want:  %s\n  came:  %s",
			  wanted ? wanted : "success", came);
}

/* --------------------------------------------------------------- sockets */

static struct script_socket *find_socket(struct host *host, const char *name)
{
	for (int i = 0; i < host->socket_count; i++)
		if (strcmp(host->socket[i].name, name) == 0)
			return &host->socket[i];
	return NULL;
}

static struct script_socket *add_socket(struct host *host, const char *name,
					int handle)
{
	struct script_socket *socket = find_socket(host, name);

	if (!socket) {
		if (host->socket_count == NAMES_MAX)
			host_fail(host, "too many sockets");
		socket = &host->socket[host->socket_count++];
	}
	*socket = (struct script_socket){ .handle = handle,
					  .is_open = true,
					  .read_position = 1,
					  .write_position = 1 };
	snprintf(socket->name, sizeof(socket->name), "%s", name);
	host->current = socket;
	return socket;
}

/* socket NAME: a new one, or the one that is meant from now on. */
static void event_socket(struct host *host, char **word)
{
	const char *name = word[1] ? word[1] : "s";
	struct script_socket *socket = find_socket(host, name);

	host_start(host);
	if (socket && socket->is_open) {
		host->current = socket;
		return;
	}
	add_socket(host, name,
		   pyt_socket_open(host->stack, AF_INET, SOCK_STREAM, 0));
	if (host->current->handle < 0)
		host_fail(host, "no socket");
}

static struct script_socket *current(struct host *host)
{
	char *words[] = { "socket", NULL };

	if (!host->current)
		event_socket(host, words);
	return host->current;
}

static int bind_to(struct host *host, uint16_t port)
{
	struct pyt_sockaddr local = { .ip = pyt_ip_from_v4(0), .port = port };

	return pyt_socket_bind(host->stack, current(host)->handle, &local);
}

static bool is_bound(struct host *host)
{
	struct pyt_socket_status status;

	return pyt_socket_status(host->stack, current(host)->handle, &status) ==
		       0 &&
	       status.local.port;
}

static void event_bind(struct host *host, char **word)
{
	char *wanted = cut_result(host, word);
	uint16_t port = word[1] ? (uint16_t)parse_number(host, word[1])
				: host->host_port;

	host_start(host);
	host->host_port = port;
	expect_result(host, "bind", wanted, bind_to(host, port));
}

/* The port of the flow, if there was no bind. */
static void event_connect(struct host *host, char **word)
{
	struct pyt_sockaddr peer = { .ip = pyt_ip_from_v4(PEER_IP),
				     .port = host->peer_port };
	char *wanted = cut_result(host, word);

	host_start(host);
	if (!is_bound(host) && bind_to(host, host->host_port) < 0)
		host_fail(host, "the port is taken");
	expect_result(host, "connect", wanted ? wanted : "EINPROGRESS",
		      pyt_socket_connect(host->stack, current(host)->handle,
					 &peer, host->now_us));
}

static void event_listen(struct host *host, char **word)
{
	char *wanted = cut_result(host, word);
	int backlog = word[1] ? (int)parse_number(host, word[1]) : 8;

	host_start(host);
	if (!is_bound(host) && bind_to(host, host->host_port) < 0)
		host_fail(host, "the port is taken");
	expect_result(
		host, "listen", wanted,
		pyt_socket_listen(host->stack, current(host)->handle, backlog));
}

/* accept [NAME]: the new socket is the current one then. */
static void event_accept(struct host *host, char **word)
{
	char *wanted = cut_result(host, word);
	struct script_socket *listener = find_socket(host, "s");
	int handle;

	if (!listener)
		host_fail(host, "there is no listener");
	handle = pyt_socket_accept(host->stack, listener->handle, host->now_us);
	expect_result(host, "accept", wanted, handle);
	if (handle >= 0)
		add_socket(host, word[1] ? word[1] : "c", handle);
}

static void event_close(struct host *host, char **word)
{
	struct script_socket *socket = current(host);

	expect_result(
		host, "close", NULL,
		pyt_socket_close(host->stack, socket->handle, host->now_us));
	socket->is_open = false;
	host->current = NULL;
}

static void event_disconnect(struct host *host, char **word)
{
	expect_result(host, "disconnect", NULL,
		      pyt_socket_disconnect(host->stack, current(host)->handle,
					    host->now_us));
}

static void event_shutdown(struct host *host, char **word)
{
	char *wanted = cut_result(host, word);
	int how = !word[1]		       ? SHUT_RDWR
		  : strcmp(word[1], "rd") == 0 ? SHUT_RD
		  : strcmp(word[1], "wr") == 0 ? SHUT_WR
					       : SHUT_RDWR;

	expect_result(host, "shutdown", wanted,
		      pyt_socket_shutdown(host->stack, current(host)->handle,
					  how, host->now_us));
}

/* ------------------------------------------------------------------ data */

static int64_t put(struct host *host, struct script_socket *socket, int64_t len,
		   int flags)
{
	int64_t done = 0;

	while (done < len) {
		struct iovec iov[PIECES];
		int pieces = pyt_socket_send_space(host->stack, socket->handle,
						   iov, PIECES);
		int64_t now = 0;

		if (pieces < 0 && !done)
			return pieces;
		for (int i = 0; i < pieces; i++) {
			uint8_t *to = iov[i].iov_base;

			for (size_t b = 0;
			     b < iov[i].iov_len && done + now < len; b++, now++)
				to[b] = segment_pattern(
					socket->write_position + now, false);
		}
		if (!now)
			break;
		pyt_socket_send_commit(host->stack, socket->handle, (size_t)now,
				       flags, host->now_us);
		socket->write_position += now;
		done += now;
	}
	return done ? done : len ? -EAGAIN : 0;
}

/* write N [more] [oob] = RESULT */
static void event_write(struct host *host, char **word)
{
	struct script_socket *socket = current(host);
	char *wanted = cut_result(host, word);
	int64_t len = word[1] ? parse_number(host, word[1]) : 0;
	char what[64];
	int flags = 0;

	for (char **flag = word + 1; word[1] && *flag; flag++) {
		if (strcmp(*flag, "more") == 0)
			flags |= MSG_MORE;
		if (strcmp(*flag, "oob") == 0)
			flags |= MSG_OOB;
	}
	snprintf(what, sizeof(what), "write %lld", (long long)len);
	expect_result(host, what, wanted ? wanted : word[1],
		      put(host, socket, len, flags));
}

/* 1: what was read is the pattern, 2: the other one, 0: neither. */
static int which_pattern(int64_t position, const uint8_t *bytes, size_t len,
			 int so_far)
{
	for (size_t i = 0; i < len; i++) {
		int64_t at = position + (int64_t)i;

		if (bytes[i] != segment_pattern(at, false))
			so_far &= ~1;
		if (bytes[i] != segment_pattern(at, true))
			so_far &= ~2;
	}
	return so_far;
}

static int64_t get(struct host *host, struct script_socket *socket, int64_t len,
		   int *pattern)
{
	int64_t done = 0;
	unsigned ready;

	*pattern = 3;
	while (done < len) {
		struct iovec iov;
		size_t n;

		if (pyt_socket_recv_view(host->stack, socket->handle, &iov,
					 1) <= 0)
			break;
		n = iov.iov_len < (size_t)(len - done) ? iov.iov_len
						       : (size_t)(len - done);
		*pattern = which_pattern(socket->read_position, iov.iov_base, n,
					 *pattern);
		pyt_socket_recv_consume(host->stack, socket->handle, n,
					host->now_us);
		socket->read_position += (int64_t)n;
		done += (int64_t)n;
	}
	ready = pyt_socket_ready(host->stack, socket->handle);
	if (done || !len)
		return done;
	if (ready & PYT_READY_ERROR)
		return -pyt_socket_take_error(host->stack, socket->handle);
	return ready & PYT_READY_READ_END ? 0 : -EAGAIN;
}

/* read N = RESULT [other]; 0 is the end of the stream */
static void event_read(struct host *host, char **word)
{
	struct script_socket *socket = current(host);
	char *wanted = cut_result(host, word);
	bool other = wanted && word[1] && word[2];
	int64_t len = word[1] ? parse_number(host, word[1]) : 0, result;
	char what[64];
	int pattern;

	result = get(host, socket, len, &pattern);
	snprintf(what, sizeof(what), "read %lld", (long long)len);
	expect_result(host, what, wanted ? wanted : word[1], result);
	if (result > 0 && !(pattern & (other ? 2 : 1)))
		host_fail(host, "other bytes than were sent");
}

/* A byte that the stream does not carry: what is read is one further on. */
static void event_skip(struct host *host, char **word)
{
	current(host)->read_position +=
		word[1] ? parse_number(host, word[1]) : 1;
}

/* readoob = 1 | EAGAIN | EINVAL */
static void event_readoob(struct host *host, char **word)
{
	char *wanted = cut_result(host, word);
	uint8_t byte;

	expect_result(host, "readoob", wanted,
		      pyt_socket_recv_urgent(host->stack, current(host)->handle,
					     &byte));
}

/* urgent distance = N | EINVAL */
static void event_urgent(struct host *host, char **word)
{
	char *wanted = cut_result(host, word);

	expect_result(
		host, "urgent", wanted,
		pyt_socket_urgent_distance(host->stack, current(host)->handle));
}

event_function *program_event(const char *verb)
{
	static const struct {
		const char *verb;
		event_function *function;
	} events[] = {
		{ "socket", event_socket },
		{ "bind", event_bind },
		{ "connect", event_connect },
		{ "listen", event_listen },
		{ "accept", event_accept },
		{ "close", event_close },
		{ "shutdown", event_shutdown },
		{ "write", event_write },
		{ "read", event_read },
		{ "readoob", event_readoob },
		{ "urgent", event_urgent },
		{ "skip", event_skip },
		{ "disconnect", event_disconnect },
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (strcmp(events[i].verb, verb) == 0)
			return events[i].function;
	return NULL;
}
