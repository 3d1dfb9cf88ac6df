/* Fragmentation by the source. RFC 8200, 4.5; RFC 7739. */
#include <errno.h>
#include <string.h>

#include "ip/ip_internal.h"

struct cutting {
	struct ip *ip;
	const struct ip_path *path;
	struct ip6_header header;
	const struct packet_out *packet;
	uint32_t fixed_len; /* extension headers of every fragment */
	uint32_t next_at; /* of the field in them that names the next one */
	struct ip6_fragment fragment;
};

/* Extension headers, fragment header, a piece of the payload. */
static int send_fragment(struct cutting *c, uint32_t len, int64_t now_us)
{
	uint32_t front = c->fixed_len + IP6_FRAGMENT_LEN;
	struct packet_out *fragment = packet_create(c->ip->engine, front + len);
	const uint8_t *payload =
		c->packet->data + c->fixed_len + c->fragment.offset;

	if (!fragment)
		return -ENOBUFS;
	memcpy(fragment->data, c->packet->data, c->fixed_len);
	if (c->fixed_len > 0)
		fragment->data[c->next_at] = IP6_FRAGMENT;
	ip6_fragment_build(fragment->data + c->fixed_len, &c->fragment);
	memcpy(fragment->data + front, payload, len);
	c->header.payload_len = (uint16_t)(front + len);
	counter_hit(&c->ip->engine->counters, COUNTER_IP6_FRAG_CREATES);
	return ip6_transmit(c->ip, c->path, &c->header, fragment, now_us);
}

static int send_all(struct cutting *c, uint32_t room, int64_t now_us)
{
	uint32_t total = c->packet->len - c->fixed_len;
	int result = 0;

	while (c->fragment.offset < total && result == 0) {
		uint32_t left = total - c->fragment.offset;
		uint32_t len = left < room ? left : room;

		c->fragment.more = len < left;
		result = send_fragment(c, len, now_us);
		c->fragment.offset += len;
	}
	return result;
}

int ip6_send_fragments(struct ip *ip, const struct ip_path *path,
		       const struct ip6_header *header,
		       struct packet_out *packet, uint32_t unfragmentable_len,
		       uint32_t next_at, int64_t now_us)
{
	struct cutting c = {
		.ip = ip,
		.path = path,
		.header = *header,
		.packet = packet,
		.fixed_len = unfragmentable_len,
		.next_at = next_at,
		/* RFC 7739, 5.3: nobody can guess the next one */
		.fragment = { .id = random_u32(&ip->engine->random) },
	};
	uint32_t front = IP6_HEADER_LEN + unfragmentable_len + IP6_FRAGMENT_LEN;
	int result = -EMSGSIZE;

	/* one sum covers all fragments: no link can finish it */
	if (packet->csum == PYT_CSUM_PARTIAL)
		packet_finish_checksum(packet);
	c.fragment.next_header = unfragmentable_len ? packet->data[next_at]
						    : header->next_header;
	if (!unfragmentable_len)
		c.header.next_header = IP6_FRAGMENT;
	if (path->mtu >= front + 8)
		result = send_all(&c, (path->mtu - front) & ~7u, now_us);
	packet_destroy(ip->engine, packet);
	counter_hit(&ip->engine->counters, result == 0
						   ? COUNTER_IP6_FRAG_OKS
						   : COUNTER_IP6_FRAG_FAILS);
	return result;
}
