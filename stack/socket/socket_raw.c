/* Raw and ping sockets on the way up. raw(7), icmp(7). */
#include <netinet/in.h>

#include "base/checksum.h"
#include "socket/socket.h"
#include "socket/socket_extension.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"

static void deliver(struct socket *socket, const struct packet_in *packet,
		    const uint8_t *bytes, uint32_t len, uint16_t peer_port,
		    enum counter full)
{
	struct pyt_message message = socket_message_of(socket->room, packet);
	struct engine *engine = socket->room->engine;
	uint8_t room[SOCKET_IP4_OPTIONS_ROOM];
	struct ip_extensions extensions;
	struct socket_parts parts = { &extensions, bytes, len };

	socket_extension_of_packet(packet, room, &extensions);
	message.peer.port = peer_port;
	counter_hit(&engine->counters,
		    socket_queue_put(&socket->datagrams->received, engine,
				     (uint32_t)socket->options->receive_buffer,
				     &message, &parts, full));
	socket_update(socket);
}

/* ICMP_FILTER, ICMP6_FILTER: a set bit keeps that type away. */
static bool is_filtered(const struct socket *socket,
			const struct packet_in *packet)
{
	uint8_t type;

	if (packet->payload.left == 0)
		return false;
	type = packet->payload.at[0];
	if (socket->protocol == IPPROTO_ICMPV6)
		return socket->datagrams->icmp6_filter[type >> 5] >>
			       (type & 31) &
		       1;
	if (socket->protocol != IPPROTO_ICMP)
		return false;
	return type < 32 && (socket->datagrams->icmp_filter >> type & 1);
}

/* IPV6_CHECKSUM: what comes with a wrong one is not for it. */
static bool checksum_is_right(const struct socket *socket,
			      const struct packet_in *packet)
{
	uint32_t len = (uint32_t)packet->payload.left;
	uint64_t sum;

	if (socket->datagrams->checksum_at < 0 || packet->csum_trusted)
		return true;
	sum = checksum_pseudo_header(&packet->src, &packet->dst,
				     packet->protocol, len);
	return checksum_finish(checksum_add(sum, packet->payload.at, len)) == 0;
}

static bool wants(const struct socket *socket, const struct packet_in *packet)
{
	return socket->protocol == packet->protocol &&
	       (socket->family == AF_INET) == pyt_ip_is_v4(&packet->src) &&
	       socket_accepts_packet(socket, packet) &&
	       socket_membership_wants(socket, packet) &&
	       !is_filtered(socket, packet) &&
	       checksum_is_right(socket, packet);
}

/* IPv4 with its header, IPv6 without: RFC 3542, 3. */
bool socket_raw_input(struct sockets *room, const struct packet_in *packet)
{
	bool v4 = pyt_ip_is_v4(&packet->src);
	const uint8_t *bytes = v4 ? packet->ip_header : packet->payload.at;
	uint32_t len = v4 ? packet->ip_len : (uint32_t)packet->payload.left;
	struct socket *s;
	bool found = false;

	LIST_FOREACH (s, &room->raw, raw_link) {
		if (!wants(s, packet))
			continue;
		deliver(s, packet, bytes, len, 0, COUNTER_RAW_QUEUE_FULL);
		found = true;
	}
	return found;
}

/* Echo replies alone come to ping sockets; the identifier is the port. */
enum counter socket_ping_input(struct sockets *room,
			       const struct packet_in *packet)
{
	struct counters *counters = &room->engine->counters;
	struct reader r = packet->payload;
	struct pyt_sockaddr local = { .ip = packet->dst };
	struct pyt_sockaddr peer = { .ip = packet->src };
	struct socket *socket;
	uint8_t type = reader_u8(&r);

	reader_bytes(&r, 3); /* code and checksum */
	local.port = reader_u16(&r);
	reader_u16(&r);
	if (r.failed)
		return counter_hit(counters, COUNTER_PING_SHORT);
	if (type !=
	    (pyt_ip_is_v4(&packet->src) ? ICMP4_ECHO_REPLY : ICMP6_ECHO_REPLY))
		return COUNTER_NONE;
	socket = socket_demux(room, SOCKET_PING, &local, &peer,
			      packet->iface->ifindex);
	if (!socket)
		return counter_hit(counters, COUNTER_PING_NO_SOCKET);
	deliver(socket, packet, packet->payload.at,
		(uint32_t)packet->payload.left, 0, COUNTER_PING_QUEUE_FULL);
	return COUNTER_NONE;
}
