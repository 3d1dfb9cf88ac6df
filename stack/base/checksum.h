/* The Internet checksum, RFC 1071. Partial sums fold and add in any order. */
#ifndef BASE_CHECKSUM_H
#define BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include <pyt/addr.h>

/* Adds bytes that begin at an even offset of the sum. No folding needed. */
uint64_t checksum_add(uint64_t sum, const void *bytes, size_t len);

/* Pseudo-header of TCP, UDP and ICMPv6; RFC 9293, 3.1 and RFC 8200, 8.1. */
uint64_t checksum_pseudo_header(const struct pyt_ip *src,
				const struct pyt_ip *dst, uint8_t protocol,
				uint32_t payload_len);

/* Folded to 16 bits, host byte order, not complemented. */
uint16_t checksum_fold(uint64_t sum);

/* What goes into the field; 0 when the field is included and right. */
static inline uint16_t checksum_finish(uint64_t sum)
{
	return (uint16_t)~checksum_fold(sum);
}

#endif
