/*
 * DHCPv6 client: addresses, delegated prefixes, name servers, as router
 * advertisements ask for it. RFC 8415; RFC 3646; RFC 4862, 5.5.2.
 */
#ifndef AUTOCONF_DHCP6_H
#define AUTOCONF_DHCP6_H

#include "autoconf/autoconf_method.h"

extern const struct autoconf_method dhcp6_method;

/* What the M and O flags of the last advertisement say; RFC 4861, 4.2. */
void dhcp6_on_advertisement(struct autoconf_link *link,
			    const struct packet_in *packet, bool managed,
			    bool other);

/* A prefix is new on the link, or not to be used any more. */
void dhcp6_on_prefix_news(struct autoconf_link *link, int64_t now_us);

#endif
