#include "recovery.h"

#include "tcp/tcp_prr.h"

/* Twenty in flight, the first is lost; three behind it are SACKed. */
static void begin(void)
{
	sender_start(SENDER_RENO, 20);
	sender_write(20);
	sender_run_us(40 * MS);
	sender_sack(0, 1, 2);
	sender_sack(0, 1, 3);
	ck_assert_uint_eq(sender_cwnd(), 20);
	sender_sack(0, 1, 4);
	ck_assert_uint_eq(sender.tcp->cc.ssthresh, 10 * MSS);
}

START_TEST(what_was_sacked_before_is_not_of_the_flight)
{
	begin();
	ck_assert_uint_eq(sender.tcp->recovery.prr_start_len, 18 * MSS);
	ck_assert_uint_eq(sender.tcp->recovery.prr_delivered, MSS);
	sender_end();
}
END_TEST

START_TEST(the_first_retransmission_does_not_wait)
{
	begin();
	ck_assert_uint_eq(sender.sent, 21);
	ck_assert_uint_eq(sender_last_segment(), 0);
	ck_assert_uint_eq(sender.tcp->recovery.prr_out, MSS);
	ck_assert_uint_eq(sender.tcp->cc.cwnd, 17 * MSS);
	sender_end();
}
END_TEST

START_TEST(cwnd_falls_in_proportion_to_what_is_delivered)
{
	begin();
	sender_write(30);
	for (unsigned n = 5; n <= 20; n++) {
		uint32_t delivered = (n - 3) * MSS;
		uint32_t due = (delivered * 10 + 17) / 18;
		uint32_t out = sender.tcp->recovery.prr_out;

		sender_sack(0, 1, n);
		ck_assert_uint_eq(sender.tcp->recovery.prr_delivered,
				  delivered);
		if (sender.tcp->recovery.prr_out == out &&
		    sender_in_flight() > 10)
			ck_assert_uint_lt(due - out, MSS);
		ck_assert_uint_le(sender.tcp->recovery.prr_out, due + MSS);
	}
	/* 17 segments arrived, and 10/18 of them were let out. */
	ck_assert_uint_ge(sender.sent - 20, 9);
	ck_assert_uint_le(sender.sent - 20, 10);
	sender_echo_now();
	sender_run_us(40 * MS);
	sender_ack(20);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_OPEN);
	ck_assert_uint_eq(sender.tcp->cc.cwnd, 10 * MSS);
	sender_end();
}
END_TEST

/* Sixteen of twenty are lost at once: the flight is below ssthresh, and four
 * of them go again. */
static void lose_many(void)
{
	sender_start(SENDER_RENO, 20);
	sender_write(20);
	sender_run_us(40 * MS);
	sender_sack(0, 16, 20);
	ck_assert_uint_eq(sender.tcp->sent.lost_len, 12 * MSS);
	ck_assert_uint_eq(sender.tcp->cc.ssthresh, 10 * MSS);
	ck_assert_uint_eq(sender.sent, 24); /* four arrived, four leave */
	ck_assert_uint_eq(sender.tcp->recovery.prr_out, 4 * MSS);
}

START_TEST(below_ssthresh_a_byte_leaves_for_each_that_arrived)
{
	lose_many();
	ck_assert_uint_eq(sender_in_flight(), 4);
	ck_assert_uint_eq(sender_last_segment(), 3);
	sender_end();
}
END_TEST

START_TEST(progress_without_a_loss_lets_a_segment_more_out)
{
	lose_many();
	sender_run_us(40 * MS);
	sender_ack(1);
	ck_assert_uint_eq(sender.sent, 26);
	sender_sack(2, 16, 20);
	ck_assert_uint_eq(sender.sent, 28);
	sender_end();
}
END_TEST

START_TEST(a_loss_that_is_found_now_lets_no_segment_more_out)
{
	lose_many();
	tcp_prr_on_ack(
		sender.tcp,
		&(struct tcp_ack_result){ .acked = MSS, .delivered = MSS },
		true);
	ck_assert_uint_eq(sender.tcp->cc.cwnd, tcp_in_flight(sender.tcp) + MSS);
	sender_end();
}
END_TEST

START_TEST(the_flight_is_never_refilled_beyond_ssthresh)
{
	lose_many();
	sender_run_us(40 * MS);
	for (unsigned n = 1; n <= 14; n++) {
		sender_ack(n);
		ck_assert_uint_le(sender_in_flight(), 10);
		ck_assert_uint_le(sender.tcp->cc.cwnd, 10 * MSS);
	}
	sender_end();
}
END_TEST

START_TEST(an_ack_that_delivers_nothing_changes_nothing)
{
	uint32_t cwnd;

	lose_many();
	cwnd = sender.tcp->cc.cwnd;
	sender_sack(0, 16, 20);
	ck_assert_uint_eq(sender.tcp->cc.cwnd, cwnd);
	ck_assert_uint_eq(sender.sent, 24);
	sender_end();
}
END_TEST

/*
 * Figure 1 of RFC 9937, 8: segment 0 of twenty is lost, "s" is what left by
 * each ACK. It counts in segments and rounds up; bytes make a whole one at
 * the next ACK at the latest.
 */
START_TEST(figure_1_one_loss)
{
	static const uint8_t left[] = { 0, 1, 2, 3, 3, 4,  4,  5,  5,  6,  6, 7,
					7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 13 };

	sender_start(SENDER_RENO, 20);
	sender_write(60);
	sender_run_us(40 * MS);
	for (unsigned n = 1; n <= 21; n++) {
		sender_sack(0, 1, n + 1);
		ck_assert_uint_le(sender.sent - 20, left[n]);
		ck_assert_uint_ge(sender.sent - 20 + (n > 3), left[n]);
	}
	sender_echo_now();
	sender_run_us(20 * MS);
	sender_ack(22);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_OPEN);
	ck_assert_uint_eq(sender_cwnd(), 10);
	sender_end();
}
END_TEST

/* Figure 2: the first fifteen of twenty are lost; one out for each ACK. */
START_TEST(figure_2_fifteen_losses)
{
	sender_start(SENDER_RENO, 20);
	sender_write(60);
	sender_run_us(40 * MS);
	for (unsigned n = 15; n <= 19; n++) {
		sender_sack(0, 15, n + 1);
		ck_assert_uint_eq(sender.sent, 20 + n - 14);
		ck_assert_uint_eq(sender_last_segment(),
				  n < 17 ? n + 5 : n - 17);
	}
	ck_assert_uint_eq(sender.tcp->cc.ssthresh, 10 * MSS);
	ck_assert_uint_eq(sender.tcp->cc.cwnd, 5 * MSS);
	ck_assert_uint_eq(sender_in_flight(), 5);
	/* The new ones are SACKed; what went again is acknowledged: SSRB. */
	sender_run_us(40 * MS);
	sender_sack(0, 15, 22);
	ck_assert_uint_eq(sender_in_flight(), 5);
	sender_ack(1);
	ck_assert_uint_eq(sender_in_flight(), 6);
	sender_ack(2);
	ck_assert_uint_eq(sender_in_flight(), 7);
	sender_end();
}
END_TEST

/* A program that stalls: what was due meanwhile is not forgotten (7). */
START_TEST(what_a_stalled_program_did_not_send_may_follow)
{
	begin();
	for (unsigned n = 5; n <= 14; n++)
		sender_sack(0, 1, n);
	ck_assert_uint_eq(sender.sent, 21); /* there was nothing else */
	sender_write(30);
	/* Seven are on their way: ten may be, and the dues allow for it. */
	ck_assert_uint_eq(sender.sent - 21, 3);
	ck_assert_uint_eq(sender_in_flight(), 10);
	sender_end();
}
END_TEST

UNIT_MAIN("tcp_prr", what_was_sacked_before_is_not_of_the_flight,
	  the_first_retransmission_does_not_wait,
	  cwnd_falls_in_proportion_to_what_is_delivered,
	  below_ssthresh_a_byte_leaves_for_each_that_arrived,
	  progress_without_a_loss_lets_a_segment_more_out,
	  a_loss_that_is_found_now_lets_no_segment_more_out,
	  the_flight_is_never_refilled_beyond_ssthresh,
	  an_ack_that_delivers_nothing_changes_nothing, figure_1_one_loss,
	  figure_2_fifteen_losses,
	  what_a_stalled_program_did_not_send_may_follow)
