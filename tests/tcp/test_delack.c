#include "unit.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "pair.h"

static struct pair pair;
static struct tcp_connection *b;
static uint64_t got;
static const struct pair_network network = { .delay_us = 5 * MS };

static void setup(uint64_t seed)
{
	got = 0;
	pair_init(&pair, seed, &network);
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
	b = pair.end[1].tcp;
}

static int64_t ato_us(void)
{
	struct tcp_info info;

	tcp_info(b, &info, pair.now_us);
	return info.tcpi_ato;
}

static void quickack(int value)
{
	ck_assert_int_eq(tcp_set_option(b, IPPROTO_TCP, TCP_QUICKACK, &value,
					sizeof(value), pair.now_us),
			 0);
}

static bool is_quick(void)
{
	int value = -1;

	tcp_get_option(b, IPPROTO_TCP, TCP_QUICKACK, &value, sizeof(value),
		       pair.now_us);
	return value;
}

/* Time from arrival at end 1 to its next segment; it reads when reads. */
static int64_t ack_delay_us(size_t len, bool reads)
{
	uint64_t before = pair.end[1].segments_out;
	int64_t start_us;

	ck_assert_uint_eq(pair_write(&pair, 0, len), len);
	pair_flush(&pair);
	start_us = pair.now_us + network.delay_us;
	while (pair.end[1].segments_out == before) {
		ck_assert(pair_step(&pair, start_us + SEC));
		if (reads && pair.now_us >= start_us &&
		    pair_read(&pair, 1, &got))
			pair_flush(&pair);
	}
	return pair.now_us - start_us;
}

/* Past the quick start, at 20 ms a segment. */
static void spend_budget(void)
{
	for (int i = 0; i < 20; i++) {
		pair_write(&pair, 0, 10);
		pair_run(&pair, pair.now_us + 100 * MS);
	}
	ck_assert_uint_eq(b->rcv.quick_acks, 0);
}

START_TEST(sixteen_acks_at_the_start_are_not_delayed)
{
	setup(1);
	for (int i = 0; i < 16; i++) {
		ck_assert_int_eq(ack_delay_us(10, false), 0);
		pair_run(&pair, pair.now_us + 10 * MS);
	}
	ck_assert_int_eq(ack_delay_us(10, false), 40 * MS);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_small_window_has_a_small_budget)
{
	int size = 4608;

	pair_init(&pair, 2, &network);
	pair_connect(&pair);
	b = pair.end[1].tcp;
	tcp_set_option(b, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size),
		       pair.now_us);
	b->rcv.edge = b->rcv.nxt + 4 * 536;
	pair_write(&pair, 0, 100);
	pair_run(&pair, pair.now_us + 6 * MS);
	/* one of two is spent */
	ck_assert_uint_le(b->rcv.quick_acks, 2);
	pair_clear(&pair);
}
END_TEST

START_TEST(every_second_full_segment_is_acknowledged)
{
	setup(3);
	spend_budget();
	ck_assert_int_eq(ack_delay_us(2 * 1448, false), 0);
	ck_assert_uint_eq(b->rcv.acked, b->rcv.nxt);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_estimate_follows_the_gaps_between_segments)
{
	setup(4);
	spend_budget();
	ck_assert_int_ge(ato_us(), 40 * MS);
	/* 30 ms apart, while the timer doubles what it missed */
	b->rcv.ato_us = 100 * MS;
	b->rcv.last_us = pair.now_us + 5 * MS - 30 * MS;
	pair_write(&pair, 0, 10);
	pair_run(&pair, pair.now_us + 6 * MS);
	ck_assert_int_eq(ato_us(), 80 * MS);
	/* in one burst: down to the least */
	for (int i = 0; i < 10; i++) {
		pair_write(&pair, 0, 2896);
		pair_run(&pair, pair.now_us + 6 * MS);
	}
	ck_assert_int_lt(ato_us(), 41 * MS);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_missed_delay_doubles_up_to_the_timeout)
{
	setup(5);
	spend_budget();
	for (int i = 0; i < 20; i++) {
		b->rcv.last_us = pair.now_us; /* no gap that says more */
		ack_delay_us(10, false);
		b->pingpong = false;
		ck_assert_int_le(ato_us(), tcp_rto_us(&b->rto));
	}
	pair_clear(&pair);
}
END_TEST

START_TEST(no_ack_waits_longer_than_two_hundred_milliseconds)
{
	setup(6);
	spend_budget();
	b->rto.srtt_us = 900 * MS;
	b->rto.base_us = 3000 * MS;
	b->rcv.ato_us = 2000 * MS;
	b->rcv.last_us = pair.now_us - 2200 * MS;
	pair_write(&pair, 0, 10);
	pair_run(&pair, pair.now_us + 5 * MS);
	/* before the sender's tail loss probe asks for more */
	ck_assert_int_eq(b->deadline_us[TCP_TIMER_DELAYED_ACK] - pair.now_us,
			 200 * MS);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_delay_is_not_longer_than_a_round_trip)
{
	setup(7);
	spend_budget();
	b->rto.srtt_us = 70 * MS;
	b->rto.base_us = 3000 * MS;
	b->rcv.ato_us = 150 * MS;
	b->rcv.last_us = pair.now_us - 1000 * MS;
	ck_assert_int_eq(ack_delay_us(10, false), 70 * MS);
	pair_clear(&pair);
}
END_TEST

START_TEST(an_answer_turns_to_pingpong_and_a_timer_back)
{
	setup(8);
	pair_write(&pair, 0, 10);
	pair_run(&pair, pair.now_us + 6 * MS);
	ck_assert(is_quick());
	pair_write(&pair, 1, 10);
	pair_run(&pair, pair.now_us + 20 * MS);
	ck_assert(!is_quick());
	ck_assert_int_eq(ack_delay_us(10, true), 40 * MS);
	ck_assert(is_quick());
	pair_clear(&pair);
}
END_TEST

START_TEST(so_many_answers_make_a_dialogue)
{
	setup(8);
	tcp_sysctl_set(pair.end[1].context, "net.ipv4.tcp_pingpong_thresh",
		       "3");
	for (int i = 0; i < 3; i++) {
		ck_assert(is_quick());
		pair_write(&pair, 0, 10);
		pair_run(&pair, pair.now_us + 6 * MS);
		pair_write(&pair, 1, 10);
		pair_run(&pair, pair.now_us + 6 * MS);
	}
	ck_assert(!is_quick());
	tcp_set_option(b, IPPROTO_TCP, TCP_QUICKACK, &(int){ 1 }, sizeof(int),
		       pair.now_us);
	ck_assert(is_quick());
	tcp_set_option(b, IPPROTO_TCP, TCP_QUICKACK, &(int){ 0 }, sizeof(int),
		       pair.now_us);
	ck_assert(!is_quick());
	pair_clear(&pair);
}
END_TEST

START_TEST(the_ack_of_a_question_rides_on_the_answer)
{
	uint64_t before;

	setup(9);
	for (int i = 0; i < 5; i++) {
		before = pair.end[1].segments_out;
		pair_write(&pair, 0, 10);
		pair_run(&pair, pair.now_us + 6 * MS);
		pair_read(&pair, 1, &got);
		pair_write(&pair, 1, 10);
		pair_run(&pair, pair.now_us + 6 * MS);
		ck_assert_uint_le(pair.end[1].segments_out,
				  before + (i ? 1 : 2));
	}
	pair_clear(&pair);
}
END_TEST

START_TEST(a_drained_burst_is_acknowledged_when_nobody_answers)
{
	setup(10);
	spend_budget();
	while (pair_read(&pair, 1, &got))
		;
	b->pingpong = false;
	ck_assert_int_eq(ack_delay_us(10, true), 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(data_after_a_long_silence_is_acknowledged_at_once)
{
	setup(11);
	spend_budget();
	pair_run(&pair, pair.now_us + 10 * SEC);
	ck_assert_int_eq(ack_delay_us(10, false), 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(quickack_is_set_and_read_as_linux_has_it)
{
	setup(12);
	ck_assert(is_quick());
	quickack(0);
	ck_assert(!is_quick());
	quickack(1);
	ck_assert(is_quick());
	quickack(0);
	quickack(2); /* nothing is owed that it could be for */
	ck_assert(is_quick());
	pair_clear(&pair);
}
END_TEST

START_TEST(quickack_sends_what_is_owed)
{
	uint64_t before;

	setup(13);
	spend_budget();
	quickack(0);
	pair_write(&pair, 0, 10);
	pair_run(&pair, pair.now_us + 6 * MS);
	before = pair.end[1].segments_out;
	quickack(1);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.end[1].segments_out, before + 1);
	quickack(1); /* nothing is owed any more */
	pair_flush(&pair);
	ck_assert_uint_eq(pair.end[1].segments_out, before + 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(smaller_segments_are_believed_when_they_repeat)
{
	struct tcp_info info;

	setup(14);
	pair_transfer(&pair, 0, 14480, SEC);
	tcp_info(b, &info, pair.now_us);
	ck_assert_uint_eq(info.tcpi_rcv_mss, 1448);
	pair.network.mtu = 1052; /* the path has become narrower */
	pair_transfer(&pair, 0, 10000, SEC);
	tcp_info(b, &info, pair.now_us);
	ck_assert_uint_eq(info.tcpi_rcv_mss, 1000);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_delack", sixteen_acks_at_the_start_are_not_delayed,
	  a_small_window_has_a_small_budget,
	  every_second_full_segment_is_acknowledged,
	  the_estimate_follows_the_gaps_between_segments,
	  a_missed_delay_doubles_up_to_the_timeout,
	  no_ack_waits_longer_than_two_hundred_milliseconds,
	  a_delay_is_not_longer_than_a_round_trip,
	  an_answer_turns_to_pingpong_and_a_timer_back,
	  so_many_answers_make_a_dialogue,
	  the_ack_of_a_question_rides_on_the_answer,
	  a_drained_burst_is_acknowledged_when_nobody_answers,
	  data_after_a_long_silence_is_acknowledged_at_once,
	  quickack_is_set_and_read_as_linux_has_it, quickack_sends_what_is_owed,
	  smaller_segments_are_believed_when_they_repeat)
