/* Fragmentation by the source. RFC 791, 3.2. */
#include <errno.h>
#include <string.h>

#include "ip/ip_internal.h"

/* Payload bytes of a fragment with so much header: a multiple of 8. */
static uint32_t room_for(uint32_t mtu, uint32_t header_len)
{
	return (mtu - header_len) & ~7u;
}

static int send_fragment(struct ip *ip, const struct ip_path *path,
			 struct ip4_header *header, const uint8_t *payload,
			 uint32_t len, int64_t now_us)
{
	struct packet_out *fragment = packet_create(ip->engine, len);

	if (!fragment)
		return -ENOBUFS;
	memcpy(fragment->data, payload, len);
	header->len = (uint16_t)(ip4_header_len(header) + len);
	counter_hit(&ip->engine->counters, COUNTER_IP_FRAG_CREATES);
	return ip4_transmit(ip, path, header, fragment, now_us);
}

int ip4_send_fragments(struct ip *ip, const struct ip_path *path,
		       struct ip4_header *header, struct packet_out *packet,
		       int64_t now_us)
{
	uint8_t copied[IP4_OPTIONS_LEN_MAX];
	uint32_t offset = 0;
	int result = 0;

	/* one sum covers all fragments: no link can finish it */
	if (packet->csum == PYT_CSUM_PARTIAL)
		packet_finish_checksum(packet);
	while (offset < packet->len && result == 0) {
		uint32_t left = packet->len - offset;
		uint32_t room = room_for(path->mtu, ip4_header_len(header));
		uint32_t len = left < room ? left : room;

		header->fragment_offset = offset;
		header->flags = len < left ? IP4_MORE_FRAGMENTS : 0;
		result = send_fragment(ip, path, header, packet->data + offset,
				       len, now_us);
		if (offset == 0) {
			header->options_len = ip4_options_copied(
				header->options, header->options_len, copied);
			header->options = copied;
		}
		offset += len;
	}
	packet_destroy(ip->engine, packet);
	counter_hit(&ip->engine->counters,
		    result == 0 ? COUNTER_IP_FRAG_OKS : COUNTER_IP_FRAG_FAILS);
	return result;
}
