#include "unit.h"

#include "tcp/tcp_policer.h"

static struct tcp_policer policer;
static struct pyt_cc_ack ack;
static int64_t now_us;

static void setup(void)
{
	policer = (struct tcp_policer){ 0 };
	ack = (struct pyt_cc_ack){ 0 };
	now_us = SEC;
}

/* A round trip of 100 ms in which that much arrives and is lost. */
static void round_trip(uint32_t delivered, uint32_t lost)
{
	now_us += 100 * MS;
	ack.rate.total += delivered;
	ack.delivered = delivered;
	ack.lost = lost;
	tcp_policer_look(&policer, &ack, true, now_us);
}

static void rounds(int count, uint32_t delivered, uint32_t lost)
{
	for (int i = 0; i < count; i++)
		round_trip(delivered, lost);
}

START_TEST(two_intervals_of_much_loss_and_one_rate_are_a_policer)
{
	rounds(4, 10000, 3000); /* in the first the bucket gets empty */
	ck_assert(!policer.is_found);
	ck_assert_uint_eq(policer.rate, 100000);
	rounds(4, 11000, 3000);
	ck_assert(policer.is_found);
	ck_assert_uint_eq(policer.rate, 105000);
}
END_TEST

START_TEST(without_loss_none_is_looked_for)
{
	rounds(20, 10000, 0);
	ck_assert(!policer.is_looking);
}
END_TEST

START_TEST(little_loss_is_no_policer)
{
	rounds(100, 10000, 1500);
	ck_assert(!policer.is_found);
}
END_TEST

START_TEST(rates_that_differ_by_more_than_an_eighth_are_no_policer)
{
	rounds(4, 10000, 3000);
	rounds(4, 12000, 4000);
	ck_assert(!policer.is_found);
	ck_assert_uint_eq(policer.rate, 120000);
}
END_TEST

START_TEST(a_program_that_sends_little_is_no_policer)
{
	rounds(5, 10000, 3000);
	ack.rate.is_app_limited = true;
	rounds(4, 10000, 3000);
	ck_assert(!policer.is_found);
	ck_assert_uint_eq(policer.rate, 0);
}
END_TEST

START_TEST(an_interval_of_more_than_sixteen_rounds_is_forgotten)
{
	round_trip(10000, 3000);
	rounds(15, 10000, 0);
	ck_assert(policer.is_looking);
	rounds(1, 10000, 0);
	ck_assert(!policer.is_looking);
}
END_TEST

START_TEST(a_policer_is_obeyed_for_48_rounds)
{
	rounds(8, 10000, 3000);
	ck_assert(policer.is_found);
	for (int i = 1; i < 48; i++)
		ck_assert(!tcp_policer_round(&policer));
	ck_assert(tcp_policer_round(&policer));
	ck_assert(!policer.is_found);
}
END_TEST

UNIT_MAIN_WITH("tcp_policer", setup, NULL,
	       two_intervals_of_much_loss_and_one_rate_are_a_policer,
	       without_loss_none_is_looked_for, little_loss_is_no_policer,
	       rates_that_differ_by_more_than_an_eighth_are_no_policer,
	       a_program_that_sends_little_is_no_policer,
	       an_interval_of_more_than_sixteen_rounds_is_forgotten,
	       a_policer_is_obeyed_for_48_rounds)
