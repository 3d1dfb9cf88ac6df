#include "unit.h"

#include "tcp/tcp_cc.h"

#define MSS 1000u

static const struct tcp_cc_added none;

static struct pyt_cc start(const char *name, uint32_t cwnd)
{
	struct pyt_cc cc = { .cwnd = cwnd,
			     .ssthresh = TCP_CC_SSTHRESH_INFINITE,
			     .mss = MSS,
			     .min_rtt_us = 100 * MS };

	tcp_cc_start(&cc, tcp_cc_find(&none, name), 0);
	return cc;
}

/* A round trip in which the whole window is acknowledged. */
static void round_trip(struct pyt_cc *cc, int64_t now_us)
{
	uint32_t left = cc->cwnd;
	struct pyt_cc_ack ack = { .delivered = MSS,
				  .rtt_us = 100 * MS,
				  .round_start = true,
				  .window_was_used = true };

	for (; left >= MSS; left -= MSS) {
		cc->ops->on_ack(cc, &ack, now_us);
		ack.round_start = false;
	}
}

START_TEST(names_are_found)
{
	ck_assert_ptr_eq(tcp_cc_find(&none, "cubic"), &tcp_cubic);
	ck_assert_ptr_eq(tcp_cc_find(&none, "reno"), &tcp_reno);
	ck_assert_ptr_null(tcp_cc_find(&none, "vegas"));
}
END_TEST

START_TEST(slow_start_doubles_in_each_round_trip)
{
	struct pyt_cc reno = start("reno", 10 * MSS);
	struct pyt_cc cubic = start("cubic", 10 * MSS);

	round_trip(&reno, 1 * SEC);
	round_trip(&cubic, 1 * SEC);
	ck_assert_uint_eq(reno.cwnd, 20 * MSS);
	ck_assert_uint_eq(cubic.cwnd, 20 * MSS);
}
END_TEST

START_TEST(reno_halves_and_then_adds_one_segment_a_round_trip)
{
	struct pyt_cc cc = start("reno", 40 * MSS);

	cc.ssthresh = cc.cwnd = cc.ops->ssthresh(&cc, PYT_CC_LOSS, 0);
	ck_assert_uint_eq(cc.cwnd, 20 * MSS);
	for (unsigned i = 1; i < 6; i++) {
		round_trip(&cc, 0);
		ck_assert_uint_eq(cc.cwnd, (20 + i) * MSS);
	}
}
END_TEST

START_TEST(an_unused_window_does_not_grow)
{
	struct pyt_cc cc = start("reno", 10 * MSS);
	struct pyt_cc_ack ack = { .delivered = MSS };

	cc.ops->on_ack(&cc, &ack, 0);
	ck_assert_uint_eq(cc.cwnd, 10 * MSS);
}
END_TEST

START_TEST(cubic_comes_back_to_its_plateau_after_k_seconds)
{
	struct pyt_cc cc = start("cubic", 1000 * MSS);
	int64_t now_us = 10 * SEC, k_us = 9086 * MS; /* cbrt(300 / 0.4) */

	cc.ssthresh = cc.cwnd = cc.ops->ssthresh(&cc, PYT_CC_LOSS, now_us);
	ck_assert_uint_eq(cc.cwnd, 700 * MSS);
	for (int64_t t = 0; t < k_us; t += 100 * MS)
		round_trip(&cc, now_us + t);
	ck_assert_uint_ge(cc.cwnd, 985 * MSS);
	ck_assert_uint_le(cc.cwnd, 1015 * MSS);
	for (int64_t t = k_us; t < 2 * k_us; t += 100 * MS)
		round_trip(&cc, now_us + t);
	ck_assert_uint_ge(cc.cwnd, 1280 * MSS);
}
END_TEST

START_TEST(cubic_gives_way_faster_when_the_window_shrinks_twice)
{
	struct pyt_cc cc = start("cubic", 1000 * MSS);

	cc.ssthresh = cc.cwnd = cc.ops->ssthresh(&cc, PYT_CC_LOSS, 0);
	cc.ops->ssthresh(&cc, PYT_CC_LOSS, 0);
	ck_assert_uint_eq(((uint64_t *)cc.state)[2], 595 * MSS);
}
END_TEST

START_TEST(a_small_window_is_never_below_two_segments)
{
	struct pyt_cc reno = start("reno", MSS), cubic = start("cubic", MSS);

	ck_assert_uint_eq(reno.ops->ssthresh(&reno, PYT_CC_LOSS, 0), 2 * MSS);
	ck_assert_uint_eq(cubic.ops->ssthresh(&cubic, PYT_CC_LOSS, 0), 2 * MSS);
}
END_TEST

UNIT_MAIN("tcp_cc", names_are_found, slow_start_doubles_in_each_round_trip,
	  reno_halves_and_then_adds_one_segment_a_round_trip,
	  an_unused_window_does_not_grow,
	  cubic_comes_back_to_its_plateau_after_k_seconds,
	  cubic_gives_way_faster_when_the_window_shrinks_twice,
	  a_small_window_is_never_below_two_segments)
