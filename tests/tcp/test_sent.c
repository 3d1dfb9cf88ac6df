#include "unit.h"

#include <stdlib.h>

#include "tcp/tcp_sent.h"

static size_t allocated;

static void *count_alloc(void *context, size_t len)
{
	(void)context;
	allocated += len;
	return calloc(1, len);
}

static void count_free(void *context, void *memory, size_t len)
{
	(void)context;
	allocated -= len;
	free(memory);
}

static struct engine engine = { .allocator = { count_alloc, count_free,
					       NULL } };
static struct tcp_sent sent;

static void setup(int records)
{
	tcp_sent_init(&sent, &engine);
	for (int i = 0; i < records; i++)
		tcp_sent_add(&sent, (uint64_t)i * 100, (uint64_t)i * 100 + 100,
			     i);
}

START_TEST(a_position_is_found_in_its_record)
{
	setup(1000);
	for (uint64_t at = 0; at < 100000; at += 37)
		ck_assert_uint_eq(tcp_sent_find(&sent, at)->start,
				  at / 100 * 100);
	ck_assert_ptr_null(tcp_sent_find(&sent, 100000));
	tcp_sent_clear(&sent);
	ck_assert_uint_eq(allocated, 0);
}
END_TEST

START_TEST(halves_of_a_split_keep_state_and_sums)
{
	struct tcp_sent_record *second;

	setup(2);
	tcp_sent_mark_lost(&sent, tcp_sent_first(&sent));
	second = tcp_sent_split(&sent, tcp_sent_first(&sent), 30);
	ck_assert_uint_eq(second->start, 30);
	ck_assert_int_eq(second->state, TCP_SENT_LOST);
	ck_assert_uint_eq(sent.lost_len, 100);
	tcp_sent_mark_retransmitted(&sent, second, 50);
	ck_assert_uint_eq(sent.lost_len, 30);
	ck_assert_ptr_eq(TAILQ_LAST(&sent.in_flight, tcp_sent_list), second);
	tcp_sent_clear(&sent);
	ck_assert_uint_eq(allocated, 0);
}
END_TEST

START_TEST(sacked_neighbours_become_one_record)
{
	setup(5);
	for (uint64_t at = 100; at < 400; at += 100) {
		struct tcp_sent_record *record = tcp_sent_find(&sent, at);

		tcp_sent_mark_sacked(&sent, record);
		tcp_sent_merge_sacked(&sent, record);
	}
	ck_assert_uint_eq(sent.sacked_len, 300);
	ck_assert_uint_eq(sent.count, 3);
	ck_assert_uint_eq(tcp_sent_find(&sent, 350)->start, 100);
	tcp_sent_trim(&sent, tcp_sent_find(&sent, 350), 150);
	ck_assert_uint_eq(sent.sacked_len, 250);
	tcp_sent_clear(&sent);
	ck_assert_uint_eq(allocated, 0);
}
END_TEST

static void lose_all(struct tcp_sent *all)
{
	struct tcp_sent_record *record;

	while ((record = tcp_sent_first_in_flight(all)))
		tcp_sent_mark_lost(all, record);
}

START_TEST(a_timeout_loses_all_but_the_sacked_in_order)
{
	struct tcp_sent_record *record;
	uint64_t last = 0;

	setup(10);
	tcp_sent_mark_lost(&sent, tcp_sent_find(&sent, 700));
	tcp_sent_mark_sacked(&sent, tcp_sent_find(&sent, 300));
	lose_all(&sent);
	ck_assert_uint_eq(sent.lost_len, 900);
	ck_assert_ptr_null(tcp_sent_first_in_flight(&sent));
	while ((record = tcp_sent_first_lost(&sent))) {
		ck_assert_uint_ge(record->start, last);
		last = record->start;
		tcp_sent_mark_retransmitted(&sent, record, 1000);
	}
	ck_assert_uint_eq(sent.again_len, 900);
	ck_assert_uint_eq(sent.lost_len, 0);
	tcp_sent_forget_sacks(&sent);
	ck_assert_uint_eq(sent.lost_len, 100);
	ck_assert_uint_eq(sent.sacked_len, 0);
	tcp_sent_clear(&sent);
	ck_assert_uint_eq(allocated, 0);
}
END_TEST

START_TEST(what_was_not_lost_is_in_flight_again_in_order_of_sending)
{
	struct tcp_sent_record *record;
	uint64_t last = 0;

	setup(8);
	for (uint64_t at = 0; at < 800; at += 200) /* every second, again */
		tcp_sent_mark_retransmitted(&sent, tcp_sent_find(&sent, at),
					    100);
	lose_all(&sent);
	tcp_sent_mark_retransmitted(&sent, tcp_sent_first_lost(&sent), 200);
	tcp_sent_mark_sacked(&sent, tcp_sent_find(&sent, 300));
	tcp_sent_unmark_lost(&sent);
	ck_assert_uint_eq(sent.lost_len, 0);
	ck_assert_uint_eq(sent.sacked_len, 100);
	ck_assert_uint_eq(sent.again_len, 400);
	while ((record = tcp_sent_first_in_flight(&sent))) {
		ck_assert_uint_gt(record->order, last);
		last = record->order;
		tcp_sent_remove(&sent, record);
	}
	ck_assert_uint_eq(last, 13);
	tcp_sent_clear(&sent);
	ck_assert_uint_eq(allocated, 0);
}
END_TEST

/* Bytes of the longest that is in flight; all of them are looked at. */
static uint32_t longest_in_flight(void)
{
	uint32_t longest = 0;

	for (struct tcp_sent_record *record = tcp_sent_first(&sent); record;
	     record = tcp_sent_next(record)) {
		uint32_t len = (uint32_t)(record->end - record->start);

		if (record->state == TCP_SENT_IN_FLIGHT && len > longest)
			longest = len;
	}
	return longest;
}

/* Lengths 1, 2, ... in a mixed order. */
static void setup_lengths(uint32_t records)
{
	uint64_t at = 0;

	tcp_sent_init(&sent, &engine);
	for (uint32_t i = 0; i < records; i++) {
		uint32_t len = 1 + i * 769 % records;

		tcp_sent_add(&sent, at, at + len, i);
		at += len;
	}
	sent.visited = 0;
}

START_TEST(what_is_too_long_for_a_smaller_mtu_is_lost_and_nothing_else)
{
	struct tcp_sent_record *record;

	setup_lengths(1000);
	tcp_sent_mark_longer_lost(&sent, 700);
	ck_assert_uint_eq(longest_in_flight(), 700);
	ck_assert_uint_eq(sent.lost_len, 700 * 300 + 301 * 150);
	/* what came back, what was cut and what is new are found as well */
	tcp_sent_unmark_lost(&sent);
	for (record = tcp_sent_first(&sent); record;
	     record = tcp_sent_next(record))
		if (record->end - record->start == 1000)
			break;
	tcp_sent_split(&sent, record, record->start + 100);
	record = tcp_sent_find(&sent, record->end);
	ck_assert_uint_eq(record->end - record->start, 900);
	tcp_sent_mark_longer_lost(&sent, 950);
	ck_assert_uint_eq(sent.lost_len, 49 * 975);
	ck_assert_uint_eq(longest_in_flight(), 950);
	tcp_sent_mark_longer_lost(&sent, 899);
	ck_assert_uint_eq(longest_in_flight(), 899);
	ck_assert_int_eq(record->state, TCP_SENT_LOST);
	tcp_sent_clear(&sent);
	ck_assert_uint_eq(allocated, 0);
}
END_TEST

START_TEST(an_mtu_that_falls_often_looks_at_each_record_twice_at_most)
{
	setup_lengths(10000);
	for (uint32_t len = 9999; len > 0; len--) {
		tcp_sent_mark_longer_lost(&sent, len);
		if (len % 1000 == 0)
			ck_assert_uint_eq(longest_in_flight(), len);
	}
	/* into the tree, and out of it */
	ck_assert_uint_le(sent.visited, 3 * 10000);
	tcp_sent_clear(&sent);
}
END_TEST

START_TEST(an_undo_looks_at_what_was_lost_only)
{
	setup(10000);
	tcp_sent_mark_lost(&sent, tcp_sent_last(&sent));
	sent.visited = 0;
	tcp_sent_unmark_lost(&sent);
	ck_assert_uint_le(sent.visited, 2);
	ck_assert_uint_eq(tcp_sent_first_in_flight(&sent)->order, 1);
	tcp_sent_clear(&sent);
}
END_TEST

START_TEST(records_are_bounded)
{
	setup(TCP_SENT_RECORDS_MAX);
	ck_assert_ptr_null(tcp_sent_add(&sent, 1ull << 40, 1ull << 41, 0));
	ck_assert_ptr_null(tcp_sent_split(&sent, tcp_sent_first(&sent), 50));
	ck_assert_uint_le(allocated, TCP_SENT_RECORDS_MAX * 128ul);
	tcp_sent_clear(&sent);
	ck_assert_uint_eq(allocated, 0);
}
END_TEST

UNIT_MAIN("tcp_sent", a_position_is_found_in_its_record,
	  halves_of_a_split_keep_state_and_sums,
	  sacked_neighbours_become_one_record,
	  a_timeout_loses_all_but_the_sacked_in_order,
	  what_was_not_lost_is_in_flight_again_in_order_of_sending,
	  what_is_too_long_for_a_smaller_mtu_is_lost_and_nothing_else,
	  an_mtu_that_falls_often_looks_at_each_record_twice_at_most,
	  an_undo_looks_at_what_was_lost_only, records_are_bounded)
