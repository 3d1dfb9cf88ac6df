/* Where a packet goes: interface, next hop, source, MTU. */
#include <errno.h>

#include "ip/ip_internal.h"

static const struct pyt_ip *usable_address(const struct iface *iface,
					   const struct pyt_ip *near)
{
	const struct iface_address *own = iface_address_on_link(iface, near);

	if (own && pyt_ip_is_v4(&own->ip) == pyt_ip_is_v4(near))
		return &own->ip;
	for (int i = 0; i < iface->address_count; i++) {
		own = &iface->address[i];
		if (iface_address_is_usable(own) &&
		    pyt_ip_is_v4(&own->ip) == pyt_ip_is_v4(near))
			return &own->ip;
	}
	return NULL;
}

/*
 * RFC 1122, 3.3.4.3 (b): an address of the interface, of the next hop's
 * subnet if there is one; of another interface only if it has none.
 */
static int choose_source(const struct ip *ip, struct ip_path *path)
{
	const struct pyt_ip *own = usable_address(path->iface, &path->next_hop);

	for (int i = 1; !own && i < ip->iface_count; i++)
		own = usable_address(ip->iface[i], &path->next_hop);
	if (!own && !path->broadcast)
		return -EADDRNOTAVAIL;
	/* who has none yet may ask everybody for one: RFC 1122, 3.2.1.3 (a) */
	path->src = own ? *own : pyt_ip_from_v4(0);
	return 0;
}

/* To ourselves: the source is the address itself, 127.0.0.1 for 127/8. */
static int local_path(struct ip *ip, struct ip_path *path)
{
	path->iface = ip_iface(ip, IP_LO_INDEX);
	path->local = true;
	path->next_hop = path->dst;
	path->mtu = path->iface->config.mtu;
	if (!pyt_ip_is_unspecified(&path->src))
		return 0;
	path->src = path->dst;
	if (pyt_ip_is_v4(&path->dst) && pyt_ip_is_loopback(&path->dst))
		path->src = pyt_ip_from_v4(0x7f000001);
	return 0;
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
	return path->multicast ? NULL : ip_iface(ip, IP_LO_INDEX + 1);
}

static int path_to_many(struct ip *ip, int ifindex, struct ip_path *path)
{
	path->iface = iface_for_many(ip, path, ifindex);
	if (!path->iface)
		return -ENETUNREACH;
	path->next_hop = path->dst;
	path->mtu = path->iface->config.mtu;
	if (!pyt_ip_is_unspecified(&path->src))
		return 0;
	return choose_source(ip, path);
}

/* Programs seldom say why; people forget the gateway. */
static int no_route(struct ip *ip, const struct pyt_ip *dst)
{
	char text[PYT_IP_TEXT_MAX];

	if (!ip->no_route_told)
		engine_log(ip->engine, PYT_LOG_WARNING, "ip",
			   "no route to %s: it is in no network of ours, and "
			   "there is no gateway",
			   pyt_ip_format(dst, text));
	ip->no_route_told = true;
	return -ENETUNREACH;
}

static int path_to_one(struct ip *ip, int ifindex, int64_t now_us,
		       struct ip_path *path)
{
	const struct pyt_route *route = route_find(ip, &path->dst, ifindex);

	if (!route)
		return no_route(ip, &path->dst);
	path->iface = ip_iface(ip, route->ifindex);
	path->next_hop = pyt_ip_is_unspecified(&route->gateway)
				 ? path->dst
				 : route->gateway;
	path->broadcast = iface_is_directed_broadcast(path->iface, &path->dst);
	if (route->ifindex == IP_LO_INDEX)
		path->local = true;
	path->mtu = path->iface->config.mtu;
	pmtu_apply(ip, path, now_us);
	if (pyt_ip_is_unspecified(&path->src))
		return choose_source(ip, path);
	/* the loopback net never appears on a link: RFC 1122, 3.2.1.3 (g) */
	return pyt_ip_is_loopback(&path->src) && !path->local ? -EINVAL : 0;
}

int ip_route(struct ip *ip, const struct pyt_ip *dst, const struct pyt_ip *src,
	     int ifindex, int64_t now_us, struct ip_path *path)
{
	struct ip_path p = { .dst = *dst };

	if (!pyt_ip_is_v4(dst) && !pyt_ip_is_unspecified(dst))
		return -ENETUNREACH; /* IPv6 comes later */
	p.src = src ? *src : pyt_ip_from_v4(0);
	if (pyt_ip_is_unspecified(&p.src))
		p.src = pyt_ip_from_v4(0);
	else if (!ip_is_local(ip, &p.src))
		return -EADDRNOTAVAIL;
	if (pyt_ip_is_unspecified(dst)) /* this host, as on Linux */
		p.dst = pyt_ip_is_unspecified(&p.src)
				? pyt_ip_from_v4(0x7f000001)
				: p.src;
	if (ifindex && !ip_iface(ip, ifindex))
		return -ENODEV;

	*path = p;
	path->multicast = pyt_ip_is_multicast(&p.dst);
	path->broadcast = pyt_ip_to_v4(&p.dst) == 0xffffffff;
	if (path->multicast || path->broadcast)
		return path_to_many(ip, ifindex, path);
	if (ip_is_local(ip, &p.dst))
		return local_path(ip, path);
	return path_to_one(ip, ifindex, now_us, path);
}
