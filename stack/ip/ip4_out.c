/* IPv4 on the way out: the header, and which way it leaves. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/checksum.h"
#include "ip/ip_internal.h"
#include "wire/ethernet.h"

/*
 * RFC 6864, 4.1: an atomic datagram's ID means nothing. Others take the next
 * one of their pair of addresses and protocol, which a bucket shares with
 * few others, so that none returns within a datagram's life at any sane rate.
 */
uint16_t ip4_id(struct ip *ip, const struct ip4_header *header,
		uint16_t gso_size)
{
	uint32_t key[3] = { header->src, header->dst, header->protocol };
	uint64_t bucket;
	uint16_t id;

	if (header->flags & IP4_DONT_FRAGMENT)
		return 0;
	bucket = table_hash(&ip->mtus, key, sizeof(key)) & (IP_ID_BUCKETS - 1);
	id = ip->id[bucket];
	/* whoever cuts a super-frame gives each segment the next one */
	ip->id[bucket] += gso_size ? (uint16_t)(1 + header->len / gso_size) : 1;
	return id;
}

/* The router alert in front: another's end may be followed by nothing. */
static uint8_t put_options(const struct ip_path *path,
			   const struct ip_fields *fields, int64_t now_us,
			   uint8_t options[IP4_OPTIONS_LEN_MAX])
{
	static const uint8_t router_alert[4] = { IP4_OPTION_ROUTER_ALERT, 4 };
	const struct ip_extensions *e = fields->extensions;
	uint32_t len = e ? ip_extensions_len(e) : 0, at = 0;

	if (fields->router_alert) {
		memcpy(options, router_alert, sizeof(router_alert));
		at = sizeof(router_alert);
	}
	if (len % 4 || at + len > IP4_OPTIONS_LEN_MAX)
		return UINT8_MAX;
	if (len) {
		memcpy(options + at, e->header[PYT_EXTENSION_IP4_OPTIONS], len);
		ip4_options_fill(options + at, (uint8_t)len,
				 pyt_ip_to_v4(&path->src),
				 pyt_ip_to_v4(&path->dst), now_us);
	}
	return (uint8_t)(at + len);
}

static uint32_t first_hop(const struct ip_path *path,
			  const struct ip_fields *fields)
{
	return pyt_ip_to_v4(fields->extensions && fields->extensions->detours
				    ? &fields->extensions->first_hop
				    : &path->dst);
}

bool ip4_header_for(const struct ip *ip, const struct ip_path *path,
		    const struct ip_fields *fields, uint32_t payload_len,
		    int64_t now_us, uint8_t options[IP4_OPTIONS_LEN_MAX],
		    struct ip4_header *header)
{
	uint8_t options_len = put_options(path, fields, now_us, options);
	uint32_t len = IP4_HEADER_LEN + options_len + payload_len;

	if (options_len == UINT8_MAX || len > IP4_LEN_MAX)
		return false;
	*header = (struct ip4_header){
		.tos = fields->tos,
		.len = (uint16_t)len,
		.ttl = fields->ttl ? fields->ttl
				   : (uint8_t)ip->settings.default_ttl,
		.protocol = fields->protocol,
		.src = pyt_ip_to_v4(&path->src),
		.dst = first_hop(path, fields),
		.options = options,
		.options_len = options_len,
	};
	if (fields->dont_fragment && !path->mtu_locked)
		header->flags = IP4_DONT_FRAGMENT;
	return true;
}

struct packet_out *ip_copy(struct ip *ip, const struct packet_out *packet)
{
	struct packet_out *copy = packet_create(ip->engine, packet->len);

	if (!copy)
		return NULL;
	memcpy(copy->data, packet->data, packet->len);
	copy->csum = packet->csum;
	copy->csum_start = packet->csum_start;
	copy->csum_offset = packet->csum_offset;
	copy->gso = packet->gso;
	copy->gso_size = packet->gso_size;
	copy->gso_header_len = packet->gso_header_len;
	return copy;
}

static int send_to_many(struct iface *iface, const struct ip_path *path,
			struct packet_out *packet)
{
	uint8_t mac[ETHERNET_ADDRESS_LEN];

	if (!pyt_ip_is_v4(&path->dst))
		ethernet_from_group6(path->dst.bytes, mac);
	else if (path->multicast)
		ethernet_from_group4(pyt_ip_to_v4(&path->dst), mac);
	else
		memcpy(mac, ethernet_broadcast, sizeof(mac));
	if (!neighbour_push_header(iface, packet, mac)) {
		packet_destroy(iface->engine, packet);
		return -ENOBUFS;
	}
	return iface_output(iface, packet);
}

int ip_to_link(struct ip *ip, const struct ip_path *path,
	       struct packet_out *packet, int64_t now_us)
{
	struct iface *iface = path->iface;

	if (iface->config.medium != PYT_MEDIUM_ETHERNET)
		return iface_output(iface, packet);
	if (path->broadcast || path->multicast)
		return send_to_many(iface, path, packet);
	return neighbour_output(ip->neighbours, iface, &path->next_hop,
				&path->src, packet, now_us);
}

int ip4_transmit(struct ip *ip, const struct ip_path *path,
		 const struct ip4_header *header, struct packet_out *packet,
		 int64_t now_us)
{
	uint8_t *at = packet_push(packet, ip4_header_len(header));

	if (!at) {
		packet_destroy(ip->engine, packet);
		return -ENOBUFS;
	}
	ip4_header_build(at, header);
	traffic_out(&ip->engine->counters, true, ip_traffic_to(path),
		    packet->len);
	return ip_to_link(ip, path, packet, now_us);
}

/*
 * What we send to many is for our own members too: a copy goes to lo. True:
 * TTL 0, it goes no further (RFC 1112, 6.1).
 */
static bool stays_here(struct ip *ip, const struct ip_path *path,
		       const struct ip_fields *fields,
		       const struct ip4_header *header,
		       const struct packet_out *packet)
{
	struct packet_out *copy;
	bool loops = (path->broadcast && !fields->not_to_us) ||
		     (path->multicast && fields->multicast_loop &&
		      group_accepts(ip, NULL, &path->dst, &path->src));

	if (!loops || path->iface->ifindex == IP_LO_INDEX)
		return path->multicast && fields->ttl == 0;
	copy = ip_copy(ip, packet);
	if (copy && packet_push(copy, ip4_header_len(header))) {
		ip4_header_build(copy->data, header);
		iface_output(ip_iface(ip, IP_LO_INDEX), copy);
	} else {
		packet_destroy(ip->engine, copy);
	}
	return path->multicast && fields->ttl == 0;
}

static int give_up(struct ip *ip, struct packet_out *packet, int result)
{
	packet_destroy(ip->engine, packet);
	return result;
}

int ip4_send(struct ip *ip, const struct ip_path *path,
	     const struct ip_fields *fields, struct packet_out *packet,
	     int64_t now_us)
{
	uint8_t options[IP4_OPTIONS_LEN_MAX];
	struct ip4_header header;

	if (!ip4_header_for(ip, path, fields, packet->len, now_us, options,
			    &header))
		return give_up(ip, packet, -EMSGSIZE);
	header.id = ip4_id(ip, &header, packet->gso_size);
	if (fields->protocol == IPPROTO_ICMP && packet->len > 0)
		icmp4_count_out(ip, packet->data[0]);
	if (stays_here(ip, path, fields, &header, packet))
		return give_up(ip, packet, 0);
	if (header.len > path->mtu && packet->gso == PYT_GSO_NONE) {
		if (!(header.flags & IP4_DONT_FRAGMENT))
			return ip4_send_fragments(ip, path, &header, packet,
						  now_us);
		counter_hit(&ip->engine->counters, COUNTER_IP_FRAG_FAILS);
		return give_up(ip, packet, -EMSGSIZE);
	}
	return ip4_transmit(ip, path, &header, packet, now_us);
}

int ip_send(struct ip *ip, const struct ip_path *path,
	    const struct ip_fields *fields, struct packet_out *packet,
	    int64_t now_us)
{
	if (packet->gso == PYT_GSO_UDP &&
	    !(path->iface->config.offloads & PYT_OFFLOAD_USO))
		return ip_send_segments(ip, path, fields, packet, now_us);
	if (!pyt_ip_is_v4(&path->dst))
		return ip6_send(ip, path, fields, packet, now_us);
	return ip4_send(ip, path, fields, packet, now_us);
}

int ip_send_with_header(struct ip *ip, const struct ip_path *path,
			struct packet_out *packet, int64_t now_us)
{
	struct reader bytes = reader_init(packet->data, packet->len);
	uint8_t options[IP4_OPTIONS_LEN_MAX];
	uint32_t len = packet->len;
	struct ip4_header header;

	if (len > path->mtu)
		return give_up(ip, packet, -EMSGSIZE);
	if (packet->len < IP4_HEADER_LEN || packet->data[0] >> 4 != 4 ||
	    !ip4_header_parse_quoted(&bytes, &header))
		return give_up(ip, packet, -EINVAL);
	header.len = (uint16_t)len;
	if (header.src == 0)
		header.src = pyt_ip_to_v4(&path->src);
	if (header.id == 0)
		header.id = ip4_id(ip, &header, 0);
	if (header.options_len) /* they are about to be overwritten */
		memcpy(options, header.options, header.options_len);
	header.options = options;
	ip4_header_build(packet->data, &header);
	traffic_out(&ip->engine->counters, true, ip_traffic_to(path),
		    packet->len);
	return ip_to_link(ip, path, packet, now_us);
}
