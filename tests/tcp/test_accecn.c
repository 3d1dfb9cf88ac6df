#include "unit.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>

#include "accecn.h"

/* ------------------------------------------------------------- counting */

static unsigned mark_every; /* so many segments of data one is marked */

static uint8_t mark_data(struct pair *pair, int from, uint8_t ecn,
			 uint32_t payload_len)
{
	if (from != 0 || !payload_len || ecn != TCP_ECN_ECT0)
		return ecn;
	pair->count++;
	return pair->count % mark_every == 0 ? TCP_ECN_CE : ecn;
}

static void check_counts(const char *option, bool merges, unsigned every)
{
	static struct pair pair;
	struct pair_network n = network;
	struct tcp_info info;
	uint32_t received;

	n.merges = merges;
	n.gso_max_len = merges ? 40000 : 0;
	init(&pair, &n);
	set(&pair, 0, "net.ipv4.tcp_ecn_option", option);
	set(&pair, 1, "net.ipv4.tcp_ecn_option", option);
	pair_connect(&pair);
	mark_every = every;
	pair.mark = mark_data;
	pair_transfer(&pair, 0, 600000, 120 * SEC);
	pair_run(&pair, pair.now_us + SEC);
	received = of(&pair, 1)->received_ce - 5;
	ck_assert_uint_gt(received, 0);
	ck_assert_uint_eq(of(&pair, 0)->fed_back_ce - 5, received);
	ck_assert_uint_eq(
		of(&pair, 0)->fed_back[TCP_ACCECN_CE],
		*option == '0' ? 0 : of(&pair, 1)->received[TCP_ACCECN_CE]);
	tcp_info(pair.end[0].tcp, &info, pair.now_us);
	ck_assert_uint_eq(info.tcpi_delivered_ce, received);
	ck_assert_uint_eq(pair.end[0].tcp->statistics.total_retransmissions, 0);
	pair_clear(&pair);
}

START_TEST(every_mark_is_counted)
{
	check_counts("2", false, 10);
	check_counts("1", false, 10);
	check_counts("0", false, 10);
	check_counts("2", false, 1);
	check_counts("0", false, 1);
}
END_TEST

START_TEST(every_mark_on_merged_segments_is_counted)
{
	check_counts("2", true, 1);
	check_counts("2", true, 3);
}
END_TEST

START_TEST(two_marks_are_told_at_once)
{
	static struct pair pair;
	static const uint8_t payload[50]; /* too few to say the peer's MSS */
	struct tcp_segment segment;
	struct tcp_connection *tcp;

	init(&pair, &network);
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
	tcp = pair.end[1].tcp;
	tcp->rcv.quick_acks = 0;
	tcp->pingpong = true;
	tcp->rcv.mss = 60000; /* nothing is due by length */
	of(&pair, 1)->last_mark = TCP_ECN_CE; /* so that none is a change */
	segment = (struct tcp_segment){ .src = tcp->peer.ip,
					.dst = tcp->local.ip,
					.payload = payload,
					.payload_len = sizeof(payload),
					.segment_count = 1,
					.ecn = TCP_ECN_CE };
	segment.header = pair_next_header(&pair, 1);
	tcp_input(tcp, &segment, pair.now_us);
	ck_assert(!tcp->ack_now);
	segment.header = pair_next_header(&pair, 1);
	tcp_input(tcp, &segment, pair.now_us);
	ck_assert(tcp->ack_now);
	pair_clear(&pair);
}
END_TEST

static unsigned reductions;

static bool watch_windows(struct pair *pair, int from,
			  struct tcp_header *header, uint32_t payload_len)
{
	static uint64_t high;
	const struct tcp_recovery *recovery = &pair->end[0].tcp->recovery;

	(void)from;
	(void)header;
	(void)payload_len;
	if (recovery->is_reducing && recovery->high != high) {
		high = recovery->high;
		reductions++;
	}
	return true;
}

START_TEST(marks_of_one_round_trip_reduce_the_window_once)
{
	static struct pair pair;
	int64_t begun_us;

	init(&pair, &network);
	pair_connect(&pair);
	mark_every = 2;
	pair.mark = mark_data;
	pair.filter = watch_windows;
	begun_us = pair.now_us;
	pair_transfer(&pair, 0, 300000, 120 * SEC);
	ck_assert_uint_ge(reductions, 2);
	ck_assert_uint_le(reductions, (pair.now_us - begun_us) / (20 * MS) + 1);
	pair_clear(&pair);
}
END_TEST

/* ----------------------------------------------- what a path may break */

static bool clear_ace(struct pair *pair, int from, struct tcp_header *header,
		      uint32_t payload_len)
{
	(void)pair;
	(void)from;
	(void)payload_len;
	if (!(header->flags & TCP_SYN))
		set_ace(header, 0);
	return true;
}

static uint8_t never_capable(struct pair *pair, int from, uint8_t ecn,
			     uint32_t payload_len)
{
	(void)pair;
	(void)payload_len;
	if (from == 1)
		ck_assert_uint_eq(ecn, TCP_ECN_NOT_ECT);
	return ecn;
}

START_TEST(a_path_that_clears_ace_gets_no_capable_segments)
{
	static struct pair pair;

	init(&pair, &network);
	pair.filter = clear_ace;
	pair.mark = never_capable;
	pair_connect(&pair);
	pair_transfer(&pair, 1, 100000, 60 * SEC);
	ck_assert(pair.end[1].tcp->ecn.path_mangles);
	pair_transfer(&pair, 0, 100000, 60 * SEC);
	ck_assert(pair.end[0].tcp->ecn.path_mangles);
	pair_clear(&pair);
}
END_TEST

/* RFC 9768, 3.2.2.1, note 1: the counter of such a peer is none. */
START_TEST(what_a_peer_without_ace_seems_to_count_reduces_nothing)
{
	static struct pair pair;
	struct tcp_header ack;

	init(&pair, &network);
	pair.filter = clear_ace;
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
	pair.filter = NULL; /* 5 comes as a count now */
	pair_transfer(&pair, 1, 100000, 60 * SEC);
	ack = pair_next_header(&pair, 1);
	ck_assert_uint_gt(ack.ack, 0);
	ck_assert_uint_eq(pair.end[1].tcp->statistics.delivered_ce, 0);
	pair_clear(&pair);
}
END_TEST

static bool lose_the_last_ack(struct pair *pair, int from,
			      struct tcp_header *header, uint32_t payload_len)
{
	return from != 0 || payload_len || (header->flags & TCP_SYN) ||
	       pair->count++ > 0;
}

/* RFC 9768, 3.2.2.1: only a pure ACK tells the mark of the SYN-ACK. */
START_TEST(data_in_place_of_the_last_ack_counts)
{
	static struct pair pair;
	struct iovec iov[2];

	init(&pair, &network);
	pair.filter = lose_the_last_ack;
	pair_connect(&pair);
	tcp_send_space(pair.end[0].tcp, iov, 2);
	memset(iov[0].iov_base, 1, 100);
	tcp_send_commit(pair.end[0].tcp, 100, 0, pair.now_us);
	pair_run(&pair, pair.now_us + 100 * MS);
	ck_assert_uint_eq(of(&pair, 1)->fed_back_ce, 5);
	ck_assert(!pair.end[1].tcp->ecn.path_mangles);
	pair_clear(&pair);
}
END_TEST

static bool hide_count(struct pair *pair, int from, struct tcp_header *header,
		       uint32_t payload_len)
{
	(void)pair;
	(void)payload_len;
	if (from == 1 && !(header->flags & TCP_SYN))
		set_ace(header, 5);
	return true;
}

/* RFC 9768, 3.2.3.2.5. */
START_TEST(marked_bytes_without_marked_segments_end_it)
{
	static struct pair pair;

	init(&pair, &network);
	pair_connect(&pair);
	mark_every = 10;
	pair.mark = mark_data;
	pair_transfer(&pair, 0, 100000, 60 * SEC);
	ck_assert(!pair.end[0].tcp->ecn.path_mangles);
	pair.filter = hide_count;
	of(&pair, 0)->fed_back_ce = of(&pair, 0)->option_ce = 5;
	pair_transfer(&pair, 0, 100000, 60 * SEC);
	ck_assert(pair.end[0].tcp->ecn.path_mangles);
	pair_clear(&pair);
}
END_TEST

static bool zero_fields(struct pair *pair, int from, struct tcp_header *header,
			uint32_t payload_len)
{
	(void)pair;
	(void)from;
	(void)payload_len;
	memset(header->accecn.bytes, 0, sizeof(header->accecn.bytes));
	return true;
}

START_TEST(options_that_begin_with_zero_are_not_believed)
{
	static struct pair pair;

	init(&pair, &network);
	pair.filter = zero_fields;
	pair_connect(&pair);
	pair_transfer(&pair, 0, 10000, SEC);
	ck_assert(of(&pair, 0)->options_are_bad);
	ck_assert(of(&pair, 1)->options_are_bad);
	ck_assert(!pair.end[0].tcp->ecn.path_mangles);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_super_frame_never_carries_cwr)
{
	static struct pair pair;
	struct pair_network n = network;
	struct tcp_path path = { .mtu = 1500,
				 .ip_header_len = 20,
				 .gso_max_len = 60000,
				 .gso_ecn = true };

	n.gso_max_len = 60000;
	init(&pair, &n);
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
	for (uint32_t count = 0; count < 8; count++) {
		of(&pair, 0)->received_ce = count;
		ck_assert_int_eq(tcp_ecn_allows_gso(pair.end[0].tcp, &path),
				 (count & 2) == 0);
	}
	pair_clear(&pair);
}
END_TEST

START_TEST(segments_with_the_option_fit_the_path)
{
	static struct pair pair;

	init(&pair, &network);
	pair_connect(&pair);
	ck_assert_uint_eq(pair.end[0].tcp->snd.mss, 1460 - 12 - 12);
	pair.network.loss_permille = 30;
	pair_transfer(&pair, 0, 300000, 120 * SEC); /* the pair measures */
	ck_assert(of(&pair, 1)->options_seen);
	pair_clear(&pair);
}
END_TEST

START_TEST(without_memory_there_is_no_ecn)
{
	static struct pair pair;

	init(&pair, &network);
	pair.end[0].fail_above = pair.end[0].allocated + 1;
	pair_connect(&pair);
	ck_assert_int_eq(mode_of(&pair, 0), TCP_ECN_OFF);
	pair.end[0].fail_above = 0;
	pair_transfer(&pair, 0, 10000, 10 * SEC);
	pair_clear(&pair);
}
END_TEST

static uint32_t longest; /* segment with options */

static bool offer_least_mss(struct pair *pair, int from,
			    struct tcp_header *header, uint32_t payload_len)
{
	uint8_t bytes[TCP_HEADER_LEN_MAX];
	uint32_t len = payload_len + (uint32_t)tcp_header_build(header, bytes) -
		       TCP_HEADER_LEN_MIN;

	if (header->flags & TCP_SYN)
		header->mss = 48;
	else if (from == 0 && len > longest)
		longest = len;
	(void)pair;
	return true;
}

/* RFC 9768, 3.2.3.3: SACK's blocks go first where both do not fit. */
START_TEST(the_option_makes_way_in_the_smallest_segments)
{
	static const uint8_t bytes[10];
	static struct pair pair;
	uint64_t offset = 0;

	init(&pair, &network);
	pair.filter = offer_least_mss;
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_eq(pair.end[0].tcp->snd.mss, 48 - 12 - 12);
	for (uint32_t hole = 1; hole <= 4; hole++) {
		struct tcp_header header = pair_next_header(&pair, 0);

		header.seq += 100 * hole;
		pair_inject(&pair, 0, &header, bytes, sizeof(bytes));
	}
	longest = 0;
	pair_write(&pair, 0, 1000);
	pair_run(&pair, pair.now_us + 10 * SEC);
	ck_assert_uint_eq(longest, 48);
	ck_assert_uint_eq(pair_read(&pair, 1, &offset), 1000);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_accecn", every_mark_is_counted,
	  every_mark_on_merged_segments_is_counted, two_marks_are_told_at_once,
	  marks_of_one_round_trip_reduce_the_window_once,
	  a_path_that_clears_ace_gets_no_capable_segments,
	  what_a_peer_without_ace_seems_to_count_reduces_nothing,
	  data_in_place_of_the_last_ack_counts,
	  marked_bytes_without_marked_segments_end_it,
	  options_that_begin_with_zero_are_not_believed,
	  a_super_frame_never_carries_cwr,
	  segments_with_the_option_fit_the_path, without_memory_there_is_no_ecn,
	  the_option_makes_way_in_the_smallest_segments)
