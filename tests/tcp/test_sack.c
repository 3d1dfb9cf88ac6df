#include "unit.h"

#include "pair.h"

#define MSS 1448u

static struct pair pair;
static const struct pair_network network = { .delay_us = 5 * MS,
					     .gso_max_len = 65000 };

/* About len bytes are in flight, and no ACK comes but by hand. */
static struct tcp_connection *in_flight(uint64_t seed, uint32_t len)
{
	struct tcp_connection *a;

	pair_init(&pair, seed, &network);
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
	a = pair.end[0].tcp;
	pair.network.loss_permille = 1000;
	a->snd.edge = a->snd.una + len;
	a->snd.max_wnd = len;
	a->snd.buffer = 2 * len;
	a->cc.cwnd = 2 * len;
	while (a->snd.nxt + MSS <= a->snd.edge) {
		pair_write(&pair, 0, 65536);
		pair_flush(&pair);
	}
	return a;
}

struct piece {
	uint32_t start, end; /* from snd.una */
};

static void sack(const struct piece *piece, int count)
{
	const struct tcp_connection *a = pair.end[0].tcp;
	struct tcp_segment segment = { .segment_count = 1 };
	struct tcp_header *header = &segment.header;

	*header = pair_next_header(&pair, 0);
	header->ack = seq_to_wire(a->snd.iss, a->snd.una);
	header->window = (uint16_t)(a->snd.wnd >> a->snd.wscale);
	header->sack_count = (uint8_t)count;
	for (int i = 0; i < count; i++) {
		header->sack[i].start = header->ack + piece[i].start;
		header->sack[i].end = header->ack + piece[i].end;
	}
	tcp_input(pair.end[0].tcp, &segment, pair.now_us);
}

/* Every second piece of len is SACKed, three in an ACK; blocks told. */
static uint32_t sack_every_second(uint32_t from, uint32_t len, uint32_t total)
{
	struct piece pieces[3];
	uint32_t blocks = 0;
	int count = 0;

	for (uint32_t at = from; at + len <= total; at += 2 * len) {
		pieces[count++] = (struct piece){ at, at + len };
		blocks++;
		if (count == 3) {
			sack(pieces, count);
			count = 0;
		}
	}
	return blocks;
}

START_TEST(blocks_that_alternate_cost_a_few_records_each)
{
	struct tcp_connection *a = in_flight(1, 2000 * MSS);
	uint32_t total = (uint32_t)(a->snd.nxt - a->snd.una);
	uint32_t before = a->sent.visited;
	uint32_t blocks = sack_every_second(MSS, MSS, total);

	ck_assert_uint_ge(blocks, 990);
	ck_assert_uint_le(a->sent.visited - before, 4ull * blocks);

	before = a->sent.visited; /* old news: looked up, that is all */
	for (int i = 0; i < 10; i++)
		sack_every_second(MSS, MSS, total);
	ck_assert_uint_le(a->sent.visited - before, 10ull * blocks);

	before = a->sent.visited; /* the gaps between: each goes once */
	blocks = sack_every_second(2 * MSS, MSS, total);
	ck_assert_uint_le(a->sent.visited - before, 6ull * blocks);
	pair_clear(&pair);
}
END_TEST

START_TEST(one_block_over_many_costs_what_they_cost_alone)
{
	struct tcp_connection *a = in_flight(2, 2000 * MSS);
	uint32_t total = (uint32_t)(a->snd.nxt - a->snd.una);
	struct piece all = { MSS, total };
	uint32_t before;

	sack_every_second(MSS, MSS, total);
	before = a->sent.visited;
	sack(&all, 1); /* 1000 gaps, and 1000 blocks to merge with */
	ck_assert_uint_le(a->sent.visited - before, 6000);
	ck_assert_uint_le(a->sent.count, 2);
	before = a->sent.visited;
	for (int i = 0; i < 1000; i++)
		sack(&all, 1);
	ck_assert_uint_le(a->sent.visited - before, 1000);
	pair_clear(&pair);
}
END_TEST

static void lose_all(struct tcp_sent *sent)
{
	struct tcp_sent_record *record;

	while ((record = tcp_sent_first_in_flight(sent)))
		tcp_sent_mark_lost(sent, record);
}

START_TEST(a_timeout_and_reneging_touch_each_record_once)
{
	struct tcp_connection *a = in_flight(3, 2000 * MSS);
	uint32_t total = (uint32_t)(a->snd.nxt - a->snd.una);
	uint32_t before;

	sack_every_second(MSS, MSS, total);
	before = a->sent.visited;
	lose_all(&a->sent);
	lose_all(&a->sent);
	tcp_sent_forget_sacks(&a->sent);
	tcp_sent_forget_sacks(&a->sent);
	ck_assert_uint_le(a->sent.visited - before, a->sent.count);
	ck_assert_uint_eq(a->sent.lost_len, total);
	pair_clear(&pair);
}
END_TEST

START_TEST(blocks_that_cut_fine_do_not_grow_the_memory)
{
	struct tcp_connection *a = in_flight(4, 100 * MSS);
	uint32_t total = (uint32_t)(a->snd.nxt - a->snd.una);
	enum counter too_big = COUNTER_TCP_WQUEUE_TOO_BIG;
	size_t before = pair.end[0].allocated;
	uint32_t most = 2 * 100 + TCP_SENT_CUTS_SPARE;

	sack_every_second(1, 1, total);
	ck_assert_uint_le(a->sent.count, most);
	ck_assert_uint_ge(a->sent.count, most - 4);
	ck_assert_uint_le(pair.end[0].allocated - before, most * 128);
	ck_assert_uint_gt(pair.end[0].engine.counters.value[too_big], 1000);
	pair_clear(&pair);
}
END_TEST

START_TEST(every_full_segment_may_be_told_apart)
{
	struct tcp_connection *a = in_flight(5, 500 * MSS);
	uint32_t total = (uint32_t)(a->snd.nxt - a->snd.una);
	enum counter too_big = COUNTER_TCP_WQUEUE_TOO_BIG;
	uint32_t blocks = sack_every_second(MSS, MSS, total);

	ck_assert_uint_ge(a->sent.sacked_len, (blocks - 2) * MSS);
	ck_assert_uint_eq(pair.end[0].engine.counters.value[too_big], 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(nonsense_blocks_are_counted_and_change_nothing)
{
	struct tcp_connection *a = in_flight(6, 10 * MSS);
	uint32_t total = (uint32_t)(a->snd.nxt - a->snd.una);
	const struct piece beyond = { MSS, total + 1 }, turned = { 500, 100 };

	sack(&beyond, 1);
	sack(&turned, 1);
	ck_assert_uint_eq(a->sent.sacked_len, 0);
	ck_assert_uint_eq(
		pair.end[0].engine.counters.value[COUNTER_TCP_SACK_DISCARD], 2);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_sack", blocks_that_alternate_cost_a_few_records_each,
	  one_block_over_many_costs_what_they_cost_alone,
	  a_timeout_and_reneging_touch_each_record_once,
	  blocks_that_cut_fine_do_not_grow_the_memory,
	  every_full_segment_may_be_told_apart,
	  nonsense_blocks_are_counted_and_change_nothing)
