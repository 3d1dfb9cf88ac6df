/* UDP datagrams on their way up: to one socket, or to a group's. RFC 1122,
 * 4.1; multicast and broadcast as ip(7) has it. */
#include <netinet/in.h>

#include "socket/socket.h"
#include "socket/socket_extension.h"
#include "udp/udp.h"
#include "wire/ip6.h"

#define PAGE_LEN 4096

/* As Linux: of what came by lo to a link's address, that link. */
static int link_of(const struct sockets *room, const struct packet_in *packet)
{
	const struct iface *owner = NULL;

	if (packet->iface->config.medium == PYT_MEDIUM_LOOPBACK)
		owner = packet->dst_anycast
				? ip_anycast_iface(room->ip, &packet->dst)
				: ip_owner(room->ip, &packet->dst);
	return owner ? owner->ifindex : packet->iface->ifindex;
}

struct pyt_message socket_message_of(const struct sockets *room,
				     const struct packet_in *packet)
{
	uint32_t zone = ip6_needs_zone(&packet->src)
				? (uint32_t)packet->iface->ifindex
				: 0;

	return (struct pyt_message){
		.peer = { .ip = packet->src, .scope_id = zone },
		.local = packet->dst,
		.ifindex = link_of(room, packet),
		.ttl = packet->ttl,
		.tos = packet->tos,
		.received_us = packet->now_us,
		.flow_info = (uint32_t)packet->tos << 20 | packet->flow_label,
		.fragment_size = packet->fragment_size,
	};
}

/* /proc/net/snmp's, and snmp6's. */
static void count(struct sockets *room, const struct pyt_ip *ip,
		  enum counter v4, enum counter v6)
{
	counter_hit(&room->engine->counters, pyt_ip_is_v4(ip) ? v4 : v6);
}

static void count_error(struct sockets *room, const struct pyt_ip *ip)
{
	count(room, ip, COUNTER_UDP_IN_ERRORS, COUNTER_UDP6_IN_ERRORS);
}

static enum counter count_checksum(struct sockets *room,
				   const struct pyt_ip *ip)
{
	count_error(room, ip);
	count(room, ip, COUNTER_UDP_IN_CSUM_ERRORS,
	      COUNTER_UDP6_IN_CSUM_ERRORS);
	return counter_hit(&room->engine->counters, COUNTER_UDP_CHECKSUM);
}

/* udp_mem: what all sockets of UDP together may hold. */
static bool is_over_memory(const struct sockets *room)
{
	uint64_t most = (uint64_t)room->limits.udp_mem[2] * PAGE_LEN;

	return room->udp_bytes >= most;
}

static enum counter put(struct socket *socket,
			const struct pyt_message *message,
			const struct socket_parts *parts)
{
	struct sockets *room = socket->room;
	const struct pyt_ip *ip = &message->peer.ip;
	enum counter why = COUNTER_UDP_MEMORY;

	if (is_over_memory(room))
		socket->datagrams->received.dropped++;
	else
		why = socket_queue_put(
			&socket->datagrams->received, room->engine,
			(uint32_t)socket->options->receive_buffer, message,
			parts, COUNTER_UDP_QUEUE_FULL);
	if (why == COUNTER_NONE) {
		count(room, ip, COUNTER_UDP_IN_DATAGRAMS,
		      COUNTER_UDP6_IN_DATAGRAMS);
		return COUNTER_NONE;
	}
	if (why == COUNTER_UDP_QUEUE_FULL)
		count(room, ip, COUNTER_UDP_RCVBUF_ERRORS,
		      COUNTER_UDP6_RCVBUF_ERRORS);
	else
		count(room, ip, COUNTER_UDP_MEM_ERRORS,
		      COUNTER_UDP6_MEM_ERRORS);
	count_error(room, ip);
	return why;
}

/* A super-datagram goes whole to a socket with UDP_GRO, else in pieces. */
static enum counter deliver(struct socket *socket,
			    const struct packet_in *packet,
			    const struct udp_datagram *datagram)
{
	struct pyt_message message = socket_message_of(socket->room, packet);
	uint8_t room[SOCKET_IP4_OPTIONS_ROOM];
	struct ip_extensions extensions;
	struct socket_parts parts = { &extensions, datagram->payload.at, 0 };
	uint32_t left = (uint32_t)datagram->payload.left;
	uint32_t size = datagram->gso_size;
	enum counter reason = COUNTER_NONE, why;

	socket_extension_of_packet(packet, room, &extensions);
	message.peer.port = datagram->header.src_port;
	if (size > 0 && socket->options->udp_gro)
		message.gso_size = (int)size;
	if (size == 0 || socket->options->udp_gro)
		size = left;
	do {
		parts.len = left < size ? left : size;
		why = put(socket, &message, &parts);
		reason = why ? why : reason;
		parts.bytes = (const uint8_t *)parts.bytes + parts.len;
		left -= parts.len;
	} while (left > 0);
	socket_update(socket);
	return reason;
}

/* RFC 6935, 5; RFC 6936, 4: only who asked for such gets one over IPv6. */
static bool lacks_checksum(const struct socket *socket,
			   const struct packet_in *packet,
			   const struct udp_datagram *datagram)
{
	return datagram->unchecked && !pyt_ip_is_v4(&packet->src) &&
	       !socket->options->udp_no_check6_rx;
}

/* Each socket on the port gets its own copy. */
static enum counter deliver_to_all(struct sockets *room,
				   const struct packet_in *packet,
				   const struct udp_datagram *datagram)
{
	uint16_t port = datagram->header.dst_port;
	struct pyt_sockaddr local = { .ip = packet->dst, .port = port };
	struct pyt_sockaddr peer = { .ip = packet->src,
				     .port = datagram->header.src_port };
	enum counter reason = pyt_ip_is_v4(&packet->src)
				      ? COUNTER_UDP_IGNORED_MULTI
				      : COUNTER_UDP6_IGNORED_MULTI;
	struct socket_walk walk;
	struct socket *s;

	socket_demux_all(room, SOCKET_UDP, &local, &peer,
			 packet->iface->ifindex, &walk);
	while ((s = socket_demux_next(&walk)) != NULL)
		if (!lacks_checksum(s, packet, datagram) &&
		    socket_membership_wants(s, packet))
			reason = deliver(s, packet, datagram);
	return reason;
}

static struct socket *receiver(struct sockets *room,
			       const struct packet_in *packet,
			       const struct udp_datagram *datagram)
{
	struct pyt_sockaddr local = { .ip = packet->dst,
				      .port = datagram->header.dst_port };
	struct pyt_sockaddr peer = { .ip = packet->src,
				     .port = datagram->header.src_port };

	return socket_demux(room, SOCKET_UDP, &local, &peer,
			    packet->iface->ifindex);
}

enum counter socket_udp_input(struct sockets *room,
			      const struct packet_in *packet)
{
	struct counters *counters = &room->engine->counters;
	struct udp_datagram datagram;
	struct socket *socket;
	enum counter reason;

	reason = udp_input(packet, &datagram);
	if (reason == COUNTER_UDP_CHECKSUM)
		return count_checksum(room, &packet->src);
	if (reason != COUNTER_NONE) {
		count_error(room, &packet->src);
		return counter_hit(counters, reason);
	}
	if (packet->dst_multicast || packet->dst_broadcast) {
		reason = deliver_to_all(room, packet, &datagram);
		return reason ? counter_hit(counters, reason) : reason;
	}
	socket = receiver(room, packet, &datagram);
	if (!socket && !(datagram.unchecked && !pyt_ip_is_v4(&packet->src))) {
		count(room, &packet->src, COUNTER_UDP_NO_PORTS,
		      COUNTER_UDP6_NO_PORTS);
		return counter_hit(counters, COUNTER_UDP_NO_SOCKET);
	}
	if (!socket || lacks_checksum(socket, packet, &datagram))
		return count_checksum(room, &packet->src);
	reason = deliver(socket, packet, &datagram);
	return reason ? counter_hit(counters, reason) : reason;
}
