#include "recovery.h"

#define PLAIN (SENDER_NO_SACK | SENDER_NO_TIMESTAMPS | SENDER_RENO)

static void begin(void)
{
	sender_start(PLAIN, 10);
	sender_write(10);
	sender_run_us(40 * MS);
}

static void duplicates(unsigned n, unsigned count)
{
	while (count--)
		sender_ack(n);
}

START_TEST(two_duplicates_let_two_new_segments_out)
{
	begin();
	sender_write(5);
	ck_assert_uint_eq(sender.sent, 10);
	for (unsigned i = 1; i <= 2; i++) {
		sender_ack(0);
		ck_assert_uint_eq(sender.sent, 10 + i);
		ck_assert_uint_eq(sender_last_segment(), 9 + i);
		ck_assert_uint_eq(sender_cwnd(), 10); /* RFC 3042, 2 */
	}
	sender_end();
}
END_TEST

START_TEST(with_sack_limited_transmit_is_the_same)
{
	sender_start(SENDER_RENO, 10);
	sender_write(10);
	sender_run_us(40 * MS);
	sender_write(5);
	sender_sack(0, 1, 2);
	sender_sack(0, 1, 3);
	ck_assert_uint_eq(sender.sent, 12);
	ck_assert_uint_eq(sender_last_segment(), 11);
	ck_assert_uint_eq(sender_cwnd(), 10);
	sender_end();
}
END_TEST

START_TEST(the_third_duplicate_sends_the_first_segment_again)
{
	begin();
	duplicates(0, 2);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_OPEN);
	sender_ack(0);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_FAST);
	ck_assert_uint_eq(sender_last_segment(), 0);
	ck_assert_uint_eq(sender.tcp->cc.ssthresh, 5 * MSS);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_RENO_RECOVERY), 1);
	sender_end();
}
END_TEST

START_TEST(tcp_reordering_says_which_duplicate_it_is)
{
	sender_start(PLAIN, 10);
	sender.tcp->recovery.reordering = 5;
	sender_write(10);
	sender_run_us(40 * MS);
	duplicates(0, 4);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_OPEN);
	sender_ack(0);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_FAST);
	sender_end();
}
END_TEST

START_TEST(what_carries_data_is_no_duplicate)
{
	struct tcp_header header;
	uint8_t byte = 0;

	begin();
	for (int i = 0; i < 5; i++) {
		header = pair_next_header(&sender.pair, 0);
		header.ack = seq_to_wire(sender.tcp->snd.iss, sender.base);
		header.window = (uint16_t)(sender.tcp->snd.wnd >>
					   sender.tcp->snd.wscale);
		pair_inject(&sender.pair, 0, &header, &byte, 1);
	}
	ck_assert_uint_eq(sender.tcp->recovery.dup_acks, 0);
	sender_end();
}
END_TEST

START_TEST(a_partial_ack_sends_the_next_hole_again)
{
	begin();
	duplicates(0, 3);
	sender_ack(4);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_FAST);
	ck_assert_uint_eq(sender_last_segment(), 4);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_FAST_RETRANS), 2);
	sender_end();
}
END_TEST

START_TEST(duplicates_stay_counted_over_a_partial_ack)
{
	begin();
	duplicates(0, 6); /* of 1 to 9, two are missing and one is to come */
	sender_ack(3); /* 0 was mended, 1 and 2 were there */
	ck_assert_uint_eq(sender.tcp->recovery.dup_acks, 4);
	/* 3 to 9 less four that arrived, and 3 that goes again */
	ck_assert_uint_eq(sender_in_flight(), 3);
	sender_end();
}
END_TEST

START_TEST(a_full_ack_ends_it_at_ssthresh)
{
	begin();
	duplicates(0, 5);
	sender_ack(10);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_OPEN);
	ck_assert_uint_eq(sender.tcp->cc.ssthresh, 5 * MSS);
	ck_assert_uint_le(sender.tcp->cc.cwnd, 6 * MSS);
	sender_end();
}
END_TEST

START_TEST(each_duplicate_counts_for_prr)
{
	begin();
	sender_write(10);
	sender.sent = 0;
	duplicates(0, 9);
	/* Nine of ten left the flight, half of them are replaced. */
	ck_assert_uint_ge(sender.sent, 4);
	ck_assert_uint_le(sender.sent, 6);
	sender_end();
}
END_TEST

/* RFC 9937, 6.2 and 13: each segment that leaves allows a duplicate more. */
START_TEST(duplicates_draw_out_no_more_than_was_in_flight)
{
	begin();
	sender_write(70);
	duplicates(0, 3);
	ck_assert_uint_eq(sender.tcp->recovery.prr_start_len, 12 * MSS);
	duplicates(0, 200);
	ck_assert_uint_eq(sender.tcp->recovery.prr_delivered, 12 * MSS);
	ck_assert_uint_le(sender.sent, 10 + 2 + 12);
	/* What is acknowledged has arrived: that goes on counting. */
	sender_ack(1);
	ck_assert_uint_eq(sender.tcp->recovery.prr_delivered, 13 * MSS);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_FAST_RETRANS), 2);
	sender_end();
}
END_TEST

START_TEST(more_duplicates_than_segments_show_reordering)
{
	begin();
	sender.tcp->recovery.reordering = 20;
	duplicates(0, 30);
	ck_assert_uint_eq(sender.tcp->recovery.dup_acks, 9);
	ck_assert_uint_gt(sender_counter(COUNTER_TCP_RENO_REORDER), 0);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_OPEN);
	sender_end();
}
END_TEST

/* RFC 6582, 4: what was sent twice is answered with duplicates. */
START_TEST(duplicates_of_old_data_after_a_timeout_start_nothing)
{
	sender_start(PLAIN, 10);
	sender_set("net.ipv4.tcp_frto", "0");
	sender_write(10);
	sender_time_out();
	pair_flush(&sender.pair);
	sender_ack(10); /* all but the first had arrived */
	sender_write(10);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_OPEN);
	duplicates(10, 4);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_OPEN);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_RENO_RECOVERY), 0);
	sender_ack(11); /* beyond: from here on they count again */
	duplicates(11, 3);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_FAST);
	sender_end();
}
END_TEST

UNIT_MAIN("tcp_newreno", two_duplicates_let_two_new_segments_out,
	  with_sack_limited_transmit_is_the_same,
	  the_third_duplicate_sends_the_first_segment_again,
	  tcp_reordering_says_which_duplicate_it_is,
	  what_carries_data_is_no_duplicate,
	  a_partial_ack_sends_the_next_hole_again,
	  duplicates_stay_counted_over_a_partial_ack,
	  a_full_ack_ends_it_at_ssthresh, each_duplicate_counts_for_prr,
	  duplicates_draw_out_no_more_than_was_in_flight,
	  more_duplicates_than_segments_show_reordering,
	  duplicates_of_old_data_after_a_timeout_start_nothing)
