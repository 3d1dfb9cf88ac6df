/* States and timers of the DHCPv4 client. RFC 2131, figure 5. */
#include <stdio.h>

#include "autoconf/dhcp4.h"

#include "autoconf/dhcp4_internal.h"
#include "iface/arp.h"

#define SECOND_US 1000000ll
#define RETRY_MAX_US (64 * SECOND_US) /* RFC 2131, 4.1 */
#define RENEW_RETRY_MIN_US (60 * SECOND_US) /* 4.4.5 */
#define DECLINE_WAIT_US (10 * SECOND_US) /* 3.1 (5) */
#define REQUESTS_MAX 4 /* then the offer is forgotten */
#define NOTE_INTERVAL_US (60 * SECOND_US)
#define SERVER_FIRST_US 50000 /* its word counts more than DNAv4's */
#define REBOOTS_MAX 1 /* then it is asked anew: this may be another link */

/* ------------------------------------------------------------------- timers */

/* Evenly in +-range_us. */
static int64_t jitter(struct autoconf_link *link, int64_t range_us)
{
	uint32_t width = (uint32_t)(2 * range_us + 1);

	return (int64_t)random_below(&link->engine->random, width) - range_us;
}

/* Doubled with each attempt, give or take a second (a quarter, if short). */
static int64_t retry_delay(struct autoconf_link *link, int attempts)
{
	int64_t delay_us = autoconf_settings(link)->dhcp_retry_ms * 1000ll;

	for (int i = 1; i < attempts && delay_us < RETRY_MAX_US; i++)
		delay_us *= 2;
	if (delay_us > RETRY_MAX_US)
		delay_us = RETRY_MAX_US;
	return delay_us + jitter(link, delay_us < 4 * SECOND_US ? delay_us / 4
								: SECOND_US);
}

/* 4.4.5: half of what is left, no more often than once a minute. */
static int64_t renew_deadline(int64_t until_us, int64_t now_us)
{
	int64_t half_us = (until_us - now_us) / 2;

	if (half_us < RENEW_RETRY_MIN_US)
		half_us = RENEW_RETRY_MIN_US;
	return half_us < until_us - now_us ? now_us + half_us : until_us;
}

/* ------------------------------------------------------------------- states */

void dhcp4_send_counted(struct autoconf_link *link, enum dhcp4_type type,
			int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);
	int64_t secs = (now_us - dhcp4->began_us) / SECOND_US;

	dhcp4->secs = (uint16_t)(secs < UINT16_MAX ? secs : UINT16_MAX);
	dhcp4->attempts++;
	dhcp4_send(link, type, now_us);
	dhcp4->timer_us = now_us + retry_delay(link, dhcp4->attempts);
}

static void send_request(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);

	if (dhcp4->attempts++ == 0)
		dhcp4->requested_us = now_us;
	dhcp4_send(link, DHCP4_REQUEST, now_us);
	if (dhcp4->state == DHCP4_STATE_RENEWING)
		dhcp4->timer_us = renew_deadline(dhcp4->t2_us, now_us);
	else if (dhcp4->state == DHCP4_STATE_REBINDING)
		dhcp4->timer_us = renew_deadline(dhcp4->end_us, now_us);
	else
		dhcp4->timer_us = now_us + retry_delay(link, dhcp4->attempts);
}

/* 4.4.1: a new exchange has a new xid; an offer's goes on with it. */
void dhcp4_enter(struct autoconf_link *link, enum dhcp4_state state,
		 int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);

	dhcp4->state = state;
	dhcp4->believe_us = TIME_NEVER;
	dhcp4->attempts = 0;
	if (state != DHCP4_STATE_REQUESTING)
		dhcp4->xid = random_u32(&link->engine->random);
	link->iface->hears_dhcp = !dhcp4->installed;
	if (state == DHCP4_STATE_SELECTING)
		dhcp4_send_counted(link, DHCP4_DISCOVER, now_us);
	else
		send_request(link, now_us);
}

void dhcp4_restart(struct autoconf_link *link, int64_t delay_us, int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);

	dhcp4->began_us = now_us + delay_us;
	dhcp4->asks_router = false;
	dhcp4->restarts++;
	if (delay_us == 0) {
		dhcp4_enter(link, DHCP4_STATE_SELECTING, now_us);
		return;
	}
	dhcp4->state = DHCP4_STATE_INIT;
	dhcp4->timer_us = now_us + delay_us;
}

static int64_t from(int64_t base_us, uint32_t s)
{
	return s == DHCP4_FOREVER ? TIME_NEVER : base_us + s * SECOND_US;
}

/* 4.4.5: "random fuzz around a fixed value". */
static int64_t fuzzy(struct autoconf_link *link, int64_t base_us, uint32_t s)
{
	int64_t range_us = s * SECOND_US / 50;

	if (s == DHCP4_FOREVER)
		return TIME_NEVER;
	if (range_us > 600 * SECOND_US)
		range_us = 600 * SECOND_US;
	return from(base_us, s) + jitter(link, range_us);
}

static int64_t earlier(int64_t a_us, int64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

static void set_times(struct autoconf_link *link, int64_t from_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);
	const struct dhcp4_lease *lease = &dhcp4->lease;

	dhcp4->end_us = from(from_us, lease->lease_s);
	dhcp4->t2_us =
		earlier(fuzzy(link, from_us, lease->t2_s), dhcp4->end_us);
	dhcp4->t1_us = earlier(fuzzy(link, from_us, lease->t1_s), dhcp4->t2_us);
}

void dhcp4_bind(struct autoconf_link *link, int64_t from_us, int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);
	struct pyt_ip ip = pyt_ip_from_v4(dhcp4->lease.ip);
	char text[PYT_IP_TEXT_MAX], time[16] = "ever";

	set_times(link, from_us);
	dhcp4->state = DHCP4_STATE_BOUND;
	dhcp4->timer_us = dhcp4->t1_us;
	dhcp4->hint = dhcp4->lease.ip;
	dhcp4->asks_router = false;
	dhcp4->believe_us = TIME_NEVER;
	link->iface->hears_dhcp = false;
	dhcp4_install(link, now_us);
	if (dhcp4->lease.lease_s != DHCP4_FOREVER)
		snprintf(time, sizeof(time), "%u s", dhcp4->lease.lease_s);
	engine_log(link->engine, PYT_LOG_INFO, "dhcp", "%s: %s/%u for %s",
		   link->iface->config.name, pyt_ip_format(&ip, text),
		   dhcp4->lease.prefix_len, time);
}

/* ------------------------------------------------------------- kept leases */

/* DNAv4, RFC 4436, 4.3: is the router there that was there before? */
static void ask_router(struct autoconf_link *link, const struct pyt_lease *kept,
		       int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);
	struct neighbour_cache *cache = link->iface->neighbours;

	if (pyt_ip_is_unspecified(&kept->router) ||
	    !pyt_ip_is_v4(&kept->router))
		return;
	if (!neighbour_find(cache, link->iface, &kept->router) &&
	    !neighbour_add(cache, link->iface, &kept->router, now_us))
		return;
	arp_unicast_request(link->iface, dhcp4->lease.ip,
			    pyt_ip_to_v4(&kept->router), kept->router_mac);
	dhcp4->asks_router = true;
}

static const struct neighbour *answered(const struct autoconf_link *link,
					const struct pyt_ip *router)
{
	const struct neighbour *neighbour =
		neighbour_find(link->iface->neighbours, link->iface, router);

	return neighbour && neighbour->state == NEIGHBOUR_REACHABLE ? neighbour
								    : NULL;
}

/* False: there is none, or it is over. */
static bool take_kept_lease(struct autoconf_link *link, int64_t now_us)
{
	const struct pyt_lease *kept = link->lease[PYT_METHOD_DHCP4];
	struct dhcp4 *dhcp4 = dhcp4_of(link);
	struct dhcp4_message message;

	if (!kept || !kept->message_len || kept->obtained_us > now_us)
		return false;
	if (!dhcp4_parse(reader_init(kept->message, kept->message_len),
			 &message) ||
	    !dhcp4_lease_parse(&message, true, &dhcp4->lease))
		return false;
	dhcp4->hint = dhcp4->lease.ip;
	dhcp4->requested_us = kept->obtained_us;
	dhcp4->end_us = from(kept->obtained_us, dhcp4->lease.lease_s);
	return dhcp4->end_us > now_us;
}

/*
 * No server says anything. The address may be used until its end (RFC 2131,
 * 3.2 (4)), if the router has shown that this is the link of before.
 */
static void trust_kept_lease(struct autoconf_link *link, int64_t now_us)
{
	const struct pyt_lease *kept = link->lease[PYT_METHOD_DHCP4];

	if (kept && dhcp4_of(link)->installed) {
		dhcp4_bind(link, kept->obtained_us, now_us);
		if (dhcp4_of(link)->t1_us < now_us) /* it is late already */
			dhcp4_of(link)->timer_us = now_us;
	} else {
		dhcp4_restart(link, 0, now_us);
	}
}

/* The first router, whose MAC tells this link from others. */
static void note_router(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);
	const struct pyt_lease *kept = link->lease[PYT_METHOD_DHCP4];
	const struct neighbour *neighbour;
	struct pyt_lease lease;
	struct pyt_ip router;

	if (dhcp4->lease.route_count == 0 || !kept || !kept->message_len)
		return;
	/* whoever claims to be the router shall not wear out the disk */
	if (now_us - dhcp4->noted_us < NOTE_INTERVAL_US)
		return;
	router = pyt_ip_from_v4(dhcp4->lease.route[0].gateway);
	neighbour = answered(link, &router);
	if (!neighbour || (pyt_ip_equal(&kept->router, &router) &&
			   memcmp(kept->router_mac, neighbour->mac, 6) == 0))
		return;
	dhcp4->noted_us = now_us;
	lease = *kept;
	lease.router = router;
	memcpy(lease.router_mac, neighbour->mac, 6);
	autoconf_lease_note(link, PYT_METHOD_DHCP4, &lease);
}

/* An ARP packet came by. */
static void on_neighbour(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);
	const struct pyt_lease *kept = link->lease[PYT_METHOD_DHCP4];
	const struct neighbour *neighbour;

	if (dhcp4->state == DHCP4_STATE_BOUND)
		note_router(link, now_us);
	if (!dhcp4->asks_router || !kept)
		return;
	neighbour = answered(link, &kept->router);
	if (!neighbour)
		return;
	dhcp4->asks_router = false;
	if (memcmp(neighbour->mac, kept->router_mac, 6) != 0)
		return;
	counter_hit(&link->engine->counters, COUNTER_DHCP4_SAME_LINK);
	dhcp4->believe_us = now_us + SERVER_FIRST_US;
}

/* The server was silent for a moment; should it speak yet, that counts. */
static void believe_router(struct autoconf_link *link, int64_t now_us)
{
	dhcp4_of(link)->believe_us = TIME_NEVER;
	set_times(link, link->lease[PYT_METHOD_DHCP4]->obtained_us);
	dhcp4_install(link, now_us);
}

/* ------------------------------------------------------------- the method */

static int start(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);
	const struct pyt_lease *kept = link->lease[PYT_METHOD_DHCP4];

	dhcp4->began_us = now_us;
	dhcp4->end_us = TIME_NEVER;
	dhcp4->believe_us = TIME_NEVER;
	dhcp4->noted_us = now_us - NOTE_INTERVAL_US;
	if (link->config.dhcp4_informs) {
		dhcp4_inform_begin(link, now_us);
	} else if (take_kept_lease(link, now_us)) {
		dhcp4_enter(link, DHCP4_STATE_REBOOTING, now_us);
		ask_router(link, kept, now_us);
	} else {
		dhcp4_enter(link, DHCP4_STATE_SELECTING, now_us);
	}
	return 0;
}

/* So that a server on the link hears it now, not after a question. */
static void know_server(struct autoconf_link *link, int64_t now_us)
{
	static const uint8_t none[6];
	const struct dhcp4 *dhcp4 = dhcp4_of(link);
	struct pyt_ip ip = pyt_ip_from_v4(dhcp4->lease.server_id);
	struct neighbour_cache *cache = link->iface->neighbours;
	struct neighbour *neighbour;

	if (memcmp(dhcp4->server_mac, none, 6) == 0 ||
	    neighbour_find(cache, link->iface, &ip))
		return;
	neighbour = neighbour_add(cache, link->iface, &ip, now_us);
	if (neighbour)
		neighbour_update(cache, neighbour, dhcp4->server_mac,
				 NEIGHBOUR_STALE, true, now_us);
}

static void stop(struct autoconf_link *link, bool release, int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);

	link->iface->hears_dhcp = false;
	if (release && dhcp4->installed) {
		know_server(link, now_us);
		dhcp4->xid = random_u32(&link->engine->random);
		dhcp4_send(link, DHCP4_RELEASE, now_us);
		autoconf_lease_note(link, PYT_METHOD_DHCP4, NULL);
	}
	dhcp4_uninstall(link, now_us);
}

static void lose(struct autoconf_link *link, int64_t now_us)
{
	engine_log(link->engine, PYT_LOG_WARNING, "dhcp",
		   "%s: the lease is over, no server has renewed it",
		   link->iface->config.name);
	dhcp4_uninstall(link, now_us);
	dhcp4_restart(link, 0, now_us);
}

static void run_timers(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);

	switch (dhcp4->state) {
	case DHCP4_STATE_INIT:
	case DHCP4_STATE_IPV6_ONLY:
		dhcp4->began_us = now_us;
		dhcp4_enter(link, DHCP4_STATE_SELECTING, now_us);
		break;
	case DHCP4_STATE_SELECTING:
		dhcp4_send_counted(link, DHCP4_DISCOVER, now_us);
		break;
	case DHCP4_STATE_REQUESTING:
		if (dhcp4->attempts < REQUESTS_MAX)
			send_request(link, now_us);
		else
			dhcp4_restart(link, 0, now_us);
		break;
	case DHCP4_STATE_REBOOTING:
		if (dhcp4->believe_us <= now_us)
			believe_router(link, now_us);
		if (dhcp4->timer_us > now_us)
			break;
		if (dhcp4->attempts < REBOOTS_MAX)
			send_request(link, now_us);
		else
			trust_kept_lease(link, now_us);
		break;
	case DHCP4_STATE_BOUND:
		dhcp4_enter(link, DHCP4_STATE_RENEWING, now_us);
		break;
	case DHCP4_STATE_RENEWING:
		if (now_us >= dhcp4->t2_us)
			dhcp4_enter(link, DHCP4_STATE_REBINDING, now_us);
		else
			send_request(link, now_us);
		break;
	case DHCP4_STATE_REBINDING:
		if (now_us >= dhcp4->end_us)
			lose(link, now_us);
		else
			send_request(link, now_us);
		break;
	case DHCP4_STATE_INFORMING:
		dhcp4_inform_send(link, now_us);
		break;
	case DHCP4_STATE_INFORMED:
		dhcp4->timer_us = TIME_NEVER;
		break;
	}
}

static int64_t next_deadline(const struct autoconf_link *link)
{
	return earlier(dhcp4_of(link)->timer_us, dhcp4_of(link)->believe_us);
}

/* RFC 2131, 3.1 (5) and 4.4.4. */
static void on_conflict(struct autoconf_link *link, const struct pyt_ip *ip,
			int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);

	dhcp4->xid = random_u32(&link->engine->random);
	dhcp4->lease.ip = pyt_ip_to_v4(ip);
	dhcp4_send(link, DHCP4_DECLINE, now_us);
	counter_hit(&link->engine->counters, COUNTER_DHCP4_DECLINES);
	autoconf_lease_note(link, PYT_METHOD_DHCP4, NULL);
	dhcp4->hint = 0;
	dhcp4_uninstall(link, now_us);
	dhcp4_restart(link, DECLINE_WAIT_US, now_us);
}

/* RFC 2131, 3.7: it may have been moved meanwhile. */
static void on_link_up(struct autoconf_link *link, int64_t now_us)
{
	enum dhcp4_state state = dhcp4_of(link)->state;

	if (link->config.dhcp4_informs)
		dhcp4_inform_begin(link, now_us);
	else if (dhcp4_of(link)->installed || state == DHCP4_STATE_REBOOTING)
		dhcp4_enter(link, DHCP4_STATE_REBOOTING, now_us);
	else if (state == DHCP4_STATE_SELECTING ||
		 state == DHCP4_STATE_REQUESTING)
		dhcp4_enter(link, DHCP4_STATE_SELECTING, now_us);
}

static enum autoconf_state state(const struct autoconf_link *link)
{
	const struct dhcp4 *dhcp4 = dhcp4_of(link);
	struct pyt_ip ip = pyt_ip_from_v4(dhcp4->ip);
	const struct iface_address *own = iface_address_find(link->iface, &ip);

	if (dhcp4->installed && own && iface_address_is_usable(own))
		return AUTOCONF_READY;
	return dhcp4->state == DHCP4_STATE_IPV6_ONLY ||
			       link->config.dhcp4_informs
		       ? AUTOCONF_IDLE
		       : AUTOCONF_BUSY;
}

bool dhcp4_does_without(const struct autoconf_link *link)
{
	return dhcp4_of(link) && dhcp4_of(link)->state == DHCP4_STATE_IPV6_ONLY;
}

const struct autoconf_method dhcp4_method = {
	.name = "dhcp",
	.family = AUTOCONF_IP4,
	.state_len = sizeof(struct dhcp4),
	.start = start,
	.stop = stop,
	.input = dhcp4_input,
	.on_neighbour = on_neighbour,
	.on_change = dhcp4_inform_on_change,
	.awaits_names = dhcp4_inform_awaits_names,
	.on_link_up = on_link_up,
	.run_timers = run_timers,
	.next_deadline = next_deadline,
	.on_conflict = on_conflict,
	.state = state,
};
