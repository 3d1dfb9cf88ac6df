#include "unit.h"

#include "tcp/tcp_winmax.h"

START_TEST(the_maximum_of_a_window_is_kept_for_that_window)
{
	struct tcp_winmax winmax = { 0 };

	tcp_winmax_add(&winmax, 10, 1, 1000);
	for (uint32_t round = 2; round <= 11; round++) {
		tcp_winmax_add(&winmax, 10, round, 500);
		ck_assert_uint_eq(tcp_winmax_get(&winmax), 1000);
	}
	tcp_winmax_add(&winmax, 10, 12, 500);
	ck_assert_uint_eq(tcp_winmax_get(&winmax), 500);
}
END_TEST

START_TEST(the_second_best_takes_over)
{
	struct tcp_winmax winmax = { 0 };

	tcp_winmax_add(&winmax, 10, 1, 1000);
	tcp_winmax_add(&winmax, 10, 4, 900);
	tcp_winmax_add(&winmax, 10, 8, 700);
	tcp_winmax_add(&winmax, 10, 12, 100);
	ck_assert_uint_eq(tcp_winmax_get(&winmax), 900);
	tcp_winmax_add(&winmax, 10, 15, 100);
	ck_assert_uint_eq(tcp_winmax_get(&winmax), 700);
	tcp_winmax_add(&winmax, 10, 40, 100);
	ck_assert_uint_eq(tcp_winmax_get(&winmax), 100);
}
END_TEST

START_TEST(a_greater_value_is_the_maximum_at_once)
{
	struct tcp_winmax winmax = { 0 };

	for (uint32_t round = 1; round < 100; round++) {
		tcp_winmax_add(&winmax, 10, round, round * 7);
		ck_assert_uint_eq(tcp_winmax_get(&winmax), round * 7);
	}
}
END_TEST

START_TEST(the_count_of_rounds_may_wrap)
{
	struct tcp_winmax winmax = { 0 };

	tcp_winmax_add(&winmax, 10, UINT32_MAX - 20, 1);
	tcp_winmax_add(&winmax, 10, UINT32_MAX - 2, 1000);
	tcp_winmax_add(&winmax, 10, 5, 500);
	ck_assert_uint_eq(tcp_winmax_get(&winmax), 1000);
	tcp_winmax_add(&winmax, 10, 9, 400);
	ck_assert_uint_eq(tcp_winmax_get(&winmax), 500);
}
END_TEST

UNIT_MAIN("tcp_winmax", the_maximum_of_a_window_is_kept_for_that_window,
	  the_second_best_takes_over, a_greater_value_is_the_maximum_at_once,
	  the_count_of_rounds_may_wrap)
