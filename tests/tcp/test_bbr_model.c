/* BBR without a connection: its model by hand, where a whole path blurs it. */
#include "control.h"

#include <linux/inet_diag.h>

#define RATE 1000000u /* bytes a second */
#define PRODUCT 100000u /* of RATE and RTT_US */
#define QUANTUM (3 * 2 * MSS) /* two segments in each of three queues */
#define UNIT 256u
#define PACE(gain) ((uint64_t)RATE * (gain) / UNIT * 99 / 100)

static struct pyt_cc cc;
static uint64_t total;
static int64_t now_us;

static uint32_t gain(void)
{
	struct tcp_bbr_info info;

	cc.ops->get_info(&cc, &info);
	return info.bbr_pacing_gain;
}

/* Of len bytes, sent a round trip before; its sample says RATE. */
static struct pyt_cc_ack ack_of(uint32_t len)
{
	struct pyt_cc_ack ack = control_ack(len);

	total += len;
	ack.prior_in_flight = cc.in_flight;
	ack.rate = (struct pyt_cc_rate){
		.total = total,
		.prior_total = total < PRODUCT ? 0 : total - PRODUCT,
		.delivered = PRODUCT,
		.interval_us = RTT_US
	};
	return ack;
}

static void acknowledge(uint32_t len)
{
	struct pyt_cc_ack ack = ack_of(len);

	tcp_cc_on_ack(&cc, &ack, now_us);
}

/* Segments that come as evenly as they were sent. */
static void even_rounds(unsigned rounds)
{
	while (rounds--) {
		for (unsigned i = 0; i < PRODUCT / MSS; i++) {
			now_us += RTT_US * MSS / PRODUCT;
			acknowledge(MSS);
		}
	}
}

static void begin(void)
{
	total = 0;
	now_us = 0;
	cc = control_start("bbr", 10 * MSS);
	even_rounds(10);
	ck_assert_uint_le(gain(), UNIT * 5 / 4); /* PROBE_BW */
}

static void until_gain(uint32_t wanted)
{
	for (unsigned i = 0; gain() != wanted; i++) {
		ck_assert_uint_lt(i, 1000);
		/* the phase that probes ends when as much is on its way */
		cc.in_flight = 2 * PRODUCT;
		now_us += RTT_US / 10;
		acknowledge(MSS);
	}
}

static void assert_cwnd(uint32_t least)
{
	ck_assert_uint_ge(cc.cwnd, least);
	ck_assert_uint_le(cc.cwnd, least + 4 * MSS); /* even, and probing */
}

START_TEST(the_window_is_twice_the_product)
{
	begin();
	even_rounds(10);
	assert_cwnd(2 * PRODUCT + QUANTUM);
}
END_TEST

/* A link that hands out many ACKs at once: what they hold back goes on top. */
START_TEST(aggregation_widens_the_window_by_100_ms_at_most)
{
	begin();
	even_rounds(10);
	for (unsigned i = 0; i < 5; i++) {
		now_us += 60 * MS;
		acknowledge(60 * MSS);
	}
	assert_cwnd(2 * PRODUCT + 60 * MSS + QUANTUM);
	for (unsigned i = 0; i < 5; i++) {
		now_us += 400 * MS;
		acknowledge(400 * MSS);
	}
	assert_cwnd(2 * PRODUCT + RATE / 10 + QUANTUM);
	now_us += SEC; /* a new epoch, and two windows of five rounds */
	even_rounds(10);
	assert_cwnd(2 * PRODUCT + QUANTUM);
}
END_TEST

START_TEST(the_first_round_of_a_recovery_conserves)
{
	struct pyt_cc_ack ack;
	uint32_t prior;

	begin();
	even_rounds(10);
	prior = cc.cwnd;
	cc.ops->ssthresh(&cc, PYT_CC_LOSS, now_us);
	cc.in_flight = 50 * MSS;
	ack = ack_of(MSS);
	ack.in_recovery = true;
	ack.lost = 3 * MSS;
	tcp_cc_on_ack(&cc, &ack, now_us);
	ck_assert_uint_eq(cc.cwnd, 51 * MSS);
	/* what is lost takes room, and what arrives gives it back at once */
	ack = ack_of(2 * MSS);
	ack.in_recovery = true;
	ack.lost = 4 * MSS;
	tcp_cc_on_ack(&cc, &ack, now_us);
	ck_assert_uint_eq(cc.cwnd, 52 * MSS);
	ack = ack_of(MSS);
	ack.in_recovery = true;
	cc.in_flight = 40 * MSS;
	tcp_cc_on_ack(&cc, &ack, now_us);
	ck_assert_uint_eq(cc.cwnd, 52 * MSS);
	/* the second round grows again, to the model's window */
	ack = ack_of(MSS);
	ack.in_recovery = true;
	ack.rate.prior_total = total - MSS;
	tcp_cc_on_ack(&cc, &ack, now_us);
	ck_assert_uint_eq(cc.cwnd, 53 * MSS);
	acknowledge(MSS);
	ck_assert_uint_ge(cc.cwnd, prior);
}
END_TEST

START_TEST(after_idleness_the_pace_is_the_bandwidth)
{
	static const uint32_t gains[] = { UNIT * 5 / 4, UNIT * 3 / 4 };

	begin();
	for (unsigned i = 0; i < 2; i++) {
		until_gain(gains[i]);
		ck_assert_uint_eq(cc.pacing_rate, PACE(gains[i]));
		cc.ops->on_restart(&cc, SEC, now_us);
		ck_assert_uint_eq(cc.pacing_rate, PACE(UNIT));
	}
}
END_TEST

UNIT_MAIN("tcp_bbr_model", the_window_is_twice_the_product,
	  aggregation_widens_the_window_by_100_ms_at_most,
	  the_first_round_of_a_recovery_conserves,
	  after_idleness_the_pace_is_the_bandwidth)
