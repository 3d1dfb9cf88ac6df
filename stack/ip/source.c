/*
 * From which address: RFC 6724, 5, each rule in its order; RFC 5014; RFC 8028,
 * 3.3 (rule 5.5). As on Linux the candidates are the addresses of all
 * interfaces, but for destinations that mean something on one link only.
 */
#include <linux/in6.h>

#include "ip/ip_internal.h"

struct choice {
	const struct ip *ip;
	const struct ip_path *path;
	int wishes; /* of the program's, about rule 7 */
	int64_t now_us;
};

struct candidate {
	const struct iface *iface;
	const struct iface_address *own;
};

/* Rule 2: the smallest scope that is enough. */
static int by_scope(const struct choice *choice, const struct candidate *a,
		    const struct candidate *b)
{
	enum ip6_scope sa = ip6_scope(&a->own->ip);
	enum ip6_scope sb = ip6_scope(&b->own->ip);

	if (sa == sb)
		return 0;
	if (sa < sb)
		return sa < ip6_scope(&choice->path->dst) ? -1 : 1;
	return sb < ip6_scope(&choice->path->dst) ? 1 : -1;
}

/* Rule 3; one that may be another's as well (RFC 4429, 2.1) comes between
 * those that are wanted and those that are to go. */
static int worth(const struct choice *choice, const struct candidate *c)
{
	if (c->own->preferred_until_us <= choice->now_us)
		return 0;
	return c->own->state == IFACE_ADDRESS_TENTATIVE ? 1 : 2;
}

static bool fits_next_hop(const struct choice *choice,
			  const struct candidate *c)
{
	const struct ip_path *path = choice->path;

	return c->iface == path->iface &&
	       router_advertises(choice->ip, path->iface->ifindex,
				 &path->next_hop, &c->own->ip, choice->now_us);
}

/* Rule 7: temporary or public, as the program or its interface has it. */
static int by_privacy(const struct choice *choice, const struct candidate *c)
{
	bool temporary = choice->ip->prefers_temporary[c->iface->ifindex];

	if (choice->wishes & (IPV6_PREFER_SRC_TMP | IPV6_PREFER_SRC_PUBLIC))
		temporary = choice->wishes & IPV6_PREFER_SRC_TMP;
	return c->own->temporary == temporary;
}

/* Rule 8: bits behind the source's own prefix do not count. */
static unsigned match_len(const struct choice *choice,
			  const struct candidate *c)
{
	unsigned len =
		pyt_ip_common_prefix_len(&c->own->ip, &choice->path->dst);

	return len < c->own->prefix_len ? len : c->own->prefix_len;
}

/* Rule 4, and what the program says of it. */
static bool is_at_home(const struct choice *choice, const struct candidate *c)
{
	bool prefers_home = !(choice->wishes & IPV6_PREFER_SRC_COA);

	return !(c->own->flags & PYT_ADDRESS_HOME) == !prefers_home;
}

/* Rule 6 */
static bool has_label_of_dst(const struct choice *choice,
			     const struct candidate *c)
{
	const struct ip_path *path = choice->path;

	return label_number(choice->ip, &c->own->ip, c->iface->ifindex) ==
	       label_number(choice->ip, &path->dst, path->iface->ifindex);
}

static int by_equality(const struct choice *choice, const struct candidate *a,
		       const struct candidate *b)
{
	const struct pyt_ip *dst = &choice->path->dst;

	return pyt_ip_equal(&a->own->ip, dst) - pyt_ip_equal(&b->own->ip, dst);
}

static int by_worth(const struct choice *choice, const struct candidate *a,
		    const struct candidate *b)
{
	return worth(choice, a) - worth(choice, b);
}

static int by_home(const struct choice *choice, const struct candidate *a,
		   const struct candidate *b)
{
	return is_at_home(choice, a) - is_at_home(choice, b);
}

static int by_iface(const struct choice *choice, const struct candidate *a,
		    const struct candidate *b)
{
	return (a->iface == choice->path->iface) -
	       (b->iface == choice->path->iface);
}

static int by_next_hop(const struct choice *choice, const struct candidate *a,
		       const struct candidate *b)
{
	return fits_next_hop(choice, a) - fits_next_hop(choice, b);
}

static int by_label(const struct choice *choice, const struct candidate *a,
		    const struct candidate *b)
{
	return has_label_of_dst(choice, a) - has_label_of_dst(choice, b);
}

static int by_wish(const struct choice *choice, const struct candidate *a,
		   const struct candidate *b)
{
	return by_privacy(choice, a) - by_privacy(choice, b);
}

static int by_match(const struct choice *choice, const struct candidate *a,
		    const struct candidate *b)
{
	return (int)match_len(choice, a) - (int)match_len(choice, b);
}

static const struct {
	int number; /* 5.5 counts as 5 */
	int (*compare)(const struct choice *choice, const struct candidate *a,
		       const struct candidate *b);
} rules[] = {
	{ 1, by_equality }, { 2, by_scope }, { 3, by_worth },
	{ 4, by_home },	    { 5, by_iface }, { 5, by_next_hop },
	{ 6, by_label },    { 7, by_wish },  { 8, by_match },
};

/* > 0: a is to be preferred; *rule: which says so, 0 if none does. */
static int compare(const struct choice *choice, const struct candidate *a,
		   const struct candidate *b, int *rule)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		int difference = rules[i].compare(choice, a, b);

		*rule = rules[i].number;
		if (difference)
			return difference;
	}
	*rule = 0;
	return 0;
}

static bool is_candidate(const struct iface_address *own)
{
	return !pyt_ip_is_v4(&own->ip) && !pyt_ip_is_loopback(&own->ip) &&
	       iface_address_is_usable(own);
}

/* Into *best; *rule: the last one by which another was not as good. */
static void look_at(const struct choice *choice, const struct iface *iface,
		    struct candidate *best, int *rule)
{
	int decided_by;

	for (int i = 0; i < iface->address_count; i++) {
		struct candidate c = { iface, &iface->address[i] };

		/* a link-local one is of no use on another link */
		if (!is_candidate(c.own) || c.own == best->own ||
		    (iface != choice->path->iface &&
		     ip6_scope(&c.own->ip) <= IP6_SCOPE_LINK))
			continue;
		decided_by = 0;
		if (!best->own || compare(choice, &c, best, &decided_by) > 0)
			*best = c;
		if (decided_by > *rule)
			*rule = decided_by;
	}
}

static void look_at_all(const struct choice *choice, struct candidate *best,
			int *rule)
{
	const struct ip_path *path = choice->path;

	if (path->multicast || ip6_needs_zone(&path->dst)) {
		look_at(choice, path->iface, best, rule);
		return;
	}
	for (int i = 0; i < choice->ip->iface_count; i++)
		look_at(choice, choice->ip->iface[i], best, rule);
}

const struct pyt_ip *source_choose(const struct ip *ip,
				   const struct ip_path *path, int wishes,
				   int64_t now_us)
{
	struct choice choice = {
		.ip = ip, .path = path, .wishes = wishes, .now_us = now_us
	};
	struct candidate best = { NULL, NULL };
	int rule = 0;

	look_at_all(&choice, &best, &rule);
	return best.own ? &best.own->ip : NULL;
}

int ip_source_rule(const struct ip *ip, const struct ip_path *path,
		   int64_t now_us)
{
	struct choice choice = { .ip = ip, .path = path, .now_us = now_us };
	struct candidate best = { NULL, NULL };
	int rule = 0;

	if (pyt_ip_is_v4(&path->dst) || path->local)
		return 0;
	look_at_all(&choice, &best, &rule);
	rule = 0; /* those that were beaten by others do not count */
	look_at_all(&choice, &best, &rule);
	return rule;
}

void ip_prefer_temporary(struct ip *ip, int ifindex, bool prefer)
{
	ip->prefers_temporary[ifindex] = prefer;
}

/* -------------------------------- for who has to know beforehand */

static const struct iface_address *own_address(const struct ip *ip,
					       const struct pyt_ip *address)
{
	const struct iface *owner = ip_owner(ip, address);

	return owner ? iface_address_find(ip->iface[owner->ifindex - 1],
					  address)
		     : NULL;
}

void ip_source_get(struct ip *ip, const struct pyt_ip *dst,
		   struct pyt_source *source, int64_t now_us)
{
	const struct iface_address *own;
	struct ip_path path;

	*source = (struct pyt_source){ .found = false };
	if (ip_route(ip, dst, NULL, 0, now_us, &path) < 0)
		return;
	source->found = true;
	source->ip = path.src;
	source->prefix_len = pyt_ip_is_v4(&path.src) ? 32 : 128;
	own = own_address(ip, &path.src);
	if (!own)
		return;
	source->prefix_len = own->prefix_len;
	source->deprecated = own->preferred_until_us <= now_us;
}
