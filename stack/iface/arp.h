/* ARP on an Ethernet interface: RFC 826; RFC 1122, 2.3.2; RFC 5227. */
#ifndef IFACE_ARP_H
#define IFACE_ARP_H

#include "iface/neighbour.h"
#include "wire/arp.h"

/* Asks for neighbour->ip; to mac alone, or to everybody if it is NULL. */
void arp_solicit(struct neighbour_cache *cache, struct neighbour *neighbour,
		 const uint8_t *mac);

/*
 * A received ARP packet. target_is_ours: its target is an address of one of
 * the stack's interfaces. COUNTER_NONE, or why it was ignored (counted).
 */
enum counter arp_input(struct iface *iface, const struct arp_packet *arp,
		       bool to_everybody, bool target_is_ours, int64_t now_us);

/* A request in everybody's sight; sender 0: a probe (RFC 5227, 1.1). */
void arp_broadcast_request(struct iface *iface, uint32_t sender_ip,
			   uint32_t target_ip);

/* To mac alone. RFC 4436, 4.3: sender_ip need not be ours (yet). */
void arp_unicast_request(struct iface *iface, uint32_t sender_ip,
			 uint32_t target_ip, const uint8_t mac[6]);

#endif
