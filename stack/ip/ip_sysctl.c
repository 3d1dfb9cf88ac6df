/* net.ipv4.* and net.ipv6.* of this room: Linux's names. */
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "ip/ip_internal.h"

#define SETTING(member) offsetof(struct ip, settings.member)
#define FRAGMENT(member) offsetof(struct ip, reassembly.settings.member)
#define OF_IFACE(member) offsetof(struct iface_settings, member)
#define NEIGHBOUR(member) OF_IFACE(neigh4.member)
#define ARP(member) OF_IFACE(arp.member)

static const struct setting of_ip[] = {
	{ "ip_default_ttl", SETTING(default_ttl), 1, 255 },
	{ "ip_no_pmtu_disc", SETTING(no_pmtu_disc), 0, 3 },
	{ "route.min_pmtu", SETTING(min_pmtu), 68, 65535 },
	{ "route.mtu_expires", SETTING(pmtu_expires), 0, INT_MAX },
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

/* One value serves all interfaces. */
static const struct setting of_all_conf[] = {
	{ "accept_source_route", SETTING(accept_source_route), 0, 1 },
};

static const struct setting of_ip_conf[] = {
	{ "accept_redirects", OF_IFACE(accept_redirects4), 0, 1 },
	{ "secure_redirects", OF_IFACE(secure_redirects), 0, 1 },
	{ "shared_media", OF_IFACE(shared_media), 0, 1 },
};

#define SETTING6(member) offsetof(struct ip, settings6.member)
#define CHAIN(member) offsetof(struct ip, settings6.chain.member)

static const struct setting of_ip6[] = {
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

static const struct setting of_ip6_conf[] = {
	{ "disable_ipv6", OF_IFACE(disable_ipv6), 0, 1 },
	{ "hop_limit", OF_IFACE(hop_limit), 1, 255 },
	{ "accept_redirects", OF_IFACE(accept_redirects6), 0, 1 },
};

#define ND(member) OF_IFACE(nd.member)

static const struct setting of_nd[] = {
	{ "accept_dad", ND(accept_dad), 0, 2 },
	{ "dad_transmits", ND(dad_transmits), 0, INT_MAX },
	{ "optimistic_dad", ND(optimistic_dad), 0, 1 },
	{ "enhanced_dad", ND(enhanced_dad), 0, 1 },
	{ "ndisc_notify", ND(ndisc_notify), 0, 1 },
	/* ours, see dad.c */
	{ "optimistic_wait_ms", ND(optimistic_wait_ms), 0, 10000 },
};

static const struct setting of_neighbours[] = {
	{ "base_reachable_time_ms", NEIGHBOUR(base_reachable_time_ms), 1,
	  INT_MAX },
	{ "retrans_time_ms", NEIGHBOUR(retrans_time_ms), 1, INT_MAX },
	{ "ucast_solicit", NEIGHBOUR(ucast_solicit), 0, INT_MAX },
	{ "mcast_solicit", NEIGHBOUR(mcast_solicit), 0, INT_MAX },
	{ "delay_first_probe_time", NEIGHBOUR(delay_first_probe_time), 0,
	  INT_MAX },
	{ "gc_stale_time", NEIGHBOUR(gc_stale_time), 0, INT_MAX },
	{ "locktime", NEIGHBOUR(locktime), 0, INT_MAX },
	{ "unres_qlen", NEIGHBOUR(unres_qlen), 0, INT_MAX },
	{ "unres_qlen_bytes", NEIGHBOUR(unres_qlen_bytes), 0, INT_MAX },
};

/* The whole neighbour cache's: one value serves all interfaces. */
static const struct setting of_neighbour_table[] = {
	{ "gc_interval", NEIGHBOUR(gc_interval), 0, INT_MAX },
	{ "gc_thresh1", NEIGHBOUR(gc_thresh1), 0, INT_MAX },
	{ "gc_thresh2", NEIGHBOUR(gc_thresh2), 0, INT_MAX },
	{ "gc_thresh3", NEIGHBOUR(gc_thresh3), 0, INT_MAX },
};

static const struct setting of_arp[] = {
	{ "arp_announce", ARP(announce), 0, 2 },
	{ "arp_ignore", ARP(ignore), 0, 8 },
	{ "arp_filter", ARP(filter), 0, 1 },
	{ "arp_accept", ARP(accept), 0, 2 },
	/* ours: Linux leaves RFC 5227 to programs */
	{ "arp_conflict_detection", ARP(conflict_detection), 0, 2 },
};

#define GROUP(member) offsetof(struct group_settings, member)

static const struct setting of_igmp[] = {
	{ "igmp_qrv", GROUP(igmp_qrv), 1, 7 },
	{ "igmp_link_local_mcast_reports", GROUP(igmp_link_local_reports), 0,
	  1 },
};

static const struct setting of_igmp_conf[] = {
	{ "force_igmp_version", GROUP(force_igmp_version), 0, 3 },
	{ "igmpv2_unsolicited_report_interval", GROUP(igmp2_unsolicited_ms), 1,
	  INT_MAX },
	{ "igmpv3_unsolicited_report_interval", GROUP(igmp3_unsolicited_ms), 1,
	  INT_MAX },
};

static const struct setting of_mld[] = {
	{ "mld_qrv", GROUP(mld_qrv), 1, 7 },
};

static const struct setting of_mld_conf[] = {
	{ "force_mld_version", GROUP(force_mld_version), 0, 2 },
	{ "mldv1_unsolicited_report_interval", GROUP(mld1_unsolicited_ms), 1,
	  INT_MAX },
	{ "mldv2_unsolicited_report_interval", GROUP(mld2_unsolicited_ms), 1,
	  INT_MAX },
};

enum place {
	IN_IP,
	IN_IFACES,
	IN_IFACES6, /* the neighbours' part a second time */
	IN_GROUPS,
};

#define IFACES sizeof(struct iface_settings)
#define GROUPS sizeof(struct group_settings)

static const struct setting_tree trees[] = {
	{ "net.ipv4.", false, IN_IP, 0, SETTING_LIST(of_ip) },
	{ "net.ipv4.", false, IN_GROUPS, GROUPS, SETTING_LIST(of_igmp) },
	{ "net.ipv4.neigh.", true, IN_IFACES, IFACES,
	  SETTING_LIST(of_neighbours) },
	{ "net.ipv4.neigh.", true, IN_IFACES, 0,
	  SETTING_LIST(of_neighbour_table) },
	{ "net.ipv4.conf.", true, IN_IFACES, IFACES, SETTING_LIST(of_arp) },
	{ "net.ipv4.conf.", true, IN_IFACES, IFACES, SETTING_LIST(of_ip_conf) },
	{ "net.ipv4.conf.", true, IN_IP, 0, SETTING_LIST(of_all_conf) },
	{ "net.ipv4.conf.", true, IN_GROUPS, GROUPS,
	  SETTING_LIST(of_igmp_conf) },
	{ "net.ipv6.", false, IN_IP, 0, SETTING_LIST(of_ip6) },
	{ "net.ipv6.", false, IN_GROUPS, GROUPS, SETTING_LIST(of_mld) },
	{ "net.ipv6.neigh.", true, IN_IFACES6, IFACES,
	  SETTING_LIST(of_neighbours) },
	{ "net.ipv6.neigh.", true, IN_IFACES6, 0,
	  SETTING_LIST(of_neighbour_table) },
	{ "net.ipv6.conf.", true, IN_IFACES, IFACES, SETTING_LIST(of_nd) },
	{ "net.ipv6.conf.", true, IN_IFACES, IFACES,
	  SETTING_LIST(of_ip6_conf) },
	{ "net.ipv6.conf.", true, IN_GROUPS, GROUPS,
	  SETTING_LIST(of_mld_conf) },
};

const struct setting_tree *ip_setting_trees(size_t *count)
{
	*count = sizeof(trees) / sizeof(*trees);
	return trees;
}

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

static void *base_of(void *context, int place)
{
	struct ip *ip = context;
	uint8_t *ifaces = (uint8_t *)ip->neighbours->settings;

	switch ((enum place)place) {
	case IN_IFACES:
		return ifaces;
	case IN_IFACES6:
		return ifaces + OF_IFACE(neigh6) - OF_IFACE(neigh4);
	case IN_GROUPS:
		return ip->groups.settings;
	case IN_IP:
		break;
	}
	return ip;
}

static const char *behind_iface(void *context, const char *name, int *ifindex)
{
	return ip_sysctl_behind_iface(context, name, ifindex);
}

static struct setting_room room_of(const struct ip *ip)
{
	struct setting_room room = {
		.last = IFACE_MAX,
		.base = base_of,
		.behind_iface = behind_iface,
		.context = (void *)(uintptr_t)ip,
	};

	room.trees = ip_setting_trees(&room.count);
	return room;
}

int ip_sysctl_set(struct ip *ip, const char *name, const char *value)
{
	struct setting_room room = room_of(ip);
	int result = setting_set(&room, name, value);

	if (result == 0 && strstr(name, ".disable_ipv6"))
		ip6_switched(ip);
	return result;
}

int ip_sysctl_get(const struct ip *ip, const char *name, char *value,
		  size_t value_len)
{
	struct setting_room room = room_of(ip);

	return setting_get(&room, name, value, value_len);
}
