#include "unit.h"

#include <errno.h>
#include <string.h>

#include "engine.h"
#include "tcp/tcp_connection.h"
#include "tcp/tcp_context.h"
#include "tcp/tcp_state.h"

static struct engine engine;
static struct test_memory memory;
static struct tcp_context *context;
static struct tcp_connection *tcp;

static void set_up(void)
{
	test_engine_init(&engine, &memory);
	context = tcp_context_create(&engine);
	tcp = tcp_create(context, NULL);
}

static void tear_down(void)
{
	tcp_destroy(tcp);
	tcp_context_destroy(context);
	ck_assert_uint_eq(memory.bytes, 0);
}

START_TEST(every_step_of_the_figure_is_allowed)
{
	static const enum tcp_state walk[] = {
		TCP_STATE_LISTEN,      TCP_STATE_SYN_RECEIVED,
		TCP_STATE_ESTABLISHED, TCP_STATE_FIN_WAIT_1,
		TCP_STATE_CLOSING,     TCP_STATE_TIME_WAIT,
		TCP_STATE_CLOSED,      TCP_STATE_SYN_SENT,
		TCP_STATE_ESTABLISHED, TCP_STATE_CLOSE_WAIT,
		TCP_STATE_LAST_ACK,    TCP_STATE_CLOSED,
	};

	for (size_t i = 0; i < sizeof(walk) / sizeof(*walk); i++) {
		tcp_state_set(tcp, walk[i]);
		ck_assert_int_eq(tcp->state, walk[i]);
	}
	ck_assert_uint_eq(engine.counters.value[COUNTER_TCP_ILLEGAL_TRANSITION],
			  0);
}
END_TEST

START_TEST(a_step_that_is_not_on_the_list_is_counted_and_resets)
{
	tcp_state_set(tcp, TCP_STATE_SYN_SENT);
	tcp_state_set(tcp, TCP_STATE_ESTABLISHED);
	tcp_state_set(tcp, TCP_STATE_TIME_WAIT);
	ck_assert_int_eq(tcp->state, TCP_STATE_CLOSED);
	ck_assert_int_eq(tcp->error, EPROTO);
	ck_assert(tcp->reset_due);
	ck_assert_uint_eq(engine.counters.value[COUNTER_TCP_ILLEGAL_TRANSITION],
			  1);
}
END_TEST

START_TEST(nothing_comes_after_time_wait_but_closed)
{
	for (int to = TCP_STATE_ESTABLISHED; to <= TCP_STATE_CLOSING; to++) {
		bool same = to == TCP_STATE_TIME_WAIT;

		ck_assert_int_eq(tcp_state_may_follow(TCP_STATE_TIME_WAIT,
						      (enum tcp_state)to),
				 same || to == TCP_STATE_CLOSED);
	}
}
END_TEST

START_TEST(every_state_can_end_and_has_a_name)
{
	for (int from = TCP_STATE_ESTABLISHED; from <= TCP_STATE_CLOSING;
	     from++) {
		ck_assert(tcp_state_may_follow((enum tcp_state)from,
					       TCP_STATE_CLOSED));
		ck_assert_uint_gt(strlen(tcp_state_name((enum tcp_state)from)),
				  3);
	}
}
END_TEST

UNIT_MAIN_WITH("tcp_state", set_up, tear_down,
	       every_step_of_the_figure_is_allowed,
	       a_step_that_is_not_on_the_list_is_counted_and_resets,
	       nothing_comes_after_time_wait_but_closed,
	       every_state_can_end_and_has_a_name)
