#include "unit.h"

#include "tcp/tcp_rto.h"

static void sample(struct tcp_rto *rto, int64_t rtt_us, int64_t now_us)
{
	tcp_rto_sample(rto, rtt_us, 300, now_us);
}

START_TEST(first_sample_sets_half_its_value_as_variance)
{
	struct tcp_rto rto;

	tcp_rto_init(&rto);
	ck_assert_int_eq(tcp_rto_us(&rto), 1 * SEC);
	sample(&rto, 400 * MS, 0);
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
		sample(&rto, 50, i);
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

START_TEST(back_off_stays_at_the_maximum_however_many_probes)
{
	struct tcp_rto rto;

	tcp_rto_init(&rto);
	for (int i = 0; i < 1000; i++) {
		tcp_rto_on_timeout(&rto);
		if (i >= 10)
			ck_assert_int_eq(tcp_rto_us(&rto), 120 * SEC);
	}
}
END_TEST

START_TEST(the_least_round_trip_is_forgotten_after_five_minutes)
{
	const int64_t wrap_us = ((int64_t)UINT32_MAX + 1) * 1000;
	struct tcp_rto rto;

	tcp_rto_init(&rto);
	sample(&rto, 50, wrap_us - 100 * SEC);
	sample(&rto, 900, wrap_us + 199 * SEC);
	ck_assert_int_eq(rto.min_rtt_us, 50);
	sample(&rto, 900, wrap_us + 200 * SEC);
	ck_assert_int_eq(rto.min_rtt_us, 900);
}
END_TEST

START_TEST(a_clock_that_stands_still_gives_a_sample_too)
{
	struct tcp_rto rto;

	tcp_rto_init(&rto);
	sample(&rto, 0, 0);
	ck_assert_int_eq(rto.srtt_us, 1);
}
END_TEST

START_TEST(the_margin_rises_at_once_and_falls_once_a_round_trip)
{
	struct tcp_rto rto;
	int64_t before_us;

	tcp_rto_init(&rto);
	for (int i = 0; i < 50; i++)
		sample(&rto, 100 * MS, i);
	tcp_rto_on_round(&rto);
	ck_assert_int_eq(tcp_rto_us(&rto), 300 * MS);
	sample(&rto, 600 * MS, 50);
	ck_assert_int_ge(rto.margin_us, 500 * MS);

	before_us = rto.margin_us;
	for (int i = 0; i < 50; i++)
		sample(&rto, rto.srtt_us, 51);
	ck_assert_int_eq(rto.margin_us, before_us);
	tcp_rto_on_round(&rto); /* this one still needed it */
	ck_assert_int_eq(rto.margin_us, before_us);
	for (int i = 0; i < 50; i++)
		sample(&rto, rto.srtt_us, 52);
	tcp_rto_on_round(&rto);
	ck_assert_int_eq(rto.margin_us, before_us - (before_us - 200 * MS) / 4);
}
END_TEST

START_TEST(a_shorter_round_trip_hardly_counts_as_deviation)
{
	struct tcp_rto rto;

	tcp_rto_init(&rto);
	for (int i = 0; i < 100; i++)
		sample(&rto, 640 * MS, i);
	sample(&rto, 320 * MS, 100);
	ck_assert_int_le(rto.rttvar_us, 10 * MS + 10);
	sample(&rto, 1000 * MS, 101);
	ck_assert_int_ge(rto.rttvar_us, 90 * MS);
}
END_TEST

START_TEST(the_sample_after_a_spurious_timeout_counts_whole)
{
	struct tcp_rto rto;

	tcp_rto_init(&rto);
	for (int i = 0; i < 100; i++)
		sample(&rto, 100 * MS, i);
	tcp_rto_on_spurious(&rto);
	sample(&rto, 800 * MS, 100);
	ck_assert_int_eq(rto.srtt_us, 800 * MS);
	ck_assert_int_eq(rto.rttvar_us, 400 * MS);
	ck_assert_int_eq(tcp_rto_us(&rto), 2400 * MS);
	sample(&rto, 100 * MS, 101);
	ck_assert_int_lt(rto.srtt_us, 800 * MS);
}
END_TEST

START_TEST(bounds_are_those_that_are_set)
{
	struct tcp_rto rto;

	tcp_rto_init(&rto);
	rto.min_us = 5 * MS;
	rto.max_us = 3 * SEC;
	for (int i = 0; i < 100; i++) {
		sample(&rto, 1 * MS, i);
		tcp_rto_on_round(&rto);
	}
	ck_assert_int_eq(tcp_rto_us(&rto), 6 * MS);
	for (int i = 0; i < 40; i++)
		tcp_rto_on_timeout(&rto);
	ck_assert_int_eq(tcp_rto_us(&rto), 3 * SEC);
	sample(&rto, 100 * SEC, 200);
	ck_assert_int_eq(rto.base_us, 3 * SEC);
}
END_TEST

START_TEST(the_highest_minimum_is_the_maximum)
{
	struct tcp_rto rto;

	tcp_rto_init(&rto);
	rto.min_us = INT32_MAX; /* net.ipv4.tcp_rto_min_us */
	for (int i = 0; i < 3; i++) {
		sample(&rto, 10000, 20000 * i);
		ck_assert_int_eq(tcp_rto_us(&rto), TCP_RTO_MOST_US);
		tcp_rto_on_round(&rto);
	}
}
END_TEST

UNIT_MAIN("tcp_rto", first_sample_sets_half_its_value_as_variance,
	  timeout_is_two_hundred_milliseconds_over_the_round_trip_at_least,
	  back_off_doubles_up_to_the_maximum,
	  back_off_stays_at_the_maximum_however_many_probes,
	  the_least_round_trip_is_forgotten_after_five_minutes,
	  a_clock_that_stands_still_gives_a_sample_too,
	  the_margin_rises_at_once_and_falls_once_a_round_trip,
	  a_shorter_round_trip_hardly_counts_as_deviation,
	  the_sample_after_a_spurious_timeout_counts_whole,
	  bounds_are_those_that_are_set, the_highest_minimum_is_the_maximum)
