/*
 * What paths carry, when it is less than the link does: RFC 1191, RFC 8201.
 * Entries expire, so that a path that grew is found again (6.3; 4).
 */
#include <errno.h>

#include "ip/ip_internal.h"

#define PMTU_MAX 1024 /* entries; beyond that the link's MTU */

struct path_mtu {
	struct table_node node;
	struct pyt_ip dst;
	uint32_t mtu;
	bool locked; /* less was asked for than min_pmtu */
	int64_t expires_us;
};

int pmtu_init(struct ip *ip)
{
	return table_init(&ip->mtus, ip->engine);
}

static struct path_mtu *find(const struct ip *ip, const struct pyt_ip *dst)
{
	uint64_t hash = table_hash(&ip->mtus, dst, sizeof(*dst));
	struct table_node *node = table_find(&ip->mtus, hash);

	for (; node; node = table_find_next(node)) {
		struct path_mtu *entry = (struct path_mtu *)node;

		if (pyt_ip_equal(&entry->dst, dst))
			return entry;
	}
	return NULL;
}

static void forget(struct ip *ip, struct path_mtu *entry)
{
	table_remove(&ip->mtus, &entry->node);
	engine_free(ip->engine, entry, sizeof(*entry));
}

/* Every entry that is over at now_us. */
static void collect(struct ip *ip, int64_t now_us)
{
	for (size_t i = 0; i < ip->mtus.bucket_count; i++) {
		struct table_node *next;

		for (struct table_node *node = ip->mtus.buckets[i]; node;
		     node = next) {
			next = node->next;
			if (((struct path_mtu *)node)->expires_us <= now_us)
				forget(ip, (struct path_mtu *)node);
		}
	}
}

void pmtu_clear(struct ip *ip)
{
	if (!ip->mtus.buckets)
		return;
	collect(ip, TIME_NEVER);
	table_clear(&ip->mtus);
}

void pmtu_apply(struct ip *ip, struct ip_path *path, int64_t now_us)
{
	struct path_mtu *entry;

	if (ip->mtus.count == 0)
		return;
	entry = find(ip, &path->dst);
	if (!entry)
		return;
	if (entry->expires_us <= now_us) {
		forget(ip, entry);
		return;
	}
	if (entry->mtu < path->mtu)
		path->mtu = entry->mtu;
	path->mtu_locked = entry->locked;
}

static struct path_mtu *add(struct ip *ip, const struct pyt_ip *dst,
			    int64_t now_us)
{
	struct path_mtu *entry;

	if (ip->mtus.count >= PMTU_MAX)
		collect(ip, now_us);
	if (ip->mtus.count >= PMTU_MAX) {
		counter_hit(&ip->engine->counters, COUNTER_PATH_MTUS_FULL);
		return NULL;
	}
	entry = engine_alloc(ip->engine, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->dst = *dst;
	table_insert(&ip->mtus, &entry->node,
		     table_hash(&ip->mtus, dst, sizeof(*dst)));
	return entry;
}

/*
 * As Linux: never below min_pmtu, which forged errors could abuse; the network
 * fragments what is still too big then (IPv4 alone; no link of IPv6 carries
 * less than 1280: RFC 8201, 4). False: it is of no interest.
 */
static bool bound_mtu(const struct ip *ip, const struct ip_error *error,
		      uint32_t *mtu, bool *locked)
{
	bool v4 = pyt_ip_is_v4(&error->dst);
	uint32_t min = v4 ? (uint32_t)ip->settings.min_pmtu : IP6_MTU_MIN;

	*mtu = error->info < min ? min : error->info;
	*locked = v4 && error->info < min;
	return v4 ? ip->settings.no_pmtu_disc != 1 : error->info >= min;
}

static int64_t life_us(const struct ip *ip, const struct pyt_ip *dst)
{
	return (pyt_ip_is_v4(dst) ? ip->settings.pmtu_expires
				  : ip->settings6.pmtu_expires) *
	       1000000ll;
}

void ip_lower_mtu(struct ip *ip, const struct ip_error *error, int64_t now_us)
{
	struct ip_path path;
	struct path_mtu *entry;
	uint32_t mtu;
	bool locked;

	if (!bound_mtu(ip, error, &mtu, &locked) ||
	    ip_route(ip, &error->dst, &error->src, 0, now_us, &path) < 0)
		return;
	if (mtu > path.mtu || (mtu == path.mtu && !locked))
		return; /* RFC 1191, 4: it only falls */
	entry = find(ip, &error->dst);
	if (!entry)
		entry = add(ip, &error->dst, now_us);
	if (!entry)
		return;
	ip->route_changes++;
	entry->mtu = mtu;
	entry->locked = locked;
	entry->expires_us = now_us + life_us(ip, &error->dst);
}
