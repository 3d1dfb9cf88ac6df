/* ARP for IPv4 over Ethernet, RFC 826. */
#ifndef WIRE_ARP_H
#define WIRE_ARP_H

#include "base/reader.h"

#define ARP_LEN 28

enum arp_operation {
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
};

struct arp_packet {
	uint16_t operation;
	uint8_t sender_mac[6];
	uint32_t sender_ip;
	uint8_t target_mac[6];
	uint32_t target_ip;
};

/* False: too short, or not for IPv4 over Ethernet (either of RFC 5494's
 * hardware types that Ethernet uses: 1 and, IEEE 802, 6). */
bool arp_parse(struct reader *payload, struct arp_packet *arp);
/* Writes ARP_LEN bytes. */
void arp_build(uint8_t *to, const struct arp_packet *arp);

#endif
