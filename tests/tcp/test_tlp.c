#include "unit.h"

#include "pair.h"

static struct pair pair;
static const struct pair_network network = { .delay_us = 20 * MS };

static void setup(uint64_t seed)
{
	pair_init(&pair, seed, &network);
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
}

static uint64_t counter(enum counter which)
{
	return pair.end[0].engine.counters.value[which];
}

/* Drops the data segments of end 0 whose bit in count is set, once each. */
static bool drop_mask(struct pair *p, int from, struct tcp_header *header,
		      uint32_t payload_len)
{
	bool drop = p->count & 1;

	(void)header;
	if (from != 0 || !payload_len)
		return true;
	p->count >>= 1;
	return !drop;
}

/* Drops the ACKs of end 1 as often as count says. */
static bool drop_acks(struct pair *p, int from, struct tcp_header *header,
		      uint32_t payload_len)
{
	(void)header;
	(void)payload_len;
	if (from != 1 || !p->count)
		return true;
	p->count--;
	return false;
}

static int64_t transfer(uint64_t len)
{
	int64_t start_us = pair.now_us;

	int64_t took_us;

	pair_transfer(&pair, 0, len, 10 * SEC);
	took_us = pair.now_us - start_us;
	pair_run(&pair, pair.now_us + 45 * MS); /* the last ACK, too */
	return took_us;
}

START_TEST(a_lost_tail_comes_back_before_the_timeout)
{
	setup(1);
	pair.filter = drop_mask;
	pair.count = 1 << 4;
	ck_assert_int_lt(transfer(5 * 1448), 200 * MS);
	ck_assert_uint_eq(counter(COUNTER_TCP_LOSS_PROBES), 1);
	ck_assert_uint_eq(counter(COUNTER_TCP_TIMEOUTS), 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_probe_shows_what_was_lost_before_it)
{
	setup(2);
	pair.filter = drop_mask;
	pair.count = 0x1c;
	ck_assert_int_lt(transfer(5 * 1448), 230 * MS);
	ck_assert_uint_eq(counter(COUNTER_TCP_LOSS_PROBES), 1);
	ck_assert_uint_eq(counter(COUNTER_TCP_TIMEOUTS), 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_single_segment_waits_for_a_delayed_ack_first)
{
	int64_t took_us;

	setup(3);
	pair.filter = drop_mask;
	pair.count = 1;
	took_us = transfer(100);
	ck_assert_int_gt(took_us, 100 * MS);
	ck_assert_int_lt(took_us, 190 * MS);
	ck_assert_uint_eq(counter(COUNTER_TCP_TIMEOUTS), 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(new_data_is_the_probe_where_there_is_some)
{
	struct tcp_connection *a;

	setup(4);
	a = pair.end[0].tcp;
	a->cc.cwnd = 2 * 1448;
	pair.filter = drop_mask;
	pair.count = 3;
	transfer(10 * 1448);
	ck_assert_uint_eq(counter(COUNTER_TCP_LOSS_PROBES), 1);
	ck_assert_uint_eq(counter(COUNTER_TCP_TIMEOUTS), 0);
	ck_assert_uint_eq(a->statistics.bytes_retransmitted, 2 * 1448);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_loss_that_the_probe_mended_costs_window)
{
	struct tcp_connection *a;

	setup(5);
	a = pair.end[0].tcp;
	pair.filter = drop_mask;
	pair.count = 1 << 4;
	transfer(5 * 1448);
	ck_assert_uint_eq(a->cc.ssthresh, TCP_CC_SSTHRESH_INFINITE);
	transfer(1448);
	ck_assert_uint_lt(a->cc.ssthresh, TCP_CC_SSTHRESH_INFINITE);
	ck_assert_uint_eq(a->cc.cwnd, a->cc.ssthresh);
	ck_assert_uint_eq(counter(COUNTER_TCP_LOSS_PROBE_RECOVERY), 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_needless_probe_costs_no_window)
{
	struct tcp_connection *a;

	setup(6);
	a = pair.end[0].tcp;
	pair.filter = drop_acks;
	pair.count = 1;
	transfer(1448);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_eq(counter(COUNTER_TCP_LOSS_PROBES), 1);
	transfer(1448);
	ck_assert_uint_eq(a->cc.ssthresh, TCP_CC_SSTHRESH_INFINITE);
	ck_assert_uint_eq(a->statistics.dsack, 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(early_retrans_zero_leaves_it_to_the_timeout)
{
	setup(7);
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_early_retrans", "0");
	pair.filter = drop_mask;
	pair.count = 1 << 4;
	ck_assert_int_gt(transfer(5 * 1448), 200 * MS);
	ck_assert_uint_eq(counter(COUNTER_TCP_LOSS_PROBES), 0);
	ck_assert_uint_eq(counter(COUNTER_TCP_TIMEOUTS), 1);
	pair_clear(&pair);
}
END_TEST

/* A tail of five segments, of which the last is lost with its probe. */
static void lose_tail_and_probe(const char *probes)
{
	static const struct pair_network near = { .delay_us = 10 * MS };

	pair_init(&pair, 8, &near);
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_tail_probes", probes);
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
	pair.filter = drop_mask;
	pair.count = 3 << 4;
	transfer(5 * 1448);
}

START_TEST(a_probe_that_is_lost_is_the_only_one)
{
	lose_tail_and_probe("1");
	ck_assert_uint_eq(counter(COUNTER_TCP_LOSS_PROBES), 1);
	ck_assert_uint_eq(counter(COUNTER_TCP_TIMEOUTS), 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(with_tcp_tail_probes_it_is_repeated)
{
	lose_tail_and_probe("3");
	ck_assert_uint_eq(counter(COUNTER_TCP_LOSS_PROBES), 2);
	ck_assert_uint_eq(counter(COUNTER_TCP_TIMEOUTS), 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(what_a_probe_mended_is_told_to_the_peer_with_ecn)
{
	struct tcp_connection *a;

	setup(9);
	a = pair.end[0].tcp;
	a->ecn.mode = TCP_ECN_CLASSIC;
	pair.filter = drop_mask;
	pair.count = 1 << 4;
	transfer(5 * 1448);
	ck_assert(!a->ecn.cwr_due);
	pair.filter = NULL;
	pair_write(&pair, 0, 1448);
	pair_run(&pair, pair.now_us + 41 * MS);
	ck_assert_uint_eq(counter(COUNTER_TCP_LOSS_PROBE_RECOVERY), 1);
	ck_assert(a->ecn.cwr_due);
	pair_clear(&pair);
}
END_TEST

START_TEST(five_percent_loss_without_delay_is_mended_at_speed)
{
	struct pair_network lossy = { .delay_us = 50,
				      .loss_permille = 50,
				      .gso_max_len = 65000 };

	for (uint64_t seed = 1; seed <= 4; seed++) {
		pair_init(&pair, seed, &lossy);
		pair_connect(&pair);
		ck_assert_int_lt(transfer(4 << 20), 1500 * MS);
		ck_assert(!pair.end[0].tcp->recovery.reordering_seen);
		pair_clear(&pair);
	}
}
END_TEST

/* 7.2; a liar: an honest peer acknowledges what it has without a hole. */
START_TEST(no_probe_while_something_is_sacked)
{
	struct tcp_header header;
	struct tcp_connection *tcp;

	setup(12);
	tcp = pair.end[0].tcp;
	pair_write(&pair, 0, 1000);
	pair_flush(&pair);
	header = pair_next_header(&pair, 0);
	header.ack -= 1000;
	header.sack_count = 1;
	header.sack[0].start = header.ack;
	header.sack[0].end = header.ack + 1000;
	ck_assert(tcp_timer_is_set(tcp, TCP_TIMER_TAIL_PROBE));
	pair_inject(&pair, 0, &header, NULL, 0);
	ck_assert(!tcp_timer_is_set(tcp, TCP_TIMER_TAIL_PROBE));
	header = pair_next_header(&pair, 0);
	pair_inject(&pair, 0, &header, NULL, 0);
	ck_assert_uint_eq(tcp->snd.una, tcp->snd.nxt);
	ck_assert(!tcp_timer_is_set(tcp, TCP_TIMER_TAIL_PROBE));
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_tlp", a_lost_tail_comes_back_before_the_timeout,
	  the_probe_shows_what_was_lost_before_it,
	  a_single_segment_waits_for_a_delayed_ack_first,
	  new_data_is_the_probe_where_there_is_some,
	  a_loss_that_the_probe_mended_costs_window,
	  a_needless_probe_costs_no_window,
	  early_retrans_zero_leaves_it_to_the_timeout,
	  a_probe_that_is_lost_is_the_only_one,
	  with_tcp_tail_probes_it_is_repeated,
	  what_a_probe_mended_is_told_to_the_peer_with_ecn,
	  no_probe_while_something_is_sacked,
	  five_percent_loss_without_delay_is_mended_at_speed)
