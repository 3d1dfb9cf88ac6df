/* What a reply brings: addresses, timers, names. RFC 8415, 18.2.10; 21.4. */
#include "autoconf/dhcp6_internal.h"
#include "autoconf/interface_id.h"
#include "wire/ip6.h"
#include "wire/nd.h"

#define SECOND_US 1000000ll

static int64_t until(uint32_t seconds, int64_t from_us)
{
	return seconds == UINT32_MAX ? TIME_NEVER
				     : from_us + seconds * SECOND_US;
}

/* Of a delegated prefix this host takes one address for itself. */
static struct pyt_ip address_of(const struct autoconf_link *link,
				const struct dhcp6_lease *lease)
{
	struct pyt_ip ip = lease->ip;

	if (lease->prefix_len <= 64)
		interface_id_stable(link->engine, link->iface->config.mac, 0,
				    &ip);
	return ip;
}

static bool may_be_ours(const struct pyt_ip *ip)
{
	return !pyt_ip_is_unspecified(ip) && !pyt_ip_is_multicast(ip) &&
	       !pyt_ip_is_loopback(ip) && !ip6_is_link_local(ip) &&
	       !pyt_ip_is_v4(ip);
}

static void put(struct autoconf_link *link, const struct dhcp6_lease *lease,
		int64_t from_us, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);
	struct ip_new_address new = {
		.ip = address_of(link, lease),
		.prefix_len = 128, /* says nothing of the link: RFC 5942, 5 */
		.method = PYT_METHOD_DHCP6,
		.preferred_until_us = until(lease->preferred, from_us),
		.valid_until_us = until(lease->valid, from_us),
		.no_route = true,
	};
	char text[PYT_IP_TEXT_MAX];

	if (new.valid_until_us <= now_us || !may_be_ours(&new.ip) ||
	    dhcp6->address_count ==
		    (int)(sizeof(dhcp6->address) / sizeof(*dhcp6->address)))
		return;
	if (autoconf_address_put(link, &new, now_us) < 0)
		return;
	dhcp6->address[dhcp6->address_count++] = new.ip;
	engine_log(link->engine, PYT_LOG_INFO, "dhcp6", "%s: address %s",
		   link->iface->config.name, pyt_ip_format(&new.ip, text));
}

/* What is not granted any more goes; the rest keeps its connections. */
static void remove_others(struct autoconf_link *link,
			  const struct pyt_ip *before, int count,
			  int64_t now_us)
{
	const struct dhcp6 *dhcp6 = dhcp6_of(link);

	for (int i = 0; i < count; i++) {
		bool kept = false;

		for (int j = 0; j < dhcp6->address_count; j++)
			kept |= pyt_ip_equal(&before[i], &dhcp6->address[j]);
		if (!kept)
			autoconf_address_remove(link, &before[i], now_us);
	}
}

/* A lease that is deprecated already lives on its valid time. */
static uint32_t shortest_time(const struct dhcp6_ia *ia)
{
	uint32_t shortest = UINT32_MAX;

	for (int i = 0; i < ia->count; i++) {
		const struct dhcp6_lease *lease = &ia->lease[i];
		uint32_t time =
			lease->preferred ? lease->preferred : lease->valid;

		if (time > 0 && time < shortest)
			shortest = time;
	}
	return shortest;
}

/* RFC 8415, 21.4: 0 is ours to choose, 0.5 and 0.8 are advised; 14.2: all
 * that is held is renewed at once, at the earliest of the times. */
static void set_timers(struct dhcp6 *dhcp6, const struct dhcp6_ia *ia,
		       int64_t from_us)
{
	uint32_t time = shortest_time(ia);
	int64_t t1_us = until(ia->t1, from_us), t2_us = until(ia->t2, from_us);

	if (!ia->present || ia->count == 0)
		return;
	if (ia->t1 == 0)
		t1_us = time == UINT32_MAX ? TIME_NEVER
					   : from_us + time * (SECOND_US / 2);
	if (ia->t2 == 0)
		t2_us = time == UINT32_MAX
				? TIME_NEVER
				: from_us + time * (SECOND_US / 10 * 8);
	if (t1_us < dhcp6->t1_us)
		dhcp6->t1_us = t1_us;
	if (t2_us < dhcp6->t2_us)
		dhcp6->t2_us = t2_us;
	for (int i = 0; i < ia->count; i++) {
		int64_t end_us = until(ia->lease[i].valid, from_us);

		if (end_us > dhcp6->end_us)
			dhcp6->end_us = end_us;
	}
}

void dhcp6_install(struct autoconf_link *link, int64_t from_us, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);
	struct pyt_ip before[2 * DHCP6_LEASES_MAX];
	int before_count = dhcp6->address_count;

	memcpy(before, dhcp6->address, sizeof(before));
	dhcp6->address_count = 0;
	for (int i = 0; i < dhcp6->grant.addresses.count; i++)
		put(link, &dhcp6->grant.addresses.lease[i], from_us, now_us);
	for (int i = 0; i < dhcp6->grant.prefixes.count; i++)
		put(link, &dhcp6->grant.prefixes.lease[i], from_us, now_us);
	remove_others(link, before, before_count, now_us);
	dhcp6->t1_us = TIME_NEVER;
	dhcp6->t2_us = TIME_NEVER;
	dhcp6->end_us = from_us;
	set_timers(dhcp6, &dhcp6->grant.addresses, from_us);
	set_timers(dhcp6, &dhcp6->grant.prefixes, from_us);
	/* ours to choose, and chosen too late; or longer than it lasts */
	if (dhcp6->t2_us > dhcp6->end_us)
		dhcp6->t2_us = dhcp6->end_us;
	if (dhcp6->t1_us > dhcp6->t2_us)
		dhcp6->t1_us = dhcp6->t2_us;
}

void dhcp6_uninstall(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);

	for (int i = 0; i < dhcp6->address_count; i++)
		autoconf_address_remove(link, &dhcp6->address[i], now_us);
	dhcp6->address_count = 0;
	dhcp6->grant = (struct dhcp6_grant){ .preference = 0 };
	autoconf_clear_results(link, PYT_METHOD_DHCP6);
}

void dhcp6_install_names(struct autoconf_link *link,
			 const struct dhcp6_message *message, int64_t until_us,
			 int64_t now_us)
{
	struct reader servers = message->servers;
	struct nd_dnssl domains = { .names = message->domains };
	struct pyt_ip server;
	char name[256];

	autoconf_clear_results(link, PYT_METHOD_DHCP6);
	while (servers.left >= sizeof(server.bytes)) {
		reader_copy(&servers, server.bytes, sizeof(server.bytes));
		if (!pyt_ip_is_unspecified(&server) &&
		    !pyt_ip_is_multicast(&server))
			autoconf_put_server(link, PYT_METHOD_DHCP6, &server,
					    until_us, now_us);
	}
	while (nd_dnssl_next(&domains, name))
		autoconf_put_domain(link, PYT_METHOD_DHCP6, name, until_us,
				    now_us);
	if (message->portal.left > 0)
		autoconf_put_portal(link, PYT_METHOD_DHCP6,
				    (const char *)message->portal.at,
				    message->portal.left);
}
