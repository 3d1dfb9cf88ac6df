/*
 * Address conflict detection, RFC 5227. Addresses are in use from the first
 * moment and probed beside it, but for those that wait. The timers and events
 * are those of IPv6's duplicate address detection as well; see dad.h.
 */
#ifndef IFACE_CONFLICT_H
#define IFACE_CONFLICT_H

#include "iface/iface.h"
#include "wire/arp.h"

/* Begins to probe; on a link without ARP, or with detection off, nothing. */
void conflict_start(struct iface *iface, struct iface_address *address,
		    int64_t now_us);
/* Whether the packet shows another user of one of our addresses. */
bool conflict_input(struct iface *iface, const struct arp_packet *arp,
		    int64_t now_us);
/* The event of it, and a line in the log. */
void conflict_tell(struct iface *iface, struct iface_address *address,
		   const uint8_t mac[6]);
/* True: an address that waited is ours now. */
bool conflict_run_timers(struct iface *iface, int64_t now_us);
int64_t conflict_next_deadline(const struct iface *iface);
/* The next conflict that was not told yet. 1 and *event, or 0. */
int conflict_next_event(struct iface *iface, struct pyt_event *event);

#endif
