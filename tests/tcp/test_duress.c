#include "unit.h"

#include <errno.h>
#include <string.h>

#include "pair.h"

static struct pair pair;
static const struct pair_network network = { .delay_us = 5 * MS };

static void setup(uint64_t seed)
{
	pair_init(&pair, seed, &network);
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
}

static uint32_t seq_of(const struct tcp_connection *tcp, uint64_t position)
{
	return seq_to_wire(tcp->snd.iss, position);
}

static void read_until(int end, uint64_t wanted, int64_t limit_us)
{
	uint64_t got = pair.end[end].tcp->receive_stream.head - SEQ_DATA;

	while (got < wanted) {
		ck_assert(pair_step(&pair, pair.now_us + limit_us));
		pair_read(&pair, end, &got);
	}
}

/* ----------------------------------------------------------------- ICMP */

START_TEST(an_icmp_error_in_flight_is_told_by_the_timeout_only)
{
	struct tcp_connection *a;

	setup(1);
	a = pair.end[0].tcp;
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_retries2", "2");
	pair.network.loss_permille = 1000;
	pair_write(&pair, 0, 100);
	pair_flush(&pair);
	tcp_icmp_error(a, seq_of(a, a->snd.una), EHOSTUNREACH);
	ck_assert_int_eq(tcp_state(a), TCP_STATE_ESTABLISHED);
	ck_assert_int_eq(tcp_error(a), 0);
	pair_run(&pair, pair.now_us + 60 * SEC);
	ck_assert_int_eq(tcp_state(a), TCP_STATE_CLOSED);
	ck_assert_int_eq(tcp_error(a), EHOSTUNREACH);
	pair_clear(&pair);
}
END_TEST

START_TEST(an_icmp_error_about_nothing_in_flight_is_ignored)
{
	struct tcp_connection *a;

	setup(2);
	a = pair.end[0].tcp;
	pair_write(&pair, 0, 100);
	pair_flush(&pair);
	tcp_icmp_error(a, seq_of(a, a->snd.una - 1), EHOSTUNREACH);
	tcp_icmp_error(a, seq_of(a, a->snd.nxt + 1), EHOSTUNREACH);
	ck_assert_int_eq(a->soft_error, 0);
	ck_assert_uint_eq(
		pair.end[0]
			.engine.counters.value[COUNTER_TCP_OUT_OF_WINDOW_ICMPS],
		2);
	pair_clear(&pair);
}
END_TEST

START_TEST(progress_forgets_an_icmp_error)
{
	struct tcp_connection *a;

	setup(3);
	a = pair.end[0].tcp;
	pair_write(&pair, 0, 100);
	pair_flush(&pair);
	tcp_icmp_error(a, seq_of(a, a->snd.una), ENETUNREACH);
	ck_assert_int_eq(a->soft_error, ENETUNREACH);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_int_eq(a->soft_error, 0);
	pair_clear(&pair);
}
END_TEST

/* --------------------------------------------------- a window that shrinks */

/* Every ACK of end 1 offers little, after a window that was large. */
static bool shrink_window(struct pair *p, int from, struct tcp_header *header,
			  uint32_t payload_len)
{
	(void)payload_len;
	if (from == 1 && p->count)
		header->window = 1;
	return true;
}

START_TEST(a_window_that_shrinks_stops_new_data_and_nothing_else)
{
	struct tcp_connection *a;
	uint64_t high;

	setup(4);
	a = pair.end[0].tcp;
	pair_write(&pair, 0, 60000);
	pair_flush(&pair);
	pair.filter = shrink_window;
	pair.count = 1;
	pair_run(&pair, pair.now_us + 100 * MS);
	high = a->snd.nxt;
	ck_assert_uint_lt(high, a->snd.end);
	ck_assert_uint_eq(a->snd.una, high); /* all in flight was accepted */
	pair_run(&pair, pair.now_us + 10 * SEC);
	ck_assert_int_eq(tcp_state(a), TCP_STATE_ESTABLISHED);
	pair.count = 0;
	read_until(1, 60000, 60 * SEC);
	pair_clear(&pair);
}
END_TEST

/* -------------------------------------------------------------- idleness */

START_TEST(a_window_that_lay_idle_starts_small_again)
{
	struct tcp_connection *a;

	setup(5);
	a = pair.end[0].tcp;
	pair_transfer(&pair, 0, 2000000, 100 * SEC);
	pair_run(&pair, pair.now_us + 100 * MS);
	ck_assert_uint_gt(a->cc.cwnd, 40u * a->snd.mss);
	pair_run(&pair, pair.now_us + 100 * SEC);
	pair_write(&pair, 0, 100);
	pair_flush(&pair);
	ck_assert_uint_eq(a->cc.cwnd, 10u * a->snd.mss);
	ck_assert_uint_gt(a->cc.ssthresh, 30u * a->snd.mss);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_super_segment_after_idleness_fits_the_lowered_window)
{
	struct tcp_connection *a;

	setup(5);
	a = pair.end[0].tcp;
	pair.network.gso_max_len = 65000;
	pair.network.merges = true;
	pair_transfer(&pair, 0, 2000000, 100 * SEC);
	pair_run(&pair, pair.now_us + 100 * SEC);
	ck_assert_uint_gt(a->cc.cwnd, 40u * a->snd.mss);
	pair_write(&pair, 0, 50000);
	pair_flush(&pair);
	ck_assert_uint_eq(a->cc.cwnd, 10u * a->snd.mss);
	ck_assert_uint_eq(a->snd.nxt - a->snd.una, 10u * a->snd.mss);
	pair_clear(&pair);
}
END_TEST

START_TEST(slow_start_after_idle_can_be_off)
{
	struct tcp_connection *a;
	uint32_t cwnd;

	setup(6);
	a = pair.end[0].tcp;
	tcp_sysctl_set(pair.end[0].context,
		       "net.ipv4.tcp_slow_start_after_idle", "0");
	pair_transfer(&pair, 0, 2000000, 100 * SEC);
	pair_run(&pair, pair.now_us + 100 * SEC);
	cwnd = a->cc.cwnd;
	pair_write(&pair, 0, 100);
	pair_flush(&pair);
	ck_assert_uint_eq(a->cc.cwnd, cwnd);
	pair_clear(&pair);
}
END_TEST

/* ---------------------------------------------------------- delayed ACKs */

/* How long end 1 waits with the ACK of what end 0 writes now. */
static int64_t ack_delay_us(size_t len)
{
	uint64_t before = pair.end[1].segments_out;
	int64_t start_us;

	pair_write(&pair, 0, len);
	pair_flush(&pair);
	start_us = pair.now_us + network.delay_us;
	while (pair.end[1].segments_out == before)
		ck_assert(pair_step(&pair, start_us + SEC));
	return pair.now_us - start_us;
}

START_TEST(one_segment_is_acknowledged_after_forty_milliseconds)
{
	setup(7);
	pair_write(&pair, 0, 100);
	pair_run(&pair, pair.now_us + 100 * MS);
	pair.end[1].tcp->rcv.quick_acks = 0;
	ck_assert_int_eq(ack_delay_us(100), 40 * MS);
	pair_clear(&pair);
}
END_TEST

START_TEST(two_full_segments_are_acknowledged_at_once)
{
	setup(8);
	pair.end[1].tcp->rcv.quick_acks = 0;
	ck_assert_int_eq(ack_delay_us(2 * 1448), 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_first_segments_are_acknowledged_at_once)
{
	setup(9);
	ck_assert_int_eq(ack_delay_us(100), 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_duplicate_asks_for_quick_acks)
{
	struct tcp_connection *b;
	struct tcp_header header;
	uint8_t byte = pair_pattern(99);

	setup(10);
	b = pair.end[1].tcp;
	pair_write(&pair, 0, 100);
	pair_run(&pair, pair.now_us + SEC);
	b->rcv.quick_acks = 0;
	header = pair_next_header(&pair, 1);
	header.seq--;
	pair_inject(&pair, 1, &header, &byte, 1);
	ck_assert_int_eq(ack_delay_us(100), 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(segments_behind_a_hole_are_answered_three_times_in_a_turn)
{
	struct tcp_segment segment = { .payload_len = 1, .segment_count = 1 };
	uint8_t byte = 0;
	uint64_t before;

	setup(14);
	before = pair.end[1].segments_out;
	segment.payload = &byte;
	segment.header = pair_next_header(&pair, 1);
	for (int i = 0; i < 10; i++) {
		segment.header.seq += 2;
		tcp_input(pair.end[1].tcp, &segment, pair.now_us);
	}
	pair_flush(&pair);
	ck_assert_uint_eq(pair.end[1].segments_out, before + 3);
	ck_assert_uint_eq(pair.last[1].sack_count, 3);
	pair_clear(&pair);
}
END_TEST

/* ---------------------------------------------------------------- memory */

START_TEST(without_memory_nothing_is_wanted_until_it_is_tried_again)
{
	struct tcp_path path = { .mtu = 1500, .ip_header_len = 20 };
	struct tcp_output output;
	struct tcp_connection *a;

	setup(11);
	a = pair.end[0].tcp;
	pair_write(&pair, 0, 100);
	pair.end[0].fail_above = pair.end[0].allocated;
	ck_assert(tcp_wants_output(a, pair.now_us));
	ck_assert(!tcp_output_next(a, &path, &output, pair.now_us));
	ck_assert(!tcp_wants_output(a, pair.now_us));
	ck_assert_int_le(tcp_next_deadline(a), pair.now_us + 20 * MS);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_eq(a->snd.nxt, a->snd.una);
	pair.end[0].fail_above = 0;
	read_until(1, 100, SEC);
	pair_clear(&pair);
}
END_TEST

START_TEST(without_memory_an_ack_still_leaves)
{
	struct tcp_connection *a;
	struct tcp_header header;

	setup(12);
	a = pair.end[0].tcp;
	pair_write(&pair, 0, 100);
	pair.end[0].fail_above = pair.end[0].allocated;
	header = pair_next_header(&pair, 0);
	header.flags |= TCP_FIN;
	pair_inject(&pair, 0, &header, NULL, 0);
	ck_assert(a->fin_received);
	ck_assert_uint_eq(pair.last[0].ack,
			  seq_to_wire(a->rcv.irs, a->rcv.nxt));
	pair_clear(&pair);
}
END_TEST

START_TEST(scarce_memory_slows_a_lossy_transfer_but_loses_nothing)
{
	struct pair_network lossy = { .delay_us = 5 * MS,
				      .loss_permille = 50,
				      .gso_max_len = 65000 };

	pair_init(&pair, 13, &lossy);
	pair_connect(&pair);
	for (int i = 0; i < 2; i++)
		pair.end[i].fail_above = pair.end[i].allocated + 150000;
	pair_transfer(&pair, 0, 1000000, 1000 * SEC);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_duress", an_icmp_error_in_flight_is_told_by_the_timeout_only,
	  an_icmp_error_about_nothing_in_flight_is_ignored,
	  progress_forgets_an_icmp_error,
	  a_window_that_shrinks_stops_new_data_and_nothing_else,
	  a_window_that_lay_idle_starts_small_again,
	  a_super_segment_after_idleness_fits_the_lowered_window,
	  slow_start_after_idle_can_be_off,
	  one_segment_is_acknowledged_after_forty_milliseconds,
	  two_full_segments_are_acknowledged_at_once,
	  the_first_segments_are_acknowledged_at_once,
	  a_duplicate_asks_for_quick_acks,
	  segments_behind_a_hole_are_answered_three_times_in_a_turn,
	  without_memory_nothing_is_wanted_until_it_is_tried_again,
	  without_memory_an_ack_still_leaves,
	  scarce_memory_slows_a_lossy_transfer_but_loses_nothing)
