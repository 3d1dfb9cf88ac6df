#include "pair.h"
#include "unit.h"

#include <linux/inet_diag.h>
#include <netinet/in.h>
#include <string.h>

#define MSS 1448u
#define RATE 1250000u /* 10 Mbit/s */
#define UNIT 256u

static struct pair pair;
static struct pair_network network;

static void setup(void)
{
	network = (struct pair_network){ .delay_us = 20 * MS,
					 .rate = RATE,
					 .queue_len = 1000000 };
}

static void begin(void)
{
	struct tcp_connection *a;

	pair_init(&pair, 1, &network);
	/* the peer's window must not be the limit */
	tcp_sysctl_set(pair.end[1].context, "net.ipv4.tcp_rmem",
		       "4096 4000000 6291456");
	pair_connect(&pair);
	a = pair.end[0].tcp;
	ck_assert_int_eq(tcp_set_option(a, IPPROTO_TCP, TCP_CONGESTION, "bbr",
					4, pair.now_us),
			 0);
}

static struct tcp_bbr_info model(void)
{
	struct tcp_connection *a = pair.end[0].tcp;
	struct tcp_bbr_info info;

	ck_assert_uint_eq(a->cc.ops->get_info(&a->cc, &info), sizeof(info));
	return info;
}

/* Keeps the connection busy; true while the gains are the ones given. */
static void keep_busy(int64_t us)
{
	int64_t until_us = pair.now_us + us;
	uint64_t offset = pair.end[1].tcp->receive_stream.head - SEQ_DATA;

	while (pair.now_us < until_us) {
		pair_write(&pair, 0, 65536);
		if (!pair_step(&pair, until_us))
			return;
		pair_read(&pair, 1, &offset);
	}
}

static bool busy_until_gain(uint32_t gain, int64_t us)
{
	int64_t until_us = pair.now_us + us;

	while (pair.now_us < until_us) {
		if (model().bbr_pacing_gain == gain)
			return true;
		keep_busy(1 * MS);
	}
	return false;
}

static void assert_about(double value, double expected, double percent)
{
	ck_assert_double_ge(value, expected * (100 - percent) / 100);
	ck_assert_double_le(value, expected * (100 + percent) / 100);
}

#define POLICED (RATE / 8)
#define BUCKET 300000

/* A token bucket of an eighth of the line's rate. */
static bool police(struct pair *p, int from, struct tcp_header *header,
		   uint32_t payload_len)
{
	static int64_t filled_us;
	static int64_t tokens;

	(void)header;
	if (from != 0 || !payload_len)
		return true;
	if (!p->count) { /* the first */
		filled_us = p->now_us;
		tokens = BUCKET;
		p->count = 1;
	}
	tokens += (p->now_us - filled_us) * POLICED / SEC;
	filled_us = p->now_us;
	if (tokens > BUCKET)
		tokens = BUCKET;
	if (tokens < payload_len)
		return false;
	tokens -= payload_len;
	return true;
}

START_TEST(a_policer_is_found_and_its_rate_kept)
{
	begin();
	pair.filter = police;
	keep_busy(SEC);
	while (busy_until_gain(UNIT * 5 / 4, SEC)) /* more is tried, as yet */
		keep_busy(300 * MS);
	ck_assert_uint_eq(model().bbr_pacing_gain, UNIT);
	assert_about(model().bbr_bw_lo, POLICED, 13);
	/* then it is, as more may be let through */
	ck_assert(busy_until_gain(UNIT * 5 / 4, 5 * SEC));
	pair_clear(&pair);
}
END_TEST

START_TEST(startup_paces_at_twice_what_was_delivered)
{
	begin();
	ck_assert_uint_eq(model().bbr_pacing_gain, 739);
	ck_assert_uint_eq(model().bbr_cwnd_gain, 739);
	keep_busy(50 * MS);
	ck_assert_uint_eq(model().bbr_pacing_gain, 739);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_full_pipe_is_drained_and_then_probed)
{
	begin();
	ck_assert(busy_until_gain(88, 2 * SEC)); /* DRAIN */
	ck_assert(busy_until_gain(UNIT, 2 * SEC) ||
		  busy_until_gain(UNIT * 5 / 4, 2 * SEC));
	ck_assert_uint_eq(model().bbr_cwnd_gain, 2 * UNIT);
	pair_clear(&pair);
}
END_TEST

/* The queue is gone already: to drain once more would waste the line. */
START_TEST(the_cycle_never_begins_with_the_phase_that_drains)
{
	unsigned began_probing = 0;

	for (int i = 0; i < 24; i++) {
		network.delay_us = 5 * MS + i * 100;
		begin();
		ck_assert(busy_until_gain(88, 2 * SEC));
		while (model().bbr_pacing_gain == 88)
			keep_busy(10);
		ck_assert_uint_ne(model().bbr_pacing_gain, UNIT * 3 / 4);
		began_probing += model().bbr_pacing_gain == UNIT * 5 / 4;
		pair_clear(&pair);
	}
	ck_assert_uint_gt(began_probing, 0);
	ck_assert_uint_lt(began_probing, 24);
}
END_TEST

START_TEST(the_model_finds_the_bottleneck)
{
	begin();
	keep_busy(5 * SEC);
	assert_about(model().bbr_bw_lo, RATE * 1448.0 / 1500, 3);
	assert_about(model().bbr_min_rtt, 41200, 4);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_queue_stays_short)
{
	begin();
	keep_busy(2 * SEC);
	pair.queue_peak = 0;
	keep_busy(5 * SEC);
	/* two bandwidth-delay products in flight at most */
	ck_assert_uint_le(pair.queue_peak, RATE / 1000 * 60);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_whole_bottleneck_is_used)
{
	uint64_t before;

	begin();
	keep_busy(2 * SEC);
	before = pair.end[0].tcp->snd.una;
	keep_busy(5 * SEC);
	assert_about((double)(pair.end[0].tcp->snd.una - before) / 5,
		     RATE * 1448.0 / 1500, 6);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_pace_cycles_through_more_less_and_six_times_even)
{
	begin();
	keep_busy(3 * SEC);
	ck_assert(busy_until_gain(UNIT * 5 / 4, SEC));
	ck_assert(busy_until_gain(UNIT * 3 / 4, SEC));
	ck_assert(busy_until_gain(UNIT, SEC));
	keep_busy(200 * MS); /* five of the six */
	ck_assert_uint_eq(model().bbr_pacing_gain, UNIT);
	ck_assert(busy_until_gain(UNIT * 5 / 4, SEC));
	pair_clear(&pair);
}
END_TEST

START_TEST(after_ten_seconds_the_round_trip_is_probed_with_four_segments)
{
	struct tcp_connection *a;
	int64_t at_us;

	begin();
	a = pair.end[0].tcp;
	keep_busy(9 * SEC);
	ck_assert_uint_gt(a->cc.cwnd, 4 * MSS);
	while (model().bbr_cwnd_gain != UNIT)
		keep_busy(1 * MS);
	at_us = pair.now_us;
	keep_busy(100 * MS);
	ck_assert_uint_eq(a->cc.cwnd, 4 * MSS);
	while (model().bbr_cwnd_gain == UNIT)
		keep_busy(1 * MS);
	ck_assert_int_ge(pair.now_us - at_us, 200 * MS);
	ck_assert_int_le(pair.now_us - at_us, 400 * MS);
	assert_about(model().bbr_min_rtt, 41200, 4);
	assert_about(model().bbr_bw_lo, RATE * 1448.0 / 1500, 3);
	ck_assert_uint_gt(a->cc.cwnd, 40 * MSS);
	at_us = pair.now_us;
	while (model().bbr_cwnd_gain != UNIT)
		keep_busy(1 * MS);
	assert_about((double)(pair.now_us - at_us), 10e6, 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_peers_window_grows_although_segments_are_paced)
{
	network.delay_us = 50 * MS;
	network.rate = 2 * RATE;
	pair_init(&pair, 1, &network);
	pair_connect(&pair);
	tcp_set_option(pair.end[0].tcp, IPPROTO_TCP, TCP_CONGESTION, "bbr", 4,
		       pair.now_us);
	keep_busy(5 * SEC);
	assert_about(model().bbr_bw_lo, 2 * RATE * 1448.0 / 1500, 3);
	pair_clear(&pair);
}
END_TEST

START_TEST(loss_does_not_take_the_rate)
{
	uint64_t before;

	network.loss_permille = 20;
	begin();
	keep_busy(3 * SEC);
	before = pair.end[0].tcp->snd.una;
	keep_busy(5 * SEC);
	ck_assert_uint_ge(pair.end[0].tcp->snd.una - before,
			  5ull * RATE * 80 / 100);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_bottleneck_that_narrows_is_followed_in_some_rounds)
{
	begin();
	keep_busy(3 * SEC);
	pair.network.rate = RATE / 4;
	keep_busy(8 * SEC);
	assert_about(model().bbr_bw_lo, RATE / 4 * 1448.0 / 1500, 5);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_bottleneck_that_widens_is_found_by_probing)
{
	begin();
	keep_busy(3 * SEC);
	pair.network.rate = RATE * 2;
	keep_busy(5 * SEC);
	assert_about(model().bbr_bw_lo, 2 * RATE * 1448.0 / 1500, 5);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_program_that_writes_little_does_not_lower_the_model)
{
	begin();
	keep_busy(3 * SEC);
	pair_run(&pair, pair.now_us + 300 * MS);
	for (int i = 0; i < 100; i++) {
		pair_write(&pair, 0, 500);
		pair_run(&pair, pair.now_us + 50 * MS);
	}
	assert_about(model().bbr_bw_lo, RATE * 1448.0 / 1500, 5);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_timeout_is_survived)
{
	uint64_t before;

	begin();
	keep_busy(3 * SEC);
	pair.network.loss_permille = 1000;
	keep_busy(2 * SEC);
	pair.network.loss_permille = 0;
	keep_busy(3 * SEC);
	before = pair.end[0].tcp->snd.una;
	keep_busy(2 * SEC);
	ck_assert_uint_ge(pair.end[0].tcp->snd.una - before,
			  2ull * RATE * 85 / 100);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN_WITH("tcp_bbr", setup, NULL,
	       startup_paces_at_twice_what_was_delivered,
	       a_full_pipe_is_drained_and_then_probed,
	       the_cycle_never_begins_with_the_phase_that_drains,
	       the_model_finds_the_bottleneck, the_queue_stays_short,
	       the_whole_bottleneck_is_used,
	       the_pace_cycles_through_more_less_and_six_times_even,
	       after_ten_seconds_the_round_trip_is_probed_with_four_segments,
	       the_peers_window_grows_although_segments_are_paced,
	       loss_does_not_take_the_rate,
	       a_bottleneck_that_narrows_is_followed_in_some_rounds,
	       a_bottleneck_that_widens_is_found_by_probing,
	       a_program_that_writes_little_does_not_lower_the_model,
	       a_timeout_is_survived, a_policer_is_found_and_its_rate_kept)
