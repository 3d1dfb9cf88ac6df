/*
 * ICMP errors to the socket whose packet they quote. RFC 1122, 4.1.3.3 and
 * 4.2.3.9; RFC 4884; RFC 5927; IP_RECVERR as ip(7) has it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/errqueue.h>

#include "base/checksum.h"
#include "socket/socket.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"

/* The quoted packet, as the socket that sent it sees it. */
struct quoted {
	struct pyt_sockaddr local, peer;
	struct reader payload; /* behind the transport header */
};

static bool is_too_big(const struct ip_error *error)
{
	if (!pyt_ip_is_v4(&error->src))
		return error->type == ICMP6_TOO_BIG;
	return error->type == ICMP4_UNREACHABLE &&
	       error->code == ICMP4_FRAGMENTATION_NEEDED;
}

/* IPv6 tells the pointer of a parameter problem, too, as Linux does. */
static uint32_t info_of(const struct ip_error *error)
{
	return is_too_big(error) || !pyt_ip_is_v4(&error->src) ? error->info
							       : 0;
}

#define QUOTE_LEN_MIN 128 /* RFC 4884, 4.6 */
#define EXTENSION_VERSION 2

/* RFC 4884, 7: as Linux judges it, another version may be as it likes. */
static bool extension_is_sound(struct reader r)
{
	const uint8_t *start = r.at;
	size_t len = r.left;
	uint8_t version = reader_u8(&r) >> 4;

	reader_u8(&r);
	if (version != EXTENSION_VERSION)
		return true;
	if (reader_u16(&r) != 0 &&
	    checksum_finish(checksum_add(0, start, len)) != 0)
		return false;
	while (r.left > 0) { /* objects: length, class, type */
		uint16_t object_len = reader_u16(&r);

		if (object_len < 4)
			return false;
		reader_bytes(&r, object_len - 2u);
		if (r.failed)
			return false;
	}
	return true;
}

/* struct sock_ee_data_rfc4884: where in the payload it begins; 0: nowhere. */
static uint32_t extension_of(const struct quoted *quoted,
			     const struct ip_error *error)
{
	struct sock_ee_data_rfc4884 found = { 0 };
	struct reader r = quoted->payload;
	size_t headers_len;
	uint32_t data;

	if (error->quote_len < QUOTE_LEN_MIN)
		return 0;
	headers_len = (size_t)(r.at - error->quote);
	if (error->quote_len < headers_len ||
	    error->quote_len - headers_len + 4 > r.left)
		return 0;
	found.len = (uint16_t)(error->quote_len - headers_len);
	reader_bytes(&r, found.len);
	if (!extension_is_sound(r))
		found.flags = SO_EE_RFC4884_FLAG_INVALID;
	memcpy(&data, &found, sizeof(data));
	return data;
}

static bool wants_extension(const struct socket *socket,
			    const struct ip_error *error)
{
	return pyt_ip_is_v4(&error->src) ? socket->options->recv_err_rfc4884
					 : socket->options->recv_err6_rfc4884;
}

static void queue_error(struct socket *socket, const struct quoted *quoted,
			const struct ip_error *error, int number,
			int64_t now_us)
{
	struct pyt_message message = {
		.peer = quoted->peer,
		.local = quoted->local.ip,
		.ifindex = error->ifindex,
		.ttl = error->ttl,
		.tos = error->tos,
		.received_us = now_us,
		.ee_errno = (uint32_t)number,
		.ee_info = info_of(error),
		.ee_data = wants_extension(socket, error)
				   ? extension_of(quoted, error)
				   : 0,
		.ee_origin = pyt_ip_is_v4(&error->src) ? SO_EE_ORIGIN_ICMP
						       : SO_EE_ORIGIN_ICMP6,
		.ee_type = error->type,
		.ee_code = error->code,
		.offender = error->offender,
	};
	struct socket_parts parts = {
		.bytes = quoted->payload.at,
		.len = (uint32_t)quoted->payload.left,
	};

	counter_hit(&socket->room->engine->counters,
		    socket_queue_put(
			    &socket->datagrams->errors, socket->room->engine,
			    (uint32_t)socket->options->receive_buffer, &message,
			    &parts, COUNTER_ERROR_QUEUE_FULL));
}

/* The newest counts: one that waits is brought up to date. */
void socket_tell_path_mtu(struct socket *socket,
			  const struct pyt_sockaddr *peer, uint32_t mtu,
			  int64_t now_us)
{
	struct socket_queue *queue = &socket->datagrams->received;
	struct socket_datagram *last =
		TAILQ_LAST(&queue->list, socket_datagram_list);
	struct pyt_message message = {
		.peer = *peer,
		.ttl = -1,
		.tos = -1,
		.received_us = now_us,
		.path_mtu = mtu,
	};
	struct socket_parts nothing = { 0 };

	if (!socket->options->recv_path_mtu)
		return;
	message.peer.port = 0;
	if (last && last->message.path_mtu)
		last->message = message;
	else
		counter_hit(&socket->room->engine->counters,
			    socket_queue_put(
				    queue, socket->room->engine,
				    (uint32_t)socket->options->receive_buffer,
				    &message, &nothing,
				    COUNTER_ERROR_QUEUE_FULL));
	socket_update(socket);
}

/* Without IP_RECVERR only a connected socket hears, of hard errors. */
static void tell(struct socket *socket, const struct quoted *quoted,
		 const struct ip_error *error, int64_t now_us)
{
	const struct socket_options *o = socket->options;
	bool v4 = pyt_ip_is_v4(&error->src);
	int number = error->error;
	bool hard = error->hard;

	if (is_too_big(error)) {
		if (!v4)
			socket_tell_path_mtu(socket, &quoted->peer, error->info,
					     now_us);
		if ((v4 ? o->mtu_discover : o->mtu_discover6) ==
		    IP_PMTUDISC_DONT)
			return;
		number = EMSGSIZE;
		hard = true;
	}
	if (v4 ? o->recv_err : o->recv_err6)
		queue_error(socket, quoted, error, number, now_us);
	else if (!hard || !socket->connected)
		return;
	socket_set_error(socket, number);
}

/* Both ports, in the same place of UDP's and TCP's header. */
static bool parse_ports(const struct ip_error *error, struct quoted *quoted)
{
	struct reader r = error->payload;

	quoted->local.port = reader_u16(&r);
	quoted->peer.port = reader_u16(&r);
	reader_bytes(&r, 4);
	quoted->payload = r;
	return !r.failed;
}

static enum counter input_udp(struct sockets *room, struct quoted *quoted,
			      const struct ip_error *error, int64_t now_us)
{
	struct socket *socket;

	if (!parse_ports(error, quoted))
		return COUNTER_ICMP_ERROR_SHORT;
	socket = socket_demux(room, SOCKET_UDP, &quoted->local, &quoted->peer,
			      error->ifindex);
	if (!socket)
		return COUNTER_ICMP_ERROR_NO_SOCKET;
	if (is_too_big(error))
		ip_lower_mtu(room->ip, error, now_us);
	tell(socket, quoted, error, now_us);
	return COUNTER_NONE;
}

/* RFC 5927, 4.1: what is not of a segment in flight is TCP's to ignore. */
static enum counter input_tcp(struct sockets *room, struct quoted *quoted,
			      const struct ip_error *error, int64_t now_us)
{
	struct reader r = error->payload;
	struct tcp_header header;
	struct socket *socket;

	if (!tcp_header_parse_quoted(&r, &header))
		return COUNTER_ICMP_ERROR_SHORT;
	quoted->local.port = header.src_port;
	quoted->peer.port = header.dst_port;
	socket = socket_flow_find(room, &quoted->local, &quoted->peer);
	if (!socket)
		return COUNTER_ICMP_ERROR_NO_SOCKET;
	if (is_too_big(error)) {
		if (tcp_mtu_changed(socket->tcp, header.seq, error->info,
				    now_us))
			ip_lower_mtu(room->ip, error, now_us);
	} else {
		tcp_icmp_error(socket->tcp, header.seq, error->error);
	}
	socket_tcp_touch(socket, now_us);
	return COUNTER_NONE;
}

static enum counter input_icmp(struct sockets *room, struct quoted *quoted,
			       const struct ip_error *error, int64_t now_us)
{
	struct reader r = error->payload;
	struct socket *socket;

	reader_bytes(&r, 4); /* type, code, checksum */
	quoted->local.port = reader_u16(&r);
	reader_u16(&r);
	if (r.failed)
		return COUNTER_ICMP_ERROR_SHORT;
	quoted->payload = error->payload;
	socket = socket_demux(room, SOCKET_PING, &quoted->local, &quoted->peer,
			      error->ifindex);
	if (!socket)
		return COUNTER_ICMP_ERROR_NO_SOCKET;
	tell(socket, quoted, error, now_us);
	return COUNTER_NONE;
}

static bool tell_raw(struct sockets *room, struct quoted *quoted,
		     const struct ip_error *error, int64_t now_us)
{
	struct socket *s;
	bool found = false;

	quoted->payload = error->payload;
	LIST_FOREACH (s, &room->raw, raw_link) {
		if (s->protocol != error->protocol ||
		    !socket_accepts_address(s, &error->src) ||
		    (s->connected && !pyt_ip_equal(&s->peer.ip, &error->dst)))
			continue;
		tell(s, quoted, error, now_us);
		found = true;
	}
	return found;
}

enum counter socket_error_input(struct sockets *room,
				const struct ip_error *error, int64_t now_us)
{
	struct quoted quoted = {
		.local = { .ip = error->src },
		.peer = { .ip = error->dst },
	};
	bool raw = tell_raw(room, &quoted, error, now_us);
	enum counter reason = COUNTER_ICMP_ERROR_NO_SOCKET;

	if (error->protocol == IPPROTO_UDP)
		reason = input_udp(room, &quoted, error, now_us);
	else if (error->protocol == IPPROTO_TCP)
		reason = input_tcp(room, &quoted, error, now_us);
	else if (error->protocol == IPPROTO_ICMP ||
		 error->protocol == IPPROTO_ICMPV6)
		reason = input_icmp(room, &quoted, error, now_us);
	if (reason == COUNTER_NONE || raw)
		return COUNTER_NONE;
	return counter_hit(&room->engine->counters, reason);
}
