/* net.ipv4.* and net.ipv6.* of this room: Linux's names. */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ip/ip_internal.h"

/* Where an integer lies: in struct ip or in an interface's settings. */
struct sysctl {
	const char *name;
	size_t offset;
	int min, max;
};

#define SETTING(member) offsetof(struct ip, settings.member)
#define FRAGMENT(member) offsetof(struct ip, reassembly.settings.member)
#define OF_IFACE(member) offsetof(struct iface_settings, member)
#define NEIGHBOUR(member) OF_IFACE(neigh4.member)
#define ARP(member) OF_IFACE(arp.member)

static const struct sysctl of_ip[] = {
	{ "ip_default_ttl", SETTING(default_ttl), 1, 255 },
	{ "ip_no_pmtu_disc", SETTING(no_pmtu_disc), 0, 3 },
	{ "route.min_pmtu", SETTING(min_pmtu), 68, 65535 },
	{ "route.mtu_expires", SETTING(pmtu_expires), 0, INT_MAX },
	{ "conf.all.accept_source_route", SETTING(accept_source_route), 0, 1 },
	{ "route.gc_timeout", SETTING(redirect_expires), 0, INT_MAX },
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

static const struct sysctl of_ip_conf[] = {
	{ "accept_redirects", OF_IFACE(accept_redirects4), 0, 1 },
	{ "secure_redirects", OF_IFACE(secure_redirects), 0, 1 },
	{ "shared_media", OF_IFACE(shared_media), 0, 1 },
};

#define SETTING6(member) offsetof(struct ip, settings6.member)
#define CHAIN(member) offsetof(struct ip, settings6.chain.member)

static const struct sysctl of_ip6[] = {
	{ "route.mtu_expires", SETTING6(pmtu_expires), 0, INT_MAX },
	{ "auto_flowlabels", SETTING6(auto_flowlabels), 0, 3 },
	{ "icmp.ratelimit", SETTING6(icmp_ratelimit), 0, INT_MAX },
	{ "icmp.echo_ignore_all", SETTING6(echo_ignore_all), 0, 1 },
	{ "icmp.echo_ignore_multicast", SETTING6(echo_ignore_multicast), 0, 1 },
	{ "max_hbh_opts_number", CHAIN(hop_by_hop_options_max), 0, INT_MAX },
	{ "max_dst_opts_number", CHAIN(destination_options_max), 0, INT_MAX },
	{ "max_hbh_length", CHAIN(hop_by_hop_len_max), 0, INT_MAX },
	{ "max_dst_opts_length", CHAIN(destination_len_max), 0, INT_MAX },
	/* ours: Linux sets no bound (RFC 8504, 5.3) */
	{ "max_extension_headers", CHAIN(headers_max), 0, INT_MAX },
	/* one bound for both families */
	{ "ip6frag_high_thresh", FRAGMENT(high_thresh), 0, INT_MAX },
	{ "ip6frag_low_thresh", FRAGMENT(low_thresh), 0, INT_MAX },
	{ "ip6frag_time", FRAGMENT(time6), 0, INT_MAX },
};

static const struct sysctl of_ip6_conf[] = {
	{ "disable_ipv6", OF_IFACE(disable_ipv6), 0, 1 },
	{ "hop_limit", OF_IFACE(hop_limit), 1, 255 },
	{ "accept_redirects", OF_IFACE(accept_redirects6), 0, 1 },
};

#define ND(member) OF_IFACE(nd.member)

static const struct sysctl of_nd[] = {
	{ "accept_dad", ND(accept_dad), 0, 2 },
	{ "dad_transmits", ND(dad_transmits), 0, INT_MAX },
	{ "optimistic_dad", ND(optimistic_dad), 0, 1 },
	{ "enhanced_dad", ND(enhanced_dad), 0, 1 },
	{ "ndisc_notify", ND(ndisc_notify), 0, 1 },
	/* ours, see dad.c */
	{ "optimistic_wait_ms", ND(optimistic_wait_ms), 0, 10000 },
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

/* A prefix, and what may follow it. */
struct tree {
	const char *prefix;
	bool per_iface; /* "all.", "default." or an interface comes first */
	size_t base; /* to be added to the offsets */
	const struct sysctl *list;
	size_t count;
};

#define LIST(list) list, sizeof(list) / sizeof(*(list))
#define NEIGHBOURS6 (OF_IFACE(neigh6) - OF_IFACE(neigh4))

static const struct tree trees[] = {
	{ "net.ipv4.", false, 0, LIST(of_ip) },
	{ "net.ipv4.neigh.", true, 0, LIST(of_neighbours) },
	{ "net.ipv4.conf.", true, 0, LIST(of_arp) },
	{ "net.ipv4.conf.", true, 0, LIST(of_ip_conf) },
	{ "net.ipv6.", false, 0, LIST(of_ip6) },
	{ "net.ipv6.neigh.", true, NEIGHBOURS6, LIST(of_neighbours) },
	{ "net.ipv6.conf.", true, 0, LIST(of_nd) },
	{ "net.ipv6.conf.", true, 0, LIST(of_ip6_conf) },
};

const char *ip_sysctl_behind_iface(const struct ip *ip, const char *name,
				   int *ifindex)
{
	*ifindex = 0;
	if (strncmp(name, "all.", 4) == 0)
		return name + 4;
	if (strncmp(name, "default.", 8) == 0)
		return name + 8;
	for (int i = 0; i < ip->iface_count; i++) {
		const char *iface = ip->iface[i]->config.name;
		size_t len = strlen(iface);

		if (strncmp(name, iface, len) != 0 || name[len] != '.')
			continue;
		*ifindex = ip->iface[i]->ifindex;
		return name + len + 1;
	}
	return "";
}

static const struct sysctl *in_tree(const struct ip *ip,
				    const struct tree *tree, const char *name,
				    int *ifindex)
{
	size_t len = strlen(tree->prefix);

	*ifindex = 0;
	if (strncmp(name, tree->prefix, len) != 0)
		return NULL;
	name += len;
	if (tree->per_iface)
		name = ip_sysctl_behind_iface(ip, name, ifindex);
	for (size_t i = 0; i < tree->count; i++)
		if (strcmp(tree->list[i].name, name) == 0)
			return &tree->list[i];
	return NULL;
}

/* The integer of one interface, or of all; the whole stack's. */
struct place {
	const struct sysctl *sysctl;
	int *at; /* NULL: there is none of that name */
	bool of_all; /* and the interfaces' stand behind it */
};

/* Thresholds and collection are the whole neighbour cache's. */
static bool is_of_table(const struct sysctl *sysctl)
{
	return strncmp(sysctl->name, "gc_thresh", 9) == 0 ||
	       strcmp(sysctl->name, "gc_interval") == 0;
}

static struct place find(const struct ip *ip, const char *name)
{
	for (size_t i = 0; i < sizeof(trees) / sizeof(*trees); i++) {
		const struct tree *tree = &trees[i];
		uint8_t *base = (uint8_t *)(uintptr_t)ip;
		int ifindex;
		const struct sysctl *sysctl = in_tree(ip, tree, name, &ifindex);

		if (!sysctl)
			continue;
		if (is_of_table(sysctl))
			ifindex = 0;
		if (tree->per_iface)
			base = (uint8_t *)&ip->neighbours->settings[ifindex];
		return (struct place){
			.sysctl = sysctl,
			.at = (int *)(void *)(base + tree->base +
					      sysctl->offset),
			.of_all = tree->per_iface && ifindex == 0,
		};
	}
	return (struct place){ 0 };
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

static void put(const struct place *place, int value)
{
	uint8_t *at = (uint8_t *)place->at;

	*place->at = value;
	for (int i = 1; place->of_all && i <= IFACE_MAX; i++)
		memcpy(at + (size_t)i * sizeof(struct iface_settings), &value,
		       sizeof(value));
}

int ip_sysctl_set(struct ip *ip, const char *name, const char *value)
{
	struct place place = find(ip, name);
	int parsed = 0, result;

	if (!place.at)
		return group_sysctl_set(ip, name, value);
	result = parse_int(value, &parsed);
	if (result < 0)
		return result;
	if (parsed < place.sysctl->min || parsed > place.sysctl->max)
		return -ERANGE;
	put(&place, parsed);
	if (place.sysctl->offset == OF_IFACE(disable_ipv6))
		ip6_switched(ip);
	return 0;
}

int ip_sysctl_get(const struct ip *ip, const char *name, char *value,
		  size_t value_len)
{
	struct place place = find(ip, name);

	if (!place.at)
		return group_sysctl_get(ip, name, value, value_len);
	return snprintf(value, value_len, "%d", *place.at);
}
