/* ICMP messages. RFC 792. */
#include "wire/icmp4.h"

#include "base/checksum.h"
#include "base/writer.h"

bool icmp4_header_parse(struct reader *message, struct icmp4_header *header)
{
	struct reader r = *message;
	struct icmp4_header h;

	h.type = reader_u8(&r);
	h.code = reader_u8(&r);
	reader_u16(&r); /* checksum */
	h.rest = reader_u32(&r);
	if (r.failed)
		return false;

	*header = h;
	*message = r;
	return true;
}

void icmp4_header_build(uint8_t *to, const struct icmp4_header *header)
{
	struct writer w = writer_init(to, ICMP4_HEADER_LEN);

	writer_u8(&w, header->type);
	writer_u8(&w, header->code);
	writer_u16(&w, 0);
	writer_u32(&w, header->rest);
}

void icmp4_set_checksum(uint8_t *message, size_t len)
{
	uint16_t sum;

	message[2] = 0;
	message[3] = 0;
	sum = checksum_finish(checksum_add(0, message, len));
	message[2] = (uint8_t)(sum >> 8);
	message[3] = (uint8_t)sum;
}

bool icmp4_is_error(uint8_t type)
{
	return type == ICMP4_UNREACHABLE || type == ICMP4_SOURCE_QUENCH ||
	       type == ICMP4_REDIRECT || type == ICMP4_TIME_EXCEEDED ||
	       type == ICMP4_PARAMETER_PROBLEM;
}
