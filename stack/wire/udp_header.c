/* The UDP header. RFC 768. */
#include "wire/udp_header.h"

#include "base/writer.h"

bool udp_header_parse(struct reader *datagram, struct udp_header *header)
{
	struct reader r = *datagram;
	struct udp_header h;

	h.src_port = reader_u16(&r);
	h.dst_port = reader_u16(&r);
	h.len = reader_u16(&r);
	h.checksum = reader_u16(&r);
	if (r.failed)
		return false;

	*header = h;
	*datagram = r;
	return true;
}

void udp_header_build(const struct udp_header *header,
		      uint8_t to[UDP_HEADER_LEN])
{
	struct writer w = writer_init(to, UDP_HEADER_LEN);

	writer_u16(&w, header->src_port);
	writer_u16(&w, header->dst_port);
	writer_u16(&w, header->len);
	writer_u16(&w, header->checksum);
}
