/* The routing table, and the choice of interface, next hop and source. */
#include <errno.h>
#include <string.h>

#include "ip/ip_internal.h"

static bool same_prefix(const struct pyt_route *a, const struct pyt_route *b)
{
	return a->prefix_len == b->prefix_len &&
	       pyt_ip_equal(&a->prefix, &b->prefix);
}

static bool same_place(const struct pyt_route *a, const struct pyt_route *b)
{
	return same_prefix(a, b) && a->metric == b->metric;
}

static bool goes_before(const struct pyt_route *a, const struct pyt_route *b)
{
	if (a->prefix_len != b->prefix_len)
		return a->prefix_len > b->prefix_len;
	return a->metric < b->metric;
}

static int make_room(struct ip *ip)
{
	int size = ip->route_size ? 2 * ip->route_size : 8;
	struct pyt_route *routes;

	if (ip->route_count < ip->route_size)
		return 0;
	if (ip->route_count >= IP_ROUTES_MAX)
		return -ENOSPC;
	routes = engine_alloc(ip->engine, (size_t)size * sizeof(*routes));
	if (!routes)
		return -ENOMEM;
	if (ip->route_count)
		memcpy(routes, ip->routes,
		       (size_t)ip->route_count * sizeof(*routes));
	engine_free(ip->engine, ip->routes,
		    (size_t)ip->route_size * sizeof(*routes));
	ip->routes = routes;
	ip->route_size = size;
	return 0;
}

/* Of IPv6 several routers may offer the same: router.c chooses. Two may have
 * one link-local address, on two links. */
static bool same_route(const struct pyt_route *a, const struct pyt_route *b)
{
	if (!same_place(a, b))
		return false;
	if (!pyt_ip_is_v4(&b->prefix))
		return a->ifindex == b->ifindex &&
		       pyt_ip_equal(&a->gateway, &b->gateway);
	return a->ifindex == b->ifindex || !pyt_ip_is_unspecified(&b->gateway);
}

static struct pyt_route *find_same(struct ip *ip, const struct pyt_route *route)
{
	for (int i = 0; i < ip->route_count; i++) {
		if (same_route(&ip->routes[i], route))
			return &ip->routes[i];
	}
	return NULL;
}

static int route_insert(struct ip *ip, const struct pyt_route *route)
{
	int result = make_room(ip);
	int at = 0;

	if (result < 0)
		return result;
	while (at < ip->route_count && !goes_before(route, &ip->routes[at]))
		at++;
	memmove(&ip->routes[at + 1], &ip->routes[at],
		(size_t)(ip->route_count - at) * sizeof(*route));
	ip->routes[at] = *route;
	ip->route_count++;
	ip->route_changes++;
	return 0;
}

static void take_away(struct ip *ip, int at)
{
	ip->route_count--;
	ip->route_changes++;
	memmove(&ip->routes[at], &ip->routes[at + 1],
		(size_t)(ip->route_count - at) * sizeof(*ip->routes));
}

int ip_route_claim(struct ip *ip, const struct pyt_route *route)
{
	struct pyt_route *have = find_same(ip, route);

	if (!have)
		return route_insert(ip, route);
	have->owners |= route->owners;
	if (route->owners & PYT_ROUTE_OF_ROUTER) {
		have->until_us = route->until_us;
		have->hop_limit = route->hop_limit;
		have->mtu = route->mtu;
	}
	return 0;
}

void ip_route_disclaim(struct ip *ip, const struct pyt_route *route)
{
	struct pyt_route *have = find_same(ip, route);

	if (!have)
		return;
	have->owners &= ~route->owners;
	if (route->owners & PYT_ROUTE_OF_ROUTER)
		have->until_us = 0;
	if (!have->owners)
		take_away(ip, (int)(have - ip->routes));
}

/* What is to go may leave out the metric, if it is IPv6's ... */
static bool same_metric(const struct pyt_route *a, const struct pyt_route *b)
{
	return a->metric == b->metric ||
	       (b->metric == 0 && !pyt_ip_is_v4(&b->prefix));
}

/* ... and the gateway, if it is not. */
static bool same_gateway(const struct pyt_route *a, const struct pyt_route *b)
{
	return pyt_ip_is_v4(&b->prefix) || pyt_ip_is_unspecified(&b->gateway) ||
	       pyt_ip_equal(&a->gateway, &b->gateway);
}

int ip_route_remove(struct ip *ip, const struct pyt_route *route)
{
	for (int i = 0; i < ip->route_count; i++) {
		const struct pyt_route *r = &ip->routes[i];

		if (!same_prefix(r, route) || !same_metric(r, route) ||
		    !same_gateway(r, route) ||
		    (route->ifindex && r->ifindex != route->ifindex))
			continue;
		take_away(ip, i);
		return 0;
	}
	return -ESRCH;
}

const struct pyt_route *route_find(const struct ip *ip,
				   const struct pyt_ip *dst, int ifindex)
{
	for (int i = 0; i < ip->route_count; i++) {
		const struct pyt_route *route = &ip->routes[i];

		if ((ifindex && route->ifindex != ifindex) ||
		    ip_iface(ip, route->ifindex)->is_down)
			continue;
		if (pyt_ip_in_prefix(dst, &route->prefix, route->prefix_len))
			return route;
	}
	return NULL;
}

int ip_route_find(const struct ip *ip, const struct pyt_ip *dst, int ifindex,
		  struct pyt_route *route)
{
	const struct pyt_route *found = route_find(ip, dst, ifindex);

	if (!found)
		return -ENETUNREACH;
	*route = *found;
	return 0;
}

/* The gateway must be on a link of ours. */
static int find_gateway(const struct ip *ip, struct pyt_route *route)
{
	const struct pyt_route *way =
		route_find(ip, &route->gateway, route->ifindex);

	if (!way || !pyt_ip_is_unspecified(&way->gateway))
		return -ENETUNREACH;
	if (ip_is_local(ip, &route->gateway))
		return -EINVAL;
	route->ifindex = way->ifindex;
	return 0;
}

void route_forget_source(struct ip *ip, const struct pyt_ip *address)
{
	for (int i = ip->route_count - 1; i >= 0; i--) {
		struct pyt_route *route = &ip->routes[i];

		if (!pyt_ip_equal(&route->src, address))
			continue;
		if (pyt_ip_is_v4(address))
			take_away(ip, i);
		else
			route->src = (struct pyt_ip){ 0 };
	}
}

static bool may_be_source(const struct ip *ip, const struct pyt_route *route)
{
	return pyt_ip_is_unspecified(&route->src) ||
	       (pyt_ip_is_v4(&route->src) == pyt_ip_is_v4(&route->prefix) &&
		ip_is_local(ip, &route->src));
}

int ip_route_add(struct ip *ip, const struct pyt_route *route)
{
	struct pyt_route r = *route;
	bool v4 = pyt_ip_is_v4(&r.prefix);
	int result = 0;

	if (r.prefix_len > (v4 ? 32u : 128u))
		return -EINVAL;
	/* a zero gateway of the other notation means the same */
	if (pyt_ip_is_unspecified(&r.gateway))
		r.gateway = v4 ? pyt_ip_from_v4(0) : (struct pyt_ip){ 0 };
	if (pyt_ip_is_v4(&r.gateway) != v4 || !may_be_source(ip, &r))
		return -EINVAL;
	if (r.ifindex && !ip_iface(ip, r.ifindex))
		return -ENODEV;
	if (!pyt_ip_is_unspecified(&r.gateway))
		result = find_gateway(ip, &r);
	else if (!r.ifindex)
		return -EINVAL;
	if (!r.owners)
		r.owners = PYT_ROUTE_BY_HAND;
	if (!v4 && r.metric == 0)
		r.metric = PYT_METRIC6_USER;
	if (result == 0 && find_same(ip, &r))
		result = -EEXIST;
	return result < 0 ? result : route_insert(ip, &r);
}

int ip_route_get(const struct ip *ip, int ordinal, struct pyt_route *info)
{
	if (ordinal < 0 || ordinal >= ip->route_count)
		return -ENOENT;
	*info = ip->routes[ordinal];
	return 0;
}
