#include "recovery.h"

/* Ten segments in flight, a timeout, and the first goes again. */
static void time_out(unsigned options)
{
	sender_start(options | SENDER_RENO, 10);
	sender_write(10);
	sender.pair.end[0].tcp->deadline_us[TCP_TIMER_TAIL_PROBE] = TIME_NEVER;
	sender_set("net.ipv4.tcp_early_retrans", "0");
	sender_time_out();
	pair_flush(&sender.pair);
	ck_assert_uint_eq(sender.sent, 11);
	ck_assert_uint_eq(sender_last_segment(), 0);
	ck_assert_uint_eq(sender_cwnd(), 1);
	ck_assert_uint_eq(sender.tcp->cc.ssthresh, 5 * MSS);
}

static void expect_undone(void)
{
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_OPEN);
	ck_assert_uint_eq(sender_cwnd(), 10);
	ck_assert_uint_eq(sender.tcp->cc.ssthresh, PYT_CC_SSTHRESH_INFINITE);
	ck_assert_uint_eq(sender.tcp->sent.lost_len, 0);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_SPURIOUS_RTOS), 1);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_LOSS_UNDO), 1);
}

/* Timestamps would tell it at once: the rest is F-RTO's alone. */
#define PLAIN SENDER_NO_TIMESTAMPS

START_TEST(two_new_segments_go_before_the_next_lost_one)
{
	for (unsigned sack = 0; sack < 2; sack++) {
		time_out(PLAIN | (sack ? 0 : SENDER_NO_SACK));
		sender_write(4);
		ck_assert_uint_eq(sender.sent, 11);
		sender_ack(1);
		ck_assert_uint_eq(sender.sent, 13);
		ck_assert_uint_eq(sender_last_segment(), 11);
		sender_end();
	}
}
END_TEST

START_TEST(an_ack_of_what_was_sent_once_shows_a_spurious_timeout)
{
	for (unsigned sack = 0; sack < 2; sack++) {
		time_out(PLAIN | (sack ? 0 : SENDER_NO_SACK));
		sender_write(4);
		sender_ack(1);
		sender_ack(2);
		expect_undone();
		sender_end();
	}
}
END_TEST

START_TEST(a_sack_of_what_was_sent_once_shows_it_too)
{
	time_out(PLAIN);
	sender_sack(0, 3, 4);
	expect_undone();
	sender_end();
}
END_TEST

START_TEST(a_sack_of_new_data_shows_that_the_losses_are_real)
{
	time_out(PLAIN);
	sender_write(4);
	sender_ack(1);
	sender_sack(1, 10, 11);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_LOSS);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_LOSS_UNDO), 0);
	ck_assert_uint_ge(sender_last_segment(), 1);
	ck_assert_uint_le(sender_last_segment(), 2);
	ck_assert_uint_le(sender_cwnd(), 3); /* RFC 5682, 2.1 (3a) */
	sender_end();
}
END_TEST

START_TEST(a_duplicate_ack_of_new_data_shows_it_without_sack)
{
	time_out(PLAIN | SENDER_NO_SACK);
	sender_write(4);
	sender_ack(1);
	sender_ack(1);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_LOSS);
	ck_assert_uint_ge(sender_last_segment(), 1);
	ck_assert_uint_le(sender_last_segment(), 2);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_LOSS_UNDO), 0);
	ck_assert_uint_le(sender_cwnd(), 3);
	sender_end();
}
END_TEST

START_TEST(without_sack_an_ack_of_a_mended_hole_proves_nothing)
{
	time_out(PLAIN | SENDER_NO_SACK);
	sender_ack(6); /* 0 was lost, 1 to 5 were there */
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_LOSS_UNDO), 0);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_LOSS);
	sender_end();
}
END_TEST

START_TEST(an_ack_of_everything_is_no_proof)
{
	time_out(PLAIN | SENDER_NO_SACK);
	sender_ack(10);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_LOSS_UNDO), 0);
	ck_assert_uint_eq(sender.tcp->cc.ssthresh, 5 * MSS);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_OPEN);
	sender_end();
}
END_TEST

START_TEST(without_new_data_the_lost_segments_follow)
{
	time_out(PLAIN);
	sender_ack(1);
	ck_assert_uint_eq(sender.sent, 13);
	ck_assert_uint_eq(sender_last_segment(), 2);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_SLOW_START_RETRANS), 2);
	sender_end();
}
END_TEST

START_TEST(a_closed_window_counts_as_no_new_data)
{
	time_out(PLAIN);
	sender.tcp->snd.wnd = 10 * MSS / 128 * 128;
	sender_write(4);
	sender_ack(1);
	ck_assert_uint_eq(sender_last_segment(), 2);
	sender_end();
}
END_TEST

START_TEST(tcp_frto_zero_never_tests)
{
	sender_start(PLAIN, 10);
	sender_set("net.ipv4.tcp_frto", "0");
	sender_set("net.ipv4.tcp_early_retrans", "0");
	sender_write(10);
	sender_time_out();
	sender_write(4);
	sender_sack(0, 3, 4);
	sender_ack(4);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_LOSS_UNDO), 0);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_LOSS);
	sender_end();
}
END_TEST

START_TEST(a_timeout_in_fast_recovery_is_not_tested)
{
	sender_start(PLAIN, 10);
	sender_set("net.ipv4.tcp_early_retrans", "0");
	sender_write(10);
	sender_run_us(40 * MS);
	sender_sack(0, 1, 4);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_FAST);
	sender_time_out();
	ck_assert_int_eq(sender.tcp->recovery.frto, TCP_FRTO_OFF);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_SACK_RECOVERY_FAIL), 1);
	sender_end();
}
END_TEST

START_TEST(a_timeout_in_a_row_is_tested_again)
{
	time_out(PLAIN);
	sender_time_out();
	pair_flush(&sender.pair);
	sender_write(4);
	sender_ack(1);
	sender_ack(2);
	expect_undone();
	sender_end();
}
END_TEST

START_TEST(after_a_spurious_timeout_the_next_one_waits_longer)
{
	int64_t before_us;

	time_out(PLAIN);
	before_us = sender.tcp->rto.base_us;
	sender_write(4);
	sender_ack(1);
	sender_run_us(300 * MS);
	sender_ack(2); /* the round trip took more than 500 ms */
	expect_undone();
	sender_ack(3);
	ck_assert_int_gt(sender.tcp->rto.base_us, before_us + 500 * MS);
	sender_end();
}
END_TEST

UNIT_MAIN("tcp_frto", two_new_segments_go_before_the_next_lost_one,
	  an_ack_of_what_was_sent_once_shows_a_spurious_timeout,
	  a_sack_of_what_was_sent_once_shows_it_too,
	  a_sack_of_new_data_shows_that_the_losses_are_real,
	  a_duplicate_ack_of_new_data_shows_it_without_sack,
	  without_sack_an_ack_of_a_mended_hole_proves_nothing,
	  an_ack_of_everything_is_no_proof,
	  without_new_data_the_lost_segments_follow,
	  a_closed_window_counts_as_no_new_data, tcp_frto_zero_never_tests,
	  a_timeout_in_fast_recovery_is_not_tested,
	  a_timeout_in_a_row_is_tested_again,
	  after_a_spurious_timeout_the_next_one_waits_longer)
