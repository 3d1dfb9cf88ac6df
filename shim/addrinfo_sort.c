/* The order of the addresses of a name: RFC 6724, 6. */
#include "addrinfo_sort.h"

#include <stdlib.h>

enum scope {
	SCOPE_LINK_LOCAL = 2,
	SCOPE_SITE_LOCAL = 5,
	SCOPE_GLOBAL = 14,
};

/* What is known of one destination; higher is better but for scope. */
struct candidate {
	struct pyt_ip ip;
	size_t ordinal; /* rule 10: leave the order as it was */
	bool has_source, fits, is_preferred, is_alike;
	int precedence, scope;
	unsigned common_len; /* rule 9; 0 where it says nothing */
};

/* RFC 6724, 3.1 to 3.4: loopback counts as link-local. */
static int scope_of(const struct pyt_ip *ip, const struct policy *policy)
{
	if (pyt_ip_is_v4(ip))
		return policy_value(&policy->scope4, ip);
	if (pyt_ip_is_loopback(ip))
		return SCOPE_LINK_LOCAL;
	if (ip->bytes[0] == 0xff)
		return ip->bytes[1] & 15;
	if (ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80)
		return SCOPE_LINK_LOCAL;
	if (ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0xc0)
		return SCOPE_SITE_LOCAL;
	return SCOPE_GLOBAL;
}

/* Common bits of IPv4 addresses off the own subnet mean nothing; those of
 * IPv6 only as far as the source's prefix goes (RFC 6724, 2.2). */
static unsigned common_len(const struct pyt_ip *ip,
			   const struct pyt_source *source)
{
	unsigned len = pyt_ip_common_prefix_len(ip, &source->ip);

	if (pyt_ip_is_v4(ip))
		return pyt_ip_in_prefix(ip, &source->ip, source->prefix_len)
			       ? len
			       : 0;
	return len < source->prefix_len ? len : source->prefix_len;
}

static void examine(struct candidate *c, const struct pyt_source *source,
		    const struct policy *policy)
{
	c->scope = scope_of(&c->ip, policy);
	c->precedence = policy_value(&policy->precedence, &c->ip);
	c->has_source = source->found;
	if (!source->found)
		return;
	c->fits = c->scope == scope_of(&source->ip, policy);
	c->is_preferred = !source->deprecated;
	c->is_alike = policy_value(&policy->label, &c->ip) ==
		      policy_value(&policy->label, &source->ip);
	c->common_len = common_len(&c->ip, source);
}

/* Rules 4 (home addresses) and 7 (tunnels) have nothing to tell apart here. */
static int compare(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->has_source != b->has_source) /* 1 */
		return b->has_source - a->has_source;
	if (a->fits != b->fits) /* 2 */
		return b->fits - a->fits;
	if (a->is_preferred != b->is_preferred) /* 3 */
		return b->is_preferred - a->is_preferred;
	if (a->is_alike != b->is_alike) /* 5 */
		return b->is_alike - a->is_alike;
	if (a->precedence != b->precedence) /* 6 */
		return a->precedence < b->precedence ? 1 : -1;
	if (a->scope != b->scope) /* 8 */
		return a->scope - b->scope;
	if (a->common_len != b->common_len && /* 9 */
	    pyt_ip_is_v4(&a->ip) == pyt_ip_is_v4(&b->ip))
		return (int)b->common_len - (int)a->common_len;
	return a->ordinal < b->ordinal ? -1 : 1; /* 10 */
}

void addrinfo_sort(struct pyt_ip *ips, size_t count,
		   const struct pyt_source *sources,
		   const struct policy *policy)
{
	struct candidate *candidates = calloc(count, sizeof(*candidates));

	if (!candidates)
		return; /* the servers' order does, too */
	for (size_t i = 0; i < count; i++) {
		candidates[i].ip = ips[i];
		candidates[i].ordinal = i;
		examine(&candidates[i], &sources[i], policy);
	}
	qsort(candidates, count, sizeof(*candidates), compare);
	for (size_t i = 0; i < count; i++)
		ips[i] = candidates[i].ip;
	free(candidates);
}
