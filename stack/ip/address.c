/* The addresses of interfaces: given, changed, taken away. */
#include <errno.h>
#include <string.h>

#include "iface/conflict.h"
#include "ip/ip_internal.h"

/* Of the route to its subnet; 0 says nothing. */
static uint32_t route_metric(const struct pyt_ip *address, uint32_t metric)
{
	if (metric == 0 && !pyt_ip_is_v4(address))
		return PYT_METRIC6_KERNEL;
	return metric;
}

static struct pyt_route connected_route(const struct iface *iface,
					const struct pyt_ip *address,
					unsigned prefix_len, uint32_t metric)
{
	unsigned bits = prefix_len + (pyt_ip_is_v4(address) ? 96 : 0);
	struct pyt_route route = {
		.prefix = *address,
		.prefix_len = prefix_len,
		.gateway = { .bytes = { 0 } },
		.ifindex = iface->ifindex,
		.metric = route_metric(address, metric),
		.owners = PYT_ROUTE_OF_ADDRESS,
	};

	for (unsigned i = bits; i < 128; i++)
		route.prefix.bytes[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	if (pyt_ip_is_v4(address))
		route.gateway = pyt_ip_from_v4(0);
	return route;
}

static bool may_be_address(const struct pyt_ip *address, unsigned prefix_len)
{
	bool v4 = pyt_ip_is_v4(address);

	return prefix_len <= (v4 ? 32u : 128u) &&
	       !pyt_ip_is_unspecified(address) &&
	       !pyt_ip_is_multicast(address) &&
	       !(v4 && pyt_ip_to_v4(address) == 0xffffffff);
}

int ip_address_add(struct ip *ip, int ifindex, const struct pyt_ip *address,
		   unsigned prefix_len, int64_t now_us)
{
	struct ip_new_address new = { .ip = *address,
				      .prefix_len = prefix_len,
				      .method = PYT_METHOD_STATIC,
				      .preferred_until_us = TIME_NEVER,
				      .valid_until_us = TIME_NEVER };
	const struct iface *iface = ip_iface(ip, ifindex);

	if (iface && iface_address_find((struct iface *)iface, address))
		return -EEXIST;
	return ip_address_put(ip, ifindex, &new, now_us);
}

static int insert_address(struct ip *ip, struct iface *iface,
			  const struct ip_new_address *new,
			  struct iface_address **address)
{
	struct pyt_route route =
		connected_route(iface, &new->ip, new->prefix_len, new->metric);
	int result = iface_address_add(iface, &new->ip, new->prefix_len);

	if (result < 0)
		return result;
	if (!new->no_route)
		result = ip_route_claim(ip, &route);
	if (result < 0) {
		iface_address_remove(iface, &new->ip);
		return result;
	}
	*address = iface_address_find(iface, &new->ip);
	(*address)->method = new->method;
	(*address)->waits = new->waits;
	(*address)->yields = new->yields;
	(*address)->temporary = new->temporary;
	(*address)->no_route = new->no_route;
	(*address)->metric = new->metric;
	return 0;
}

int ip_address_put(struct ip *ip, int ifindex, const struct ip_new_address *new,
		   int64_t now_us)
{
	struct iface *iface = ip_iface(ip, ifindex);
	struct iface_address *address;
	bool is_new;
	int result = 0;

	if (!iface)
		return -ENODEV;
	if (!may_be_address(&new->ip, new->prefix_len) ||
	    (!pyt_ip_is_v4(&new->ip) && iface->ip6_disabled))
		return -EINVAL;
	address = iface_address_find(iface, &new->ip);
	is_new = !address;
	if (!is_new && address->method != new->method)
		return -EEXIST;
	if (is_new)
		result = insert_address(ip, iface, new, &address);
	if (result < 0)
		return result;
	address->preferred_until_us = new->preferred_until_us;
	address->valid_until_us = new->valid_until_us;
	ip->route_changes++;
	if (is_new) {
		ip6_join_solicited(ip, iface, &new->ip, now_us);
		if (!new->no_dad)
			conflict_start(iface, address, now_us);
	}
	return 0;
}

static bool shares_subnet(const struct iface *iface,
			  const struct pyt_route *route)
{
	for (int i = 0; i < iface->address_count; i++) {
		const struct iface_address *a = &iface->address[i];

		if (!a->no_route && a->prefix_len == route->prefix_len &&
		    route_metric(&a->ip, a->metric) == route->metric &&
		    pyt_ip_in_prefix(&a->ip, &route->prefix, a->prefix_len))
			return true;
	}
	return false;
}

int ip_address_remove(struct ip *ip, int ifindex, const struct pyt_ip *address,
		      int64_t now_us)
{
	struct iface *iface = ip_iface(ip, ifindex);
	struct pyt_ip removed = *address; /* which may stand in the list */
	const struct iface_address *own;
	struct pyt_route route;
	bool no_route;

	if (!iface)
		return -ENODEV;
	own = iface_address_find(iface, address);
	if (!own)
		return -EADDRNOTAVAIL;
	route = connected_route(iface, address, own->prefix_len, own->metric);
	no_route = own->no_route;
	ip->route_changes++;
	ip6_leave_solicited(ip, iface, address, now_us);
	iface_address_remove(iface, address);
	if (!no_route && !shares_subnet(iface, &route))
		ip_route_disclaim(ip, &route);
	if (!ip_is_local(ip, &removed))
		route_forget_source(ip, &removed);
	return 0;
}

/* -------------------------------------------------- of the administrator */

/* The route to its subnet comes, goes, or gets another metric. */
static int change_route(struct ip *ip, const struct iface *iface,
			struct iface_address *own, bool no_route,
			uint32_t metric)
{
	struct pyt_route old =
		connected_route(iface, &own->ip, own->prefix_len, own->metric);
	struct pyt_route new =
		connected_route(iface, &own->ip, own->prefix_len, metric);
	bool had_route = !own->no_route;
	int result;

	if (had_route == !no_route && own->metric == metric)
		return 0;
	result = no_route ? 0 : ip_route_claim(ip, &new);
	if (result < 0)
		return result;
	own->no_route = no_route;
	own->metric = metric;
	if (had_route && !shares_subnet(iface, &old))
		ip_route_disclaim(ip, &old);
	return 0;
}

static bool ends_in_order(const struct pyt_address_info *info, int64_t now_us)
{
	return info->valid_until_us > now_us &&
	       info->preferred_until_us <= info->valid_until_us;
}

static int change_address(struct ip *ip, const struct iface *iface,
			  struct iface_address *own,
			  const struct pyt_address_info *info)
{
	bool no_route = info->flags & PYT_ADDRESS_NO_ROUTE;
	int result;

	/* a method's own may have none anyway */
	if (own->method == PYT_METHOD_STATIC || no_route) {
		result = change_route(ip, iface, own, no_route, info->metric);
		if (result < 0)
			return result;
	}
	own->preferred_until_us = info->preferred_until_us;
	own->valid_until_us = info->valid_until_us;
	own->flags = info->flags;
	memcpy(own->label, info->label, sizeof(own->label));
	own->label[sizeof(own->label) - 1] = '\0';
	ip->route_changes++;
	return 0;
}

int ip_address_set(struct ip *ip, const struct pyt_address_info *info,
		   int64_t now_us)
{
	struct iface *iface = ip_iface(ip, info->ifindex);
	struct ip_new_address new = {
		.ip = info->ip,
		.prefix_len = info->prefix_len,
		.method = PYT_METHOD_STATIC,
		.preferred_until_us = info->preferred_until_us,
		.valid_until_us = info->valid_until_us,
		.no_route = info->flags & PYT_ADDRESS_NO_ROUTE,
		.metric = info->metric,
		.no_dad = info->flags & PYT_ADDRESS_NO_DAD,
	};
	struct iface_address *own;
	int result;

	if (!iface)
		return -ENODEV;
	if (!ends_in_order(info, now_us))
		return -EINVAL;
	own = iface_address_find(iface, &info->ip);
	if (own && (own->prefix_len != info->prefix_len ||
		    own->state == IFACE_ADDRESS_ANYCAST))
		return -EEXIST;
	if (!own) {
		result = ip_address_put(ip, info->ifindex, &new, now_us);
		if (result < 0)
			return result;
		own = iface_address_find(iface, &info->ip);
	}
	return change_address(ip, iface, own, info);
}

int64_t address_next_deadline(const struct iface *iface)
{
	int64_t deadline_us = TIME_NEVER;

	for (int i = 0; i < iface->address_count; i++) {
		const struct iface_address *own = &iface->address[i];

		if (own->method == PYT_METHOD_STATIC &&
		    own->valid_until_us < deadline_us)
			deadline_us = own->valid_until_us;
	}
	return deadline_us;
}

void address_run_timers(struct ip *ip, const struct iface *iface,
			int64_t now_us)
{
	for (int i = iface->address_count - 1; i >= 0; i--) {
		const struct iface_address *own = &iface->address[i];
		struct pyt_ip address = own->ip;

		if (own->method == PYT_METHOD_STATIC &&
		    own->valid_until_us <= now_us)
			ip_address_remove(ip, iface->ifindex, &address, now_us);
	}
}

/* Number ordinal of those that are shown; *ordinal: how many are left. */
static const struct iface_address *shown_at(const struct iface *iface,
					    int *ordinal)
{
	for (int i = 0; i < iface->address_count; i++) {
		const struct iface_address *own = &iface->address[i];

		if (own->state != IFACE_ADDRESS_ANYCAST && (*ordinal)-- == 0)
			return own;
	}
	return NULL;
}

int ip_address_get(const struct ip *ip, int ordinal,
		   struct pyt_address_info *info)
{
	for (int i = 0; ordinal >= 0 && i < ip->iface_count; i++) {
		const struct iface *iface = ip->iface[i];
		const struct iface_address *own = shown_at(iface, &ordinal);

		if (!own)
			continue;
		*info = (struct pyt_address_info){
			.ifindex = iface->ifindex,
			.ip = own->ip,
			.prefix_len = own->prefix_len,
			.preferred_until_us = own->preferred_until_us,
			.valid_until_us = own->valid_until_us,
			.flags = own->flags,
			.metric = own->metric,
			.is_tentative = own->state == IFACE_ADDRESS_TENTATIVE,
			.is_taken = own->state == IFACE_ADDRESS_CONFLICT,
			.is_autonomous = own->method == PYT_METHOD_SLAAC,
			.is_temporary = own->temporary,
		};
		memcpy(info->label, own->label, sizeof(info->label));
		return 0;
	}
	return -ENOENT;
}
