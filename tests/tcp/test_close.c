#include "unit.h"

#include <errno.h>
#include <sys/socket.h>

#include "pair.h"

static struct pair pair;
static const struct pair_network network = { .delay_us = 5 * MS };

static void setup(uint64_t seed)
{
	pair_init(&pair, seed, &network);
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
}

START_TEST(half_close_lets_the_other_direction_go_on)
{
	struct tcp_connection *a, *b;

	setup(1);
	a = pair.end[0].tcp;
	b = pair.end[1].tcp;
	ck_assert_int_eq(tcp_shutdown(a, SHUT_WR, pair.now_us), 0);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_int_eq(tcp_state(a), TCP_STATE_FIN_WAIT_2);
	ck_assert_int_eq(tcp_state(b), TCP_STATE_CLOSE_WAIT);
	ck_assert(tcp_ready(b) & PYT_READY_READ_END);
	ck_assert(!(tcp_ready(b) & PYT_READY_HANG_UP));
	pair_transfer(&pair, 1, 300000, 10 * SEC);
	tcp_shutdown(b, SHUT_WR, pair.now_us);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_int_eq(tcp_state(a), TCP_STATE_TIME_WAIT);
	ck_assert_int_eq(tcp_state(b), TCP_STATE_CLOSED);
	ck_assert_int_eq(tcp_error(b), 0);
	ck_assert(tcp_ready(b) & PYT_READY_HANG_UP);
	pair_clear(&pair);
}
END_TEST

START_TEST(time_wait_lasts_sixty_seconds_and_holds_no_buffers)
{
	struct tcp_connection *a;
	int64_t start_us;

	setup(2);
	a = pair.end[0].tcp;
	pair_transfer(&pair, 0, 300000, 10 * SEC);
	tcp_close(a, pair.now_us);
	pair_run(&pair, pair.now_us + SEC);
	tcp_close(pair.end[1].tcp, pair.now_us);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_int_eq(tcp_state(a), TCP_STATE_TIME_WAIT);
	ck_assert_ptr_null(a->send_stream.table);
	ck_assert_uint_eq(a->sent.count, 0);
	start_us = pair.now_us;
	pair_run(&pair, start_us + 50 * SEC);
	ck_assert_int_eq(tcp_state(a), TCP_STATE_TIME_WAIT);
	pair_run(&pair, start_us + 61 * SEC);
	ck_assert_int_eq(tcp_state(a), TCP_STATE_CLOSED);
	ck_assert_int_eq(pair.end[0].context->time_wait_count, 0);
	ck_assert_int_eq(pair.end[0].context->orphan_count, 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(both_sides_may_close_at_once)
{
	setup(3);
	tcp_shutdown(pair.end[0].tcp, SHUT_WR, pair.now_us);
	tcp_shutdown(pair.end[1].tcp, SHUT_WR, pair.now_us);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_TIME_WAIT);
	ck_assert_int_eq(tcp_state(pair.end[1].tcp), TCP_STATE_TIME_WAIT);
	pair_clear(&pair);
}
END_TEST

START_TEST(unread_data_makes_close_a_reset)
{
	setup(4);
	pair_write(&pair, 0, 10);
	pair_run(&pair, pair.now_us + 100 * MS);
	tcp_close(pair.end[1].tcp, pair.now_us);
	ck_assert(tcp_wants_output(pair.end[1].tcp, pair.now_us));
	pair_run(&pair, pair.now_us + 100 * MS);
	ck_assert_int_eq(tcp_state(pair.end[1].tcp), TCP_STATE_CLOSED);
	ck_assert_int_eq(tcp_error(pair.end[0].tcp), ECONNRESET);
	pair_clear(&pair);
}
END_TEST

START_TEST(linger_of_zero_resets)
{
	struct linger linger = { 1, 0 };

	setup(5);
	ck_assert_int_eq(tcp_set_option(pair.end[0].tcp, SOL_SOCKET, SO_LINGER,
					&linger, sizeof(linger), pair.now_us),
			 0);
	tcp_close(pair.end[0].tcp, pair.now_us);
	pair_run(&pair, pair.now_us + 100 * MS);
	ck_assert_int_eq(tcp_error(pair.end[1].tcp), ECONNRESET);
	pair_clear(&pair);
}
END_TEST

START_TEST(data_after_close_is_answered_with_a_reset)
{
	setup(6);
	tcp_close(pair.end[0].tcp, pair.now_us);
	pair_run(&pair, pair.now_us + 100 * MS);
	pair_write(&pair, 1, 10);
	pair_run(&pair, pair.now_us + 100 * MS);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_CLOSED);
	ck_assert_int_eq(tcp_error(pair.end[1].tcp), EPIPE);
	pair_clear(&pair);
}
END_TEST

START_TEST(orphan_in_fin_wait_2_ends_after_fin_timeout)
{
	setup(7);
	tcp_close(pair.end[0].tcp, pair.now_us);
	pair_run(&pair, pair.now_us + 59 * SEC);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_FIN_WAIT_2);
	pair_run(&pair, pair.now_us + 2 * SEC);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_CLOSED);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_new_syn_may_take_the_place_of_time_wait)
{
	struct tcp_segment syn = { .segment_count = 1 };

	setup(8);
	tcp_close(pair.end[0].tcp, pair.now_us);
	pair_run(&pair, pair.now_us + SEC);
	tcp_close(pair.end[1].tcp, pair.now_us);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_TIME_WAIT);
	syn.header = pair_next_header(&pair, 0);
	syn.header.flags = TCP_SYN;
	syn.header.ts_value -= 1;
	ck_assert(!tcp_time_wait_yields(pair.end[0].tcp, &syn));
	syn.header.ts_value += 2;
	ck_assert(tcp_time_wait_yields(pair.end[0].tcp, &syn));
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_close", half_close_lets_the_other_direction_go_on,
	  time_wait_lasts_sixty_seconds_and_holds_no_buffers,
	  both_sides_may_close_at_once, unread_data_makes_close_a_reset,
	  linger_of_zero_resets, data_after_close_is_answered_with_a_reset,
	  orphan_in_fin_wait_2_ends_after_fin_timeout,
	  a_new_syn_may_take_the_place_of_time_wait)
