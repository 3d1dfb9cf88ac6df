#include "unit.h"

#include "pair.h"

static struct pair pair;
static const struct pair_network network = { .delay_us = 20 * MS };

static void setup(uint64_t seed, bool sack)
{
	pair_init(&pair, seed, &network);
	if (!sack)
		tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_sack", "0");
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
}

/* Drops the count-th data segment that comes from end 0, once. */
static bool drop_one(struct pair *p, int from, struct tcp_header *header,
		     uint32_t payload_len)
{
	(void)header;
	return from != 0 || !payload_len || --p->count != 0;
}

/* The same segment, and its first retransmission. */
static bool drop_twice(struct pair *p, int from, struct tcp_header *header,
		       uint32_t payload_len)
{
	static uint32_t seq;

	if (from != 0 || !payload_len)
		return true;
	if (p->count && --p->count == 0) {
		seq = header->seq;
		return false;
	}
	if (!p->count && seq == header->seq) {
		seq = header->seq - 1;
		return false;
	}
	return true;
}

START_TEST(one_loss_is_mended_without_a_timeout)
{
	for (int sack = 0; sack < 2; sack++) {
		struct tcp_connection *a;
		int64_t start_us;

		setup(1, sack);
		a = pair.end[0].tcp;
		pair.filter = drop_one;
		pair.count = 4;
		start_us = pair.now_us;
		pair_transfer(&pair, 0, 40000, 10 * SEC);
		ck_assert_int_lt(pair.now_us - start_us, 190 * MS);
		ck_assert_uint_eq(a->statistics.total_retransmissions, 1);
		ck_assert_uint_lt(a->cc.ssthresh, TCP_CC_SSTHRESH_INFINITE);
		pair_clear(&pair);
	}
}
END_TEST

START_TEST(a_lost_retransmission_is_seen_without_a_timeout)
{
	int64_t start_us;

	setup(2, true);
	pair.filter = drop_twice;
	pair.count = 2;
	start_us = pair.now_us;
	pair_transfer(&pair, 0, 100000, 10 * SEC);
	ck_assert_int_lt(pair.now_us - start_us, 400 * MS);
	ck_assert_uint_eq(pair.end[0].tcp->statistics.total_retransmissions, 2);
	ck_assert_int_eq(pair.end[0].tcp->recovery.state, TCP_RECOVERY_OPEN);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_lost_tail_comes_back_by_timeout)
{
	int64_t start_us;

	setup(3, false);
	pair.filter = drop_one;
	pair.count = 1;
	start_us = pair.now_us;
	pair_transfer(&pair, 0, 100, 10 * SEC);
	ck_assert_int_ge(pair.now_us - start_us, 200 * MS);
	ck_assert_int_le(pair.now_us - start_us, 400 * MS);
	pair_clear(&pair);
}
END_TEST

START_TEST(mere_reordering_retransmits_little)
{
	struct pair_network shuffled = { .delay_us = 20 * MS,
					 .jitter_us = 3 * MS };

	pair_init(&pair, 4, &shuffled);
	pair_connect(&pair);
	pair_transfer(&pair, 0, 3000000, 60 * SEC);
	ck_assert_uint_lt(pair.end[0].tcp->statistics.bytes_retransmitted,
			  150000);
	pair_clear(&pair);
}
END_TEST

START_TEST(flight_never_exceeds_the_peers_window)
{
	struct tcp_connection *a;

	setup(5, true);
	a = pair.end[0].tcp;
	a->cc.cwnd = 10000000;
	for (int i = 0; i < 1000; i++) {
		pair_write(&pair, 0, 65536);
		pair_step(&pair, pair.now_us + 10 * MS);
		ck_assert_uint_le(a->snd.nxt, a->snd.edge);
	}
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_recovery", one_loss_is_mended_without_a_timeout,
	  a_lost_retransmission_is_seen_without_a_timeout,
	  a_lost_tail_comes_back_by_timeout, mere_reordering_retransmits_little,
	  flight_never_exceeds_the_peers_window)
