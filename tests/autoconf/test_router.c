#include <stdio.h>

#include "router.h"

#include <pyt/view.h>

#include "ip/ip_internal.h"

#define FAR "2001:db8:9::1"
#define HIGH 0x08
#define LOW 0x18

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

static void advertise(uint8_t number, uint16_t lifetime, uint8_t preference)
{
	struct router r = ra(number, lifetime, preference);

	ra_mac(&r);
	ra_send(&host, &r);
}

static void set_neighbour(uint8_t number, enum neighbour_state state)
{
	struct pyt_ip ip = router_ip(number);
	struct neighbour *n =
		neighbour_find(host.stack->ip->neighbours,
			       ip_iface(host.stack->ip, ETH0), &ip);

	ck_assert_ptr_nonnull(n);
	n->state = state;
	n->is_dead = state == NEIGHBOUR_FAILED;
	n->updated_us = host.now_us;
}

START_TEST(the_preferred_router_is_taken)
{
	advertise(1, 1800, LOW);
	advertise(2, 1800, 0);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::2");
	advertise(3, 1800, HIGH);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::3");
	advertise(3, 1800, LOW); /* it has changed its mind */
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::2");
	advertise(2, 0, 0);
	advertise(3, 0, 0);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::1");
}
END_TEST

START_TEST(preference_can_be_ignored)
{
	const char *first;

	host_sysctl(&host, "net.ipv6.conf.all.accept_ra_rtr_pref", "0");
	advertise(1, 1800, LOW);
	advertise(2, 1800, LOW);
	first = next_hop(&host, FAR);
	ck_assert_str_eq(first, next_hop(&host, FAR));
	advertise(strcmp(first, "fe80::1") == 0 ? 2 : 1, 1800, HIGH);
	ck_assert_str_eq(first, next_hop(&host, FAR));
}
END_TEST

START_TEST(a_router_is_forgotten_after_its_lifetime)
{
	advertise(1, 100, HIGH);
	advertise(2, 200, 0);
	host_run_until(&host, host.now_us + 100 * SEC - 1);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::1");
	host_run_until(&host, host.now_us + 1);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::2");
	host_run_until(&host, host.now_us + 100 * SEC);
	ck_assert_ptr_null(next_hop(&host, FAR));
}
END_TEST

START_TEST(equal_routers_share_the_destinations)
{
	char dst[32], text[PYT_IP_TEXT_MAX];
	int by_first = 0;

	advertise(1, 1800, 0);
	advertise(2, 1800, 0);
	for (int i = 0; i < 100; i++) {
		snprintf(dst, sizeof(dst), "2001:db8:9::%x", i + 1);
		snprintf(text, sizeof(text), "%s", next_hop(&host, dst));
		ck_assert_str_eq(text, next_hop(&host, dst)); /* it stays */
		by_first += strcmp(text, "fe80::1") == 0;
	}
	ck_assert_int_gt(by_first, 20);
	ck_assert_int_lt(by_first, 80);
}
END_TEST

START_TEST(a_dead_router_gives_way_whatever_its_preference)
{
	advertise(1, 1800, HIGH);
	advertise(2, 1800, LOW);
	set_neighbour(1, NEIGHBOUR_FAILED);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::2");
	advertise(1, 1800, HIGH); /* it is back */
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::1");
}
END_TEST

START_TEST(when_all_are_dead_they_are_tried_in_turn)
{
	advertise(1, 1800, HIGH);
	advertise(2, 1800, LOW);
	set_neighbour(1, NEIGHBOUR_FAILED);
	host.now_us += SEC;
	set_neighbour(2, NEIGHBOUR_FAILED);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::1");
	host.now_us += SEC;
	set_neighbour(1, NEIGHBOUR_FAILED);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::2");
}
END_TEST

START_TEST(a_router_that_does_not_answer_is_found_dead_by_probing)
{
	struct pyt_ip dst = ip_of(FAR);
	struct packet_out *packet;
	struct ip_fields fields = { .protocol = IPPROTO_UDP };
	struct ip_path path;

	advertise(1, 1800, HIGH);
	advertise(2, 1800, 0);
	ck_assert_int_eq(
		ip_route(host.stack->ip, &dst, NULL, 0, host.now_us, &path), 0);
	packet = packet_create(&host.stack->engine, 8);
	ck_assert_int_eq(
		ip_send(host.stack->ip, &path, &fields, packet, host.now_us),
		0);
	host_run_until(&host, host.now_us + 20 * SEC);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::2");
}
END_TEST

START_TEST(a_more_specific_route_wins_while_its_router_lives)
{
	struct router r = ra(2, 0, 0);

	advertise(1, 1800, HIGH);
	ra_mac(&r);
	ra_route(&r, "2001:db8:9::", 48, 0, 100);
	ra_send(&host, &r);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::2");
	ck_assert_str_eq(next_hop(&host, "2001:db8:8::1"), "fe80::1");
	set_neighbour(2, NEIGHBOUR_FAILED);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::1");
	ra_send(&host, &r);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::2");
	host_run_until(&host, host.now_us + 100 * SEC);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::1");
}
END_TEST

START_TEST(routes_can_be_limited_by_their_length)
{
	struct router r = ra(2, 0, 0);

	host_sysctl(&host, "net.ipv6.conf.all.accept_ra_rt_info_min_plen",
		    "40");
	host_sysctl(&host, "net.ipv6.conf.all.accept_ra_rt_info_max_plen",
		    "48");
	ra_route(&r, "2001:db8:9::", 39, 0, 100);
	ra_route(&r, "2001:db8:9::", 49, 0, 100);
	ra_route(&r, "2001:db8:9::", 48, 0x10, 100); /* reserved preference */
	ra_send(&host, &r);
	ck_assert_ptr_null(next_hop(&host, FAR));
	r.len = 16;
	ra_route(&r, "2001:db8:9::", 48, 0, 100);
	ra_send(&host, &r);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::2");
}
END_TEST

START_TEST(min_lft_ignores_what_is_short_but_no_end)
{
	struct router r = ra(2, 0, 0);

	host_sysctl(&host, "net.ipv6.conf.all.accept_ra_min_lft", "180");
	ra_route(&r, "2001:db8:9::", 48, 0, 179);
	ra_send(&host, &r);
	advertise(1, 179, 0);
	ck_assert_ptr_null(next_hop(&host, FAR));
	advertise(1, 180, 0);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::1");
	advertise(1, 0, 0); /* it stops being a router */
	ck_assert_ptr_null(next_hop(&host, FAR));
}
END_TEST

START_TEST(routers_and_routes_are_bounded)
{
	struct router r = ra(1, 1800, 0);
	char prefix[32];
	int count = 0;
	struct pyt_route route;

	for (uint8_t i = 1; i <= SLAAC_ROUTERS_MAX + 3; i++)
		advertise(i, 1800, 0);
	for (int i = 0; i < SLAAC_ROUTES_MAX + 3; i++) {
		snprintf(prefix, sizeof(prefix), "2001:db8:%x::", 0x100 + i);
		ra_route(&r, prefix, 48, 0, 100);
	}
	ra_send(&host, &r);
	for (int i = 0; pyt_route_get(host.stack, i, &route) == 0; i++)
		count += !pyt_ip_is_unspecified(&route.gateway) &&
			 !pyt_ip_is_v4(&route.prefix);
	ck_assert_int_eq(count, SLAAC_ROUTERS_MAX + SLAAC_ROUTES_MAX);
	ck_assert_uint_eq(host_count(&host, COUNTER_AUTOCONF_FULL), 6);
}
END_TEST

/* RFC 4861, 7.3.3 */
START_TEST(a_router_that_becomes_a_host_is_dropped)
{
	uint8_t mac[6];

	advertise(1, 1800, 0);
	router_mac(1, mac);
	host_input_claim(&host, mac, router_ip(1));
	ck_assert_ptr_null(next_hop(&host, FAR));
}
END_TEST

/* --------------------------------------------- two uplinks: RFC 8028 */

static void advertise_prefix(uint8_t number, const char *prefix,
			     uint8_t preference)
{
	struct router r = ra(number, 1800, preference);

	ra_mac(&r);
	ra_prefix(&r, prefix, 64, 0xc0, 3600, 3600);
	ra_send(&host, &r);
}

START_TEST(packets_leave_by_the_router_that_gave_their_source)
{
	struct pyt_address_info a, b;

	advertise_prefix(1, "2001:db8:1::", 0);
	advertise_prefix(2, "2001:db8:2::", 0);
	ck_assert(host_address_in(&host, "2001:db8:1::", 0, &a));
	ck_assert(host_address_in(&host, "2001:db8:2::", 0, &b));
	ck_assert_str_eq(next_hop_from(&host, FAR, &a.ip), "fe80::1");
	ck_assert_str_eq(next_hop_from(&host, FAR, &b.ip), "fe80::2");
	/* better by the wrong router than not at all */
	set_neighbour(1, NEIGHBOUR_FAILED);
	ck_assert_str_eq(next_hop_from(&host, FAR, &a.ip), "fe80::2");
}
END_TEST

START_TEST(the_source_is_of_the_chosen_routers_prefix)
{
	advertise_prefix(1, "2001:db8:1::", 0);
	advertise_prefix(2, "2001:db8:2::", HIGH);
	ck_assert_int_eq(
		strncmp(source_to(&host, "2001:db8:1:1::1"), "2001:db8:2:", 11),
		0);
	advertise_prefix(1, "2001:db8:1::", HIGH);
	advertise_prefix(2, "2001:db8:2::", LOW);
	ck_assert_int_eq(strncmp(source_to(&host, FAR), "2001:db8:1:", 11), 0);
}
END_TEST

START_TEST(a_route_of_a_router_without_the_sources_prefix_is_irrelevant)
{
	struct pyt_route own = { .prefix = ip_of("2001:db8:7::"),
				 .prefix_len = 48,
				 .gateway = router_ip(2),
				 .ifindex = ETH0 };
	struct router r = ra(2, 0, 0);
	struct pyt_address_info a;

	advertise_prefix(1, "2001:db8:1::", 0);
	ra_mac(&r);
	ra_route(&r, "2001:db8:9::", 48, 0, 1800);
	ra_send(&host, &r);
	ck_assert(host_address_in(&host, "2001:db8:1::", 0, &a));
	ck_assert_str_eq(next_hop_from(&host, FAR, &a.ip), "fe80::1");
	/* also where the source is still to be chosen */
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::1");
	/* but what the administrator says holds */
	ck_assert_int_eq(pyt_route_add(host.stack, &own), 0);
	ck_assert_str_eq(next_hop_from(&host, "2001:db8:7::1", &a.ip),
			 "fe80::2");
}
END_TEST

/* The other router's prefix has become deprecated: rule 3. */
START_TEST(the_chosen_source_decides_which_router_is_taken)
{
	struct router r = ra(2, 1800, HIGH);

	advertise_prefix(1, "2001:db8:1::", 0);
	ra_mac(&r);
	ra_prefix(&r, "2001:db8:2::", 64, 0xc0, 3600, 0);
	ra_send(&host, &r);
	ck_assert_int_eq(strncmp(source_to(&host, FAR), "2001:db8:1:", 11), 0);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::1");
}
END_TEST

START_TEST(a_redirect_is_for_the_source_that_it_was_about)
{
	struct pyt_address_info a, b;
	struct ip_redirect told = { .iface = ip_iface(host.stack->ip, ETH0),
				    .router = router_ip(1),
				    .dst = ip_of(FAR),
				    .gateway = router_ip(3) };

	advertise_prefix(1, "2001:db8:1::", 0);
	advertise_prefix(1, "2001:db8:2::", 0);
	ck_assert(host_address_in(&host, "2001:db8:1::", 0, &a));
	ck_assert(host_address_in(&host, "2001:db8:2::", 0, &b));
	told.src = a.ip;
	ck_assert_int_eq(ip_redirect(host.stack->ip, &told, host.now_us), 0);
	ck_assert_str_eq(next_hop_from(&host, FAR, &a.ip), "fe80::3");
	ck_assert_str_eq(next_hop_from(&host, FAR, &b.ip), "fe80::1");
	/* that the destination is on the link is so for everybody */
	told.router = router_ip(3);
	told.gateway = told.dst;
	ck_assert_int_eq(ip_redirect(host.stack->ip, &told, host.now_us), 0);
	ck_assert_str_eq(next_hop_from(&host, FAR, &a.ip), FAR);
	ck_assert_str_eq(next_hop_from(&host, FAR, &b.ip), FAR);
}
END_TEST

START_TEST(a_redirect_goes_with_the_router_that_told_it)
{
	struct ip_redirect told = { .iface = ip_iface(host.stack->ip, ETH0),
				    .router = router_ip(1),
				    .dst = ip_of(FAR),
				    .gateway = router_ip(3) };
	struct pyt_address_info a;

	advertise_prefix(1, "2001:db8:1::", 0);
	ck_assert(host_address_in(&host, "2001:db8:1::", 0, &a));
	told.src = a.ip;
	ck_assert_int_eq(ip_redirect(host.stack->ip, &told, host.now_us), 0);
	ck_assert_str_eq(next_hop_from(&host, FAR, &a.ip), "fe80::3");
	/* the better router says: better by yet another one */
	told.router = router_ip(3);
	told.gateway = router_ip(4);
	ck_assert_int_eq(ip_redirect(host.stack->ip, &told, host.now_us), 0);
	ck_assert_str_eq(next_hop_from(&host, FAR, &a.ip), "fe80::4");
	advertise(1, 0, 0);
	advertise(2, 1800, 0);
	ck_assert_str_eq(next_hop_from(&host, FAR, &a.ip), "fe80::2");
}
END_TEST

#define ETH1 (ETH0 + 1)

static void start_eth1(void)
{
	struct pyt_iface_config eth1 = { .name = "eth1",
					 .medium = PYT_MEDIUM_ETHERNET,
					 .mtu = 1500,
					 .mac = { 2, 0, 0, 0, 0, 3 } };
	struct pyt_autoconf_config config = { .methods = METHOD(SLAAC) };

	ck_assert_int_eq(pyt_iface_add(host.stack, &eth1, host.now_us), ETH1);
	ck_assert_int_eq(
		pyt_autoconf_start(host.stack, ETH1, &config, host.now_us), 0);
}

static void advertise_on_eth1(uint8_t number, uint32_t lifetime)
{
	struct nd_route route = { .lifetime = lifetime };
	struct pyt_ip router = router_ip(number);

	slaac_route_put(host.stack->autoconf->link[ETH1 - 1], &router, &route,
			host.now_us);
}

START_TEST(each_link_has_its_own_metric_for_routers)
{
	char dst[32];

	start_eth1();
	host_sysctl(&host, "net.ipv6.conf.eth1.ra_defrtr_metric", "512");
	advertise(1, 1800, 0);
	advertise_on_eth1(2, 1800);
	for (int i = 0; i < 100; i++) {
		snprintf(dst, sizeof(dst), "2001:db8:9::%x", i + 1);
		ck_assert_str_eq(next_hop(&host, dst), "fe80::2");
	}
	ck_assert_int_eq(pyt_iface_set_up(host.stack, ETH1, false, host.now_us),
			 0);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::1");
}
END_TEST

/* Set of the links that a router gave a way out. */
static unsigned advertised_on(void)
{
	struct pyt_route route;
	unsigned links = 0;

	for (int i = 0; pyt_route_get(host.stack, i, &route) == 0; i++)
		if (route.advertised)
			links |= 1u << route.ifindex;
	return links;
}

/* Link-local addresses mean nothing on another link: RFC 4007, 6. */
START_TEST(two_routers_of_one_address_are_two_on_two_links)
{
	start_eth1();
	advertise(1, 1800, 0);
	advertise_on_eth1(1, 1800);
	ck_assert_uint_eq(advertised_on(), 1u << ETH0 | 1u << ETH1);
	advertise_on_eth1(1, 1700);
	advertise_on_eth1(1, 0);
	ck_assert_uint_eq(advertised_on(), 1u << ETH0);
	advertise_on_eth1(1, 1800);
	advertise(1, 0, 0);
	ck_assert_uint_eq(advertised_on(), 1u << ETH1);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::1");
}
END_TEST

START_TEST(a_metric_that_changes_is_taken_with_the_next_advertisement)
{
	struct pyt_route route;
	int count = 0;

	advertise(1, 1800, 0);
	host_sysctl(&host, "net.ipv6.conf.eth0.ra_defrtr_metric", "512");
	advertise(1, 1800, 0);
	for (int i = 0; pyt_route_get(host.stack, i, &route) == 0; i++) {
		if (!route.advertised)
			continue;
		ck_assert_uint_eq(route.metric, 512);
		count++;
	}
	ck_assert_int_eq(count, 1);
	host_sysctl(&host, "net.ipv6.conf.eth0.ra_defrtr_metric", "1024");
	advertise(1, 0, 0);
	ck_assert_ptr_null(next_hop(&host, FAR));
}
END_TEST

START_TEST(what_the_administrator_gave_again_stays_when_the_router_goes)
{
	struct pyt_route route;
	int i = 0;

	advertise(1, 1800, 0);
	do
		ck_assert_int_eq(pyt_route_get(host.stack, i++, &route), 0);
	while (!route.advertised);
	ck_assert_int_eq(pyt_route_remove(host.stack, &route), 0);
	route.advertised = false;
	route.owners = 0;
	route.until_us = 0;
	ck_assert_int_eq(pyt_route_add(host.stack, &route), 0);
	advertise(1, 1800, 0);
	advertise(1, 0, 0);
	ck_assert_str_eq(next_hop(&host, FAR), "fe80::1");
	ck_assert_int_eq(pyt_route_remove(host.stack, &route), 0);
	ck_assert_ptr_null(next_hop(&host, FAR));
}
END_TEST

UNIT_MAIN_WITH("router", set_up, tear_down, the_preferred_router_is_taken,
	       preference_can_be_ignored,
	       a_router_is_forgotten_after_its_lifetime,
	       equal_routers_share_the_destinations,
	       a_dead_router_gives_way_whatever_its_preference,
	       when_all_are_dead_they_are_tried_in_turn,
	       a_router_that_does_not_answer_is_found_dead_by_probing,
	       a_more_specific_route_wins_while_its_router_lives,
	       routes_can_be_limited_by_their_length,
	       min_lft_ignores_what_is_short_but_no_end,
	       routers_and_routes_are_bounded,
	       a_router_that_becomes_a_host_is_dropped,
	       packets_leave_by_the_router_that_gave_their_source,
	       the_source_is_of_the_chosen_routers_prefix,
	       a_route_of_a_router_without_the_sources_prefix_is_irrelevant,
	       the_chosen_source_decides_which_router_is_taken,
	       a_redirect_is_for_the_source_that_it_was_about,
	       a_redirect_goes_with_the_router_that_told_it,
	       each_link_has_its_own_metric_for_routers,
	       two_routers_of_one_address_are_two_on_two_links,
	       a_metric_that_changes_is_taken_with_the_next_advertisement,
	       what_the_administrator_gave_again_stays_when_the_router_goes)
