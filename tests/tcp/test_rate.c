#include "pair.h"
#include "unit.h"

#include <string.h>

static struct pair pair;
static struct pair_network network;

static void setup(void)
{
	network = (struct pair_network){ .delay_us = 25 * MS };
}

static void begin(void)
{
	pair_init(&pair, 1, &network);
	pair_connect(&pair);
}

static struct tcp_info info_of(int end)
{
	struct tcp_info info;

	tcp_info(pair.end[end].tcp, &info, pair.now_us);
	return info;
}

START_TEST(the_rate_of_a_full_bottleneck_is_measured)
{
	double rate;

	network.rate = 1250000;
	network.queue_len = 200000;
	begin();
	pair_transfer(&pair, 0, 4000000, 100 * SEC);
	/* payload of 1448 in packets of 1500 */
	rate = (double)info_of(0).tcpi_delivery_rate * 1500 / 1448;
	ck_assert_double_ge(rate, 0.95 * 1250000);
	ck_assert_double_le(rate, 1.02 * 1250000);
	ck_assert_uint_eq(info_of(0).tcpi_delivery_rate_app_limited, 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_program_that_writes_little_is_the_limit)
{
	begin();
	for (int i = 0; i < 20; i++) {
		pair_write(&pair, 0, 1000);
		pair_run(&pair, pair.now_us + 10 * MS);
	}
	pair_run(&pair, pair.now_us + 100 * MS);
	ck_assert_uint_eq(info_of(0).tcpi_delivery_rate_app_limited, 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_limit_ends_with_what_was_in_flight)
{
	begin();
	pair_write(&pair, 0, 1000);
	pair_flush(&pair);
	ck_assert_uint_ne(pair.end[0].tcp->rate.limited_until, 0);
	pair_transfer(&pair, 0, 2000000, 100 * SEC);
	pair_write(&pair, 0, 60000);
	pair_write(&pair, 0, 60000);
	pair_flush(&pair);
	pair_run(&pair, pair.now_us + 200 * MS);
	ck_assert_uint_eq(pair.end[0].tcp->rate.total,
			  pair.end[0].tcp->snd.nxt - SEQ_DATA);
	pair_clear(&pair);
}
END_TEST

START_TEST(every_byte_is_delivered_once_whatever_is_lost)
{
	network.loss_permille = 50;
	network.reorder_permille = 50;
	begin();
	pair_transfer(&pair, 0, 1000000, 1000 * SEC);
	pair_run(&pair, pair.now_us + 10 * SEC);
	ck_assert_uint_eq(pair.end[0].tcp->rate.total, 1000000);
	pair_clear(&pair);
}
END_TEST

START_TEST(compressed_acks_do_not_make_the_path_faster)
{
	struct tcp_connection tcp = { .snd.mss = 1000 };
	struct tcp_rate_sample sample = { 0 };
	struct tcp_sent_record record = { .order = 1, .end = 1000 };
	struct pyt_cc_rate rate;

	/* Sent over 50 ms, acknowledged within 1 ms: the send time counts. */
	tcp.rate.delivered_us = 199000;
	record.sent_us = 150000;
	record.rate = (struct tcp_rate_mark){ 0, 199000, 100000 };
	tcp_rate_on_delivered(&tcp, &record, &sample);
	rate = tcp_rate_finish(&tcp, &sample, 50000, 200000);
	ck_assert_uint_eq(rate.interval_us, 50000);
	ck_assert_uint_eq(rate.delivered, 50000);
}
END_TEST

START_TEST(what_is_faster_than_the_least_round_trip_is_no_sample)
{
	struct tcp_connection tcp = { .rto.min_rtt_us = 20000 };
	struct tcp_rate_sample sample = { 0 };
	struct tcp_sent_record record = { .order = 1, .end = 1000 };
	struct pyt_cc_rate rate;

	record.sent_us = 100000;
	record.rate = (struct tcp_rate_mark){ 0, 100000, 100000 };
	tcp_rate_on_delivered(&tcp, &record, &sample);
	rate = tcp_rate_finish(&tcp, &sample, 1000, 110000);
	ck_assert_uint_eq(rate.interval_us, 0);
}
END_TEST

START_TEST(the_newest_of_what_an_ack_delivers_is_the_sample)
{
	struct tcp_connection tcp = { 0 };
	struct tcp_rate_sample sample = { 0 };
	struct tcp_sent_record record = { .order = 5, .end = 1000 };

	record.rate.total = 700;
	tcp_rate_on_delivered(&tcp, &record, &sample);
	record.order = 3;
	record.rate.total = 300;
	tcp_rate_on_delivered(&tcp, &record, &sample);
	ck_assert_uint_eq(sample.mark.total, 700);
}
END_TEST

START_TEST(times_may_wrap)
{
	struct tcp_connection tcp = { 0 };
	struct tcp_rate_sample sample = { 0 };
	struct tcp_sent_record record = { .order = 1, .end = 1000 };
	int64_t now_us = (1ll << 32) + 5000;

	record.sent_us = now_us - 10000;
	record.rate = (struct tcp_rate_mark){ 0, (uint32_t)(now_us - 10000),
					      (uint32_t)(now_us - 10000) };
	tcp_rate_on_delivered(&tcp, &record, &sample);
	ck_assert_uint_eq(
		tcp_rate_finish(&tcp, &sample, 1000, now_us).interval_us,
		10000);
}
END_TEST

UNIT_MAIN_WITH("tcp_rate", setup, NULL,
	       the_rate_of_a_full_bottleneck_is_measured,
	       a_program_that_writes_little_is_the_limit,
	       the_limit_ends_with_what_was_in_flight,
	       every_byte_is_delivered_once_whatever_is_lost,
	       compressed_acks_do_not_make_the_path_faster,
	       what_is_faster_than_the_least_round_trip_is_no_sample,
	       the_newest_of_what_an_ack_delivers_is_the_sample, times_may_wrap)
