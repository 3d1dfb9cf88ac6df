/* The method: when it runs what, and what may be hoped for. RFC 4861, 6.3. */
#include "autoconf/slaac.h"

#include <netinet/in.h>

#include "autoconf/slaac_internal.h"
#include "iface/neighbour.h"
#include "wire/icmp6.h"

static int start(struct autoconf_link *link, int64_t now_us)
{
	slaac_of(link)->router_losses = link->iface->neighbours->router_losses;
	slaac_solicit_start(link, now_us);
	return 0;
}

static void stop(struct autoconf_link *link, bool release, int64_t now_us)
{
	slaac_route_clear(link);
	slaac_prefix_clear(link);
	link->iface->nd = (struct iface_nd){ 0 };
}

static bool input(struct autoconf_link *link, const struct packet_in *packet)
{
	enum counter why;

	if (packet->protocol != IPPROTO_ICMPV6 || packet->payload.left == 0)
		return false;
	if (packet->payload.at[0] == ICMP6_NEIGHBOUR_ADVERTISEMENT)
		slaac_route_run(link, packet->now_us);
	if (packet->payload.at[0] != ICMP6_ROUTER_ADVERTISEMENT)
		return false;
	why = slaac_input_advertisement(link, packet);
	if (why != COUNTER_NONE)
		autoconf_drop(link, why);
	return false; /* raw sockets hear it as well */
}

static void on_conflict(struct autoconf_link *link, const struct pyt_ip *ip,
			int64_t now_us)
{
	slaac_address_conflict(link, ip, now_us);
}

static void on_neighbour(struct autoconf_link *link, int64_t now_us)
{
	slaac_route_run(link, now_us);
}

static void on_link_up(struct autoconf_link *link, int64_t now_us)
{
	slaac_solicit_start(link, now_us);
}

static void run_timers(struct autoconf_link *link, int64_t now_us)
{
	struct slaac *slaac = slaac_of(link);

	if (slaac->wait_until_us <= now_us)
		slaac->wait_until_us = TIME_NEVER;
	slaac_solicit_run(link, now_us);
	slaac_route_run(link, now_us);
	slaac_address_run(link, now_us);
	slaac_prefix_run(link, now_us);
}

static int64_t next_deadline(const struct autoconf_link *link)
{
	const struct slaac *slaac = slaac_of(link);
	int64_t deadline_us =
		slaac_earlier(slaac->solicit_us, slaac->wait_until_us);

	deadline_us = slaac_earlier(deadline_us, slaac_route_deadline(link));
	deadline_us = slaac_earlier(deadline_us, slaac_address_deadline(link));
	return slaac_earlier(deadline_us, slaac_prefix_deadline(link));
}

static bool has_usable_address(const struct autoconf_link *link)
{
	const struct slaac *slaac = slaac_of(link);

	for (int i = 0; i < slaac->address_count; i++) {
		const struct iface_address *own =
			iface_address_find(link->iface, &slaac->address[i].ip);

		if (own && iface_address_is_usable(own))
			return true;
	}
	return false;
}

static enum autoconf_state state(const struct autoconf_link *link)
{
	const struct slaac *slaac = slaac_of(link);

	if (has_usable_address(link))
		return AUTOCONF_READY;
	if (slaac->address_count > 0)
		return AUTOCONF_BUSY; /* being probed */
	if (slaac->heard) /* addresses come from elsewhere, or not at all */
		return slaac->managed ? AUTOCONF_IDLE : AUTOCONF_FAILED;
	return slaac->wait_until_us == TIME_NEVER ? AUTOCONF_FAILED
						  : AUTOCONF_BUSY;
}

const struct autoconf_method slaac_method = {
	.name = "slaac",
	.family = AUTOCONF_IP6,
	.state_len = sizeof(struct slaac),
	.start = start,
	.stop = stop,
	.input = input,
	.on_neighbour = on_neighbour,
	.on_link_up = on_link_up,
	.run_timers = run_timers,
	.next_deadline = next_deadline,
	.on_conflict = on_conflict,
	.state = state,
};
