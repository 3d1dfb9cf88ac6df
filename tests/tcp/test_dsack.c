#include "unit.h"

#include "pair.h"

static struct pair pair;
static const struct pair_network network = { .delay_us = 5 * MS };

static void setup(uint64_t seed)
{
	pair_init(&pair, seed, &network);
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
}

static uint64_t counter(int end, enum counter which)
{
	return pair.end[end].engine.counters.value[which];
}

/* Bytes [from, to) from where end 1 stands come to it; nothing leaves yet. */
static void arrive(int from, int to, uint32_t base)
{
	static const uint8_t bytes[3000];
	struct tcp_segment segment = { .payload = bytes, .segment_count = 1 };

	segment.header = pair_next_header(&pair, 1);
	segment.header.seq = base + (uint32_t)from;
	segment.payload_len = (uint32_t)(to - from);
	tcp_input(pair.end[1].tcp, &segment, pair.now_us);
}

static uint32_t next_seq(void)
{
	return pair_next_header(&pair, 1).seq;
}

static void assert_block(int at, uint32_t start, uint32_t end)
{
	ck_assert_int_lt(at, pair.last[1].sack_count);
	ck_assert_uint_eq(pair.last[1].sack[at].start, start);
	ck_assert_uint_eq(pair.last[1].sack[at].end, end);
}

START_TEST(a_duplicate_below_the_ack_is_told_in_the_first_block)
{
	uint32_t base;

	setup(1);
	base = next_seq();
	arrive(0, 1000, base);
	pair_flush(&pair);
	arrive(0, 500, base);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.last[1].ack, base + 1000);
	ck_assert_uint_eq(pair.last[1].sack_count, 1);
	assert_block(0, base, base + 500);
	ck_assert_uint_eq(counter(1, COUNTER_TCP_DSACK_OLD_SENT), 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_duplicate_behind_a_hole_stands_before_the_block_that_holds_it)
{
	uint32_t base;

	setup(2);
	base = next_seq();
	arrive(100, 700, base);
	arrive(900, 1000, base);
	pair_flush(&pair);
	arrive(200, 300, base);
	pair_flush(&pair);
	assert_block(0, base + 200, base + 300);
	assert_block(1, base + 100, base + 700);
	ck_assert_uint_eq(counter(1, COUNTER_TCP_DSACK_OFO_SENT), 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(only_what_was_there_of_a_segment_is_a_duplicate)
{
	uint32_t base;

	setup(3);
	base = next_seq();
	arrive(0, 1000, base);
	pair_flush(&pair);
	arrive(600, 1400, base);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.last[1].ack, base + 1400);
	assert_block(0, base + 600, base + 1000);
	pair_clear(&pair);
}
END_TEST

START_TEST(what_fills_a_hole_and_more_is_a_duplicate_in_part)
{
	uint32_t base;

	setup(4);
	base = next_seq();
	arrive(500, 1000, base);
	pair_flush(&pair);
	arrive(0, 800, base);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.last[1].ack, base + 1000);
	assert_block(0, base + 500, base + 800);
	pair_clear(&pair);
}
END_TEST

START_TEST(each_duplicate_of_a_turn_has_an_ack_of_its_own)
{
	uint64_t before;
	uint32_t base;

	setup(5);
	base = next_seq();
	arrive(0, 2000, base);
	pair_flush(&pair);
	before = pair.end[1].segments_out;
	arrive(0, 100, base);
	arrive(500, 600, base);
	arrive(900, 1000, base);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.end[1].segments_out, before + 3);
	assert_block(0, base + 900, base + 1000);
	pair_clear(&pair);
}
END_TEST

START_TEST(of_too_many_duplicates_the_newest_are_told)
{
	uint64_t before;
	uint32_t base;

	setup(6);
	base = next_seq();
	arrive(0, 2000, base);
	pair_flush(&pair);
	before = pair.end[1].segments_out;
	for (int i = 0; i < 12; i++)
		arrive(100 * i, 100 * i + 50, base);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.end[1].segments_out, before + TCP_DSACK_QUEUE);
	assert_block(0, base + 1100, base + 1150);
	pair_clear(&pair);
}
END_TEST

START_TEST(tcp_dsack_zero_tells_nothing)
{
	uint32_t base;

	setup(7);
	tcp_sysctl_set(pair.end[1].context, "net.ipv4.tcp_dsack", "0");
	base = next_seq();
	arrive(0, 1000, base);
	pair_flush(&pair);
	arrive(0, 1000, base);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.last[1].sack_count, 0);
	pair_clear(&pair);
}
END_TEST

/* ---------------------------------------------------------------- sender */

/* End 0 is told that it sent [from, to) twice, counted from snd.una. */
static void tell(int64_t from, int64_t to)
{
	const struct tcp_connection *a = pair.end[0].tcp;
	struct tcp_header ack = pair_next_header(&pair, 0);

	ack.ack = seq_to_wire(a->snd.iss, a->snd.una);
	ack.sack_count = 1;
	ack.sack[0].start = ack.ack + (uint32_t)from;
	ack.sack[0].end = ack.ack + (uint32_t)to;
	pair_inject(&pair, 0, &ack, NULL, 0);
}

static void expect_dubious(int64_t from, int64_t to)
{
	uint64_t before = counter(0, COUNTER_TCP_DSACK_IGNORED_DUBIOUS);

	tell(from, to);
	ck_assert_uint_eq(counter(0, COUNTER_TCP_DSACK_IGNORED_DUBIOUS),
			  before + 1);
	ck_assert_uint_eq(pair.end[0].tcp->statistics.dsack, 0);
}

START_TEST(a_duplicate_of_what_was_sent_once_is_not_believed)
{
	setup(8);
	pair_write(&pair, 0, 3000);
	pair_run(&pair, pair.now_us + SEC);
	expect_dubious(-1000, 0);
	ck_assert_uint_eq(counter(0, COUNTER_TCP_DSACK_RECV), 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_duplicate_of_what_was_never_sent_is_not_believed)
{
	setup(9);
	pair_write(&pair, 0, 3000);
	pair_run(&pair, pair.now_us + SEC);
	pair.end[0].tcp->statistics.bytes_retransmitted = 100000;
	expect_dubious(-4000, -3500); /* before the first byte */
	expect_dubious(-10, 5);
	expect_dubious(-5, -10);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_retransmission_that_was_needless_is_believed_once)
{
	struct tcp_connection *a;

	setup(10);
	a = pair.end[0].tcp;
	pair_write(&pair, 0, 3000);
	pair_run(&pair, pair.now_us + SEC);
	a->statistics.bytes_retransmitted = 1000;
	tell(-1000, 0);
	ck_assert_uint_eq(a->statistics.dsack, 1);
	ck_assert_uint_eq(counter(0, COUNTER_TCP_DSACK_IGNORED_DUBIOUS), 0);
	tell(-1000, 0);
	ck_assert_uint_eq(a->statistics.dsack, 1);
	ck_assert_uint_eq(counter(0, COUNTER_TCP_DSACK_IGNORED_DUBIOUS), 1);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_dsack", a_duplicate_below_the_ack_is_told_in_the_first_block,
	  a_duplicate_behind_a_hole_stands_before_the_block_that_holds_it,
	  only_what_was_there_of_a_segment_is_a_duplicate,
	  what_fills_a_hole_and_more_is_a_duplicate_in_part,
	  each_duplicate_of_a_turn_has_an_ack_of_its_own,
	  of_too_many_duplicates_the_newest_are_told,
	  tcp_dsack_zero_tells_nothing,
	  a_duplicate_of_what_was_sent_once_is_not_believed,
	  a_duplicate_of_what_was_never_sent_is_not_believed,
	  a_retransmission_that_was_needless_is_believed_once)
