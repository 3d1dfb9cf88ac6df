/*
 * A router advertisement, option by option. RFC 4861, 6.3.4; RFC 4191, 2;
 * RFC 8106, 5. That it comes from a router of this link, whole, ip/nd_in.c
 * has seen to.
 */
#include <limits.h>
#include <string.h>

#include "autoconf/dhcp6.h"
#include "autoconf/slaac_internal.h"
#include "iface/neighbour.h"
#include "wire/ip6.h"

#define REACHABLE_MS_MAX 3600000u /* RFC 4861, 6.2.1 */
#define REACHABLE_MS_MIN 100u /* as Linux */
#define RETRANS_MS_MIN 10u
#define DNS_NAMES_MAX 8 /* of one message */

/* As a setting. */
static int between(uint32_t number, uint32_t min, uint32_t max)
{
	if (number < min)
		return (int)min;
	return (int)(number < max ? number : max);
}

/* Zero is no short lifetime, but an end. */
static bool is_too_short(const struct slaac_settings *s, uint32_t lifetime)
{
	return lifetime && lifetime < (uint32_t)s->accept_ra_min_lft;
}

/* RFC 4861, 6.3.4: what the link is like. 0 says nothing. As on Linux, it goes
 * before what is set, and is seen there. */
static void note_link(struct autoconf_link *link,
		      const struct nd_router_advertisement *nd)
{
	const struct slaac_settings *s = slaac_settings(link);
	struct iface *iface = link->iface;
	struct iface_settings *set =
		&iface->neighbours->settings[iface->ifindex];

	if (nd->hop_limit && nd->hop_limit >= s->accept_ra_min_hop_limit)
		set->hop_limit = iface->nd.hop_limit = nd->hop_limit;
	if (nd->reachable_ms && nd->reachable_ms <= REACHABLE_MS_MAX)
		set->neigh6.base_reachable_time_ms = between(
			nd->reachable_ms, REACHABLE_MS_MIN, REACHABLE_MS_MAX);
	if (nd->retrans_ms)
		set->neigh6.retrans_time_ms =
			between(nd->retrans_ms, RETRANS_MS_MIN, INT_MAX);
}

static void note_default_route(struct autoconf_link *link,
			       const struct packet_in *packet,
			       const struct nd_router_advertisement *nd)
{
	const struct slaac_settings *s = slaac_settings(link);
	struct nd_route route = { .lifetime = nd->lifetime };

	if (!s->accept_ra_defrtr || is_too_short(s, nd->lifetime))
		return;
	if (s->accept_ra_rtr_pref)
		route.preference = nd->preference;
	slaac_route_put(link, &packet->src, &route, packet->now_us);
	if (nd->lifetime > 0)
		slaac_solicit_stop(link);
}

static void count_bad(struct autoconf_link *link)
{
	counter_hit(&link->engine->counters, COUNTER_RA_BAD_OPTION);
}

static void on_prefix(struct autoconf_link *link,
		      const struct packet_in *packet,
		      const struct nd_option *option)
{
	const struct slaac_settings *s = slaac_settings(link);
	struct nd_prefix prefix;

	if (!s->accept_ra_pinfo)
		return;
	if (!nd_prefix_parse(option, &prefix))
		count_bad(link);
	else if (!is_too_short(s, prefix.valid))
		slaac_prefix_input(link, &packet->src, &prefix, packet->now_us);
}

static void on_route(struct autoconf_link *link, const struct packet_in *packet,
		     const struct nd_option *option)
{
	const struct slaac_settings *s = slaac_settings(link);
	struct nd_route route;

	if (!s->accept_ra_rtr_pref)
		return;
	if (!nd_route_parse(option, &route)) {
		count_bad(link);
		return;
	}
	if (route.prefix_len < s->accept_ra_rt_info_min_plen ||
	    route.prefix_len > s->accept_ra_rt_info_max_plen ||
	    is_too_short(s, route.lifetime) ||
	    ip6_is_link_local(&route.prefix) ||
	    pyt_ip_is_multicast(&route.prefix))
		return;
	for (unsigned i = route.prefix_len; i < 128; i++)
		route.prefix.bytes[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	slaac_route_put(link, &packet->src, &route, packet->now_us);
}

/* RFC 4861, 6.3.4: no less than every link carries, no more than ours. */
static void on_mtu(struct autoconf_link *link, const struct packet_in *packet,
		   const struct nd_option *option)
{
	uint32_t mtu;

	if (!slaac_settings(link)->accept_ra_mtu)
		return;
	if (!nd_mtu_parse(option, &mtu)) {
		count_bad(link);
		return;
	}
	if (mtu < IP6_MTU_MIN || mtu > link->iface->config.mtu) {
		counter_hit(&link->engine->counters, COUNTER_RA_BAD_MTU);
		return;
	}
	/* as Linux, which shows it with the router that has changed it */
	if (mtu != iface_mtu6(link->iface))
		slaac_route_set_mtu(link, &packet->src, mtu);
	link->iface->nd.mtu = mtu;
}

static void on_servers(struct autoconf_link *link,
		       const struct packet_in *packet,
		       const struct nd_option *option)
{
	struct nd_rdnss rdnss;
	struct pyt_ip server;

	if (!nd_rdnss_parse(option, &rdnss)) {
		count_bad(link);
		return;
	}
	for (int i = 0; i < DNS_NAMES_MAX && rdnss.servers.left; i++) {
		reader_copy(&rdnss.servers, server.bytes, sizeof(server.bytes));
		if (rdnss.servers.failed || pyt_ip_is_multicast(&server) ||
		    pyt_ip_is_unspecified(&server))
			continue;
		autoconf_put_server(link, PYT_METHOD_SLAAC, &server,
				    slaac_until(rdnss.lifetime, packet->now_us),
				    packet->now_us);
	}
}

static void on_domains(struct autoconf_link *link,
		       const struct packet_in *packet,
		       const struct nd_option *option)
{
	struct nd_dnssl dnssl;
	char name[256];

	if (!nd_dnssl_parse(option, &dnssl)) {
		count_bad(link);
		return;
	}
	for (int i = 0; i < DNS_NAMES_MAX && nd_dnssl_next(&dnssl, name); i++)
		autoconf_put_domain(link, PYT_METHOD_SLAAC, name,
				    slaac_until(dnssl.lifetime, packet->now_us),
				    packet->now_us);
}

static void on_portal(struct autoconf_link *link,
		      const struct packet_in *packet,
		      const struct nd_option *option)
{
	const char *uri = (const char *)option->value.at;

	autoconf_put_portal(link, PYT_METHOD_SLAAC, uri,
			    strnlen(uri, option->value.left));
}

static const struct {
	enum nd_option_type type;
	void (*on)(struct autoconf_link *link, const struct packet_in *packet,
		   const struct nd_option *option);
} options[] = {
	{ ND_OPTION_MTU, on_mtu },
	{ ND_OPTION_PREFIX, on_prefix },
	{ ND_OPTION_ROUTE, on_route },
	{ ND_OPTION_RDNSS, on_servers },
	{ ND_OPTION_DNSSL, on_domains },
	{ ND_OPTION_CAPTIVE_PORTAL, on_portal },
};

static void read_options(struct autoconf_link *link,
			 const struct packet_in *packet, struct reader left)
{
	struct nd_option option;

	for (int i = 0; i < ND_OPTIONS_MAX && nd_option_next(&left, &option);
	     i++)
		for (size_t j = 0; j < sizeof(options) / sizeof(*options); j++)
			if (options[j].type == option.type)
				options[j].on(link, packet, &option);
}

enum counter slaac_input_advertisement(struct autoconf_link *link,
				       const struct packet_in *packet)
{
	struct slaac *slaac = slaac_of(link);
	struct nd_router_advertisement nd;

	if (!slaac_settings(link)->accept_ra)
		return COUNTER_RA_NOT_WANTED;
	if (!nd_router_advertisement_parse(packet->payload, &nd))
		return COUNTER_ND_MALFORMED;
	slaac->heard = true;
	slaac->managed = nd.managed;
	slaac->other = nd.other;
	note_link(link, &nd);
	note_default_route(link, packet, &nd);
	read_options(link, packet, nd.options);
	dhcp6_on_advertisement(link, packet, nd.managed, nd.other);
	return COUNTER_NONE;
}
