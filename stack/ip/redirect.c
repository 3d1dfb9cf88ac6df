/*
 * Better first hops, told by the routers that we used: host routes that end.
 * RFC 1122, 3.2.2.2; RFC 4861, 8.3. Not in the routing table, as on Linux:
 * they change a way that a route gives, and go with it.
 */
#include <errno.h>

#include "ip/ip_internal.h"

#define REDIRECTS_MAX 1024 /* beyond that the routers' way */

struct redirect {
	struct table_node node;
	struct pyt_ip dst;
	struct pyt_ip gateway; /* dst itself: it is on the link */
	int ifindex;
	int64_t expires_us;
};

int redirect_init(struct ip *ip)
{
	return table_init(&ip->redirects, ip->engine);
}

static struct redirect *find(const struct ip *ip, const struct pyt_ip *dst)
{
	uint64_t hash = table_hash(&ip->redirects, dst, sizeof(*dst));
	struct table_node *node = table_find(&ip->redirects, hash);

	for (; node; node = table_find_next(node)) {
		struct redirect *entry = (struct redirect *)node;

		if (pyt_ip_equal(&entry->dst, dst))
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

void redirect_apply(struct ip *ip, struct ip_path *path, int64_t now_us)
{
	struct redirect *entry;

	if (ip->redirects.count == 0)
		return;
	entry = find(ip, &path->dst);
	if (!entry || entry->ifindex != path->iface->ifindex)
		return;
	/* RFC 1122, 3.3.1.4: one that does not answer is no better way */
	if (entry->expires_us <= now_us ||
	    gateway_is_dead(path->iface, &entry->gateway)) {
		forget(ip, entry);
		return;
	}
	path->next_hop = entry->gateway;
}

static struct redirect *add(struct ip *ip, const struct pyt_ip *dst,
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
	entry->dst = *dst;
	table_insert(&ip->redirects, &entry->node,
		     table_hash(&ip->redirects, dst, sizeof(*dst)));
	return entry;
}

/* Who redirects must be who we send to now: RFC 1122, 3.2.2.2. */
static bool is_first_hop(struct ip *ip, const struct ip_redirect *told,
			 int64_t now_us)
{
	struct ip_path path;

	return ip_route(ip, &told->dst, NULL, told->iface->ifindex, now_us,
			&path) == 0 &&
	       path.iface == told->iface && !path.local &&
	       pyt_ip_equal(&path.next_hop, &told->router);
}

int ip_redirect(struct ip *ip, const struct ip_redirect *told, int64_t now_us)
{
	struct redirect *entry;

	if (pyt_ip_is_multicast(&told->gateway) ||
	    pyt_ip_is_unspecified(&told->gateway) ||
	    ip_is_local(ip, &told->gateway) ||
	    pyt_ip_equal(&told->gateway, &told->router))
		return -EINVAL;
	if (!is_first_hop(ip, told, now_us))
		return -EPERM;
	entry = find(ip, &told->dst);
	if (!entry)
		entry = add(ip, &told->dst, now_us);
	if (!entry)
		return -ENOBUFS;
	entry->gateway = told->gateway;
	entry->ifindex = told->iface->ifindex;
	entry->expires_us = now_us + ip->settings.redirect_expires * 1000000ll;
	ip->route_changes++;
	return 0;
}
