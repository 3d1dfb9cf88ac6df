#include "pair.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#define MSS 1448u

static struct pair pair;
static struct pair_network network;

static void setup(void)
{
	network = (struct pair_network){ .delay_us = 25 * MS };
	pair_init(&pair, 1, &network);
	pair_connect(&pair);
}

static void tear_down(void)
{
	pair_clear(&pair);
}

static void set(const char *name, const char *value)
{
	ck_assert_int_eq(tcp_sysctl_set(pair.end[0].context, name, value), 0);
}

/* Ends in good order on this side: what it has learnt is kept. */
static void save(struct tcp_connection *tcp)
{
	tcp_metrics_save(tcp, pair.now_us);
}

/* What the next connection to there begins with. */
static struct tcp_connection *next(void)
{
	struct tcp_connection *a = pair.end[0].tcp;

	a->cc.ssthresh = PYT_CC_SSTHRESH_INFINITE;
	a->recovery.reordering_seen = false;
	a->rto.srtt_us = 1 * MS;
	a->rto.base_us = TCP_RTO_INITIAL_US;
	tcp_metrics_apply(a, pair.now_us);
	return a;
}

static uint32_t kept(void)
{
	return pair.end[0].context->metrics.count;
}

START_TEST(nothing_is_kept_before_the_first_end)
{
	pair_transfer(&pair, 0, 100000, 10 * SEC);
	ck_assert_uint_eq(kept(), 0);
	ck_assert_ptr_null(pair.end[0].context->metrics.table.buckets);
}
END_TEST

START_TEST(a_connection_that_ends_in_good_order_is_kept)
{
	pair_transfer(&pair, 0, 100000, 10 * SEC);
	tcp_close(pair.end[0].tcp, pair.now_us);
	pair_run(&pair, pair.now_us + SEC);
	tcp_close(pair.end[1].tcp, pair.now_us);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_eq(kept(), 1); /* TIME-WAIT */
	ck_assert_uint_eq(pair.end[1].context->metrics.count, 1); /* LAST-ACK */
}
END_TEST

START_TEST(a_reset_connection_is_not)
{
	pair_transfer(&pair, 0, 100000, 10 * SEC);
	tcp_abort(pair.end[0].tcp, pair.now_us);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_eq(kept(), 0);
}
END_TEST

START_TEST(a_slow_path_makes_the_first_timeout_longer)
{
	pair.end[0].tcp->rto.srtt_us = 400 * MS;
	save(pair.end[0].tcp);
	ck_assert_int_eq(next()->rto.base_us, 1200 * MS);
}
END_TEST

START_TEST(the_timeout_keeps_to_the_bounds_of_the_socket)
{
	pair.end[0].tcp->rto.srtt_us = 10 * MS;
	pair.end[0].tcp->rto.min_us = 5 * MS;
	save(pair.end[0].tcp);
	ck_assert_int_eq(next()->rto.base_us, 30 * MS);
	pair.end[0].tcp->rto.max_us = 1 * SEC;
	pair.end[0].tcp->rto.srtt_us = 400 * MS;
	save(pair.end[0].tcp);
	ck_assert_int_eq(next()->rto.base_us, 1 * SEC);
}
END_TEST

START_TEST(a_path_that_its_syn_found_slower_is_left_alone)
{
	struct tcp_connection *a = pair.end[0].tcp;

	a->rto.srtt_us = 400 * MS;
	save(a);
	a->rto.srtt_us = 500 * MS;
	a->rto.base_us = 777 * MS;
	tcp_metrics_apply(a, pair.now_us);
	ck_assert_int_eq(a->rto.base_us, 777 * MS);
}
END_TEST

START_TEST(a_faster_path_counts_by_an_eighth)
{
	pair.end[0].tcp->rto.srtt_us = 800 * MS;
	save(pair.end[0].tcp);
	pair.end[0].tcp->rto.srtt_us = 400 * MS;
	save(pair.end[0].tcp);
	ck_assert_int_eq(next()->rto.base_us, 3 * 750 * MS);
}
END_TEST

START_TEST(the_threshold_is_not_kept_unless_asked_for)
{
	struct tcp_connection *a = pair.end[0].tcp;

	a->cc.cwnd = 60 * MSS;
	a->cc.ssthresh = 50 * MSS;
	save(a);
	ck_assert_uint_eq(next()->cc.ssthresh, PYT_CC_SSTHRESH_INFINITE);
	set("net.ipv4.tcp_no_ssthresh_metrics_save", "0");
	a->cc.ssthresh = 50 * MSS;
	save(a);
	ck_assert_uint_eq(next()->cc.ssthresh, 50 * MSS);
	set("net.ipv4.tcp_no_ssthresh_metrics_save", "1");
	ck_assert_uint_eq(next()->cc.ssthresh, PYT_CC_SSTHRESH_INFINITE);
}
END_TEST

START_TEST(a_window_twice_as_high_raises_the_threshold)
{
	struct tcp_connection *a = pair.end[0].tcp;

	set("net.ipv4.tcp_no_ssthresh_metrics_save", "0");
	a->cc.cwnd = 200 * MSS;
	a->cc.ssthresh = 50 * MSS;
	save(a);
	ck_assert_uint_eq(next()->cc.ssthresh, 100 * MSS);
	/* still in its first slow start */
	a->cc.cwnd = 400 * MSS;
	a->cc.ssthresh = PYT_CC_SSTHRESH_INFINITE;
	save(a);
	ck_assert_uint_eq(next()->cc.ssthresh, 200 * MSS);
}
END_TEST

START_TEST(reordering_is_remembered)
{
	pair.end[0].tcp->recovery.reordering_seen = true;
	save(pair.end[0].tcp);
	ck_assert(next()->recovery.reordering_seen);
}
END_TEST

START_TEST(a_connection_in_back_off_voids_the_round_trip_time)
{
	struct tcp_connection *a = pair.end[0].tcp;

	a->rto.srtt_us = 400 * MS;
	save(a);
	a->rto.back_off = 2;
	save(a);
	ck_assert_int_eq(next()->rto.base_us, TCP_RTO_INITIAL_US);
}
END_TEST

START_TEST(no_metrics_save_keeps_nothing)
{
	set("net.ipv4.tcp_no_metrics_save", "1");
	save(pair.end[0].tcp);
	ck_assert_uint_eq(kept(), 0);
}
END_TEST

START_TEST(after_an_hour_it_is_forgotten)
{
	pair.end[0].tcp->rto.srtt_us = 400 * MS;
	save(pair.end[0].tcp);
	pair.now_us += 3600 * SEC - 1;
	ck_assert_int_eq(next()->rto.base_us, 1200 * MS);
	pair.now_us++;
	ck_assert_int_eq(next()->rto.base_us, TCP_RTO_INITIAL_US);
	ck_assert_uint_eq(kept(), 0);
}
END_TEST

START_TEST(another_address_has_metrics_of_its_own)
{
	struct tcp_connection *a = pair.end[0].tcp;

	a->rto.srtt_us = 400 * MS;
	save(a);
	a->peer.ip.bytes[15]++;
	ck_assert_int_eq(next()->rto.base_us, TCP_RTO_INITIAL_US);
	a->peer.ip.bytes[15]--;
	a->local.ip.bytes[15]++;
	ck_assert_int_eq(next()->rto.base_us, TCP_RTO_INITIAL_US);
	a->local.ip.bytes[15]--;
	ck_assert_int_eq(next()->rto.base_us, 1200 * MS);
}
END_TEST

START_TEST(at_the_bound_the_one_saved_longest_ago_goes)
{
	struct tcp_connection *a = pair.end[0].tcp;
	size_t allocated;

	for (unsigned i = 0; i < TCP_METRICS_MAX; i++) {
		a->peer.ip.bytes[15] = (uint8_t)i;
		a->peer.ip.bytes[14] = (uint8_t)(i >> 8);
		a->rto.srtt_us = 400 * MS;
		save(a);
	}
	ck_assert_uint_eq(kept(), TCP_METRICS_MAX);
	a->peer.ip.bytes[15] = a->peer.ip.bytes[14] = 0;
	save(a); /* the first is the newest now */
	allocated = pair.end[0].allocated;
	a->peer.ip.bytes[13] = 77;
	save(a);
	ck_assert_uint_eq(kept(), TCP_METRICS_MAX);
	ck_assert_uint_eq(pair.end[0].allocated, allocated);
	a->peer.ip.bytes[13] = 0;
	ck_assert_int_eq(next()->rto.base_us, 1200 * MS);
	a->peer.ip.bytes[15] = 1; /* the second has gone */
	ck_assert_int_eq(next()->rto.base_us, TCP_RTO_INITIAL_US);
}
END_TEST

START_TEST(without_memory_nothing_is_kept_and_nothing_breaks)
{
	pair.end[0].fail_above = pair.end[0].allocated;
	save(pair.end[0].tcp);
	ck_assert_uint_eq(kept(), 0);
	pair.end[0].fail_above = pair.end[0].allocated + 16 * 8;
	save(pair.end[0].tcp);
	ck_assert_uint_eq(kept(), 0);
	pair.end[0].fail_above = 0;
	save(pair.end[0].tcp);
	ck_assert_uint_eq(kept(), 1);
}
END_TEST

START_TEST(it_is_shown_and_can_be_forgotten)
{
	struct tcp_connection *a = pair.end[0].tcp;
	struct tcp_metrics *metrics = &pair.end[0].context->metrics;
	struct pyt_ip other = pyt_ip_from_v4(0x01020304);
	struct pyt_tcp_metrics shown;

	ck_assert_int_eq(tcp_metrics_get(metrics, 0, &shown, 0), -ENOENT);
	ck_assert_int_eq(tcp_metrics_remove(metrics, NULL, &other), -ENOENT);
	a->recovery.reordering_seen = true;
	save(a);
	ck_assert_int_eq(
		tcp_metrics_get(metrics, 0, &shown, pair.now_us + 3 * SEC), 0);
	ck_assert(pyt_ip_equal(&shown.peer, &a->peer.ip));
	ck_assert(pyt_ip_equal(&shown.local, &a->local.ip));
	ck_assert_int_eq(shown.age_us, 3 * SEC);
	ck_assert_int_eq(shown.rtt_us, a->rto.srtt_us);
	ck_assert(shown.reorders);
	ck_assert_int_eq(tcp_metrics_get(metrics, 1, &shown, 0), -ENOENT);
	ck_assert_int_eq(tcp_metrics_remove(metrics, &other, &a->peer.ip),
			 -ENOENT);
	ck_assert_int_eq(tcp_metrics_remove(metrics, NULL, &a->peer.ip), 0);
	ck_assert_uint_eq(kept(), 0);
	save(a);
	ck_assert_int_eq(tcp_metrics_remove(metrics, NULL, NULL), 0);
	ck_assert_uint_eq(kept(), 0);
}
END_TEST

UNIT_MAIN_WITH("tcp_metrics", setup, tear_down,
	       nothing_is_kept_before_the_first_end,
	       a_connection_that_ends_in_good_order_is_kept,
	       a_reset_connection_is_not,
	       a_slow_path_makes_the_first_timeout_longer,
	       the_timeout_keeps_to_the_bounds_of_the_socket,
	       a_path_that_its_syn_found_slower_is_left_alone,
	       a_faster_path_counts_by_an_eighth,
	       the_threshold_is_not_kept_unless_asked_for,
	       a_window_twice_as_high_raises_the_threshold,
	       reordering_is_remembered,
	       a_connection_in_back_off_voids_the_round_trip_time,
	       no_metrics_save_keeps_nothing, after_an_hour_it_is_forgotten,
	       another_address_has_metrics_of_its_own,
	       at_the_bound_the_one_saved_longest_ago_goes,
	       without_memory_nothing_is_kept_and_nothing_breaks,
	       it_is_shown_and_can_be_forgotten)
