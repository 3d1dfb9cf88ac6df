/*
 * IP and link headers in front of segments that path_out builds straight
 * from the send buffer: the fast way out.
 */
#include <string.h>

#include "base/checksum.h"
#include "ip/ip_internal.h"
#include "wire/ethernet.h"

/* Bytes that begin at an odd offset of the sum count the other way round. */
static uint64_t add_part(uint64_t sum, const struct iovec *part, bool odd)
{
	uint16_t folded =
		checksum_fold(checksum_add(0, part->iov_base, part->iov_len));

	if (odd)
		folded = (uint16_t)(folded << 8 | folded >> 8);
	return sum + folded;
}

/* The link cannot do it: from the transport header on, over all parts. */
static void finish_checksum(struct pyt_frame *frame, uint8_t *l4,
			    uint32_t l4_len)
{
	uint64_t sum = checksum_add(0, l4, l4_len);
	size_t offset = l4_len;
	uint16_t field;

	for (int i = 1; i < frame->part_count; i++) {
		sum = add_part(sum, &frame->part[i], offset & 1);
		offset += frame->part[i].iov_len;
	}
	field = checksum_finish(sum);
	if (field == 0)
		field = 0xffff;
	l4[frame->csum_offset] = (uint8_t)(field >> 8);
	l4[frame->csum_offset + 1] = (uint8_t)field;
	frame->csum = PYT_CSUM_NONE;
}

static enum ip_ready find_link_header(struct ip *ip, const struct ip_path *path,
				      struct ethernet_header *header,
				      int64_t now_us)
{
	struct iface *iface = path->iface;

	header->type = pyt_ip_is_v4(&path->dst) ? ETHERNET_TYPE_IP4
						: ETHERNET_TYPE_IP6;
	memcpy(header->src, iface->config.mac, sizeof(header->src));
	if (path->broadcast || path->multicast) {
		memcpy(header->dst, ethernet_broadcast, sizeof(header->dst));
		return IP_READY;
	}
	switch (neighbour_resolve(ip->neighbours, iface, &path->next_hop,
				  &path->src, header->dst, now_us)) {
	case NEIGHBOUR_KNOWN:
		return IP_READY;
	case NEIGHBOUR_ASKED:
		return IP_RESOLVING;
	case NEIGHBOUR_SILENT:
	case NEIGHBOUR_NO_ROOM:
		break;
	}
	return IP_UNREACHABLE;
}

/* In front of l4; its length, or 0: too long. */
static uint32_t put_header4(struct ip *ip, const struct ip_path *path,
			    const struct ip_fields *fields, uint8_t *l4,
			    uint32_t len, uint16_t gso_size)
{
	uint8_t options[IP4_OPTIONS_LEN_MAX];
	struct ip4_header header;

	/* no options, so no time: what has some is no frame of this kind */
	if (!ip4_header_for(ip, path, fields, len, 0, options, &header))
		return 0;
	header.id = ip4_id(ip, &header, gso_size);
	ip4_header_build(l4 - ip4_header_len(&header), &header);
	traffic_out(&ip->engine->counters, true, ip_traffic_to(path),
		    ip4_header_len(&header) + len);
	return ip4_header_len(&header);
}

static uint32_t put_header6(struct ip *ip, const struct ip_path *path,
			    const struct ip_fields *fields, uint8_t *l4,
			    uint32_t l4_len, uint32_t payload_len)
{
	struct ip6_header header;

	if (!ip6_header_for(ip, path, fields, l4, l4_len, payload_len, &header))
		return 0;
	ip6_header_build(l4 - IP6_HEADER_LEN, &header);
	traffic_out(&ip->engine->counters, false, ip_traffic_to(path),
		    IP6_HEADER_LEN + l4_len + payload_len);
	return IP6_HEADER_LEN;
}

enum ip_ready ip_frame_look(struct ip *ip, const struct ip_path *path,
			    int64_t now_us)
{
	struct ethernet_header ignored;

	if (iface_link_header_len(path->iface) == 0)
		return IP_READY;
	return find_link_header(ip, path, &ignored, now_us);
}

enum ip_ready ip_frame(struct ip *ip, const struct ip_path *path,
		       const struct ip_fields *fields, uint32_t l4_len,
		       uint32_t payload_len, struct pyt_frame *frame,
		       int64_t now_us)
{
	uint8_t *l4 = frame->headers + PACKET_HEADROOM;
	uint32_t link_len = iface_link_header_len(path->iface);
	struct ethernet_header ethernet;
	enum ip_ready ready = IP_READY;
	uint32_t ip_len, shift;

	if (link_len > 0)
		ready = find_link_header(ip, path, &ethernet, now_us);
	if (ready != IP_READY)
		return ready;
	ip_len = pyt_ip_is_v4(&path->dst)
			 ? put_header4(ip, path, fields, l4,
				       l4_len + payload_len, frame->gso_size)
			 : put_header6(ip, path, fields, l4, l4_len,
				       payload_len);
	if (ip_len == 0)
		return IP_UNREACHABLE;
	shift = link_len + ip_len;
	if (link_len > 0)
		ethernet_header_build(l4 - shift, &ethernet);
	if (frame->csum == PYT_CSUM_PARTIAL &&
	    !(path->iface->config.offloads & PYT_OFFLOAD_CSUM))
		finish_checksum(frame, l4, l4_len);

	frame->part[0].iov_base = l4 - shift;
	frame->part[0].iov_len = shift + l4_len;
	frame->len = shift + l4_len + payload_len;
	frame->csum_start = (uint16_t)(frame->csum_start + shift);
	frame->gso_header_len = (uint16_t)(frame->gso_header_len + shift);
	return IP_READY;
}
