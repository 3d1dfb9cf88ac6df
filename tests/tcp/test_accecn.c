#include "unit.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>

#include "pair.h"
#include "tcp/tcp_accecn.h"
#include "tcp/tcp_ecn.h"

static const struct pair_network network = { .delay_us = 10 * MS };

static unsigned ace_of(const struct tcp_header *header)
{
	return (header->flags & TCP_AE ? 4u : 0) |
	       (header->flags & TCP_CWR ? 2u : 0) |
	       (header->flags & TCP_ECE ? 1u : 0);
}

static void set_ace(struct tcp_header *header, unsigned ace)
{
	header->flags &= (uint16_t)~TCP_ECN_FLAGS;
	header->flags |=
		(uint16_t)((ace & 4 ? TCP_AE : 0) | (ace & 2 ? TCP_CWR : 0) |
			   (ace & 1 ? TCP_ECE : 0));
}

static void set(struct pair *pair, int end, const char *name, const char *value)
{
	ck_assert_int_eq(tcp_sysctl_set(pair->end[end].context, name, value),
			 0);
}

static void init(struct pair *pair, const struct pair_network *n)
{
	pair_init(pair, 1, n);
	set(pair, 0, "net.ipv4.tcp_ecn", "3");
	set(pair, 1, "net.ipv4.tcp_ecn", "3");
}

static struct tcp_accecn *of(const struct pair *pair, int end)
{
	return pair->end[end].tcp->ecn.accurate;
}

static enum tcp_ecn_mode mode_of(const struct pair *pair, int end)
{
	return (enum tcp_ecn_mode)pair->end[end].tcp->ecn.mode;
}

/* ------------------------------------------------------- the handshake */

/* Codes of SYN, SYN-ACK and the ACK that ends the handshake. */
static unsigned codes[3];
static uint8_t mark_to_set[2];
static unsigned answer; /* what the SYN-ACK is changed to; 8: as it is */

static bool note_codes(struct pair *pair, int from, struct tcp_header *header,
		       uint32_t payload_len)
{
	(void)payload_len;
	if (from == 1 && (header->flags & TCP_SYN) && answer < 8)
		set_ace(header, answer);
	if (header->flags & TCP_SYN)
		codes[from] = ace_of(header);
	else if (from == 0 && !pair->count++)
		codes[2] = ace_of(header);
	return true;
}

static uint8_t mark_syns(struct pair *pair, int from, uint8_t ecn,
			 uint32_t payload_len)
{
	(void)payload_len;
	return pair->last[from].flags & TCP_SYN ? mark_to_set[from] : ecn;
}

static void shake_hands(struct pair *pair, uint8_t syn_mark,
			uint8_t syn_ack_mark)
{
	init(pair, &network);
	mark_to_set[0] = syn_mark;
	mark_to_set[1] = syn_ack_mark;
	pair->filter = note_codes;
	pair->mark = mark_syns;
	pair_connect(pair);
	pair_run(pair, pair->now_us + SEC);
}

START_TEST(the_syn_ack_tells_how_the_syn_arrived)
{
	static const unsigned expected[] = { 2, 3, 4, 6 };
	static struct pair pair;

	answer = 8;
	for (uint8_t mark = 0; mark < 4; mark++) {
		shake_hands(&pair, mark, TCP_ECN_NOT_ECT);
		ck_assert_uint_eq(codes[0], 7);
		ck_assert_uint_eq(codes[1], expected[mark]);
		ck_assert_int_eq(mode_of(&pair, 0), TCP_ECN_ACCURATE);
		ck_assert_int_eq(mode_of(&pair, 1), TCP_ECN_ACCURATE);
		ck_assert_uint_eq(of(&pair, 1)->received_ce,
				  mark == TCP_ECN_CE ? 6 : 5);
		/* Ours was not-ECT: whatever else arrived is mangled. */
		ck_assert_int_eq(pair.end[0].tcp->ecn.path_mangles, mark != 0);
		ck_assert(!pair.end[1].tcp->ecn.path_mangles);
		pair_clear(&pair);
	}
}
END_TEST

START_TEST(the_last_ack_tells_how_the_syn_ack_arrived)
{
	static const unsigned expected[] = { 2, 3, 4, 6 };
	static struct pair pair;

	answer = 8;
	for (uint8_t mark = 0; mark < 4; mark++) {
		shake_hands(&pair, TCP_ECN_NOT_ECT, mark);
		ck_assert_uint_eq(codes[2], expected[mark]);
		ck_assert_uint_eq(of(&pair, 0)->received_ce,
				  mark == TCP_ECN_CE ? 6 : 5);
		ck_assert_uint_eq(of(&pair, 1)->fed_back_ce,
				  mark == TCP_ECN_CE ? 6 : 5);
		ck_assert_int_eq(pair.end[1].tcp->ecn.path_mangles, mark != 0);
		pair_clear(&pair);
	}
}
END_TEST

START_TEST(other_answers_mean_rfc_3168_or_nothing)
{
	static const enum tcp_ecn_mode expected[] = {
		TCP_ECN_OFF,	  TCP_ECN_CLASSIC,  TCP_ECN_ACCURATE,
		TCP_ECN_ACCURATE, TCP_ECN_ACCURATE, TCP_ECN_CLASSIC,
		TCP_ECN_ACCURATE, TCP_ECN_OFF
	};
	static struct pair pair;

	for (answer = 0; answer < 8; answer++) {
		shake_hands(&pair, TCP_ECN_NOT_ECT, TCP_ECN_NOT_ECT);
		ck_assert_int_eq(mode_of(&pair, 0), expected[answer]);
		pair_clear(&pair);
	}
}
END_TEST

static unsigned syn_code;

static bool change_syn(struct pair *pair, int from, struct tcp_header *header,
		       uint32_t payload_len)
{
	(void)pair;
	(void)payload_len;
	if (from == 0 && (header->flags & TCP_SYN))
		set_ace(header, syn_code);
	return true;
}

START_TEST(flags_of_the_future_are_taken_for_accecn)
{
	static struct pair pair;

	for (syn_code = 0; syn_code < 8; syn_code++) {
		init(&pair, &network);
		pair.filter = change_syn;
		pair_connect(&pair);
		ck_assert_int_eq(mode_of(&pair, 1), syn_code == 0 ? TCP_ECN_OFF
						    : syn_code == 3
							    ? TCP_ECN_CLASSIC
							    : TCP_ECN_ACCURATE);
		pair_clear(&pair);
	}
}
END_TEST

/* ------------------------------------------------------ losses in there */

static unsigned syn_codes[4], syn_ack_codes[4], syn_ack_options;
static unsigned syns, syn_acks, to_lose[2];

static bool lose_syns(struct pair *pair, int from, struct tcp_header *header,
		      uint32_t payload_len)
{
	(void)pair;
	(void)payload_len;
	if (!(header->flags & TCP_SYN))
		return true;
	if (from == 0 && syns < 4)
		syn_codes[syns] = ace_of(header);
	if (from == 0 && !to_lose[0])
		return syns++ == 0; /* only the server tries again */
	if (from == 0)
		return syns++ >= to_lose[0];
	if (syn_acks < 4)
		syn_ack_codes[syn_acks] = ace_of(header);
	syn_ack_options += header->accecn.present;
	return syn_acks++ >= to_lose[1];
}

START_TEST(the_third_syn_does_not_ask)
{
	static struct pair pair;

	init(&pair, &network);
	to_lose[0] = 2;
	pair.filter = lose_syns;
	pair_connect(&pair);
	ck_assert_uint_eq(syn_codes[0], 7);
	ck_assert_uint_eq(syn_codes[1], 7);
	ck_assert_uint_eq(syn_codes[2], 0);
	ck_assert_int_eq(mode_of(&pair, 0), TCP_ECN_OFF);
	ck_assert_int_eq(mode_of(&pair, 1), TCP_ECN_OFF);
	pair_clear(&pair);
}
END_TEST

/* Only the server's own retries: the client keeps still. */
START_TEST(syn_acks_sent_again_lose_the_option_and_then_the_flags)
{
	static struct pair pair;

	init(&pair, &network);
	to_lose[1] = 2;
	pair.filter = lose_syns;
	pair_connect(&pair);
	ck_assert_uint_ge(syn_acks, 3);
	ck_assert_uint_eq(syn_ack_options, 1);
	ck_assert_uint_eq(syn_ack_codes[0], 2);
	ck_assert_uint_eq(syn_ack_codes[1], 2);
	ck_assert_uint_eq(syn_ack_codes[2], 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_option_stays_away_where_it_may_have_been_lost)
{
	static struct pair pair;

	init(&pair, &network);
	set(&pair, 0, "net.ipv4.tcp_ecn_option", "0");
	to_lose[1] = 1;
	pair.filter = lose_syns;
	pair_connect(&pair);
	pair_transfer(&pair, 1, 10000, SEC);
	ck_assert_int_eq(mode_of(&pair, 1), TCP_ECN_ACCURATE);
	ck_assert(!pair.last[1].accecn.present);
	ck_assert_uint_eq(pair.end[1].tcp->snd.mss, 1460 - 12);
	pair_clear(&pair);
}
END_TEST

/* ------------------------------------------------------------- counting */

static uint8_t mark_data(struct pair *pair, int from, uint8_t ecn,
			 uint32_t payload_len)
{
	if (from != 0 || !payload_len || ecn != TCP_ECN_ECT0)
		return ecn;
	pair->count++;
	return pair->count % mark_to_set[0] == 0 ? TCP_ECN_CE : ecn;
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
	mark_to_set[0] = (uint8_t)every;
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
	mark_to_set[0] = 2;
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

UNIT_MAIN("tcp_accecn", the_syn_ack_tells_how_the_syn_arrived,
	  the_last_ack_tells_how_the_syn_ack_arrived,
	  other_answers_mean_rfc_3168_or_nothing,
	  flags_of_the_future_are_taken_for_accecn, the_third_syn_does_not_ask,
	  syn_acks_sent_again_lose_the_option_and_then_the_flags,
	  the_option_stays_away_where_it_may_have_been_lost,
	  every_mark_is_counted, every_mark_on_merged_segments_is_counted,
	  two_marks_are_told_at_once,
	  marks_of_one_round_trip_reduce_the_window_once,
	  a_path_that_clears_ace_gets_no_capable_segments,
	  options_that_begin_with_zero_are_not_believed,
	  a_super_frame_never_carries_cwr,
	  segments_with_the_option_fit_the_path, without_memory_there_is_no_ecn,
	  the_option_makes_way_in_the_smallest_segments)
