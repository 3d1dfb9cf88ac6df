#include "unit.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>

#include "pair.h"
#include "tcp/tcp_ecn.h"
#include "tcp/tcp_output.h"

#define FLAGS(header) ((header).flags & TCP_ECN_FLAGS)

static const struct pair_network network = { .delay_us = 10 * MS };

static void set(struct pair *pair, int end, const char *name, const char *value)
{
	ck_assert_int_eq(tcp_sysctl_set(pair->end[end].context, name, value),
			 0);
}

static void set_ecn(struct pair *pair, int client, int server)
{
	char value[2] = { (char)('0' + client) };

	set(pair, 0, "net.ipv4.tcp_ecn", value);
	value[0] = (char)('0' + server);
	set(pair, 1, "net.ipv4.tcp_ecn", value);
}

static void connect_with_ecn(struct pair *pair, const struct pair_network *n)
{
	pair_init(pair, 1, n);
	set_ecn(pair, 1, 2);
	pair_connect(pair);
	ck_assert_int_eq(pair->end[0].tcp->ecn.mode, TCP_ECN_CLASSIC);
	pair_run(pair, pair->now_us + SEC);
}

/* ------------------------------------------------------- the handshake */

static uint16_t syn_flags, syn_ack_flags;

static bool note_syns(struct pair *pair, int from, struct tcp_header *header,
		      uint32_t payload_len)
{
	(void)pair;
	(void)payload_len;
	if ((header->flags & TCP_SYN) && from == 0)
		syn_flags = FLAGS(*header);
	else if (header->flags & TCP_SYN)
		syn_ack_flags = FLAGS(*header);
	return true;
}

static void check_agreement(int client, int server)
{
	static const enum tcp_ecn_mode asked[] = {
		TCP_ECN_OFF,	  TCP_ECN_CLASSIC, TCP_ECN_OFF,
		TCP_ECN_ACCURATE, TCP_ECN_CLASSIC, TCP_ECN_OFF
	};
	static const enum tcp_ecn_mode most[] = {
		TCP_ECN_OFF,	  TCP_ECN_CLASSIC,  TCP_ECN_CLASSIC,
		TCP_ECN_ACCURATE, TCP_ECN_ACCURATE, TCP_ECN_ACCURATE
	};
	static const uint16_t flags_of[] = { 0, TCP_ECE | TCP_CWR,
					     TCP_ECE | TCP_CWR | TCP_AE };
	static const uint16_t answers[] = { 0, TCP_ECE, TCP_CWR };
	enum tcp_ecn_mode expected =
		asked[client] < most[server] ? asked[client] : most[server];
	static struct pair pair;

	pair_init(&pair, 1, &network);
	pair.filter = note_syns;
	set_ecn(&pair, client, server);
	pair_connect(&pair);
	ck_assert_uint_eq(syn_flags, flags_of[asked[client]]);
	ck_assert_uint_eq(syn_ack_flags, answers[expected]);
	ck_assert_int_eq(pair.end[0].tcp->ecn.mode, expected);
	ck_assert_int_eq(pair.end[1].tcp->ecn.mode, expected);
	pair_clear(&pair);
}

START_TEST(the_syns_agree_on_what_both_settings_allow)
{
	for (int client = 0; client <= 5; client++)
		for (int server = 0; server <= 5; server++)
			check_agreement(client, server);
}
END_TEST

static bool lose_first_syn(struct pair *pair, int from,
			   struct tcp_header *header, uint32_t payload_len)
{
	note_syns(pair, from, header, payload_len);
	return from != 0 || !(header->flags & TCP_SYN) || pair->count++ > 0;
}

START_TEST(a_syn_that_is_sent_again_does_not_ask)
{
	static struct pair pair;

	pair_init(&pair, 1, &network);
	pair.filter = lose_first_syn;
	set_ecn(&pair, 1, 1);
	pair_connect(&pair);
	ck_assert_uint_eq(syn_flags, 0);
	ck_assert_int_eq(pair.end[0].tcp->ecn.mode, TCP_ECN_OFF);
	ck_assert_int_eq(pair.end[1].tcp->ecn.mode, TCP_ECN_OFF);
	pair_clear(&pair);
}
END_TEST

START_TEST(without_fallback_it_asks_again)
{
	static struct pair pair;

	pair_init(&pair, 1, &network);
	pair.filter = lose_first_syn;
	set_ecn(&pair, 1, 1);
	set(&pair, 0, "net.ipv4.tcp_ecn_fallback", "0");
	pair_connect(&pair);
	ck_assert_uint_eq(syn_flags, TCP_ECE | TCP_CWR);
	ck_assert_int_eq(pair.end[0].tcp->ecn.mode, TCP_ECN_CLASSIC);
	pair_clear(&pair);
}
END_TEST

static uint8_t mark_client(struct pair *pair, int from, uint8_t ecn,
			   uint32_t payload_len)
{
	(void)pair;
	(void)payload_len;
	return from == 0 ? TCP_ECN_ECT0 : ecn;
}

START_TEST(a_syn_that_claims_to_be_capable_is_not_trusted)
{
	static struct pair pair;

	pair_init(&pair, 1, &network);
	set_ecn(&pair, 1, 1);
	pair.mark = mark_client;
	pair_connect(&pair);
	ck_assert_int_eq(pair.end[1].tcp->ecn.mode, TCP_ECN_OFF);
	pair_clear(&pair);
}
END_TEST

static bool reflect_flags(struct pair *pair, int from,
			  struct tcp_header *header, uint32_t payload_len)
{
	(void)pair;
	(void)payload_len;
	if (from == 1 && (header->flags & TCP_SYN))
		header->flags |= TCP_CWR | TCP_ECE;
	return true;
}

START_TEST(reflected_flags_are_no_agreement)
{
	static struct pair pair;

	pair_init(&pair, 1, &network);
	set_ecn(&pair, 1, 0);
	pair.filter = reflect_flags;
	pair_connect(&pair);
	ck_assert_int_eq(pair.end[0].tcp->ecn.mode, TCP_ECN_OFF);
	pair_clear(&pair);
}
END_TEST

/* ------------------------------------------------------ what is capable */

static uint64_t highest; /* end of the client's data so far */

static uint8_t check_capable(struct pair *pair, int from, uint8_t ecn,
			     uint32_t payload_len)
{
	uint64_t end =
		seq_from_wire(pair->end[0].tcp->snd.iss,
			      pair->end[0].tcp->snd.una, pair->last[from].seq) +
		payload_len;
	bool is_new = from == 0 && payload_len && end > highest;

	if (is_new)
		highest = end;
	ck_assert_uint_eq(ecn, is_new ? TCP_ECN_ECT0 : TCP_ECN_NOT_ECT);
	return ecn;
}

START_TEST(new_data_alone_is_ecn_capable)
{
	static struct pair pair;
	struct pair_network n = network;

	connect_with_ecn(&pair, &n);
	pair.network.loss_permille = 20;
	highest = SEQ_DATA;
	pair.mark = check_capable;
	pair_transfer(&pair, 0, 500000, 120 * SEC);
	ck_assert_uint_gt(pair.end[0].tcp->statistics.total_retransmissions, 0);
	pair_clear(&pair);
}
END_TEST

static uint8_t none_is_capable(struct pair *pair, int from, uint8_t ecn,
			       uint32_t payload_len)
{
	(void)from;
	ck_assert_uint_eq(ecn, TCP_ECN_NOT_ECT);
	pair->count += payload_len > 0;
	return ecn;
}

START_TEST(a_window_probe_is_not_ecn_capable)
{
	static struct pair pair;
	struct tcp_header ack;

	connect_with_ecn(&pair, &network);
	ack = pair_next_header(&pair, 0);
	ack.window = 0;
	pair_inject(&pair, 0, &ack, NULL, 0);
	pair_write(&pair, 0, 1000);
	ack.window = 1;
	pair.end[0].tcp->snd.edge = pair.end[0].tcp->snd.nxt + 10;
	pair.network.delay_us = 100 * SEC;
	pair.mark = none_is_capable;
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_gt(pair.count, 0);
	ck_assert_uint_ge(pair.end[0].tcp->statistics.bytes_sent, 10);
	ck_assert_uint_eq(pair.last_ecn[0], TCP_ECN_NOT_ECT);
	pair_clear(&pair);
}
END_TEST

/* ---------------------------------------------------- marks and echoes */

/* count data segments of the client pass unmarked, the next one is marked. */
static uint8_t mark_one(struct pair *pair, int from, uint8_t ecn,
			uint32_t payload_len)
{
	if (from != 0 || !payload_len)
		return ecn;
	return pair->count-- == 0 ? TCP_ECN_CE : ecn;
}

static unsigned echoes, reductions;

static bool count_echoes(struct pair *pair, int from, struct tcp_header *header,
			 uint32_t payload_len)
{
	(void)pair;
	if (from == 1 && (header->flags & TCP_ECE))
		echoes++;
	if (from == 0 && (header->flags & TCP_CWR)) {
		ck_assert_uint_gt(payload_len, 0);
		reductions++;
	}
	return true;
}

START_TEST(a_mark_is_echoed_until_the_window_was_reduced)
{
	static struct pair pair;
	struct tcp_connection *tcp;
	struct tcp_info info;

	connect_with_ecn(&pair, &network);
	tcp = pair.end[0].tcp;
	pair.mark = mark_one;
	pair.filter = count_echoes;
	pair.count = 3;
	pair_transfer(&pair, 0, 400000, 60 * SEC);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_gt(echoes, 1);
	ck_assert_uint_eq(reductions, 1);
	ck_assert_uint_lt(tcp->cc.ssthresh, 20000);
	ck_assert(!pair.end[1].tcp->ecn.echo);
	ck_assert_uint_eq(tcp->statistics.total_retransmissions, 0);

	tcp_info(tcp, &info, pair.now_us);
	ck_assert_uint_eq(info.tcpi_options & TCPI_OPT_ECN, TCPI_OPT_ECN);
	ck_assert_uint_gt(info.tcpi_delivered_ce, 0);
	tcp_info(pair.end[1].tcp, &info, pair.now_us);
	ck_assert_uint_eq(info.tcpi_options & TCPI_OPT_ECN_SEEN,
			  TCPI_OPT_ECN_SEEN);
	pair_clear(&pair);
}
END_TEST

static void echo(struct pair *pair, uint32_t acked)
{
	struct tcp_connection *tcp = pair->end[0].tcp;
	struct tcp_header ack = pair_next_header(pair, 0);

	ack.ack = seq_to_wire(tcp->snd.iss, tcp->snd.una + acked);
	ack.flags |= TCP_ECE;
	ack.window = 60000;
	pair_inject(pair, 0, &ack, NULL, 0);
}

/* Ten segments are out, and answers are made by hand. */
static struct tcp_connection *send_ten(struct pair *pair)
{
	struct tcp_connection *tcp;

	connect_with_ecn(pair, &network);
	tcp = pair->end[0].tcp;
	tcp->snd.wscale = 0;
	pair->network.delay_us = 1000 * SEC;
	pair_write(pair, 0, 60 * tcp->snd.mss);
	pair_flush(pair);
	ck_assert_uint_eq(tcp->snd.nxt - tcp->snd.una, 10u * tcp->snd.mss);
	return tcp;
}

START_TEST(the_window_is_reduced_once_a_round_trip)
{
	static struct pair pair;
	struct tcp_connection *tcp = send_ten(&pair);
	struct tcp_info info;
	uint64_t round;
	uint32_t first;

	echo(&pair, tcp->snd.mss);
	ck_assert(tcp->recovery.is_reducing);
	first = tcp->cc.ssthresh;
	round = tcp->recovery.high;
	tcp_info(tcp, &info, pair.now_us);
	ck_assert_uint_eq(info.tcpi_ca_state, TCP_CA_CWR);
	ck_assert_uint_lt(first, 10u * tcp->snd.mss);
	while (tcp->snd.una + tcp->snd.mss <= round) {
		echo(&pair, tcp->snd.mss);
		ck_assert_uint_eq(tcp->cc.ssthresh, first);
		ck_assert_uint_eq(tcp->recovery.high, round);
	}
	ck_assert_uint_le(tcp->cc.cwnd, first);
	echo(&pair, tcp->snd.mss);
	ck_assert_uint_lt(tcp->cc.ssthresh, first);
	ck_assert_uint_gt(tcp->recovery.high, round);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_reduction_ends_at_ssthresh)
{
	static struct pair pair;
	struct tcp_connection *tcp = send_ten(&pair);
	struct tcp_header ack;
	uint64_t round;

	echo(&pair, tcp->snd.mss);
	round = tcp->recovery.high;
	while (tcp->snd.una <= round) {
		ack = pair_next_header(&pair, 0);
		ack.ack =
			seq_to_wire(tcp->snd.iss, tcp->snd.una + tcp->snd.mss);
		ack.window = 60000;
		pair_inject(&pair, 0, &ack, NULL, 0);
	}
	ck_assert(!tcp->recovery.is_reducing);
	ck_assert_uint_ge(tcp->cc.cwnd, tcp->cc.ssthresh);
	ck_assert_uint_le(tcp->cc.cwnd, tcp->cc.ssthresh + tcp->snd.mss);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_loss_in_the_same_round_trip_reduces_no_more)
{
	static struct pair pair;
	struct tcp_connection *tcp = send_ten(&pair);
	struct tcp_header ack;
	uint32_t first;

	echo(&pair, tcp->snd.mss);
	first = tcp->cc.ssthresh;
	ack = pair_next_header(&pair, 0);
	ack.ack = seq_to_wire(tcp->snd.iss, tcp->snd.una);
	ack.window = 60000;
	ack.sack_count = 1;
	ack.sack[0].start = ack.ack + tcp->snd.mss;
	ack.sack[0].end = ack.sack[0].start + 4u * tcp->snd.mss;
	pair.now_us += 30 * MS;
	pair_inject(&pair, 0, &ack, NULL, 0);
	tcp_run_timers(tcp, pair.now_us + 20 * MS);
	ck_assert_int_eq(tcp->recovery.state, TCP_RECOVERY_FAST);
	ck_assert_uint_eq(tcp->cc.ssthresh, first);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_timeout_is_told_with_cwr_too)
{
	static struct pair pair;
	struct tcp_connection *tcp = send_ten(&pair);

	tcp_timer_stop(tcp, TCP_TIMER_TAIL_PROBE);
	tcp_run_timers(tcp, tcp->deadline_us[TCP_TIMER_RETRANSMIT]);
	ck_assert_int_eq(tcp->recovery.state, TCP_RECOVERY_LOSS);
	ck_assert(tcp->ecn.cwr_due);
	pair_flush(&pair); /* a retransmission does not carry it */
	ck_assert(tcp->ecn.cwr_due);
	ck_assert_uint_eq(FLAGS(pair.last[0]), 0);
	pair_clear(&pair);
}
END_TEST

/* --------------------------------------------------------- super-frames */

START_TEST(cwr_is_on_one_segment_of_a_super_frame)
{
	static struct pair pair;
	struct pair_network n = network;

	for (int i = 0; i < 2; i++) {
		n.gso_max_len = 60000;
		n.gso_ecn = i == 1;
		echoes = reductions = 0;
		connect_with_ecn(&pair, &n);
		pair.mark = mark_one;
		pair.filter = count_echoes;
		pair.count = 3;
		pair_transfer(&pair, 0, 400000, 60 * SEC);
		ck_assert_uint_eq(reductions, 1);
		pair_clear(&pair);
	}
}
END_TEST

START_TEST(a_super_frame_has_cwr_only_where_the_link_keeps_it_in_place)
{
	static struct pair pair;
	struct tcp_path path = { .mtu = 1500,
				 .ip_header_len = 20,
				 .gso_max_len = 60000 };

	connect_with_ecn(&pair, &network);
	ck_assert(tcp_ecn_allows_gso(pair.end[0].tcp, &path));
	pair.end[0].tcp->ecn.cwr_due = true;
	ck_assert(!tcp_ecn_allows_gso(pair.end[0].tcp, &path));
	path.gso_ecn = true;
	ck_assert(tcp_ecn_allows_gso(pair.end[0].tcp, &path));
	pair_clear(&pair);
}
END_TEST

START_TEST(a_mark_on_a_merged_segment_counts)
{
	static struct pair pair;
	struct pair_network n = network;

	n.gso_max_len = 60000;
	n.merges = true;
	connect_with_ecn(&pair, &n);
	pair.mark = mark_one;
	pair.count = 0;
	pair_write(&pair, 0, 14000);
	pair_flush(&pair);
	pair_run(&pair, pair.now_us + 10 * MS);
	ck_assert(pair.end[1].tcp->ecn.echo);
	pair_clear(&pair);
}
END_TEST

/* --------------------------------------------------- ECN on the SYN-ACK */

static uint8_t mark_first_syn_ack(struct pair *pair, int from, uint8_t ecn,
				  uint32_t payload_len)
{
	(void)payload_len;
	if (from != 1 || !(pair->last[1].flags & TCP_SYN))
		return ecn;
	ck_assert_uint_eq(ecn, pair->count ? TCP_ECN_NOT_ECT : TCP_ECN_ECT0);
	return pair->count++ ? ecn : TCP_ECN_CE;
}

START_TEST(a_marked_syn_ack_is_sent_again_and_the_window_is_one_segment)
{
	static struct pair pair;

	pair_init(&pair, 1, &network);
	set_ecn(&pair, 1, 1);
	set(&pair, 1, "net.ipv4.tcp_ecn_synack", "1");
	pair.mark = mark_first_syn_ack;
	pair_connect(&pair);
	ck_assert_uint_eq(pair.count, 2);
	ck_assert_uint_eq(pair.end[1].tcp->cc.cwnd, pair.end[1].tcp->cc.mss);
	pair_transfer(&pair, 1, 100000, 60 * SEC);
	pair_transfer(&pair, 0, 100000, 60 * SEC);
	ck_assert(!pair.end[0].tcp->ecn.echo);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_syn_ack_is_not_capable_unless_it_is_wanted)
{
	static struct pair pair;

	pair_init(&pair, 1, &network);
	set_ecn(&pair, 1, 1);
	pair.filter = note_syns;
	pair_connect(&pair);
	ck_assert_uint_eq(syn_ack_flags, TCP_ECE);
	ck_assert_uint_eq(pair.last_ecn[1], TCP_ECN_NOT_ECT);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_ecn", the_syns_agree_on_what_both_settings_allow,
	  a_syn_that_is_sent_again_does_not_ask, without_fallback_it_asks_again,
	  a_syn_that_claims_to_be_capable_is_not_trusted,
	  reflected_flags_are_no_agreement, new_data_alone_is_ecn_capable,
	  a_window_probe_is_not_ecn_capable,
	  a_mark_is_echoed_until_the_window_was_reduced,
	  the_window_is_reduced_once_a_round_trip,
	  the_reduction_ends_at_ssthresh,
	  a_loss_in_the_same_round_trip_reduces_no_more,
	  a_timeout_is_told_with_cwr_too,
	  cwr_is_on_one_segment_of_a_super_frame,
	  a_super_frame_has_cwr_only_where_the_link_keeps_it_in_place,
	  a_mark_on_a_merged_segment_counts,
	  a_marked_syn_ack_is_sent_again_and_the_window_is_one_segment,
	  a_syn_ack_is_not_capable_unless_it_is_wanted)
