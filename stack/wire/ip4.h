/* The IPv4 header, RFC 791, 3.1. */
#ifndef WIRE_IP4_H
#define WIRE_IP4_H

#include "base/reader.h"

#define IP4_HEADER_LEN 20 /* without options */
#define IP4_HEADER_LEN_MAX 60
#define IP4_OPTIONS_LEN_MAX 40
#define IP4_LEN_MAX 65535

enum ip4_flag {
	IP4_MORE_FRAGMENTS = 0x2000,
	IP4_DONT_FRAGMENT = 0x4000,
	IP4_RESERVED_FLAG = 0x8000,
};

enum ip4_option {
	IP4_OPTION_END = 0,
	IP4_OPTION_NOP = 1,
	IP4_OPTION_RECORD_ROUTE = 7,
	IP4_OPTION_TIMESTAMP = 68,
	IP4_OPTION_LOOSE_SOURCE_ROUTE = 131,
	IP4_OPTION_CIPSO = 134,
	IP4_OPTION_STRICT_SOURCE_ROUTE = 137,
	IP4_OPTION_ROUTER_ALERT = 148,
	IP4_OPTION_COPIED = 0x80, /* bit: stands in every fragment */
};

struct ip4_header {
	uint8_t tos;
	uint16_t len; /* header and payload */
	uint16_t id;
	uint16_t flags; /* set of enum ip4_flag */
	uint32_t fragment_offset; /* bytes */
	uint8_t ttl;
	uint8_t protocol;
	uint32_t src, dst;
	const uint8_t *options; /* behind the fixed part; or NULL */
	uint8_t options_len; /* multiple of 4 */
};

enum ip4_fault {
	IP4_FAULT_NONE,
	IP4_FAULT_SHORT, /* fewer bytes than the header says */
	IP4_FAULT_VERSION,
	IP4_FAULT_HEADER_LEN,
	IP4_FAULT_CHECKSUM,
	IP4_FAULT_LEN,
};

/* packet goes on to the payload, link padding cut; untouched on a fault. */
enum ip4_fault ip4_header_parse(struct reader *packet,
				struct ip4_header *header);
/*
 * The same for the packet that an ICMP message quotes: it may be cut short
 * and its sum is of no interest.
 */
bool ip4_header_parse_quoted(struct reader *packet, struct ip4_header *header);

static inline uint32_t ip4_header_len(const struct ip4_header *header)
{
	return IP4_HEADER_LEN + header->options_len;
}

/* Writes ip4_header_len() bytes, the checksum included. */
void ip4_header_build(uint8_t *to, const struct ip4_header *header);

/* Puts the right sum into a header in wire format. */
void ip4_header_set_checksum(uint8_t *header, uint32_t header_len);

#endif
