/*
 * Neighbour discovery of a host on one link: solicitations and
 * advertisements. RFC 4861, 7; RFC 4862, 5.4; RFC 7527. What concerns routers
 * is autoconf's, redirects are ip's.
 */
#ifndef IFACE_ND_H
#define IFACE_ND_H

#include "iface/neighbour.h"
#include "wire/nd.h"

/*
 * Asks for neighbour->ip; mac alone, or its solicited-node group if that is
 * NULL. 0: sent; else so long (us) it is too early to ask.
 */
int64_t nd_solicit(struct neighbour_cache *cache, struct neighbour *neighbour,
		   const uint8_t *mac, int64_t now_us);

/*
 * Received ones whose sum, hop limit, code and lengths are right. COUNTER_NONE
 * or why it was ignored (not counted).
 */
enum counter nd_input_solicitation(const struct packet_in *packet,
				   const struct nd_solicitation *nd);
enum counter nd_input_advertisement(const struct packet_in *packet,
				    const struct nd_advertisement *nd);

/* RFC 4861, 7.2.7: whoever has asked for the anycast address last. */
void nd_answer_anycast(struct iface *iface, struct iface_address *address);

/* RFC 4861, 7.2.6: an advertisement to all nodes that nobody asked for. */
void nd_announce(struct iface *iface, const struct iface_address *address);

/*
 * Any ND message from the ICMPv6 type on, its sum still to be made; dst's own
 * link-layer address where it is a group, else mac.
 */
void nd_send(struct iface *iface, const struct pyt_ip *src,
	     const struct pyt_ip *dst, const uint8_t *mac,
	     struct writer *message);

#endif
