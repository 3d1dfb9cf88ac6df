/* The IPv4 header. RFC 791, 3.1; RFC 1122, 3.2.1. */
#include "wire/ip4.h"

#include "base/checksum.h"
#include "base/writer.h"

#define OFFSET_MASK 0x1fff
#define CHECKSUM_AT 10

static void parse_fields(struct reader *r, struct ip4_header *h)
{
	uint16_t flags_and_offset;

	h->tos = reader_u8(r);
	h->len = reader_u16(r);
	h->id = reader_u16(r);
	flags_and_offset = reader_u16(r);
	h->flags = (uint16_t)(flags_and_offset & ~OFFSET_MASK);
	h->fragment_offset = (flags_and_offset & OFFSET_MASK) * 8u;
	h->ttl = reader_u8(r);
	h->protocol = reader_u8(r);
	reader_u16(r); /* checksum */
	h->src = reader_u32(r);
	h->dst = reader_u32(r);
}

/* Header length from the first byte; 0 if the version is not 4. */
static uint32_t header_len_of(uint8_t version_and_len)
{
	return version_and_len >> 4 == 4 ? (version_and_len & 15) * 4u : 0;
}

enum ip4_fault ip4_header_parse(struct reader *packet,
				struct ip4_header *header)
{
	struct reader r = *packet;
	const uint8_t *start = r.at;
	struct ip4_header h = { 0 };
	uint32_t header_len = header_len_of(reader_u8(&r));

	parse_fields(&r, &h);
	if (r.failed)
		return IP4_FAULT_SHORT;
	if (start[0] >> 4 != 4)
		return IP4_FAULT_VERSION;
	if (header_len < IP4_HEADER_LEN || header_len > packet->left)
		return IP4_FAULT_HEADER_LEN;
	h.options_len = (uint8_t)(header_len - IP4_HEADER_LEN);
	h.options = h.options_len ? r.at : NULL;
	if (checksum_finish(checksum_add(0, start, header_len)) != 0)
		return IP4_FAULT_CHECKSUM;
	if (h.len < header_len)
		return IP4_FAULT_LEN;
	if (h.len > packet->left)
		return IP4_FAULT_SHORT;

	*header = h;
	*packet = reader_init(start + header_len, h.len - header_len);
	return IP4_FAULT_NONE;
}

bool ip4_header_parse_quoted(struct reader *packet, struct ip4_header *header)
{
	struct reader r = *packet;
	struct ip4_header h = { 0 };
	uint32_t header_len = header_len_of(reader_u8(&r));

	parse_fields(&r, &h);
	if (r.failed || header_len < IP4_HEADER_LEN)
		return false;
	h.options_len = (uint8_t)(header_len - IP4_HEADER_LEN);
	h.options = reader_bytes(&r, h.options_len);
	if (r.failed)
		return false;

	*header = h;
	*packet = r;
	return true;
}

void ip4_header_set_checksum(uint8_t *header, uint32_t header_len)
{
	uint16_t sum;

	header[CHECKSUM_AT] = 0;
	header[CHECKSUM_AT + 1] = 0;
	sum = checksum_finish(checksum_add(0, header, header_len));
	header[CHECKSUM_AT] = (uint8_t)(sum >> 8);
	header[CHECKSUM_AT + 1] = (uint8_t)sum;
}

void ip4_header_build(uint8_t *to, const struct ip4_header *header)
{
	uint32_t len = ip4_header_len(header);
	struct writer w = writer_init(to, len);

	writer_u8(&w, (uint8_t)(4 << 4 | len / 4));
	writer_u8(&w, header->tos);
	writer_u16(&w, header->len);
	writer_u16(&w, header->id);
	writer_u16(&w, (uint16_t)(header->flags | header->fragment_offset / 8));
	writer_u8(&w, header->ttl);
	writer_u8(&w, header->protocol);
	writer_u16(&w, 0);
	writer_u32(&w, header->src);
	writer_u32(&w, header->dst);
	if (header->options_len)
		writer_copy(&w, header->options, header->options_len);
	ip4_header_set_checksum(to, len);
}
