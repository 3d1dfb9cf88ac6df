/*
 * The states of a neighbour and their timers. RFC 4861, 7.3; the times and
 * counts are Linux's, ARP included.
 */
#include <errno.h>
#include <string.h>

#include "iface/arp.h"
#include "iface/nd.h"
#include "iface/neighbour.h"
#include "wire/ethernet.h"

#define FAILED_MAX 128 /* packets kept to report their failure */
#define SILENT_US 1000000ll /* a failure is told for so long */
/* RFC 7048, 4: of questions to who went silent */
#define BACKOFF_MULTIPLE 3
#define RETRANS_MAX_US 60000000ll

static int64_t retrans_us(const struct neighbour_cache *cache,
			  const struct neighbour *neighbour)
{
	return neighbour_settings(neighbour)->retrans_time_ms * 1000ll;
}

static int64_t delay_us(const struct neighbour_cache *cache,
			const struct neighbour *neighbour)
{
	return neighbour_settings(neighbour)->delay_first_probe_time *
	       1000000ll;
}

/* Uniform between half and one and a half of the base: RFC 4861, 6.3.2. */
static int64_t reachable_us(struct neighbour_cache *cache,
			    const struct neighbour *neighbour)
{
	int64_t base =
		neighbour_settings(neighbour)->base_reachable_time_ms * 1000ll;

	return base / 2 +
	       base * (random_u32(&cache->engine->random) >> 16) / 65536;
}

static void enter(struct neighbour_cache *cache, struct neighbour *neighbour,
		  enum neighbour_state state, int64_t deadline_us,
		  int64_t now_us)
{
	bool is_dead = state == NEIGHBOUR_FAILED ||
		       state == NEIGHBOUR_UNREACHABLE ||
		       (state == NEIGHBOUR_INCOMPLETE && neighbour->is_dead);

	cache->deaths += is_dead != neighbour->is_dead;
	neighbour->is_dead = is_dead;
	neighbour->state = state;
	neighbour_changed(cache, neighbour);
	neighbour->updated_us = now_us;
	neighbour->probes = 0;
	heap_set(&cache->timers, &neighbour->timer, deadline_us);
}

static void enter_reachable(struct neighbour_cache *cache,
			    struct neighbour *neighbour, int64_t now_us)
{
	neighbour->confirmed_us = now_us;
	enter(cache, neighbour, NEIGHBOUR_REACHABLE,
	      now_us + reachable_us(cache, neighbour), now_us);
}

/* Longer and longer, and not at once with others. RFC 7048, 3 and 4. */
static int64_t unreachable_us(struct neighbour_cache *cache,
			      const struct neighbour *neighbour)
{
	int64_t wait_us = retrans_us(cache, neighbour);

	for (int i = 0; i < neighbour->probes && wait_us < RETRANS_MAX_US; i++)
		wait_us *= BACKOFF_MULTIPLE;
	if (wait_us > RETRANS_MAX_US)
		wait_us = RETRANS_MAX_US;
	return wait_us / 2 +
	       wait_us * (random_u32(&cache->engine->random) >> 16) / 65536;
}

/* Asks, and sets the timer to when to ask again. */
static void solicit(struct neighbour_cache *cache, struct neighbour *neighbour,
		    int64_t now_us)
{
	const uint8_t *mac =
		neighbour->state == NEIGHBOUR_PROBE ? neighbour->mac : NULL;
	int64_t next_us = now_us + retrans_us(cache, neighbour);
	int64_t wait_us = 0;

	if (pyt_ip_is_v4(&neighbour->ip))
		arp_solicit(cache, neighbour, mac);
	else
		wait_us = nd_solicit(cache, neighbour, mac, now_us);
	if (wait_us > 0)
		next_us = now_us + wait_us; /* it was too early to ask */
	else
		neighbour->probes++;
	if (neighbour->state == NEIGHBOUR_UNREACHABLE && wait_us <= 0)
		next_us = now_us + unreachable_us(cache, neighbour);
	neighbour->asked_us = now_us;
	heap_set(&cache->timers, &neighbour->timer, next_us);
}

static void start_asking(struct neighbour_cache *cache,
			 struct neighbour *neighbour, int64_t now_us)
{
	enter(cache, neighbour, NEIGHBOUR_INCOMPLETE, TIME_NEVER, now_us);
	solicit(cache, neighbour, now_us);
}

static bool has_address(const struct neighbour *neighbour)
{
	return neighbour->state != NEIGHBOUR_INCOMPLETE &&
	       neighbour->state != NEIGHBOUR_FAILED;
}

static void on_use(struct neighbour_cache *cache, struct neighbour *neighbour,
		   int64_t now_us)
{
	neighbour->used_us = now_us;
	if (neighbour->state == NEIGHBOUR_STALE)
		enter(cache, neighbour, NEIGHBOUR_DELAY,
		      now_us + delay_us(cache, neighbour), now_us);
	else if (neighbour->state == NEIGHBOUR_UNREACHABLE &&
		 neighbour->timer.deadline_us == TIME_NEVER)
		solicit(cache, neighbour, now_us); /* nobody used it lately */
}

static struct neighbour *find_or_add(struct neighbour_cache *cache,
				     struct iface *iface,
				     const struct pyt_ip *ip, int64_t now_us)
{
	struct neighbour *neighbour = neighbour_find(cache, iface, ip);

	return neighbour ? neighbour : neighbour_add(cache, iface, ip, now_us);
}

enum neighbour_answer neighbour_resolve(struct neighbour_cache *cache,
					struct iface *iface,
					const struct pyt_ip *ip,
					const struct pyt_ip *src,
					uint8_t mac[6], int64_t now_us)
{
	struct neighbour *neighbour = find_or_add(cache, iface, ip, now_us);

	if (!neighbour)
		return NEIGHBOUR_NO_ROOM;
	if (has_address(neighbour)) {
		on_use(cache, neighbour, now_us);
		memcpy(mac, neighbour->mac, sizeof(neighbour->mac));
		return NEIGHBOUR_KNOWN;
	}
	if (neighbour->state == NEIGHBOUR_FAILED) {
		if (now_us - neighbour->updated_us < SILENT_US)
			return NEIGHBOUR_SILENT;
		neighbour->src = *src;
		start_asking(cache, neighbour, now_us);
	}
	return NEIGHBOUR_ASKED;
}

bool neighbour_push_header(const struct iface *iface, struct packet_out *packet,
			   const uint8_t dst[6])
{
	bool v6 = packet->data[0] >> 4 == 6;
	struct ethernet_header header = {
		.type = v6 ? ETHERNET_TYPE_IP6 : ETHERNET_TYPE_IP4,
	};
	uint8_t *at = packet_push(packet, ETHERNET_HEADER_LEN);

	if (!at)
		return false;
	memcpy(header.dst, dst, sizeof(header.dst));
	memcpy(header.src, iface->config.mac, sizeof(header.src));
	ethernet_header_build(at, &header);
	return true;
}

static int send_now(struct neighbour_cache *cache, struct iface *iface,
		    struct packet_out *packet, const uint8_t mac[6])
{
	if (!neighbour_push_header(iface, packet, mac)) {
		packet_destroy(cache->engine, packet);
		return -ENOBUFS;
	}
	return iface_output(iface, packet);
}

static struct packet_out *take_waiting(struct neighbour *neighbour)
{
	struct packet_out *packet = TAILQ_FIRST(&neighbour->waiting);

	if (!packet)
		return NULL;
	TAILQ_REMOVE(&neighbour->waiting, packet, link);
	neighbour->waiting_count--;
	neighbour->waiting_bytes -= (int)packet->len;
	return packet;
}

/* The newest packet is kept (RFC 1122, 2.3.2.2); the oldest make room. */
static void keep_waiting(struct neighbour_cache *cache,
			 struct neighbour *neighbour, struct packet_out *packet)
{
	const struct neighbour_settings *s = neighbour_settings(neighbour);
	struct packet_out *oldest;

	while (neighbour->waiting_count >= s->unres_qlen ||
	       neighbour->waiting_bytes + (int)packet->len >
		       s->unres_qlen_bytes) {
		oldest = take_waiting(neighbour);
		if (!oldest)
			break;
		counter_hit(&cache->engine->counters,
			    COUNTER_NEIGHBOUR_QUEUE_FULL);
		packet_destroy(cache->engine, oldest);
	}
	TAILQ_INSERT_TAIL(&neighbour->waiting, packet, link);
	neighbour->waiting_count++;
	neighbour->waiting_bytes += (int)packet->len;
}

int neighbour_output(struct neighbour_cache *cache, struct iface *iface,
		     const struct pyt_ip *ip, const struct pyt_ip *src,
		     struct packet_out *packet, int64_t now_us)
{
	struct neighbour *neighbour = find_or_add(cache, iface, ip, now_us);

	if (!neighbour) {
		packet_destroy(cache->engine, packet);
		return -ENOBUFS;
	}
	on_use(cache, neighbour, now_us);
	if (has_address(neighbour))
		return send_now(cache, iface, packet, neighbour->mac);

	keep_waiting(cache, neighbour, packet);
	if (neighbour->state == NEIGHBOUR_FAILED) {
		neighbour->src = *src;
		start_asking(cache, neighbour, now_us);
	}
	return 0;
}

static void send_waiting(struct neighbour_cache *cache,
			 struct neighbour *neighbour)
{
	struct packet_out *packet;

	while ((packet = take_waiting(neighbour)))
		send_now(cache, neighbour->iface, packet, neighbour->mac);
}

static void fail(struct neighbour_cache *cache, struct neighbour *neighbour,
		 int64_t now_us)
{
	struct packet_out *packet;

	enter(cache, neighbour, NEIGHBOUR_FAILED, TIME_NEVER, now_us);
	counter_hit(&cache->engine->counters, COUNTER_NEIGHBOUR_FAILED);
	while ((packet = take_waiting(neighbour))) {
		if (cache->failed_count == FAILED_MAX) {
			counter_hit(&cache->engine->counters,
				    COUNTER_NEIGHBOUR_QUEUE_FULL);
			packet_destroy(cache->engine, packet);
			continue;
		}
		TAILQ_INSERT_TAIL(&cache->failed, packet, link);
		cache->failed_count++;
	}
}

struct packet_out *neighbour_next_failed(struct neighbour_cache *cache)
{
	struct packet_out *packet = TAILQ_FIRST(&cache->failed);

	if (!packet)
		return NULL;
	TAILQ_REMOVE(&cache->failed, packet, link);
	cache->failed_count--;
	return packet;
}

static void hear_address(struct neighbour_cache *cache,
			 struct neighbour *neighbour, const uint8_t *mac,
			 const struct nd_advertisement *told, int64_t now_us)
{
	bool differs = mac && memcmp(neighbour->mac, mac, 6) != 0;

	/* RFC 4861, 7.2.5, I: what contradicts is a doubt, no more */
	if (differs && !told->override) {
		if (neighbour->state == NEIGHBOUR_REACHABLE)
			enter(cache, neighbour, NEIGHBOUR_STALE, TIME_NEVER,
			      now_us);
		return;
	}
	if (differs)
		memcpy(neighbour->mac, mac, sizeof(neighbour->mac));
	if (told->solicited)
		enter_reachable(cache, neighbour, now_us);
	else if (differs)
		enter(cache, neighbour, NEIGHBOUR_STALE, TIME_NEVER, now_us);
	if (neighbour->is_router && !told->router)
		cache->router_losses++;
	cache->changes += neighbour->is_router != told->router;
	neighbour->is_router = told->router;
}

enum counter neighbour_advertised(struct neighbour_cache *cache,
				  struct neighbour *neighbour,
				  const uint8_t *mac,
				  const struct nd_advertisement *told,
				  int64_t now_us)
{
	struct nd_advertisement first = *told;

	if (neighbour->state == NEIGHBOUR_PERMANENT)
		return COUNTER_NONE;
	if (has_address(neighbour)) {
		hear_address(cache, neighbour, mac, told, now_us);
		return COUNTER_NONE;
	}
	if (!mac)
		return COUNTER_ND_NO_LINK_ADDRESS;
	memset(neighbour->mac, 0, sizeof(neighbour->mac));
	first.override = true;
	neighbour->is_router = told->router;
	hear_address(cache, neighbour, mac, &first, now_us);
	if (!TAILQ_EMPTY(&neighbour->waiting)) {
		on_use(cache, neighbour, now_us);
		send_waiting(cache, neighbour);
	}
	return COUNTER_NONE;
}

static bool address_may_change(const struct neighbour_cache *cache,
			       const struct neighbour *neighbour, bool override,
			       int64_t now_us)
{
	int64_t lock_us = neighbour_settings(neighbour)->locktime * 10000ll;

	/* the first of several answers wins for a moment: Linux's locktime */
	return override || now_us - neighbour->updated_us > lock_us;
}

/*
 * It was thought dead, and speaks (a router that is back, say): it is asked at
 * once, not when the back-off has ended. The state stays, as RFC 7048 wants.
 */
static void hear_silent(struct neighbour_cache *cache,
			struct neighbour *neighbour, int64_t now_us)
{
	if (now_us - neighbour->asked_us < retrans_us(cache, neighbour))
		return;
	neighbour->probes = 0;
	solicit(cache, neighbour, now_us);
}

void neighbour_update(struct neighbour_cache *cache,
		      struct neighbour *neighbour, const uint8_t mac[6],
		      enum neighbour_state state, bool override, int64_t now_us)
{
	bool same = has_address(neighbour) &&
		    memcmp(neighbour->mac, mac, sizeof(neighbour->mac)) == 0;

	if (neighbour->state == NEIGHBOUR_PERMANENT)
		return;
	if (has_address(neighbour) && !same &&
	    !address_may_change(cache, neighbour, override, now_us))
		return;
	neighbour_changed(cache, neighbour);
	memcpy(neighbour->mac, mac, sizeof(neighbour->mac));
	if (state == NEIGHBOUR_REACHABLE)
		enter_reachable(cache, neighbour, now_us);
	else if (!same)
		enter(cache, neighbour, NEIGHBOUR_STALE, TIME_NEVER, now_us);
	else if (neighbour->state == NEIGHBOUR_UNREACHABLE)
		hear_silent(cache, neighbour, now_us);
	if (!TAILQ_EMPTY(&neighbour->waiting)) {
		on_use(cache, neighbour, now_us);
		send_waiting(cache, neighbour);
	}
}

void neighbour_set_permanent(struct neighbour_cache *cache,
			     struct neighbour *neighbour, const uint8_t mac[6],
			     int64_t now_us)
{
	memcpy(neighbour->mac, mac, sizeof(neighbour->mac));
	enter(cache, neighbour, NEIGHBOUR_PERMANENT, TIME_NEVER, now_us);
	send_waiting(cache, neighbour);
}

void neighbour_hurry(struct neighbour_cache *cache, struct neighbour *neighbour,
		     int64_t now_us)
{
	neighbour->probes = 0;
	solicit(cache, neighbour, now_us);
}

void neighbour_confirm(struct neighbour_cache *cache,
		       struct neighbour *neighbour, int64_t now_us)
{
	switch (neighbour->state) {
	case NEIGHBOUR_REACHABLE:
		/* the timer looks at this; no heap operation per segment */
		neighbour->confirmed_us = now_us;
		break;
	case NEIGHBOUR_STALE:
	case NEIGHBOUR_DELAY:
	case NEIGHBOUR_PROBE:
	case NEIGHBOUR_UNREACHABLE:
		enter_reachable(cache, neighbour, now_us);
		break;
	case NEIGHBOUR_INCOMPLETE:
	case NEIGHBOUR_FAILED:
	case NEIGHBOUR_PERMANENT:
		break;
	}
}

static void on_reachable_end(struct neighbour_cache *cache,
			     struct neighbour *neighbour, int64_t now_us)
{
	int64_t end_us =
		neighbour->confirmed_us + reachable_us(cache, neighbour);

	if (now_us < end_us)
		heap_set(&cache->timers, &neighbour->timer, end_us);
	else if (now_us - neighbour->used_us < delay_us(cache, neighbour))
		enter(cache, neighbour, NEIGHBOUR_DELAY,
		      now_us + delay_us(cache, neighbour), now_us);
	else
		enter(cache, neighbour, NEIGHBOUR_STALE, TIME_NEVER, now_us);
}

/*
 * RFC 7048, 3: what it once had goes on being sent there, and all are asked
 * for it, in case that it has another link-layer address now. Whoever has
 * another way takes that, as it is dead. For ARP Linux's rule stays.
 */
static void give_up(struct neighbour_cache *cache, struct neighbour *neighbour,
		    int64_t now_us)
{
	if (neighbour->state != NEIGHBOUR_PROBE ||
	    pyt_ip_is_v4(&neighbour->ip)) {
		fail(cache, neighbour, now_us);
		return;
	}
	enter(cache, neighbour, NEIGHBOUR_UNREACHABLE, TIME_NEVER, now_us);
	counter_hit(&cache->engine->counters, COUNTER_NEIGHBOUR_UNREACHABLE);
	solicit(cache, neighbour, now_us);
}

/* Only for who sends packets there. */
static void on_unreachable(struct neighbour_cache *cache,
			   struct neighbour *neighbour, int64_t now_us)
{
	if (neighbour->used_us < neighbour->asked_us)
		heap_set(&cache->timers, &neighbour->timer, TIME_NEVER);
	else
		solicit(cache, neighbour, now_us);
}

static void on_no_answer(struct neighbour_cache *cache,
			 struct neighbour *neighbour, int64_t now_us)
{
	const struct neighbour_settings *s = neighbour_settings(neighbour);
	int max = neighbour->state == NEIGHBOUR_PROBE ? s->ucast_solicit
						      : s->mcast_solicit;

	if (neighbour->probes >= max) {
		give_up(cache, neighbour, now_us);
		return;
	}
	solicit(cache, neighbour, now_us);
}

static void on_timer(struct neighbour_cache *cache, struct neighbour *neighbour,
		     int64_t now_us)
{
	switch (neighbour->state) {
	case NEIGHBOUR_REACHABLE:
		on_reachable_end(cache, neighbour, now_us);
		break;
	case NEIGHBOUR_DELAY:
		enter(cache, neighbour, NEIGHBOUR_PROBE, TIME_NEVER, now_us);
		solicit(cache, neighbour, now_us);
		break;
	case NEIGHBOUR_INCOMPLETE:
	case NEIGHBOUR_PROBE:
		on_no_answer(cache, neighbour, now_us);
		break;
	case NEIGHBOUR_UNREACHABLE:
		on_unreachable(cache, neighbour, now_us);
		break;
	case NEIGHBOUR_STALE:
	case NEIGHBOUR_FAILED:
	case NEIGHBOUR_PERMANENT:
		heap_set(&cache->timers, &neighbour->timer, TIME_NEVER);
		break;
	}
}

static struct neighbour *neighbour_of_timer(struct heap_node *timer)
{
	return (struct neighbour *)((uint8_t *)timer -
				    offsetof(struct neighbour, timer));
}

void neighbour_run_timers(struct neighbour_cache *cache, int64_t now_us)
{
	struct heap_node *first = heap_first(&cache->timers);

	/* each runs once: what it sets anew lies after now */
	while (first && first->deadline_us <= now_us) {
		on_timer(cache, neighbour_of_timer(first), now_us);
		first = heap_first(&cache->timers);
	}
}

int64_t neighbour_next_deadline(const struct neighbour_cache *cache)
{
	struct heap_node *first = heap_first(&cache->timers);

	return first ? first->deadline_us : TIME_NEVER;
}
