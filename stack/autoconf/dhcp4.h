/*
 * The DHCPv4 client: RFC 2131, with 4361 (identifier), 4436 (DNAv4), 5227
 * (conflicts), 6842 and 8925. The rooms: dhcp4.c (states and timers),
 * dhcp4_input.c (what servers say), dhcp4_send.c (what they are told),
 * dhcp4_install.c (address, routes, results), dhcp4_lease.c (options).
 */
#ifndef AUTOCONF_DHCP4_H
#define AUTOCONF_DHCP4_H

#include "autoconf/autoconf_method.h"

extern const struct autoconf_method dhcp4_method;

/* RFC 8925: the network wants to be used without IPv4. */
bool dhcp4_does_without(const struct autoconf_link *link);

#endif
