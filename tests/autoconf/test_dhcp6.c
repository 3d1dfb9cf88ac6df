#include "dhcp6_server.h"

#include <pyt/view.h>

/* ----------------------------------------------------------------- claims */

START_TEST(nothing_is_asked_before_a_router_says_so)
{
	struct sent sent;

	ck_assert_int_eq(next_message(3 * SEC, &sent), -1);
	advertise(0);
	ck_assert_int_eq(next_message(3 * SEC, &sent), -1);
	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	ck_assert(sent.rapid);
	ck_assert_uint_eq(sent.elapsed, 0);
	ck_assert(sent.m.addresses.present);
	ck_assert(!sent.m.prefixes.present);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET6),
			 PYT_CONFIGURED_PENDING);
}
END_TEST

START_TEST(a_rapid_reply_binds_at_once)
{
	struct pyt_name_server server;
	struct pyt_search_domain domain;
	struct pyt_ip dns = ip_of("2001:db8:6::53");

	bind_quickly(100, 200, 0, 0);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET6),
			 PYT_CONFIGURED_READY);
	ck_assert_int_eq(pyt_name_server_get(host.stack, 0, &server), 0);
	ck_assert(pyt_ip_equal(&server.ip, &dns));
	ck_assert_int_eq(pyt_search_domain_get(host.stack, 0, &domain), 0);
	ck_assert_str_eq(domain.name, "lan.home");
	/* RFC 5942: the address says nothing of the link */
	ck_assert_str_eq(next_hop(&host, "2001:db8:6::43"), "fe80::1");
}
END_TEST

START_TEST(the_best_of_those_that_come_in_the_first_second_is_taken)
{
	struct sent sent;

	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	answer((struct answer){ DHCP6_ADVERTISE, sent.transaction, .ip = IP,
				.status = -1 });
	answer((struct answer){ DHCP6_ADVERTISE, sent.transaction, .ip = IP,
				.status = -1, .preference = 9,
				.duid = other_duid });
	answer((struct answer){ DHCP6_ADVERTISE, sent.transaction, .ip = IP,
				.status = -1, .preference = 8 });
	ck_assert(!client_sent(&sent));
	ck_assert_int_ge(next_message(2 * SEC, &sent), SEC);
	ck_assert_uint_eq(sent.type, DHCP6_REQUEST);
	ck_assert_mem_eq(sent.m.server_id.at, other_duid, 6);
	ck_assert_int_eq(sent.m.addresses.count, 1);
	answer((struct answer){ DHCP6_REPLY, sent.transaction, .ip = IP,
				.status = 0, .duid = other_duid });
	ck_assert(has(IP));
}
END_TEST

START_TEST(preference_255_and_a_late_offer_are_not_waited_after)
{
	struct sent sent;

	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	answer((struct answer){ DHCP6_ADVERTISE, sent.transaction, .ip = IP,
				.status = -1, .preference = 255 });
	client_says(&sent, DHCP6_REQUEST);
	tear_down();
	set_up();
	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	ck_assert_int_ge(next_message(2 * SEC, &sent), SEC);
	ck_assert_uint_eq(sent.type, DHCP6_SOLICIT);
	ck_assert_uint_ge(sent.elapsed, 100);
	answer((struct answer){ DHCP6_ADVERTISE, sent.transaction, .ip = IP,
				.status = -1 });
	client_says(&sent, DHCP6_REQUEST);
}
END_TEST

/* RFC 8415, 15: 1 s, doubled, a tenth more or less, up to SOL_MAX_RT. */
START_TEST(solicits_back_off_within_their_bounds)
{
	struct sent sent;
	int64_t last_us, us;

	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	last_us = next_message(2 * SEC, &sent);
	ck_assert_int_gt(last_us, SEC); /* the first: only more */
	ck_assert_int_le(last_us, 1100 * MS);
	for (int i = 0; i < 16; i++) {
		us = next_message(4000 * SEC, &sent);
		ck_assert_int_gt(us, 0);
		if (us < 3240 * SEC) {
			ck_assert_int_ge(us, last_us / 10 * 19 - 10);
			ck_assert_int_le(us, last_us / 10 * 21 + 10);
		}
		ck_assert_int_le(us, 3960 * SEC);
		last_us = us;
		if (i % 4 == 0)
			advertise(M); /* begins nothing anew */
	}
	ck_assert_int_ge(last_us, 3240 * SEC);
	answer((struct answer){ DHCP6_ADVERTISE, sent.transaction,
				.status = DHCP6_STATUS_NO_ADDRESSES,
				.solicit_max = 60 });
	next_message(4000 * SEC, &sent);
	ck_assert_int_le(next_message(4000 * SEC, &sent), 66 * SEC);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET6),
			 PYT_CONFIGURED_FAILED);
}
END_TEST

START_TEST(requests_are_given_up_after_ten)
{
	struct sent sent;
	int requests = 1;

	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	answer((struct answer){ DHCP6_ADVERTISE, sent.transaction, .ip = IP,
				.status = -1, .preference = 255 });
	client_says(&sent, DHCP6_REQUEST);
	while (next_message(40 * SEC, &sent) > 0 &&
	       sent.type == DHCP6_REQUEST) {
		requests++;
		ck_assert_int_le(requests, 10);
	}
	ck_assert_int_eq(requests, 10);
	ck_assert_uint_eq(sent.type, DHCP6_SOLICIT);
}
END_TEST

START_TEST(renewed_at_t1_with_its_server_alone)
{
	struct sent sent;

	bind_quickly(100, 200, 50, 80);
	ck_assert_int_eq(next_message(100 * SEC, &sent), 50 * SEC);
	ck_assert_uint_eq(sent.type, DHCP6_RENEW);
	ck_assert_mem_eq(sent.m.server_id.at, server_duid, 6);
	ck_assert_int_eq(sent.m.addresses.count, 1);
	ck_assert_uint_eq(sent.elapsed, 0);
	answer((struct answer){ DHCP6_REPLY, sent.transaction, .ip = IP,
				.status = -1, .t1 = 50, .t2 = 80 });
	ck_assert_int_eq(next_message(100 * SEC, &sent), 50 * SEC);
	ck_assert_uint_eq(sent.type, DHCP6_RENEW);
}
END_TEST

START_TEST(without_an_answer_it_rebinds_at_t2_and_loses_at_the_end)
{
	struct sent sent;
	int64_t start_us;

	bind_quickly(100, 200, 50, 80);
	start_us = host.now_us;
	ck_assert_int_eq(next_message(100 * SEC, &sent), 50 * SEC);
	/* REN_TIMEOUT 10 s */
	ck_assert_int_ge(next_message(100 * SEC, &sent), 9 * SEC);
	ck_assert_int_le(host.now_us, start_us + 61 * SEC);
	while (sent.type == DHCP6_RENEW)
		ck_assert_int_gt(next_message(100 * SEC, &sent), 0);
	ck_assert_int_eq(host.now_us, start_us + 80 * SEC);
	ck_assert_uint_eq(sent.type, DHCP6_REBIND);
	ck_assert_uint_eq(sent.m.server_id.left, 0);
	while (sent.type == DHCP6_REBIND) {
		ck_assert(has(IP));
		ck_assert_int_gt(next_message(200 * SEC, &sent), 0);
	}
	ck_assert_int_eq(host.now_us, start_us + 200 * SEC);
	ck_assert_uint_eq(sent.type, DHCP6_SOLICIT);
	ck_assert(!has(IP));
	ck_assert(host_event(&host, PYT_EVENT_ADDRESS_LOST));
}
END_TEST

START_TEST(another_server_may_answer_a_rebind)
{
	struct sent sent;

	bind_quickly(100, 200, 50, 80);
	do
		ck_assert_int_gt(next_message(100 * SEC, &sent), 0);
	while (sent.type != DHCP6_REBIND);
	answer((struct answer){ DHCP6_REPLY, sent.transaction, .ip = IP,
				.status = -1, .duid = other_duid, .t1 = 50,
				.t2 = 80 });
	ck_assert_int_eq(next_message(100 * SEC, &sent), 50 * SEC);
	ck_assert_mem_eq(sent.m.server_id.at, other_duid, 6);
}
END_TEST

START_TEST(without_times_half_and_four_fifths_are_taken)
{
	bind_quickly(100, 200, 0, 0);
	ck_assert_int_eq(client()->t1_us, host.now_us + 50 * SEC);
	ck_assert_int_eq(client()->t2_us, host.now_us + 80 * SEC);
	tear_down();
	set_up();
	bind_quickly(FOREVER, FOREVER, 0, 0);
	ck_assert_int_eq(client()->t1_us, TIME_NEVER);
}
END_TEST

START_TEST(a_server_that_has_forgotten_is_asked_anew)
{
	struct sent sent;

	bind_quickly(100, 200, 50, 80);
	next_message(100 * SEC, &sent);
	answer((struct answer){ DHCP6_REPLY, sent.transaction, .ip = IP,
				.status = -1,
				.ia_status = DHCP6_STATUS_NO_BINDING });
	client_says(&sent, DHCP6_REQUEST);
	answer((struct answer){ DHCP6_REPLY, sent.transaction,
				.ip = "2001:db8:6::43", .status = -1 });
	ck_assert(has("2001:db8:6::43"));
	ck_assert(!has(IP));
}
END_TEST

START_TEST(a_taken_address_is_declined)
{
	struct pyt_ip ip = ip_of(IP);
	struct sent sent;
	int declines = 0;

	bind_quickly(1000, 2000, 0, 0);
	host_input_claim(&host, peer_mac, ip);
	ck_assert(host_event(&host, PYT_EVENT_ADDRESS_CONFLICT));
	host_event(&host, PYT_EVENT_SOCKET);
	ck_assert(!has(IP));
	client_says(&sent, DHCP6_DECLINE);
	while (sent.type == DHCP6_DECLINE) {
		ck_assert_mem_eq(sent.m.addresses.lease[0].ip.bytes, ip.bytes,
				 16);
		declines++;
		ck_assert_int_gt(next_message(30 * SEC, &sent), 0);
	}
	ck_assert_int_eq(declines, 4); /* DEC_MAX_RC */
	ck_assert_uint_eq(sent.type, DHCP6_SOLICIT);
}
END_TEST

START_TEST(stopping_releases_if_it_is_to)
{
	struct sent sent;

	bind_quickly(100, 200, 0, 0);
	pyt_autoconf_stop(host.stack, ETH0, true, host.now_us);
	client_says(&sent, DHCP6_RELEASE);
	ck_assert_mem_eq(sent.m.server_id.at, server_duid, 6);
	ck_assert_int_eq(sent.m.addresses.count, 1);
	ck_assert(!has(IP));
	tear_down();
	set_up();
	bind_quickly(100, 200, 0, 0);
	pyt_autoconf_stop(host.stack, ETH0, false, host.now_us);
	ck_assert(!client_sent(&sent));
	ck_assert(!has(IP));
}
END_TEST

START_TEST(the_o_flag_brings_names_alone_and_they_are_refreshed)
{
	struct pyt_name_server server;
	struct sent sent;

	advertise(O);
	client_says(&sent, DHCP6_INFORMATION_REQUEST);
	ck_assert(!sent.m.addresses.present);
	answer((struct answer){ DHCP6_REPLY, sent.transaction, .status = -1,
				.refresh = 1000 });
	ck_assert_int_eq(pyt_name_server_get(host.stack, 0, &server), 0);
	ck_assert_int_eq(next_message(2000 * SEC, &sent), 1000 * SEC);
	ck_assert_uint_eq(sent.type, DHCP6_INFORMATION_REQUEST);
	/* no sooner than IRT_MINIMUM */
	answer((struct answer){ DHCP6_REPLY, sent.transaction, .status = -1,
				.refresh = 1 });
	ck_assert_int_eq(next_message(2000 * SEC, &sent), 600 * SEC);
	/* M outdoes O */
	advertise(M | O);
	client_says(&sent, DHCP6_SOLICIT);
}
END_TEST

START_TEST(a_delegated_prefix_gives_an_address)
{
	struct pyt_address_info info;
	struct sent sent;

	host_sysctl(&host, "net.pyt.dhcp6_prefix_len", "56");
	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	ck_assert(sent.m.prefixes.present);
	ck_assert_uint_eq(sent.m.prefixes.lease[0].prefix_len, 56);
	answer((struct answer){ DHCP6_REPLY, sent.transaction, .status = -1,
				.rapid = true, .prefix = true });
	ck_assert(host_address_in(&host, "2001:db8:7700::", 0, &info));
	ck_assert_int_gt(next_message(100 * SEC, &sent), 0);
	ck_assert_uint_eq(sent.type, DHCP6_RENEW);
	ck_assert_int_eq(sent.m.prefixes.count, 1);
	ck_assert_uint_eq(sent.m.prefixes.lease[0].prefix_len, 56);
}
END_TEST

START_TEST(what_is_not_for_us_changes_nothing)
{
	struct sent sent;
	uint8_t bytes[512];
	struct answer good = { DHCP6_REPLY,   .ip = IP,		.status = -1,
			       .rapid = true, .preferred = 100, .valid = 200 };
	size_t len;

	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	good.transaction = sent.transaction ^ 1;
	answer(good);
	good.transaction = sent.transaction;
	good.foreign_client = true;
	answer(good);
	ck_assert_uint_eq(host_count(&host, COUNTER_DHCP6_OTHER_EXCHANGE), 2);
	good.foreign_client = false;
	good.rapid = false; /* a reply to a solicit must have it */
	answer(good);
	ck_assert_uint_eq(host_count(&host, COUNTER_DHCP6_UNEXPECTED), 1);
	good.preferred = 300; /* more than valid */
	good.rapid = true;
	answer(good);
	ck_assert(!has(IP));
	good.preferred = 100;
	len = build(&good, bytes, sizeof(bytes));
	for (size_t cut = 0; cut < len; cut++)
		send_bytes(bytes, cut);
	ck_assert_uint_gt(host_count(&host, COUNTER_DHCP6_MALFORMED), 50);
	pyt_run_timers(host.stack, host.now_us);
	answer(good);
	ck_assert(has(IP));
}
END_TEST

START_TEST(a_wire_that_is_in_again_is_asked_at_once)
{
	struct sent sent;

	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	pyt_iface_replug(host.stack, ETH0, host.now_us);
	client_says(&sent, DHCP6_SOLICIT);
	ck_assert_int_ge(next_message(2 * SEC, &sent), SEC);
	answer((struct answer){ DHCP6_ADVERTISE, sent.transaction, .ip = IP,
				.status = -1 });
	client_says(&sent, DHCP6_REQUEST);
	pyt_iface_replug(host.stack, ETH0, host.now_us);
	client_says(&sent, DHCP6_SOLICIT);
}
END_TEST

START_TEST(a_wire_that_is_in_again_is_asked_for_news)
{
	struct sent sent;

	advertise(O);
	client_says(&sent, DHCP6_INFORMATION_REQUEST);
	pyt_iface_replug(host.stack, ETH0, host.now_us);
	client_says(&sent, DHCP6_INFORMATION_REQUEST);
}
END_TEST

UNIT_MAIN_WITH("dhcp6", set_up, tear_down,
	       nothing_is_asked_before_a_router_says_so,
	       a_rapid_reply_binds_at_once,
	       the_best_of_those_that_come_in_the_first_second_is_taken,
	       preference_255_and_a_late_offer_are_not_waited_after,
	       solicits_back_off_within_their_bounds,
	       requests_are_given_up_after_ten,
	       renewed_at_t1_with_its_server_alone,
	       without_an_answer_it_rebinds_at_t2_and_loses_at_the_end,
	       another_server_may_answer_a_rebind,
	       without_times_half_and_four_fifths_are_taken,
	       a_server_that_has_forgotten_is_asked_anew,
	       a_taken_address_is_declined, stopping_releases_if_it_is_to,
	       the_o_flag_brings_names_alone_and_they_are_refreshed,
	       a_delegated_prefix_gives_an_address,
	       what_is_not_for_us_changes_nothing,
	       a_wire_that_is_in_again_is_asked_at_once,
	       a_wire_that_is_in_again_is_asked_for_news)
