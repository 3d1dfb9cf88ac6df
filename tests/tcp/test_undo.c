#include "recovery.h"

#include "tcp/tcp_undo.h"

/* The first of ten is late, is taken for lost, and goes again 10 ms later. */
static void retransmit(unsigned options)
{
	sender_start(options | SENDER_RENO, 10);
	sender_write(10);
	sender_run_us(40 * MS);
	sender_sack(0, 1, 4);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_FAST);
	ck_assert_uint_eq(sender.tcp->cc.ssthresh, 5 * MSS);
	ck_assert_uint_eq(sender_last_segment(), 0);
}

static void expect_windows(uint32_t cwnd, uint32_t ssthresh)
{
	ck_assert_uint_eq(sender.tcp->cc.cwnd, cwnd);
	ck_assert_uint_eq(sender.tcp->cc.ssthresh, ssthresh);
}

/* The ACK that ends a recovery may grow the window a little. */
static void expect_reduced(void)
{
	ck_assert_uint_eq(sender.tcp->cc.ssthresh, 5 * MSS);
	ck_assert_uint_le(sender.tcp->cc.cwnd, 6 * MSS);
}

static void expect_undone(enum counter cause)
{
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_OPEN);
	expect_windows(10 * MSS, PYT_CC_SSTHRESH_INFINITE);
	ck_assert_uint_eq(sender_counter(cause), 1);
	ck_assert_uint_eq(sender.tcp->recovery.undo.marker, 0);
}

/* ------------------------------------------------------------ timestamps */

START_TEST(an_echo_from_before_the_retransmission_undoes_it)
{
	retransmit(0);
	sender_ack(10); /* echoes what was sent 40 ms ago */
	expect_undone(COUNTER_TCP_FULL_UNDO);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_TS_REORDER), 1);
	sender_end();
}
END_TEST

START_TEST(an_echo_of_the_retransmission_does_not)
{
	retransmit(0);
	sender_echo_now();
	sender_run_us(40 * MS);
	sender_ack(10);
	expect_reduced();
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_FULL_UNDO), 0);
	sender_end();
}
END_TEST

START_TEST(an_echo_of_the_same_millisecond_proves_nothing)
{
	sender_start(SENDER_RENO, 10);
	sender.tcp->rto.min_rtt_us = 1;
	sender_write(10);
	sender_run_us(100);
	sender_echo_now();
	sender_sack(0, 1, 4);
	sender_ack(10);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_FULL_UNDO), 0);
	expect_reduced();
	sender_end();
}
END_TEST

START_TEST(a_partial_ack_undoes_when_no_retransmission_is_out)
{
	retransmit(0);
	sender_ack(4);
	expect_undone(COUNTER_TCP_PARTIAL_UNDO);
	sender_end();
}
END_TEST

START_TEST(a_partial_ack_waits_while_a_retransmission_is_out)
{
	sender_start(SENDER_RENO, 20);
	sender_write(20);
	sender_run_us(40 * MS);
	sender_sack(0, 16, 20);
	ck_assert_uint_eq(sender_last_segment(), 3);
	sender_ack(1);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_FAST);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_PARTIAL_UNDO), 0);
	sender_end();
}
END_TEST

START_TEST(a_timeout_is_undone_by_an_old_echo)
{
	sender_start(SENDER_RENO, 10);
	sender_set("net.ipv4.tcp_frto", "0");
	sender_set("net.ipv4.tcp_early_retrans", "0");
	sender_write(10);
	sender_time_out();
	pair_flush(&sender.pair);
	expect_windows(MSS, 5 * MSS);
	sender_ack(1);
	expect_undone(COUNTER_TCP_LOSS_UNDO);
	ck_assert_uint_eq(sender.tcp->sent.lost_len, 0);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_SPURIOUS_RTOS), 0);
	sender_end();
}
END_TEST

START_TEST(a_reset_of_the_window_lets_no_burst_out_by_growth)
{
	retransmit(0);
	sender_write(30);
	sender_ack(10);
	expect_undone(COUNTER_TCP_FULL_UNDO); /* cwnd is 10, not 20 */
	ck_assert_uint_le(sender_in_flight(), 10);
	sender_end();
}
END_TEST

/* --------------------------------------------------------------- D-SACKs */

#define PLAIN SENDER_NO_TIMESTAMPS

START_TEST(a_dsack_of_the_only_retransmission_undoes_it)
{
	retransmit(PLAIN);
	sender_dsack(4, 0, 1);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_OPEN);
	expect_undone(COUNTER_TCP_DSACK_UNDO);
	sender_end();
}
END_TEST

START_TEST(it_may_come_when_the_recovery_is_over)
{
	retransmit(PLAIN);
	sender_ack(10);
	expect_reduced();
	sender_dsack(10, 0, 1);
	expect_undone(COUNTER_TCP_DSACK_UNDO);
	sender_end();
}
END_TEST

START_TEST(every_retransmission_must_have_been_needless)
{
	sender_start(PLAIN | SENDER_RENO, 20);
	sender_write(20);
	sender_run_us(40 * MS);
	sender_sack(0, 16, 20); /* 0 to 3 go again */
	sender_ack(20);
	for (unsigned i = 0; i < 4; i++) {
		unsigned at = i < 3 ? i : 3;

		ck_assert_uint_eq(sender_counter(COUNTER_TCP_DSACK_UNDO), 0);
		sender_dsack(20, at, at + 1);
	}
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_DSACK_UNDO), 1);
	sender_end();
}
END_TEST

START_TEST(a_dsack_of_what_went_twice_is_needed_twice)
{
	sender_start(PLAIN | SENDER_RENO, 20);
	sender_write(10);
	sender_run_us(40 * MS);
	sender_sack(0, 1, 10);
	sender_write(4);
	sender_run_us(50 * MS);
	sender_sack(0, 1, 11); /* segment 0 for the third time */
	sender_ack(14);
	sender_dsack(14, 0, 1);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_DSACK_UNDO), 0);
	sender_dsack(14, 0, 1);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_DSACK_UNDO), 1);
	sender_end();
}
END_TEST

START_TEST(a_dsack_of_an_older_recovery_undoes_nothing)
{
	retransmit(PLAIN);
	sender_ack(10);
	sender_write(5);
	sender_run_us(40 * MS);
	sender_sack(10, 11, 14);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_FAST);
	sender_dsack(10, 0, 1);
	ck_assert_int_eq(sender.tcp->recovery.state, TCP_RECOVERY_FAST);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_DSACK_UNDO), 0);
	sender_end();
}
END_TEST

START_TEST(more_dsacks_than_retransmissions_undo_nothing)
{
	retransmit(PLAIN);
	sender_dsack(1, 0, 1);
	expect_undone(COUNTER_TCP_DSACK_UNDO);
	sender_dsack(2, 1, 2);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_DSACK_IGNORED_DUBIOUS), 1);
	sender_end();
}
END_TEST

START_TEST(a_timeout_is_undone_by_dsacks_of_all_that_went_again)
{
	sender_start(PLAIN | SENDER_RENO, 10);
	sender_set("net.ipv4.tcp_frto", "0");
	sender_set("net.ipv4.tcp_early_retrans", "0");
	sender_write(10);
	sender_time_out();
	pair_flush(&sender.pair);
	sender_dsack(5, 0, 1); /* the ACK of the copy, and four more came */
	expect_undone(COUNTER_TCP_LOSS_UNDO);
	sender_end();
}
END_TEST

START_TEST(what_was_marked_lost_is_in_flight_again)
{
	sender_start(SENDER_RENO, 20);
	sender_write(20);
	sender_run_us(40 * MS);
	sender_sack(0, 16, 20);
	ck_assert_uint_gt(sender.tcp->sent.lost_len, 0);
	sender.tcp->sent.again_len = 0;
	tcp_undo_apply(sender.tcp, COUNTER_TCP_DSACK_UNDO, sender.pair.now_us);
	ck_assert_uint_eq(sender.tcp->sent.lost_len, 0);
	ck_assert_uint_eq(sender.tcp->sent.sacked_len, 4 * MSS);
	ck_assert_uint_eq(sender_in_flight(), 16);
	sender_end();
}
END_TEST

/* -------------------------------------------------------------- transfers */

/* The path stands still for half a second, then all of it arrives. */
static bool stand_still(struct pair *pair, int from, struct tcp_header *header,
			uint32_t payload_len)
{
	static int64_t until_us;
	int64_t left_us;

	(void)header;
	if (from == 0 && payload_len && pair->count && --pair->count == 0)
		until_us = pair->now_us + 500 * MS;
	left_us = from == 0 && !pair->count ? until_us - pair->now_us : 0;
	pair->network.delay_us = left_us > 20 * MS ? left_us : 20 * MS;
	return true;
}

START_TEST(a_transfer_goes_on_at_its_speed_after_a_delay)
{
	static const struct pair_network network = { .delay_us = 20 * MS };
	struct pair *pair = &sender.pair;
	struct tcp_connection *a;
	const uint64_t *value;

	for (int sack = 0; sack < 2; sack++) {
		pair_init(pair, 3, &network);
		if (!sack)
			sender_set("net.ipv4.tcp_sack", "0");
		pair_connect(pair);
		pair->filter = stand_still;
		pair->count = 60;
		pair_transfer(pair, 0, 4000000, 100 * SEC);
		a = pair->end[0].tcp;
		value = pair->end[0].engine.counters.value;
		ck_assert_uint_ge(value[COUNTER_TCP_LOSS_UNDO] +
					  value[COUNTER_TCP_FULL_UNDO] +
					  value[COUNTER_TCP_PARTIAL_UNDO] +
					  value[COUNTER_TCP_DSACK_UNDO],
				  1);
		ck_assert_uint_gt(a->cc.cwnd, 60u * 1448);
		pair_clear(pair);
	}
}
END_TEST

START_TEST(a_path_that_shuffles_costs_little)
{
	static const struct pair_network shuffled = { .delay_us = 20 * MS,
						      .jitter_us = 10 * MS };
	struct pair *pair = &sender.pair;

	pair_init(pair, 5, &shuffled);
	pair_connect(pair);
	pair_transfer(pair, 0, 4000000, 60 * SEC);
	ck_assert_uint_lt(pair->end[0].tcp->statistics.bytes_retransmitted,
			  200000);
	ck_assert_uint_gt(pair->end[0].tcp->cc.cwnd, 100u * 1448);
	pair_clear(pair);
}
END_TEST

/* It was lost above the end of one recovery, and fills the first hole of the
 * next one: what it echoes is older than all that went again in there. */
START_TEST(an_echo_of_an_older_recoverys_retransmission_does_not)
{
	struct tcp_ack_result result = { .has_ts_echo = true };
	struct tcp_connection *tcp;
	int64_t now_us;

	retransmit(0);
	tcp = sender.tcp;
	now_us = sender.pair.now_us;
	result.acked = MSS;
	result.ts_echo = tcp_timestamp(tcp, now_us);
	ck_assert_uint_eq(tcp->sent.again_len, MSS);
	tcp_undo_forget(tcp);
	tcp_undo_start(tcp);
	tcp_undo_on_sent_again(tcp, MSS, now_us + 20 * MS);
	ck_assert(!tcp_undo_by_timestamp(tcp, &result));

	tcp->sent.again_len = 0; /* nothing of it is on its way */
	tcp_undo_start(tcp);
	tcp_undo_on_sent_again(tcp, MSS, now_us + 20 * MS);
	ck_assert(tcp_undo_by_timestamp(tcp, &result));
	tcp->sent.again_len = MSS;
	sender_end();
}
END_TEST

UNIT_MAIN("tcp_undo", an_echo_from_before_the_retransmission_undoes_it,
	  an_echo_of_the_retransmission_does_not,
	  an_echo_of_an_older_recoverys_retransmission_does_not,
	  an_echo_of_the_same_millisecond_proves_nothing,
	  a_partial_ack_undoes_when_no_retransmission_is_out,
	  a_partial_ack_waits_while_a_retransmission_is_out,
	  a_timeout_is_undone_by_an_old_echo,
	  a_reset_of_the_window_lets_no_burst_out_by_growth,
	  a_dsack_of_the_only_retransmission_undoes_it,
	  it_may_come_when_the_recovery_is_over,
	  every_retransmission_must_have_been_needless,
	  a_dsack_of_what_went_twice_is_needed_twice,
	  a_dsack_of_an_older_recovery_undoes_nothing,
	  more_dsacks_than_retransmissions_undo_nothing,
	  a_timeout_is_undone_by_dsacks_of_all_that_went_again,
	  what_was_marked_lost_is_in_flight_again,
	  a_transfer_goes_on_at_its_speed_after_a_delay,
	  a_path_that_shuffles_costs_little)
