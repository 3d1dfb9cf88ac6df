/* What ip-address(8) says of an address: how long, and with what. */
#include "host6.h"

static struct host host;
static struct pyt_address_info info;

static void set_up(void)
{
	host6_init(&host, 1500);
	info = (struct pyt_address_info){
		.ifindex = ETH0,
		.ip = pyt_ip_from_v4(0x0a630002), /* 10.99.0.2 */
		.prefix_len = 24,
		.preferred_until_us = TIME_NEVER,
		.valid_until_us = TIME_NEVER,
	};
}

static void tear_down(void)
{
	host_clear(&host);
}

static int set(void)
{
	return ip_address_set(host.ip, &info, host.now_us);
}

static bool is_there(void)
{
	return iface_address_find(host.eth0, &info.ip);
}

/* Metric of the route that leads to its subnet, -1 if none but the default. */
static int64_t metric(void)
{
	struct pyt_ip there = info.ip;
	struct pyt_route route;

	there.bytes[15] = 99;
	ck_assert_int_eq(ip_route_find(host.ip, &there, 0, &route), 0);
	return route.prefix_len ? (int64_t)route.metric : -1;
}

START_TEST(it_goes_when_its_time_is_over)
{
	info.valid_until_us = host.now_us + 10 * SEC;
	info.preferred_until_us = host.now_us + 5 * SEC;
	ck_assert_int_eq(set(), 0);
	ck_assert_int_le(ip_next_deadline(host.ip), info.valid_until_us);
	host_run_until(&host, info.valid_until_us - 1);
	ck_assert(is_there());
	ck_assert_int_eq(metric(), 0);
	host_run_until(&host, info.valid_until_us);
	ck_assert(!is_there());
	ck_assert_int_eq(metric(), -1);
}
END_TEST

START_TEST(its_time_can_be_changed)
{
	info.valid_until_us = host.now_us + 10 * SEC;
	info.preferred_until_us = host.now_us;
	ck_assert_int_eq(set(), 0);
	info.valid_until_us = TIME_NEVER;
	ck_assert_int_eq(set(), 0);
	host_run_until(&host, host.now_us + 60 * SEC);
	ck_assert(is_there());
	info.prefix_len = 25;
	ck_assert_int_eq(set(), -EEXIST);
}
END_TEST

START_TEST(no_time_that_is_none)
{
	info.valid_until_us = host.now_us;
	info.preferred_until_us = host.now_us;
	ck_assert_int_eq(set(), -EINVAL);
	info.valid_until_us = host.now_us + 1;
	info.preferred_until_us = host.now_us + 2;
	ck_assert_int_eq(set(), -EINVAL);
	info.preferred_until_us = host.now_us + 1;
	ck_assert_int_eq(set(), 0);
	info.ifindex = 99;
	ck_assert_int_eq(set(), -ENODEV);
}
END_TEST

START_TEST(with_and_without_a_route_and_its_metric)
{
	info.flags = PYT_ADDRESS_NO_ROUTE;
	ck_assert_int_eq(set(), 0);
	ck_assert_int_eq(metric(), -1);
	info.flags = 0;
	info.metric = 7;
	ck_assert_int_eq(set(), 0);
	ck_assert_int_eq(metric(), 7);
	info.metric = 8;
	ck_assert_int_eq(set(), 0);
	ck_assert_int_eq(metric(), 8);
	ck_assert_int_eq(
		ip_address_remove(host.ip, ETH0, &info.ip, host.now_us), 0);
	ck_assert_int_eq(metric(), -1);
}
END_TEST

START_TEST(of_ip6_its_subnet_yields_to_a_lower_metric)
{
	struct pyt_route route = { .prefix_len = 64 };

	pyt_ip_parse("2001:db8::2", &info.ip);
	pyt_ip_parse("2001:db8::", &route.prefix);
	pyt_ip_parse("fe80::1", &route.gateway);
	info.prefix_len = 64;
	route.ifindex = ETH0;
	ck_assert_int_eq(set(), 0);
	ck_assert_int_eq(metric(), 256);
	ck_assert_int_eq(ip_route_add(host.ip, &route), 0);
	ck_assert_int_eq(metric(), 256);
	ck_assert_int_eq(ip_route_add(host.ip, &route), -EEXIST);
	route.metric = 10;
	ck_assert_int_eq(ip_route_add(host.ip, &route), 0);
	ck_assert_int_eq(metric(), 10);
	route.metric = 0; /* whichever is first */
	ck_assert_int_eq(ip_route_remove(host.ip, &route), 0);
	ck_assert_int_eq(metric(), 256);
}
END_TEST

/* Of who sends there from nowhere in particular. */
static struct pyt_ip source_to(const struct pyt_ip *dst)
{
	struct ip_path path;

	ck_assert_int_eq(ip_route(host.ip, dst, NULL, 0, host.now_us, &path),
			 0);
	return path.src;
}

START_TEST(a_route_may_say_from_where)
{
	struct pyt_route route = { .prefix = pyt_ip_from_v4(0xcb007100),
				   .prefix_len = 24,
				   .gateway = pyt_ip_from_v4(GATEWAY_IP) };
	struct pyt_ip src;

	route.src = info.ip;
	ck_assert_int_eq(ip_route_add(host.ip, &route), -EINVAL);
	ck_assert_int_eq(set(), 0);
	ck_assert_int_eq(ip_route_add(host.ip, &route), 0);
	src = source_to(&route.prefix);
	ck_assert(pyt_ip_equal(&src, &info.ip));
	/* without its source it cannot stay */
	ck_assert_int_eq(
		ip_address_remove(host.ip, ETH0, &info.ip, host.now_us), 0);
	ck_assert_int_eq(ip_route_remove(host.ip, &route), -ESRCH);
}
END_TEST

START_TEST(of_ip6_a_route_outlives_its_source)
{
	struct pyt_route route = { .prefix_len = 48, .ifindex = ETH0 };
	struct pyt_ip src;

	pyt_ip_parse("2001:db8:9::", &route.prefix);
	pyt_ip_parse("2001:db8::2", &info.ip);
	info.prefix_len = 128;
	info.flags = PYT_ADDRESS_NO_DAD;
	ck_assert_int_eq(set(), 0);
	route.src = info.ip;
	route.gateway = gateway6;
	ck_assert_int_eq(ip_route_add(host.ip, &route), 0);
	src = source_to(&route.prefix);
	ck_assert(pyt_ip_equal(&src, &info.ip));
	ck_assert_int_eq(
		ip_address_remove(host.ip, ETH0, &info.ip, host.now_us), 0);
	src = source_to(&route.prefix);
	ck_assert(!pyt_ip_equal(&src, &info.ip));
	ck_assert_int_eq(ip_route_remove(host.ip, &route), 0);
}
END_TEST

START_TEST(its_route_stays_while_another_address_needs_it)
{
	struct pyt_ip first = info.ip;

	ck_assert_int_eq(set(), 0);
	info.ip.bytes[15] = 3;
	ck_assert_int_eq(set(), 0);
	info.flags = PYT_ADDRESS_NO_ROUTE;
	ck_assert_int_eq(set(), 0);
	ck_assert_int_eq(metric(), 0);
	info.ip = first;
	ck_assert_int_eq(set(), 0);
	ck_assert_int_eq(metric(), -1);
}
END_TEST

START_TEST(nobody_is_asked_about_it_if_it_says_so)
{
	const struct iface_address *own;

	host6_set(&host, "net.ipv6.conf.all.accept_dad", "1");
	info.ip = far6;
	info.prefix_len = 64;
	info.flags = PYT_ADDRESS_NO_DAD;
	ck_assert_int_eq(set(), 0);
	own = iface_address_find(host.eth0, &info.ip);
	ck_assert_int_eq(own->state, IFACE_ADDRESS_VALID);
	info.ip.bytes[15] = 7;
	info.flags = 0;
	ck_assert_int_eq(set(), 0);
	own = iface_address_find(host.eth0, &info.ip);
	ck_assert_int_eq(own->state, IFACE_ADDRESS_TENTATIVE);
}
END_TEST

START_TEST(what_was_said_is_shown)
{
	struct pyt_address_info shown;
	int i = 0;

	memcpy(info.label, "eth0:1", sizeof("eth0:1"));
	info.flags = PYT_ADDRESS_NO_BROADCAST | PYT_ADDRESS_HOME;
	info.metric = 5;
	ck_assert_int_eq(set(), 0);
	do
		ck_assert_int_eq(ip_address_get(host.ip, i++, &shown), 0);
	while (!pyt_ip_equal(&shown.ip, &info.ip));
	ck_assert_str_eq(shown.label, "eth0:1");
	ck_assert_uint_eq(shown.flags, info.flags);
	ck_assert_uint_eq(shown.metric, 5);
}
END_TEST

/* As long as programs have it for an anycast address, it is theirs. */
START_TEST(an_anycast_address_is_not_changed)
{
	info.ip = own6;
	info.ip.bytes[15] = 77;
	info.prefix_len = 128;
	ck_assert_int_eq(ip_anycast_join(host.ip, ETH0, &info.ip, host.now_us),
			 ETH0);
	info.preferred_until_us = info.valid_until_us = host.now_us + SEC;
	ck_assert_int_eq(set(), -EEXIST);
	host_run_until(&host, host.now_us + 2 * SEC);
	ck_assert(is_there());
}
END_TEST

UNIT_MAIN_WITH("address_set", set_up, tear_down, it_goes_when_its_time_is_over,
	       its_time_can_be_changed, no_time_that_is_none,
	       with_and_without_a_route_and_its_metric,
	       of_ip6_its_subnet_yields_to_a_lower_metric,
	       a_route_may_say_from_where, of_ip6_a_route_outlives_its_source,
	       its_route_stays_while_another_address_needs_it,
	       nobody_is_asked_about_it_if_it_says_so, what_was_said_is_shown,
	       an_anycast_address_is_not_changed)
