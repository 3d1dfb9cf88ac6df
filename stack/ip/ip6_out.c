/* IPv6 on the way out: the header, and which way it leaves. RFC 8200. */
#include <errno.h>
#include <string.h>

#include "ip/ip_internal.h"

bool ip6_header_for(const struct ip *ip, const struct ip_path *path,
		    const struct ip_fields *fields, const uint8_t *l4,
		    uint32_t l4_len, uint32_t payload_len,
		    struct ip6_header *header)
{
	uint32_t len = l4_len + payload_len;

	if (len > IP6_PAYLOAD_LEN_MAX)
		return false;
	*header = (struct ip6_header){
		.tclass = fields->tos,
		.flow_label = ip6_flow_label(ip, path, fields, l4, l4_len),
		.payload_len = (uint16_t)len,
		.next_header = fields->protocol,
		.hop_limit =
			fields->ttl ? fields->ttl : ip6_hop_limit(path->iface),
		.src = path->src,
		.dst = path->dst,
	};
	return true;
}

int ip6_transmit(struct ip *ip, const struct ip_path *path,
		 const struct ip6_header *header, struct packet_out *packet,
		 int64_t now_us)
{
	uint8_t *at = packet_push(packet, IP6_HEADER_LEN);

	if (!at) {
		packet_destroy(ip->engine, packet);
		return -ENOBUFS;
	}
	ip6_header_build(at, header);
	traffic_out(&ip->engine->counters, false, ip_traffic_to(path),
		    packet->len);
	return ip_to_link(ip, path, packet, now_us);
}

static int give_up(struct ip *ip, struct packet_out *packet, int result)
{
	packet_destroy(ip->engine, packet);
	return result;
}

/* ------------------------------------------------------ extension headers */

/* Behind the IPv6 header, in the order of RFC 8200, 4.1. */
struct chain_out {
	struct packet_out *packet;
	uint32_t len; /* of the headers before the transport's */
	uint32_t unfragmentable_len; /* up to the routing header */
	uint32_t next_at; /* its last next-header field; see ip6_frag.c */
	uint8_t first; /* what the IPv6 header names */
};

#define LAST_STOP_AT 8 /* in a routing header: its first address */

/* Appends a header of that kind; the one before it, or *first, names it. */
static void append(struct chain_out *out, const struct ip_extensions *e,
		   enum pyt_extension which, uint8_t kind, uint8_t **name)
{
	uint8_t *at = out->packet->data + out->len;

	if (e->len[which] == 0)
		return;
	memcpy(at, e->header[which], e->len[which]);
	**name = kind;
	*name = at;
	out->len += e->len[which];
}

/*
 * With segments left the packet goes to the first stop, and the header says
 * where the way ends: as the program gave it, that was the other way round.
 */
static void put_headers(struct chain_out *out, const struct ip_extensions *e,
			const struct pyt_ip *dst, uint8_t protocol)
{
	uint8_t *name = &out->first;

	append(out, e, PYT_EXTENSION_HOP_BY_HOP, IP6_HOP_BY_HOP, &name);
	append(out, e, PYT_EXTENSION_BEFORE_ROUTING, IP6_DESTINATION, &name);
	append(out, e, PYT_EXTENSION_ROUTING, IP6_ROUTING, &name);
	if (e->len[PYT_EXTENSION_ROUTING] >= LAST_STOP_AT + sizeof(*dst))
		memcpy(name + LAST_STOP_AT, dst->bytes, sizeof(dst->bytes));
	out->unfragmentable_len = out->len;
	if (name != &out->first)
		out->next_at = (uint32_t)(name - out->packet->data);
	append(out, e, PYT_EXTENSION_DESTINATION, IP6_DESTINATION, &name);
	*name = protocol;
}

/* The same packet, extension headers in front of it; NULL: no memory. */
static struct packet_out *extend(struct ip *ip, const struct ip_path *path,
				 const struct ip_fields *fields,
				 struct packet_out *packet,
				 struct chain_out *out)
{
	uint32_t len = ip_extensions_len(fields->extensions);
	struct packet_out *longer =
		packet_create(ip->engine, packet->len + len);

	if (!longer)
		return NULL;
	*out = (struct chain_out){ .packet = longer };
	put_headers(out, fields->extensions, &path->dst, fields->protocol);
	memcpy(longer->data + len, packet->data, packet->len);
	longer->departs_us = packet->departs_us;
	longer->csum = packet->csum;
	longer->csum_start = (uint16_t)(packet->csum_start + len);
	longer->csum_offset = packet->csum_offset;
	/* a link cannot be told how to cut behind them */
	if (longer->csum == PYT_CSUM_PARTIAL)
		packet_finish_checksum(longer);
	packet_destroy(ip->engine, packet);
	return longer;
}

/* ------------------------------------------------------------ the way out */

/* Our own members hear it by lo. True: hop limit 0, it goes no further. */
static bool stays_here(struct ip *ip, const struct ip_path *path,
		       const struct ip_fields *fields,
		       const struct ip6_header *header,
		       const struct packet_out *packet)
{
	bool is_lo = path->iface->ifindex == IP_LO_INDEX;
	struct packet_out *copy;

	if (!path->multicast || is_lo)
		return false;
	copy = fields->multicast_loop &&
			       group_accepts(ip, NULL, &path->dst, &path->src)
		       ? ip_copy(ip, packet)
		       : NULL;
	if (copy && packet_push(copy, IP6_HEADER_LEN)) {
		ip6_header_build(copy->data, header);
		iface_output(ip_iface(ip, IP_LO_INDEX), copy);
	} else {
		packet_destroy(ip->engine, copy);
	}
	return fields->ttl == 0 || ip6_scope(&path->dst) == IP6_SCOPE_INTERFACE;
}

static int send_header(struct ip *ip, const struct ip_path *path,
		       const struct ip_fields *fields,
		       const struct ip6_header *header,
		       struct packet_out *packet, const struct chain_out *chain,
		       int64_t now_us)
{
	uint32_t len = IP6_HEADER_LEN + packet->len;

	if (stays_here(ip, path, fields, header, packet))
		return give_up(ip, packet, 0);
	if (len <= path->mtu || packet->gso != PYT_GSO_NONE)
		return ip6_transmit(ip, path, header, packet, now_us);
	if (fields->dont_fragment) {
		counter_hit(&ip->engine->counters, COUNTER_IP6_FRAG_FAILS);
		return give_up(ip, packet, -EMSGSIZE);
	}
	return ip6_send_fragments(ip, path, header, packet,
				  chain->unfragmentable_len, chain->next_at,
				  now_us);
}

int ip6_send(struct ip *ip, const struct ip_path *path,
	     const struct ip_fields *fields, struct packet_out *packet,
	     int64_t now_us)
{
	const struct ip_extensions *e = fields->extensions;
	struct chain_out chain = { .first = fields->protocol };
	struct ip6_header header;
	struct packet_out *longer;

	if (!ip6_header_for(ip, path, fields, packet->data, packet->len, 0,
			    &header))
		return give_up(ip, packet, -EMSGSIZE);
	if (fields->protocol == IP6_ICMP && packet->len > 0)
		icmp6_count_out(ip, packet->data[0]);
	if (e && ip_extensions_len(e) > 0) {
		if (packet->len + ip_extensions_len(e) > IP6_PAYLOAD_LEN_MAX)
			return give_up(ip, packet, -EMSGSIZE);
		longer = extend(ip, path, fields, packet, &chain);
		if (!longer)
			return give_up(ip, packet, -ENOBUFS);
		packet = longer;
		if (e->len[PYT_EXTENSION_ROUTING])
			header.dst = e->first_hop;
	}
	header.next_header = chain.first;
	header.payload_len = (uint16_t)packet->len;
	return send_header(ip, path, fields, &header, packet, &chain, now_us);
}

int ip6_send_with_header(struct ip *ip, const struct ip_path *path,
			 struct packet_out *packet, int64_t now_us)
{
	if (packet->len > path->mtu)
		return give_up(ip, packet, -EMSGSIZE);
	if (packet->len < IP6_HEADER_LEN || packet->data[0] >> 4 != 6)
		return give_up(ip, packet, -EINVAL);
	traffic_out(&ip->engine->counters, false, ip_traffic_to(path),
		    packet->len);
	return ip_to_link(ip, path, packet, now_us);
}
