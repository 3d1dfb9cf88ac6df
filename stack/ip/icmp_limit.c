/*
 * How many ICMP errors we send: RFC 1122, 3.2.2; RFC 1812, 4.3.2.8; RFC 4443,
 * 2.4 (f). Linux's two token buckets: one for all, one for each host; both
 * families share them.
 */
#include "ip/ip_internal.h"

#define HOST_BURST 6 /* messages, Linux's XRLIM_BURST_FACTOR */

void icmp_limit_init(struct ip *ip, int64_t now_us)
{
	ip->icmp_limit.filled_us = now_us;
	ip->icmp_limit.credit = ip->settings.icmp_msgs_burst;
	for (int i = 0; i < ICMP_HOST_BUCKETS; i++) {
		ip->icmp_limit.host[i].filled_us = now_us;
		ip->icmp_limit.host[i].credit_us =
			HOST_BURST * ip->settings.icmp_ratelimit * 1000ll;
	}
}

static bool is_limited(const struct ip *ip, uint8_t type, uint8_t code)
{
	if (type == ICMP4_UNREACHABLE && code == ICMP4_FRAGMENTATION_NEEDED)
		return false; /* path MTU discovery depends on it */
	return type < 32 && (uint32_t)ip->settings.icmp_ratemask >> type & 1;
}

static void fill_global(struct ip *ip, int64_t now_us)
{
	struct icmp_limit *limit = &ip->icmp_limit;
	int64_t passed_us = now_us - limit->filled_us;
	int64_t more;

	if (passed_us > 1000000)
		passed_us = 1000000;
	more = passed_us * ip->settings.icmp_msgs_per_sec / 1000000;
	if (more == 0)
		return; /* the fraction stays in filled_us */
	limit->filled_us = now_us;
	limit->credit += more;
	if (limit->credit > ip->settings.icmp_msgs_burst)
		limit->credit = ip->settings.icmp_msgs_burst;
}

static bool host_allows(struct ip *ip, const struct pyt_ip *dst, int ratelimit,
			int64_t now_us)
{
	uint64_t hash = table_hash(&ip->mtus, dst, sizeof(*dst));
	int64_t cost_us = ratelimit * 1000ll;
	int64_t *credit_us, *filled_us;

	if (cost_us == 0)
		return true;
	credit_us = &ip->icmp_limit.host[hash % ICMP_HOST_BUCKETS].credit_us;
	filled_us = &ip->icmp_limit.host[hash % ICMP_HOST_BUCKETS].filled_us;
	*credit_us += now_us - *filled_us;
	*filled_us = now_us;
	if (*credit_us > HOST_BURST * cost_us)
		*credit_us = HOST_BURST * cost_us;
	if (*credit_us < cost_us)
		return false;
	*credit_us -= cost_us;
	return true;
}

static bool allows(struct ip *ip, const struct pyt_ip *dst, int ratelimit,
		   int64_t now_us)
{
	struct counters *counters = &ip->engine->counters;

	fill_global(ip, now_us);
	if (ip->icmp_limit.credit <= 0) {
		counter_hit(counters, COUNTER_ICMP_OUT_RATE_LIMIT_GLOBAL);
		return false;
	}
	if (!host_allows(ip, dst, ratelimit, now_us)) {
		counter_hit(counters,
			    pyt_ip_is_v4(dst)
				    ? COUNTER_ICMP_OUT_RATE_LIMIT_HOST
				    : COUNTER_ICMP6_OUT_RATE_LIMIT_HOST);
		return false;
	}
	/*
	 * One on average. An exact one would tell who watches the limit how
	 * many others were sent to, and so which of a spoofed host's guesses
	 * at a port were right (CVE-2020-25705); as Linux.
	 */
	ip->icmp_limit.credit -= random_below(&ip->engine->random, 3);
	return true;
}

bool icmp4_limit_allows(struct ip *ip, uint8_t type, uint8_t code,
			const struct pyt_ip *dst, int64_t now_us)
{
	return !is_limited(ip, type, code) ||
	       allows(ip, dst, ip->settings.icmp_ratelimit, now_us);
}

/* Linux's icmp.ratemask: all errors but "too big", on which path MTU
 * discovery depends. */
bool icmp6_limit_allows(struct ip *ip, uint8_t type, const struct pyt_ip *dst,
			int64_t now_us)
{
	return type == ICMP6_TOO_BIG ||
	       allows(ip, dst, ip->settings6.icmp_ratelimit, now_us);
}
