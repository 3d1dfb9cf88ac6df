#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/ranges.h"

#define SPACE 256

static void *plain_alloc(void *context, size_t len)
{
	(void)context;
	return calloc(1, len);
}

static void plain_free(void *context, void *memory, size_t len)
{
	(void)context;
	(void)len;
	free(memory);
}

static struct engine engine = { .allocator = { plain_alloc, plain_free,
					       NULL } };

static int64_t add(struct ranges *ranges, uint64_t start, uint64_t end)
{
	return ranges_add(ranges, &engine, (struct range){ start, end }, 100);
}

START_TEST(touching_and_overlapping_ranges_become_one)
{
	struct ranges ranges;

	ranges_init(&ranges);
	ck_assert_int_eq(add(&ranges, 10, 20), 10);
	ck_assert_int_eq(add(&ranges, 30, 40), 10);
	ck_assert_int_eq(add(&ranges, 20, 25), 5);
	ck_assert_uint_eq(ranges.count, 2);
	ck_assert_int_eq(add(&ranges, 15, 35), 5);
	ck_assert_uint_eq(ranges.count, 1);
	ck_assert_uint_eq(ranges_first(&ranges)->start, 10);
	ck_assert_uint_eq(ranges_first(&ranges)->end, 40);
	ck_assert_int_eq(add(&ranges, 5, 5), 0);
	ranges_clear(&ranges, &engine);
}
END_TEST

START_TEST(no_more_ranges_than_allowed)
{
	struct range far = { 1000, 1001 }, joins = { 8, 10 };
	struct ranges ranges;

	ranges_init(&ranges);
	for (uint64_t i = 0; i < 4; i++)
		add(&ranges, i * 10, i * 10 + 8);
	ck_assert_int_eq(ranges_add(&ranges, &engine, far, 4), -ENOSPC);
	ck_assert_uint_eq(ranges.count, 4);
	ck_assert_int_eq(ranges_add(&ranges, &engine, joins, 4), 2);
	ck_assert_uint_eq(ranges.count, 3);
	ranges_clear(&ranges, &engine);
}
END_TEST

static bool is_in_order(const struct ranges *ranges)
{
	const struct range *range = ranges_first(ranges), *before = NULL;
	uint32_t count = 0;

	for (; range; range = ranges_next(range), count++) {
		if (ranges_previous(range) != before ||
		    (before && before->end >= range->start))
			return false;
		before = range;
	}
	return count == ranges->count && ranges_last(ranges) == before;
}

static bool covers_as(const struct ranges *ranges, const bool *map)
{
	for (uint64_t i = 0; i < SPACE; i++)
		if (ranges_cover(ranges, (struct range){ i, i + 1 }) != map[i])
			return false;
	return true;
}

/* The same operations on a plain map of bytes. */
START_TEST(ranges_agree_with_a_map_of_bytes)
{
	bool map[SPACE] = { false };
	struct ranges ranges;

	ranges_init(&ranges);
	srand(1);
	for (int i = 0; i < 20000; i++) {
		uint64_t a = (uint64_t)rand() % SPACE;
		uint64_t b = a + (uint64_t)rand() % 20;
		int64_t added = 0;

		if (b > SPACE)
			b = SPACE;
		if (rand() % 8 == 0) {
			ranges_trim(&ranges, &engine, a);
			memset(map, 0, a);
		} else {
			for (uint64_t j = a; j < b; j++)
				added += !map[j];
			memset(map + a, true, b - a);
			ck_assert_int_eq(add(&ranges, a, b), added);
		}
		ck_assert(covers_as(&ranges, map));
		ck_assert(is_in_order(&ranges));
	}
	ranges_clear(&ranges, &engine);
}
END_TEST

/* Downwards: for an array the worst order. */
START_TEST(a_range_among_thousands_is_added_in_logarithmic_steps)
{
	enum { COUNT = 1 << 14, DEPTH_MAX = 2 * 14 };
	struct ranges ranges;

	ranges_init(&ranges);
	for (uint64_t i = COUNT; i > 0; i--) {
		uint32_t before = ranges.visited;

		ranges_add(&ranges, &engine, (struct range){ 4 * i, 4 * i + 1 },
			   COUNT);
		ck_assert_uint_le(ranges.visited - before, DEPTH_MAX);
	}
	ck_assert_uint_eq(ranges.count, COUNT);
	ranges_clear(&ranges, &engine);
}
END_TEST

START_TEST(taking_ranges_out_costs_no_more_than_putting_them_in)
{
	enum { COUNT = 4096 };
	struct range all = { 0, 10ull * COUNT };
	struct ranges ranges;
	uint32_t before;

	ranges_init(&ranges);
	for (uint64_t i = 0; i < COUNT; i++)
		ranges_add(&ranges, &engine,
			   (struct range){ i * 10, i * 10 + 8 }, COUNT);
	before = ranges.visited;
	ranges_trim(&ranges, &engine, 10ull * COUNT / 2);
	ck_assert_uint_eq(ranges.count, COUNT / 2);
	ck_assert_uint_eq(ranges.visited - before, COUNT / 2);
	before = ranges.visited;
	ranges_add(&ranges, &engine, all, COUNT);
	ck_assert_uint_eq(ranges.count, 1);
	ck_assert_uint_lt(ranges.visited - before, COUNT / 2 + 2 * 12);
	ranges_clear(&ranges, &engine);
}
END_TEST

UNIT_MAIN("ranges", touching_and_overlapping_ranges_become_one,
	  no_more_ranges_than_allowed, ranges_agree_with_a_map_of_bytes,
	  a_range_among_thousands_is_added_in_logarithmic_steps,
	  taking_ranges_out_costs_no_more_than_putting_them_in)
