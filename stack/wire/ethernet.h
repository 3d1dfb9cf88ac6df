/*
 * Ethernet II frames (RFC 894), and those of IEEE 802.3 with LLC and SNAP
 * on the way in (RFC 1042; a host must accept them: RFC 1122, 2.3.3).
 */
#ifndef WIRE_ETHERNET_H
#define WIRE_ETHERNET_H

#include "base/reader.h"

#define ETHERNET_HEADER_LEN 14
#define ETHERNET_ADDRESS_LEN 6

enum ethernet_type {
	ETHERNET_TYPE_IP4 = 0x0800,
	ETHERNET_TYPE_ARP = 0x0806,
	ETHERNET_TYPE_IP6 = 0x86dd,
};

struct ethernet_header {
	uint8_t dst[ETHERNET_ADDRESS_LEN];
	uint8_t src[ETHERNET_ADDRESS_LEN];
	uint16_t type; /* of Ethernet II, or what SNAP carried */
};

/* frame goes on to the payload; 802.3 padding is cut off. */
bool ethernet_header_parse(struct reader *frame,
			   struct ethernet_header *header);
/* Writes ETHERNET_HEADER_LEN bytes. */
void ethernet_header_build(uint8_t *to, const struct ethernet_header *header);

static inline bool ethernet_is_group(const uint8_t address[6])
{
	return address[0] & 1;
}

extern const uint8_t ethernet_broadcast[ETHERNET_ADDRESS_LEN];

/* 01-00-5e and the low 23 bits of the group; RFC 1112, 6.4. */
void ethernet_from_group4(uint32_t group, uint8_t address[6]);
/* 33-33 and the last four bytes of the group; RFC 2464, 7. */
void ethernet_from_group6(const uint8_t group[16], uint8_t address[6]);

#endif
