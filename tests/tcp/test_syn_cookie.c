#include "unit.h"

#include "listener.h"
#include "tcp/tcp_syn_cookie.h"

#define MINUTE (60 * SEC)

/* A client of this port whose SYN is answered with a cookie. */
static struct tcp_segment ask(uint16_t port, struct tcp_header *syn_ack)
{
	struct tcp_segment syn = segment(port, TCP_SYN);

	syn.header.sack_permitted = true;
	syn.header.has_wscale = true;
	syn.header.wscale = 9;
	syn.header.has_timestamp = true;
	syn.header.ts_value = 77;
	input(syn);
	ck_assert(output(syn_ack));
	return syn;
}

static struct tcp_segment ack_of(uint16_t port,
				 const struct tcp_header *syn_ack)
{
	struct tcp_segment ack = segment(port, TCP_ACK);

	ack.header.seq = syn_ack->ack;
	ack.header.ack = syn_ack->seq + 1;
	ack.header.has_timestamp = syn_ack->has_timestamp;
	ack.header.ts_value = 78;
	ack.header.ts_echo = syn_ack->ts_value;
	return ack;
}

static void always(void)
{
	setup(100);
	set_sysctl("net.ipv4.tcp_syncookies", "2");
}

START_TEST(cookie_takes_no_record_and_makes_a_connection)
{
	struct tcp_connection *tcp;
	struct tcp_header syn_ack;

	always();
	ask(1, &syn_ack);
	ck_assert_uint_eq(listener->half_open.table.count, 0);
	tcp = input(ack_of(1, &syn_ack));
	ck_assert_ptr_nonnull(tcp);
	ck_assert_int_eq(tcp->state, TCP_STATE_ESTABLISHED);
	ck_assert_uint_eq(counted(COUNTER_TCP_SYNCOOKIES_SENT), 1);
	ck_assert_uint_eq(counted(COUNTER_TCP_SYNCOOKIES_RECV), 1);
	teardown();
}
END_TEST

START_TEST(timestamp_brings_the_options_back)
{
	struct tcp_connection *tcp;
	struct tcp_header syn_ack;

	always();
	ask(1, &syn_ack);
	tcp = input(ack_of(1, &syn_ack));
	ck_assert(tcp->sack_ok);
	ck_assert(tcp->ts_ok);
	ck_assert(tcp->wscale_ok);
	ck_assert_uint_eq(tcp->snd.wscale, 9);
	ck_assert_uint_eq(tcp->ts_recent, 78);
	teardown();
}
END_TEST

START_TEST(without_timestamps_there_are_no_options)
{
	struct tcp_segment syn = segment(1, TCP_SYN);
	struct tcp_connection *tcp;
	struct tcp_header syn_ack;

	always();
	syn.header.sack_permitted = true;
	syn.header.has_wscale = true;
	input(syn);
	ck_assert(output(&syn_ack));
	ck_assert(!syn_ack.sack_permitted);
	ck_assert(!syn_ack.has_wscale);
	ck_assert_uint_ne(syn_ack.mss, 0);
	tcp = input(ack_of(1, &syn_ack));
	ck_assert_ptr_nonnull(tcp);
	ck_assert(!tcp->sack_ok && !tcp->wscale_ok);
	teardown();
}
END_TEST

START_TEST(mss_is_rounded_down_to_one_of_four)
{
	static const uint16_t said[] = { 500, 536, 1299, 1300, 1459, 9000 };
	static const uint16_t kept[] = { 536, 536, 536, 1300, 1440, 1460 };

	for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
		struct tcp_segment syn = segment(1, TCP_SYN);
		struct tcp_segment ack;
		struct tcp_connection *tcp;
		struct tcp_header syn_ack;

		always();
		syn.src = syn.dst = pyt_ip_from_v4(0x0a000001);
		syn.header.mss = said[i];
		input(syn);
		ck_assert(output(&syn_ack));
		ack = ack_of(1, &syn_ack);
		ack.src = ack.dst = syn.src;
		tcp = input(ack);
		ck_assert_ptr_nonnull(tcp);
		ck_assert_uint_eq(tcp->snd.peer_mss, kept[i]);
		teardown();
	}
}
END_TEST

static void assert_refused(struct tcp_segment ack)
{
	struct tcp_header answer;

	ck_assert_ptr_null(input(ack));
	ck_assert(!output(&answer));
}

static void assert_reset(struct tcp_segment ack)
{
	struct tcp_header rst;

	ck_assert_ptr_null(input(ack));
	ck_assert(output(&rst));
	ck_assert_uint_eq(rst.flags, TCP_RST);
	ck_assert_uint_eq(rst.seq, ack.header.ack);
}

START_TEST(what_comes_behind_the_first_byte_is_dropped_and_the_byte_connects)
{
	struct tcp_header syn_ack;

	always();
	ask(1, &syn_ack);
	for (uint32_t behind = 1; behind < 8; behind++) {
		struct tcp_segment ack = ack_of(1, &syn_ack);

		ack.header.seq += behind;
		assert_refused(ack);
	}
	ck_assert_ptr_nonnull(input(ack_of(1, &syn_ack)));
	teardown();
}
END_TEST

START_TEST(forged_cookies_are_refused)
{
	struct tcp_header syn_ack;
	struct tcp_segment ack;

	always();
	ask(1, &syn_ack);
	for (int bit = 0; bit < 32; bit++) {
		ack = ack_of(1, &syn_ack);
		ack.header.ack ^= 1u << bit;
		/* one of the lowest bits may give another MSS */
		if (bit > 1 && bit != 24)
			assert_refused(ack);
	}
	ack = ack_of(2, &syn_ack);
	assert_refused(ack);
	ack = ack_of(1, &syn_ack);
	ack.header.seq += 1000;
	assert_refused(ack);
	teardown();
}
END_TEST

START_TEST(guessing_is_no_better_than_chance)
{
	struct tcp_header syn_ack;
	uint32_t guess = 1;
	int hits = 0;

	always();
	ask(1, &syn_ack);
	for (int i = 0; i < 100000; i++) {
		struct tcp_segment ack = segment(5, TCP_ACK);
		struct tcp_half_open h;

		guess = guess * 1664525u + 1013904223u;
		ack.header.ack = guess;
		hits += tcp_syn_cookie_check(pair.end[1].context, &ack, &h,
					     pair.now_us);
	}
	ck_assert_int_le(hits, 1); /* 2 minutes x 4 sizes of 2^32 */
	teardown();
}
END_TEST

START_TEST(cookie_counts_for_this_minute_and_the_next)
{
	struct tcp_header syn_ack;

	always();
	pair.now_us = pair.now_us / MINUTE * MINUTE;
	ask(1, &syn_ack);
	pair.now_us += 2 * MINUTE - 1;
	ck_assert_ptr_nonnull(input(ack_of(1, &syn_ack)));
	teardown();
}
END_TEST

START_TEST(old_cookies_are_refused)
{
	struct tcp_header syn_ack, other;

	always();
	pair.now_us = pair.now_us / MINUTE * MINUTE;
	ask(1, &syn_ack);
	pair.now_us += 2 * MINUTE;
	ask(2, &other); /* others are still being given out */
	assert_refused(ack_of(1, &syn_ack));
	ck_assert_uint_eq(counted(COUNTER_TCP_SYNCOOKIES_FAILED), 1);
	teardown();
}
END_TEST

START_TEST(replayed_cookies_are_refused)
{
	struct tcp_header syn_ack;

	always();
	ask(1, &syn_ack);
	ck_assert_ptr_nonnull(input(ack_of(1, &syn_ack)));
	assert_refused(ack_of(1, &syn_ack));
	teardown();
}
END_TEST

START_TEST(nothing_is_tried_when_no_cookie_was_given_out)
{
	struct tcp_header syn_ack;

	always();
	ask(1, &syn_ack);
	pair.now_us += TCP_SYN_COOKIE_LIFE_US;
	assert_reset(ack_of(1, &syn_ack));
	ck_assert_uint_eq(counted(COUNTER_TCP_SYNCOOKIES_FAILED), 0);
	teardown();
}
END_TEST

START_TEST(cookies_begin_when_more_than_the_backlog_is_half_open)
{
	struct tcp_header syn_ack;

	setup(5);
	for (uint16_t port = 1; port <= 20; port++)
		ask(port, &syn_ack);
	ck_assert_uint_eq(listener->half_open.table.count, 6);
	ck_assert_uint_eq(counted(COUNTER_TCP_SYNCOOKIES_SENT), 14);
	ck_assert_uint_eq(counted(COUNTER_TCP_REQ_Q_FULL_DO_COOKIES), 14);
	ck_assert_uint_eq(counted(COUNTER_TCP_LISTEN_DROPS), 0);
	teardown();
}
END_TEST

START_TEST(without_cookies_what_is_too_much_is_dropped)
{
	setup(5);
	set_sysctl("net.ipv4.tcp_syncookies", "0");
	for (uint16_t port = 1; port <= 20; port++)
		input(segment(port, TCP_SYN));
	ck_assert_uint_eq(listener->half_open.table.count, 6);
	ck_assert_uint_eq(counted(COUNTER_TCP_REQ_Q_FULL_DROP), 14);
	ck_assert_uint_eq(counted(COUNTER_TCP_LISTEN_DROPS), 14);
	teardown();
}
END_TEST

START_TEST(without_cookies_a_quarter_of_max_syn_backlog_is_kept_free)
{
	setup(100);
	set_sysctl("net.ipv4.tcp_syncookies", "0");
	set_sysctl("net.ipv4.tcp_max_syn_backlog", "16");
	for (uint16_t port = 1; port <= 40; port++)
		input(segment(port, TCP_SYN));
	ck_assert_uint_eq(listener->half_open.table.count, 13);
	ck_assert_uint_eq(counted(COUNTER_TCP_LISTEN_DROPS), 27);
	teardown();
}
END_TEST

START_TEST(timestamp_of_a_cookie_is_never_in_the_future)
{
	struct tcp_half_open h = { .ts_ok = true,
				   .wscale_ok = true,
				   .peer_wscale = 14,
				   .sack_ok = true };

	for (int64_t ms = 1000; ms < 1200; ms++) {
		uint32_t stamp = tcp_syn_cookie_timestamp(&h, ms * MS);

		ck_assert_uint_eq(stamp & 0x3f, 0x1e);
		ck_assert_uint_le(stamp, ms);
		ck_assert_uint_gt(stamp + 64, ms);
	}
}
END_TEST

START_TEST(data_may_come_with_the_cookie)
{
	struct tcp_segment ack;
	struct tcp_connection *tcp;
	struct tcp_header syn_ack;

	always();
	ask(1, &syn_ack);
	ack = ack_of(1, &syn_ack);
	ack.payload = (const uint8_t *)"hello";
	ack.payload_len = 5;
	tcp = input(ack);
	ck_assert_ptr_nonnull(tcp);
	ck_assert_uint_eq(tcp_receive_queued(tcp), 5);
	teardown();
}
END_TEST

START_TEST(real_client_gets_through_a_flood_in_bounded_memory)
{
	struct tcp_header syn_ack;
	size_t before, most = 0;

	setup(64);
	before = pair.end[1].allocated;
	for (uint32_t i = 0; i < 1000000; i++) {
		struct tcp_segment syn = segment((uint16_t)i, TCP_SYN);

		memcpy(syn.src.bytes, &i, sizeof(i));
		input(syn);
		while (output(&syn_ack))
			;
		if (pair.end[1].allocated > most)
			most = pair.end[1].allocated;
		if (i % 1000 == 0) {
			pair.now_us += MS;
			tcp_listener_run_timers(listener, pair.now_us);
		}
	}
	ck_assert_uint_le(most - before, 64 * 256 + 16 * 256 + 4096);
	while (output(&syn_ack))
		;
	ask(4711, &syn_ack);
	ck_assert_ptr_nonnull(input(ack_of(4711, &syn_ack)));
	teardown();
}
END_TEST

UNIT_MAIN("tcp_syn_cookie", cookie_takes_no_record_and_makes_a_connection,
	  timestamp_brings_the_options_back,
	  without_timestamps_there_are_no_options,
	  mss_is_rounded_down_to_one_of_four, forged_cookies_are_refused,
	  what_comes_behind_the_first_byte_is_dropped_and_the_byte_connects,
	  guessing_is_no_better_than_chance,
	  cookie_counts_for_this_minute_and_the_next, old_cookies_are_refused,
	  replayed_cookies_are_refused,
	  nothing_is_tried_when_no_cookie_was_given_out,
	  cookies_begin_when_more_than_the_backlog_is_half_open,
	  without_cookies_what_is_too_much_is_dropped,
	  without_cookies_a_quarter_of_max_syn_backlog_is_kept_free,
	  timestamp_of_a_cookie_is_never_in_the_future,
	  data_may_come_with_the_cookie,
	  real_client_gets_through_a_flood_in_bounded_memory)
