/* net.ipv4.* of this room: Linux's names. */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ip/ip_internal.h"

/* Where an integer lies: in struct ip or in its neighbour cache. */
struct sysctl {
	const char *name;
	size_t offset;
	int min, max;
};

#define SETTING(member) offsetof(struct ip, settings.member)
#define FRAGMENT(member) offsetof(struct ip, reassembly.settings.member)
#define NEIGHBOUR(member) offsetof(struct neighbour_cache, settings.member)
#define ARP(member) offsetof(struct neighbour_cache, arp.member)

static const struct sysctl of_ip[] = {
	{ "ip_default_ttl", SETTING(default_ttl), 1, 255 },
	{ "ip_no_pmtu_disc", SETTING(no_pmtu_disc), 0, 3 },
	{ "route.min_pmtu", SETTING(min_pmtu), 68, 65535 },
	{ "route.mtu_expires", SETTING(pmtu_expires), 0, INT_MAX },
	{ "conf.all.accept_source_route", SETTING(accept_source_route), 0, 1 },
	{ "icmp_echo_ignore_all", SETTING(icmp_echo_ignore_all), 0, 1 },
	{ "icmp_echo_ignore_broadcasts", SETTING(icmp_echo_ignore_broadcasts),
	  0, 1 },
	{ "icmp_ratelimit", SETTING(icmp_ratelimit), 0, INT_MAX },
	{ "icmp_ratemask", SETTING(icmp_ratemask), 0, INT_MAX },
	{ "icmp_msgs_per_sec", SETTING(icmp_msgs_per_sec), 0, INT_MAX },
	{ "icmp_msgs_burst", SETTING(icmp_msgs_burst), 0, INT_MAX },
	{ "ipfrag_high_thresh", FRAGMENT(high_thresh), 0, INT_MAX },
	{ "ipfrag_low_thresh", FRAGMENT(low_thresh), 0, INT_MAX },
	{ "ipfrag_time", FRAGMENT(time), 0, INT_MAX },
	{ "ipfrag_max_dist", FRAGMENT(max_dist), 0, INT_MAX },
};

static const struct sysctl of_neighbours[] = {
	{ "base_reachable_time_ms", NEIGHBOUR(base_reachable_time_ms), 1,
	  INT_MAX },
	{ "retrans_time_ms", NEIGHBOUR(retrans_time_ms), 1, INT_MAX },
	{ "ucast_solicit", NEIGHBOUR(ucast_solicit), 0, INT_MAX },
	{ "mcast_solicit", NEIGHBOUR(mcast_solicit), 0, INT_MAX },
	{ "delay_first_probe_time", NEIGHBOUR(delay_first_probe_time), 0,
	  INT_MAX },
	{ "gc_stale_time", NEIGHBOUR(gc_stale_time), 0, INT_MAX },
	{ "gc_interval", NEIGHBOUR(gc_interval), 0, INT_MAX },
	{ "locktime", NEIGHBOUR(locktime), 0, INT_MAX },
	{ "unres_qlen", NEIGHBOUR(unres_qlen), 0, INT_MAX },
	{ "unres_qlen_bytes", NEIGHBOUR(unres_qlen_bytes), 0, INT_MAX },
	{ "gc_thresh1", NEIGHBOUR(gc_thresh1), 0, INT_MAX },
	{ "gc_thresh2", NEIGHBOUR(gc_thresh2), 0, INT_MAX },
	{ "gc_thresh3", NEIGHBOUR(gc_thresh3), 0, INT_MAX },
};

static const struct sysctl of_arp[] = {
	{ "arp_announce", ARP(announce), 0, 2 },
	{ "arp_ignore", ARP(ignore), 0, 8 },
	{ "arp_filter", ARP(filter), 0, 1 },
	{ "arp_accept", ARP(accept), 0, 2 },
	/* ours: Linux leaves RFC 5227 to programs */
	{ "arp_conflict_detection", ARP(conflict_detection), 0, 2 },
};

static const struct sysctl *in_list(const struct sysctl *list, size_t count,
				    const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	}
	return NULL;
}

#define IN_LIST(list, name) in_list(list, sizeof(list) / sizeof(*(list)), name)

/*
 * "neigh.<interface>.x" and "conf.<interface>.x": one value serves all
 * interfaces here, so that whichever name is used means the same.
 */
const char *ip_sysctl_behind_iface(const struct ip *ip, const char *name)
{
	const char *dot = strchr(name, '.');
	size_t len;

	if (!dot)
		return "";
	len = (size_t)(dot - name);
	if (strncmp(name, "all.", 4) == 0 || strncmp(name, "default.", 8) == 0)
		return dot + 1;
	for (int i = 0; i < ip->iface_count; i++) {
		const char *iface = ip->iface[i]->config.name;

		if (strlen(iface) == len && memcmp(iface, name, len) == 0)
			return dot + 1;
	}
	return "";
}

/* The integer, and its limits; or NULL. */
static int *find(const struct ip *ip, const char *name,
		 const struct sysctl **found)
{
	uint8_t *base = (uint8_t *)ip->neighbours;
	static const char prefix[] = "net.ipv4.";

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
		return NULL;
	name += sizeof(prefix) - 1;
	*found = IN_LIST(of_ip, name);
	if (*found)
		base = (uint8_t *)(uintptr_t)ip;
	else if (strncmp(name, "neigh.", 6) == 0)
		*found = IN_LIST(of_neighbours,
				 ip_sysctl_behind_iface(ip, name + 6));
	else if (strncmp(name, "conf.", 5) == 0)
		*found = IN_LIST(of_arp, ip_sysctl_behind_iface(ip, name + 5));
	return *found ? (int *)(void *)(base + (*found)->offset) : NULL;
}

static int parse_int(const char *text, int *value)
{
	char *end;
	long parsed;

	parsed = strtol(text, &end, 10);
	while (*end == ' ' || *end == '\t' || *end == '\n')
		end++;
	if (end == text || *end)
		return -EINVAL;
	if (parsed < INT_MIN || parsed > INT_MAX)
		return -ERANGE;
	*value = (int)parsed;
	return 0;
}

int ip_sysctl_set(struct ip *ip, const char *name, const char *value)
{
	const struct sysctl *sysctl = NULL;
	int *place = find(ip, name, &sysctl);
	int parsed = 0, result;

	if (!place)
		return group_sysctl_set(ip, name, value);
	result = parse_int(value, &parsed);
	if (result < 0)
		return result;
	if (parsed < sysctl->min || parsed > sysctl->max)
		return -ERANGE;
	*place = parsed;
	return 0;
}

int ip_sysctl_get(const struct ip *ip, const char *name, char *value,
		  size_t value_len)
{
	const struct sysctl *sysctl = NULL;
	const int *place = find(ip, name, &sysctl);

	if (!place)
		return group_sysctl_get(ip, name, value, value_len);
	return snprintf(value, value_len, "%d", *place);
}
