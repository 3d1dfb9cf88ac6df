/* UDP segmentation in software, for links that cannot (UDP_SEGMENT). */
#include <errno.h>
#include <string.h>

#include "base/checksum.h"
#include "ip/ip_internal.h"

#define UDP_HEADER_LEN 8
#define UDP_LEN_AT 4
#define UDP_CHECKSUM_AT 6

static void put_u16(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static struct packet_out *segment_of(struct ip *ip, const struct ip_path *path,
				     const struct ip_fields *fields,
				     const struct packet_out *packet,
				     uint32_t offset, uint32_t len)
{
	uint32_t udp_len = UDP_HEADER_LEN + len;
	struct packet_out *segment = packet_create(ip->engine, udp_len);
	uint64_t sum;

	if (!segment)
		return NULL;
	memcpy(segment->data, packet->data, UDP_HEADER_LEN);
	memcpy(segment->data + UDP_HEADER_LEN, packet->data + offset, len);
	put_u16(segment->data + UDP_LEN_AT, (uint16_t)udp_len);
	if (packet->csum == PYT_CSUM_PARTIAL) {
		sum = checksum_pseudo_header(&path->src, &path->dst,
					     fields->protocol, udp_len);
		put_u16(segment->data + UDP_CHECKSUM_AT, checksum_fold(sum));
		segment->csum = PYT_CSUM_PARTIAL;
		segment->csum_offset = UDP_CHECKSUM_AT;
	}
	return segment;
}

int ip_send_segments(struct ip *ip, const struct ip_path *path,
		     const struct ip_fields *fields, struct packet_out *packet,
		     int64_t now_us)
{
	uint32_t offset = UDP_HEADER_LEN;
	int result = 0;

	if (packet->gso_size == 0 || packet->len < UDP_HEADER_LEN)
		result = -EINVAL;
	while (result == 0 && offset < packet->len) {
		uint32_t left = packet->len - offset;
		uint32_t len =
			left < packet->gso_size ? left : packet->gso_size;
		struct packet_out *segment =
			segment_of(ip, path, fields, packet, offset, len);

		result = segment ? ip_send(ip, path, fields, segment, now_us)
				 : -ENOBUFS;
		offset += len;
	}
	packet_destroy(ip->engine, packet);
	return result;
}
