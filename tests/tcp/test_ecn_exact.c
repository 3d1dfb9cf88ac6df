#include "unit.h"

#include <linux/tcp.h>
#include <netinet/in.h>

#include "pair.h"
#include "tcp/tcp_ecn.h"

static const struct pair_network network = { .delay_us = 10 * MS };

static void use_dctcp(struct pair *pair, struct tcp_connection *tcp)
{
	(void)pair;
	ck_assert_int_eq(
		tcp_set_option(tcp, IPPROTO_TCP, TCP_CONGESTION, "dctcp", 5, 0),
		0);
}

static void connect_dctcp(struct pair *pair)
{
	pair_init(pair, 1, &network);
	use_dctcp(pair, pair->end[0].tcp);
	pair->prepare = use_dctcp;
	pair_connect(pair);
	ck_assert_int_eq(pair->end[0].tcp->ecn.mode, TCP_ECN_CLASSIC);
	ck_assert_int_eq(pair->end[1].tcp->ecn.mode, TCP_ECN_CLASSIC);
}

static uint8_t all_are_capable(struct pair *pair, int from, uint8_t ecn,
			       uint32_t payload_len)
{
	(void)from;
	(void)payload_len;
	pair->count++;
	ck_assert_uint_eq(ecn, TCP_ECN_ECT0);
	return ecn;
}

START_TEST(with_dctcp_every_segment_is_ecn_capable)
{
	static struct pair pair;

	pair.mark = all_are_capable;
	connect_dctcp(&pair);
	pair.mark = all_are_capable;
	pair.network.loss_permille = 10;
	pair_transfer(&pair, 0, 100000, 60 * SEC);
	ck_assert_uint_gt(pair.count, 70);
	pair_clear(&pair);
}
END_TEST

static struct {
	uint32_t ack;
	bool ece;
} acks[16];

static bool keep_acks(struct pair *pair, int from, struct tcp_header *header,
		      uint32_t payload_len)
{
	const struct tcp_connection *tcp = pair->end[1].tcp;

	(void)payload_len;
	if (from != 1 || pair->count == 16)
		return true;
	acks[pair->count].ack = header->ack - tcp->rcv.irs - 1;
	acks[pair->count++].ece = header->flags & TCP_ECE;
	return true;
}

/* A segment of 1000 bytes to the server, with a mark. */
static void receive(struct pair *pair, uint8_t ecn)
{
	static const uint8_t payload[1000];
	struct tcp_segment segment = {
		.src = pair->end[1].tcp->peer.ip,
		.dst = pair->end[1].tcp->local.ip,
		.header = pair_next_header(pair, 1),
		.payload = payload,
		.payload_len = sizeof(payload),
		.segment_count = 1,
		.ecn = ecn,
	};

	segment.header.window = 60000;
	tcp_input(pair->end[1].tcp, &segment, pair->now_us);
}

/* RFC 8257, 3.2: what came before the change is told as it was. */
START_TEST(with_dctcp_each_change_of_the_marks_is_told)
{
	static struct pair pair;

	connect_dctcp(&pair);
	pair_run(&pair, pair.now_us + SEC);
	pair.end[1].tcp->rcv.quick_acks = 0;
	pair.end[1].tcp->pingpong = true;
	pair.end[1].tcp->rcv.mss = 60000; /* nothing is due by length */
	pair.filter = keep_acks;
	pair.count = 0;
	receive(&pair, TCP_ECN_ECT0);
	receive(&pair, TCP_ECN_CE);
	receive(&pair, TCP_ECN_CE);
	receive(&pair, TCP_ECN_ECT0);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.count, 3);
	ck_assert_uint_eq(acks[0].ack, 1000);
	ck_assert(!acks[0].ece);
	ck_assert_uint_eq(acks[1].ack, 3000);
	ck_assert(acks[1].ece);
	ck_assert_uint_eq(acks[2].ack, 4000);
	ck_assert(!acks[2].ece);
	pair_clear(&pair);
}
END_TEST

START_TEST(changes_beyond_the_bound_keep_the_states_apart)
{
	static struct pair pair;

	connect_dctcp(&pair);
	pair_run(&pair, pair.now_us + SEC);
	pair.filter = keep_acks;
	pair.count = 0;
	for (int i = 0; i < 11; i++)
		receive(&pair, i % 2 ? TCP_ECN_CE : TCP_ECN_ECT0);
	pair_flush(&pair);
	ck_assert_uint_le(pair.count, TCP_ECN_EARLY_ACKS + 1);
	for (unsigned i = 0; i < pair.count; i++)
		ck_assert_int_eq(acks[i].ece, (pair.count - 1 - i) % 2 ? 1 : 0);
	ck_assert_uint_eq(acks[pair.count - 1].ack, 11000);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_ecn_exact", with_dctcp_every_segment_is_ecn_capable,
	  with_dctcp_each_change_of_the_marks_is_told,
	  changes_beyond_the_bound_keep_the_states_apart)
