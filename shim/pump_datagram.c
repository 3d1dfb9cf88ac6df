/* Messages between a datagram endpoint and the engine's socket. */
#include <errno.h>

#include "endpoint.h"
#include "endpoint_room.h"
#include "kernel.h"
#include "liveness.h"
#include "socket_filter.h"

#define MESSAGES_MAX 64 /* a turn, each way */
#define PIECES_MAX 16

/* Wakes the program; the true error stands in the slot as well. */
static void tell_error(struct server *server, struct endpoint *endpoint,
		       int error, uint32_t flags)
{
	struct pyt_datagram header = { .flags = flags, .error = error };

	slots_set_flags(&server->slots, endpoint->slot, PYT_SLOT_NOTICED, 0);
	if (error)
		slots_set_error(&server->slots, endpoint->slot, error);
	kernel_send(endpoint->fd, &header, sizeof(header),
		    MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void send_one(struct server *server, struct endpoint *endpoint,
		     struct pyt_message *message, const struct iovec *payload,
		     int payload_count)
{
	ssize_t result = pyt_socket_send_message(
		server->stack, endpoint->handle, message, payload,
		payload_count, server->now_us);

	if (result < 0 && result != -EAGAIN && result != -ENOBUFS)
		tell_error(server, endpoint, (int)-result, PYT_DATAGRAM_ERROR);
	if (slots_at(&server->slots, endpoint->slot)->flags & PYT_SLOT_GATHERS)
		endpoint_refresh(server, endpoint);
}

static void send_with_header(struct server *server, struct endpoint *endpoint,
			     struct pyt_datagram *header, size_t len)
{
	uint32_t extensions_len = pyt_extensions_len(&header->message);
	struct iovec payload;

	if (extensions_len > len)
		return;
	len -= extensions_len;
	header->message.extensions = server->scratch;
	payload = (struct iovec){ server->scratch + extensions_len, len };
	if (header->flags & PYT_DATAGRAM_TO_PEER)
		header->message.peer = (struct pyt_sockaddr){ 0 };
	header->message.len = (uint32_t)len;
	send_one(server, endpoint, &header->message, &payload, 1);
}

/* Written past our calls: its first bytes lie where a header would. */
static void send_plain(struct server *server, struct endpoint *endpoint,
		       struct pyt_datagram *header, size_t len)
{
	size_t first = len < sizeof(*header) ? len : sizeof(*header);
	struct pyt_message message = { .ttl = -1,
				       .tos = -1,
				       .len = (uint32_t)len };
	struct iovec payload[2] = { { header, first },
				    { server->scratch, len - first } };

	send_one(server, endpoint, &message, payload, 2);
}

/* Closed; or shut both ways, which looks alike: then inodes tell. */
static void on_end(struct server *server, struct endpoint *endpoint)
{
	const uint32_t both = PYT_SLOT_SEND_SHUT | PYT_SLOT_RECEIVE_SHUT;
	uint32_t flags = slots_at(&server->slots, endpoint->slot)->flags;

	if ((flags & both) != both) {
		endpoint->hung_up = true;
	} else if (!endpoint->shut) {
		endpoint->shut = true;
		liveness_later(server);
	}
}

/* False: there is nothing more to read now. */
static bool receive_one(struct server *server, struct endpoint *endpoint)
{
	struct pyt_datagram header = { 0 };
	struct iovec iov[2] = { { &header, sizeof(header) },
				{ server->scratch, SCRATCH_LEN } };
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t len;

	len = kernel_recvmsg(endpoint->fd, &message, MSG_DONTWAIT);
	if (len <= 0) {
		endpoint->readable = false;
		if (len == 0)
			on_end(server, endpoint);
		else if (len == -ECONNRESET) /* with messages unread */
			endpoint->hung_up = true;
		return false;
	}
	if (message.msg_flags & MSG_TRUNC)
		return true;
	if ((size_t)len >= sizeof(header) &&
	    header.token == server->slots.table->token)
		send_with_header(server, endpoint, &header,
				 (size_t)len - sizeof(header));
	else
		send_plain(server, endpoint, &header, (size_t)len);
	return true;
}

static bool from_program(struct server *server, struct endpoint *endpoint)
{
	for (int i = 0; i < MESSAGES_MAX; i++) {
		if (!endpoint->readable)
			return false;
		if (!(pyt_socket_ready(server->stack, endpoint->handle) &
		      PYT_READY_WRITE))
			return false;
		if (!receive_one(server, endpoint))
			return false;
	}
	return true;
}

void pump_datagram_sent(struct server *server, struct endpoint *endpoint)
{
	if (endpoint->hung_up)
		return;
	endpoint->readable = true; /* epoll may not have said so yet */
	from_program(server, endpoint);
	endpoint_wake(server, endpoint);
}

/* Only to who asked for them: others would take them for payload. */
static struct iovec extensions_for(const struct server *server,
				   const struct endpoint *endpoint,
				   struct pyt_message *message)
{
	struct iovec piece = { (void *)(uintptr_t)message->extensions,
			       pyt_extensions_len(message) };

	if (!(slots_at(&server->slots, endpoint->slot)->ancillary &
	      PYT_ANCILLARY_EXTENSIONS)) {
		memset(message->extension_len, 0,
		       sizeof(message->extension_len));
		piece.iov_len = 0;
	}
	message->extensions = NULL;
	return piece;
}

static bool is_own(struct pyt_stack *stack, const struct pyt_ip *ip)
{
	struct pyt_address_info address;

	for (int i = 0; pyt_address_get(stack, i, &address) == 0; i++) {
		if (pyt_ip_equal(&address.ip, ip))
			return true;
	}
	return pyt_ip_is_loopback(ip);
}

/* ip(7), ipi_spec_dst: to a group or a broadcast nobody answers from there. */
static void put_answer_address(struct server *server,
			       const struct endpoint *endpoint,
			       struct pyt_message *message)
{
	struct pyt_source source;

	if (message->ee_errno || !pyt_ip_is_v4(&message->local) ||
	    !(slots_at(&server->slots, endpoint->slot)->ancillary &
	      PYT_ANCILLARY_PKTINFO))
		return;
	message->offender = message->local;
	if (is_own(server->stack, &message->local))
		return;
	pyt_source_get(server->stack, &message->peer.ip, &source,
		       server->now_us);
	if (source.found)
		message->offender = source.ip;
}

static void on_full(struct server *server, struct endpoint *endpoint)
{
	endpoint->writable = false;
	endpoint_want_writable(server, endpoint, true);
}

static bool to_program(struct server *server, struct endpoint *endpoint)
{
	struct pyt_datagram header = { 0 };
	struct iovec iov[PIECES_MAX + 2] = { { &header, sizeof(header) } };
	struct msghdr message = { .msg_iov = iov };

	for (int i = 0; i < MESSAGES_MAX && endpoint->writable; i++) {
		int count = pyt_socket_view_message(
			server->stack, endpoint->handle, false, &header.message,
			iov + 2, PIECES_MAX);
		ssize_t sent;

		if (count < 0 && count != -EAGAIN) /* and taken by that */
			tell_error(server, endpoint, -count,
				   PYT_DATAGRAM_ERROR);
		if (count < 0)
			return false;
		if (endpoint_room_is_full(endpoint)) {
			on_full(server, endpoint);
			return false;
		}
		if (endpoint->filter &&
		    !socket_filter_passes(server, endpoint, &header.message,
					  iov + 2, count)) {
			pyt_socket_drop_message(server->stack, endpoint->handle,
						false);
			continue;
		}
		iov[1] = extensions_for(server, endpoint, &header.message);
		put_answer_address(server, endpoint, &header.message);
		message.msg_iovlen = (size_t)count + 2;
		sent = kernel_sendmsg(endpoint->fd, &message,
				      MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent == -EAGAIN) {
			on_full(server, endpoint);
			return false;
		}
		endpoint->received = true;
		pyt_socket_drop_message(server->stack, endpoint->handle, false);
	}
	return endpoint->writable;
}

static void tell_news(struct server *server, struct endpoint *endpoint)
{
	unsigned ready = pyt_socket_ready(server->stack, endpoint->handle);
	bool queued = endpoint_has_queued_errors(server, endpoint);
	int error = 0;
	uint32_t flags = 0;

	if (ready & PYT_READY_ERROR) {
		error = pyt_socket_take_error(server->stack, endpoint->handle);
		flags |= PYT_DATAGRAM_ERROR;
	}
	if (queued && !endpoint->error_told) {
		slots_set_flags(&server->slots, endpoint->slot,
				PYT_SLOT_ERROR_QUEUE, 0);
		flags |= PYT_DATAGRAM_ERROR_QUEUED;
	}
	endpoint->error_told = queued;
	if (flags)
		tell_error(server, endpoint, error, flags);
}

bool pump_datagram(struct server *server, struct endpoint *endpoint)
{
	bool more = from_program(server, endpoint);

	if (endpoint->hung_up && !endpoint->readable) {
		endpoint_free(server, endpoint);
		return false;
	}
	more |= to_program(server, endpoint);
	tell_news(server, endpoint);
	return more;
}
