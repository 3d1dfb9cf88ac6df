/* IPv6 on the way in. RFC 8200; RFC 4291, 2.7; RFC 8504, 5. */
#include <netinet/in.h>

#include "ip/ip_internal.h"

#define PAYLOAD_LEN_AT 4u

static enum ip_verdict drop(struct ip *ip, enum counter why,
			    enum counter *reason)
{
	*reason = counter_hit(&ip->engine->counters, why);
	return IP_DROP;
}

static void complain(struct ip *ip, const struct packet_in *packet,
		     enum icmp6_parameter_code code, uint32_t at)
{
	icmp6_send_error(ip, packet, ICMP6_PARAMETER_PROBLEM, (uint8_t)code, at,
			 packet->now_us);
}

static enum counter fault_counter(enum ip6_fault fault)
{
	switch (fault) {
	case IP6_FAULT_SHORT:
		return COUNTER_IP6_SHORT;
	case IP6_FAULT_VERSION:
		return COUNTER_IP6_VERSION;
	case IP6_FAULT_JUMBO:
		return COUNTER_IP6_JUMBO;
	case IP6_FAULT_NONE:
		break;
	}
	return COUNTER_NONE;
}

/*
 * RFC 4291, 2.5.3, 2.7: never a group, nor the loopback address from outside.
 * One of IPv4 in IPv6's form is not to be seen on a link (RFC 4942, 2.2).
 */
static enum counter check_source(const struct ip *ip,
				 const struct packet_in *packet)
{
	if (pyt_ip_is_multicast(&packet->src) || pyt_ip_is_v4(&packet->src))
		return COUNTER_IP6_BAD_SOURCE;
	if (packet->iface->ifindex == IP_LO_INDEX)
		return COUNTER_NONE;
	if (pyt_ip_is_loopback(&packet->src))
		return COUNTER_IP6_LOOPBACK_ON_LINK;
	/* the owner of an address that we have just taken says so from there */
	return packet->protocol != IP6_ICMP && ip_owner(ip, &packet->src)
		       ? COUNTER_IP6_SOURCE_OURS
		       : COUNTER_NONE;
}

/* Scopes 0 and, from outside, 1 never leave a host: RFC 4291, 2.7. */
static enum counter check_group(const struct ip *ip, struct packet_in *packet)
{
	bool is_lo = packet->iface->ifindex == IP_LO_INDEX;

	packet->dst_multicast = true;
	if (ip6_scope(&packet->dst) == 0 ||
	    (!is_lo && ip6_scope(&packet->dst) == IP6_SCOPE_INTERFACE))
		return COUNTER_IP6_BAD_DESTINATION;
	for (int i = 0; i < ip->iface_count; i++) {
		const struct iface *iface = ip->iface[i];

		if ((is_lo || iface == packet->iface) &&
		    iface_is_own_group6(iface, &packet->dst))
			return COUNTER_NONE;
	}
	/* MLD itself comes to groups that nobody need be in */
	return group_accepts(ip, is_lo ? NULL : packet->iface, &packet->dst,
			     &packet->src)
		       ? COUNTER_NONE
		       : COUNTER_IP6_NO_MEMBER;
}

/* Of all interfaces, but what belongs to one link is not on another. */
static bool is_ours(const struct ip *ip, const struct packet_in *packet)
{
	const struct iface_address *own;

	if (!ip6_is_link_local(&packet->dst) ||
	    packet->iface->ifindex == IP_LO_INDEX)
		return ip_is_local(ip, &packet->dst);
	own = iface_address_find(packet->iface, &packet->dst);
	return own && iface_address_is_usable(own);
}

/* A tentative address takes what concerns its detection alone, which comes to
 * groups (RFC 4862, 5.4). */
static enum counter check_destination(const struct ip *ip,
				      struct packet_in *packet)
{
	if (pyt_ip_is_multicast(&packet->dst))
		return check_group(ip, packet);
	if (pyt_ip_is_v4(&packet->dst) || pyt_ip_is_unspecified(&packet->dst))
		return COUNTER_IP6_BAD_DESTINATION;
	if (pyt_ip_is_loopback(&packet->dst) &&
	    packet->iface->ifindex != IP_LO_INDEX)
		return COUNTER_IP6_LOOPBACK_ON_LINK;
	packet->dst_anycast =
		packet->iface->ifindex == IP_LO_INDEX
			? ip_anycast_iface(ip, &packet->dst) != NULL
			: ip_anycast_is_on(packet->iface, &packet->dst);
	return packet->dst_anycast || is_ours(ip, packet)
		       ? COUNTER_NONE
		       : COUNTER_IP6_NOT_OURS;
}

static enum ip_verdict deliver(struct ip *ip, struct packet_in *packet,
			       struct ip_error *error, enum counter *reason)
{
	if (packet->protocol == IP6_ICMP)
		return icmp6_input(ip, packet, error, reason);
	counter_hit(&ip->engine->counters, COUNTER_IP6_IN_DELIVERS);
	return IP_DELIVER;
}

static void fill_packet(struct packet_in *packet, const uint8_t *start,
			const struct ip6_header *header)
{
	packet->ip_header = start;
	packet->ip_header_len = IP6_HEADER_LEN;
	packet->ip_len = IP6_HEADER_LEN + header->payload_len;
	packet->src = header->src;
	packet->dst = header->dst;
	packet->protocol = header->next_header;
	packet->ttl = header->hop_limit;
	packet->tos = header->tclass;
	packet->flow_label = header->flow_label;
}

static void take_chain(struct packet_in *packet, const struct ip6_chain *chain)
{
	packet->protocol = chain->protocol;
	packet->payload = chain->payload;
	packet->ip_header_len =
		(uint32_t)(chain->payload.at - packet->ip_header);
	packet->next_header_at = chain->next_header_at;
	packet->hop_by_hop_at = chain->hop_by_hop_at;
	packet->routing_at = chain->routing_at;
	packet->destination_at[0] = chain->destination_at[0];
	packet->destination_at[1] = chain->destination_at[1];
	packet->router_alert = chain->router_alert;
	packet->router_alert_value = chain->router_alert_value;
}

static void tell_option(struct ip *ip, const struct packet_in *packet,
			const struct ip6_chain *chain)
{
	enum ip6_option_action action = ip6_option_action(chain->fault_type);

	if (action == IP6_OPTION_SKIP) /* a known one, malformed */
		complain(ip, packet, ICMP6_BAD_FIELD, chain->fault_at);
	else if (action == IP6_OPTION_TELL ||
		 (action == IP6_OPTION_TELL_UNICAST && !packet->dst_multicast))
		complain(ip, packet, ICMP6_UNKNOWN_OPTION, chain->fault_at);
}

/* What is wrong with it, its sender told where he is to be. */
static enum counter judge(struct ip *ip, const struct packet_in *packet,
			  const struct ip6_chain *chain, enum ip6_chain_end end)
{
	switch (end) {
	case IP6_CHAIN_TRANSPORT:
	case IP6_CHAIN_FRAGMENT:
		return COUNTER_NONE;
	case IP6_CHAIN_NOTHING:
		return COUNTER_IP6_NO_NEXT_HEADER;
	case IP6_CHAIN_SHORT:
		return COUNTER_IP6_CHAIN_SHORT;
	case IP6_CHAIN_TOO_LONG:
		return COUNTER_IP6_CHAIN_TOO_LONG;
	case IP6_CHAIN_BAD_ORDER:
		complain(ip, packet, ICMP6_UNKNOWN_NEXT_HEADER,
			 chain->fault_at);
		return COUNTER_IP6_CHAIN_ORDER;
	case IP6_CHAIN_BAD_ROUTING:
		complain(ip, packet, ICMP6_BAD_FIELD, chain->fault_at);
		return COUNTER_IP6_ROUTING_HEADER;
	case IP6_CHAIN_BAD_OPTION:
		tell_option(ip, packet, chain);
		return COUNTER_IP6_BAD_OPTION;
	}
	return COUNTER_IP6_CHAIN_SHORT;
}

/* ------------------------------------------------------------- fragments */

static uint32_t transport_len_min(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return 20;
	case IPPROTO_UDP:
	case IPPROTO_ICMPV6:
		return 8;
	default:
		return 0;
	}
}

/* RFC 7112, 5: all headers, the transport's included, are in the first. */
static bool holds_all_headers(const struct ip6_chain *chain)
{
	struct ip6_chain rest = *chain;
	enum ip6_chain_end end = ip6_chain_resume(
		&rest, (uint16_t)(chain->fragment_at + IP6_FRAGMENT_LEN));

	if (end == IP6_CHAIN_SHORT || end == IP6_CHAIN_FRAGMENT)
		return false;
	return end != IP6_CHAIN_TRANSPORT ||
	       rest.payload.left >= transport_len_min(rest.protocol);
}

/* RFC 8200, 4.5: what a fragment may not be; the sender is told. */
static enum counter check_fragment(struct ip *ip,
				   const struct packet_in *packet,
				   const struct ip6_chain *chain)
{
	const struct ip6_fragment *f = &chain->fragment;
	uint32_t before = chain->fragment_at - IP6_HEADER_LEN;

	if (f->more && chain->payload.left % 8) {
		complain(ip, packet, ICMP6_BAD_FIELD, PAYLOAD_LEN_AT);
		return COUNTER_FRAGMENT_LENGTH;
	}
	if (before + f->offset + chain->payload.left > IP6_PAYLOAD_LEN_MAX) {
		complain(ip, packet, ICMP6_BAD_FIELD, chain->fragment_at + 2u);
		return COUNTER_FRAGMENT_TOO_BIG;
	}
	if (f->offset == 0 && !holds_all_headers(chain)) {
		complain(ip, packet, ICMP6_INCOMPLETE_CHAIN, 0);
		return COUNTER_IP6_FIRST_FRAGMENT;
	}
	return COUNTER_NONE;
}

static enum reassembly_result reassemble(struct ip *ip,
					 const struct packet_in *packet,
					 const struct ip6_chain *chain,
					 struct reassembled *whole,
					 enum counter *why)
{
	struct fragment fragment = {
		.key = { .src = packet->src,
			 .dst = packet->dst,
			 .id = chain->fragment.id },
		.offset = chain->fragment.offset,
		.more = chain->fragment.more,
		.ecn = packet->tos & 3,
		.header = packet->ip_header,
		/* the fragment header goes with it, so that it can be quoted */
		.header_len = chain->fragment_at + IP6_FRAGMENT_LEN,
		.payload = chain->payload,
		.ifindex = packet->iface->ifindex,
	};

	counter_hit(&ip->engine->counters, COUNTER_IP6_REASM_REQDS);
	return reassembly_input(&ip->reassembly, &fragment, whole, why,
				packet->now_us);
}

/*
 * The header as if the datagram had come in one piece: the first fragment's,
 * its fragment header gone (RFC 8200, 4.5). The bytes move up by its length.
 */
static uint8_t *mend_header(struct reassembled *whole, uint32_t fragment_at,
			    uint32_t next_at)
{
	uint32_t len =
		fragment_at - IP6_HEADER_LEN + (uint32_t)whole->payload.left;
	uint8_t *start = whole->header + IP6_FRAGMENT_LEN;

	whole->header[next_at] = whole->header[fragment_at];
	memmove(start, whole->header, fragment_at);
	start[1] = (uint8_t)((start[1] & ~0x30) | whole->ecn << 4);
	start[PAYLOAD_LEN_AT] = (uint8_t)(len >> 8);
	start[PAYLOAD_LEN_AT + 1] = (uint8_t)len;
	return start;
}

static enum ip_verdict input_chain(struct ip *ip, struct packet_in *packet,
				   struct reader bytes, struct ip_error *error,
				   enum counter *reason);

/* From its IPv6 header on, once more, but no fragment any longer. */
static enum ip_verdict input_whole(struct ip *ip, struct packet_in *packet,
				   struct reassembled *whole,
				   struct ip_error *error, enum counter *reason)
{
	struct ip6_chain first = { .limits = ip->settings6.chain };
	struct reader bytes = reader_init(whole->header, whole->header_len);
	struct ip6_header header;
	uint8_t *start;

	if (!ip6_header_parse_quoted(&bytes, &header) ||
	    ip6_chain_walk(bytes, header.next_header, &first) !=
		    IP6_CHAIN_FRAGMENT)
		return drop(ip, COUNTER_FRAGMENT_LENGTH, reason);
	start = mend_header(whole, first.fragment_at, first.next_header_at);
	bytes = reader_init(start, first.fragment_at + whole->payload.left);
	if (ip6_header_parse(&bytes, &header) != IP6_FAULT_NONE)
		return drop(ip, COUNTER_FRAGMENT_LENGTH, reason);
	fill_packet(packet, start, &header);
	packet->reassembled = true;
	packet->fragment_size = whole->longest;
	packet->csum_trusted = false;
	return input_chain(ip, packet, bytes, error, reason);
}

static enum ip_verdict input_fragment(struct ip *ip, struct packet_in *packet,
				      const struct ip6_chain *chain,
				      struct ip_error *error,
				      enum counter *reason)
{
	enum counter why = check_fragment(ip, packet, chain);
	struct reassembled whole;

	if (packet->reassembled) /* fragments within fragments */
		return drop(ip, COUNTER_IP6_CHAIN_ORDER, reason);
	if (why != COUNTER_NONE)
		return drop(ip, why, reason);
	switch (reassemble(ip, packet, chain, &whole, &why)) {
	case REASSEMBLY_KEPT:
		return IP_DONE;
	case REASSEMBLY_DROPPED:
		counter_hit(&ip->engine->counters, COUNTER_IP6_REASM_FAILS);
		return drop(ip, why, reason);
	case REASSEMBLY_COMPLETE:
		break;
	}
	counter_hit(&ip->engine->counters, COUNTER_IP6_REASM_OKS);
	return input_whole(ip, packet, &whole, error, reason);
}

void ip6_tell_expired(struct ip *ip, const struct reassembled *expired,
		      int64_t now_us)
{
	struct packet_in packet = {
		.iface = ip_iface(ip, expired->ifindex),
		.now_us = now_us,
		.payload = expired->payload,
	};
	struct reader quote = reader_init(expired->header, expired->header_len);
	struct ip6_header header;

	counter_hit(&ip->engine->counters, COUNTER_IP6_REASM_TIMEOUT);
	counter_hit(&ip->engine->counters, COUNTER_IP6_REASM_FAILS);
	if (!expired->header || !packet.iface ||
	    !ip6_header_parse_quoted(&quote, &header))
		return;
	fill_packet(&packet, expired->header, &header);
	packet.ip_len = expired->header_len + (uint32_t)packet.payload.left;
	packet.dst_multicast = pyt_ip_is_multicast(&packet.dst);
	icmp6_send_error(ip, &packet, ICMP6_TIME_EXCEEDED,
			 ICMP6_REASSEMBLY_TIME_EXCEEDED, 0, now_us);
}

/* ------------------------------------------------------------- the way in */

/* RFC 6946: whole by itself, and nothing to do with other fragments. */
static bool is_atomic(const struct ip6_fragment *fragment)
{
	return fragment->offset == 0 && !fragment->more;
}

static enum ip_verdict input_chain(struct ip *ip, struct packet_in *packet,
				   struct reader bytes, struct ip_error *error,
				   enum counter *reason)
{
	struct ip6_chain chain = { .limits = ip->settings6.chain };
	enum ip6_chain_end end =
		ip6_chain_walk(bytes, packet->protocol, &chain);
	enum counter why;

	if (end == IP6_CHAIN_FRAGMENT && is_atomic(&chain.fragment)) {
		packet->reassembled = true; /* as far as RFC 6980 goes */
		end = ip6_chain_resume(&chain, (uint16_t)(chain.fragment_at +
							  IP6_FRAGMENT_LEN));
	}
	why = judge(ip, packet, &chain, end);
	if (why != COUNTER_NONE)
		return drop(ip, why, reason);
	if (end == IP6_CHAIN_FRAGMENT)
		return input_fragment(ip, packet, &chain, error, reason);
	take_chain(packet, &chain);
	return deliver(ip, packet, error, reason);
}

enum ip_verdict ip6_input(struct ip *ip, struct packet_in *packet,
			  struct reader bytes, struct ip_error *error,
			  enum counter *reason)
{
	const uint8_t *start = bytes.at;
	struct ip6_header header;
	enum ip6_fault fault;
	enum counter why;

	traffic_in(&ip->engine->counters, false, (uint32_t)bytes.left);
	if (packet->iface->ip6_disabled)
		return drop(ip, COUNTER_IP6_DISABLED, reason);
	fault = ip6_header_parse(&bytes, &header);
	if (fault != IP6_FAULT_NONE)
		return drop(ip, fault_counter(fault), reason);
	fill_packet(packet, start, &header);
	why = check_destination(ip, packet);
	ip_count_marks(ip, packet);
	if (why == COUNTER_NONE)
		why = check_source(ip, packet);
	if (why != COUNTER_NONE)
		return drop(ip, why, reason);
	return input_chain(ip, packet, bytes, error, reason);
}
