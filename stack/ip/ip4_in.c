/* IPv4 on the way in. RFC 791; RFC 1122, 3.2.1, 3.3.6; RFC 1812, 5.3.7. */
#include <netinet/in.h>

#include "ip/ip_internal.h"
#include "ip/special4.h"
#include "wire/dhcp4.h"

static enum ip_verdict drop(struct ip *ip, enum counter why,
			    enum counter *reason)
{
	*reason = counter_hit(&ip->engine->counters, why);
	return IP_DROP;
}

static enum counter fault_counter(enum ip4_fault fault)
{
	switch (fault) {
	case IP4_FAULT_SHORT:
		return COUNTER_IP4_SHORT;
	case IP4_FAULT_VERSION:
		return COUNTER_IP4_VERSION;
	case IP4_FAULT_HEADER_LEN:
		return COUNTER_IP4_HEADER_LEN;
	case IP4_FAULT_CHECKSUM:
		return COUNTER_IP4_CHECKSUM;
	case IP4_FAULT_LEN:
		return COUNTER_IP4_LENGTH;
	case IP4_FAULT_NONE:
		break;
	}
	return COUNTER_NONE;
}

/*
 * RFC 1122, 3.2.1.3: never a group, a broadcast, or 127/8 from outside; 0
 * only from who has no address yet. Ours come back by lo alone.
 */
static enum counter check_source(const struct ip *ip,
				 const struct packet_in *packet)
{
	uint32_t src = pyt_ip_to_v4(&packet->src);
	const struct special4 *special = special4_find(src);
	bool is_lo = packet->iface->ifindex == IP_LO_INDEX;

	if (src == 0 && (packet->dst_broadcast || packet->dst_multicast))
		return COUNTER_NONE;
	if (pyt_ip_is_loopback(&packet->src))
		return is_lo ? COUNTER_NONE : COUNTER_IP4_LOOPBACK_ON_LINK;
	if (special && special->martian)
		return COUNTER_IP4_BAD_SOURCE;
	if (is_lo)
		return COUNTER_NONE;
	if (iface_is_directed_broadcast(packet->iface, &packet->src))
		return COUNTER_IP4_BAD_SOURCE;
	return ip_owner(ip, &packet->src) ? COUNTER_IP4_SOURCE_OURS
					  : COUNTER_NONE;
}

/* By lo come the copies of what we sent to many on any link. */
static bool is_broadcast(const struct ip *ip, const struct packet_in *packet)
{
	bool is_lo = packet->iface->ifindex == IP_LO_INDEX;

	if (pyt_ip_to_v4(&packet->dst) == 0xffffffff)
		return true;
	for (int i = 0; i < ip->iface_count; i++) {
		if ((is_lo || ip->iface[i] == packet->iface) &&
		    iface_is_directed_broadcast(ip->iface[i], &packet->dst))
			return true;
	}
	return false;
}

/*
 * A server that was not asked to broadcast sends to the address that it
 * offers: RFC 1542, 3.1.1.
 */
static bool is_for_dhcp(const struct packet_in *packet)
{
	struct reader udp = packet->payload;

	reader_u16(&udp);
	return packet->iface->hears_dhcp && !packet->link_broadcast &&
	       packet->protocol == IPPROTO_UDP &&
	       reader_u16(&udp) == DHCP4_CLIENT_PORT;
}

/* Whether it is for us, and how. The weak model of RFC 1122, 3.3.4.2: any
 * address of ours will do, as on Linux. */
static enum counter check_destination(const struct ip *ip,
				      struct packet_in *packet)
{
	uint32_t dst = pyt_ip_to_v4(&packet->dst);
	bool is_lo = packet->iface->ifindex == IP_LO_INDEX;

	if (dst >> 24 == 127 && !is_lo)
		return COUNTER_IP4_LOOPBACK_ON_LINK;
	if (pyt_ip_is_multicast(&packet->dst)) {
		packet->dst_multicast = true;
		return packet->protocol == IPPROTO_IGMP ||
				       group_accepts(
					       ip, is_lo ? NULL : packet->iface,
					       &packet->dst, &packet->src)
			       ? COUNTER_NONE
			       : COUNTER_IP4_NO_MEMBER;
	}
	packet->dst_broadcast = is_broadcast(ip, packet);
	if (packet->dst_broadcast)
		return COUNTER_NONE;
	if (!ip_is_local(ip, &packet->dst)) {
		packet->dst_foreign = true;
		return is_for_dhcp(packet) ? COUNTER_NONE
					   : COUNTER_IP4_NOT_OURS;
	}
	/* RFC 1122, 3.3.6 */
	return packet->link_broadcast ? COUNTER_IP4_LINK_BROADCAST
				      : COUNTER_NONE;
}

static enum ip_verdict deliver(struct ip *ip, struct packet_in *packet,
			       const struct ip4_header *header,
			       struct ip_error *error, enum counter *reason)
{
	enum counter why;

	if (header->protocol == IPPROTO_ICMP)
		return icmp4_input(ip, packet, error, reason);
	if (header->protocol == IPPROTO_IGMP) {
		why = group_input_igmp(ip, packet);
		if (why != COUNTER_NONE)
			return drop(ip, why, reason);
	}
	counter_hit(&ip->engine->counters, COUNTER_IP_IN_DELIVERS);
	return IP_DELIVER;
}

static void fill_packet(struct packet_in *packet, const uint8_t *start,
			const struct ip4_header *header,
			const struct reader *payload)
{
	packet->ip_header = start;
	packet->ip_header_len = ip4_header_len(header);
	packet->ip_len = header->len;
	packet->src = pyt_ip_from_v4(header->src);
	packet->dst = pyt_ip_from_v4(header->dst);
	packet->protocol = header->protocol;
	packet->ttl = header->ttl;
	packet->tos = header->tos;
	packet->payload = *payload;
}

static enum reassembly_result reassemble(struct ip *ip,
					 struct packet_in *packet,
					 const struct ip4_header *header,
					 struct reassembled *whole,
					 enum counter *why)
{
	struct fragment fragment = {
		.key = { .src = packet->src,
			 .dst = packet->dst,
			 .id = header->id,
			 .protocol = header->protocol },
		.offset = header->fragment_offset,
		.more = header->flags & IP4_MORE_FRAGMENTS,
		.ecn = header->tos & 3,
		.header = packet->ip_header,
		.header_len = packet->ip_header_len,
		.payload = packet->payload,
		.ifindex = packet->iface->ifindex,
	};

	counter_hit(&ip->engine->counters, COUNTER_IP_REASM_REQDS);
	return reassembly_input(&ip->reassembly, &fragment, whole, why,
				packet->now_us);
}

/* The header as if the datagram had come in one piece. */
static void mend_header(struct reassembled *whole)
{
	uint32_t len = whole->header_len + (uint32_t)whole->payload.left;
	uint8_t *header = whole->header;

	header[1] = (uint8_t)((header[1] & ~3) | whole->ecn);
	header[2] = (uint8_t)(len >> 8);
	header[3] = (uint8_t)len;
	header[6] = 0; /* flags and offset */
	header[7] = 0;
	ip4_header_set_checksum(header, whole->header_len);
}

static enum ip_verdict input_fragment(struct ip *ip, struct packet_in *packet,
				      const struct ip4_header *header,
				      struct ip_error *error,
				      enum counter *reason)
{
	struct reassembled whole;
	struct pyt_ip dst = packet->dst; /* a source route may have led on */
	struct ip4_header first;
	struct reader bytes;
	enum counter why;

	switch (reassemble(ip, packet, header, &whole, &why)) {
	case REASSEMBLY_KEPT:
		return IP_DONE;
	case REASSEMBLY_DROPPED:
		counter_hit(&ip->engine->counters, COUNTER_IP_REASM_FAILS);
		return drop(ip, why, reason);
	case REASSEMBLY_COMPLETE:
		break;
	}
	counter_hit(&ip->engine->counters, COUNTER_IP_REASM_OKS);
	mend_header(&whole);
	bytes = reader_init(whole.header, whole.header_len);
	if (!ip4_header_parse_quoted(&bytes, &first))
		return drop(ip, COUNTER_FRAGMENT_LENGTH, reason);
	fill_packet(packet, whole.header, &first, &whole.payload);
	packet->dst = dst;
	packet->reassembled = true;
	packet->fragment_size = whole.longest;
	packet->csum_trusted = false;
	return deliver(ip, packet, &first, error, reason);
}

static enum counter check_options(struct ip *ip, struct packet_in *packet,
				  const struct ip4_header *header)
{
	uint32_t dst = header->dst;
	uint8_t fault_at = 0;
	enum counter why = ip4_options_check(ip, header, &fault_at, &dst);

	if (why == COUNTER_IP4_BAD_OPTION)
		icmp4_send_error(ip, packet, ICMP4_PARAMETER_PROBLEM, 0,
				 (uint32_t)fault_at << 24, packet->now_us);
	else if (why == COUNTER_IP4_SOURCE_ROUTE_FAILED)
		icmp4_send_error(ip, packet, ICMP4_UNREACHABLE,
				 ICMP4_SOURCE_ROUTE_FAILED, 0, packet->now_us);
	packet->dst = pyt_ip_from_v4(dst);
	return why;
}

enum ip_verdict ip4_input(struct ip *ip, struct packet_in *packet,
			  struct reader bytes, struct ip_error *error,
			  enum counter *reason)
{
	const uint8_t *start = bytes.at;
	struct ip4_header header;
	enum ip4_fault fault;
	enum counter why;

	traffic_in(&ip->engine->counters, true, (uint32_t)bytes.left);
	fault = ip4_header_parse(&bytes, &header);
	if (fault != IP4_FAULT_NONE)
		return drop(ip, fault_counter(fault), reason);
	fill_packet(packet, start, &header, &bytes);

	why = check_destination(ip, packet);
	ip_count_marks(ip, packet);
	if (why == COUNTER_NONE)
		why = check_source(ip, packet);
	if (why == COUNTER_NONE && header.options_len > 0)
		why = check_options(ip, packet, &header);
	if (why != COUNTER_NONE)
		return drop(ip, why, reason);

	if (header.fragment_offset || header.flags & IP4_MORE_FRAGMENTS)
		return input_fragment(ip, packet, &header, error, reason);
	return deliver(ip, packet, &header, error, reason);
}
