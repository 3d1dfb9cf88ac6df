#include <stdio.h>

#include "router.h"

#include "ip/ip_internal.h"

#define P "2001:db8:1::"
#define Q "2001:db8:2::"
#define ON_LINK 0x80
#define AUTONOMOUS 0x40

static struct host host;

static void set_up(void)
{
	host_create(&host, 1);
	ck_assert_int_eq(host_start(&host, METHOD(SLAAC)), 0);
}

static void tear_down(void)
{
	host_destroy(&host);
}

/* An ordinary advertisement of one prefix. */
static void advertise(const char *prefix, uint32_t valid, uint32_t preferred)
{
	struct router r = ra(1, 1800, 0);

	ra_mac(&r);
	ra_prefix(&r, prefix, 64, ON_LINK | AUTONOMOUS, valid, preferred);
	ra_send(&host, &r);
}

START_TEST(a_prefix_gives_an_address_at_once_and_a_route)
{
	struct pyt_address_info info;

	ck_assert_int_eq(pyt_configured(host.stack, AF_INET6),
			 PYT_CONFIGURED_PENDING);
	advertise(P, 3600, 1800);
	ck_assert(host_address_in(&host, P, 0, &info));
	ck_assert_int_eq(info.valid_until_us, host.now_us + 3600 * SEC);
	ck_assert_int_eq(info.preferred_until_us, host.now_us + 1800 * SEC);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET6),
			 PYT_CONFIGURED_READY);
	ck_assert(host_event(&host, PYT_EVENT_CONFIGURED));
	ck_assert_str_eq(next_hop(&host, "2001:db8:9::1"), "fe80::1");
	ck_assert_str_eq(next_hop(&host, P "99"), P "99");
}
END_TEST

START_TEST(without_the_on_link_flag_neighbours_are_behind_the_router)
{
	struct router r = ra(1, 1800, 0);

	ra_prefix(&r, P, 64, AUTONOMOUS, 3600, 3600);
	ra_send(&host, &r);
	ck_assert_int_eq(host_address_count(&host, P), 1);
	ck_assert_str_eq(next_hop(&host, P "99"), "fe80::1");
}
END_TEST

START_TEST(an_on_link_prefix_ends_with_its_lifetime_or_at_once_with_zero)
{
	struct router r = ra(1, 1800, 0);

	ra_prefix(&r, P, 64, ON_LINK, 100, 100);
	ra_send(&host, &r);
	ck_assert_int_eq(host_address_count(&host, P), 0);
	ck_assert_str_eq(next_hop(&host, P "99"), P "99");
	host_run_until(&host, host.now_us + 100 * SEC - 1);
	ck_assert_str_eq(next_hop(&host, P "99"), P "99");
	host_run_until(&host, host.now_us + 1);
	ck_assert_str_eq(next_hop(&host, P "99"), "fe80::1");
	ra_send(&host, &r);
	r = ra(1, 1800, 0);
	ra_prefix(&r, P, 64, ON_LINK, 0, 0);
	ra_send(&host, &r);
	ck_assert_str_eq(next_hop(&host, P "99"), "fe80::1");
}
END_TEST

/* The only route to P's network; NULL: none. */
static const struct pyt_route *the_route(void)
{
	static struct pyt_route found;
	struct pyt_route route;
	struct pyt_ip prefix = ip_of(P);
	int count = 0;

	for (int i = 0; pyt_route_get(host.stack, i, &route) == 0; i++) {
		if (route.prefix_len != 64 ||
		    !pyt_ip_equal(&route.prefix, &prefix))
			continue;
		found = route;
		count++;
	}
	ck_assert_int_le(count, 1);
	return count ? &found : NULL;
}

static void add_by_hand(void)
{
	struct pyt_ip ip = ip_of(P "5");

	ck_assert_int_eq(
		pyt_address_add(host.stack, ETH0, &ip, 64, host.now_us), 0);
}

static void remove_by_hand(void)
{
	struct pyt_ip ip = ip_of(P "5");

	ck_assert_int_eq(pyt_address_remove(host.stack, ETH0, &ip, host.now_us),
			 0);
}

START_TEST(a_told_prefix_outlives_an_address_by_hand)
{
	add_by_hand();
	advertise(P, 3600, 1800);
	ck_assert_uint_eq(the_route()->owners,
			  PYT_ROUTE_OF_ADDRESS | PYT_ROUTE_OF_ROUTER);
	remove_by_hand();
	ck_assert_uint_eq(the_route()->owners, PYT_ROUTE_OF_ROUTER);
	ck_assert_int_eq(the_route()->until_us, host.now_us + 3600 * SEC);
	host_run_until(&host, host.now_us + 3600 * SEC);
	ck_assert_ptr_null(the_route());
}
END_TEST

START_TEST(the_subnet_of_an_address_by_hand_outlives_a_told_prefix)
{
	advertise(P, 100, 100);
	add_by_hand();
	host_run_until(&host, host.now_us + 100 * SEC);
	ck_assert_uint_eq(the_route()->owners, PYT_ROUTE_OF_ADDRESS);
	ck_assert_int_eq(the_route()->until_us, 0);
	advertise(P, 100, 100);
	advertise(P, 0, 0);
	ck_assert_str_eq(next_hop(&host, P "99"), P "99");
	remove_by_hand();
	ck_assert_ptr_null(the_route());
}
END_TEST

START_TEST(a_told_prefix_outlives_its_autonomous_address)
{
	struct pyt_address_info info;

	advertise(P, 3600, 1800);
	ck_assert(host_address_in(&host, P, 0, &info));
	ck_assert_int_eq(
		pyt_address_remove(host.stack, ETH0, &info.ip, host.now_us), 0);
	ck_assert_str_eq(next_hop(&host, P "99"), P "99");
}
END_TEST

START_TEST(a_prefix_that_was_deleted_is_back_with_the_next_advertisement)
{
	struct pyt_route route;

	advertise(P, 3600, 1800);
	route = *the_route();
	ck_assert_int_eq(pyt_route_remove(host.stack, &route), 0);
	ck_assert_str_eq(next_hop(&host, P "99"), "fe80::1");
	advertise(P, 1800, 1800);
	ck_assert_int_eq(the_route()->until_us, host.now_us + 1800 * SEC);
}
END_TEST

START_TEST(addresses_are_deprecated_then_gone)
{
	advertise(P, 200, 100);
	advertise(Q, 1000, 1000);
	ck_assert_int_eq(strncmp(source_to(&host, P "99"), "2001:db8:1:", 11),
			 0);
	host_run_until(&host, host.now_us + 100 * SEC);
	/* deprecated: another one is taken, but connections go on */
	ck_assert_int_eq(strncmp(source_to(&host, P "99"), "2001:db8:2:", 11),
			 0);
	ck_assert_int_eq(host_address_count(&host, P), 1);
	host_run_until(&host, host.now_us + 100 * SEC - 1);
	ck_assert_int_eq(host_address_count(&host, P), 1);
	host_run_until(&host, host.now_us + 1);
	ck_assert_int_eq(host_address_count(&host, P), 0);
	ck_assert(host_event(&host, PYT_EVENT_ADDRESS_LOST));
}
END_TEST

static int64_t valid_left(void)
{
	struct pyt_address_info info;

	ck_assert(host_address_in(&host, P, 0, &info));
	return (info.valid_until_us - host.now_us) / SEC;
}

/* RFC 4862, 5.5.3 e */
START_TEST(a_lifetime_falls_to_two_hours_at_once_but_no_further)
{
	advertise(P, 20000, 20000);
	advertise(P, 10000, 10000);
	ck_assert_int_eq(valid_left(), 10000);
	advertise(P, 100, 100);
	ck_assert_int_eq(valid_left(), 7200);
	advertise(P, 0, 0);
	ck_assert_int_eq(valid_left(), 7200);
	host_run_until(&host, host.now_us + 1000 * SEC);
	advertise(P, 100, 100);
	ck_assert_int_eq(valid_left(), 6200);
	advertise(P, 6300, 6300);
	ck_assert_int_eq(valid_left(), 6300);
	advertise(P, FOREVER, FOREVER);
	ck_assert_int_gt(valid_left(), 1000000);
}
END_TEST

START_TEST(a_preferred_lifetime_falls_at_once)
{
	struct pyt_address_info info;

	advertise(P, 20000, 20000);
	advertise(P, 20000, 0);
	ck_assert(host_address_in(&host, P, 0, &info));
	ck_assert_int_eq(info.preferred_until_us, host.now_us);
}
END_TEST

START_TEST(nonsense_in_a_prefix_gives_nothing)
{
	struct router r = ra(1, 1800, 0);

	ra_prefix(&r, P, 64, AUTONOMOUS, 100, 200); /* preferred > valid */
	ra_prefix(&r, P, 80, AUTONOMOUS, 200, 200); /* no room for 64 bits */
	ra_prefix(&r, "fe80::", 64, AUTONOMOUS | ON_LINK, 200, 200);
	ra_prefix(&r, "ff02::", 64, AUTONOMOUS | ON_LINK, 200, 200);
	ra_prefix(&r, Q, 64, AUTONOMOUS, 0, 0);
	ra_send(&host, &r);
	ck_assert_int_eq(
		slaac_of(host.stack->autoconf->link[ETH0 - 1])->address_count,
		0);
	ck_assert_str_eq(next_hop(&host, "2001:db8:9::1"), "fe80::1");
}
END_TEST

START_TEST(addresses_are_bounded)
{
	char prefix[32];

	for (int i = 0; i < 20; i++) {
		snprintf(prefix, sizeof(prefix), "2001:db8:%x::", 0x100 + i);
		advertise(prefix, 3600, 3600);
		ck_assert_int_eq(host_address_count(&host, prefix), i < 16);
	}
	ck_assert_uint_gt(host_count(&host, COUNTER_AUTOCONF_FULL), 0);
}
END_TEST

START_TEST(max_addresses_is_obeyed)
{
	host_sysctl(&host, "net.ipv6.conf.eth0.max_addresses", "1");
	advertise(P, 3600, 3600);
	advertise(Q, 3600, 3600);
	ck_assert_int_eq(host_address_count(&host, Q), 0);
}
END_TEST

START_TEST(the_address_is_the_same_at_each_start_and_differs_by_prefix)
{
	struct pyt_address_info first, again, other;

	advertise(P, 3600, 3600);
	advertise(Q, 3600, 3600);
	ck_assert(host_address_in(&host, P, 0, &first));
	ck_assert(host_address_in(&host, Q, 0, &other));
	ck_assert_int_ne(memcmp(first.ip.bytes + 8, other.ip.bytes + 8, 8), 0);
	host_destroy(&host);
	host_create(&host, 99);
	host_start(&host, METHOD(SLAAC));
	advertise(P, 3600, 3600);
	ck_assert(host_address_in(&host, P, 0, &again));
	ck_assert(pyt_ip_equal(&first.ip, &again.ip));
}
END_TEST

START_TEST(addr_gen_mode_zero_is_the_mac)
{
	struct pyt_address_info info;
	struct pyt_ip wanted = ip_of(P "ff:fe00:2");

	host_sysctl(&host, "net.ipv6.conf.all.addr_gen_mode", "0");
	advertise(P, 3600, 3600);
	ck_assert(host_address_in(&host, P, 0, &info));
	ck_assert(pyt_ip_equal(&info.ip, &wanted));
}
END_TEST

/* Somebody else says that he has the address. */
static void claim(const struct pyt_ip *ip)
{
	host_input_claim(&host, peer_mac, *ip);
}

START_TEST(after_a_conflict_there_is_another_address_a_few_times)
{
	struct pyt_address_info info;
	struct pyt_ip last = { { 0 } };
	int tries = 0;

	advertise(P, 3600, 3600);
	while (host_address_in(&host, P, 0, &info)) {
		ck_assert(!pyt_ip_equal(&info.ip, &last));
		last = info.ip;
		claim(&last);
		ck_assert(host_event(&host, PYT_EVENT_ADDRESS_CONFLICT));
		host_event(&host, PYT_EVENT_SOCKET); /* all are taken */
		tries++;
		ck_assert_int_lt(tries, 10);
	}
	ck_assert_int_eq(tries, 4); /* idgen_retries 3 */
	advertise(P, 3600, 3600);
	ck_assert_int_eq(host_address_count(&host, P), 0);
}
END_TEST

/* RFC 7217, 6 */
START_TEST(the_next_address_is_not_optimistic_and_probed_a_little_later)
{
	struct pyt_address_info info;

	advertise(P, 3600, 3600);
	ck_assert(host_address_in(&host, P, 0, &info));
	ck_assert(ip_is_local(host.stack->ip, &info.ip)); /* RFC 4429 */
	claim(&info.ip);
	ck_assert(host_event(&host, PYT_EVENT_ADDRESS_CONFLICT));
	host_event(&host, PYT_EVENT_SOCKET); /* all are taken */
	ck_assert(host_address_in(&host, P, 0, &info));
	ck_assert(!ip_is_local(host.stack->ip, &info.ip));
	host_run_until(&host, host.now_us + SEC); /* of the one probe alone */
	ck_assert(!ip_is_local(host.stack->ip, &info.ip));
	host_run_until(&host, host.now_us + SEC);
	ck_assert(ip_is_local(host.stack->ip, &info.ip));
}
END_TEST

START_TEST(stopping_takes_all_away)
{
	advertise(P, 3600, 3600);
	pyt_autoconf_stop(host.stack, ETH0, true, host.now_us);
	ck_assert_int_eq(host_address_count(&host, P), 0);
	ck_assert_ptr_null(next_hop(&host, "2001:db8:9::1"));
	ck_assert_ptr_null(next_hop(&host, P "99"));
	ck_assert_int_eq(host.stack->ip->router_prefix_count, 0);
}
END_TEST

/* --------------------------------------------------- what guards it */

START_TEST(only_a_router_of_this_link_is_believed)
{
	struct router r = ra(1, 1800, 0);
	uint8_t mac[6];

	ra_prefix(&r, P, 64, AUTONOMOUS, 3600, 3600);
	r.hop_limit = 254;
	ra_send(&host, &r);
	router_mac(1, mac);
	host_input_icmp6(&host, mac, ip_of(P "1"), ip6_all_nodes, 255, r.bytes,
			 r.len);
	r.bytes[1] = 1; /* code */
	r.hop_limit = 255;
	ra_send(&host, &r);
	r.bytes[1] = 0;
	r.bytes[17] = 0; /* an option of length 0 */
	ra_send(&host, &r);
	r.len = 15;
	ra_send(&host, &r);
	ck_assert_int_eq(host_address_count(&host, P), 0);
	ck_assert_ptr_null(next_hop(&host, "2001:db8:9::1"));
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET6),
			 PYT_CONFIGURED_PENDING);
}
END_TEST

START_TEST(accept_ra_and_its_kind_are_obeyed)
{
	host_sysctl(&host, "net.ipv6.conf.all.accept_ra", "0");
	advertise(P, 3600, 3600);
	ck_assert_uint_eq(host_count(&host, COUNTER_RA_NOT_WANTED), 1);
	ck_assert_ptr_null(next_hop(&host, "2001:db8:9::1"));
	host_sysctl(&host, "net.ipv6.conf.all.accept_ra", "1");
	host_sysctl(&host, "net.ipv6.conf.all.autoconf", "0");
	host_sysctl(&host, "net.ipv6.conf.all.accept_ra_defrtr", "0");
	advertise(P, 3600, 3600);
	ck_assert_int_eq(host_address_count(&host, P), 0);
	ck_assert_ptr_null(next_hop(&host, "2001:db8:9::1"));
	ck_assert_str_eq(next_hop(&host, P "99"), P "99");
	host_sysctl(&host, "net.ipv6.conf.all.accept_ra_pinfo", "0");
	advertise(Q, 3600, 3600);
	ck_assert_ptr_null(next_hop(&host, Q "99"));
}
END_TEST

/* ------------------------------------------------ what the link is like */

static int setting(const char *name)
{
	char full[64], value[16];

	snprintf(full, sizeof(full), "net.ipv6.%s", name);
	ck_assert_int_gt(pyt_sysctl_get(host.stack, full, value, sizeof(value)),
			 0);
	return atoi(value);
}

START_TEST(mtu_hop_limit_and_times_are_taken_over)
{
	struct router r = ra(1, 1800, 0);
	const struct iface *iface = ip_iface(host.stack->ip, ETH0);

	r.bytes[4] = 33;
	put_u32(r.bytes + 8, 12345);
	put_u32(r.bytes + 12, 678);
	ra_mtu(&r, 1400);
	ra_send(&host, &r);
	ck_assert_uint_eq(iface_mtu6(iface), 1400);
	ck_assert_int_eq(setting("conf.eth0.hop_limit"), 33);
	ck_assert_int_eq(setting("neigh.eth0.base_reachable_time_ms"), 12345);
	ck_assert_int_eq(setting("neigh.eth0.retrans_time_ms"), 678);

	r = ra(1, 1800, 0);
	r.bytes[4] = 0; /* says nothing */
	put_u32(r.bytes + 8, 3600001); /* too much */
	ra_mtu(&r, 1279);
	ra_mtu(&r, 1501);
	ra_send(&host, &r);
	ck_assert_uint_eq(iface_mtu6(iface), 1400);
	ck_assert_int_eq(setting("conf.eth0.hop_limit"), 33);
	ck_assert_int_eq(setting("neigh.eth0.base_reachable_time_ms"), 12345);
	ck_assert_uint_eq(host_count(&host, COUNTER_RA_BAD_MTU), 2);
}
END_TEST

/* As Linux: a router cannot have us ask a thousand times a second. */
START_TEST(times_have_a_floor)
{
	struct router r = ra(1, 1800, 0);

	put_u32(r.bytes + 8, 1);
	put_u32(r.bytes + 12, 1);
	ra_send(&host, &r);
	ck_assert_int_eq(setting("neigh.eth0.base_reachable_time_ms"), 100);
	ck_assert_int_eq(setting("neigh.eth0.retrans_time_ms"), 10);
}
END_TEST

/* The default route by the router fe80::number. */
static struct pyt_route by_router(uint8_t number)
{
	struct pyt_route route = { 0 };

	for (int i = 0; pyt_route_get(host.stack, i, &route) == 0; i++)
		if (route.advertised && route.gateway.bytes[15] == number)
			return route;
	ck_abort();
}

START_TEST(who_changes_the_mtu_is_shown_with_it)
{
	struct router r = ra(1, 1800, 0);

	r.bytes[4] = 33;
	ra_mtu(&r, 1500);
	ra_send(&host, &r);
	ck_assert_uint_eq(by_router(1).mtu, 0);
	ck_assert_uint_eq(by_router(1).hop_limit, 33);
	r = ra(1, 1800, 0);
	ra_mtu(&r, 1400);
	ra_send(&host, &r);
	ra_send(&host, &r);
	r = ra(2, 1800, 0);
	ra_mtu(&r, 1400);
	ra_send(&host, &r);
	ck_assert_uint_eq(by_router(1).mtu, 1400);
	ck_assert_uint_eq(by_router(2).mtu, 0);
}
END_TEST

START_TEST(a_setting_holds_until_the_next_advertisement)
{
	struct router r = ra(1, 1800, 0);

	r.bytes[4] = 33;
	ra_send(&host, &r);
	host_sysctl(&host, "net.ipv6.conf.eth0.hop_limit", "44");
	ck_assert_uint_eq(ip6_hop_limit(ip_iface(host.stack->ip, ETH0)), 44);
	ra_send(&host, &r);
	ck_assert_uint_eq(ip6_hop_limit(ip_iface(host.stack->ip, ETH0)), 33);
}
END_TEST

START_TEST(what_no_resolver_may_read_is_no_domain)
{
	struct router r = ra(1, 1800, 0);
	struct pyt_search_domain domain;

	ra_domain(&r, "\7exam pl\3org", 13, 50);
	ra_domain(&r, "\7x\nna 1.\3org", 13, 50);
	ra_domain(&r, "\7ex\200mple\3org", 13, 50);
	ra_send(&host, &r);
	ck_assert_int_eq(pyt_search_domain_get(host.stack, 0, &domain),
			 -ENOENT);
}
END_TEST

START_TEST(name_servers_and_domains_have_lifetimes)
{
	struct router r = ra(1, 1800, 0);
	struct pyt_name_server server;
	struct pyt_search_domain domain;
	struct pyt_ip wanted = ip_of(P "53");

	ra_server(&r, P "53", 100);
	ra_domain(&r, "\7example\3org", 13, 50);
	ra_send(&host, &r);
	ck_assert_int_eq(pyt_name_server_get(host.stack, 0, &server), 0);
	ck_assert(pyt_ip_equal(&server.ip, &wanted));
	ck_assert_int_eq(server.until_us, host.now_us + 100 * SEC);
	ck_assert_int_eq(pyt_search_domain_get(host.stack, 0, &domain), 0);
	ck_assert_str_eq(domain.name, "example.org");
	host_run_until(&host, host.now_us + 50 * SEC);
	ck_assert_int_eq(pyt_search_domain_get(host.stack, 0, &domain),
			 -ENOENT);
	r = ra(1, 1800, 0);
	ra_server(&r, P "53", 0);
	ra_send(&host, &r);
	ck_assert_int_eq(pyt_name_server_get(host.stack, 0, &server), -ENOENT);
}
END_TEST

UNIT_MAIN_WITH("slaac", set_up, tear_down,
	       a_prefix_gives_an_address_at_once_and_a_route,
	       without_the_on_link_flag_neighbours_are_behind_the_router,
	       an_on_link_prefix_ends_with_its_lifetime_or_at_once_with_zero,
	       a_told_prefix_outlives_an_address_by_hand,
	       the_subnet_of_an_address_by_hand_outlives_a_told_prefix,
	       a_told_prefix_outlives_its_autonomous_address,
	       a_prefix_that_was_deleted_is_back_with_the_next_advertisement,
	       addresses_are_deprecated_then_gone,
	       a_lifetime_falls_to_two_hours_at_once_but_no_further,
	       a_preferred_lifetime_falls_at_once,
	       nonsense_in_a_prefix_gives_nothing, addresses_are_bounded,
	       max_addresses_is_obeyed,
	       the_address_is_the_same_at_each_start_and_differs_by_prefix,
	       addr_gen_mode_zero_is_the_mac,
	       after_a_conflict_there_is_another_address_a_few_times,
	       the_next_address_is_not_optimistic_and_probed_a_little_later,
	       stopping_takes_all_away, only_a_router_of_this_link_is_believed,
	       accept_ra_and_its_kind_are_obeyed,
	       mtu_hop_limit_and_times_are_taken_over, times_have_a_floor,
	       who_changes_the_mtu_is_shown_with_it,
	       a_setting_holds_until_the_next_advertisement,
	       what_no_resolver_may_read_is_no_domain,
	       name_servers_and_domains_have_lifetimes)
