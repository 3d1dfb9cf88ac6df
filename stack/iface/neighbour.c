/* The neighbour cache: entries, their bound, and garbage collection. */
#include <string.h>

#include "iface/neighbour.h"

#define FRESH_US 5000000ll /* not collected by force while younger */

static const struct neighbour_settings linux_defaults = {
	.base_reachable_time_ms = 30000,
	.retrans_time_ms = 1000,
	.ucast_solicit = 3,
	.mcast_solicit = 3,
	.delay_first_probe_time = 5,
	.gc_stale_time = 60,
	.gc_interval = 30,
	.locktime = 100,
	.unres_qlen = 101,
	.unres_qlen_bytes = 212992,
	.gc_thresh1 = 128,
	.gc_thresh2 = 512,
	.gc_thresh3 = 1024,
};

/* Linux's, but for optimistic_dad and ndisc_notify, which it has off. */
static const struct nd_settings nd_defaults = {
	.accept_dad = 1,
	.dad_transmits = 1,
	.optimistic_dad = 1,
	.enhanced_dad = 1,
	.ndisc_notify = 1,
	.optimistic_wait_ms = 20,
};

struct neighbour_cache *neighbour_cache_create(struct engine *engine)
{
	struct neighbour_cache *cache = engine_alloc(engine, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->engine = engine;
	cache->settings = linux_defaults;
	cache->settings6 = linux_defaults;
	cache->nd = nd_defaults;
	cache->arp.conflict_detection = 1;
	TAILQ_INIT(&cache->all);
	TAILQ_INIT(&cache->failed);
	heap_init(&cache->timers, engine);
	if (table_init(&cache->table, engine) < 0) {
		engine_free(engine, cache, sizeof(*cache));
		return NULL;
	}
	return cache;
}

void neighbour_cache_destroy(struct neighbour_cache *cache)
{
	struct packet_out *packet;
	struct neighbour *neighbour;

	while ((neighbour = TAILQ_FIRST(&cache->all)))
		neighbour_remove(cache, neighbour);
	while ((packet = neighbour_next_failed(cache)))
		packet_destroy(cache->engine, packet);
	table_clear(&cache->table);
	heap_clear(&cache->timers);
	engine_free(cache->engine, cache, sizeof(*cache));
}

static uint64_t hash_of(const struct neighbour_cache *cache,
			const struct iface *iface, const struct pyt_ip *ip)
{
	uint8_t key[sizeof(*ip) + sizeof(iface->ifindex)];

	memcpy(key, ip, sizeof(*ip));
	memcpy(key + sizeof(*ip), &iface->ifindex, sizeof(iface->ifindex));
	return table_hash(&cache->table, key, sizeof(key));
}

struct neighbour *neighbour_find(struct neighbour_cache *cache,
				 const struct iface *iface,
				 const struct pyt_ip *ip)
{
	uint64_t hash = hash_of(cache, iface, ip);
	struct table_node *node = table_find(&cache->table, hash);

	for (; node; node = table_find_next(node)) {
		/* node is the first member */
		struct neighbour *neighbour = (struct neighbour *)node;

		if (neighbour->iface == iface &&
		    pyt_ip_equal(&neighbour->ip, ip))
			return neighbour;
	}
	return NULL;
}

/* As Linux's periodic collection: what nobody used for gc_stale_time. */
static bool is_idle(const struct neighbour_cache *cache,
		    const struct neighbour *neighbour, int64_t now_us)
{
	int64_t stale_us =
		neighbour_settings_for(cache, &neighbour->ip)->gc_stale_time *
		1000000ll;

	return neighbour->state == NEIGHBOUR_FAILED ||
	       (neighbour->state == NEIGHBOUR_STALE &&
		now_us - neighbour->used_us >= stale_us);
}

static bool is_not_fresh(const struct neighbour_cache *cache,
			 const struct neighbour *neighbour, int64_t now_us)
{
	return neighbour->state == NEIGHBOUR_FAILED ||
	       now_us - neighbour->updated_us >= FRESH_US;
}

static void collect(struct neighbour_cache *cache, int down_to,
		    bool (*may_go)(const struct neighbour_cache *cache,
				   const struct neighbour *neighbour,
				   int64_t now_us),
		    int64_t now_us)
{
	struct neighbour *neighbour, *next;

	cache->collected_us = now_us;
	TAILQ_FOREACH_SAFE (neighbour, &cache->all, link, next) {
		if (cache->count <= down_to)
			return;
		if (neighbour->state != NEIGHBOUR_PERMANENT &&
		    may_go(cache, neighbour, now_us))
			neighbour_remove(cache, neighbour);
	}
}

/*
 * Linux's three thresholds: above the first the idle go now and then, above
 * the second all but the fresh go at once, the third is never exceeded.
 * Collection happens only here, so an idle stack needs no timer for it.
 */
static bool make_room(struct neighbour_cache *cache, const struct pyt_ip *ip,
		      int64_t now_us)
{
	const struct neighbour_settings *s = neighbour_settings_for(cache, ip);
	int64_t since_us = now_us - cache->collected_us;

	if (cache->count >= s->gc_thresh3 ||
	    (cache->count >= s->gc_thresh2 && since_us >= FRESH_US))
		collect(cache, s->gc_thresh2 - 1, is_not_fresh, now_us);
	else if (cache->count >= s->gc_thresh1 &&
		 since_us >= s->gc_interval * 1000000ll)
		collect(cache, s->gc_thresh1, is_idle, now_us);
	return cache->count < s->gc_thresh3;
}

struct neighbour *neighbour_add(struct neighbour_cache *cache,
				struct iface *iface, const struct pyt_ip *ip,
				int64_t now_us)
{
	struct neighbour *neighbour;

	if (!make_room(cache, ip, now_us)) {
		counter_hit(&cache->engine->counters,
			    COUNTER_NEIGHBOUR_TABLE_FULL);
		return NULL;
	}
	neighbour = engine_alloc(cache->engine, sizeof(*neighbour));
	if (!neighbour)
		return NULL;
	if (heap_reserve(&cache->timers) < 0) {
		engine_free(cache->engine, neighbour, sizeof(*neighbour));
		return NULL;
	}
	neighbour->iface = iface;
	neighbour->ip = *ip;
	neighbour->state = NEIGHBOUR_FAILED;
	neighbour->updated_us = INT64_MIN / 2; /* long ago */
	neighbour->confirmed_us = INT64_MIN / 2;
	neighbour->used_us = now_us;
	TAILQ_INIT(&neighbour->waiting);
	table_insert(&cache->table, &neighbour->node,
		     hash_of(cache, iface, ip));
	TAILQ_INSERT_TAIL(&cache->all, neighbour, link);
	cache->count++;
	return neighbour;
}

void neighbour_remove(struct neighbour_cache *cache,
		      struct neighbour *neighbour)
{
	struct packet_out *packet;

	while ((packet = TAILQ_FIRST(&neighbour->waiting))) {
		TAILQ_REMOVE(&neighbour->waiting, packet, link);
		packet_destroy(cache->engine, packet);
	}
	heap_set(&cache->timers, &neighbour->timer, TIME_NEVER);
	heap_unreserve(&cache->timers);
	table_remove(&cache->table, &neighbour->node);
	TAILQ_REMOVE(&cache->all, neighbour, link);
	cache->count--;
	engine_free(cache->engine, neighbour, sizeof(*neighbour));
}

void neighbour_flush(struct neighbour_cache *cache)
{
	struct neighbour *neighbour, *next;

	TAILQ_FOREACH_SAFE (neighbour, &cache->all, link, next) {
		if (neighbour->state != NEIGHBOUR_PERMANENT)
			neighbour_remove(cache, neighbour);
	}
}

const char *neighbour_state_name(enum neighbour_state state)
{
	static const char *const names[] = {
		[NEIGHBOUR_INCOMPLETE] = "INCOMPLETE",
		[NEIGHBOUR_REACHABLE] = "REACHABLE",
		[NEIGHBOUR_STALE] = "STALE",
		[NEIGHBOUR_DELAY] = "DELAY",
		[NEIGHBOUR_PROBE] = "PROBE",
		[NEIGHBOUR_FAILED] = "FAILED",
		[NEIGHBOUR_PERMANENT] = "PERMANENT",
	};

	return names[state];
}
