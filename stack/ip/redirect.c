/*
 * Better first hops, told by the routers that we used: host routes that end.
 * RFC 1122, 3.2.2.2; RFC 4861, 8.3. Not in the routing table, as on Linux:
 * they change a way that a route gives, and go with it. One to another router
 * of IPv6 is for the packet's own source alone: RFC 8028, 3.4.
 */
#include <errno.h>

#include "ip/ip_internal.h"

#define REDIRECTS_MAX 1024 /* beyond that the routers' way */

struct pair {
	struct pyt_ip src; /* unspecified: any */
	struct pyt_ip dst;
};

struct redirect {
	struct table_node node;
	struct pair pair;
	struct pyt_ip router; /* the route's gateway, which it is instead of */
	struct pyt_ip gateway; /* dst itself: it is on the link */
	int ifindex;
	int64_t expires_us;
};

int redirect_init(struct ip *ip)
{
	return table_init(&ip->redirects, ip->engine);
}

static struct redirect *find(const struct ip *ip, const struct pair *pair)
{
	uint64_t hash = table_hash(&ip->redirects, pair, sizeof(*pair));
	struct table_node *node = table_find(&ip->redirects, hash);

	for (; node; node = table_find_next(node)) {
		struct redirect *entry = (struct redirect *)node;

		if (pyt_ip_equal(&entry->pair.src, &pair->src) &&
		    pyt_ip_equal(&entry->pair.dst, &pair->dst))
			return entry;
	}
	return NULL;
}

static void forget(struct ip *ip, struct redirect *entry)
{
	table_remove(&ip->redirects, &entry->node);
	engine_free(ip->engine, entry, sizeof(*entry));
}

/* Every entry that is over at now_us. */
static void collect(struct ip *ip, int64_t now_us)
{
	for (size_t i = 0; i < ip->redirects.bucket_count; i++) {
		struct table_node *next;

		for (struct table_node *node = ip->redirects.buckets[i]; node;
		     node = next) {
			next = node->next;
			if (((struct redirect *)node)->expires_us <= now_us)
				forget(ip, (struct redirect *)node);
		}
	}
}

void redirect_clear(struct ip *ip)
{
	if (!ip->redirects.buckets)
		return;
	collect(ip, TIME_NEVER);
	table_clear(&ip->redirects);
}

static bool is_on_link(const struct redirect *entry)
{
	return pyt_ip_equal(&entry->gateway, &entry->pair.dst);
}

/* What is on the link is so for every source and every router. */
static bool apply(struct ip *ip, const struct pair *pair, struct ip_path *path,
		  int64_t now_us)
{
	struct redirect *entry = find(ip, pair);

	if (!entry || entry->ifindex != path->iface->ifindex ||
	    !(is_on_link(entry) ||
	      pyt_ip_equal(&entry->router, &path->next_hop)))
		return false;
	/* RFC 1122, 3.3.1.4: one that does not answer is no better way */
	if (entry->expires_us <= now_us ||
	    gateway_is_dead(path->iface, &entry->gateway)) {
		forget(ip, entry);
		return false;
	}
	path->next_hop = entry->gateway;
	path->redirected = true;
	return true;
}

void redirect_apply(struct ip *ip, struct ip_path *path, int64_t now_us)
{
	struct pair pair = { .dst = path->dst };

	if (ip->redirects.count == 0 || apply(ip, &pair, path, now_us))
		return;
	pair.src = path->src;
	if (!pyt_ip_is_v4(&path->dst))
		apply(ip, &pair, path, now_us);
}

static struct redirect *add(struct ip *ip, const struct pair *pair,
			    int64_t now_us)
{
	struct redirect *entry;

	if (ip->redirects.count >= REDIRECTS_MAX)
		collect(ip, now_us);
	if (ip->redirects.count >= REDIRECTS_MAX) {
		counter_hit(&ip->engine->counters, COUNTER_REDIRECTS_FULL);
		return NULL;
	}
	entry = engine_alloc(ip->engine, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->pair = *pair;
	table_insert(&ip->redirects, &entry->node,
		     table_hash(&ip->redirects, pair, sizeof(*pair)));
	return entry;
}

/* Who redirects must be who we send to now: RFC 1122, 3.2.2.2. */
static bool is_first_hop(struct ip *ip, const struct ip_redirect *told,
			 struct ip_path *path, int64_t now_us)
{
	return ip_route(ip, &told->dst, &told->src, told->iface->ifindex,
			now_us, path) == 0 &&
	       path->iface == told->iface && !path->local &&
	       pyt_ip_equal(&path->next_hop, &told->router);
}

int ip_redirect(struct ip *ip, const struct ip_redirect *told, int64_t now_us)
{
	struct pair pair = { .dst = told->dst };
	struct redirect *entry;
	struct ip_path path;

	if (pyt_ip_is_multicast(&told->gateway) ||
	    pyt_ip_is_unspecified(&told->gateway) ||
	    ip_is_local(ip, &told->gateway) ||
	    pyt_ip_equal(&told->gateway, &told->router))
		return -EINVAL;
	if (!is_first_hop(ip, told, &path, now_us))
		return -EPERM;
	if (!pyt_ip_is_v4(&told->dst) &&
	    !pyt_ip_equal(&told->gateway, &told->dst))
		pair.src = told->src;
	entry = find(ip, &pair);
	if (!entry || !path.redirected) {
		if (!entry)
			entry = add(ip, &pair, now_us);
		if (!entry)
			return -ENOBUFS;
		entry->router = told->router;
	}
	counter_hit(&ip->engine->counters, COUNTER_REDIRECTS_TAKEN);
	entry->gateway = told->gateway;
	entry->ifindex = told->iface->ifindex;
	entry->expires_us = now_us + ip->settings.redirect_expires * 1000000ll;
	ip->route_changes++;
	return 0;
}
