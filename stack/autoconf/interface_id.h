/*
 * The lower half of IPv6 addresses: stable but opaque (RFC 7217), random for
 * a while (RFC 8981), or made of the MAC (RFC 4291, appendix A).
 */
#ifndef AUTOCONF_INTERFACE_ID_H
#define AUTOCONF_INTERFACE_ID_H

#include <pyt/addr.h>

#include "base/engine.h"

/* The same for the same prefix, MAC, number of conflicts and secret. */
void interface_id_stable(const struct engine *engine, const uint8_t mac[6],
			 unsigned conflicts, struct pyt_ip *ip);
void interface_id_random(struct engine *engine, struct pyt_ip *ip);
void interface_id_of_mac(const uint8_t mac[6], struct pyt_ip *ip);
/* RFC 5453: never a host's own. */
bool interface_id_is_reserved(const struct pyt_ip *ip);

#endif
