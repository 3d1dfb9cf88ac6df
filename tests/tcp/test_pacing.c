#include "pair.h"
#include "tcp/tcp_pacing.h"
#include "unit.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define MSS 1448u

static struct pair pair;
static struct pair_network network;
static uint64_t sent_len;
static uint32_t longest;
static int64_t begin_us, end_us;

/* Data as it leaves end 0. */
static bool watch(struct pair *p, int from, struct tcp_header *header,
		  uint32_t payload_len)
{
	if (from == 0 && payload_len) {
		if (!begin_us)
			begin_us = p->now_us;
		end_us = p->now_us;
		sent_len += payload_len;
		if (payload_len > longest)
			longest = payload_len;
	}
	return true;
}

static void set_rate(uint64_t rate)
{
	ck_assert_int_eq(tcp_set_option(pair.end[0].tcp, SOL_SOCKET,
					SO_MAX_PACING_RATE, &rate, sizeof(rate),
					pair.now_us),
			 0);
}

static void setup(void)
{
	network = (struct pair_network){ .delay_us = 5 * MS,
					 .gso_max_len = 64000,
					 .merges = true };
	pair_init(&pair, 1, &network);
	pair_connect(&pair);
	pair.filter = watch;
	sent_len = longest = 0;
	begin_us = end_us = 0;
}

static void tear_down(void)
{
	pair_clear(&pair);
}

static double measured_rate(void)
{
	return (double)sent_len * SEC / (double)(end_us - begin_us);
}

/* Of the rate asked for: 1 % above, for the initial window, 2 % below. */
static void assert_rate(uint64_t rate, uint64_t len)
{
	set_rate(rate);
	pair_transfer(&pair, 0, len, 1000 * SEC);
	ck_assert_double_ge(measured_rate(), 0.98 * (double)rate);
	ck_assert_double_le(measured_rate(), 1.01 * (double)rate);
}

START_TEST(one_megabit_holds)
{
	assert_rate(125000, 4000000);
}
END_TEST

START_TEST(a_hundred_megabits_hold)
{
	assert_rate(12500000, 40000000);
}
END_TEST

START_TEST(a_gigabit_holds)
{
	set_rate(PYT_CC_UNPACED); /* grow the window first */
	pair_transfer(&pair, 0, 20000000, 100 * SEC);
	sent_len = 0;
	begin_us = 0;
	assert_rate(125000000, 200000000);
}
END_TEST

START_TEST(the_rate_may_change_on_the_way)
{
	assert_rate(1250000, 4000000);
	sent_len = 0;
	begin_us = 0;
	assert_rate(250000, 4000000);
}
END_TEST

/* Pieces of len bytes, each sent as late as says after its timer. */
static double rate_when_late(uint32_t len, int64_t late_us, int64_t us)
{
	struct tcp_connection *a = pair.end[0].tcp;
	int64_t now_us = pair.now_us;
	uint64_t done = 0;

	a->statistics.data_segs_out = 100;
	a->pacing_next_ns = 0;
	a->rto.srtt_us = 100; /* the window allows more */
	for (; now_us < pair.now_us + us; done += len) {
		tcp_timer_stop(a, TCP_TIMER_PACING);
		tcp_pacing_on_sent(a, len, now_us);
		if (tcp_timer_is_set(a, TCP_TIMER_PACING))
			now_us = a->deadline_us[TCP_TIMER_PACING] + late_us;
	}
	tcp_timer_stop(a, TCP_TIMER_PACING);
	return (double)done * SEC / (double)(now_us - pair.now_us);
}

START_TEST(a_late_timer_is_made_up_for)
{
	double rate;

	set_rate(12500000);
	rate = rate_when_late(12000, 4 * MS, 10 * SEC);
	ck_assert_double_ge(rate, 0.99 * 12500000);
	ck_assert_double_le(rate, 1.01 * 12500000);
	set_rate(1250000);
	rate = rate_when_late(3000, 9 * MS, 10 * SEC);
	ck_assert_double_ge(rate, 0.99 * 1250000);
	ck_assert_double_le(rate, 1.01 * 1250000);
}
END_TEST

START_TEST(a_timer_that_is_very_late_is_not)
{
	double rate;

	set_rate(12500000);
	rate = rate_when_late(12000, 20 * MS, 10 * SEC);
	/* its own piece each time, and 64 KB */
	ck_assert_double_le(rate, (12000 + 65536) / 0.020);
	ck_assert_double_ge(rate, 65536 / 0.021);
	set_rate(1250000);
	rate = rate_when_late(3000, 20 * MS, 10 * SEC);
	/* 10 ms at most */
	ck_assert_double_le(rate, (3000 + 12500) / 0.020);
}
END_TEST

START_TEST(a_super_segment_is_a_millisecond_of_the_rate)
{
	set_rate(12500000);
	pair_transfer(&pair, 0, 2000000, 100 * SEC);
	longest = 0;
	pair_transfer(&pair, 0, 2000000, 100 * SEC);
	ck_assert_uint_le(longest, 12500000 / 1024);
	ck_assert_uint_gt(longest, 12500000 / 1024 - MSS);
}
END_TEST

START_TEST(a_super_segment_has_two_segments_at_least)
{
	set_rate(125000);
	pair_transfer(&pair, 0, 1000000, 100 * SEC);
	longest = 0;
	pair_transfer(&pair, 0, 1000000, 100 * SEC);
	ck_assert_uint_eq(longest, 2 * MSS);
}
END_TEST

START_TEST(min_tso_segs_says_how_many_at_least)
{
	ck_assert_int_eq(tcp_sysctl_set(pair.end[0].context,
					"net.ipv4.tcp_min_tso_segs", "4"),
			 0);
	set_rate(125000);
	pair_transfer(&pair, 0, 1000000, 100 * SEC);
	longest = 0;
	pair_transfer(&pair, 0, 1000000, 100 * SEC);
	ck_assert_uint_eq(longest, 4 * MSS);
}
END_TEST

START_TEST(the_first_ten_segments_are_not_paced)
{
	uint64_t before;

	set_rate(10000);
	before = pair.end[0].tcp->snd.nxt;
	pair_write(&pair, 0, 20 * MSS);
	pair_flush(&pair);
	ck_assert_uint_ge(pair.end[0].tcp->snd.nxt - before, 10 * MSS);
	ck_assert_uint_le(pair.end[0].tcp->snd.nxt - before, 12 * MSS);
}
END_TEST

START_TEST(without_a_rate_there_is_no_timer)
{
	pair_transfer(&pair, 0, 10000000, 100 * SEC);
	ck_assert_int_eq(pair.end[0].tcp->pacing_next_ns, 0);
	ck_assert(!tcp_timer_is_set(pair.end[0].tcp, TCP_TIMER_PACING));
	ck_assert_uint_gt(longest, 60000);
}
END_TEST

START_TEST(an_ack_does_not_wait_for_its_turn)
{
	struct tcp_connection *a = pair.end[0].tcp;

	set_rate(1000);
	pair_write(&pair, 0, 60000);
	pair_flush(&pair);
	ck_assert(tcp_timer_is_set(a, TCP_TIMER_PACING));
	a->ack_now = true;
	ck_assert(tcp_wants_output(a, pair.now_us));
}
END_TEST

START_TEST(the_rate_of_a_window_is_linuxs)
{
	struct tcp_connection *a = pair.end[0].tcp;

	a->cc.cwnd = 100 * MSS;
	a->rto.srtt_us = 10 * MS;
	a->cc.ssthresh = 1000 * MSS;
	ck_assert_uint_eq(tcp_pacing_rate(a), 2 * 100 * MSS * 100);
	a->cc.ssthresh = 150 * MSS;
	ck_assert_uint_eq(tcp_pacing_rate(a), 100 * MSS * 120);
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_pacing_ca_ratio",
		       "300");
	ck_assert_uint_eq(tcp_pacing_rate(a), 100 * MSS * 300);
}
END_TEST

START_TEST(the_option_is_read_back_and_its_standard_is_none)
{
	uint64_t rate = 0;
	uint32_t small = 0;
	struct tcp_connection *a = pair.end[0].tcp;

	tcp_get_option(a, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof(rate),
		       0);
	ck_assert_uint_eq(rate, UINT64_MAX);
	tcp_get_option(a, SOL_SOCKET, SO_MAX_PACING_RATE, &small, sizeof(small),
		       0);
	ck_assert_uint_eq(small, UINT32_MAX);
	set_rate(1ull << 33);
	tcp_get_option(a, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof(rate),
		       0);
	ck_assert_uint_eq(rate, 1ull << 33);
	small = UINT32_MAX;
	tcp_set_option(a, SOL_SOCKET, SO_MAX_PACING_RATE, &small, sizeof(small),
		       0);
	tcp_get_option(a, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof(rate),
		       0);
	ck_assert_uint_eq(rate, UINT64_MAX);
}
END_TEST

UNIT_MAIN_WITH("tcp_pacing", setup, tear_down, one_megabit_holds,
	       a_hundred_megabits_hold, a_gigabit_holds,
	       the_rate_may_change_on_the_way, a_late_timer_is_made_up_for,
	       a_timer_that_is_very_late_is_not,
	       a_super_segment_is_a_millisecond_of_the_rate,
	       a_super_segment_has_two_segments_at_least,
	       min_tso_segs_says_how_many_at_least,
	       the_first_ten_segments_are_not_paced,
	       without_a_rate_there_is_no_timer,
	       an_ack_does_not_wait_for_its_turn,
	       the_rate_of_a_window_is_linuxs,
	       the_option_is_read_back_and_its_standard_is_none)
