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
	ck_assert_uint_eq(ranges.range[0].start, 10);
	ck_assert_uint_eq(ranges.range[0].end, 40);
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
		switch (rand() % 8) {
		case 0:
			ranges_trim(&ranges, a);
			memset(map, 0, a);
			break;
		case 1:
		case 2:
			if (ranges.count == ranges.size)
				break; /* a hole needs a place */
			ranges_subtract(&ranges, (struct range){ a, b });
			memset(map + a, 0, b - a);
			break;
		default:
			for (uint64_t j = a; j < b; j++) {
				added += !map[j];
				map[j] = true;
			}
			ck_assert_int_eq(add(&ranges, a, b), added);
		}
		for (uint64_t j = 0; j < SPACE; j++)
			ck_assert_int_eq(
				ranges_cover(&ranges,
					     (struct range){ j, j + 1 }),
				map[j]);
		for (uint32_t j = 1; j < ranges.count; j++)
			ck_assert_uint_lt(ranges.range[j - 1].end,
					  ranges.range[j].start);
	}
	ranges_clear(&ranges, &engine);
}
END_TEST

UNIT_MAIN("ranges", touching_and_overlapping_ranges_become_one,
	  no_more_ranges_than_allowed, ranges_agree_with_a_map_of_bytes)
