/* States and timers of the DHCPv6 client. RFC 8415, 7.6, 15, 18.2. */
#include "autoconf/dhcp6_internal.h"

#define SECOND_US 1000000ll
#define REQUESTS_MAX 10 /* REQ_MAX_RC */
#define DECLINES_MAX 4 /* DEC_MAX_RC */
#define DOUBLINGS_MAX 6 /* 64 s */
#define SOL_MAX_RT 3600u /* seconds, unless a server says otherwise */
#define INF_MAX_RT 3600u
#define SERVER_FIRST_US 50000 /* its word counts more than the router's */
#define NEWS_INTERVAL_US (30 * SECOND_US)
#define ASKED_MAX 2
#define CONFIRM_MAX_US (10 * SECOND_US) /* CNF_MAX_RD */

/* IRT and MRT of RFC 8415, 7.6; max 0: none. */
struct exchange {
	enum dhcp6_type type;
	int64_t first_us, max_us;
};

static struct exchange exchange_of(const struct dhcp6 *dhcp6)
{
	switch (dhcp6->state) {
	case DHCP6_STATE_SOLICITING:
		return (struct exchange){ DHCP6_SOLICIT, SECOND_US,
					  dhcp6->solicit_max * SECOND_US };
	case DHCP6_STATE_REQUESTING:
		return (struct exchange){ DHCP6_REQUEST, SECOND_US,
					  30 * SECOND_US };
	case DHCP6_STATE_CONFIRMING: /* prefixes: RFC 8415, 18.2.12 */
		return (struct exchange){ dhcp6->grant.prefixes.count
						  ? DHCP6_REBIND
						  : DHCP6_CONFIRM,
					  SECOND_US, 4 * SECOND_US };
	case DHCP6_STATE_RENEWING:
		return (struct exchange){ DHCP6_RENEW, 10 * SECOND_US,
					  600 * SECOND_US };
	case DHCP6_STATE_REBINDING:
		return (struct exchange){ DHCP6_REBIND, 10 * SECOND_US,
					  600 * SECOND_US };
	case DHCP6_STATE_DECLINING:
		return (struct exchange){ DHCP6_DECLINE, SECOND_US, 0 };
	case DHCP6_STATE_INFORMING:
		return (struct exchange){ DHCP6_INFORMATION_REQUEST, SECOND_US,
					  dhcp6->inform_max * SECOND_US };
	case DHCP6_STATE_OFF:
	case DHCP6_STATE_BOUND:
	case DHCP6_STATE_INFORMED:
		break;
	}
	return (struct exchange){ .first_us = 0 };
}

/* RAND: a tenth more or less; the first Solicit only more (18.2.1). */
static int64_t jitter(struct autoconf_link *link, int64_t us, bool only_more)
{
	struct random *random = &link->engine->random;
	/* in parts of a million: a day's microseconds are more than 32 bits */
	int64_t share =
		only_more ? 1 + random_below(random, 100000)
			  : (int64_t)random_below(random, 200001) - 100000;

	return us / 1000000 * share + us % 1000000 * share / 1000000;
}

static int64_t next_interval(struct autoconf_link *link,
			     const struct exchange *e, int64_t last_us)
{
	bool solicit = e->type == DHCP6_SOLICIT;
	int64_t us;

	if (last_us == 0)
		return e->first_us + jitter(link, e->first_us, solicit);
	us = 2 * last_us + jitter(link, last_us, false);
	if (e->max_us && us > e->max_us)
		us = e->max_us + jitter(link, e->max_us, false);
	return us;
}

/* An exchange lasts no longer than what it is about: MRD. */
static int64_t exchange_end(const struct dhcp6 *dhcp6)
{
	if (dhcp6->state == DHCP6_STATE_CONFIRMING)
		return dhcp6->began_us + CONFIRM_MAX_US;
	if (dhcp6->state == DHCP6_STATE_RENEWING)
		return dhcp6->t2_us;
	if (dhcp6->state == DHCP6_STATE_REBINDING)
		return dhcp6->end_us;
	if (dhcp6->state == DHCP6_STATE_INFORMING && dhcp6_has_grant(dhcp6))
		return dhcp6->t1_us;
	return TIME_NEVER;
}

static void send_next(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);
	struct exchange e = exchange_of(dhcp6);

	if (dhcp6->sent == 0)
		dhcp6->began_us = now_us;
	dhcp6_send(link, e.type, now_us);
	dhcp6->sent++;
	dhcp6->interval_us = next_interval(link, &e, dhcp6->interval_us);
	dhcp6->send_us = now_us + dhcp6->interval_us;
	if (dhcp6->send_us > exchange_end(dhcp6))
		dhcp6->send_us = exchange_end(dhcp6);
}

void dhcp6_enter(struct autoconf_link *link, enum dhcp6_state state,
		 int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);

	dhcp6->state = state;
	dhcp6->believe_us = TIME_NEVER;
	dhcp6->interval_us = 0;
	dhcp6->sent = 0;
	dhcp6->transaction = random_u32(&link->engine->random) & 0xffffff;
	if (state == DHCP6_STATE_SOLICITING)
		dhcp6->offer.server.id_len = 0;
	if (state == DHCP6_STATE_BOUND)
		dhcp6->send_us = dhcp6->t1_us;
	else if (exchange_of(dhcp6).first_us)
		send_next(link, now_us);
	else
		dhcp6->send_us = TIME_NEVER;
}

void dhcp6_start_over(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);
	int doublings = dhcp6->refusals++ - 1;

	if (doublings < 0) {
		dhcp6_enter(link, DHCP6_STATE_SOLICITING, now_us);
		return;
	}
	dhcp6_enter(link, DHCP6_STATE_OFF, now_us);
	dhcp6->state = DHCP6_STATE_SOLICITING;
	dhcp6->offer.server.id_len = 0;
	dhcp6->send_us = now_us + (SECOND_US << (doublings < DOUBLINGS_MAX
							 ? doublings
							 : DOUBLINGS_MAX));
}

/* Addresses, or what was left of them when the last stack ended. */
static void begin(struct autoconf_link *link, int64_t now_us)
{
	if (!dhcp6_lease_take(link, now_us)) {
		dhcp6_enter(link, DHCP6_STATE_SOLICITING, now_us);
		return;
	}
	dhcp6_enter(link, DHCP6_STATE_CONFIRMING, now_us);
	if (dhcp6_lease_is_of_router(link))
		dhcp6_of(link)->believe_us = now_us + SERVER_FIRST_US;
}

static int start(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);

	dhcp6->solicit_max = SOL_MAX_RT;
	dhcp6->inform_max = INF_MAX_RT;
	dhcp6->send_us = TIME_NEVER;
	dhcp6->believe_us = TIME_NEVER;
	/* without advertisements to ask for it, it is wanted as it is */
	if (!(link->config.methods >> PYT_METHOD_SLAAC & 1))
		begin(link, now_us);
	return 0;
}

static bool is_bound(const struct dhcp6 *dhcp6)
{
	return dhcp6->state == DHCP6_STATE_BOUND ||
	       dhcp6->state == DHCP6_STATE_RENEWING ||
	       dhcp6->state == DHCP6_STATE_REBINDING ||
	       (dhcp6_has_grant(dhcp6) &&
		(dhcp6->state == DHCP6_STATE_CONFIRMING ||
		 dhcp6->state == DHCP6_STATE_INFORMING));
}

/* RFC 8415, 18.2.7; there is no time to wait for the reply. */
static void stop(struct autoconf_link *link, bool release, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);

	if (!release || !is_bound(dhcp6))
		return;
	dhcp6->sent = 0;
	dhcp6->transaction = random_u32(&link->engine->random) & 0xffffff;
	dhcp6_send(link, DHCP6_RELEASE, now_us);
	dhcp6_lease_forget(link);
}

/*
 * RFC 8415, 18.2.12: the network may have been configured anew. No exchange
 * begins within 30 s of the last one: a link that flaps is no flood.
 */
void dhcp6_on_prefix_news(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);
	int64_t due_us;

	if (!dhcp6 || (dhcp6->state != DHCP6_STATE_BOUND &&
		       dhcp6->state != DHCP6_STATE_INFORMED))
		return;
	due_us = dhcp6->began_us + NEWS_INTERVAL_US;
	if (due_us < now_us)
		due_us = now_us;
	if (due_us < dhcp6->send_us)
		dhcp6->send_us = due_us;
}

static bool has_no_address(const struct dhcp6 *dhcp6)
{
	return !dhcp6_has_grant(dhcp6) &&
	       (dhcp6->state == DHCP6_STATE_OFF ||
		dhcp6->state == DHCP6_STATE_INFORMING ||
		dhcp6->state == DHCP6_STATE_INFORMED);
}

void dhcp6_on_advertisement(struct autoconf_link *link,
			    const struct packet_in *packet, bool managed,
			    bool other)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);
	int64_t now_us = packet->now_us;

	if (!dhcp6)
		return;
	if (managed) {
		dhcp6->router = packet->src;
		memcpy(dhcp6->router_mac, packet->link_src, 6);
	}
	/* RFC 4862, 5.5.2: what was begun goes on when the flag goes */
	if (managed && has_no_address(dhcp6))
		begin(link, now_us);
	else if (other && dhcp6->state == DHCP6_STATE_OFF)
		dhcp6_enter(link, DHCP6_STATE_INFORMING, now_us);
}

static void lose(struct autoconf_link *link, int64_t now_us)
{
	engine_log(link->engine, PYT_LOG_WARNING, "dhcp6",
		   "%s: no server has prolonged the addresses",
		   link->iface->config.name);
	dhcp6_uninstall(link, now_us);
	dhcp6_enter(link, DHCP6_STATE_SOLICITING, now_us);
}

/* RFC 8415, 18.2.3: nobody says anything; what is held is used to its end. */
static void keep_on(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);

	dhcp6_lease_install(link, now_us);
	if (now_us < dhcp6->end_us)
		dhcp6_enter(link, DHCP6_STATE_BOUND, now_us);
	else
		lose(link, now_us);
}

/* Nobody has heard, or had a word to say about it, in four times. */
static void end_decline(struct autoconf_link *link, int64_t now_us)
{
	dhcp6_uninstall(link, now_us);
	dhcp6_start_over(link, now_us);
}

static void on_send_time(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);

	switch (dhcp6->state) {
	case DHCP6_STATE_SOLICITING:
		if (dhcp6->offer.server.id_len > 0)
			dhcp6_enter(link, DHCP6_STATE_REQUESTING, now_us);
		else
			send_next(link, now_us);
		break;
	case DHCP6_STATE_REQUESTING:
		if (dhcp6->sent < REQUESTS_MAX)
			send_next(link, now_us);
		else
			dhcp6_enter(link, DHCP6_STATE_SOLICITING, now_us);
		break;
	case DHCP6_STATE_CONFIRMING:
		if (now_us < exchange_end(dhcp6))
			send_next(link, now_us);
		else
			keep_on(link, now_us);
		break;
	case DHCP6_STATE_BOUND: /* T2 has passed: of a kept lease */
		dhcp6->refusals = 0;
		dhcp6_enter(link,
			    now_us < dhcp6->t2_us ? DHCP6_STATE_RENEWING
						  : DHCP6_STATE_REBINDING,
			    now_us);
		break;
	case DHCP6_STATE_RENEWING:
		if (now_us >= dhcp6->t2_us)
			dhcp6_enter(link, DHCP6_STATE_REBINDING, now_us);
		else
			send_next(link, now_us);
		break;
	case DHCP6_STATE_REBINDING:
		if (now_us >= dhcp6->end_us)
			lose(link, now_us);
		else
			send_next(link, now_us);
		break;
	case DHCP6_STATE_DECLINING:
		if (dhcp6->sent < DECLINES_MAX)
			send_next(link, now_us);
		else
			end_decline(link, now_us);
		break;
	case DHCP6_STATE_INFORMED:
		dhcp6_enter(link, DHCP6_STATE_INFORMING, now_us);
		break;
	case DHCP6_STATE_INFORMING:
		if (now_us < exchange_end(dhcp6))
			send_next(link, now_us);
		else
			dhcp6_enter(link, DHCP6_STATE_RENEWING, now_us);
		break;
	case DHCP6_STATE_OFF:
		dhcp6->send_us = TIME_NEVER;
		break;
	}
}

static void run_timers(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);

	if (now_us >= dhcp6->believe_us) {
		dhcp6->believe_us = TIME_NEVER;
		dhcp6_lease_install(link, now_us);
	}
	if (now_us >= dhcp6->send_us)
		on_send_time(link, now_us);
}

static int64_t next_deadline(const struct autoconf_link *link)
{
	const struct dhcp6 *dhcp6 = dhcp6_of(link);

	return dhcp6->believe_us < dhcp6->send_us ? dhcp6->believe_us
						  : dhcp6->send_us;
}

/* RFC 8415, 18.2.8. */
static void on_conflict(struct autoconf_link *link, const struct pyt_ip *ip,
			int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);

	if (!is_bound(dhcp6))
		return;
	dhcp6->declined = (struct dhcp6_lease){ .ip = *ip, .prefix_len = 128 };
	counter_hit(&link->engine->counters, COUNTER_DHCP6_DECLINES);
	dhcp6_lease_forget(link);
	dhcp6_enter(link, DHCP6_STATE_DECLINING, now_us);
}

/* RFC 8415, 18.2.12: perhaps on another link. */
static void on_link_up(struct autoconf_link *link, int64_t now_us)
{
	const struct dhcp6 *dhcp6 = dhcp6_of(link);

	if (is_bound(dhcp6) || dhcp6->state == DHCP6_STATE_CONFIRMING)
		dhcp6_enter(link, DHCP6_STATE_CONFIRMING, now_us);
	else if (dhcp6->state == DHCP6_STATE_INFORMED ||
		 dhcp6->state == DHCP6_STATE_INFORMING)
		dhcp6_enter(link, DHCP6_STATE_INFORMING, now_us);
	else if (dhcp6->sent && (dhcp6->state == DHCP6_STATE_SOLICITING ||
				 dhcp6->state == DHCP6_STATE_REQUESTING))
		dhcp6_enter(link, DHCP6_STATE_SOLICITING, now_us);
}

/* A server that has not answered two messages is not there for programs. */
static bool awaits_names(const struct autoconf_link *link)
{
	const struct dhcp6 *dhcp6 = dhcp6_of(link);

	switch (dhcp6->state) {
	case DHCP6_STATE_SOLICITING:
	case DHCP6_STATE_REQUESTING:
	case DHCP6_STATE_CONFIRMING:
	case DHCP6_STATE_INFORMING:
		return !dhcp6->refused && dhcp6->sent <= ASKED_MAX;
	case DHCP6_STATE_OFF:
	case DHCP6_STATE_BOUND:
	case DHCP6_STATE_RENEWING:
	case DHCP6_STATE_REBINDING:
	case DHCP6_STATE_DECLINING:
	case DHCP6_STATE_INFORMED:
		break;
	}
	return false;
}

static bool has_usable_address(const struct autoconf_link *link)
{
	const struct dhcp6 *dhcp6 = dhcp6_of(link);

	for (int i = 0; i < dhcp6->address_count; i++) {
		const struct iface_address *own =
			iface_address_find(link->iface, &dhcp6->address[i]);

		if (own && iface_address_is_usable(own))
			return true;
	}
	return false;
}

static enum autoconf_state state(const struct autoconf_link *link)
{
	const struct dhcp6 *dhcp6 = dhcp6_of(link);

	if (has_usable_address(link))
		return AUTOCONF_READY;
	switch (dhcp6->state) {
	case DHCP6_STATE_OFF:
	case DHCP6_STATE_INFORMING:
	case DHCP6_STATE_INFORMED:
		return AUTOCONF_IDLE;
	case DHCP6_STATE_SOLICITING:
	case DHCP6_STATE_REQUESTING:
	case DHCP6_STATE_CONFIRMING:
		return dhcp6->refused ? AUTOCONF_FAILED : AUTOCONF_BUSY;
	case DHCP6_STATE_BOUND:
	case DHCP6_STATE_RENEWING:
	case DHCP6_STATE_REBINDING:
	case DHCP6_STATE_DECLINING:
		break;
	}
	return AUTOCONF_BUSY;
}

const struct autoconf_method dhcp6_method = {
	.name = "dhcp6",
	.family = AUTOCONF_IP6,
	.state_len = sizeof(struct dhcp6),
	.start = start,
	.stop = stop,
	.input = dhcp6_input,
	.on_link_up = on_link_up,
	.awaits_names = awaits_names,
	.run_timers = run_timers,
	.next_deadline = next_deadline,
	.on_conflict = on_conflict,
	.state = state,
};
