/*
 * Prefixes that routers tell of: which are on the link (RFC 4861, 6.3.4; RFC
 * 5942), which give addresses (RFC 4862, 5.5.3), and who told of them (RFC
 * 8028, 3.1).
 */
#include <string.h>

#include "autoconf/dhcp6.h"
#include "autoconf/slaac_internal.h"
#include "wire/ip6.h"

static struct pyt_ip masked(const struct pyt_ip *ip, unsigned len)
{
	struct pyt_ip result = *ip;

	for (unsigned i = len; i < 128; i++)
		result.bytes[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return result;
}

static struct slaac_prefix *find(struct slaac *slaac,
				 const struct pyt_ip *prefix, unsigned len)
{
	for (int i = 0; i < slaac->prefix_count; i++) {
		struct slaac_prefix *p = &slaac->prefix[i];

		if (p->prefix_len == len && pyt_ip_equal(&p->prefix, prefix))
			return p;
	}
	return NULL;
}

static struct pyt_route route_of(const struct autoconf_link *link,
				 const struct slaac_prefix *p)
{
	return (struct pyt_route){ .prefix = p->prefix,
				   .prefix_len = p->prefix_len,
				   .ifindex = link->iface->ifindex,
				   .metric = PYT_METRIC6_KERNEL,
				   .owners = PYT_ROUTE_OF_ROUTER };
}

static struct slaac_prefix *create(struct autoconf_link *link,
				   const struct pyt_ip *prefix, unsigned len)
{
	struct slaac *slaac = slaac_of(link);
	struct slaac_prefix *p;

	if (slaac->prefix_count == SLAAC_PREFIXES_MAX) {
		counter_hit(&link->engine->counters, COUNTER_AUTOCONF_FULL);
		return NULL;
	}
	p = &slaac->prefix[slaac->prefix_count++];
	*p = (struct slaac_prefix){ .prefix = *prefix, .prefix_len = len };
	return p;
}

/* The entry is one with that of an address of ours in the prefix, if any. */
static void set_on_link(struct autoconf_link *link, struct slaac_prefix *p,
			int64_t until_us, int64_t now_us)
{
	struct pyt_route route = route_of(link, p);

	if (until_us > now_us) {
		route.until_us = until_us == TIME_NEVER ? 0 : until_us;
		if (ip_route_claim(link->ip, &route) == 0)
			p->on_link_until_us = until_us;
	} else {
		if (p->on_link_until_us)
			ip_route_disclaim(link->ip, &route);
		p->on_link_until_us = 0;
	}
}

static bool gives_addresses(const struct autoconf_link *link,
			    const struct nd_prefix *info)
{
	return info->autonomous && slaac_settings(link)->autoconf &&
	       info->preferred <= info->valid;
}

/* RFC 4862, 5.5.3 d: the identifiers of an Ethernet have 64 bits. */
static bool has_room_for_id(struct autoconf_link *link,
			    const struct nd_prefix *info)
{
	if (info->prefix_len == 64)
		return true;
	engine_log(link->engine, PYT_LOG_INFO, "slaac",
		   "%s: no address from a prefix of %u bits",
		   link->iface->config.name, info->prefix_len);
	return false;
}

static void set_lifetimes(struct autoconf_link *link, struct slaac_prefix *p,
			  const struct nd_prefix *info, int64_t now_us)
{
	bool is_new = p->valid_until_us <= now_us;

	if (is_new && info->valid == 0)
		return;
	p->valid_until_us =
		is_new ? slaac_until(info->valid, now_us)
		       : slaac_address_valid_until(
				 p->valid_until_us,
				 slaac_until(info->valid, now_us), now_us);
	p->preferred_until_us = slaac_until(info->preferred, now_us);
	if (p->preferred_until_us > p->valid_until_us)
		p->preferred_until_us = p->valid_until_us;
	slaac_address_update(link, p, now_us);
}

void slaac_prefix_input(struct autoconf_link *link, const struct pyt_ip *router,
			const struct nd_prefix *info, int64_t now_us)
{
	struct pyt_ip prefix = masked(&info->prefix, info->prefix_len);
	struct slaac_prefix *p;
	bool is_news;

	if (ip6_is_link_local(&prefix) || pyt_ip_is_multicast(&prefix))
		return;
	p = find(slaac_of(link), &prefix, info->prefix_len);
	if (!p && info->valid == 0)
		return;
	is_news =
		!p || (info->preferred == 0 && p->preferred_until_us > now_us);
	if (!p)
		p = create(link, &prefix, info->prefix_len);
	if (!p)
		return;
	if (info->on_link)
		set_on_link(link, p, slaac_until(info->valid, now_us), now_us);
	if (gives_addresses(link, info) && has_room_for_id(link, info))
		set_lifetimes(link, p, info, now_us);
	ip_router_prefix_put(link->ip, link->iface->ifindex, router, &prefix,
			     info->prefix_len, slaac_until(info->valid, now_us),
			     now_us);
	if (is_news)
		dhcp6_on_prefix_news(link, now_us);
}

static void drop(struct slaac *slaac, int at)
{
	slaac->prefix_count--;
	memmove(&slaac->prefix[at], &slaac->prefix[at + 1],
		(size_t)(slaac->prefix_count - at) * sizeof(*slaac->prefix));
}

void slaac_prefix_run(struct autoconf_link *link, int64_t now_us)
{
	struct slaac *slaac = slaac_of(link);

	for (int i = slaac->prefix_count - 1; i >= 0; i--) {
		struct slaac_prefix *p = &slaac->prefix[i];

		if (p->on_link_until_us && p->on_link_until_us <= now_us)
			set_on_link(link, p, 0, now_us);
		if (p->valid_until_us <= now_us)
			p->valid_until_us = 0;
		if (p->on_link_until_us == 0 && p->valid_until_us == 0)
			drop(slaac, i);
	}
}

int64_t slaac_prefix_deadline(const struct autoconf_link *link)
{
	const struct slaac *slaac = slaac_of(link);
	int64_t deadline_us = TIME_NEVER;

	for (int i = 0; i < slaac->prefix_count; i++) {
		const struct slaac_prefix *p = &slaac->prefix[i];

		if (p->on_link_until_us)
			deadline_us =
				slaac_earlier(deadline_us, p->on_link_until_us);
		if (p->valid_until_us)
			deadline_us =
				slaac_earlier(deadline_us, p->valid_until_us);
	}
	return deadline_us;
}

void slaac_prefix_clear(struct autoconf_link *link)
{
	struct slaac *slaac = slaac_of(link);

	for (int i = 0; i < slaac->prefix_count; i++)
		set_on_link(link, &slaac->prefix[i], 0, 0);
	slaac->prefix_count = 0;
	ip_router_forget(link->ip, link->iface->ifindex);
}
