/* ICMPv6 messages, RFC 4443; the types of others' that a host meets. */
#ifndef WIRE_ICMP6_H
#define WIRE_ICMP6_H

#include <pyt/addr.h>

#include "base/reader.h"

#define ICMP6_HEADER_LEN 8
#define ICMP6_CHECKSUM_OFFSET 2

enum icmp6_type {
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER_PROBLEM = 4,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_MLD_QUERY = 130, /* RFC 2710, 3810 */
	ICMP6_MLD_REPORT = 131,
	ICMP6_MLD_DONE = 132,
	ICMP6_ROUTER_SOLICITATION = 133, /* RFC 4861 */
	ICMP6_ROUTER_ADVERTISEMENT = 134,
	ICMP6_NEIGHBOUR_SOLICITATION = 135,
	ICMP6_NEIGHBOUR_ADVERTISEMENT = 136,
	ICMP6_REDIRECT = 137,
	ICMP6_MLD2_REPORT = 143,
};

enum icmp6_unreachable_code {
	ICMP6_NO_ROUTE = 0,
	ICMP6_PROHIBITED = 1,
	ICMP6_BEYOND_SCOPE = 2,
	ICMP6_ADDRESS_UNREACHABLE = 3,
	ICMP6_PORT_UNREACHABLE = 4,
	ICMP6_POLICY_FAIL = 5,
	ICMP6_REJECT_ROUTE = 6,
};

enum icmp6_time_exceeded_code {
	ICMP6_HOP_LIMIT_EXCEEDED = 0,
	ICMP6_REASSEMBLY_TIME_EXCEEDED = 1,
};

enum icmp6_parameter_code {
	ICMP6_BAD_FIELD = 0,
	ICMP6_UNKNOWN_NEXT_HEADER = 1,
	ICMP6_UNKNOWN_OPTION = 2,
	ICMP6_INCOMPLETE_CHAIN = 3, /* RFC 7112 */
};

struct icmp6_header {
	uint8_t type, code;
	uint32_t rest; /* bytes 4..7: ID and number, MTU, pointer */
};

/* message goes on behind the header; the sum is the caller's to verify. */
bool icmp6_header_parse(struct reader *message, struct icmp6_header *header);
/* Writes ICMP6_HEADER_LEN bytes; the checksum field is left zero. */
void icmp6_header_build(uint8_t *to, const struct icmp6_header *header);
/* Over the whole message in wire format, the pseudo-header included. */
void icmp6_set_checksum(uint8_t *message, size_t len, const struct pyt_ip *src,
			const struct pyt_ip *dst);
bool icmp6_checksum_is_right(const uint8_t *message, size_t len,
			     const struct pyt_ip *src,
			     const struct pyt_ip *dst);

/* RFC 4443, 2.1: the high bit tells errors from the others. */
static inline bool icmp6_is_error(uint8_t type)
{
	return type < 128;
}

#endif
