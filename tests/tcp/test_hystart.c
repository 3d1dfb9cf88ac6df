#include "control.h"

#include <string.h>

#include "tcp/tcp_hystart.h"

static struct tcp_hystart hystart;
static struct pyt_cc cc;

static void setup(void)
{
	memset(&hystart, 0, sizeof(hystart));
	cc = (struct pyt_cc){ .cwnd = 16 * MSS,
			      .ssthresh = PYT_CC_SSTHRESH_INFINITE,
			      .mss = MSS };
}

/* One round of 16 ACKs of a segment each. */
static void round_of(uint32_t rtt_us)
{
	struct pyt_cc_ack ack = control_ack(MSS);

	ack.rtt_us = rtt_us;
	ack.round_start = true;
	for (int i = 0; i < 16; i++) {
		tcp_hystart_on_ack(&hystart, &cc, &ack);
		ack.round_start = false;
	}
}

START_TEST(a_steady_delay_changes_nothing)
{
	for (int i = 0; i < 8; i++)
		round_of(100 * MS);
	ck_assert_uint_eq(cc.cwnd, (16 + 8 * 16) * MSS);
	ck_assert_uint_eq(cc.ssthresh, PYT_CC_SSTHRESH_INFINITE);
}
END_TEST

START_TEST(an_eighth_more_delay_slows_down_to_a_quarter)
{
	uint32_t cwnd;

	round_of(100 * MS);
	round_of(100 * MS);
	cwnd = cc.cwnd;
	round_of(112500);
	/* The first seven samples do not judge. */
	ck_assert_uint_eq(cc.cwnd, cwnd + 7 * MSS + 9 * (MSS / 4));
	ck_assert_uint_eq(hystart.slow_rounds, 1);
}
END_TEST

START_TEST(less_than_the_threshold_is_no_queue)
{
	round_of(100 * MS);
	round_of(112499);
	ck_assert_uint_eq(hystart.slow_rounds, 0);
}
END_TEST

START_TEST(the_threshold_lies_between_four_and_sixteen_milliseconds)
{
	round_of(1 * MS);
	round_of(5 * MS - 1);
	ck_assert_uint_eq(hystart.slow_rounds, 0);
	setup();
	round_of(1 * MS);
	round_of(5 * MS);
	ck_assert_uint_eq(hystart.slow_rounds, 1);
	setup();
	round_of(500 * MS);
	round_of(516 * MS);
	ck_assert_uint_eq(hystart.slow_rounds, 1);
}
END_TEST

START_TEST(five_slow_rounds_end_slow_start)
{
	round_of(100 * MS);
	for (int i = 0; i < 5; i++) {
		round_of(120 * MS);
		ck_assert_uint_eq(cc.ssthresh, PYT_CC_SSTHRESH_INFINITE);
	}
	round_of(120 * MS);
	ck_assert_uint_lt(cc.ssthresh, PYT_CC_SSTHRESH_INFINITE);
	ck_assert_uint_eq(cc.ssthresh, cc.cwnd);
}
END_TEST

START_TEST(a_delay_that_comes_back_resumes_slow_start)
{
	uint32_t cwnd;

	round_of(100 * MS);
	round_of(120 * MS);
	round_of(119 * MS);
	ck_assert_uint_eq(hystart.slow_rounds, 0);
	cwnd = cc.cwnd;
	round_of(119 * MS);
	ck_assert_uint_eq(cc.cwnd, cwnd + 16 * MSS);
}
END_TEST

START_TEST(a_round_of_seven_samples_is_not_judged)
{
	struct pyt_cc_ack ack = control_ack(MSS);

	round_of(100 * MS);
	ack.rtt_us = 200 * MS;
	ack.round_start = true;
	for (int i = 0; i < 7; i++) {
		tcp_hystart_on_ack(&hystart, &cc, &ack);
		ack.round_start = false;
	}
	ack.rtt_us = 0; /* no sample */
	tcp_hystart_on_ack(&hystart, &cc, &ack);
	ck_assert_uint_eq(hystart.slow_rounds, 0);
	ack.rtt_us = 200 * MS;
	tcp_hystart_on_ack(&hystart, &cc, &ack);
	ck_assert_uint_eq(hystart.slow_rounds, 1);
}
END_TEST

START_TEST(later_slow_starts_go_by_ssthresh_alone)
{
	cc.ssthresh = 1000 * MSS;
	round_of(100 * MS);
	round_of(200 * MS);
	ck_assert_uint_eq(hystart.slow_rounds, 0);
	ck_assert_uint_eq(cc.cwnd, 48 * MSS);
}
END_TEST

UNIT_MAIN_WITH("tcp_hystart", setup, NULL, a_steady_delay_changes_nothing,
	       an_eighth_more_delay_slows_down_to_a_quarter,
	       less_than_the_threshold_is_no_queue,
	       the_threshold_lies_between_four_and_sixteen_milliseconds,
	       five_slow_rounds_end_slow_start,
	       a_delay_that_comes_back_resumes_slow_start,
	       a_round_of_seven_samples_is_not_judged,
	       later_slow_starts_go_by_ssthresh_alone)
