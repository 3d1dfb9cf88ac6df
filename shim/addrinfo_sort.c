/* The order of the addresses of a name: RFC 6724, 6. */
#include "addrinfo.h"

#include <stdlib.h>

enum scope {
	SCOPE_LINK_LOCAL = 2,
	SCOPE_SITE_LOCAL = 5,
	SCOPE_GLOBAL = 14,
};

/* RFC 6724, 2.1; the longest prefixes first. */
static const struct policy {
	struct pyt_ip prefix;
	unsigned prefix_len; /* bits of the 128 */
	int precedence, label;
} policies[] = {
	{ { { [15] = 1 } }, 128, 50, 0 },
	{ { { [10] = 0xff, [11] = 0xff } }, 96, 35, 4 },
	{ { { 0 } }, 96, 1, 3 },
	{ { { 0x20, 0x01 } }, 32, 5, 5 },
	{ { { 0x20, 0x02 } }, 16, 30, 2 },
	{ { { 0x3f, 0xfe } }, 16, 1, 12 },
	{ { { 0xfe, 0xc0 } }, 10, 1, 11 },
	{ { { 0xfc } }, 7, 3, 13 },
	{ { { 0 } }, 0, 40, 1 },
};

/* What is known of one destination. */
struct candidate {
	struct pyt_ip ip;
	size_t ordinal; /* rule 10: leave the order as it was */
	bool has_source;
	enum scope scope, source_scope;
	const struct policy *policy, *source_policy;
	unsigned common_len; /* rule 9; 0 where it says nothing */
};

static unsigned common_prefix_len(const struct pyt_ip *a,
				  const struct pyt_ip *b)
{
	unsigned len = 0;

	while (len < 128 &&
	       !((a->bytes[len / 8] ^ b->bytes[len / 8]) & (0x80 >> len % 8)))
		len++;
	return len;
}

static const struct policy *policy_of(const struct pyt_ip *ip)
{
	const struct policy *policy = policies;

	while (common_prefix_len(ip, &policy->prefix) < policy->prefix_len)
		policy++;
	return policy;
}

static bool is_v4_link_local(const struct pyt_ip *ip)
{
	return ip->bytes[12] == 169 && ip->bytes[13] == 254;
}

/* RFC 6724, 3.1 and 3.2: loopback counts as link-local. */
static enum scope scope_of(const struct pyt_ip *ip)
{
	if (pyt_ip_is_loopback(ip))
		return SCOPE_LINK_LOCAL;
	if (pyt_ip_is_v4(ip))
		return is_v4_link_local(ip) ? SCOPE_LINK_LOCAL : SCOPE_GLOBAL;
	if (ip->bytes[0] == 0xff)
		return (enum scope)(ip->bytes[1] & 15);
	if (ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80)
		return SCOPE_LINK_LOCAL;
	if (ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0xc0)
		return SCOPE_SITE_LOCAL;
	return SCOPE_GLOBAL;
}

/*
 * How well an own address would do as the source; 0: not at all. The stack
 * itself chooses when it sends; this only has to find the same one among the
 * few of a host.
 */
static unsigned fitness(const struct pyt_address_info *own,
			const struct pyt_ip *to)
{
	if (pyt_ip_is_v4(&own->ip) != pyt_ip_is_v4(to))
		return 0;
	if (pyt_ip_is_unspecified(to))
		return pyt_ip_is_loopback(&own->ip);
	if (pyt_ip_is_loopback(&own->ip) != pyt_ip_is_loopback(to))
		return 0;
	return 1 + (scope_of(&own->ip) == scope_of(to)) * 256 +
	       common_prefix_len(&own->ip, to);
}

static const struct pyt_address_info *source_for(
	const struct pyt_ip *to, const struct pyt_address_info *own,
	size_t own_count)
{
	const struct pyt_address_info *best = NULL;
	unsigned best_fitness = 0;

	for (size_t i = 0; i < own_count; i++) {
		unsigned fit = fitness(&own[i], to);

		if (fit > best_fitness) {
			best = &own[i];
			best_fitness = fit;
		}
	}
	return best;
}

static void examine(struct candidate *c, const struct pyt_address_info *own,
		    size_t own_count)
{
	const struct pyt_address_info *source =
		source_for(&c->ip, own, own_count);

	c->scope = scope_of(&c->ip);
	c->policy = policy_of(&c->ip);
	c->has_source = source != NULL;
	if (!source)
		return;
	c->source_scope = scope_of(&source->ip);
	c->source_policy = policy_of(&source->ip);
	/* Common bits of IPv4 addresses off the own subnet mean nothing. */
	if (!pyt_ip_is_v4(&c->ip) ||
	    pyt_ip_in_prefix(&c->ip, &source->ip, source->prefix_len))
		c->common_len = common_prefix_len(&c->ip, &source->ip);
}

/* Rules 1, 2, 5, 6, 8, 9, 10; the others need mobility or tunnels. */
static int compare(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	bool a_fits = a->has_source && a->scope == a->source_scope;
	bool b_fits = b->has_source && b->scope == b->source_scope;
	bool a_alike =
		a->has_source && a->policy->label == a->source_policy->label;
	bool b_alike =
		b->has_source && b->policy->label == b->source_policy->label;

	if (a->has_source != b->has_source)
		return b->has_source - a->has_source;
	if (a_fits != b_fits)
		return b_fits - a_fits;
	if (a_alike != b_alike)
		return b_alike - a_alike;
	if (a->policy->precedence != b->policy->precedence)
		return b->policy->precedence - a->policy->precedence;
	if (a->scope != b->scope)
		return (int)a->scope - (int)b->scope;
	if (a->common_len != b->common_len &&
	    pyt_ip_is_v4(&a->ip) == pyt_ip_is_v4(&b->ip))
		return (int)b->common_len - (int)a->common_len;
	return a->ordinal < b->ordinal ? -1 : 1;
}

void addrinfo_sort(struct pyt_ip *ips, size_t count,
		   const struct pyt_address_info *own, size_t own_count)
{
	struct candidate *candidates = calloc(count, sizeof(*candidates));

	if (!candidates)
		return; /* the servers' order does, too */
	for (size_t i = 0; i < count; i++) {
		candidates[i].ip = ips[i];
		candidates[i].ordinal = i;
		examine(&candidates[i], own, own_count);
	}
	qsort(candidates, count, sizeof(*candidates), compare);
	for (size_t i = 0; i < count; i++)
		ips[i] = candidates[i].ip;
	free(candidates);
}
