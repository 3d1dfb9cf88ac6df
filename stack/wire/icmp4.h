/* ICMP messages, RFC 792. */
#ifndef WIRE_ICMP4_H
#define WIRE_ICMP4_H

#include "base/reader.h"

#define ICMP4_HEADER_LEN 8

enum icmp4_type {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_UNREACHABLE = 3,
	ICMP4_SOURCE_QUENCH = 4, /* deprecated: RFC 6633 */
	ICMP4_REDIRECT = 5,
	ICMP4_ECHO = 8,
	ICMP4_ROUTER_ADVERTISEMENT = 9,
	ICMP4_ROUTER_SOLICITATION = 10,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAMETER_PROBLEM = 12,
	ICMP4_TIMESTAMP = 13,
	ICMP4_TIMESTAMP_REPLY = 14,
	ICMP4_INFO_REQUEST = 15, /* 15..18, 30..39: RFC 6918 */
	ICMP4_INFO_REPLY = 16,
	ICMP4_MASK_REQUEST = 17,
	ICMP4_MASK_REPLY = 18,
};

enum icmp4_unreachable_code {
	ICMP4_NET_UNREACHABLE = 0,
	ICMP4_HOST_UNREACHABLE = 1,
	ICMP4_PROTOCOL_UNREACHABLE = 2,
	ICMP4_PORT_UNREACHABLE = 3,
	ICMP4_FRAGMENTATION_NEEDED = 4,
	ICMP4_SOURCE_ROUTE_FAILED = 5,
};

enum icmp4_time_exceeded_code {
	ICMP4_TTL_EXCEEDED = 0,
	ICMP4_REASSEMBLY_TIME_EXCEEDED = 1,
};

struct icmp4_header {
	uint8_t type, code;
	uint32_t rest; /* bytes 4..7: ID and number, MTU, pointer */
};

/* message goes on behind the header; the sum is the caller's to verify. */
bool icmp4_header_parse(struct reader *message, struct icmp4_header *header);
/* Writes ICMP4_HEADER_LEN bytes; the checksum field is left zero. */
void icmp4_header_build(uint8_t *to, const struct icmp4_header *header);
/* Over the whole message in wire format. */
void icmp4_set_checksum(uint8_t *message, size_t len);

/* Whether a message of this type quotes a packet in error. */
bool icmp4_is_error(uint8_t type);

#endif
