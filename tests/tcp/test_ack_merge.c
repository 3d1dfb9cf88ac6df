#include "unit.h"

#include <sys/socket.h>

#include "pair.h"

#define MERGE_US 50

static struct pair pair;
static const struct pair_network network = { .delay_us = 5 * MS };

/* End 0, the client, merges; end 1 does not. */
static void setup(uint64_t seed)
{
	pair_init(&pair, seed, &network);
	ck_assert_int_eq(tcp_sysctl_set(pair.end[0].context,
					"net.ipv4.tcp_ack_merge_us", "50"),
			 0);
}

static void established(uint64_t seed)
{
	setup(seed);
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
}

static bool has_data(struct pair *p, int from, struct tcp_header *header,
		     uint32_t payload_len)
{
	if (from == 0 && !(header->flags & TCP_SYN) && !payload_len)
		p->count++; /* ACKs alone */
	return true;
}

START_TEST(the_first_data_carries_the_ack_of_the_handshake)
{
	struct tcp_connection *tcp;

	setup(1);
	pair.filter = has_data;
	tcp = pair.end[0].tcp;
	pair_listen_and_connect(&pair);
	while (tcp_state(tcp) != TCP_STATE_ESTABLISHED)
		ck_assert(pair_step(&pair, pair.now_us + SEC));
	pair_write(&pair, 0, 100);
	pair_flush(&pair);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_ptr_nonnull(pair.end[1].tcp);
	ck_assert_uint_eq(tcp_receive_queued(pair.end[1].tcp), 100);
	ck_assert_uint_eq(pair.count, 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_lone_segment_is_acknowledged_after_the_wait)
{
	uint64_t before;
	int64_t arrived_us;

	established(3);
	before = pair.end[0].segments_out;
	pair_write(&pair, 1, 100);
	pair_flush(&pair);
	while (!tcp_receive_queued(pair.end[0].tcp))
		ck_assert(pair_step(&pair, pair.now_us + SEC));
	arrived_us = pair.now_us;
	ck_assert_uint_eq(pair.end[0].segments_out, before);
	pair_run(&pair, arrived_us + MERGE_US - 1);
	ck_assert_uint_eq(pair.end[0].segments_out, before);
	pair_run(&pair, arrived_us + MERGE_US);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);
	ck_assert(!pair.end[0].tcp->pingpong);
	pair_clear(&pair);
}
END_TEST

START_TEST(an_answer_within_the_wait_carries_the_ack)
{
	uint64_t before;

	established(4);
	before = pair.end[0].segments_out;
	pair_write(&pair, 1, 100);
	pair_flush(&pair);
	while (!tcp_receive_queued(pair.end[0].tcp))
		ck_assert(pair_step(&pair, pair.now_us + SEC));
	pair.now_us += MERGE_US / 2;
	pair_write(&pair, 0, 100);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);
	ck_assert_uint_eq(pair.last[0].ack,
			  seq_to_wire(pair.end[1].tcp->snd.iss,
				      pair.end[1].tcp->snd.nxt));
	pair_run(&pair, pair.now_us + MS);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(two_full_segments_do_not_wait)
{
	uint64_t before;

	established(5);
	before = pair.end[0].segments_out;
	pair_write(&pair, 1, 2 * pair.end[1].tcp->snd.mss);
	pair_flush(&pair);
	while (tcp_receive_queued(pair.end[0].tcp) <
	       2u * pair.end[1].tcp->snd.mss)
		ck_assert(pair_step(&pair, pair.now_us + SEC));
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(our_fin_carries_the_ack_of_the_peers)
{
	uint64_t before;

	established(6);
	before = pair.end[0].segments_out;
	tcp_close(pair.end[1].tcp, pair.now_us);
	pair_flush(&pair);
	while (tcp_state(pair.end[0].tcp) != TCP_STATE_CLOSE_WAIT)
		ck_assert(pair_step(&pair, pair.now_us + SEC));
	ck_assert_uint_eq(pair.end[0].segments_out, before);
	tcp_close(pair.end[0].tcp, pair.now_us);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);
	ck_assert_uint_eq(pair.last[0].flags & TCP_FIN, TCP_FIN);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_CLOSED);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_segment_and_the_fin_behind_it_are_no_two_segments)
{
	uint64_t before, offset = 0;

	established(7);
	before = pair.end[0].segments_out;
	pair_write(&pair, 1, 1000);
	pair_flush(&pair);
	tcp_close(pair.end[1].tcp, pair.now_us);
	pair_flush(&pair);
	while (tcp_state(pair.end[0].tcp) != TCP_STATE_CLOSE_WAIT)
		ck_assert(pair_step(&pair, pair.now_us + SEC));
	ck_assert_uint_eq(pair_read(&pair, 0, &offset), 1000);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.end[0].segments_out, before);
	tcp_close(pair.end[0].tcp, pair.now_us);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);
	pair_run(&pair, pair.now_us + SEC);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_ack_merge", the_first_data_carries_the_ack_of_the_handshake,
	  a_lone_segment_is_acknowledged_after_the_wait,
	  an_answer_within_the_wait_carries_the_ack,
	  two_full_segments_do_not_wait, our_fin_carries_the_ack_of_the_peers,
	  a_segment_and_the_fin_behind_it_are_no_two_segments)
