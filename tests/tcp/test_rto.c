#include "unit.h"

#include "tcp/tcp_rto.h"

START_TEST(first_sample_sets_half_its_value_as_variance)
{
	struct tcp_rto rto;

	tcp_rto_init(&rto);
	ck_assert_int_eq(tcp_rto_us(&rto), 1 * SEC);
	tcp_rto_sample(&rto, 400 * MS, 0);
	ck_assert_int_eq(rto.srtt_us, 400 * MS);
	ck_assert_int_eq(rto.rttvar_us, 200 * MS);
	ck_assert_int_eq(tcp_rto_us(&rto), 1200 * MS);
}
END_TEST

START_TEST(timeout_is_two_hundred_milliseconds_over_the_round_trip_at_least)
{
	struct tcp_rto rto;

	tcp_rto_init(&rto);
	for (int i = 0; i < 100; i++)
		tcp_rto_sample(&rto, 50, i);
	ck_assert_int_eq(tcp_rto_us(&rto), 200 * MS + 50);
	ck_assert_int_eq(rto.min_rtt_us, 50);
}
END_TEST

START_TEST(back_off_doubles_up_to_the_maximum)
{
	struct tcp_rto rto;
	int64_t expected = 1 * SEC;

	tcp_rto_init(&rto);
	for (int i = 0; i < 40; i++) {
		ck_assert_int_eq(tcp_rto_us(&rto), expected);
		tcp_rto_on_timeout(&rto);
		expected = 2 * expected < 120 * SEC ? 2 * expected : 120 * SEC;
	}
	tcp_rto_on_progress(&rto);
	ck_assert_int_eq(tcp_rto_us(&rto), 1 * SEC);
}
END_TEST

START_TEST(a_clock_that_stands_still_gives_a_sample_too)
{
	struct tcp_rto rto;

	tcp_rto_init(&rto);
	tcp_rto_sample(&rto, 0, 0);
	ck_assert_int_eq(rto.srtt_us, 1);
}
END_TEST

UNIT_MAIN("tcp_rto", first_sample_sets_half_its_value_as_variance,
	  timeout_is_two_hundred_milliseconds_over_the_round_trip_at_least,
	  back_off_doubles_up_to_the_maximum,
	  a_clock_that_stands_still_gives_a_sample_too)
