#include "router.h"

#include <pyt/view.h>

static struct host host;

static void set_up(void)
{
	host_create(&host, 1);
}

static void tear_down(void)
{
	host_destroy(&host);
}

static bool asked(struct ip6_header *header, struct reader *message)
{
	return host_sent_icmp6(&host, ICMP6_ROUTER_SOLICITATION, header,
			       message);
}

/* Until the next question, at most; us that passed, or -1. */
static int64_t next_question(int64_t at_most_us)
{
	int64_t start_us = host.now_us, end_us = start_us + at_most_us;
	struct ip6_header header;
	struct reader message;

	while (pyt_next_deadline(host.stack) <= end_us) {
		if (pyt_next_deadline(host.stack) > host.now_us)
			host.now_us = pyt_next_deadline(host.stack);
		pyt_run_timers(host.stack, host.now_us);
		if (asked(&header, &message))
			return host.now_us - start_us;
	}
	host.now_us = end_us;
	return -1;
}

START_TEST(the_first_question_comes_at_once_and_tells_no_unproved_address)
{
	struct ip6_header header;
	struct reader message;
	struct nd_router_solicitation nd;
	struct pyt_ip all_routers = ip_of("ff02::2");
	uint8_t mac[6];

	host_start(&host, METHOD(SLAAC));
	host_run_until(&host, host.now_us);
	ck_assert(asked(&header, &message));
	ck_assert_uint_eq(header.hop_limit, 255);
	ck_assert(pyt_ip_equal(&header.dst, &all_routers));
	ck_assert(ip6_is_link_local(&header.src));
	ck_assert(nd_router_solicitation_parse(message, &nd));
	ck_assert(!nd_option_find_mac(nd.options, ND_OPTION_SOURCE_LINK, mac));

	/* the link-local address is known to be ours alone by now */
	ck_assert_int_gt(next_question(10 * SEC), 0);
	ck_assert_int_eq(host.sent[54], ICMP6_ROUTER_SOLICITATION);
	ck_assert_uint_eq(host.sent_len, 14 + 40 + 16);
	ck_assert_uint_eq(host.sent[22], 0xfe);
	ck_assert_mem_eq(host.sent + 14 + 40 + 10, host_mac, 6);
}
END_TEST

/* RFC 7559: each interval is the doubled last one, a tenth more or less. */
START_TEST(intervals_double_up_to_the_maximum_and_never_end)
{
	int64_t last_us, us;

	for (uint8_t seed = 1; seed < 20; seed++) {
		host_destroy(&host);
		host_create(&host, seed);
		host_start(&host, METHOD(SLAAC));
		ck_assert_int_eq(next_question(0), 0);
		last_us = next_question(5 * SEC);
		ck_assert_int_ge(last_us, 3600 * MS);
		ck_assert_int_le(last_us, 4400 * MS);
		for (int i = 0; i < 20; i++) {
			us = next_question(4000 * SEC);
			ck_assert_int_ge(us, 0);
			if (us < 3240 * SEC) {
				ck_assert_int_ge(us, last_us / 10 * 19 - 10);
				ck_assert_int_le(us, last_us / 10 * 21 + 10);
			} else {
				ck_assert_int_le(us, 3960 * SEC);
			}
			last_us = us;
		}
		ck_assert_int_ge(last_us, 3240 * SEC);
	}
}
END_TEST

START_TEST(intervals_and_their_number_are_sysctls)
{
	host_sysctl(&host, "net.ipv6.conf.all.router_solicitation_interval",
		    "1");
	host_sysctl(&host, "net.ipv6.conf.all.router_solicitation_max_interval",
		    "2");
	host_sysctl(&host, "net.ipv6.conf.all.router_solicitations", "4");
	host_start(&host, METHOD(SLAAC));
	ck_assert_int_eq(next_question(0), 0);
	for (int i = 1; i < 4; i++)
		ck_assert_int_le(next_question(10 * SEC), 2200 * MS);
	ck_assert_int_eq(next_question(10000 * SEC), -1);
}
END_TEST

START_TEST(the_first_question_may_be_delayed)
{
	int64_t us;

	host_sysctl(&host, "net.ipv6.conf.all.router_solicitation_delay", "1");
	host_start(&host, METHOD(SLAAC));
	us = next_question(SEC);
	ck_assert_int_gt(us, 0);
	ck_assert_int_lt(us, SEC);
}
END_TEST

/* RFC 7559, 2.1: one that offers no default route is no answer. */
START_TEST(a_default_router_ends_the_questions)
{
	struct router r = ra(1, 0, 0);

	host_start(&host, METHOD(SLAAC));
	ck_assert_int_eq(next_question(0), 0);
	ra_send(&host, &r);
	ck_assert_int_gt(next_question(5 * SEC), 0);
	r = ra(1, 1800, 0);
	ra_send(&host, &r);
	ck_assert_int_eq(next_question(1700 * SEC), -1);
}
END_TEST

START_TEST(without_a_router_nobody_waits_for_long)
{
	host_start(&host, METHOD(SLAAC));
	host_run_until(&host, host.now_us + 4 * SEC - 1);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET6),
			 PYT_CONFIGURED_PENDING);
	host_run_until(&host, host.now_us + 1);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET6),
			 PYT_CONFIGURED_FAILED);
	ck_assert(host_event(&host, PYT_EVENT_CONFIGURE_TIMEOUT));
}
END_TEST

START_TEST(a_wire_that_is_in_again_is_asked_at_once)
{
	struct ip6_header header;
	struct reader message;

	host_start(&host, METHOD(SLAAC));
	host_run_until(&host, host.now_us);
	ck_assert(asked(&header, &message));
	ck_assert(!asked(&header, &message));
	pyt_iface_replug(host.stack, ETH0, host.now_us);
	host_run_until(&host, host.now_us);
	ck_assert(asked(&header, &message));
}
END_TEST

UNIT_MAIN_WITH("solicit", set_up, tear_down,
	       a_wire_that_is_in_again_is_asked_at_once,
	       the_first_question_comes_at_once_and_tells_no_unproved_address,
	       intervals_double_up_to_the_maximum_and_never_end,
	       intervals_and_their_number_are_sysctls,
	       the_first_question_may_be_delayed,
	       a_default_router_ends_the_questions,
	       without_a_router_nobody_waits_for_long)
