/*
 * Asking for routers. RFC 4861, 6.3.7, with the back-off of RFC 7559, which
 * never gives up unless router_solicitations says so.
 */
#include <string.h>

#include "autoconf/slaac_internal.h"
#include "iface/nd.h"
#include "wire/ip6.h"

#define SECOND_US 1000000ll

/* RAND of RFC 8415, 15: a tenth more or less. */
static int64_t jitter(struct autoconf_link *link, int64_t us)
{
	int64_t tenth_us = us / 10;

	return (int64_t)random_below(&link->engine->random,
				     (uint32_t)(2 * tenth_us + 1)) -
	       tenth_us;
}

static int64_t next_interval(struct autoconf_link *link, int64_t last_us)
{
	const struct slaac_settings *s = slaac_settings(link);
	int64_t first_us = s->router_solicitation_interval * SECOND_US;
	int64_t max_us = s->router_solicitation_max_interval * SECOND_US;
	int64_t us;

	if (last_us == 0)
		return first_us + jitter(link, first_us);
	us = 2 * last_us + jitter(link, last_us);
	return us > max_us ? max_us + jitter(link, max_us) : us;
}

/*
 * With an address the answer comes to us alone, and at once; to all it may be
 * 3 s late (RFC 4861, 6.2.6). One that others may have as well must not tell
 * our MAC (RFC 4429, 3.2): the router asks for it then.
 */
static void send(struct autoconf_link *link)
{
	static const struct pyt_ip nobody;
	struct iface *iface = link->iface;
	const struct iface_address *own = iface_link_local(iface);
	uint8_t bytes[16];
	struct writer w = writer_init(bytes, sizeof(bytes));

	nd_build_router_solicitation(&w);
	if (own && own->state == IFACE_ADDRESS_VALID &&
	    iface->config.medium == PYT_MEDIUM_ETHERNET)
		nd_build_mac_option(&w, ND_OPTION_SOURCE_LINK,
				    iface->config.mac);
	nd_send(iface, own ? &own->ip : &nobody, &ip6_all_routers, NULL, &w);
}

void slaac_solicit_start(struct autoconf_link *link, int64_t now_us)
{
	const struct slaac_settings *s = slaac_settings(link);
	struct slaac *slaac = slaac_of(link);

	slaac->interval_us = 0;
	slaac->solicitations = 0;
	slaac->solicit_us = TIME_NEVER;
	slaac->wait_until_us = now_us + s->router_wait_ms * 1000ll;
	if (s->router_solicitations == 0)
		return;
	slaac->solicit_us = now_us;
	if (s->router_solicitation_delay > 0)
		slaac->solicit_us += random_below(
			&link->engine->random,
			(uint32_t)(s->router_solicitation_delay * SECOND_US));
}

void slaac_solicit_run(struct autoconf_link *link, int64_t now_us)
{
	const struct slaac_settings *s = slaac_settings(link);
	struct slaac *slaac = slaac_of(link);

	if (now_us < slaac->solicit_us)
		return;
	send(link);
	slaac->solicitations++;
	slaac->interval_us = next_interval(link, slaac->interval_us);
	slaac->solicit_us = now_us + slaac->interval_us;
	if (s->router_solicitations > 0 &&
	    slaac->solicitations >= s->router_solicitations)
		slaac->solicit_us = TIME_NEVER;
}

void slaac_solicit_stop(struct autoconf_link *link)
{
	slaac_of(link)->solicit_us = TIME_NEVER;
}
