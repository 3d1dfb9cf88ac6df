/* The neighbour cache: entries, their bound, and garbage collection. */
#include <string.h>

#include "iface/neighbour.h"

#define FRESH_US 5000000ll /* in use, not collected by force */

struct neighbour_cache *neighbour_cache_create(struct engine *engine)
{
	struct neighbour_cache *cache = engine_alloc(engine, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->engine = engine;
	for (int i = 0; i <= IFACE_MAX; i++)
		iface_settings_init(&cache->settings[i]);
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
		neighbour_settings(neighbour)->gc_stale_time * 1000000ll;

	return neighbour->state == NEIGHBOUR_FAILED ||
	       ((neighbour->state == NEIGHBOUR_STALE ||
		 neighbour->state == NEIGHBOUR_UNREACHABLE) &&
		now_us - neighbour->used_us >= stale_us);
}

/* It has never answered us: anybody can make such entries. RFC 6583, 7.1. */
static bool is_unproven(const struct neighbour_cache *cache,
			const struct neighbour *neighbour, int64_t now_us)
{
	return neighbour->state == NEIGHBOUR_FAILED ||
	       neighbour->state == NEIGHBOUR_UNREACHABLE ||
	       neighbour->confirmed_us == NEIGHBOUR_NEVER_US;
}

static bool is_unused(const struct neighbour_cache *cache,
		      const struct neighbour *neighbour, int64_t now_us)
{
	return now_us - neighbour->used_us >= FRESH_US;
}

static int *count_of(struct neighbour_cache *cache, const struct pyt_ip *ip)
{
	return &cache->family_count[!pyt_ip_is_v4(ip)];
}

static void collect(struct neighbour_cache *cache, const struct pyt_ip *ip,
		    int down_to,
		    bool (*may_go)(const struct neighbour_cache *cache,
				   const struct neighbour *neighbour,
				   int64_t now_us),
		    int64_t now_us)
{
	struct neighbour *neighbour, *next;
	bool v4 = pyt_ip_is_v4(ip);

	cache->collected_us = now_us;
	TAILQ_FOREACH_SAFE (neighbour, &cache->all, link, next) {
		if (*count_of(cache, ip) <= down_to)
			return;
		if (pyt_ip_is_v4(&neighbour->ip) != v4 ||
		    neighbour->state == NEIGHBOUR_PERMANENT ||
		    !may_go(cache, neighbour, now_us))
			continue;
		if (!TAILQ_EMPTY(&neighbour->waiting))
			counter_hit(&cache->engine->counters,
				    COUNTER_NEIGHBOUR_TABLE_FULL);
		neighbour_remove(cache, neighbour);
	}
}

/*
 * Linux's three thresholds, for each family: above the first the idle go now
 * and then, above the second more go at once, the third is never exceeded.
 * Then those that have never answered go first, the oldest of them: a flood
 * of strange addresses takes its own entries' places, not those of the hosts
 * that we talk to. Collection happens only here, so an idle stack needs no
 * timer for it.
 */
static bool make_room(struct neighbour_cache *cache, const struct pyt_ip *ip,
		      int64_t now_us)
{
	const struct iface_settings *all = &cache->settings[0];
	const struct neighbour_settings *s =
		pyt_ip_is_v4(ip) ? &all->neigh4 : &all->neigh6;
	int64_t since_us = now_us - cache->collected_us;
	int count = *count_of(cache, ip);

	if (count >= s->gc_thresh3 ||
	    (count >= s->gc_thresh2 && since_us >= FRESH_US)) {
		collect(cache, ip, s->gc_thresh2 - 1, is_unproven, now_us);
		collect(cache, ip, s->gc_thresh2 - 1, is_unused, now_us);
	} else if (count >= s->gc_thresh1 &&
		   since_us >= s->gc_interval * 1000000ll) {
		collect(cache, ip, s->gc_thresh1, is_idle, now_us);
	}
	return *count_of(cache, ip) < s->gc_thresh3;
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
	neighbour->updated_us = NEIGHBOUR_NEVER_US;
	neighbour->confirmed_us = NEIGHBOUR_NEVER_US;
	neighbour->used_us = now_us;
	TAILQ_INIT(&neighbour->waiting);
	table_insert(&cache->table, &neighbour->node,
		     hash_of(cache, iface, ip));
	TAILQ_INSERT_TAIL(&cache->all, neighbour, link);
	cache->count++;
	(*count_of(cache, ip))++;
	return neighbour;
}

void neighbour_remove(struct neighbour_cache *cache,
		      struct neighbour *neighbour)
{
	struct packet_out *packet;

	while ((packet = TAILQ_FIRST(&neighbour->waiting))) {
		TAILQ_REMOVE(&neighbour->waiting, packet, link);
		counter_hit(&cache->engine->counters,
			    COUNTER_NEIGHBOUR_REMOVED);
		packet_destroy(cache->engine, packet);
	}
	heap_set(&cache->timers, &neighbour->timer, TIME_NEVER);
	heap_unreserve(&cache->timers);
	table_remove(&cache->table, &neighbour->node);
	TAILQ_REMOVE(&cache->all, neighbour, link);
	neighbour_changed(cache, neighbour);
	cache->count--;
	(*count_of(cache, &neighbour->ip))--;
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

void neighbour_wait(struct neighbour_cache *cache, const struct iface *iface,
		    const struct pyt_ip *ip, struct neighbour_waiter *waiter)
{
	struct neighbour *neighbour = neighbour_find(cache, iface, ip);

	if (neighbour)
		LIST_INSERT_HEAD(&neighbour->waiters, waiter, link);
	else
		LIST_INSERT_HEAD(&cache->woken, waiter, link);
}

/* Who came first stands at the end, and is woken first. */
static void wake(struct neighbour_cache *cache, struct neighbour *neighbour)
{
	struct neighbour_waiter *waiter;

	while ((waiter = LIST_FIRST(&neighbour->waiters))) {
		LIST_REMOVE(waiter, link);
		LIST_INSERT_HEAD(&cache->woken, waiter, link);
	}
}

void neighbour_changed(struct neighbour_cache *cache,
		       struct neighbour *neighbour)
{
	cache->changes++;
	wake(cache, neighbour);
}

void neighbour_wake_all(struct neighbour_cache *cache)
{
	struct neighbour *neighbour;

	TAILQ_FOREACH (neighbour, &cache->all, link)
		wake(cache, neighbour);
}

struct neighbour_waiter *neighbour_next_woken(struct neighbour_cache *cache)
{
	struct neighbour_waiter *waiter = LIST_FIRST(&cache->woken);

	if (waiter)
		LIST_REMOVE(waiter, link);
	return waiter;
}

const char *neighbour_state_name(enum neighbour_state state)
{
	static const char *const names[] = {
		[NEIGHBOUR_INCOMPLETE] = "INCOMPLETE",
		[NEIGHBOUR_REACHABLE] = "REACHABLE",
		[NEIGHBOUR_STALE] = "STALE",
		[NEIGHBOUR_DELAY] = "DELAY",
		[NEIGHBOUR_PROBE] = "PROBE",
		[NEIGHBOUR_UNREACHABLE] = "UNREACHABLE",
		[NEIGHBOUR_FAILED] = "FAILED",
		[NEIGHBOUR_PERMANENT] = "PERMANENT",
	};

	return names[state];
}
