/* ifconfig DEVICE add, route -A inet6: addresses and routes of IPv6. */
#include "iface_change6.h"

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>

#include <pyt/view.h>

#include "server.h"

#define FLAG_GATEWAY 2 /* RTF_GATEWAY */

/* linux/ipv6.h and linux/ipv6_route.h do not go with the C library's. */
struct address_change { /* struct in6_ifreq */
	uint8_t ip[16];
	uint32_t prefix_len;
	int ifindex;
};

struct route_change { /* struct in6_rtmsg */
	uint8_t prefix[16], src[16], gateway[16];
	uint32_t type;
	uint16_t prefix_len, src_len;
	uint32_t metric;
	unsigned long info;
	uint32_t flags;
	int ifindex;
};

size_t iface_change6_len(unsigned long request)
{
	switch (request) {
	case SIOCSIFADDR:
	case SIOCDIFADDR:
		return sizeof(struct address_change);
	case SIOCADDRT:
	case SIOCDELRT:
		return sizeof(struct route_change);
	default:
		return 0;
	}
}

static int change_address(struct server *server, bool add,
			  const struct address_change *change)
{
	struct pyt_ip ip;

	memcpy(ip.bytes, change->ip, sizeof(ip.bytes));
	if (pyt_ip_is_v4(&ip))
		return -EINVAL;
	if (!add)
		return pyt_address_remove(server->stack, change->ifindex, &ip,
					  server->now_us);
	return pyt_address_add(server->stack, change->ifindex, &ip,
			       change->prefix_len, server->now_us);
}

static int change_route(struct server *server, bool add,
			const struct route_change *change)
{
	struct pyt_route route = { .prefix_len = change->prefix_len,
				   .ifindex = change->ifindex,
				   .metric = change->metric };

	memcpy(route.prefix.bytes, change->prefix, sizeof(route.prefix.bytes));
	if (change->flags & FLAG_GATEWAY)
		memcpy(route.gateway.bytes, change->gateway,
		       sizeof(route.gateway.bytes));
	if (change->src_len)
		return -EINVAL;
	return add ? pyt_route_add(server->stack, &route)
		   : pyt_route_remove(server->stack, &route);
}

int iface_change6(struct server *server, unsigned long request,
		  const void *argument)
{
	struct address_change address;
	struct route_change route;

	if (iface_change6_len(request) == sizeof(address)) {
		memcpy(&address, argument, sizeof(address));
		return change_address(server, request == SIOCSIFADDR, &address);
	}
	memcpy(&route, argument, sizeof(route));
	return change_route(server, request == SIOCADDRT, &route);
}
