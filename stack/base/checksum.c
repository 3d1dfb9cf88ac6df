/*
 * The Internet checksum, RFC 1071. Words of 64 bits are added as the machine
 * reads them, in four chains that do not wait for each other; the byte order
 * is put right once, on the 16 bits that remain (section 2, B).
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/checksum.h"

/* One's complement addition: the carry comes back in at the low end. */
static inline uint64_t add(uint64_t sum, uint64_t word)
{
	sum += word;
	return sum + (sum < word);
}

static inline uint64_t word_at(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

/* The last 0..31 bytes; an odd one is padded with zero. */
static uint64_t add_tail(uint64_t sum, const uint8_t *at, size_t len)
{
	uint64_t last = 0;

	for (; len >= 8; at += 8, len -= 8)
		sum = add(sum, word_at(at));
	memcpy(&last, at, len);
	return add(sum, last);
}

uint64_t checksum_add(uint64_t sum, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint64_t a = 0, b = 0, c = 0, d = 0;

	if (len == 0)
		return sum;
	for (; len >= 32; at += 32, len -= 32) {
		a = add(a, word_at(at));
		b = add(b, word_at(at + 8));
		c = add(c, word_at(at + 16));
		d = add(d, word_at(at + 24));
	}
	a = add_tail(add(add(a, b), add(c, d)), at, len);
	return add(sum, ntohs(checksum_fold(a)));
}

uint64_t checksum_pseudo_header(const struct pyt_ip *src,
				const struct pyt_ip *dst, uint8_t protocol,
				uint32_t payload_len)
{
	size_t skip = pyt_ip_is_v4(src) ? 12 : 0;
	uint64_t sum = (uint64_t)protocol + payload_len;

	sum = checksum_add(sum, src->bytes + skip, 16 - skip);
	return checksum_add(sum, dst->bytes + skip, 16 - skip);
}
