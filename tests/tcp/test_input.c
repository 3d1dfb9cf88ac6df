#include "unit.h"

#include <errno.h>
#include <string.h>
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

START_TEST(exact_reset_kills_one_in_the_window_is_challenged)
{
	struct tcp_header rst;
	uint64_t before;

	setup(1);
	rst = pair_next_header(&pair, 0);
	rst.flags = TCP_RST;
	rst.seq += 5;
	before = pair.end[0].segments_out;
	pair_inject(&pair, 0, &rst, NULL, 0);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_ESTABLISHED);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);
	rst.seq += 10000000;
	pair_inject(&pair, 0, &rst, NULL, 0);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);

	rst = pair_next_header(&pair, 0);
	rst.flags = TCP_RST;
	pair_inject(&pair, 0, &rst, NULL, 0);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_CLOSED);
	ck_assert_int_eq(tcp_error(pair.end[0].tcp), ECONNRESET);
	ck_assert(tcp_ready(pair.end[0].tcp) & PYT_READY_HANG_UP);
	ck_assert(tcp_ready(pair.end[0].tcp) & PYT_READY_READ_END);
	pair_clear(&pair);
}
END_TEST

START_TEST(syn_in_the_window_is_challenged)
{
	struct tcp_header syn;
	uint64_t before;

	setup(2);
	syn = pair_next_header(&pair, 0);
	syn.flags = TCP_SYN;
	before = pair.end[0].segments_out;
	pair_inject(&pair, 0, &syn, NULL, 0);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_ESTABLISHED);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);
	ck_assert_uint_eq(pair.last[0].flags, TCP_ACK);
	pair_clear(&pair);
}
END_TEST

START_TEST(challenges_are_limited_in_each_second)
{
	struct tcp_header syn;
	uint64_t before;

	setup(3);
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_challenge_ack_limit",
		       "10");
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_invalid_ratelimit",
		       "0");
	pair.now_us += 2 * SEC;
	before = pair.end[0].segments_out;
	for (int i = 0; i < 100; i++) {
		syn = pair_next_header(&pair, 0);
		syn.flags = TCP_SYN;
		pair_inject(&pair, 0, &syn, NULL, 0);
	}
	/* half to one and a half of it, so that nobody can count */
	ck_assert_uint_ge(pair.end[0].segments_out, before + 5);
	ck_assert_uint_lt(pair.end[0].segments_out, before + 15);
	pair_clear(&pair);
}
END_TEST

START_TEST(an_old_timestamp_is_dropped_by_paws)
{
	struct tcp_header data;
	uint8_t byte = 'x';

	setup(4);
	data = pair_next_header(&pair, 0);
	data.ts_value -= 2;
	pair_inject(&pair, 0, &data, &byte, 1);
	ck_assert_uint_eq(tcp_receive_queued(pair.end[0].tcp), 0);
	data.ts_value += 2;
	pair_inject(&pair, 0, &data, &byte, 1);
	ck_assert_uint_eq(tcp_receive_queued(pair.end[0].tcp), 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(ack_of_what_was_not_sent_is_answered_and_dropped)
{
	struct tcp_header ack;
	uint64_t before, una;

	setup(5);
	una = pair.end[0].tcp->snd.una;
	ack = pair_next_header(&pair, 0);
	ack.ack += 1;
	before = pair.end[0].segments_out;
	pair_inject(&pair, 0, &ack, NULL, 0);
	ck_assert_uint_eq(pair.end[0].tcp->snd.una, una);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(data_behind_a_hole_waits_and_is_reported_by_sack)
{
	struct tcp_header data;
	uint8_t bytes[4] = { 1, 2, 3, 4 };
	struct iovec iov[2];

	setup(6);
	data = pair_next_header(&pair, 0);
	data.seq += 2;
	pair_inject(&pair, 0, &data, bytes + 2, 2);
	ck_assert_uint_eq(tcp_receive_queued(pair.end[0].tcp), 0);
	ck_assert_uint_eq(pair.last[0].sack_count, 1);
	ck_assert_uint_eq(pair.last[0].sack[0].start, data.seq);
	ck_assert_uint_eq(pair.last[0].sack[0].end, data.seq + 2);

	data.seq -= 2;
	pair_inject(&pair, 0, &data, bytes, 2);
	ck_assert_uint_eq(pair.last[0].sack_count, 0);
	ck_assert_int_eq(tcp_recv_view(pair.end[0].tcp, iov, 2), 1);
	ck_assert_uint_eq(iov[0].iov_len, 4);
	ck_assert_int_eq(memcmp(iov[0].iov_base, bytes, 4), 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_fin_that_comes_early_waits_for_the_data_before_it)
{
	struct tcp_header data;
	uint8_t bytes[2] = { 1, 2 };

	setup(7);
	data = pair_next_header(&pair, 0);
	data.seq += 1;
	data.flags |= TCP_FIN;
	pair_inject(&pair, 0, &data, bytes + 1, 1);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_ESTABLISHED);
	data.seq -= 1;
	data.flags = TCP_ACK;
	pair_inject(&pair, 0, &data, bytes, 1);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_CLOSE_WAIT);
	ck_assert_uint_eq(tcp_receive_queued(pair.end[0].tcp), 2);
	pair_clear(&pair);
}
END_TEST

START_TEST(holes_without_number_are_refused)
{
	struct tcp_header data;
	uint8_t byte = 1;

	setup(8);
	data = pair_next_header(&pair, 0);
	for (int i = 0; i < 5000; i++) {
		data.seq += 2;
		pair_inject(&pair, 0, &data, &byte, 1);
	}
	ck_assert_uint_eq(pair.end[0].tcp->out_of_order.count,
			  TCP_OUT_OF_ORDER_RANGES);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_urgent_byte_leaves_the_stream)
{
	struct tcp_connection *a, *b;
	struct iovec iov[2];
	uint8_t byte;

	setup(9);
	a = pair.end[0].tcp;
	b = pair.end[1].tcp;
	tcp_send_space(a, iov, 2);
	memcpy(iov[0].iov_base, "abcX", 4);
	tcp_send_commit(a, 4, MSG_OOB, pair.now_us);
	pair_run(&pair, pair.now_us + 100 * MS);
	ck_assert(tcp_ready(b) & PYT_READY_URGENT);
	ck_assert_int_eq(tcp_urgent_distance(b), 3);
	ck_assert_int_eq(tcp_recv_urgent(b, &byte), 1);
	ck_assert_int_eq(tcp_urgent_distance(b), -EINVAL);
	ck_assert_int_eq(byte, 'X');
	ck_assert_int_eq(tcp_recv_urgent(b, &byte), -EINVAL);

	tcp_send_space(a, iov, 2);
	memcpy(iov[0].iov_base, "def", 3);
	tcp_send_commit(a, 3, 0, pair.now_us);
	pair_run(&pair, pair.now_us + 100 * MS);
	ck_assert_int_eq(tcp_recv_view(b, iov, 2), 1);
	ck_assert_uint_eq(iov[0].iov_len, 3);
	tcp_recv_consume(b, 3, pair.now_us);
	ck_assert_int_eq(tcp_recv_view(b, iov, 2), 1);
	ck_assert_uint_eq(iov[0].iov_len, 3);
	ck_assert_int_eq(memcmp(iov[0].iov_base, "def", 3), 0);
	pair_clear(&pair);
}
END_TEST

static void inject_at(uint32_t offset, uint32_t len)
{
	static const uint8_t bytes[1000];
	struct tcp_header header = pair_next_header(&pair, 0);

	header.seq += offset;
	pair_inject(&pair, 0, &header, bytes, len);
}

START_TEST(data_over_one_range_and_into_the_next_joins_both)
{
	struct tcp_connection *tcp;
	uint64_t before;

	setup(11);
	tcp = pair.end[0].tcp;
	before = tcp->rcv.nxt;
	inject_at(100, 100);
	inject_at(300, 100);
	ck_assert_uint_eq(tcp->out_of_order.count, 2);
	inject_at(0, 350);
	ck_assert_uint_eq(tcp->rcv.nxt, before + 400);
	ck_assert_uint_eq(tcp->out_of_order.count, 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(data_from_behind_the_fin_is_forgotten)
{
	struct tcp_header header;
	struct tcp_connection *tcp;

	setup(9);
	tcp = pair.end[0].tcp;
	header = pair_next_header(&pair, 0);
	header.seq += 100;
	pair_inject(&pair, 0, &header, "liar", 4);
	ck_assert_uint_eq(tcp->out_of_order.count, 1);
	header.seq -= 100;
	header.flags |= TCP_FIN;
	pair_inject(&pair, 0, &header, NULL, 0);
	ck_assert_int_eq(tcp_state(tcp), TCP_STATE_CLOSE_WAIT);
	ck_assert_uint_eq(tcp->out_of_order.count, 0);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_eq(pair.last[0].sack_count, 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(an_early_fin_in_the_middle_of_data_is_no_end)
{
	struct tcp_header header, fin;
	struct tcp_connection *tcp;

	setup(10);
	tcp = pair.end[0].tcp;
	header = fin = pair_next_header(&pair, 0);
	fin.seq += 5;
	fin.flags |= TCP_FIN;
	pair_inject(&pair, 0, &fin, NULL, 0);
	ck_assert_uint_eq(tcp->rcv.fin, tcp->rcv.nxt + 5);
	pair_inject(&pair, 0, &header, "ten bytes!", 10);
	ck_assert_int_eq(tcp_state(tcp), TCP_STATE_ESTABLISHED);
	ck_assert_uint_eq(tcp->rcv.fin, 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(timestamps_that_were_not_agreed_on_give_no_round_trip)
{
	struct tcp_connection *a;
	struct tcp_header header;
	int32_t srtt_us;

	pair_init(&pair, 1, &network);
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_timestamps", "0");
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
	a = pair.end[0].tcp;
	a->recovery.state = TCP_RECOVERY_LOSS; /* Karn: no other sample */
	pair_write(&pair, 0, 1000);
	pair_flush(&pair);
	tcp_sent_first(&a->sent)->retransmitted = true;
	srtt_us = a->rto.srtt_us;
	header = pair_next_header(&pair, 0);
	header.flags = TCP_ACK;
	header.ack = seq_to_wire(a->snd.iss, a->snd.nxt);
	header.has_timestamp = true;
	header.ts_echo = tcp_timestamp(a, pair.now_us) - 60000;
	pair_inject(&pair, 0, &header, NULL, 0);
	ck_assert_uint_eq(a->snd.una, a->snd.nxt);
	ck_assert_int_eq(a->rto.srtt_us, srtt_us);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_input", exact_reset_kills_one_in_the_window_is_challenged,
	  syn_in_the_window_is_challenged,
	  challenges_are_limited_in_each_second,
	  an_old_timestamp_is_dropped_by_paws,
	  ack_of_what_was_not_sent_is_answered_and_dropped,
	  data_behind_a_hole_waits_and_is_reported_by_sack,
	  a_fin_that_comes_early_waits_for_the_data_before_it,
	  holes_without_number_are_refused,
	  data_over_one_range_and_into_the_next_joins_both,
	  data_from_behind_the_fin_is_forgotten,
	  an_early_fin_in_the_middle_of_data_is_no_end,
	  the_urgent_byte_leaves_the_stream,
	  timestamps_that_were_not_agreed_on_give_no_round_trip)
