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

static uint64_t count(enum counter counter)
{
	return pair.end[0].engine.counters.value[counter];
}

/* Segments that end 0 sends because of this one. */
static uint64_t answers_to(uint16_t flags, int32_t seq_offset, uint32_t len)
{
	struct tcp_header header = pair_next_header(&pair, 0);
	uint64_t before = pair.end[0].segments_out;
	static const uint8_t bytes[100];

	header.flags = flags;
	header.seq += (uint32_t)seq_offset;
	pair_inject(&pair, 0, &header, bytes, len);
	return pair.end[0].segments_out - before;
}

START_TEST(one_challenge_in_half_a_second_for_each_connection)
{
	setup(1);
	ck_assert_uint_eq(answers_to(TCP_SYN, 0, 0), 1);
	ck_assert_uint_eq(answers_to(TCP_RST, 7, 0), 0);
	pair.now_us += 499 * MS;
	ck_assert_uint_eq(answers_to(TCP_SYN, 0, 0), 0);
	ck_assert_uint_eq(count(COUNTER_TCP_ACK_SKIPPED_CHALLENGE), 2);
	pair.now_us += 1 * MS;
	ck_assert_uint_eq(answers_to(TCP_RST, 7, 0), 1);
	ck_assert_uint_eq(count(COUNTER_TCP_CHALLENGE_ACK), 2);
	ck_assert_uint_eq(count(COUNTER_TCP_SYN_CHALLENGE), 2);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_rate_limit_is_a_sysctl)
{
	setup(2);
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_invalid_ratelimit",
		       "0");
	ck_assert_uint_eq(answers_to(TCP_SYN, 0, 0), 1);
	ck_assert_uint_eq(answers_to(TCP_SYN, 0, 0), 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(data_outside_the_window_is_always_answered)
{
	setup(3);
	ck_assert_uint_eq(answers_to(TCP_ACK, -200, 100), 1);
	ck_assert_uint_eq(answers_to(TCP_ACK, -200, 100), 1);
	ck_assert_uint_eq(answers_to(TCP_ACK, -200, 0), 1);
	ck_assert_uint_eq(answers_to(TCP_ACK, -200, 0), 0);
	ck_assert_uint_eq(count(COUNTER_TCP_ACK_SKIPPED_SEQ), 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_host_has_no_limit_unless_it_is_set)
{
	char text[32];

	setup(4);
	tcp_sysctl_get(pair.end[0].context, "net.ipv4.tcp_challenge_ack_limit",
		       text, sizeof(text));
	ck_assert_str_eq(text, "2147483647");
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_challenge_ack_limit",
		       "0");
	ck_assert_uint_eq(answers_to(TCP_SYN, 0, 0), 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_reset_at_the_end_of_the_highest_block_is_exact)
{
	setup(5);
	ck_assert_uint_eq(answers_to(TCP_ACK, 1000, 100), 1);
	ck_assert_uint_eq(answers_to(TCP_RST, 1099, 0), 1);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_ESTABLISHED);
	answers_to(TCP_RST, 1100, 0);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_CLOSED);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_reset_with_the_number_of_the_fin_is_exact)
{
	setup(6);
	answers_to(TCP_ACK | TCP_FIN, 0, 0);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_CLOSE_WAIT);
	answers_to(TCP_RST, -2, 0);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_CLOSE_WAIT);
	answers_to(TCP_RST, -1, 0);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_CLOSED);
	ck_assert_int_eq(tcp_error(pair.end[0].tcp), EPIPE);
	pair_clear(&pair);
}
END_TEST

START_TEST(an_ack_older_than_the_largest_window_is_challenged)
{
	struct tcp_header header;
	uint64_t before;

	setup(7);
	pair.end[0].tcp->statistics.bytes_acked = 1 << 30;
	header = pair_next_header(&pair, 0);
	header.ack -= pair.end[0].tcp->snd.max_wnd + 1;
	before = pair.end[0].segments_out;
	pair_inject(&pair, 0, &header, "x", 1);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);
	ck_assert_uint_eq(tcp_receive_queued(pair.end[0].tcp), 0);
	header.ack++;
	pair_inject(&pair, 0, &header, "x", 1);
	ck_assert_uint_eq(tcp_receive_queued(pair.end[0].tcp), 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_highest_limit_of_the_host_is_one)
{
	setup(8);
	for (int second = 0; second < 20; second++) {
		tcp_sysctl_set(pair.end[0].context,
			       "net.ipv4.tcp_challenge_ack_limit",
			       "2147483646");
		ck_assert_uint_eq(answers_to(TCP_SYN, 0, 0), 1);
		pair.now_us += SEC;
	}
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_challenge", one_challenge_in_half_a_second_for_each_connection,
	  the_rate_limit_is_a_sysctl,
	  data_outside_the_window_is_always_answered,
	  the_host_has_no_limit_unless_it_is_set,
	  a_reset_at_the_end_of_the_highest_block_is_exact,
	  a_reset_with_the_number_of_the_fin_is_exact,
	  an_ack_older_than_the_largest_window_is_challenged,
	  the_highest_limit_of_the_host_is_one)
