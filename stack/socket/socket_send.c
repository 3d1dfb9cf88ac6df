/*
 * Datagrams on their way down, from UDP, ping and raw sockets. RFC 768;
 * RFC 8085; udp(7).
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <linux/errqueue.h>

#include "base/checksum.h"
#include "socket/socket.h"
#include "socket/socket_cork.h"
#include "socket/socket_extension.h"
#include "udp/udp.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#define IP_PACKET_MAX 65535u
#define DONT_FRAGMENT 2 /* of struct pyt_message */

/* One datagram while it is being sent. */
struct sending {
	struct socket *socket;
	const struct pyt_message *message;
	const struct iovec *iov;
	int iov_count;
	uint32_t len;
	struct pyt_sockaddr peer;
	struct ip_path path;
	struct ip_fields fields;
	struct ip_extensions extensions;
};

static int find_peer(struct sending *s)
{
	const struct pyt_message *message = s->message;
	struct socket *socket = s->socket;
	int error;

	if (message->peer.port == 0 &&
	    pyt_ip_is_unspecified(&message->peer.ip)) {
		if (!socket->connected)
			return -EDESTADDRREQ;
		s->peer = socket->peer;
		return 0;
	}
	error = socket_check_family(socket, &message->peer.ip);
	if (error)
		return error;
	if (socket->kind == SOCKET_UDP && message->peer.port == 0)
		return -EINVAL;
	s->peer = message->peer;
	s->peer.ip = socket_destination(socket, &message->peer.ip);
	return 0;
}

static bool is_v4(const struct sending *s)
{
	return pyt_ip_is_v4(&s->path.dst);
}

static uint32_t ip_header_len(const struct sending *s)
{
	return (is_v4(s) ? IP4_HEADER_LEN : IP6_HEADER_LEN) +
	       ip_extensions_len(&s->extensions);
}

/* RFC 3542, 11.2: what the message says goes before the socket. */
static bool dont_fragment6(const struct sending *s)
{
	return s->message->dont_fragment
		       ? s->message->dont_fragment == DONT_FRAGMENT
		       : s->socket->options->dont_frag6;
}

/* The source alone fragments IPv6, so that WANT and DONT do the same. */
static bool must_not_fragment6(const struct sending *s)
{
	const struct socket_options *o = s->socket->options;

	return dont_fragment6(s) || o->mtu_discover6 == IPV6_PMTUDISC_DO ||
	       o->mtu_discover6 == IPV6_PMTUDISC_PROBE;
}

/* IP_MTU_DISCOVER, ip(7): WANT sets DF on what fits, fragments the rest. */
static bool must_not_fragment(const struct sending *s, uint32_t l4_len)
{
	uint8_t mode = s->socket->options->mtu_discover;

	if (!is_v4(s))
		return must_not_fragment6(s);

	if (mode == IP_PMTUDISC_DO || mode == IP_PMTUDISC_PROBE)
		return true;
	return mode == IP_PMTUDISC_WANT &&
	       ip_header_len(s) + l4_len <= s->path.mtu;
}

/* 0: of our own choice. The class in it says nothing, as in Linux. */
static uint32_t flow_label_of(const struct sending *s)
{
	const struct pyt_message *m = s->message;

	if (m->flow_info_from == PYT_FLOW_INFO_NONE ||
	    (m->flow_info_from == PYT_FLOW_INFO_NAME &&
	     !s->socket->options->flowinfo_send))
		return 0;
	return m->flow_info & IP6_FLOW_LABEL_MASK;
}

static void fill_fields6(struct sending *s)
{
	const struct socket_options *o = s->socket->options;
	int hops = s->message->ttl;
	uint32_t label = flow_label_of(s);

	if (hops < 0)
		hops = s->path.multicast ? o->multicast_hops : o->hoplimit;
	if (hops < 0)
		hops = 0; /* the link's */
	s->fields = (struct ip_fields){
		.protocol = s->socket->protocol,
		.ttl = (uint8_t)hops,
		.tos = s->message->tos >= 0 ? (uint8_t)s->message->tos
					    : o->tclass,
		.dont_fragment = must_not_fragment6(s),
		.multicast_loop = s->path.multicast && o->multicast_loop6,
		.own_flow_label = label || !o->auto_flowlabel,
		.flow_label = label,
		.extensions = &s->extensions,
	};
}

static void fill_fields(struct sending *s, uint32_t l4_len)
{
	const struct socket_options *o = s->socket->options;
	int ttl = s->message->ttl;

	if (!is_v4(s)) {
		fill_fields6(s);
		return;
	}
	if (ttl < 0)
		ttl = s->path.multicast ? o->multicast_ttl : o->ttl;
	if (ttl < 0)
		ttl = s->socket->room->limits.default_ttl;
	s->fields = (struct ip_fields){
		.protocol = s->socket->protocol,
		.ttl = (uint8_t)ttl,
		.tos = s->message->tos >= 0 ? (uint8_t)s->message->tos : o->tos,
		.dont_fragment = must_not_fragment(s, l4_len),
		.router_alert = o->router_alert,
		.multicast_loop = s->path.multicast && o->multicast_loop,
		.extensions = &s->extensions,
	};
}

static int send_udp(struct sending *s, uint32_t skip, uint32_t len,
		    uint16_t gso_size, int64_t now_us)
{
	struct sockets *room = s->socket->room;
	struct udp_output output = {
		.src = s->path.src,
		.dst = s->path.dst,
		.src_port = s->socket->local.port,
		.dst_port = s->peer.port,
		.iov = s->iov,
		.iov_count = s->iov_count,
		.skip = skip,
		.len = len,
		.gso_size = gso_size,
		.no_checksum = is_v4(s) ? s->socket->options->no_check
					: s->socket->options->udp_no_check6_tx,
	};
	struct packet_out *packet = udp_build(room->engine, &output);
	int error;

	if (!packet)
		return -ENOBUFS;
	fill_fields(s, UDP_HEADER_LEN + (gso_size ? gso_size : len));
	error = ip_send(room->ip, &s->path, &s->fields, packet, now_us);
	if (error) {
		if (error == -ENOBUFS)
			counter_hit(&room->engine->counters,
				    is_v4(s) ? COUNTER_UDP_SNDBUF_ERRORS
					     : COUNTER_UDP6_SNDBUF_ERRORS);
		return error;
	}
	counter_hit(&room->engine->counters,
		    is_v4(s) ? COUNTER_UDP_OUT_DATAGRAMS
			     : COUNTER_UDP6_OUT_DATAGRAMS);
	return 0;
}

/* UDP_SEGMENT, udp(7): by the link where it can, else one by one. */
static int send_segments(struct sending *s, uint16_t size, int64_t now_us)
{
	const struct iface *iface = s->path.iface;

	if (s->len > (uint32_t)size * UDP_SEGMENTS_MAX)
		return -EINVAL;
	if (ip_header_len(s) + UDP_HEADER_LEN + size > s->path.mtu)
		return -EMSGSIZE;
	/* a link cannot be told of what stands before the UDP header */
	if (iface->config.offloads & PYT_OFFLOAD_USO &&
	    ip_header_len(s) + UDP_HEADER_LEN + s->len <= IP_PACKET_MAX &&
	    ip_extensions_len(&s->extensions) == 0)
		return send_udp(s, 0, s->len, size, now_us);
	for (uint32_t at = 0; at < s->len; at += size) {
		uint32_t left = s->len - at;
		int error;

		error = send_udp(s, at, left < size ? left : size, 0, now_us);
		if (error)
			return error;
	}
	return 0;
}

/* 0: this is to be one datagram. */
static uint32_t segment_size(const struct sending *s)
{
	int size = s->message->gso_size ? s->message->gso_size
					: s->socket->options->udp_segment;

	return size > 0 && size <= UINT16_MAX ? (uint32_t)size : 0;
}

static int send_any_udp(struct sending *s, int64_t now_us)
{
	uint32_t size = segment_size(s);

	if (size && s->len > size)
		return send_segments(s, (uint16_t)size, now_us);
	return send_udp(s, 0, s->len, 0, now_us);
}

static void put_ping_checksum(const struct sending *s, uint8_t *b)
{
	if (is_v4(s))
		icmp4_set_checksum(b, s->len);
	else
		icmp6_set_checksum(b, s->len, &s->path.src, &s->path.dst);
}

/* Echo requests alone; identifier and checksum are the stack's: icmp(7). */
static int send_ping(struct sending *s, int64_t now_us)
{
	struct sockets *room = s->socket->room;
	struct packet_out *packet;
	uint16_t id = s->socket->local.port;
	uint8_t echo = is_v4(s) ? ICMP4_ECHO : ICMP6_ECHO;
	uint8_t *b;

	if (s->len < ICMP4_HEADER_LEN)
		return -EINVAL;
	packet = packet_create(room->engine, s->len);
	if (!packet)
		return -ENOBUFS;
	b = packet->data;
	udp_gather(b, s->iov, s->iov_count, 0, s->len);
	if (b[0] != echo || b[1] != 0) {
		packet_destroy(room->engine, packet);
		return -EINVAL;
	}
	b[4] = (uint8_t)(id >> 8);
	b[5] = (uint8_t)id;
	put_ping_checksum(s, b);
	fill_fields(s, s->len);
	return ip_send(room->ip, &s->path, &s->fields, packet, now_us);
}

/* RFC 3542, 3.1: of ICMPv6 always, of others where IPV6_CHECKSUM says. */
static int put_raw_checksum(const struct sending *s, uint8_t *bytes)
{
	int at = s->socket->datagrams->checksum_at;
	uint64_t sum;
	uint16_t field;

	if (s->socket->protocol == IPPROTO_ICMPV6)
		at = ICMP6_CHECKSUM_OFFSET;
	if (at < 0 || is_v4(s))
		return 0;
	if ((uint32_t)at + 2 > s->len)
		return -EINVAL;
	bytes[at] = bytes[at + 1] = 0;
	sum = checksum_pseudo_header(&s->path.src, &s->path.dst,
				     s->socket->protocol, s->len);
	field = checksum_finish(checksum_add(sum, bytes, s->len));
	bytes[at] = (uint8_t)(field >> 8);
	bytes[at + 1] = (uint8_t)field;
	return 0;
}

/* No addresses: the header may hold the destination, IP_HDRINCL wants it. */
static int send_raw(struct sending *s, int64_t now_us)
{
	struct sockets *room = s->socket->room;
	struct packet_out *packet = packet_create(room->engine, s->len);

	if (!packet)
		return -ENOBUFS;
	udp_gather(packet->data, s->iov, s->iov_count, 0, s->len);
	if (s->socket->options->header_included)
		return is_v4(s) ? ip_send_with_header(room->ip, &s->path,
						      packet, now_us)
				: ip6_send_with_header(room->ip, &s->path,
						       packet, now_us);
	if (put_raw_checksum(s, packet->data) < 0) {
		packet_destroy(room->engine, packet);
		return -EINVAL;
	}
	fill_fields(s, s->len);
	return ip_send(room->ip, &s->path, &s->fields, packet, now_us);
}

static int dispatch(struct sending *s, int64_t now_us)
{
	switch (s->socket->kind) {
	case SOCKET_UDP:
		return send_any_udp(s, now_us);
	case SOCKET_PING:
		return send_ping(s, now_us);
	case SOCKET_RAW:
		return send_raw(s, now_us);
	case SOCKET_TCP:
		break;
	}
	return -EOPNOTSUPP;
}

static uint32_t len_of(const struct iovec *iov, int iov_count)
{
	uint64_t len = 0;

	for (int i = 0; i < iov_count; i++)
		len += iov[i].iov_len;
	return len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
}

/* As Linux: of IPv4 the connected one's, of IPv6 that of the message. */
static uint16_t local_error_port(const struct sending *s)
{
	if (!is_v4(s))
		return s->peer.port;
	return s->socket->connected ? s->socket->peer.port : 0;
}

/* IP_RECVERR tells of what could not even leave, too: tracepath(8). */
static void queue_too_long(const struct sending *s, int64_t now_us)
{
	struct socket *socket = s->socket;
	struct pyt_message message = {
		.peer.ip = s->peer.ip,
		.peer.port = local_error_port(s),
		.local = s->path.src,
		.received_us = now_us,
		.ee_errno = EMSGSIZE,
		.ee_info = s->path.mtu,
		.ee_origin = SO_EE_ORIGIN_LOCAL,
	};
	struct socket_parts nothing = { 0 };

	if (is_v4(s) ? !socket->options->recv_err : !socket->options->recv_err6)
		return;
	counter_hit(&socket->room->engine->counters,
		    socket_queue_put(
			    &socket->datagrams->errors, socket->room->engine,
			    (uint32_t)socket->options->receive_buffer, &message,
			    &nothing, COUNTER_ERROR_QUEUE_FULL));
	socket_update(socket);
}

/* As much as IP's length field tells of; IPv6's does without the header. */
static uint32_t len_sendable(const struct sending *s)
{
	return IP_PACKET_MAX - (is_v4(s) ? IP4_HEADER_LEN : 0) -
	       ip_extensions_len(&s->extensions) -
	       (s->socket->kind == SOCKET_UDP ? UDP_HEADER_LEN : 0);
}

/* A routing header leads elsewhere first; sums are of where it ends. */
static int find_path(struct sending *s, int64_t now_us)
{
	struct pyt_sockaddr first = s->peer;
	int error = 0;

	if (!s->socket->options->header_included)
		error = socket_extension_find(s->socket, s->message,
					      &s->peer.ip, &s->extensions);
	if (error)
		return error;
	if (s->extensions.detours)
		first.ip = s->extensions.first_hop;
	error = socket_message_route(s->socket, s->message, &first, now_us,
				     &s->path);
	if (error)
		return error;
	s->path.dst = s->extensions.detours ? s->peer.ip : s->path.dst;
	return socket_extension_check_way(&s->extensions, &s->path);
}

/* RFC 3542, 11.3: a program that cuts its data itself is told how long. */
static void tell_path_mtu(struct sending *s, int64_t now_us)
{
	uint32_t mtu = s->path.mtu;

	if (!is_v4(s) && mtu && dont_fragment6(s))
		socket_tell_path_mtu(s->socket, &s->peer, mtu, now_us);
}

static void tell_too_long(struct sending *s, int64_t now_us)
{
	queue_too_long(s, now_us);
	tell_path_mtu(s, now_us);
}

/* Linux does not look at it where it adds the header of a raw packet. */
static bool heeds_error(const struct socket *socket)
{
	return socket->kind != SOCKET_RAW || socket->options->header_included;
}

/* What the socket's state says against it. */
static int check_state(const struct sending *s)
{
	struct socket *socket = s->socket;

	if (socket->shut_write && socket->kind != SOCKET_RAW)
		return -EPIPE;
	if (s->len > IP_PACKET_MAX)
		return -EMSGSIZE;
	if (socket->error && heeds_error(socket))
		return -socket_take_error(socket);
	return 0;
}

/* Everything that can be said without the bytes: path and source port. */
static int find_way(struct sending *s, int64_t now_us)
{
	struct socket *socket = s->socket;
	int error = find_peer(s);

	if (!error)
		error = find_path(s, now_us);
	if (!error && !is_v4(s) && socket->options->mtu6 &&
	    socket->options->mtu6 < s->path.mtu)
		s->path.mtu = socket->options->mtu6;
	if (!error && s->len > len_sendable(s))
		error = -EMSGSIZE;
	if (!error)
		error = socket_port_autobind(socket);
	return error;
}

static int prepare(struct sending *s, int64_t now_us)
{
	int error = check_state(s);

	return error ? error : find_way(s, now_us);
}

/* Where the first of the corked bytes go the others go, too. */
static bool goes_along(const struct socket *socket)
{
	return socket->kind == SOCKET_UDP && socket->datagrams->cork;
}

ssize_t socket_message_send(struct socket *socket,
			    const struct pyt_message *message,
			    const struct iovec *iov, int iov_count,
			    int64_t now_us)
{
	struct sending s = {
		.socket = socket,
		.message = message,
		.iov = iov,
		.iov_count = iov_count,
		.len = len_of(iov, iov_count),
	};
	int error = 0;

	if (!goes_along(socket))
		error = prepare(&s, now_us);
	if (!error && socket_cork_wants(socket, message))
		error = socket_cork_add(socket, message, &s.peer, iov,
					iov_count, now_us);
	else if (!error)
		error = dispatch(&s, now_us);
	if (error == -EMSGSIZE)
		tell_too_long(&s, now_us);
	return error ? error : (ssize_t)s.len;
}

int socket_message_send_corked(struct socket *socket,
			       const struct pyt_message *message,
			       const struct iovec *bytes, int64_t now_us)
{
	struct sending s = {
		.socket = socket,
		.message = message,
		.iov = bytes,
		.iov_count = 1,
		.len = (uint32_t)bytes->iov_len,
	};
	int error = find_way(&s, now_us);

	return error ? error : dispatch(&s, now_us);
}

/* ------------------------------------------------------- asking beforehand */

/* What len_sendable() has counted. */
static uint32_t min_headers(const struct sending *s)
{
	return ip_header_len(s) +
	       (s->socket->kind == SOCKET_UDP ? UDP_HEADER_LEN : 0);
}

static uint32_t len_without_fragments(const struct sending *s, uint32_t headers)
{
	return must_not_fragment(s, IP_PACKET_MAX) && !s->path.mtu_locked
		       ? s->path.mtu - headers
		       : len_sendable(s) - (headers - min_headers(s));
}

/* The longest payload that dispatch() takes on this path. */
static uint32_t len_max(const struct sending *s)
{
	uint32_t headers =
		ip_header_len(s) +
		(is_v4(s) && s->socket->options->router_alert ? 4 : 0);
	uint32_t size;

	if (s->socket->options->header_included)
		return s->path.mtu;
	if (s->socket->kind != SOCKET_UDP)
		return len_without_fragments(s, headers);
	headers += UDP_HEADER_LEN;
	size = segment_size(s);
	if (!size)
		return len_without_fragments(s, headers);
	return headers + size <= s->path.mtu ? size * UDP_SEGMENTS_MAX : size;
}

/* Headers within the bytes are looked at when they are sent. */
static bool depends_on_bytes(const struct socket *socket)
{
	return socket->kind == SOCKET_PING || socket->options->header_included;
}

int socket_message_check(struct socket *socket,
			 const struct pyt_message *message, uint32_t len,
			 int64_t *max_len, int64_t now_us)
{
	struct sending s = { .socket = socket, .message = message, .len = len };
	int error;

	*max_len = -1;
	if (goes_along(socket))
		return socket_cork_check(socket, len);
	error = prepare(&s, now_us);
	if (!error && !depends_on_bytes(socket))
		*max_len = len_max(&s);
	if (!error && len > len_max(&s))
		error = segment_size(&s) && len_max(&s) > segment_size(&s)
				? -EINVAL /* too many segments */
				: -EMSGSIZE;
	if (error == -EMSGSIZE)
		tell_too_long(&s, now_us);
	return error;
}
