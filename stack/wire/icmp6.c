/* ICMPv6 messages. RFC 4443. */
#include "wire/icmp6.h"

#include "base/checksum.h"
#include "base/writer.h"
#include "wire/ip6.h"

bool icmp6_header_parse(struct reader *message, struct icmp6_header *header)
{
	struct reader r = *message;
	struct icmp6_header h;

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

void icmp6_header_build(uint8_t *to, const struct icmp6_header *header)
{
	struct writer w = writer_init(to, ICMP6_HEADER_LEN);

	writer_u8(&w, header->type);
	writer_u8(&w, header->code);
	writer_u16(&w, 0);
	writer_u32(&w, header->rest);
}

static uint64_t sum_of(const uint8_t *message, size_t len,
		       const struct pyt_ip *src, const struct pyt_ip *dst)
{
	uint64_t sum =
		checksum_pseudo_header(src, dst, IP6_ICMP, (uint32_t)len);

	return checksum_add(sum, message, len);
}

void icmp6_set_checksum(uint8_t *message, size_t len, const struct pyt_ip *src,
			const struct pyt_ip *dst)
{
	uint16_t sum;

	message[ICMP6_CHECKSUM_OFFSET] = 0;
	message[ICMP6_CHECKSUM_OFFSET + 1] = 0;
	sum = checksum_finish(sum_of(message, len, src, dst));
	message[ICMP6_CHECKSUM_OFFSET] = (uint8_t)(sum >> 8);
	message[ICMP6_CHECKSUM_OFFSET + 1] = (uint8_t)sum;
}

bool icmp6_checksum_is_right(const uint8_t *message, size_t len,
			     const struct pyt_ip *src, const struct pyt_ip *dst)
{
	return checksum_finish(sum_of(message, len, src, dst)) == 0;
}
