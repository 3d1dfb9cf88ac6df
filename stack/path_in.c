/*
 * How a received frame travels up.
 *
 * pyt_input() gives it to path_in(). IP looks first (ip_input): it takes off
 * the link's header, answers ARP and pings, joins fragments, and says what
 * is left to do. A datagram goes to the sockets of its protocol, an ICMP
 * error to the socket whose packet it quotes. What nobody wants is answered
 * with an ICMP error (UDP, unknown protocols) or a reset (TCP).
 *
 * Nothing is sent here: answers wait in an interface's queue, connections in
 * a ready list, until the caller asks for frames. See path_out.c.
 */
#include <netinet/in.h>

#include "stack.h"

/* Nobody speaks to groups about what they do not listen to: RFC 1122,
 * 3.2.2; ip_unreachable() sees to that. */
static enum counter deliver_udp(struct pyt_stack *stack,
				const struct packet_in *packet)
{
	enum counter reason = socket_udp_input(&stack->sockets, packet);

	if (reason == COUNTER_UDP_NO_SOCKET)
		ip_unreachable(stack->ip, packet, IP_NO_PORT, packet->now_us);
	return reason;
}

/* RFC 1122, 3.2.2.1: protocol unreachable; RFC 8200, 4: next header. */
static enum counter refuse_protocol(struct pyt_stack *stack,
				    const struct packet_in *packet)
{
	counter_hit(&stack->engine.counters,
		    pyt_ip_is_v4(&packet->src) ? COUNTER_IP_IN_UNKNOWN_PROTOS
					       : COUNTER_IP6_IN_UNKNOWN_PROTOS);
	ip_unreachable(stack->ip, packet, IP_NO_PROTOCOL, packet->now_us);
	return counter_hit(&stack->engine.counters, COUNTER_PROTOCOL_UNKNOWN);
}

static enum counter deliver(struct pyt_stack *stack,
			    const struct packet_in *packet)
{
	bool raw;

	if (packet->dst_foreign)
		return counter_hit(&stack->engine.counters,
				   COUNTER_IP4_NOT_OURS);
	raw = socket_raw_input(&stack->sockets, packet);
	switch (packet->protocol) {
	case IPPROTO_TCP:
		return socket_tcp_input(&stack->sockets, packet);
	case IPPROTO_UDP:
		return deliver_udp(stack, packet);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return socket_ping_input(&stack->sockets, packet);
	case IPPROTO_IGMP:
		return COUNTER_NONE; /* IP has taken what is for it */
	default:
		return raw ? COUNTER_NONE : refuse_protocol(stack, packet);
	}
}

void path_in_errors(struct pyt_stack *stack, int64_t now_us)
{
	struct ip_error error;

	while (ip_next_error(stack->ip, &error, now_us))
		socket_error_input(&stack->sockets, &error, now_us);
}

/* Whoever waits for a neighbour looks again when one was heard of. */
static void tell_neighbours(struct pyt_stack *stack, int64_t now_us)
{
	uint32_t changes = ip_neighbour_changes(stack->ip);

	if (changes == stack->neighbour_changes)
		return;
	stack->neighbour_changes = changes;
	autoconf_on_neighbour(stack->autoconf, now_us);
	sockets_unpark(&stack->sockets);
}

enum counter path_in(struct pyt_stack *stack, struct iface *iface,
		     const struct pyt_frame *frame, int64_t now_us)
{
	struct packet_in packet = {
		.iface = iface,
		.now_us = now_us,
		.frame = frame,
		.csum_trusted = frame->csum != PYT_CSUM_NONE,
	};
	enum counter reason = COUNTER_NONE;
	struct ip_error error;

	if (iface->is_down) {
		iface->rx_dropped++;
		return counter_hit(&stack->engine.counters, COUNTER_IFACE_DOWN);
	}
	switch (ip_input(stack->ip, &packet, &error, &reason)) {
	case IP_DELIVER:
		if (!autoconf_input(stack->autoconf, &packet, &reason))
			reason = deliver(stack, &packet);
		else if (!packet.dst_foreign)
			socket_raw_input(&stack->sockets, &packet);
		break;
	case IP_ICMP_ERROR:
		socket_raw_input(&stack->sockets, &packet);
		reason = socket_error_input(&stack->sockets, &error, now_us);
		break;
	case IP_DONE:
		break;
	case IP_DROP:
		if (packet.for_raw && !packet.dst_foreign)
			socket_raw_input(&stack->sockets, &packet);
		break;
	}
	tell_neighbours(stack, now_us);
	path_in_errors(stack, now_us);
	if (reason != COUNTER_NONE)
		engine_log(&stack->engine, PYT_LOG_DEBUG, "in", "dropped: %s",
			   counter_name(reason));
	return reason;
}
