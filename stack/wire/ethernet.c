/* Ethernet headers. RFC 894, RFC 1042. */
#include "wire/ethernet.h"

#include "base/writer.h"

#define LENGTH_MAX 1500 /* larger values are types */
#define SNAP_LEN 8

const uint8_t ethernet_broadcast[ETHERNET_ADDRESS_LEN] = { 0xff, 0xff, 0xff,
							   0xff, 0xff, 0xff };

/* DSAP, SSAP, control of unnumbered information, OUI 0; RFC 1042. */
static bool parse_snap(struct reader *r, uint16_t *type)
{
	static const uint8_t snap[SNAP_LEN - 2] = { 0xaa, 0xaa, 3, 0, 0, 0 };
	const uint8_t *bytes = reader_bytes(r, sizeof(snap));

	*type = reader_u16(r);
	return !r->failed && memcmp(bytes, snap, sizeof(snap)) == 0;
}

bool ethernet_header_parse(struct reader *frame, struct ethernet_header *header)
{
	struct reader r = *frame;
	struct ethernet_header h;

	reader_copy(&r, h.dst, sizeof(h.dst));
	reader_copy(&r, h.src, sizeof(h.src));
	h.type = reader_u16(&r);
	if (r.failed)
		return false;

	if (h.type <= LENGTH_MAX) {
		r = reader_split(&r, h.type);
		if (!parse_snap(&r, &h.type))
			return false;
	}
	*header = h;
	*frame = r;
	return true;
}

void ethernet_header_build(uint8_t *to, const struct ethernet_header *header)
{
	struct writer w = writer_init(to, ETHERNET_HEADER_LEN);

	writer_copy(&w, header->dst, sizeof(header->dst));
	writer_copy(&w, header->src, sizeof(header->src));
	writer_u16(&w, header->type);
}

void ethernet_from_group4(uint32_t group, uint8_t address[6])
{
	address[0] = 0x01;
	address[1] = 0x00;
	address[2] = 0x5e;
	address[3] = (uint8_t)(group >> 16 & 0x7f);
	address[4] = (uint8_t)(group >> 8);
	address[5] = (uint8_t)group;
}

void ethernet_from_group6(const uint8_t group[16], uint8_t address[6])
{
	address[0] = 0x33;
	address[1] = 0x33;
	memcpy(address + 2, group + 12, 4);
}
