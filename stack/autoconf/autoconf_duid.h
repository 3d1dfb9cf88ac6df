/*
 * Who we are for DHCP servers of both families (RFC 4361, 6.1; RFC 8415, 11):
 * a DUID-LL of the interface's MAC, which is the same at each start.
 */
#ifndef AUTOCONF_AUTOCONF_DUID_H
#define AUTOCONF_AUTOCONF_DUID_H

#include <string.h>

#include "autoconf/autoconf_method.h"

#define AUTOCONF_DUID_LEN 10
#define AUTOCONF_IAID_LEN 4

static inline void autoconf_duid(const struct autoconf_link *link,
				 uint8_t duid[AUTOCONF_DUID_LEN])
{
	static const uint8_t link_layer_ethernet[4] = { 0, 3, 0, 1 };

	memcpy(duid, link_layer_ethernet, 4);
	memcpy(duid + 4, link->iface->config.mac, 6);
}

static inline void autoconf_iaid(const struct autoconf_link *link,
				 uint8_t iaid[AUTOCONF_IAID_LEN])
{
	memcpy(iaid, link->iface->config.mac + 2, AUTOCONF_IAID_LEN);
}

#endif
