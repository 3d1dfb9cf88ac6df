#include "unit.h"

#include "base/random.h"

START_TEST(equal_seeds_replay_and_others_do_not)
{
	static const uint8_t seed[32] = { 1 }, other[32] = { 2 };
	struct random a, b, c;
	int same = 0;

	random_init(&a, seed);
	random_init(&b, seed);
	random_init(&c, other);
	for (int i = 0; i < 100; i++) {
		uint32_t value = random_u32(&a);

		ck_assert_uint_eq(value, random_u32(&b));
		same += value == random_u32(&c);
	}
	ck_assert_int_eq(same, 0);
}
END_TEST

START_TEST(bytes_are_the_same_in_pieces_of_any_size)
{
	static const uint8_t seed[32] = { 1 };
	uint8_t whole[100], pieces[100];
	struct random a, b;

	random_init(&a, seed);
	random_init(&b, seed);
	random_bytes(&a, whole, sizeof(whole));
	random_bytes(&b, pieces, 1);
	random_bytes(&b, pieces + 1, 64);
	random_bytes(&b, pieces + 65, 35);
	ck_assert_mem_eq(whole, pieces, sizeof(whole));
}
END_TEST

START_TEST(values_below_a_bound_fill_it_evenly)
{
	static const uint8_t seed[32] = { 3 };
	int hits[5] = { 0 };
	struct random random;

	random_init(&random, seed);
	for (int i = 0; i < 5000; i++)
		hits[random_below(&random, 5)]++;
	for (int i = 0; i < 5; i++)
		ck_assert_int_gt(hits[i], 850);
	ck_assert_uint_eq(random_below(&random, 1), 0);
}
END_TEST

UNIT_MAIN("random", equal_seeds_replay_and_others_do_not,
	  bytes_are_the_same_in_pieces_of_any_size,
	  values_below_a_bound_fill_it_evenly)
