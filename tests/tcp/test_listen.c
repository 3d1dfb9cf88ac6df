#include "unit.h"

#include <netinet/in.h>

#include "listener.h"

START_TEST(the_last_ack_makes_a_connection)
{
	struct tcp_connection *tcp;

	setup(8);
	tcp = shake_hands(1000);
	ck_assert_ptr_nonnull(tcp);
	ck_assert_int_eq(tcp_state(tcp), TCP_STATE_ESTABLISHED);
	ck_assert(tcp_listener_has_connection(listener));
	ck_assert_ptr_eq(tcp_listener_accept(listener), tcp);
	ck_assert_ptr_null(tcp_listener_accept(listener));
	tcp_destroy(tcp);
	teardown();
}
END_TEST

START_TEST(a_full_accept_queue_lets_no_more_in)
{
	setup(2);
	for (uint16_t port = 1; port <= 10; port++)
		shake_hands(port);
	ck_assert_uint_eq(counted(COUNTER_TCP_LISTEN_OVERFLOWS), 7);
	teardown();
}
END_TEST

START_TEST(half_open_connections_are_bounded_and_small)
{
	size_t before;

	setup(4096);
	set_sysctl("net.ipv4.tcp_syncookies", "0");
	set_sysctl("net.ipv4.tcp_max_syn_backlog", "100");
	before = pair.end[1].allocated;
	for (uint16_t port = 1; port <= 1000; port++)
		input(segment(port, TCP_SYN));
	ck_assert_uint_le(pair.end[1].allocated - before, 100 * 256 + 4096);
	ck_assert_uint_eq(counted(COUNTER_TCP_LISTEN_DROPS), 924);
	teardown();
}
END_TEST

START_TEST(syn_ack_is_tried_again_five_times)
{
	struct tcp_header header;
	int64_t start_us;
	int count = 0;

	setup(8);
	start_us = pair.now_us;
	input(segment(1, TCP_SYN));
	while (tcp_listener_next_deadline(listener) != TIME_NEVER) {
		while (output(&header))
			count++;
		pair.now_us = tcp_listener_next_deadline(listener);
		tcp_listener_run_timers(listener, pair.now_us);
	}
	ck_assert_int_eq(count, 6);
	ck_assert_int_eq(pair.now_us - start_us, 63 * SEC);
	teardown();
}
END_TEST

START_TEST(an_ack_out_of_nowhere_is_reset)
{
	struct tcp_segment ack = segment(5, TCP_ACK);
	struct tcp_header header;

	setup(8);
	ack.header.ack = 4711;
	ck_assert_ptr_null(input(ack));
	ck_assert(output(&header));
	ck_assert_uint_eq(header.flags, TCP_RST);
	ck_assert_uint_eq(header.seq, 4711);
	teardown();
}
END_TEST

START_TEST(a_reset_takes_the_half_open_connection_away)
{
	struct tcp_segment rst = segment(5, TCP_RST);

	setup(8);
	input(segment(5, TCP_SYN));
	rst.header.seq = 0;
	input(rst);
	ck_assert_int_eq(tcp_listener_next_deadline(listener), TIME_NEVER);
	teardown();
}
END_TEST

START_TEST(children_inherit_the_options_of_the_listener)
{
	struct tcp_connection *tcp;
	int on = 1, got = 0;

	setup(8);
	tcp_set_option(prototype, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on),
		       pair.now_us);
	tcp = shake_hands(9);
	ck_assert_int_eq(tcp_get_option(tcp, IPPROTO_TCP, TCP_NODELAY, &got,
					sizeof(got), pair.now_us),
			 4);
	ck_assert_int_eq(got, 1);
	teardown();
}
END_TEST

UNIT_MAIN("tcp_listen", the_last_ack_makes_a_connection,
	  a_full_accept_queue_lets_no_more_in,
	  half_open_connections_are_bounded_and_small,
	  syn_ack_is_tried_again_five_times, an_ack_out_of_nowhere_is_reset,
	  a_reset_takes_the_half_open_connection_away,
	  children_inherit_the_options_of_the_listener)
