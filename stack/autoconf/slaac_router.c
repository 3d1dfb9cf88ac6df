/*
 * The default router list and more-specific routes, as routes of the table:
 * RFC 4861, 5.1, 6.3.4; RFC 4191, 3. Which of several is taken for a packet
 * is ip's decision (ip/router.c).
 */
#include <errno.h>
#include <string.h>

#include "autoconf/slaac_internal.h"
#include "iface/neighbour.h"

static struct pyt_route route_of(const struct autoconf_link *link,
				 const struct slaac_route *r)
{
	return (struct pyt_route){
		.prefix = r->prefix,
		.prefix_len = r->prefix_len,
		.gateway = r->router,
		.ifindex = link->iface->ifindex,
		.metric = r->metric,
		.preference = (int8_t)r->preference,
		.advertised = true,
		.hop_limit = r->prefix_len ? 0 : link->iface->nd.hop_limit,
		.mtu = r->mtu,
		.owners = PYT_ROUTE_OF_ROUTER,
		.until_us = r->until_us == TIME_NEVER ? 0 : r->until_us,
	};
}

static void say(struct autoconf_link *link, const struct slaac_route *r,
		const char *what)
{
	char router[PYT_IP_TEXT_MAX], prefix[PYT_IP_TEXT_MAX];

	engine_log(link->engine, PYT_LOG_INFO, "slaac",
		   "%s: route to %s/%u by %s %s", link->iface->config.name,
		   pyt_ip_format(&r->prefix, prefix), r->prefix_len,
		   pyt_ip_format(&r->router, router), what);
}

static struct slaac_route *find(struct slaac *slaac,
				const struct pyt_ip *router,
				const struct nd_route *info)
{
	for (int i = 0; i < slaac->route_count; i++) {
		struct slaac_route *r = &slaac->route[i];

		if (r->prefix_len == info->prefix_len &&
		    pyt_ip_equal(&r->router, router) &&
		    pyt_ip_equal(&r->prefix, &info->prefix))
			return r;
	}
	return NULL;
}

static void take_away(struct autoconf_link *link, int at)
{
	struct slaac *slaac = slaac_of(link);
	struct pyt_route route = route_of(link, &slaac->route[at]);

	ip_route_disclaim(link->ip, &route); /* by hand it may stay */
	if (route.prefix_len == 0)
		slaac->router_count--;
	slaac->route_count--;
	memmove(&slaac->route[at], &slaac->route[at + 1],
		(size_t)(slaac->route_count - at) * sizeof(*slaac->route));
}

static void add(struct autoconf_link *link, const struct slaac_route *new)
{
	struct slaac *slaac = slaac_of(link);
	bool is_default = new->prefix_len == 0;
	int others = slaac->route_count - slaac->router_count;
	struct pyt_route route = route_of(link, new);
	int result;

	if (is_default ? slaac->router_count >= SLAAC_ROUTERS_MAX
		       : others >= SLAAC_ROUTES_MAX) {
		counter_hit(&link->engine->counters, COUNTER_AUTOCONF_FULL);
		return;
	}
	result = ip_route_add(link->ip, &route);
	if (result == -ENOSPC || result == -ENOMEM)
		counter_hit(&link->engine->counters, COUNTER_AUTOCONF_FULL);
	if (result < 0)
		return;
	slaac->route[slaac->route_count++] = *new;
	slaac->router_count += is_default;
	say(link, new, "is known");
}

static bool same_rank(const struct slaac_route *a, const struct slaac_route *b)
{
	return a->preference == b->preference && a->metric == b->metric;
}

void slaac_route_put(struct autoconf_link *link, const struct pyt_ip *router,
		     const struct nd_route *info, int64_t now_us)
{
	struct slaac *slaac = slaac_of(link);
	struct slaac_route *have = find(slaac, router, info);
	struct slaac_route new = {
		.router = *router,
		.prefix = info->prefix,
		.prefix_len = info->prefix_len,
		.preference = info->preference,
		.metric = (uint32_t)slaac_settings(link)->defrtr_metric,
		.until_us = slaac_until(info->lifetime, now_us),
	};
	struct pyt_route again;

	if (have && info->lifetime > 0 && same_rank(have, &new)) {
		have->until_us = new.until_us;
		again = route_of(link, have);
		ip_route_claim(link->ip, &again);
		return;
	}
	if (have) {
		if (info->lifetime == 0)
			say(link, have, "is withdrawn");
		take_away(link, (int)(have - slaac->route));
	}
	if (info->lifetime > 0)
		add(link, &new);
}

void slaac_route_set_mtu(struct autoconf_link *link,
			 const struct pyt_ip *router, uint32_t mtu)
{
	const struct nd_route by_default = { .prefix_len = 0 };
	struct slaac_route *have = find(slaac_of(link), router, &by_default);
	struct pyt_route route;

	if (!have)
		return;
	have->mtu = mtu;
	route = route_of(link, have);
	ip_route_claim(link->ip, &route);
}

/* RFC 4861, 7.3.3: who says that it is no router any more is none. */
static void drop_lost_routers(struct autoconf_link *link)
{
	struct neighbour_cache *cache = link->iface->neighbours;
	struct slaac *slaac = slaac_of(link);

	if (slaac->router_losses == cache->router_losses)
		return;
	slaac->router_losses = cache->router_losses;
	for (int i = slaac->route_count - 1; i >= 0; i--) {
		const struct neighbour *n = neighbour_find(
			cache, link->iface, &slaac->route[i].router);

		if (!n || n->is_router)
			continue;
		say(link, &slaac->route[i], "is gone: it is a host now");
		take_away(link, i);
	}
}

void slaac_route_run(struct autoconf_link *link, int64_t now_us)
{
	struct slaac *slaac = slaac_of(link);

	drop_lost_routers(link);
	for (int i = slaac->route_count - 1; i >= 0; i--) {
		if (slaac->route[i].until_us > now_us)
			continue;
		say(link, &slaac->route[i], "has ended");
		take_away(link, i);
	}
}

int64_t slaac_route_deadline(const struct autoconf_link *link)
{
	const struct slaac *slaac = slaac_of(link);
	int64_t deadline_us = TIME_NEVER;

	for (int i = 0; i < slaac->route_count; i++)
		deadline_us =
			slaac_earlier(deadline_us, slaac->route[i].until_us);
	return deadline_us;
}

void slaac_route_clear(struct autoconf_link *link)
{
	while (slaac_of(link)->route_count > 0)
		take_away(link, slaac_of(link)->route_count - 1);
}
