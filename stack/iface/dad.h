/*
 * Duplicate address detection of IPv6: RFC 4862, 5.4; optimistic (RFC 4429),
 * so that nobody waits for it; with a nonce (RFC 7527), so that an echo of
 * our own is not taken for somebody else.
 */
#ifndef IFACE_DAD_H
#define IFACE_DAD_H

#include "iface/iface.h"
#include "wire/nd.h"

/* Begins to probe; on a link without ND, or with detection off, nothing. */
void dad_start(struct iface *iface, struct iface_address *address,
	       int64_t now_us);
/* True: an address that waited is ours now. */
bool dad_on_timer(struct iface *iface, struct iface_address *address,
		  int64_t now_us);
/*
 * Somebody else's probe of one of our addresses. COUNTER_NONE: to be answered
 * (the address is defended); else why not.
 */
enum counter dad_input_probe(struct iface *iface, struct iface_address *own,
			     const struct packet_in *packet,
			     const struct nd_solicitation *nd);
/* Somebody advertises one of our addresses. */
enum counter dad_input_claim(struct iface *iface, struct iface_address *own,
			     const struct packet_in *packet);
/* How long (us) this address may not yet tell our link-layer address. */
int64_t dad_quiet_us(const struct iface *iface,
		     const struct iface_address *address, int64_t now_us);

#endif
