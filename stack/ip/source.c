/*
 * From which address: RFC 6724, 5, each rule in its order; RFC 5014; RFC 8028,
 * 3.3 (rule 5.5). As on Linux the candidates are the addresses of all
 * interfaces, but for destinations that mean something on one link only.
 */
#include <linux/in6.h>

#include "ip/ip_internal.h"

/* RFC 6724, 2.1; the longest prefixes first. */
static const struct {
	struct pyt_ip prefix;
	unsigned prefix_len; /* bits of the 128 */
	int label;
} labels[] = {
	{ { { [15] = 1 } }, 128, 0 },
	{ { { [10] = 0xff, [11] = 0xff } }, 96, 4 },
	{ { { 0 } }, 96, 3 },
	{ { { 0x20, 0x01 } }, 32, 5 },
	{ { { 0x20, 0x02 } }, 16, 2 },
	{ { { 0x3f, 0xfe } }, 16, 12 },
	{ { { 0xfe, 0xc0 } }, 10, 11 },
	{ { { 0xfc } }, 7, 13 },
	{ { { 0 } }, 0, 1 },
};

static int label_of(const struct pyt_ip *ip)
{
	int i = 0;

	while (pyt_ip_common_prefix_len(ip, &labels[i].prefix) <
	       labels[i].prefix_len)
		i++;
	return labels[i].label;
}

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

/* > 0: a is to be preferred. Rule 4 (home addresses) does not arise. */
static int compare(const struct choice *choice, const struct candidate *a,
		   const struct candidate *b)
{
	const struct pyt_ip *dst = &choice->path->dst;
	int label = label_of(dst);
	int difference;

	difference = pyt_ip_equal(&a->own->ip, dst) -
		     pyt_ip_equal(&b->own->ip, dst); /* 1 */
	if (!difference)
		difference = by_scope(choice, a, b); /* 2 */
	if (!difference)
		difference = worth(choice, a) - worth(choice, b); /* 3 */
	if (!difference)
		difference = (a->iface == choice->path->iface) -
			     (b->iface == choice->path->iface); /* 5 */
	if (!difference)
		difference = fits_next_hop(choice, a) -
			     fits_next_hop(choice, b); /* 5.5 */
	if (!difference)
		difference = (label_of(&a->own->ip) == label) -
			     (label_of(&b->own->ip) == label); /* 6 */
	if (!difference)
		difference =
			by_privacy(choice, a) - by_privacy(choice, b); /* 7 */
	if (!difference)
		difference = (int)match_len(choice, a) -
			     (int)match_len(choice, b); /* 8 */
	return difference;
}

static bool is_candidate(const struct iface_address *own)
{
	return !pyt_ip_is_v4(&own->ip) && !pyt_ip_is_loopback(&own->ip) &&
	       iface_address_is_usable(own);
}

static void look_at(const struct choice *choice, const struct iface *iface,
		    struct candidate *best)
{
	for (int i = 0; i < iface->address_count; i++) {
		struct candidate c = { iface, &iface->address[i] };

		/* a link-local one is of no use on another link */
		if (!is_candidate(c.own) ||
		    (iface != choice->path->iface &&
		     ip6_scope(&c.own->ip) <= IP6_SCOPE_LINK))
			continue;
		if (!best->own || compare(choice, &c, best) > 0)
			*best = c;
	}
}

const struct pyt_ip *source_choose(const struct ip *ip,
				   const struct ip_path *path, int wishes,
				   int64_t now_us)
{
	struct choice choice = {
		.ip = ip, .path = path, .wishes = wishes, .now_us = now_us
	};
	struct candidate best = { NULL, NULL };

	if (path->multicast || ip6_needs_zone(&path->dst)) {
		look_at(&choice, path->iface, &best);
	} else {
		for (int i = 0; i < ip->iface_count; i++)
			look_at(&choice, ip->iface[i], &best);
	}
	return best.own ? &best.own->ip : NULL;
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
