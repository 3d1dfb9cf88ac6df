#include "control.h"

#define START_US (10 * SEC)

/* RFC 9438, 4.2, in segments and seconds. */
static double cube_root_of(double x)
{
	double r = x > 1 ? x : 1;

	for (int i = 0; i < 200; i++)
		r = (2 * r + x / (r * r)) / 3;
	return r;
}

static double w_cubic(double w_max, double cwnd_epoch, double t)
{
	double k = cube_root_of((w_max - cwnd_epoch) / 0.4);

	return 0.4 * (t - k) * (t - k) * (t - k) + w_max;
}

static void run_rounds(struct pyt_cc *cc, int64_t from_us, int64_t until_us)
{
	for (; from_us < until_us; from_us += RTT_US)
		control_round(cc, RTT_US, from_us);
}

/* The window after the loss, brought into congestion avoidance. */
static struct pyt_cc after_loss(uint32_t segments, enum pyt_cc_cause cause)
{
	struct pyt_cc cc = control_start("cubic", segments * MSS);

	control_reduce(&cc, cause, START_US);
	return cc;
}

START_TEST(slow_start_doubles_in_each_round_trip)
{
	struct pyt_cc cc = control_start("cubic", 10 * MSS);

	control_round(&cc, RTT_US, 1 * SEC);
	ck_assert_uint_eq(cc.cwnd, 20 * MSS);
}
END_TEST

START_TEST(the_window_follows_the_cubic_function)
{
	struct pyt_cc cc = after_loss(1000, PYT_CC_LOSS);

	ck_assert_uint_eq(cc.cwnd, 700 * MSS);
	for (int second = 1; second <= 18; second++) {
		double expected = w_cubic(1000, 700, second);

		run_rounds(&cc, START_US + (second - 1) * SEC,
			   START_US + second * SEC);
		ck_assert_double_ge(cc.cwnd / MSS, expected * 0.985);
		ck_assert_double_le(cc.cwnd / MSS, expected * 1.015);
	}
	ck_assert_uint_ge(cc.cwnd, 1200 * MSS); /* the convex region */
}
END_TEST

START_TEST(a_small_window_grows_as_reno_with_its_own_step)
{
	struct pyt_cc cc = after_loss(20, PYT_CC_LOSS);

	cc.srtt_us = cc.min_rtt_us = 1 * MS; /* the cube hardly moves */
	ck_assert_uint_eq(cc.cwnd, 14 * MSS);
	for (int i = 0; i < 8; i++)
		control_round(&cc, 1 * MS, START_US + i * MS);
	/* 9/17 of a segment for each round trip */
	ck_assert_uint_ge(cc.cwnd, 14 * MSS + 8 * MSS * 9 / 17 - 200);
	ck_assert_uint_le(cc.cwnd, 14 * MSS + 8 * MSS * 9 / 17 + 200);
}
END_TEST

START_TEST(the_estimate_grows_by_whole_segments_from_cwnd_prior_on)
{
	struct pyt_cc cc = after_loss(20, PYT_CC_LOSS);
	uint32_t cwnd;

	cc.srtt_us = cc.min_rtt_us = 1 * MS;
	for (int i = 0; i < 13; i++)
		control_round(&cc, 1 * MS, START_US + i * MS);
	cwnd = cc.cwnd;
	ck_assert_uint_ge(cwnd, 20 * MSS);
	for (int i = 13; i < 21; i++)
		control_round(&cc, 1 * MS, START_US + i * MS);
	ck_assert_uint_ge(cc.cwnd, cwnd + 7 * MSS);
	ck_assert_uint_le(cc.cwnd, cwnd + 9 * MSS);
}
END_TEST

START_TEST(an_estimate_of_a_great_window_grows_too)
{
	struct pyt_cc cc = after_loss(100000, PYT_CC_LOSS);
	uint32_t cwnd = cc.cwnd;

	cc.srtt_us = cc.min_rtt_us = 100;
	for (int i = 0; i < 4; i++)
		control_round(&cc, 100, START_US + i * 100);
	ck_assert_uint_ge(cc.cwnd, cwnd + 4 * MSS * 9 / 17 - 100);
}
END_TEST

START_TEST(a_round_trip_brings_half_of_the_window_at_most)
{
	struct pyt_cc cc = after_loss(100, PYT_CC_LOSS);

	control_round(&cc, RTT_US, START_US);
	for (int i = 0; i < 3; i++) {
		uint32_t cwnd = cc.cwnd;

		/* the function is far above by now */
		control_round(&cc, RTT_US, START_US + (60 + i) * SEC);
		ck_assert_uint_gt(cc.cwnd, cwnd * 12 / 10);
		ck_assert_uint_le(cc.cwnd, cwnd * 3 / 2 + MSS);
	}
}
END_TEST

START_TEST(an_ack_of_many_segments_does_not_pass_the_target)
{
	struct pyt_cc cc = after_loss(1000, PYT_CC_LOSS);
	struct pyt_cc_ack ack = control_ack(5000 * MSS);

	control_round(&cc, RTT_US, START_US);
	tcp_cc_on_ack(&cc, &ack, START_US + 5 * SEC);
	ck_assert_double_le(cc.cwnd / MSS, 1.01 * w_cubic(1000, 700, 5.1));
}
END_TEST

START_TEST(loss_takes_thirty_percent_and_a_mark_fifteen)
{
	struct pyt_cc loss = after_loss(100, PYT_CC_LOSS);
	struct pyt_cc mark = after_loss(100, PYT_CC_ECN);

	ck_assert_uint_eq(loss.cwnd, 70 * MSS);
	ck_assert_uint_eq(mark.cwnd, 85 * MSS);
}
END_TEST

/* Where it levels off: the increase of two seconds around it is least. */
static uint32_t plateau_after(struct pyt_cc *cc, double k_s)
{
	run_rounds(cc, START_US, START_US + (int64_t)(k_s * SEC));
	return cc->cwnd / MSS;
}

START_TEST(fast_convergence_gives_the_new_flow_room)
{
	struct pyt_cc cc = after_loss(1000, PYT_CC_LOSS);
	double w_max = 700 * 0.85; /* (1 + beta) / 2 */
	double k;

	control_reduce(&cc, PYT_CC_LOSS, START_US);
	ck_assert_uint_eq(cc.cwnd, 490 * MSS);
	k = cube_root_of((w_max - 490) / 0.4);
	ck_assert_uint_le(plateau_after(&cc, k), (uint32_t)(w_max * 1.01));
	ck_assert_uint_ge(plateau_after(&cc, 0), (uint32_t)(w_max * 0.98));
}
END_TEST

START_TEST(after_a_timeout_the_window_itself_is_the_plateau)
{
	struct pyt_cc cc = control_start("cubic", 1000 * MSS);

	tcp_cc_reduce(&cc, PYT_CC_TIMEOUT, 0, START_US);
	tcp_cc_on_timeout(&cc, START_US);
	ck_assert_uint_eq(cc.cwnd, MSS);
	ck_assert_uint_eq(cc.ssthresh, 700 * MSS);
	cc.cwnd = cc.ssthresh; /* slow start brought it there */
	run_rounds(&cc, START_US, START_US + 4 * SEC);
	/* 700 + 0.4 * 4^3, not on its way to 1000 */
	ck_assert_double_ge(cc.cwnd / MSS, 722);
	ck_assert_double_le(cc.cwnd / MSS, 730);
}
END_TEST

START_TEST(idle_time_does_not_count)
{
	struct pyt_cc cc = after_loss(1000, PYT_CC_LOSS);
	double expected = w_cubic(1000, 700, 4);

	run_rounds(&cc, START_US, START_US + 2 * SEC);
	tcp_cc_on_restart(&cc, 100 * SEC, START_US + 102 * SEC);
	run_rounds(&cc, START_US + 102 * SEC, START_US + 104 * SEC);
	ck_assert_double_ge(cc.cwnd / MSS, expected * 0.98);
	ck_assert_double_le(cc.cwnd / MSS, expected * 1.01);
}
END_TEST

START_TEST(time_of_a_program_with_little_to_send_does_not_count)
{
	struct pyt_cc cc = after_loss(1000, PYT_CC_LOSS);
	struct pyt_cc_ack ack = control_ack(MSS);
	uint32_t cwnd;

	run_rounds(&cc, START_US, START_US + 2 * SEC);
	cwnd = cc.cwnd;
	ack.window_was_used = false;
	for (int i = 0; i < 100; i++)
		tcp_cc_on_ack(&cc, &ack, START_US + (2 + i) * SEC);
	ck_assert_uint_eq(cc.cwnd, cwnd);
	run_rounds(&cc, START_US + 101 * SEC, START_US + 102 * SEC);
	ck_assert_double_le(cc.cwnd / MSS, w_cubic(1000, 700, 3.2));
}
END_TEST

START_TEST(an_undo_brings_the_epoch_back)
{
	struct pyt_cc cc = after_loss(1000, PYT_CC_LOSS);
	uint32_t cwnd, ssthresh;
	double expected = w_cubic(1000, 700, 6);

	run_rounds(&cc, START_US, START_US + 4 * SEC);
	cwnd = cc.cwnd;
	ssthresh = cc.ssthresh;
	control_reduce(&cc, PYT_CC_LOSS, START_US + 4 * SEC);
	tcp_cc_undo(&cc, cwnd, ssthresh, START_US + 4 * SEC);
	ck_assert_uint_eq(cc.cwnd, cwnd);
	run_rounds(&cc, START_US + 4 * SEC, START_US + 6 * SEC);
	ck_assert_double_ge(cc.cwnd / MSS, expected * 0.98);
	ck_assert_double_le(cc.cwnd / MSS, expected * 1.01);
}
END_TEST

/* 4.9.2: the window is beyond it already: its own growth goes on. */
START_TEST(an_undo_that_comes_late_changes_no_epoch)
{
	struct pyt_cc late = after_loss(100, PYT_CC_LOSS);
	struct pyt_cc never;
	uint32_t cwnd = 100 * MSS;

	run_rounds(&late, START_US, START_US + 20 * SEC);
	ck_assert_uint_gt(late.cwnd, cwnd);
	never = late;
	tcp_cc_undo(&late, cwnd, late.ssthresh, START_US + 20 * SEC);
	run_rounds(&late, START_US + 20 * SEC, START_US + 22 * SEC);
	run_rounds(&never, START_US + 20 * SEC, START_US + 22 * SEC);
	ck_assert_uint_eq(late.cwnd, never.cwnd);
}
END_TEST

START_TEST(a_queue_ends_slow_start_before_the_loss)
{
	struct pyt_cc cc = control_start("cubic", 16 * MSS);
	int64_t now_us = 0;

	control_round(&cc, RTT_US, now_us);
	for (int i = 0; i < 6; i++)
		control_round(&cc, 120 * MS, now_us += RTT_US);
	ck_assert_uint_lt(cc.ssthresh, 120 * MSS);
}
END_TEST

/* 4.10: no W_max then; the window itself is the plateau, and cwnd_prior. */
START_TEST(without_a_loss_avoidance_begins_with_whole_segments)
{
	struct pyt_cc cc = control_start("cubic", 100 * MSS);

	cc.ssthresh = cc.cwnd;
	run_rounds(&cc, START_US, START_US + 20 * RTT_US);
	ck_assert_uint_ge(cc.cwnd, 118 * MSS);
	ck_assert_uint_le(cc.cwnd, 121 * MSS);
	run_rounds(&cc, START_US + 20 * RTT_US, START_US + 20 * SEC);
	ck_assert_double_ge(cc.cwnd / MSS, w_cubic(100, 100, 20) * 0.985);
	ck_assert_double_le(cc.cwnd / MSS, w_cubic(100, 100, 20) * 1.015);
}
END_TEST

UNIT_MAIN("tcp_cubic", slow_start_doubles_in_each_round_trip,
	  the_window_follows_the_cubic_function,
	  a_small_window_grows_as_reno_with_its_own_step,
	  the_estimate_grows_by_whole_segments_from_cwnd_prior_on,
	  an_estimate_of_a_great_window_grows_too,
	  a_round_trip_brings_half_of_the_window_at_most,
	  an_ack_of_many_segments_does_not_pass_the_target,
	  loss_takes_thirty_percent_and_a_mark_fifteen,
	  fast_convergence_gives_the_new_flow_room,
	  after_a_timeout_the_window_itself_is_the_plateau,
	  idle_time_does_not_count,
	  time_of_a_program_with_little_to_send_does_not_count,
	  an_undo_brings_the_epoch_back,
	  an_undo_that_comes_late_changes_no_epoch,
	  a_queue_ends_slow_start_before_the_loss,
	  without_a_loss_avoidance_begins_with_whole_segments)
