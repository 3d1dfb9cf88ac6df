/* Accurate ECN: how it is agreed on, RFC 9768, 3.1. */
#include "unit.h"

#include <string.h>

#include "accecn.h"

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
		/* RFC 9768, 3.2.2: told by the flags, counted by nobody. */
		ck_assert_uint_eq(of(&pair, 1)->received_ce, 5);
		ck_assert_uint_eq(of(&pair, 0)->fed_back_ce, 5);
		ck_assert_uint_eq(pair.end[0].tcp->cc.cwnd,
				  (mark == TCP_ECN_CE ? 1 : 10) *
					  pair.end[0].tcp->snd.mss);
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

static bool lose_syns_and_answer_the_first(struct pair *pair, int from,
					   struct tcp_header *header,
					   uint32_t payload_len)
{
	if (from == 1 && (header->flags & TCP_SYN))
		set_ace(header, 2);
	return lose_syns(pair, from, header, payload_len);
}

/* RFC 9768, 3.1.4.1: the answer to the first SYN may come late. */
START_TEST(a_late_answer_to_a_syn_that_asked_is_believed)
{
	static struct pair pair;

	init(&pair, &network);
	to_lose[0] = 2;
	pair.filter = lose_syns_and_answer_the_first;
	pair_connect(&pair);
	ck_assert_uint_eq(syn_codes[2], 0);
	ck_assert_int_eq(mode_of(&pair, 0), TCP_ECN_ACCURATE);
	pair_clear(&pair);
}
END_TEST

/* RFC 9768, 3.1.5: the client may have understood "no ECN". */
START_TEST(a_server_that_sent_no_flags_once_sends_nothing_capable)
{
	static struct pair pair;

	init(&pair, &network);
	to_lose[1] = 2;
	pair.filter = lose_syns;
	pair_connect(&pair);
	ck_assert_uint_eq(syn_ack_codes[2], 0);
	ck_assert_int_eq(mode_of(&pair, 1), TCP_ECN_ACCURATE);
	ck_assert(pair.end[1].tcp->ecn.path_mangles);
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

UNIT_MAIN("tcp_accecn_handshake", the_syn_ack_tells_how_the_syn_arrived,
	  the_last_ack_tells_how_the_syn_ack_arrived,
	  other_answers_mean_rfc_3168_or_nothing,
	  flags_of_the_future_are_taken_for_accecn, the_third_syn_does_not_ask,
	  a_late_answer_to_a_syn_that_asked_is_believed,
	  a_server_that_sent_no_flags_once_sends_nothing_capable,
	  syn_acks_sent_again_lose_the_option_and_then_the_flags,
	  the_option_stays_away_where_it_may_have_been_lost)
