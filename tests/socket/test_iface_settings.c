/* net.ipv4.conf.* and its like, an interface's own. */
#include "two_links.h"

static int set(const char *name, const char *value)
{
	return pyt_sysctl_set(b, name, value);
}

static int get(const char *name)
{
	char value[16];

	ck_assert_int_gt(pyt_sysctl_get(b, name, value, sizeof(value)), 0);
	return atoi(value);
}

START_TEST(settings_are_each_interfaces_own)
{
	static const char *const names[][2] = {
		{ "net.ipv4.conf", "arp_ignore" },
		{ "net.ipv4.conf", "accept_redirects" },
		{ "net.ipv4.conf", "force_igmp_version" },
		{ "net.ipv4.neigh", "retrans_time_ms" },
		{ "net.ipv6.conf", "accept_ra" },
		{ "net.ipv6.conf", "dad_transmits" },
		{ "net.ipv6.conf", "force_mld_version" },
		{ "net.ipv6.conf", "use_tempaddr" },
		{ "net.ipv6.neigh", "ucast_solicit" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *tree = names[i][0], *name = names[i][1];
		char all[64], first[64], second[64];
		int before;

		snprintf(all, sizeof(all), "%s.default.%s", tree, name);
		snprintf(first, sizeof(first), "%s.eth0.%s", tree, name);
		snprintf(second, sizeof(second), "%s.eth1.%s", tree, name);
		before = get(all);
		ck_assert_int_eq(set(second, before == 1 ? "0" : "1"), 0);
		ck_assert_int_eq(get(first), before);
		ck_assert_int_eq(get(all), before);
		ck_assert_int_eq(get(second), before != 1);
		/* what is set for all is set for each */
		ck_assert_int_eq(set(all, "1"), 0);
		ck_assert_int_eq(get(first), 1);
		ck_assert_int_eq(get(second), 1);
	}
	ck_assert_int_eq(set("net.ipv4.conf.eth9.arp_ignore", "1"), -ENOENT);
}
END_TEST

START_TEST(thresholds_of_neighbours_are_the_tables)
{
	ck_assert_int_eq(set("net.ipv4.neigh.eth1.gc_thresh3", "7"), 0);
	ck_assert_int_eq(get("net.ipv4.neigh.default.gc_thresh3"), 7);
}
END_TEST

START_TEST(ip6_is_switched_off_on_one_link_alone)
{
	struct pyt_address_info address;
	int on_second = 0;

	listener(b, AF_INET6);
	ck_assert_int_eq(set("net.ipv6.conf.eth0.disable_ipv6", "1"), 0);
	for (int i = 0; pyt_address_get(b, i, &address) == 0; i++) {
		if (pyt_ip_is_v4(&address.ip))
			continue;
		ck_assert_int_ne(address.ifindex, FIRST);
		on_second += address.ifindex == SECOND;
	}
	ck_assert_int_eq(on_second, 2);
	connected("fd01::2", 0, NULL);
}
END_TEST

START_TEST(a_link_ignores_what_is_not_its_own_if_told_so)
{
	struct pyt_route route = { .prefix_len = 32,
				   .gateway = pyt_ip_from_v4(0) };
	int handle = open_socket(a, AF_INET, SOCK_STREAM);

	listener(b, AF_INET);
	ck_assert_int_eq(set("net.ipv4.conf.eth0.arp_ignore", "1"), 0);
	route.prefix = ip_of("10.0.0.2");
	route.ifindex = SECOND;
	ck_assert_int_eq(pyt_route_add(a, &route), 0);
	route.prefix = ip_of("10.1.0.2");
	route.ifindex = FIRST;
	ck_assert_int_eq(pyt_route_add(a, &route), 0);
	connected("10.0.0.2", 0, NULL); /* by the second, which answers */
	ck_assert_int_eq(connect_to(a, handle, "10.1.0.2", 0), -EINPROGRESS);
	pass(10 * SEC);
	ck_assert_int_eq(status_of(a, handle).error, EHOSTUNREACH);
}
END_TEST

UNIT_MAIN_WITH("iface_settings", set_up, tear_down,
	       settings_are_each_interfaces_own,
	       thresholds_of_neighbours_are_the_tables,
	       ip6_is_switched_off_on_one_link_alone,
	       a_link_ignores_what_is_not_its_own_if_told_so)
