/*
 * What a DHCPv4 server grants with an ACK, or offers: the options of RFC 2132
 * and its successors in host byte order, checked and bounded.
 */
#ifndef AUTOCONF_DHCP4_LEASE_H
#define AUTOCONF_DHCP4_LEASE_H

#include <pyt/stack.h>

#include "wire/dhcp4.h"

#define DHCP4_ROUTES_MAX 32
#define DHCP4_SERVERS_MAX 8
#define DHCP4_DOMAINS_MAX 8
#define DHCP4_URI_MAX 255
#define DHCP4_FOREVER UINT32_MAX /* of a time in seconds */

struct dhcp4_route {
	uint32_t prefix;
	unsigned prefix_len;
	uint32_t gateway; /* 0: on the link */
};

struct dhcp4_lease {
	uint32_t ip;
	unsigned prefix_len;
	uint32_t server_id;
	uint32_t lease_s, t1_s, t2_s; /* t1_s <= t2_s <= lease_s */
	struct dhcp4_route route[DHCP4_ROUTES_MAX];
	int route_count;
	uint32_t server[DHCP4_SERVERS_MAX];
	int server_count;
	char domain[DHCP4_DOMAINS_MAX][PYT_DOMAIN_MAX];
	int domain_count;
	uint16_t mtu; /* 0: not told */
	bool has_ipv6_only;
	uint32_t ipv6_only_s; /* RFC 8925: do without IPv4 so long */
	char uri[DHCP4_URI_MAX + 1]; /* captive portal; "": none */
};

/*
 * False: no address that a host can have, no server, or with needs_time no
 * lease time. What is malformed beyond that is left out.
 */
bool dhcp4_lease_parse(const struct dhcp4_message *message, bool needs_time,
		       struct dhcp4_lease *lease);

#endif
