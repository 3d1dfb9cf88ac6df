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

static struct pyt_label row(const char *prefix, unsigned len, uint32_t label)
{
	return (struct pyt_label){ ip(prefix), len, 0, label };
}

START_TEST(the_labels_are_linuxs_and_can_be_changed)
{
	static const uint32_t wanted[] = { 0, 3, 4, 6, 7, 12, 2, 11, 5, 1 };
	struct pyt_label found, new = row("2001:db8:3::", 48, 99);

	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(ip_label_get(host.ip, i, &found), 0);
		ck_assert_uint_eq(found.label, wanted[i]);
	}
	ck_assert_int_eq(ip_label_get(host.ip, 10, &found), -ENOENT);

	own("2001:db8:1::2", TIME_NEVER, false);
	own("2001:db8:3::2", TIME_NEVER, false);
	ck_assert_str_eq(to("2001:db8:5::1"), "2001:db8:1::2");
	ck_assert_int_eq(ip_label_add(host.ip, &new, false), 0);
	new = row("2001:db8:5::", 48, 99);
	ck_assert_int_eq(ip_label_add(host.ip, &new, false), 0);
	ck_assert_int_eq(ip_label_add(host.ip, &new, false), -EEXIST);
	ck_assert_str_eq(to("2001:db8:5::1"), "2001:db8:3::2");
	ck_assert_int_eq(ip_label_remove(host.ip, &new), 0);
	ck_assert_int_eq(ip_label_remove(host.ip, &new), -ENOENT);
	ck_assert_str_eq(to("2001:db8:5::1"), "2001:db8:1::2");
}
END_TEST

START_TEST(a_label_of_an_interface_goes_before_one_of_all)
{
	struct pyt_ip address = ip("2001:db8::1");
	struct pyt_label found, any = row("2001:db8::", 32, 70), one = any;

	one.ifindex = ETH0;
	one.label = 71;
	ck_assert_int_eq(ip_label_add(host.ip, &one, false), 0);
	ck_assert_int_eq(ip_label_add(host.ip, &any, false), 0);
	ck_assert_int_eq(ip_label_find(host.ip, &address, ETH0, &found), 0);
	ck_assert_uint_eq(found.label, 71);
	ck_assert_int_eq(ip_label_find(host.ip, &address, 0, &found), 0);
	ck_assert_uint_eq(found.label, 70);
	one.ifindex = 77;
	ck_assert_int_eq(ip_label_add(host.ip, &one, false), -EINVAL);
	one = row("::", 129, 1);
	ck_assert_int_eq(ip_label_add(host.ip, &one, false), -EINVAL);
	one = row("2001:db8:9::", 48, UINT32_MAX);
	ck_assert_int_eq(ip_label_add(host.ip, &one, false), -EINVAL);
}
END_TEST

START_TEST(labels_up_to_the_bound)
{
	struct pyt_label label = row("2001:db8::", 64, 7);
	int i;

	for (i = 10; i < PYT_LABELS_MAX; i++) {
		label.prefix.bytes[7] = (uint8_t)i;
		ck_assert_int_eq(ip_label_add(host.ip, &label, false), 0);
	}
	label.prefix.bytes[7] = (uint8_t)i;
	ck_assert_int_eq(ip_label_add(host.ip, &label, false), -ENOSPC);
	label.prefix.bytes[7]--;
	ck_assert_int_eq(ip_label_add(host.ip, &label, true), 0);
}
END_TEST

static int rule_to(const char *dst)
{
	struct pyt_ip to = ip(dst);
	struct ip_path path;

	ck_assert_int_eq(ip_route(host.ip, &to, NULL, 0, host.now_us, &path),
			 0);
	return ip_source_rule(host.ip, &path, host.now_us);
}

START_TEST(the_rule_that_decided_is_told)
{
	ck_assert_int_eq(rule_to("ff02::1"), 0); /* there is one address */
	own("2001:db8:3::2", TIME_NEVER, false);
	ck_assert_int_eq(rule_to("2001:db8:1::1"), 2);
	own("2001:db8:1::2", host.now_us, false);
	ck_assert_int_eq(rule_to("2001:db8:1::1"), 3);
	own("fd00:1::2", TIME_NEVER, false);
	ck_assert_int_eq(rule_to("fd99::1"), 6);
	own("2001:db8:1::2", TIME_NEVER, false);
	ck_assert_int_eq(rule_to("2001:db8:1::1"), 8);
	ck_assert_int_eq(rule_to("10.0.0.1"), 0);
}
END_TEST

static struct pyt_address_info home(const char *address, unsigned flags)
{
	return (struct pyt_address_info){ .ifindex = ETH0,
					  .ip = ip(address),
					  .prefix_len = 64,
					  .preferred_until_us = TIME_NEVER,
					  .valid_until_us = TIME_NEVER,
					  .flags = flags };
}

START_TEST(a_home_address_unless_the_program_wants_the_other)
{
	struct pyt_address_info info = home("2001:db8:3::2", PYT_ADDRESS_HOME);

	own("2001:db8:1::2", TIME_NEVER, false);
	ck_assert_int_eq(ip_address_set(host.ip, &info, host.now_us), 0);
	ck_assert_str_eq(to("2001:db8:1::1"), "2001:db8:3::2");
	ck_assert_int_eq(rule_to("2001:db8:1::1"), 4);
	ck_assert_str_eq(to_with("2001:db8:1::1", IPV6_PREFER_SRC_COA),
			 "2001:db8:1::2");
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
	       the_labels_are_linuxs_and_can_be_changed,
	       a_label_of_an_interface_goes_before_one_of_all,
	       labels_up_to_the_bound, the_rule_that_decided_is_told,
	       a_home_address_unless_the_program_wants_the_other,
	       the_longest_match_within_the_sources_prefix,
	       temporary_or_public_as_the_host_or_the_program_likes,
	       an_address_that_is_still_probed_comes_after_those_that_are_not,
	       other_interfaces_serve_if_this_one_has_nothing)
