/* Reassembly: which datagrams exist, and what bounds them. */
#include <errno.h>
#include <string.h>

#include "ip/reassembly_internal.h"

static const struct reassembly_settings linux_defaults = {
	.high_thresh = 4 * 1024 * 1024,
	.low_thresh = 3 * 1024 * 1024,
	.time = 30,
	.time6 = 60,
	.max_dist = 64,
};

int reassembly_init(struct reassembly *reassembly, struct engine *engine)
{
	*reassembly = (struct reassembly){ .engine = engine };
	reassembly->settings = linux_defaults;
	TAILQ_INIT(&reassembly->all);
	heap_init(&reassembly->timers, engine);
	return table_init(&reassembly->table, engine);
}

void reassembly_clear(struct reassembly *reassembly)
{
	struct datagram *datagram;

	while ((datagram = TAILQ_FIRST(&reassembly->all)))
		datagram_destroy(reassembly, datagram);
	datagram_free(reassembly, reassembly->lent);
	if (reassembly->table.buckets)
		table_clear(&reassembly->table);
	heap_clear(&reassembly->timers);
}

static bool same_key(const struct reassembly_key *a,
		     const struct reassembly_key *b)
{
	return a->id == b->id && a->protocol == b->protocol &&
	       pyt_ip_equal(&a->src, &b->src) && pyt_ip_equal(&a->dst, &b->dst);
}

static uint64_t hash_of(const struct reassembly *reassembly,
			const struct reassembly_key *key)
{
	uint8_t bytes[2 * sizeof(key->src) + sizeof(key->id) + 1];
	uint8_t *at = bytes;

	/* member by member: padding is not part of the key */
	memcpy(at, &key->src, sizeof(key->src));
	at += sizeof(key->src);
	memcpy(at, &key->dst, sizeof(key->dst));
	at += sizeof(key->dst);
	memcpy(at, &key->id, sizeof(key->id));
	at[sizeof(key->id)] = key->protocol;
	return table_hash(&reassembly->table, bytes, sizeof(bytes));
}

static struct datagram *find(const struct reassembly *reassembly,
			     const struct reassembly_key *key)
{
	uint64_t hash = hash_of(reassembly, key);
	struct table_node *node = table_find(&reassembly->table, hash);

	for (; node; node = table_find_next(node)) {
		struct datagram *datagram = (struct datagram *)node;

		if (same_key(&datagram->key, key))
			return datagram;
	}
	return NULL;
}

/* Fragments of this source seen in all: what max_dist is counted with. */
static uint32_t *source_count(struct reassembly *reassembly,
			      const struct pyt_ip *src)
{
	uint64_t hash = table_hash(&reassembly->table, src, sizeof(*src));

	return &reassembly->source_count[hash % REASSEMBLY_SOURCES];
}

static struct datagram *add(struct reassembly *reassembly,
			    const struct fragment *fragment, int64_t now_us)
{
	const struct reassembly_settings *s = &reassembly->settings;
	int seconds = pyt_ip_is_v4(&fragment->key.src) ? s->time : s->time6;
	struct datagram *datagram;

	datagram = engine_alloc(reassembly->engine, sizeof(*datagram));
	if (!datagram)
		return NULL;
	if (heap_reserve(&reassembly->timers) < 0) {
		engine_free(reassembly->engine, datagram, sizeof(*datagram));
		return NULL;
	}
	datagram->key = fragment->key;
	datagram->ifindex = fragment->ifindex;
	TAILQ_INIT(&datagram->pieces);
	datagram->source_count = *source_count(reassembly, &fragment->key.src);
	table_insert(&reassembly->table, &datagram->node,
		     hash_of(reassembly, &fragment->key));
	TAILQ_INSERT_TAIL(&reassembly->all, datagram, link);
	heap_set(&reassembly->timers, &datagram->timer,
		 now_us + seconds * 1000000ll);
	datagram_account(reassembly, datagram, sizeof(*datagram));
	return datagram;
}

void datagram_account(struct reassembly *reassembly, struct datagram *datagram,
		      uint32_t bytes)
{
	datagram->memory += bytes;
	reassembly->bytes += bytes;
}

void datagram_unlink(struct reassembly *reassembly, struct datagram *datagram)
{
	heap_set(&reassembly->timers, &datagram->timer, TIME_NEVER);
	heap_unreserve(&reassembly->timers);
	table_remove(&reassembly->table, &datagram->node);
	TAILQ_REMOVE(&reassembly->all, datagram, link);
	reassembly->bytes -= datagram->memory;
}

void datagram_destroy(struct reassembly *reassembly, struct datagram *datagram)
{
	datagram_unlink(reassembly, datagram);
	datagram_free(reassembly, datagram);
}

/* The oldest go when memory is short: a flood may not keep out the new. */
static bool make_room(struct reassembly *reassembly, uint32_t bytes)
{
	const struct reassembly_settings *s = &reassembly->settings;
	int low =
		s->low_thresh < s->high_thresh ? s->low_thresh : s->high_thresh;
	struct datagram *oldest;

	if (reassembly->bytes + bytes <= s->high_thresh)
		return true;
	while ((oldest = TAILQ_FIRST(&reassembly->all)) &&
	       reassembly->bytes + bytes > low) {
		counter_hit(&reassembly->engine->counters,
			    COUNTER_IP_REASM_FAILS);
		datagram_destroy(reassembly, oldest);
	}
	return reassembly->bytes + bytes <= s->high_thresh;
}

/*
 * Linux's ipfrag_max_dist: if so many other fragments of this source came in
 * between, the rest is lost and the ID has been used anew.
 */
static bool is_too_far(struct reassembly *reassembly,
		       const struct datagram *datagram)
{
	uint32_t count = *source_count(reassembly, &datagram->key.src);
	int max = reassembly->settings.max_dist;

	return max > 0 && pyt_ip_is_v4(&datagram->key.src) &&
	       count - datagram->source_count > (uint32_t)max;
}

static enum counter check(const struct fragment *fragment)
{
	uint64_t end = (uint64_t)fragment->offset + fragment->payload.left;

	if (fragment->payload.left == 0)
		return COUNTER_FRAGMENT_LENGTH;
	if (fragment->more && fragment->payload.left % 8)
		return COUNTER_FRAGMENT_LENGTH;
	if (end + fragment->header_len >
	    65535u + (pyt_ip_is_v4(&fragment->key.src) ? 0 : 40))
		return COUNTER_FRAGMENT_TOO_BIG;
	/*
	 * RFC 1858, 3; RFC 3128, 2: no honest source cuts a transport header
	 * in two, or begins a fragment within it.
	 */
	if (fragment->offset == 0 && fragment->payload.left < 8)
		return COUNTER_FRAGMENT_TINY;
	if (fragment->key.protocol == 6 &&
	    (fragment->offset == 8 ||
	     (fragment->offset == 0 && fragment->payload.left < 20)))
		return COUNTER_FRAGMENT_TINY;
	return COUNTER_NONE;
}

static struct datagram *datagram_for(struct reassembly *reassembly,
				     const struct fragment *fragment,
				     enum counter *reason, int64_t now_us)
{
	uint32_t bytes = sizeof(struct datagram) + sizeof(struct piece) +
			 fragment->header_len +
			 (uint32_t)fragment->payload.left;
	struct datagram *datagram;

	*reason = COUNTER_FRAGMENT_MEMORY;
	if (!make_room(reassembly, bytes))
		return NULL;
	datagram = find(reassembly, &fragment->key);
	if (datagram && is_too_far(reassembly, datagram)) {
		counter_hit(&reassembly->engine->counters,
			    COUNTER_FRAGMENT_DISTANCE);
		datagram_destroy(reassembly, datagram);
		datagram = NULL;
	}
	if (!datagram)
		datagram = add(reassembly, fragment, now_us);
	if (datagram)
		datagram->source_count =
			++*source_count(reassembly, &fragment->key.src);
	return datagram;
}

enum reassembly_result reassembly_input(struct reassembly *reassembly,
					const struct fragment *fragment,
					struct reassembled *whole,
					enum counter *reason, int64_t now_us)
{
	struct datagram *datagram;

	datagram_free(reassembly, reassembly->lent);
	reassembly->lent = NULL;
	*reason = check(fragment);
	if (*reason != COUNTER_NONE)
		return REASSEMBLY_DROPPED;
	datagram = datagram_for(reassembly, fragment, reason, now_us);
	if (!datagram)
		return REASSEMBLY_DROPPED;

	*reason = datagram_insert(reassembly, datagram, fragment);
	if (*reason == COUNTER_FRAGMENT_DUPLICATE)
		return REASSEMBLY_DROPPED;
	if (*reason != COUNTER_NONE) {
		datagram_destroy(reassembly, datagram);
		return REASSEMBLY_DROPPED;
	}
	if (!datagram_is_whole(datagram))
		return REASSEMBLY_KEPT;
	datagram_unlink(reassembly, datagram);
	reassembly->lent = datagram;
	*reason = datagram_join(reassembly, datagram, whole);
	return *reason == COUNTER_NONE ? REASSEMBLY_COMPLETE
				       : REASSEMBLY_DROPPED;
}

int64_t reassembly_next_deadline(const struct reassembly *reassembly)
{
	struct heap_node *first = heap_first(&reassembly->timers);

	return first ? first->deadline_us : TIME_NEVER;
}

bool reassembly_next_expired(struct reassembly *reassembly,
			     struct reassembled *expired, int64_t now_us)
{
	struct heap_node *first = heap_first(&reassembly->timers);
	struct datagram *datagram;

	datagram_free(reassembly, reassembly->lent);
	reassembly->lent = NULL;
	if (!first || first->deadline_us > now_us)
		return false;
	datagram = (struct datagram *)((uint8_t *)first -
				       offsetof(struct datagram, timer));
	datagram_unlink(reassembly, datagram);
	reassembly->lent = datagram;
	datagram_describe(reassembly, datagram, expired);
	return true;
}
