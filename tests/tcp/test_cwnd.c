#include "pair.h"
#include "unit.h"

#include <netinet/in.h>
#include <string.h>

#include "tcp/tcp_cwnd.h"

#define MSS 1448u

static struct pair pair;
static struct pair_network network;
static unsigned syns_to_drop;

static bool drop_syns(struct pair *p, int from, struct tcp_header *header,
		      uint32_t payload_len)
{
	(void)p;
	(void)payload_len;
	if (from != 0 || !(header->flags & TCP_SYN) || !syns_to_drop)
		return true;
	syns_to_drop--;
	return false;
}

static void setup(void)
{
	network = (struct pair_network){ .delay_us = 25 * MS };
	pair_init(&pair, 1, &network);
	pair.filter = drop_syns;
}

static void tear_down(void)
{
	pair_clear(&pair);
}

static struct tcp_connection *connected(void)
{
	pair_connect(&pair);
	return pair.end[0].tcp;
}

/* A connection that has sent nothing for so long. */
static struct tcp_connection *idle_for(uint32_t cwnd, int64_t timeouts)
{
	struct tcp_connection *a = connected();

	pair_transfer(&pair, 0, 10000, 10 * SEC);
	pair_run(&pair, pair.now_us + SEC);
	a->cc.cwnd = cwnd;
	a->snd.last_us = pair.now_us - timeouts * a->rto.base_us;
	tcp_cwnd_before_new_data(a, pair.now_us);
	return a;
}

/* -------------------------------------------------------- initial window */

START_TEST(the_initial_window_is_ten_segments)
{
	ck_assert_uint_eq(connected()->cc.cwnd, 10 * MSS);
	ck_assert_uint_eq(pair.end[1].tcp->cc.cwnd, 10 * MSS);
}
END_TEST

START_TEST(one_lost_syn_leaves_it_and_two_do_not)
{
	syns_to_drop = 1;
	ck_assert_uint_eq(connected()->cc.cwnd, 10 * MSS);
	tear_down();
	setup();
	syns_to_drop = 2;
	ck_assert_uint_eq(connected()->cc.cwnd, MSS);
}
END_TEST

/* -------------------------------------------------------------- idleness */

START_TEST(each_timeout_of_idleness_halves_the_window)
{
	struct tcp_connection *a = idle_for(160 * MSS, 3);

	ck_assert_uint_eq(a->cc.cwnd, 20 * MSS);
	ck_assert_uint_eq(a->cc.ssthresh, PYT_CC_SSTHRESH_INFINITE);
}
END_TEST

START_TEST(less_than_a_timeout_changes_nothing)
{
	ck_assert_uint_eq(idle_for(160 * MSS, 0)->cc.cwnd, 160 * MSS);
}
END_TEST

START_TEST(idleness_leaves_the_initial_window)
{
	ck_assert_uint_eq(idle_for(160 * MSS, 100)->cc.cwnd, 10 * MSS);
}
END_TEST

START_TEST(idleness_does_not_raise_a_small_window)
{
	ck_assert_uint_eq(idle_for(4 * MSS, 100)->cc.cwnd, 4 * MSS);
}
END_TEST

START_TEST(three_quarters_of_the_window_are_remembered)
{
	struct tcp_connection *a = connected();

	pair_transfer(&pair, 0, 10000, 10 * SEC);
	pair_run(&pair, pair.now_us + SEC);
	a->cc.cwnd = 160 * MSS;
	a->cc.ssthresh = 20 * MSS;
	a->snd.last_us = pair.now_us - 2 * a->rto.base_us;
	tcp_cwnd_before_new_data(a, pair.now_us);
	ck_assert_uint_eq(a->cc.ssthresh, 120 * MSS);
	ck_assert_uint_eq(a->cc.cwnd, 40 * MSS);
}
END_TEST

START_TEST(a_control_may_be_exempt)
{
	struct tcp_connection *a = connected();

	tcp_set_option(a, IPPROTO_TCP, TCP_CONGESTION, "bbr", 3, pair.now_us);
	pair_transfer(&pair, 0, 10000, 10 * SEC);
	pair_run(&pair, pair.now_us + SEC);
	a->cc.cwnd = 160 * MSS;
	a->snd.last_us = pair.now_us - 9 * a->rto.base_us;
	tcp_cwnd_before_new_data(a, pair.now_us);
	ck_assert_uint_eq(a->cc.cwnd, 160 * MSS);
}
END_TEST

/* ------------------------------------------------------------ validation */

/* A program that writes len bytes every 10 ms, for so long. */
static void trickle(size_t len, int64_t us)
{
	uint64_t offset = pair.end[1].tcp->receive_stream.head - SEQ_DATA;

	for (int64_t t = 0; t < us; t += 10 * MS) {
		pair_write(&pair, 0, len);
		pair_run(&pair, pair.now_us + 10 * MS);
		pair_read(&pair, 1, &offset);
	}
}

START_TEST(a_window_that_is_not_used_does_not_grow)
{
	struct tcp_connection *a = connected();

	trickle(500, 2 * SEC);
	ck_assert_uint_eq(a->cc.cwnd, 10 * MSS);
}
END_TEST

START_TEST(a_window_that_is_not_used_comes_down_to_what_is)
{
	struct tcp_connection *a = connected();
	uint32_t before;

	a->cc.cwnd = 160 * MSS;
	a->cc.ssthresh = 100 * MSS;
	before = a->cc.cwnd;
	trickle(500, 5 * SEC);
	ck_assert_uint_lt(a->cc.cwnd, 20 * MSS);
	ck_assert_uint_ge(a->cc.cwnd, 10 * MSS);
	ck_assert_uint_eq(a->cc.ssthresh, before / 4 * 3);
}
END_TEST

START_TEST(it_comes_down_by_half_of_the_way_in_a_timeout)
{
	struct tcp_connection *a = connected();
	uint32_t lowest;

	trickle(500, SEC);
	a->cc.cwnd = 160 * MSS;
	a->cc.ssthresh = 100 * MSS;
	a->cwnd_fed_us = pair.now_us;
	trickle(500, a->rto.base_us + 100 * MS);
	lowest = (160 * MSS + 10 * MSS) / 2;
	ck_assert_uint_eq(a->cc.cwnd, lowest);
}
END_TEST

START_TEST(what_is_used_is_kept)
{
	struct tcp_connection *a = connected();

	a->cc.cwnd = 160 * MSS;
	a->cc.ssthresh = 100 * MSS;
	trickle(20 * MSS, 5 * SEC); /* five of them in flight */
	ck_assert_uint_ge(a->cc.cwnd, 100 * MSS);
}
END_TEST

START_TEST(the_sysctl_turns_it_off)
{
	struct tcp_connection *a = connected();

	tcp_sysctl_set(pair.end[0].context,
		       "net.ipv4.tcp_slow_start_after_idle", "0");
	a->cc.cwnd = 160 * MSS;
	a->cc.ssthresh = 100 * MSS;
	trickle(500, 5 * SEC);
	ck_assert_uint_eq(a->cc.cwnd, 160 * MSS);
}
END_TEST

UNIT_MAIN_WITH("tcp_cwnd", setup, tear_down, the_initial_window_is_ten_segments,
	       one_lost_syn_leaves_it_and_two_do_not,
	       each_timeout_of_idleness_halves_the_window,
	       less_than_a_timeout_changes_nothing,
	       idleness_leaves_the_initial_window,
	       idleness_does_not_raise_a_small_window,
	       three_quarters_of_the_window_are_remembered,
	       a_control_may_be_exempt, a_window_that_is_not_used_does_not_grow,
	       a_window_that_is_not_used_comes_down_to_what_is,
	       it_comes_down_by_half_of_the_way_in_a_timeout,
	       what_is_used_is_kept, the_sysctl_turns_it_off)
