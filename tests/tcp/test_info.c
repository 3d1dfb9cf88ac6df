/* TCP_INFO: what its fields say of a transfer. */
#include "tcp/tcp_info.h"

#include <netinet/in.h>
#include <string.h>

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

UNIT_MAIN_WITH("info", setup, NULL, the_caller_gets_as_much_as_it_has_room_for,
	       advmss_is_what_we_announced_not_what_the_peer_did,
	       the_last_ack_is_as_old_as_it_is,
	       the_receive_window_is_what_the_peer_was_told_last,
	       accurate_ecn_tells_the_bytes_of_each_mark)
