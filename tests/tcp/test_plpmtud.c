/* Paths that carry less than the link: with ICMP, without, and with lies. */
#include "unit.h"

#include <netinet/in.h>

#include "pair.h"

#define HEADERS 52 /* IP, TCP, timestamps */

static struct pair pair;
static struct tcp_connection *a;
static const struct pair_network network = { .delay_us = 5 * MS };

static struct {
	uint32_t mtu; /* what the hop carries */
	unsigned dropped;
	unsigned largest_sent; /* IP packet of end 0 */
	bool sends_icmp;
	bool icmp_is_due;
	uint32_t icmp_seq;
} hop;

static bool pass_hop(struct pair *p, int from, struct tcp_header *header,
		     uint32_t payload_len)
{
	uint32_t len = payload_len + HEADERS;

	if (from != 0)
		return true;
	if (len > hop.largest_sent)
		hop.largest_sent = len;
	if (len <= hop.mtu)
		return true;
	hop.dropped++;
	hop.icmp_is_due = hop.sends_icmp;
	hop.icmp_seq = header->seq;
	return false;
}

static void setup(uint64_t seed, const char *probing, uint32_t mtu)
{
	pair_init(&pair, seed, &network);
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_mtu_probing",
		       probing);
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
	a = pair.end[0].tcp;
	hop.mtu = mtu;
	hop.dropped = hop.largest_sent = 0;
	hop.sends_icmp = hop.icmp_is_due = false;
	pair.filter = pass_hop;
}

static uint32_t mtu(void)
{
	return a->snd.mss + HEADERS;
}

static uint64_t counted(enum counter counter)
{
	return pair.end[0].engine.counters.value[counter];
}

static void transfer(uint64_t len)
{
	pair_transfer(&pair, 0, len, 300 * SEC);
	pair_run(&pair, pair.now_us + SEC);
}

/* As transfer(), and the hop's ICMP reaches the sender. */
static void transfer_with_icmp(uint64_t len)
{
	uint64_t got = pair.end[1].tcp->receive_stream.head - SEQ_DATA;
	uint64_t end = got + len, sent = got;

	while (got < end) {
		if (sent < end)
			sent += pair_write(&pair, 0, end - sent);
		ck_assert(pair_step(&pair, pair.now_us + 200 * SEC));
		if (hop.icmp_is_due &&
		    tcp_mtu_changed(a, hop.icmp_seq, hop.mtu, pair.now_us))
			pair.network.mtu = hop.mtu;
		hop.icmp_is_due = false;
		pair_read(&pair, 1, &got);
	}
}

/* ------------------------------------------------------------- probing */

START_TEST(probes_find_the_link_s_size_from_the_base)
{
	setup(1, "2", 1500);
	ck_assert_uint_eq(mtu(), 1024 + HEADERS);
	transfer(2000000);
	ck_assert_uint_gt(mtu(), 1500 - 8);
	ck_assert_uint_ge(counted(COUNTER_TCP_MTUP_SUCCESS), 3);
	ck_assert_uint_eq(counted(COUNTER_TCP_MTUP_FAIL), 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(probes_stop_below_a_silent_hop)
{
	setup(2, "2", 1300);
	transfer(3000000);
	ck_assert_uint_le(mtu(), 1300);
	ck_assert_uint_gt(mtu(), 1300 - 10);
	ck_assert_uint_ge(counted(COUNTER_TCP_MTUP_FAIL), 1);
	ck_assert_uint_le(hop.dropped, 6);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_loss_of_a_probe_is_no_congestion)
{
	setup(3, "2", 1300);
	transfer(3000000);
	ck_assert_uint_ge(hop.dropped, 1);
	ck_assert_uint_eq(a->cc.ssthresh, PYT_CC_SSTHRESH_INFINITE);
	ck_assert_uint_eq(counted(COUNTER_TCP_TIMEOUTS), 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(nothing_is_probed_unless_asked_for)
{
	setup(4, "1", 1500);
	ck_assert_uint_eq(mtu(), 1500);
	transfer(1000000);
	ck_assert(!a->plpmtud.enabled);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_path_that_has_grown_is_found_after_the_interval)
{
	setup(5, "2", 1300);
	transfer(3000000);
	hop.mtu = 1500;
	transfer(1000000);
	ck_assert_uint_le(mtu(), 1300);
	pair_run(&pair, pair.now_us + 600 * SEC);
	transfer(3000000);
	ck_assert_uint_gt(mtu(), 1500 - 8);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_threshold_ends_the_search)
{
	pair_init(&pair, 6, &network);
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_probe_threshold",
		       "400");
	pair_clear(&pair);
	pair_init(&pair, 6, &network);
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_mtu_probing", "2");
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_probe_threshold",
		       "430");
	pair_connect(&pair);
	a = pair.end[0].tcp;
	transfer(1000000);
	ck_assert_uint_eq(mtu(), 1024 + HEADERS);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_probe_is_never_larger_than_the_peer_takes)
{
	int maxseg = 1200;

	pair_init(&pair, 7, &network);
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_mtu_probing", "2");
	tcp_set_option(pair.end[0].tcp, IPPROTO_TCP, TCP_MAXSEG, &maxseg,
		       sizeof(maxseg), 0);
	pair_connect(&pair);
	a = pair.end[0].tcp;
	hop.mtu = 1500;
	hop.largest_sent = 0;
	pair.filter = pass_hop;
	transfer(2000000);
	ck_assert_uint_le(hop.largest_sent, 1240);
	ck_assert_uint_gt(mtu(), 1240 - 8);
	pair_clear(&pair);
}
END_TEST

/* ---------------------------------------------------------- black holes */

START_TEST(a_black_hole_is_passed_after_some_timeouts)
{
	setup(8, "1", 1200);
	transfer(500000);
	ck_assert(a->plpmtud.enabled);
	ck_assert_uint_le(mtu(), 1200);
	ck_assert_uint_ge(mtu(), 1024 + HEADERS);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_deep_black_hole_is_halved_until_something_passes)
{
	setup(9, "1", 400);
	transfer(50000);
	ck_assert_uint_le(mtu(), 400);
	ck_assert_uint_ge(mtu(), 200);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_floor_bounds_the_retreat)
{
	setup(10, "1", 1500);
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_mtu_probe_floor",
		       "300");
	pair.network.loss_permille = 1000;
	pair_write(&pair, 0, 5000);
	pair_run(&pair, pair.now_us + 400 * SEC);
	ck_assert_uint_eq(mtu(), 300 + HEADERS);
	pair_clear(&pair);
}
END_TEST

START_TEST(without_probing_a_black_hole_stays_one)
{
	setup(11, "0", 1200);
	pair_write(&pair, 0, 5000);
	pair_run(&pair, pair.now_us + 60 * SEC);
	ck_assert_uint_eq(mtu(), 1500);
	ck_assert_uint_eq(tcp_receive_queued(pair.end[1].tcp), 0);
	pair_clear(&pair);
}
END_TEST

/* ----------------------------------------------------------------- ICMP */

START_TEST(icmp_of_the_first_segments_is_believed_at_once)
{
	int64_t start_us;

	setup(12, "0", 1000);
	hop.sends_icmp = true;
	start_us = pair.now_us;
	transfer_with_icmp(100000);
	ck_assert_uint_eq(mtu(), 1000);
	ck_assert_uint_eq(counted(COUNTER_TCP_TIMEOUTS), 0);
	ck_assert_int_lt(pair.now_us - start_us, 200 * MS);
	pair_clear(&pair);
}
END_TEST

START_TEST(what_was_too_big_is_sent_again_and_is_no_congestion)
{
	setup(13, "0", 1000);
	hop.sends_icmp = true;
	transfer_with_icmp(20000);
	ck_assert_uint_eq(a->cc.ssthresh, PYT_CC_SSTHRESH_INFINITE);
	ck_assert_uint_le(hop.dropped, 12);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_size_that_has_arrived_is_not_given_up_for_a_message)
{
	setup(14, "0", 1500);
	transfer(100000);
	pair_write(&pair, 0, 20000);
	pair_flush(&pair);
	ck_assert(!tcp_mtu_changed(a, seq_to_wire(a->snd.iss, a->snd.una), 576,
				   pair.now_us));
	ck_assert_uint_eq(mtu(), 1500);
	ck_assert_uint_eq(counted(COUNTER_TCP_PMTU_DEFERRED), 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_path_that_shrank_is_believed_after_a_timeout)
{
	setup(15, "0", 1500);
	transfer(100000);
	hop.mtu = 900;
	hop.sends_icmp = true;
	transfer_with_icmp(200000);
	ck_assert_uint_eq(mtu(), 900);
	ck_assert_uint_le(counted(COUNTER_TCP_TIMEOUTS), 2);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_message_must_quote_what_is_in_flight)
{
	uint32_t una;

	setup(16, "0", 1500);
	pair_write(&pair, 0, 5000);
	pair_flush(&pair);
	una = seq_to_wire(a->snd.iss, a->snd.una);
	ck_assert(!tcp_mtu_changed(a, una - 1, 900, pair.now_us));
	ck_assert(!tcp_mtu_changed(a, seq_to_wire(a->snd.iss, a->snd.nxt), 900,
				   pair.now_us));
	ck_assert_uint_eq(counted(COUNTER_TCP_OUT_OF_WINDOW_ICMPS), 2);
	ck_assert_uint_eq(mtu(), 1500);
	ck_assert(tcp_mtu_changed(a, una, 900, pair.now_us));
	ck_assert_uint_eq(mtu(), 900);
	pair.network.mtu = 900;
	pair_clear(&pair);
}
END_TEST

START_TEST(a_message_never_raises_the_size)
{
	setup(17, "0", 1500);
	pair_write(&pair, 0, 5000);
	pair_flush(&pair);
	ck_assert(!tcp_mtu_changed(a, seq_to_wire(a->snd.iss, a->snd.una), 9000,
				   pair.now_us));
	ck_assert_uint_eq(mtu(), 1500);
	pair_clear(&pair);
}
END_TEST

/* The loopback device of a Linux host has an MTU of 65536. */
START_TEST(the_largest_packet_of_ip_bounds_the_search)
{
	static const struct pair_network loopback = { .delay_us = 100,
						      .mtu = 65536 };

	pair_init(&pair, 18, &loopback);
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_mtu_probing", "2");
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_eq(pair.end[0].tcp->plpmtud.high, 65535);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_plpmtud", probes_find_the_link_s_size_from_the_base,
	  probes_stop_below_a_silent_hop, the_loss_of_a_probe_is_no_congestion,
	  nothing_is_probed_unless_asked_for,
	  a_path_that_has_grown_is_found_after_the_interval,
	  the_threshold_ends_the_search,
	  a_probe_is_never_larger_than_the_peer_takes,
	  a_black_hole_is_passed_after_some_timeouts,
	  a_deep_black_hole_is_halved_until_something_passes,
	  the_floor_bounds_the_retreat, without_probing_a_black_hole_stays_one,
	  icmp_of_the_first_segments_is_believed_at_once,
	  what_was_too_big_is_sent_again_and_is_no_congestion,
	  a_size_that_has_arrived_is_not_given_up_for_a_message,
	  a_path_that_shrank_is_believed_after_a_timeout,
	  a_message_must_quote_what_is_in_flight,
	  a_message_never_raises_the_size,
	  the_largest_packet_of_ip_bounds_the_search)
