#include "unit.h"

#include <netinet/in.h>

#include "listener.h"

static void defer(int seconds)
{
	setup(8);
	ck_assert_int_eq(tcp_set_option(prototype, IPPROTO_TCP,
					TCP_DEFER_ACCEPT, &seconds,
					sizeof(seconds), pair.now_us),
			 0);
}

/* Runs the listener's timers until until_us; SYN-ACKs that it sent. */
static int answers_until(int64_t until_us)
{
	struct tcp_header header;
	int count = 0;

	while (tcp_listener_next_deadline(listener) <= until_us) {
		pair.now_us = tcp_listener_next_deadline(listener);
		tcp_listener_run_timers(listener, pair.now_us);
		while (output(&header))
			count++;
	}
	pair.now_us = until_us;
	return count;
}

/* The SYN-ACK of a handshake whose bare ACK has come. */
static struct tcp_segment acked(uint16_t port)
{
	struct tcp_segment ack = segment(port, TCP_ACK);
	struct tcp_header syn_ack;

	input(segment(port, TCP_SYN));
	ck_assert(output(&syn_ack));
	ack.header.seq = syn_ack.ack;
	ack.header.ack = syn_ack.seq + 1;
	ck_assert_ptr_null(input(ack));
	return ack;
}

START_TEST(bare_ack_makes_no_connection_data_does)
{
	struct tcp_connection *tcp;
	struct tcp_segment data;

	defer(5);
	data = acked(1);
	ck_assert_uint_eq(counted(COUNTER_TCP_DEFER_ACCEPT_DROP), 1);
	data.payload = (const uint8_t *)"GET";
	data.payload_len = 3;
	tcp = input(data);
	ck_assert_ptr_nonnull(tcp);
	ck_assert_uint_eq(tcp_receive_queued(tcp), 3);
	teardown();
}
END_TEST

START_TEST(fin_is_worth_a_connection_too)
{
	struct tcp_segment fin;

	defer(5);
	fin = acked(1);
	fin.header.flags |= TCP_FIN;
	ck_assert_ptr_nonnull(input(fin));
	teardown();
}
END_TEST

START_TEST(while_it_waits_no_syn_ack_is_sent_again)
{
	int64_t start_us;

	defer(7); /* retries at 1, 3, 7 s */
	start_us = pair.now_us;
	acked(1);
	ck_assert_int_eq(answers_until(start_us + 6 * SEC), 0);
	ck_assert_int_eq(answers_until(start_us + 8 * SEC), 1);
	teardown();
}
END_TEST

START_TEST(after_its_time_a_bare_ack_will_do)
{
	struct tcp_segment ack;
	int64_t start_us;

	defer(3);
	start_us = pair.now_us;
	ack = acked(1);
	ck_assert_int_eq(answers_until(start_us + 4 * SEC), 1);
	ck_assert_ptr_nonnull(input(ack));
	teardown();
}
END_TEST

START_TEST(one_that_never_answers_is_given_up)
{
	int64_t start_us;

	defer(3);
	start_us = pair.now_us;
	acked(1);
	answers_until(start_us + 200 * SEC);
	ck_assert_uint_eq(listener->half_open.table.count, 0);
	teardown();
}
END_TEST

START_TEST(option_is_shown_in_whole_retries)
{
	static const int set[] = { 0, 1, 2, 3, 4, 7, 8, 100, -5 };
	static const int shown[] = { 0, 1, 3, 3, 7, 7, 15, 127, 0 };

	for (size_t i = 0; i < sizeof(set) / sizeof(*set); i++) {
		int got = -1;

		defer(set[i]);
		tcp_get_option(prototype, IPPROTO_TCP, TCP_DEFER_ACCEPT, &got,
			       sizeof(got), pair.now_us);
		ck_assert_int_eq(got, shown[i]);
		teardown();
	}
}
END_TEST

START_TEST(full_accept_queue_resets_if_it_is_told_to)
{
	struct tcp_header header;
	int resets = 0;

	setup(0);
	ck_assert_ptr_nonnull(shake_hands(1));
	set_sysctl("net.ipv4.tcp_abort_on_overflow", "1");
	/* half open before the queue was full */
	listener->accepted_count = 0;
	input(segment(2, TCP_SYN));
	ck_assert(output(&header));
	listener->accepted_count = 1;
	{
		struct tcp_segment ack = segment(2, TCP_ACK);

		ack.header.seq = header.ack;
		ack.header.ack = header.seq + 1;
		ck_assert_ptr_null(input(ack));
	}
	while (output(&header))
		resets += header.flags == TCP_RST;
	ck_assert_int_eq(resets, 1);
	ck_assert_uint_eq(counted(COUNTER_TCP_LISTEN_OVERFLOWS), 1);
	ck_assert_uint_eq(counted(COUNTER_TCP_EMBRYONIC_RSTS), 1);
	ck_assert_uint_eq(listener->half_open.table.count, 0);
	teardown();
}
END_TEST

/* Not the initial window, nor what AccECN takes for a change on the path. */
START_TEST(waiting_for_data_is_no_loss_of_the_syn_ack)
{
	struct tcp_segment syn =
		segment(1, TCP_SYN | TCP_AE | TCP_ECE | TCP_CWR);
	struct tcp_segment ack = segment(1, TCP_ACK);
	struct tcp_connection *tcp;
	struct tcp_header syn_ack;

	defer(20);
	set_sysctl("net.ipv4.tcp_ecn", "3");
	set_sysctl("net.ipv4.tcp_ecn_synack", "1");
	input(syn);
	ck_assert(output(&syn_ack));
	ack.header.seq = syn_ack.ack;
	ack.header.ack = syn_ack.seq + 1;
	ack.header.flags = TCP_ACK | TCP_AE; /* 4: it came as ECT(0) */
	ck_assert_ptr_null(input(ack));
	ck_assert_int_eq(answers_until(pair.now_us + 5 * SEC), 0);
	ack.header.flags |= TCP_ECE; /* with data it is a count: 5, no mark */
	ack.payload = (const uint8_t *)"GET";
	ack.payload_len = 3;
	tcp = input(ack);
	ck_assert_ptr_nonnull(tcp);
	ck_assert_uint_eq(tcp->cc.cwnd, 10 * tcp->snd.mss);
	ck_assert_int_eq(tcp->ecn.mode, TCP_ECN_ACCURATE);
	ck_assert(!tcp->ecn.path_mangles);
	teardown();
}
END_TEST

UNIT_MAIN("tcp_defer_accept", bare_ack_makes_no_connection_data_does,
	  fin_is_worth_a_connection_too,
	  while_it_waits_no_syn_ack_is_sent_again,
	  after_its_time_a_bare_ack_will_do, one_that_never_answers_is_given_up,
	  option_is_shown_in_whole_retries,
	  full_accept_queue_resets_if_it_is_told_to,
	  waiting_for_data_is_no_loss_of_the_syn_ack)
