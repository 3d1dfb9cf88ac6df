/* When messages are sent again: RFC 8415, 7.6 and 15, each with its bounds. */
#include "dhcp6_server.h"

/* IRT, MRT (0: none) of a message; whether RAND may make the first shorter. */
struct times {
	enum dhcp6_type type;
	int64_t first_us, max_us;
	bool only_more;
};

static void within(int64_t us, int64_t wanted_us, int64_t jitter_us)
{
	ck_assert_int_ge(us, wanted_us - jitter_us);
	ck_assert_int_le(us, wanted_us + jitter_us);
}

/*
 * Follows the message that was just sent until another one comes, count of
 * them at most; the last interval may be cut. Intervals that were seen.
 */
static int follow(const struct times *times, int count, int64_t longest_us,
		  struct sent *sent)
{
	int64_t last_us = 0, us, began_us = host.now_us;
	int seen = 0;

	while (seen < count && (us = next_message(longest_us, sent)) > 0 &&
	       sent->type == times->type) {
		int64_t elapsed = (host.now_us - began_us) / 10000;

		ck_assert_uint_eq(sent->elapsed,
				  elapsed > UINT16_MAX ? UINT16_MAX : elapsed);
		if (seen == 0 && times->only_more) {
			ck_assert_int_gt(us, times->first_us);
			ck_assert_int_le(us, times->first_us * 11 / 10);
		} else if (seen == 0) {
			within(us, times->first_us, times->first_us / 10);
		} else if (!times->max_us ||
			   2 * last_us + last_us / 10 < times->max_us) {
			within(us, 2 * last_us, last_us / 10);
		} else {
			ck_assert_int_ge(us,
					 (2 * last_us - last_us / 10 <
							  times->max_us * 9 / 10
						  ? 2 * last_us - last_us / 10
						  : times->max_us * 9 / 10));
			ck_assert_int_le(us, times->max_us * 11 / 10);
		}
		last_us = us;
		seen++;
	}
	return seen;
}

static void offered(struct sent *sent)
{
	advertise(M);
	client_says(sent, DHCP6_SOLICIT);
	answer((struct answer){ DHCP6_ADVERTISE, sent->transaction, .ip = IP,
				.status = -1, .preference = 255 });
	client_says(sent, DHCP6_REQUEST);
}

START_TEST(solicit_1_s_up_to_an_hour)
{
	static const struct times sol = { DHCP6_SOLICIT, SEC, 3600 * SEC,
					  true };
	struct sent sent;

	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	ck_assert_int_eq(follow(&sol, 20, 4000 * SEC, &sent), 20);
}
END_TEST

/* RFC 8415, 15: a tenth more as often as a tenth less, of long times too. */
START_TEST(a_long_wait_is_longer_as_often_as_shorter)
{
	static const struct times sol = { DHCP6_SOLICIT, SEC, 40000 * SEC,
					  true };
	struct sent sent;
	int longer = 0;

	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	answer((struct answer){ DHCP6_ADVERTISE, sent.transaction,
				.status = 2, /* no addresses */
				.solicit_max = 40000 });
	ck_assert_int_eq(follow(&sol, 18, 44000 * SEC, &sent), 18);
	for (int i = 0; i < 20; i++)
		longer += next_message(44000 * SEC, &sent) > 40000 * SEC;
	ck_assert_int_gt(longer, 4);
	ck_assert_int_lt(longer, 16);
}
END_TEST

START_TEST(request_1_s_up_to_30_s_ten_times)
{
	static const struct times req = { DHCP6_REQUEST, SEC, 30 * SEC, false };
	struct sent sent;

	offered(&sent);
	ck_assert_int_eq(follow(&req, 20, 40 * SEC, &sent), 9);
	ck_assert_uint_eq(sent.type, DHCP6_SOLICIT);
}
END_TEST

START_TEST(renew_10_s_up_to_600_s_until_t2)
{
	static const struct times ren = { DHCP6_RENEW, 10 * SEC, 600 * SEC,
					  false };
	struct sent sent;
	int64_t start_us;

	bind_quickly(100000, 200000, 10000, 18000);
	start_us = host.now_us;
	ck_assert_int_eq(next_message(20000 * SEC, &sent), 10000 * SEC);
	ck_assert_int_gt(follow(&ren, 100, 700 * SEC, &sent), 15);
	ck_assert_uint_eq(sent.type, DHCP6_REBIND);
	ck_assert_int_eq(host.now_us, start_us + 18000 * SEC);
}
END_TEST

START_TEST(rebind_10_s_up_to_600_s_until_the_end)
{
	static const struct times reb = { DHCP6_REBIND, 10 * SEC, 600 * SEC,
					  false };
	struct sent sent;
	int64_t start_us;

	bind_quickly(10000, 10000, 10, 20);
	start_us = host.now_us;
	ck_assert_int_eq(next_message(20000 * SEC, &sent), 10 * SEC);
	ck_assert_int_gt(next_message(20 * SEC, &sent), 0);
	while (sent.type == DHCP6_RENEW)
		ck_assert_int_gt(next_message(20 * SEC, &sent), 0);
	ck_assert_int_eq(host.now_us, start_us + 20 * SEC);
	ck_assert_int_gt(follow(&reb, 100, 700 * SEC, &sent), 15);
	ck_assert_uint_eq(sent.type, DHCP6_SOLICIT);
	ck_assert_int_eq(host.now_us, start_us + 10000 * SEC);
}
END_TEST

START_TEST(information_request_1_s_up_to_an_hour)
{
	static const struct times inf = { DHCP6_INFORMATION_REQUEST, SEC,
					  3600 * SEC, false };
	struct sent sent;

	advertise(O);
	client_says(&sent, DHCP6_INFORMATION_REQUEST);
	ck_assert_int_eq(follow(&inf, 20, 4000 * SEC, &sent), 20);
}
END_TEST

START_TEST(decline_1_s_doubled_four_times)
{
	static const struct times dec = { DHCP6_DECLINE, SEC, 0, false };
	struct sent sent;

	bind_quickly(1000, 2000, 0, 0);
	host_input_claim(&host, peer_mac, ip_of(IP));
	ck_assert(host_event(&host, PYT_EVENT_ADDRESS_CONFLICT));
	host_event(&host, PYT_EVENT_SOCKET);
	client_says(&sent, DHCP6_DECLINE);
	ck_assert_int_eq(follow(&dec, 20, 30 * SEC, &sent), 3);
	ck_assert_uint_eq(sent.type, DHCP6_SOLICIT);
}
END_TEST

START_TEST(a_release_is_sent_once)
{
	struct sent sent;

	bind_quickly(100, 200, 0, 0);
	pyt_autoconf_stop(host.stack, ETH0, true, host.now_us);
	client_says(&sent, DHCP6_RELEASE);
	ck_assert_int_eq(next_message(100 * SEC, &sent), -1);
}
END_TEST

/* What a program waits for: RFC 8415 knows no end of asking. */
START_TEST(names_are_awaited_for_two_messages)
{
	struct sent sent;

	ck_assert(!pyt_name_server_is_awaited(host.stack));
	advertise(O);
	client_says(&sent, DHCP6_INFORMATION_REQUEST);
	ck_assert(pyt_name_server_is_awaited(host.stack));
	next_message(2 * SEC, &sent);
	ck_assert(pyt_name_server_is_awaited(host.stack));
	next_message(3 * SEC, &sent);
	ck_assert(!pyt_name_server_is_awaited(host.stack));
	answer((struct answer){ DHCP6_REPLY, sent.transaction, .status = -1 });
	ck_assert(!pyt_name_server_is_awaited(host.stack));
}
END_TEST

START_TEST(who_was_waited_for_in_vain_is_told)
{
	advertise(M);
	host_run_until(&host, host.now_us + 11 * SEC);
	ck_assert(host_event(&host, PYT_EVENT_CONFIGURE_TIMEOUT));
	ck_assert_int_eq(host.event.family, AF_INET6);
	ck_assert_int_eq(host.event.method, PYT_METHOD_DHCP6);
	tear_down();
	set_up();
	host_run_until(&host, host.now_us + 11 * SEC);
	ck_assert(host_event(&host, PYT_EVENT_CONFIGURE_TIMEOUT));
	ck_assert_int_eq(host.event.method, PYT_METHOD_SLAAC);
}
END_TEST

static void advertise_prefix(const char *prefix, uint32_t preferred)
{
	struct router r = ra(1, 1800, M);

	ra_mac(&r);
	ra_prefix(&r, prefix, 64, 0xc0, 1800, preferred);
	ra_send(&host, &r);
}

static void renewed(struct sent *sent)
{
	ck_assert_uint_eq(sent->type, DHCP6_RENEW);
	answer((struct answer){ DHCP6_REPLY, sent->transaction, .ip = IP,
				.status = -1, .preferred = 10000,
				.valid = 20000, .t1 = 5000, .t2 = 8000 });
}

/* RFC 8415, 18.2.12. */
START_TEST(news_of_prefixes_renew_but_not_within_30_s)
{
	struct sent sent;

	bind_quickly(10000, 20000, 5000, 8000);
	ck_assert_int_eq(next_message(100 * SEC, &sent), -1);
	advertise_prefix("2001:db8:7::", 1800);
	ck_assert_int_eq(next_message(SEC, &sent), 0);
	renewed(&sent);
	advertise_prefix("2001:db8:7::", 1800); /* no news */
	ck_assert_int_eq(next_message(100 * SEC, &sent), -1);
	advertise_prefix("2001:db8:7::", 0);
	ck_assert_int_eq(next_message(SEC, &sent), 0);
	renewed(&sent);
	ck_assert_int_eq(next_message(10 * SEC, &sent), -1);
	advertise_prefix("2001:db8:8::", 1800);
	advertise_prefix("2001:db8:9::", 1800);
	ck_assert_int_eq(next_message(100 * SEC, &sent), 20 * SEC);
	renewed(&sent);
	ck_assert_int_eq(next_message(100 * SEC, &sent), -1);
}
END_TEST

UNIT_MAIN_WITH("dhcp6_times", set_up, tear_down, solicit_1_s_up_to_an_hour,
	       a_long_wait_is_longer_as_often_as_shorter,
	       request_1_s_up_to_30_s_ten_times,
	       renew_10_s_up_to_600_s_until_t2,
	       rebind_10_s_up_to_600_s_until_the_end,
	       information_request_1_s_up_to_an_hour,
	       decline_1_s_doubled_four_times, a_release_is_sent_once,
	       names_are_awaited_for_two_messages,
	       who_was_waited_for_in_vain_is_told,
	       news_of_prefixes_renew_but_not_within_30_s)
