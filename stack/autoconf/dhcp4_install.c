/* What a lease brings: an address, routes, an MTU, name servers. */
#include <errno.h>

#include "autoconf/dhcp4_internal.h"

#define MTU_MIN 576 /* less is a mistake: RFC 1122, 3.3.3 */

/* ------------------------------------------------------------------ routes */

static void remove_routes(struct autoconf_link *link)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);

	while (dhcp4->route_count > 0)
		ip_route_remove(link->ip, &dhcp4->route[--dhcp4->route_count]);
}

/* With the lowest metric of the interface that is free: the first router first,
 * and the first interface; all behind those by hand. */
static int insert_route(struct autoconf_link *link, struct pyt_route *route)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);
	uint32_t lowest = PYT_METRIC_DHCP +
			  (uint32_t)(link->iface->ifindex - 2) * PYT_METRICS;
	int result = -ENOSPC;

	if (dhcp4->route_count ==
	    (int)(sizeof(dhcp4->route) / sizeof(*dhcp4->route)))
		return -ENOSPC;
	route->src = pyt_ip_from_v4(dhcp4->lease.ip);
	route->owners = PYT_ROUTE_OF_DHCP;
	for (uint32_t i = 0; i < PYT_METRICS; i++) {
		route->metric = lowest + i;
		result = ip_route_add(link->ip, route);
		if (result != -EEXIST)
			break;
	}
	if (result == 0)
		dhcp4->route[dhcp4->route_count++] = *route;
	return result;
}

/* A router outside of the subnet is on the link all the same: RFC 3442 has
 * servers say so; some give /32 and no route. */
static int insert_router(struct autoconf_link *link,
			 const struct pyt_ip *gateway)
{
	struct pyt_route route = { .prefix = *gateway,
				   .prefix_len = 32,
				   .gateway = pyt_ip_from_v4(0),
				   .ifindex = link->iface->ifindex };

	return insert_route(link, &route);
}

static void add_route(struct autoconf_link *link,
		      const struct dhcp4_route *from)
{
	struct pyt_route route = { .prefix = pyt_ip_from_v4(from->prefix),
				   .prefix_len = from->prefix_len,
				   .gateway = pyt_ip_from_v4(from->gateway),
				   .ifindex = link->iface->ifindex };
	int result = insert_route(link, &route);

	if (result == -ENETUNREACH && insert_router(link, &route.gateway) == 0)
		insert_route(link, &route);
}

/* --------------------------------------------------------------------- MTU */

static void set_mtu(struct autoconf_link *link, uint16_t mtu)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);
	struct pyt_iface_config *config = &link->iface->config;

	if (dhcp4->mtu_before)
		config->mtu = dhcp4->mtu_before;
	dhcp4->mtu_before = 0;
	if (mtu < MTU_MIN || mtu >= config->mtu)
		return;
	dhcp4->mtu_before = config->mtu;
	config->mtu = mtu;
}

/* ----------------------------------------------------------------- results */

static void put_results(struct autoconf_link *link, int64_t now_us)
{
	const struct dhcp4 *dhcp4 = dhcp4_of(link);
	const struct dhcp4_lease *lease = &dhcp4->lease;

	autoconf_clear_results(link, PYT_METHOD_DHCP4);
	for (int i = 0; i < lease->server_count; i++) {
		struct pyt_ip ip = pyt_ip_from_v4(lease->server[i]);

		autoconf_put_server(link, PYT_METHOD_DHCP4, &ip, dhcp4->end_us,
				    now_us);
	}
	for (int i = 0; i < lease->domain_count; i++)
		autoconf_put_domain(link, PYT_METHOD_DHCP4, lease->domain[i],
				    dhcp4->end_us, now_us);
	if (lease->uri[0])
		autoconf_put_portal(link, PYT_METHOD_DHCP4, lease->uri,
				    strlen(lease->uri));
}

/* --------------------------------------------------------------------- all */

void dhcp4_install_options(struct autoconf_link *link, int64_t now_us)
{
	const struct dhcp4_lease *lease = &dhcp4_of(link)->lease;

	remove_routes(link);
	for (int i = 0; i < lease->route_count; i++)
		add_route(link, &lease->route[i]);
	set_mtu(link, lease->mtu);
	put_results(link, now_us);
}

void dhcp4_install(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);
	struct ip_new_address address = {
		.ip = pyt_ip_from_v4(dhcp4->lease.ip),
		.prefix_len = dhcp4->lease.prefix_len,
		.method = PYT_METHOD_DHCP4,
		.preferred_until_us = dhcp4->end_us,
		.valid_until_us = dhcp4->end_us,
		.yields = true,
	};
	const struct iface_address *old;

	if (dhcp4->installed && dhcp4->ip != dhcp4->lease.ip)
		dhcp4_uninstall(link, now_us);
	old = iface_address_find(link->iface, &address.ip);
	if (old && old->prefix_len != address.prefix_len)
		dhcp4_uninstall(link, now_us);
	autoconf_address_put(link, &address, now_us);
	dhcp4_install_options(link, now_us);
	dhcp4->installed = true;
	dhcp4->ip = dhcp4->lease.ip;
}

void dhcp4_uninstall(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);
	struct pyt_ip ip = pyt_ip_from_v4(dhcp4->ip);

	remove_routes(link);
	set_mtu(link, 0);
	autoconf_clear_results(link, PYT_METHOD_DHCP4);
	if (dhcp4->installed)
		autoconf_address_remove(link, &ip, now_us);
	dhcp4->installed = false;
}
