/* TCP_INFO: what its fields say of a transfer. */
#include "tcp/tcp_info.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "pair.h"
#include "unit.h"

static struct pair pair;
static struct pair_network network;

static void setup(void)
{
	network = (struct pair_network){ .delay_us = 25 * MS };
}

static void begin(void)
{
	pair_init(&pair, 1, &network);
	pair_connect(&pair);
}

static struct tcp_info_whole info_of(int end)
{
	struct tcp_info_whole info;

	tcp_info_whole(pair.end[end].tcp, &info, pair.now_us);
	return info;
}

static void rest(int64_t for_us)
{
	pair_run(&pair, pair.now_us + for_us);
}

START_TEST(the_caller_gets_as_much_as_it_has_room_for)
{
	static const uint32_t lens[] = { 0, 1, 8, 104, 232, 248, 280 };
	uint8_t bytes[400];
	struct tcp_info_whole info;

	begin();
	info = info_of(0);
	for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		memset(bytes, 0xaa, sizeof(bytes));
		ck_assert_int_eq(tcp_get_option(pair.end[0].tcp, IPPROTO_TCP,
						TCP_INFO, bytes, lens[i],
						pair.now_us),
				 (int)lens[i]);
		ck_assert_mem_eq(bytes, &info, lens[i]);
		ck_assert_uint_eq(bytes[lens[i]], 0xaa);
	}
	ck_assert_int_eq(tcp_get_option(pair.end[0].tcp, IPPROTO_TCP, TCP_INFO,
					bytes, sizeof(bytes), pair.now_us),
			 280);
	pair_clear(&pair);
}
END_TEST

START_TEST(advmss_is_what_we_announced_not_what_the_peer_did)
{
	const int maxseg = 1000;

	pair_init(&pair, 1, &network);
	tcp_set_option(pair.end[0].tcp, IPPROTO_TCP, TCP_MAXSEG, &maxseg,
		       sizeof(maxseg), pair.now_us);
	pair_connect(&pair);
	ck_assert_uint_eq(info_of(0).head.tcpi_advmss, 1000);
	ck_assert_uint_eq(info_of(1).head.tcpi_advmss, 1460);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_last_ack_is_as_old_as_it_is)
{
	begin();
	pair_transfer(&pair, 0, 1000, SEC);
	rest(SEC);
	ck_assert_uint_ge(info_of(0).head.tcpi_last_ack_recv, 900);
	ck_assert_uint_le(info_of(0).head.tcpi_last_ack_recv, 1100);
	pair_write(&pair, 0, 1000);
	rest(100 * MS); /* data at 25 ms, its ACK at most 40 ms and 25 later */
	ck_assert_uint_le(info_of(0).head.tcpi_last_ack_recv, 50);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_receive_window_is_what_the_peer_was_told_last)
{
	begin();
	pair_write(&pair, 0, 30000);
	rest(SEC);
	ck_assert_uint_gt(info_of(1).tail.rcv_wnd, 0);
	ck_assert_uint_eq(info_of(1).tail.rcv_wnd,
			  info_of(0).head.tcpi_snd_wnd);
	ck_assert_uint_eq(info_of(1).tail.rehash, 0);
	pair_clear(&pair);
}
END_TEST

static void use_accurate_ecn(int end)
{
	ck_assert_int_eq(
		tcp_sysctl_set(pair.end[end].context, "net.ipv4.tcp_ecn", "3"),
		0);
}

START_TEST(accurate_ecn_tells_the_bytes_of_each_mark)
{
	struct tcp_info_tail sender, receiver;

	pair_init(&pair, 1, &network);
	use_accurate_ecn(0);
	use_accurate_ecn(1);
	pair_connect(&pair);
	ck_assert_uint_eq(info_of(0).tail.delivered_e0_bytes, 0);
	ck_assert_uint_eq(info_of(0).tail.received_ce, 0);
	pair_transfer(&pair, 0, 50000, 10 * SEC);
	rest(SEC);
	sender = info_of(0).tail;
	receiver = info_of(1).tail;
	ck_assert_uint_eq(receiver.received_e0_bytes, 50000);
	ck_assert_uint_eq(receiver.received_e1_bytes, 0);
	ck_assert_uint_eq(receiver.received_ce_bytes, 0);
	ck_assert_uint_eq(sender.delivered_e0_bytes, 50000);
	ck_assert_uint_eq(sender.delivered_e1_bytes, 0);
	ck_assert_uint_eq(sender.accecn_opt_seen,
			  TCP_INFO_ACCECN_COUNTERS_SEEN);
	ck_assert_uint_eq(sender.accecn_fail_mode, 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_syn_of_a_client_and_both_fins_count_as_bytes)
{
	begin();
	pair_transfer(&pair, 0, 1000, SEC);
	rest(SEC);
	ck_assert_uint_eq(info_of(0).head.tcpi_bytes_acked, 1001);
	ck_assert_uint_eq(info_of(0).head.tcpi_bytes_received, 0);
	ck_assert_uint_eq(info_of(1).head.tcpi_bytes_acked, 0);
	ck_assert_uint_eq(info_of(1).head.tcpi_bytes_received, 1000);
	tcp_shutdown(pair.end[0].tcp, SHUT_WR, pair.now_us);
	tcp_shutdown(pair.end[1].tcp, SHUT_WR, pair.now_us);
	rest(SEC);
	ck_assert_uint_eq(info_of(0).head.tcpi_bytes_acked, 1002);
	ck_assert_uint_eq(info_of(0).head.tcpi_bytes_received, 1);
	ck_assert_uint_eq(info_of(1).head.tcpi_bytes_acked, 1);
	ck_assert_uint_eq(info_of(1).head.tcpi_bytes_received, 1001);
	pair_clear(&pair);
}
END_TEST

/* ------------------------------------------------- busy, and with what */

START_TEST(a_sender_is_busy_until_all_is_acknowledged)
{
	struct tcp_info info;

	begin();
	rest(SEC);
	ck_assert_uint_eq(info_of(0).head.tcpi_busy_time, 0);
	pair_write(&pair, 0, 1000);
	rest(30 * MS);
	ck_assert_uint_eq(info_of(0).head.tcpi_busy_time, 30 * MS);
	rest(SEC);
	info = info_of(0).head;
	ck_assert_uint_ge(info.tcpi_busy_time, 50 * MS);
	ck_assert_uint_le(info.tcpi_busy_time, 100 * MS); /* delayed ACK */
	ck_assert_uint_eq(info.tcpi_rwnd_limited, 0);
	ck_assert_uint_eq(info.tcpi_sndbuf_limited, 0);
	ck_assert_uint_eq(info_of(1).head.tcpi_busy_time, 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_fin_is_work_too)
{
	begin();
	tcp_shutdown(pair.end[0].tcp, SHUT_WR, pair.now_us);
	rest(SEC);
	ck_assert_uint_ge(info_of(0).head.tcpi_busy_time, 50 * MS);
	ck_assert_uint_le(info_of(0).head.tcpi_busy_time, 100 * MS);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_reader_that_waits_limits_by_its_window)
{
	struct tcp_info before, after;
	uint64_t got = 0;

	begin();
	for (int i = 0; i < 20; i++) {
		pair_write(&pair, 0, 200000);
		rest(100 * MS);
	}
	before = info_of(0).head;
	ck_assert_uint_lt(before.tcpi_snd_wnd, before.tcpi_snd_mss);
	ck_assert_uint_gt(before.tcpi_rwnd_limited, 0);
	rest(3 * SEC);
	after = info_of(0).head;
	ck_assert_uint_eq(after.tcpi_rwnd_limited,
			  before.tcpi_rwnd_limited + 3 * SEC);
	ck_assert_uint_eq(after.tcpi_busy_time,
			  before.tcpi_busy_time + 3 * SEC);
	for (int i = 0; i < 100; i++) {
		pair_read(&pair, 1, &got);
		rest(100 * MS);
	}
	before = info_of(0).head;
	ck_assert_uint_eq(before.tcpi_unacked, 0);
	rest(3 * SEC);
	ck_assert_uint_eq(info_of(0).head.tcpi_rwnd_limited,
			  before.tcpi_rwnd_limited);
	ck_assert_uint_eq(info_of(0).head.tcpi_busy_time,
			  before.tcpi_busy_time);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_small_send_buffer_is_the_limit_when_cwnd_is_not)
{
	const int size = 10000; /* doubled */
	struct tcp_info info;
	uint64_t got = 0;
	int64_t began_us;

	begin();
	tcp_set_option(pair.end[0].tcp, SOL_SOCKET, SO_SNDBUF, &size,
		       sizeof(size), pair.now_us);
	began_us = pair.now_us;
	while (pair.now_us < began_us + 10 * SEC) {
		pair_write(&pair, 0, 65536);
		pair_step(&pair, pair.now_us + 10 * MS);
		pair_read(&pair, 1, &got);
	}
	info = info_of(0).head;
	ck_assert_uint_ge(info.tcpi_busy_time, 99 * SEC / 10);
	ck_assert_uint_ge(info.tcpi_sndbuf_limited, 5 * SEC);
	ck_assert_uint_le(info.tcpi_sndbuf_limited, info.tcpi_busy_time);
	ck_assert_uint_eq(info.tcpi_rwnd_limited, 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_program_that_leaves_the_buffer_empty_is_not_limited_by_it)
{
	begin();
	for (int i = 0; i < 50; i++) {
		pair_write(&pair, 0, 5000);
		rest(20 * MS);
	}
	ck_assert_uint_ge(info_of(0).head.tcpi_busy_time, 800 * MS);
	ck_assert_uint_eq(info_of(0).head.tcpi_sndbuf_limited, 0);
	pair_clear(&pair);
}
END_TEST

/* ------------------------------------------------------------- timeouts */

START_TEST(timeouts_are_counted_and_timed_until_they_are_over)
{
	struct tcp_info_tail tail;

	begin();
	pair_transfer(&pair, 0, 10000, SEC);
	rest(SEC);
	ck_assert_uint_eq(info_of(0).tail.total_rto, 0);
	pair.network.loss_permille = 1000;
	pair_write(&pair, 0, 1000);
	while (info_of(0).tail.total_rto < 3)
		ck_assert(pair_step(&pair, pair.now_us + 10 * SEC));
	tail = info_of(0).tail;
	ck_assert_uint_eq(tail.total_rto_recoveries, 1);
	ck_assert_uint_gt(tail.total_rto_time, 500); /* the second and third */
	pair.network.loss_permille = 0;
	rest(10 * SEC);
	tail = info_of(0).tail;
	ck_assert_uint_eq(info_of(0).head.tcpi_unacked, 0);
	ck_assert_uint_eq(tail.total_rto, 4); /* the third was lost, too */
	ck_assert_uint_eq(tail.total_rto_recoveries, 1);
	ck_assert_uint_lt(tail.total_rto_time, 9000);
	rest(10 * SEC);
	ck_assert_uint_eq(info_of(0).tail.total_rto_time, tail.total_rto_time);
	pair_clear(&pair);
}
END_TEST

static bool loses_two_syns(struct pair *p, int from, struct tcp_header *header,
			   uint32_t payload_len)
{
	(void)payload_len;
	return from != 0 || !(header->flags & TCP_SYN) || p->count++ >= 2;
}

START_TEST(a_syn_that_was_sent_again_counts)
{
	pair_init(&pair, 1, &network);
	pair.filter = loses_two_syns;
	pair_connect(&pair);
	rest(SEC);
	ck_assert_uint_eq(info_of(0).tail.total_rto, 2);
	ck_assert_uint_eq(info_of(0).tail.total_rto_recoveries, 1);
	/* from the first timeout to the answer: Linux's are linear */
	ck_assert_uint_eq(info_of(0).tail.total_rto_time, 1050);
	ck_assert_uint_eq(info_of(1).tail.total_rto, 0);
	pair_clear(&pair);
}
END_TEST

static bool loses_a_syn_ack(struct pair *p, int from, struct tcp_header *header,
			    uint32_t payload_len)
{
	(void)payload_len;
	if (from == 0) /* the SYN alone does not bring a second one */
		return !(header->flags & TCP_SYN) || p->last[1].flags == 0;
	return !(header->flags & TCP_SYN) || p->count++ >= 1;
}

START_TEST(a_syn_ack_that_was_sent_again_counts)
{
	pair_init(&pair, 1, &network);
	pair.filter = loses_a_syn_ack;
	pair_connect(&pair);
	rest(SEC);
	ck_assert_uint_eq(info_of(1).tail.total_rto, 1);
	ck_assert_uint_eq(info_of(1).tail.total_rto_recoveries, 1);
	ck_assert_uint_ge(info_of(1).tail.total_rto_time, 1000);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN_WITH("info", setup, NULL, the_caller_gets_as_much_as_it_has_room_for,
	       advmss_is_what_we_announced_not_what_the_peer_did,
	       the_last_ack_is_as_old_as_it_is,
	       the_receive_window_is_what_the_peer_was_told_last,
	       accurate_ecn_tells_the_bytes_of_each_mark,
	       the_syn_of_a_client_and_both_fins_count_as_bytes,
	       a_sender_is_busy_until_all_is_acknowledged, a_fin_is_work_too,
	       a_reader_that_waits_limits_by_its_window,
	       a_small_send_buffer_is_the_limit_when_cwnd_is_not,
	       a_program_that_leaves_the_buffer_empty_is_not_limited_by_it,
	       timeouts_are_counted_and_timed_until_they_are_over,
	       a_syn_that_was_sent_again_counts,
	       a_syn_ack_that_was_sent_again_counts)
