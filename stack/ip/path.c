/* Where a packet goes: interface, next hop, source, MTU. */
#include <errno.h>

#include "ip/ip_internal.h"

#define IP4_MTU_MAX 65535u /* as its length field has it */

static struct pyt_ip any_of(const struct pyt_ip *ip)
{
	return pyt_ip_is_v4(ip) ? pyt_ip_from_v4(0) : (struct pyt_ip){ 0 };
}

static bool is_source_for(const struct iface_address *own,
			  const struct pyt_ip *near)
{
	return iface_address_is_usable(own) &&
	       pyt_ip_is_v4(&own->ip) == pyt_ip_is_v4(near);
}

static const struct pyt_ip *usable_address(const struct iface *iface,
					   const struct pyt_ip *near)
{
	const struct iface_address *own = iface_address_on_link(iface, near);

	if (own && is_source_for(own, near))
		return &own->ip;
	for (int i = 0; i < iface->address_count; i++) {
		own = &iface->address[i];
		if (is_source_for(own, near))
			return &own->ip;
	}
	return NULL;
}

/*
 * RFC 1122, 3.3.4.3 (b): an address of the interface, of the next hop's
 * subnet if there is one; of another interface only if it has none.
 */
static const struct pyt_ip *choose_source4(const struct ip *ip,
					   const struct ip_path *path)
{
	const struct pyt_ip *own = usable_address(path->iface, &path->next_hop);

	for (int i = 1; !own && i < ip->iface_count; i++)
		own = usable_address(ip->iface[i], &path->next_hop);
	return own;
}

/* What ip_route() was asked for besides the destination. */
struct question {
	int ifindex;
	int wishes;
	int64_t now_us;
};

static int choose_source(const struct ip *ip, const struct question *q,
			 struct ip_path *path)
{
	const struct pyt_ip *own =
		pyt_ip_is_v4(&path->dst)
			? choose_source4(ip, path)
			: source_choose(ip, path, q->wishes, q->now_us);

	if (!own && !path->broadcast)
		return -EADDRNOTAVAIL;
	/* who has none yet may ask everybody for one: RFC 1122, 3.2.1.3 (a) */
	path->src = own ? *own : any_of(&path->dst);
	return 0;
}

static void set_iface(struct ip_path *path, struct iface *iface)
{
	uint32_t mtu4 = iface->config.mtu < IP4_MTU_MAX ? iface->config.mtu
							: IP4_MTU_MAX;

	path->iface = iface;
	path->mtu = pyt_ip_is_v4(&path->dst) ? mtu4 : iface_mtu6(iface);
}

/* To ourselves: the source is the address itself, 127.0.0.1 for 127/8. */
static int local_path(struct ip *ip, struct ip_path *path)
{
	set_iface(path, ip_iface(ip, IP_LO_INDEX));
	path->local = true;
	path->next_hop = path->dst;
	if (!pyt_ip_is_unspecified(&path->src))
		return 0;
	path->src = path->dst;
	if (pyt_ip_is_v4(&path->dst) && pyt_ip_is_loopback(&path->dst))
		path->src = pyt_ip_from_v4(0x7f000001);
	return 0;
}

/* One of ours that others have, too: from an address that is ours alone. */
static int anycast_path(struct ip *ip, const struct question *q,
			struct iface *iface, struct ip_path *path)
{
	int result = 0;

	set_iface(path, iface);
	path->next_hop = path->dst;
	if (pyt_ip_is_unspecified(&path->src))
		result = choose_source(ip, q, path);
	return result < 0 ? result : local_path(ip, path);
}

/* 255.255.255.255 and groups without a route of their own leave by the
 * source's interface, else by that of the default route, else by the first. */
static struct iface *iface_for_many(const struct ip *ip,
				    const struct ip_path *path, int ifindex)
{
	const struct pyt_route *route;
	struct iface *owner;

	if (ifindex)
		return ip_iface(ip, ifindex);
	owner = ip_owner(ip, &path->src);
	if (owner && !pyt_ip_is_unspecified(&path->src))
		return owner;
	route = route_find(ip, &path->dst, 0);
	if (route)
		return ip_iface(ip, route->ifindex);
	/* every link has a route to the groups of IPv6 */
	return path->multicast && pyt_ip_is_v4(&path->dst)
		       ? NULL
		       : ip_iface(ip, IP_LO_INDEX + 1);
}

static int path_to_many(struct ip *ip, const struct question *q,
			struct ip_path *path)
{
	struct iface *iface = iface_for_many(ip, path, q->ifindex);

	if (!iface || iface->is_down)
		return -ENETUNREACH;
	set_iface(path, iface);
	path->next_hop = path->dst;
	if (!pyt_ip_is_unspecified(&path->src))
		return 0;
	return choose_source(ip, q, path);
}

/* Of this family, and to go further than the link: fe80:: is always there. */
static bool has_address(const struct ip *ip, bool v4)
{
	for (int i = 1; i < ip->iface_count; i++) {
		const struct iface *iface = ip->iface[i];

		for (int j = 0; j < iface->address_count; j++) {
			const struct iface_address *a = &iface->address[j];

			if (pyt_ip_is_v4(&a->ip) == v4 &&
			    !ip6_is_link_local(&a->ip) &&
			    iface_address_is_usable(a))
				return true;
		}
	}
	return false;
}

/* Programs seldom say why; people forget the gateway. */
static int no_route(struct ip *ip, const struct pyt_ip *dst)
{
	char text[PYT_IP_TEXT_MAX];

	counter_hit(&ip->engine->counters, pyt_ip_is_v4(dst)
						   ? COUNTER_IP_OUT_NO_ROUTES
						   : COUNTER_IP6_OUT_NO_ROUTES);
	/* without any address other words are said: of autoconf, of the user */
	if (!ip->no_route_told && has_address(ip, pyt_ip_is_v4(dst)))
		engine_log(ip->engine, PYT_LOG_WARNING, "ip",
			   "no route to %s: it is in no network of ours, and "
			   "there is no gateway",
			   pyt_ip_format(dst, text));
	ip->no_route_told |= has_address(ip, pyt_ip_is_v4(dst));
	return -ENETUNREACH;
}

/* Of fe80::x without a zone: the one that its source is in. RFC 4007, 6 */
static int zone_of(const struct ip *ip, const struct ip_path *path, int ifindex)
{
	const struct iface *owner;

	if (ifindex || !ip6_needs_zone(&path->dst) ||
	    !ip6_is_link_local(&path->src))
		return ifindex;
	owner = ip_owner(ip, &path->src);
	return owner ? owner->ifindex : 0;
}

static void take_route(struct ip *ip, const struct pyt_route *route,
		       struct ip_path *path)
{
	set_iface(path, ip_iface(ip, route->ifindex));
	path->next_hop = pyt_ip_is_unspecified(&route->gateway)
				 ? path->dst
				 : route->gateway;
	if (route->ifindex == IP_LO_INDEX)
		path->local = true;
}

/* The route says from where, unless the program does. */
static int source_by(const struct ip *ip, const struct pyt_route *route,
		     const struct question *q, struct ip_path *path)
{
	struct iface *owner = ip_owner(ip, &route->src);
	const struct iface_address *own;

	if (owner && !pyt_ip_is_unspecified(&route->src)) {
		own = iface_address_find(owner, &route->src);
		if (own && iface_address_is_usable(own)) {
			path->src = route->src;
			return 0;
		}
	}
	return choose_source(ip, q, path);
}

static bool has_gateway(const struct ip_path *path)
{
	return !pyt_ip_equal(&path->next_hop, &path->dst);
}

static int path4_to_one(struct ip *ip, const struct question *q,
			struct ip_path *path)
{
	const struct pyt_route *route = route_find(ip, &path->dst, q->ifindex);

	if (!route)
		return no_route(ip, &path->dst);
	if (!pyt_ip_is_unspecified(&route->gateway))
		route = gateway_choose(ip, route, &path->src, q->ifindex,
				       q->now_us);
	take_route(ip, route, path);
	if (has_gateway(path))
		redirect_apply(ip, path, q->now_us);
	path->broadcast = iface_is_directed_broadcast(path->iface, &path->dst);
	if (pyt_ip_is_unspecified(&path->src))
		return source_by(ip, route, q, path);
	return 0;
}

/* The source is of the best router's prefix, if that has one, and what it
 * is decides which router is taken: RFC 8028, 3.2, 3.3. */
static int path6_to_one(struct ip *ip, const struct question *q,
			struct ip_path *path)
{
	int ifindex = zone_of(ip, path, q->ifindex);
	const struct pyt_route *route =
		router_choose(ip, &path->dst, &path->src, ifindex, q->now_us);
	int result;

	if (!route)
		return no_route(ip, &path->dst);
	take_route(ip, route, path);
	if (pyt_ip_is_unspecified(&path->src)) {
		result = source_by(ip, route, q, path);
		if (result < 0)
			return result;
		if (has_gateway(path))
			take_route(ip,
				   router_choose(ip, &path->dst, &path->src,
						 ifindex, q->now_us),
				   path);
	}
	if (has_gateway(path))
		redirect_apply(ip, path, q->now_us);
	return 0;
}

static int path_to_one(struct ip *ip, const struct question *q,
		       struct ip_path *path)
{
	int result = pyt_ip_is_v4(&path->dst) ? path4_to_one(ip, q, path)
					      : path6_to_one(ip, q, path);

	if (result < 0)
		return result;
	pmtu_apply(ip, path, q->now_us);
	/* the loopback net never appears on a link: RFC 1122, 3.2.1.3 (g) */
	return pyt_ip_is_loopback(&path->src) && !path->local ? -EINVAL : 0;
}

/* Ours, or :: and 0.0.0.0 of either notation: to be chosen. */
static int take_source(const struct ip *ip, const struct pyt_ip *src,
		       struct ip_path *path)
{
	path->src = any_of(&path->dst);
	if (!src || pyt_ip_is_unspecified(src))
		return 0;
	if (!ip_is_local(ip, src))
		return -EADDRNOTAVAIL;
	if (pyt_ip_is_v4(src) != pyt_ip_is_v4(&path->dst))
		return -EINVAL;
	path->src = *src;
	return 0;
}

/* "This host", as on Linux. */
static struct pyt_ip this_host(const struct ip_path *path)
{
	static const struct pyt_ip loopback6 = { { [15] = 1 } };

	if (!pyt_ip_is_unspecified(&path->src))
		return path->src;
	return pyt_ip_is_v4(&path->dst) ? pyt_ip_from_v4(0x7f000001)
					: loopback6;
}

int ip_route_preferring(struct ip *ip, const struct pyt_ip *dst,
			const struct pyt_ip *src, int ifindex, int wishes,
			int64_t now_us, struct ip_path *path)
{
	struct question q = { ifindex, wishes, now_us };
	struct ip_path p = { .dst = *dst };
	int result = take_source(ip, src, &p);
	struct iface *shared;

	if (result < 0)
		return result;
	if (pyt_ip_is_unspecified(dst))
		p.dst = this_host(&p);
	if (ifindex && !ip_iface(ip, ifindex))
		return -ENODEV;

	*path = p;
	path->multicast = pyt_ip_is_multicast(&p.dst);
	path->broadcast =
		pyt_ip_is_v4(&p.dst) && pyt_ip_to_v4(&p.dst) == 0xffffffff;
	if (path->multicast || path->broadcast)
		return path_to_many(ip, &q, path);
	if (ip_is_local(ip, &p.dst))
		return local_path(ip, path);
	shared = ip_anycast_iface(ip, &p.dst);
	if (shared)
		return anycast_path(ip, &q, shared, path);
	return path_to_one(ip, &q, path);
}

int ip_route(struct ip *ip, const struct pyt_ip *dst, const struct pyt_ip *src,
	     int ifindex, int64_t now_us, struct ip_path *path)
{
	return ip_route_preferring(ip, dst, src, ifindex, 0, now_us, path);
}
