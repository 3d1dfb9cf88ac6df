#include "recovery.h"

#include "tcp/tcp_rack.h"
#include "tcp/tcp_recovery.h"

START_TEST(three_segments_sacked_behind_a_hole_end_all_patience)
{
	sender_start(SENDER_RENO, 10);
	sender_write(10);
	sender_run_us(40 * MS);
	sender_sack(0, 1, 2);
	sender_sack(0, 1, 3);
	ck_assert_uint_eq(sender.sent, 10);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_OPEN);
	sender_sack(0, 1, 4);
	ck_assert_uint_eq(sender.sent, 11);
	ck_assert_uint_eq(sender_last_segment(), 0);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_FAST);
	ck_assert_uint_eq(sender.tcp->cc.ssthresh, 5 * MSS);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_SACK_RECOVERY), 1);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_FAST_RETRANS), 1);
	sender_end();
}
END_TEST

START_TEST(fewer_wait_for_a_quarter_of_the_round_trip)
{
	sender_start(0, 10);
	sender_write(10);
	sender_run_us(40 * MS);
	sender_sack(0, 1, 3);
	sender_run_us(9 * MS);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_OPEN);
	sender_run_us(2 * MS);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_FAST);
	ck_assert_uint_eq(sender_last_segment(), 0);
	sender_end();
}
END_TEST

START_TEST(bit_four_of_tcp_recovery_waits_whatever_is_sacked)
{
	sender_start(0, 10);
	sender_set("net.ipv4.tcp_recovery", "5");
	sender_write(10);
	sender_run_us(40 * MS);
	sender_sack(0, 1, 9);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_OPEN);
	sender_run_us(11 * MS);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_FAST);
	sender_end();
}
END_TEST

START_TEST(a_lost_retransmission_is_found_by_what_was_sent_after_it)
{
	sender_start(0, 20);
	sender_write(10);
	sender_run_us(40 * MS);
	sender_sack(0, 1, 10);
	ck_assert_uint_eq(sender_last_segment(), 0);
	sender_write(4); /* 10 to 13, behind the retransmission */
	sender_run_us(50 * MS);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_LOST_RETRANSMIT), 0);
	sender_sack(0, 1, 11);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_LOST_RETRANSMIT), 1);
	ck_assert_uint_eq(sender_last_segment(), 0);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_TIMEOUTS), 0);
	sender_end();
}
END_TEST

/* Segment 5 overtakes 1 to 4, so 1, when it comes, is late by five. */
static void overtake(void)
{
	sender_write(10);
	sender_run_us(40 * MS);
	sender_sack(1, 5, 6);
	sender_sack(1, 1, 2);
}

START_TEST(reordering_is_measured_in_segments)
{
	struct tcp_info info;

	sender_start(0, 10);
	overtake();
	ck_assert(sender.tcp->recovery.reordering_seen);
	ck_assert_uint_eq(sender.tcp->recovery.reordering, 5);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_SACK_REORDER), 1);
	tcp_info(sender.tcp, &info, sender.pair.now_us);
	ck_assert_uint_eq(info.tcpi_reordering, 5);
	ck_assert_uint_eq(info.tcpi_reord_seen, 1);
	sender_end();
}
END_TEST

START_TEST(what_went_again_and_is_out_is_told)
{
	struct tcp_info info;

	sender_start(0, 10);
	sender_write(10);
	sender_run_us(40 * MS);
	sender_sack(0, 1, 4);
	tcp_info(sender.tcp, &info, sender.pair.now_us);
	ck_assert_uint_eq(info.tcpi_retrans, 1);
	ck_assert_uint_eq(info.tcpi_sacked, 3);
	ck_assert_uint_eq(info.tcpi_lost, 0);
	ck_assert_uint_eq(info.tcpi_ca_state, TCP_CA_Recovery);
	sender_echo_now();
	sender_run_us(40 * MS);
	sender_ack(10);
	tcp_info(sender.tcp, &info, sender.pair.now_us);
	ck_assert_uint_eq(info.tcpi_retrans, 0);
	sender_end();
}
END_TEST

START_TEST(its_degree_is_bounded_by_tcp_max_reordering)
{
	sender_start(0, 10);
	sender_set("net.ipv4.tcp_max_reordering", "4");
	overtake();
	ck_assert_uint_eq(sender.tcp->recovery.reordering, 4);
	sender_end();
}
END_TEST

START_TEST(tcp_reordering_is_the_threshold)
{
	sender_start(0, 20);
	sender.tcp->recovery.reordering = 6;
	sender_write(10);
	sender_run_us(40 * MS);
	sender_sack(0, 1, 6);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_OPEN);
	sender_sack(0, 1, 7);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_FAST);
	sender_end();
}
END_TEST

/* ------------------------------------------------- the window grows */

static void start_with_reordering(void)
{
	sender_start(0, 20);
	sender.tcp->recovery.reordering_seen = true;
	sender.tcp->rto.min_rtt_us = 40 * MS;
	sender.tcp->rto.srtt_us = 100 * MS;
}

START_TEST(a_dsack_widens_the_window_once_a_round_trip)
{
	start_with_reordering();
	ck_assert_int_eq(tcp_rack_window_us(sender.tcp), 10 * MS);
	sender.tcp->statistics.bytes_retransmitted = 100 * MSS;
	sender_write(10);
	sender_dsack(1, 0, 1);
	sender.tcp->rto.min_rtt_us = 40 * MS;
	ck_assert_int_eq(tcp_rack_window_us(sender.tcp), 20 * MS);
	sender_dsack(2, 1, 2);
	ck_assert_uint_eq(sender.tcp->recovery.window_mult, 1);
	sender_ack(10);
	sender_write(2);
	sender_dsack(11, 10, 11);
	ck_assert_uint_eq(sender.tcp->recovery.window_mult, 2);
	sender_end();
}
END_TEST

START_TEST(the_window_is_never_longer_than_a_round_trip)
{
	start_with_reordering();
	sender.tcp->recovery.window_mult = 255;
	ck_assert_int_eq(tcp_rack_window_us(sender.tcp), 100 * MS);
	sender_end();
}
END_TEST

START_TEST(a_wide_window_lasts_sixteen_recoveries)
{
	start_with_reordering();
	tcp_rack_on_dsack(sender.tcp);
	for (int i = 0; i < 15; i++)
		tcp_rack_on_recovery_end(sender.tcp);
	ck_assert_int_eq(tcp_rack_window_us(sender.tcp), 20 * MS);
	tcp_rack_on_recovery_end(sender.tcp);
	ck_assert_int_eq(tcp_rack_window_us(sender.tcp), 10 * MS);
	sender_end();
}
END_TEST

START_TEST(bit_two_of_tcp_recovery_keeps_the_window)
{
	start_with_reordering();
	sender_set("net.ipv4.tcp_recovery", "3");
	tcp_rack_on_dsack(sender.tcp);
	ck_assert_int_eq(tcp_rack_window_us(sender.tcp), 10 * MS);
	sender_end();
}
END_TEST

START_TEST(without_reordering_there_is_no_patience_in_a_recovery)
{
	sender_start(0, 20);
	sender.tcp->recovery.window_mult = 5;
	ck_assert_int_gt(tcp_rack_window_us(sender.tcp), 0);
	sender.tcp->recovery.state = TCP_RECOVERY_FAST;
	ck_assert_int_eq(tcp_rack_window_us(sender.tcp), 0);
	sender_end();
}
END_TEST

/* ------------------------------------------------------------ a timeout */

START_TEST(a_timeout_spares_what_left_just_now)
{
	struct tcp_connection *a;

	sender_start(0, 20);
	a = sender.tcp;
	sender_write(4);
	sender_run_us(40 * MS);
	sender_sack(1, 2, 3); /* RACK knows a round trip of 40 ms */
	a->deadline_us[TCP_TIMER_REORDER] = TIME_NEVER;
	a->deadline_us[TCP_TIMER_TAIL_PROBE] = TIME_NEVER;
	sender_write(1);
	tcp_recovery_on_timeout(a, sender.pair.now_us + 5 * MS);
	ck_assert_uint_eq(a->sent.lost_len, MSS); /* segment 1 */
	ck_assert_uint_eq(sender_in_flight(), 2); /* 3, 4 */
	ck_assert_uint_eq(sender_cwnd(), 3);
	sender_end();
}
END_TEST

START_TEST(a_peer_that_reneges_is_found_out_before_the_timeout)
{
	sender_start(0, 20);
	sender_write(6);
	sender_run_us(40 * MS);
	sender_sack(0, 2, 4);
	sender_ack(2); /* and not 4 */
	ck_assert_int_le(sender.tcp->deadline_us[TCP_TIMER_RETRANSMIT],
			 sender.pair.now_us + 40 * MS);
	sender_time_out();
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_SACK_RENEGING), 1);
	ck_assert_uint_eq(sender.tcp->sent.sacked_len, 0);
	pair_flush(&sender.pair);
	ck_assert_uint_eq(sender_last_segment(), 2);
	sender_end();
}
END_TEST

UNIT_MAIN("tcp_rack", three_segments_sacked_behind_a_hole_end_all_patience,
	  fewer_wait_for_a_quarter_of_the_round_trip,
	  bit_four_of_tcp_recovery_waits_whatever_is_sacked,
	  a_lost_retransmission_is_found_by_what_was_sent_after_it,
	  reordering_is_measured_in_segments,
	  what_went_again_and_is_out_is_told,
	  its_degree_is_bounded_by_tcp_max_reordering,
	  tcp_reordering_is_the_threshold,
	  a_dsack_widens_the_window_once_a_round_trip,
	  the_window_is_never_longer_than_a_round_trip,
	  a_wide_window_lasts_sixteen_recoveries,
	  bit_two_of_tcp_recovery_keeps_the_window,
	  without_reordering_there_is_no_patience_in_a_recovery,
	  a_timeout_spares_what_left_just_now,
	  a_peer_that_reneges_is_found_out_before_the_timeout)
