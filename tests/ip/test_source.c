#include <linux/in6.h>

#include "host6.h"

static struct host host;

static void set_up(void)
{
	struct pyt_route none = { .gateway = gateway6 };

	host6_init(&host, 1500);
	ip_address_remove(host.ip, ETH0, &own6, host.now_us);
	none.ifindex = ETH0;
	ip_route_remove(host.ip, &none);
	ck_assert_int_eq(
		ip_route_add(host.ip, &(struct pyt_route){ .ifindex = ETH0 }),
		0);
}

static void tear_down(void)
{
	host_clear(&host);
}

static struct pyt_ip ip(const char *text)
{
	struct pyt_ip parsed;

	ck_assert(pyt_ip_parse(text, &parsed));
	return parsed;
}

static void own(const char *address, int64_t preferred_us, bool temporary)
{
	struct ip_new_address new = { .ip = ip(address),
				      .prefix_len = 64,
				      .method = PYT_METHOD_SLAAC,
				      .preferred_until_us = preferred_us,
				      .valid_until_us = TIME_NEVER,
				      .temporary = temporary };

	ck_assert_int_eq(ip_address_put(host.ip, ETH0, &new, host.now_us), 0);
}

static const char *to_with(const char *dst, int wishes)
{
	static char text[PYT_IP_TEXT_MAX];
	struct pyt_ip to = ip(dst);
	struct ip_path path;

	ck_assert_int_eq(ip_route_preferring(host.ip, &to, NULL, 0, wishes,
					     host.now_us, &path),
			 0);
	return pyt_ip_format(&path.src, text);
}

static const char *to(const char *dst)
{
	return to_with(dst, 0);
}

#define LINK_LOCAL "fe80::ff:fe00:2"

/* RFC 6724, 10.1 */
START_TEST(the_smallest_scope_that_is_enough)
{
	own("2001:db8:3::1", TIME_NEVER, false);
	ck_assert_str_eq(to("2001:db8:1::1"), "2001:db8:3::1");
	ck_assert_str_eq(to("ff05::1"), "2001:db8:3::1");
	ck_assert_str_eq(to("ff02::5"), LINK_LOCAL);
	ck_assert_str_eq(to("fe80::99"), LINK_LOCAL);
}
END_TEST

START_TEST(a_deprecated_address_only_if_there_is_no_other)
{
	own("2001:db8:1::2", host.now_us, false);
	ck_assert_str_eq(to("2001:db8:1::1"), "2001:db8:1::2");
	own("2001:db8:3::2", TIME_NEVER, false);
	ck_assert_str_eq(to("2001:db8:1::1"), "2001:db8:3::2");
	/* of its own accord, when its time has come */
	own("2001:db8:1::2", host.now_us + SEC, false);
	ck_assert_str_eq(to("2001:db8:1::1"), "2001:db8:1::2");
	host.now_us += SEC;
	ck_assert_str_eq(to("2001:db8:1::1"), "2001:db8:3::2");
}
END_TEST

START_TEST(the_same_label)
{
	own("2002:c633:6401::d5e3", TIME_NEVER, false);
	own("2001:db8:1::2", TIME_NEVER, false);
	ck_assert_str_eq(to("2002:c633:6401::1"), "2002:c633:6401::d5e3");
	own("fd00:1::2", TIME_NEVER, false);
	ck_assert_str_eq(to("fd99::1"), "fd00:1::2");
	ck_assert_str_eq(to("2001:db8:7::1"), "2001:db8:1::2");
}
END_TEST

START_TEST(the_longest_match_within_the_sources_prefix)
{
	own("2001:db8:1::2", TIME_NEVER, false);
	own("2001:db8:3::2", TIME_NEVER, false);
	ck_assert_str_eq(to("2001:db8:1::1"), "2001:db8:1::2");
	ck_assert_str_eq(to("2001:db8:3::1"), "2001:db8:3::2");
	/* behind the prefix nothing counts: the first stays */
	own("2001:db8:3::ffff", TIME_NEVER, false);
	ck_assert_str_eq(to("2001:db8:3::fffe"), "2001:db8:3::2");
}
END_TEST

START_TEST(temporary_or_public_as_the_host_or_the_program_likes)
{
	own("2001:db8:1::2", TIME_NEVER, false);
	own("2001:db8:1::d5e3", TIME_NEVER, true);
	ck_assert_str_eq(to("2001:db8:1::1"), "2001:db8:1::2");
	ck_assert_str_eq(to_with("2001:db8:1::1", IPV6_PREFER_SRC_TMP),
			 "2001:db8:1::d5e3");
	ip_prefer_temporary(host.ip, ETH0, true);
	ck_assert_str_eq(to("2001:db8:1::1"), "2001:db8:1::d5e3");
	ck_assert_str_eq(to_with("2001:db8:1::1", IPV6_PREFER_SRC_PUBLIC),
			 "2001:db8:1::2");
}
END_TEST

START_TEST(an_address_that_is_still_probed_comes_after_those_that_are_not)
{
	own("2001:db8:3::2", TIME_NEVER, false);
	host6_set(&host, "net.ipv6.conf.all.accept_dad", "1");
	own("2001:db8:1::2", TIME_NEVER, false);
	ck_assert_str_eq(to("2001:db8:1::1"), "2001:db8:3::2");
	own("2001:db8:3::2", host.now_us,
	    false); /* but before deprecated ones */
	ck_assert_str_eq(to("2001:db8:1::1"), "2001:db8:1::2");
	own("2001:db8:3::2", TIME_NEVER, false);
	host_run_until(&host, host.now_us + 5 * SEC);
	ck_assert_str_eq(to("2001:db8:1::1"), "2001:db8:1::2");
}
END_TEST

START_TEST(other_interfaces_serve_if_this_one_has_nothing)
{
	struct pyt_iface_config config = { .name = "eth1",
					   .medium = PYT_MEDIUM_ETHERNET,
					   .mtu = 1500,
					   .mac = { 2, 0, 0, 0, 0, 3 } };
	struct pyt_ip there = ip("2001:db8:5::2");
	int ifindex = ip_iface_add(host.ip, &config, host.now_us);

	ck_assert_int_gt(ifindex, ETH0);
	ck_assert_int_eq(
		ip_address_add(host.ip, ifindex, &there, 64, host.now_us), 0);
	ck_assert_str_eq(to("2001:db8:1::1"), "2001:db8:5::2");
	own("2001:db8:1::2", TIME_NEVER, false);
	ck_assert_str_eq(to("2001:db8:1::1"), "2001:db8:1::2");
	ck_assert_str_eq(to("2001:db8:5::1"), "2001:db8:5::2");
}
END_TEST

UNIT_MAIN_WITH("source", set_up, tear_down, the_smallest_scope_that_is_enough,
	       a_deprecated_address_only_if_there_is_no_other, the_same_label,
	       the_longest_match_within_the_sources_prefix,
	       temporary_or_public_as_the_host_or_the_program_likes,
	       an_address_that_is_still_probed_comes_after_those_that_are_not,
	       other_interfaces_serve_if_this_one_has_nothing)
