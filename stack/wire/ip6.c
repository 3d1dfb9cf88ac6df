/* The IPv6 header. RFC 8200, 3 and 4.5; RFC 4291. */
#include "wire/ip6.h"

#include "base/writer.h"

#define OFFSET_MASK 0xfff8
#define MORE_FRAGMENTS 1

const struct pyt_ip ip6_all_nodes = { { 0xff, 2, [15] = 1 } };
const struct pyt_ip ip6_all_routers = { { 0xff, 2, [15] = 2 } };

static void parse_fields(struct reader *r, struct ip6_header *h)
{
	uint32_t first = reader_u32(r);

	h->tclass = (uint8_t)(first >> 20);
	h->flow_label = first & IP6_FLOW_LABEL_MASK;
	h->payload_len = reader_u16(r);
	h->next_header = reader_u8(r);
	h->hop_limit = reader_u8(r);
	reader_copy(r, h->src.bytes, sizeof(h->src.bytes));
	reader_copy(r, h->dst.bytes, sizeof(h->dst.bytes));
}

enum ip6_fault ip6_header_parse(struct reader *packet,
				struct ip6_header *header)
{
	struct reader r = *packet;
	struct ip6_header h;

	parse_fields(&r, &h);
	if (r.failed)
		return IP6_FAULT_SHORT;
	if (packet->at[0] >> 4 != 6)
		return IP6_FAULT_VERSION;
	if (h.payload_len > r.left)
		return IP6_FAULT_SHORT;
	if (h.payload_len == 0 && h.next_header == IP6_HOP_BY_HOP)
		return IP6_FAULT_JUMBO;

	*header = h;
	*packet = reader_init(r.at, h.payload_len);
	return IP6_FAULT_NONE;
}

bool ip6_header_parse_quoted(struct reader *packet, struct ip6_header *header)
{
	struct reader r = *packet;
	struct ip6_header h;

	parse_fields(&r, &h);
	if (r.failed || packet->at[0] >> 4 != 6)
		return false;

	*header = h;
	*packet = r;
	return true;
}

void ip6_header_build(uint8_t *to, const struct ip6_header *header)
{
	struct writer w = writer_init(to, IP6_HEADER_LEN);

	writer_u32(&w, 6u << 28 | (uint32_t)header->tclass << 20 |
			       (header->flow_label & IP6_FLOW_LABEL_MASK));
	writer_u16(&w, header->payload_len);
	writer_u8(&w, header->next_header);
	writer_u8(&w, header->hop_limit);
	writer_copy(&w, header->src.bytes, sizeof(header->src.bytes));
	writer_copy(&w, header->dst.bytes, sizeof(header->dst.bytes));
}

bool ip6_fragment_parse(struct reader *packet, struct ip6_fragment *fragment)
{
	struct reader r = *packet;
	struct ip6_fragment f;
	uint16_t offset;

	f.next_header = reader_u8(&r);
	reader_u8(&r); /* reserved */
	offset = reader_u16(&r);
	f.offset = offset & OFFSET_MASK;
	f.more = offset & MORE_FRAGMENTS;
	f.id = reader_u32(&r);
	if (r.failed)
		return false;

	*fragment = f;
	*packet = r;
	return true;
}

void ip6_fragment_build(uint8_t *to, const struct ip6_fragment *fragment)
{
	struct writer w = writer_init(to, IP6_FRAGMENT_LEN);

	writer_u8(&w, fragment->next_header);
	writer_u8(&w, 0);
	writer_u16(&w, (uint16_t)(fragment->offset |
				  (fragment->more ? MORE_FRAGMENTS : 0)));
	writer_u32(&w, fragment->id);
}

enum ip6_scope ip6_scope(const struct pyt_ip *ip)
{
	if (ip->bytes[0] == 0xff)
		return (enum ip6_scope)(ip->bytes[1] & 15);
	/* the loopback address is treated as link-local: RFC 4291, 2.5.3 */
	return ip6_is_link_local(ip) || pyt_ip_is_loopback(ip)
		       ? IP6_SCOPE_LINK
		       : IP6_SCOPE_GLOBAL;
}

bool ip6_needs_zone(const struct pyt_ip *ip)
{
	if (pyt_ip_is_v4(ip))
		return false;
	if (ip->bytes[0] == 0xff)
		return ip6_scope(ip) <= IP6_SCOPE_LINK;
	return ip6_is_link_local(ip);
}

struct pyt_ip ip6_link_local_of_mac(const uint8_t mac[6])
{
	return (struct pyt_ip){ { 0xfe, 0x80, [8] = mac[0] ^ 2, mac[1], mac[2],
				  0xff, 0xfe, mac[3], mac[4], mac[5] } };
}

struct pyt_ip ip6_solicited_node(const struct pyt_ip *ip)
{
	return (struct pyt_ip){ { 0xff, 2, [11] = 1, 0xff, ip->bytes[13],
				  ip->bytes[14], ip->bytes[15] } };
}
