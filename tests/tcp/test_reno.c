#include "control.h"

START_TEST(slow_start_doubles_in_each_round_trip)
{
	struct pyt_cc cc = control_start("reno", 10 * MSS);

	control_round(&cc, RTT_US, 0);
	ck_assert_uint_eq(cc.cwnd, 20 * MSS);
	control_round(&cc, RTT_US, RTT_US);
	ck_assert_uint_eq(cc.cwnd, 40 * MSS);
}
END_TEST

START_TEST(loss_halves_and_then_each_round_trip_adds_one_segment)
{
	struct pyt_cc cc = control_start("reno", 40 * MSS);

	control_reduce(&cc, PYT_CC_LOSS, 0);
	ck_assert_uint_eq(cc.cwnd, 20 * MSS);
	for (unsigned i = 1; i < 6; i++) {
		control_round(&cc, RTT_US, 0);
		ck_assert_uint_eq(cc.cwnd, (20 + i) * MSS);
	}
}
END_TEST

START_TEST(a_mark_takes_a_fifth)
{
	struct pyt_cc cc = control_start("reno", 40 * MSS);

	control_reduce(&cc, PYT_CC_ECN, 0);
	ck_assert_uint_eq(cc.cwnd, 32 * MSS);
}
END_TEST

START_TEST(slow_start_ends_at_ssthresh_and_the_rest_counts_on)
{
	struct pyt_cc cc = control_start("reno", 10 * MSS);
	struct pyt_cc_ack ack = control_ack(14 * MSS);

	cc.ssthresh = 12 * MSS;
	tcp_cc_on_ack(&cc, &ack, 0);
	ck_assert_uint_eq(cc.cwnd, 13 * MSS);
}
END_TEST

START_TEST(an_unused_window_does_not_grow)
{
	struct pyt_cc cc = control_start("reno", 10 * MSS);
	struct pyt_cc_ack ack = control_ack(MSS);

	ack.window_was_used = false;
	tcp_cc_on_ack(&cc, &ack, 0);
	ck_assert_uint_eq(cc.cwnd, 10 * MSS);
}
END_TEST

START_TEST(the_window_ends_at_the_greatest)
{
	struct pyt_cc cc = control_start("reno", PYT_CC_CWND_MAX - MSS);
	struct pyt_cc_ack ack = control_ack(PYT_CC_CWND_MAX - 1);

	for (int i = 0; i < 10; i++)
		tcp_cc_on_ack(&cc, &ack, 0);
	ck_assert_uint_eq(cc.cwnd, PYT_CC_CWND_MAX);
	cc.ssthresh = 2 * MSS;
	for (int i = 0; i < 10; i++)
		tcp_cc_on_ack(&cc, &ack, 0);
	ck_assert_uint_eq(cc.cwnd, PYT_CC_CWND_MAX);
}
END_TEST

UNIT_MAIN("tcp_reno", slow_start_doubles_in_each_round_trip,
	  loss_halves_and_then_each_round_trip_adds_one_segment,
	  a_mark_takes_a_fifth,
	  slow_start_ends_at_ssthresh_and_the_rest_counts_on,
	  an_unused_window_does_not_grow, the_window_ends_at_the_greatest)
