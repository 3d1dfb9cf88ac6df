/*
 * Which of several routers: RFC 4861, 6.3.6; RFC 4191, 3.2; RFC 4311; RFC
 * 8028, 3. First those that are not known to be dead, then who has advertised
 * the source's prefix, then the longest prefix and the metric, then
 * preference; equal ones share the destinations. The source's prefix is no
 * reason to leave a link's own network or a route of the administrator's.
 */
#include <string.h>

#include "ip/ip_internal.h"

static struct router_prefix *find(struct ip *ip, int ifindex,
				  const struct pyt_ip *router,
				  const struct pyt_ip *prefix,
				  unsigned prefix_len)
{
	for (int i = 0; i < ip->router_prefix_count; i++) {
		struct router_prefix *p = &ip->router_prefix[i];

		if (p->ifindex == ifindex && p->prefix_len == prefix_len &&
		    pyt_ip_equal(&p->router, router) &&
		    pyt_ip_equal(&p->prefix, prefix))
			return p;
	}
	return NULL;
}

static void drop(struct ip *ip, int at)
{
	ip->router_prefix_count--;
	memmove(&ip->router_prefix[at], &ip->router_prefix[at + 1],
		(size_t)(ip->router_prefix_count - at) *
			sizeof(*ip->router_prefix));
}

static void drop_ended(struct ip *ip, int64_t now_us)
{
	for (int i = ip->router_prefix_count - 1; i >= 0; i--)
		if (ip->router_prefix[i].until_us <= now_us)
			drop(ip, i);
}

void ip_router_prefix_put(struct ip *ip, int ifindex,
			  const struct pyt_ip *router,
			  const struct pyt_ip *prefix, unsigned prefix_len,
			  int64_t until_us, int64_t now_us)
{
	struct router_prefix *p = find(ip, ifindex, router, prefix, prefix_len);

	if (p) {
		p->until_us = until_us;
	} else if (until_us > now_us) {
		drop_ended(ip, now_us);
		if (ip->router_prefix_count == ROUTER_PREFIXES_MAX)
			return; /* the others do without, too */
		ip->router_prefix[ip->router_prefix_count++] =
			(struct router_prefix){ .ifindex = ifindex,
						.router = *router,
						.prefix = *prefix,
						.prefix_len = prefix_len,
						.until_us = until_us };
	}
	drop_ended(ip, now_us);
	ip->route_changes++;
}

void ip_router_forget(struct ip *ip, int ifindex)
{
	for (int i = ip->router_prefix_count - 1; i >= 0; i--)
		if (ip->router_prefix[i].ifindex == ifindex)
			drop(ip, i);
}

bool router_advertises(const struct ip *ip, int ifindex,
		       const struct pyt_ip *router,
		       const struct pyt_ip *address, int64_t now_us)
{
	for (int i = 0; i < ip->router_prefix_count; i++) {
		const struct router_prefix *p = &ip->router_prefix[i];

		if (p->ifindex == ifindex && p->until_us > now_us &&
		    pyt_ip_equal(&p->router, router) &&
		    pyt_ip_in_prefix(address, &p->prefix, p->prefix_len))
			return true;
	}
	return false;
}

/* Who was never asked may well be there: Linux takes it so, too. */
static bool is_dead(const struct ip *ip, const struct pyt_route *route,
		    int64_t *since_us)
{
	const struct iface *iface = ip->iface[route->ifindex - 1];
	const struct neighbour *neighbour;

	*since_us = 0;
	if (pyt_ip_is_unspecified(&route->gateway) ||
	    !gateway_is_dead(iface, &route->gateway))
		return false;
	neighbour = neighbour_find(ip->neighbours, iface, &route->gateway);
	if (neighbour)
		*since_us = neighbour->updated_us;
	return true;
}

/* How well a route would do. */
struct mark {
	bool dead;
	bool advertised;
	bool fits_source;
	int preference;
	uint64_t share; /* equal ones: by destination; dead ones: in turn */
};

static struct mark mark_of(const struct ip *ip, const struct pyt_route *route,
			   const struct pyt_ip *dst, const struct pyt_ip *src,
			   int64_t now_us)
{
	struct {
		struct pyt_ip dst, gateway;
	} key = { *dst, route->gateway };
	struct mark mark = { .advertised = route->advertised,
			     .preference = route->preference };
	int64_t since_us;

	mark.dead = is_dead(ip, route, &since_us);
	mark.fits_source = !pyt_ip_is_unspecified(src) &&
			   router_advertises(ip, route->ifindex,
					     &route->gateway, src, now_us);
	mark.share = mark.dead ? UINT64_MAX - (uint64_t)since_us
			       : table_hash(&ip->mtus, &key, sizeof(key));
	return mark;
}

/* No route of a worse rank can be better. */
static bool is_settled(const struct mark *mark)
{
	return !mark->dead && (!mark->advertised || mark->fits_source);
}

/* Of the same prefix and metric. */
static bool is_better(const struct mark *a, const struct mark *b)
{
	if (a->dead != b->dead)
		return b->dead;
	if (a->dead) /* who has been left alone for longest */
		return a->share > b->share;
	if (a->fits_source != b->fits_source)
		return a->fits_source;
	if (a->preference != b->preference)
		return a->preference > b->preference;
	return a->share > b->share;
}

/* One of a worse rank: it lives (RFC 4191, 3.2), or has the source's prefix
 * (RFC 8028, 3.1: the more-specific route of another is irrelevant). */
static bool overtakes(const struct mark *a, const struct mark *best)
{
	if (a->dead != best->dead)
		return best->dead;
	return !a->dead && best->advertised && a->advertised &&
	       a->fits_source && !best->fits_source;
}

static bool same_rank(const struct pyt_route *a, const struct pyt_route *b)
{
	return a->prefix_len == b->prefix_len && a->metric == b->metric;
}

/* The table is sorted by rank. */
const struct pyt_route *router_choose(const struct ip *ip,
				      const struct pyt_ip *dst,
				      const struct pyt_ip *src, int ifindex,
				      int64_t now_us)
{
	const struct pyt_route *best = NULL;
	struct mark best_mark = { .dead = true };

	for (int i = 0; i < ip->route_count; i++) {
		const struct pyt_route *route = &ip->routes[i];
		struct mark mark;

		if ((ifindex && route->ifindex != ifindex) ||
		    ip_iface(ip, route->ifindex)->is_down ||
		    !pyt_ip_in_prefix(dst, &route->prefix, route->prefix_len))
			continue;
		if (best && is_settled(&best_mark) && !same_rank(route, best))
			break;
		mark = mark_of(ip, route, dst, src, now_us);
		if (mark.dead)
			gateway_ask_again(ip, route, src, now_us);
		if (best &&
		    !(same_rank(route, best) ? is_better(&mark, &best_mark)
					     : overtakes(&mark, &best_mark)))
			continue;
		best = route;
		best_mark = mark;
	}
	return best;
}
