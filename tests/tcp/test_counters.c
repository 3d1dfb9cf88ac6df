/* What /proc/net/netstat counts of TCP. */
#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
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

static uint64_t count(int end, enum counter which)
{
	return pair.end[end].engine.counters.value[which];
}

static void set(int end, int level, int name, int value)
{
	ck_assert_int_eq(tcp_set_option(pair.end[end].tcp, level, name, &value,
					sizeof(value), pair.now_us),
			 0);
}

/* Bytes [from, to) from where end 1 stands come to it. */
static void arrive(int from, int to, uint32_t base)
{
	static const uint8_t bytes[3000];
	struct tcp_segment segment = { .payload = bytes, .segment_count = 1 };

	segment.header = pair_next_header(&pair, 1);
	segment.header.seq = base + (uint32_t)from;
	segment.payload_len = (uint32_t)(to - from);
	tcp_input(pair.end[1].tcp, &segment, pair.now_us);
}

START_TEST(data_that_is_new_and_data_that_arrived_are_counted)
{
	uint32_t mss;

	setup(1);
	mss = pair.end[0].tcp->snd.mss;
	pair_write(&pair, 0, 3 * mss);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_eq(count(0, COUNTER_TCP_ORIG_DATA_SENT), 3);
	ck_assert_uint_ge(count(0, COUNTER_TCP_DELIVERED), 3);
	ck_assert_uint_gt(count(1, COUNTER_TCP_HP_HITS), 0);
	ck_assert_uint_gt(count(0, COUNTER_TCP_HP_ACKS) +
				  count(0, COUNTER_TCP_PURE_ACKS),
			  0);
	/* what lies there already was not read before the next came */
	ck_assert_uint_gt(count(1, COUNTER_TCP_RCV_COALESCE), 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(an_ack_that_waited_for_its_timer_is_a_delayed_one)
{
	setup(2);
	set(1, IPPROTO_TCP, TCP_QUICKACK, 0);
	pair_write(&pair, 0, 10);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_eq(count(1, COUNTER_TCP_DELAYED_ACKS), 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(what_comes_out_of_order_twice_or_too_far_is_counted)
{
	uint32_t base;

	setup(3);
	base = pair_next_header(&pair, 1).seq;
	arrive(1000, 2000, base);
	arrive(1200, 1800, base);
	ck_assert_uint_eq(count(1, COUNTER_TCP_OFO_QUEUE), 2);
	ck_assert_uint_eq(count(1, COUNTER_TCP_OFO_MERGE), 1);
	arrive(0, 1000, base);
	pair_flush(&pair);
	arrive(0, 500, base);
	ck_assert_uint_eq(count(1, COUNTER_TCP_DELAYED_ACK_LOST), 1);
	arrive(100000000, 100000001, base);
	ck_assert_uint_eq(count(1, COUNTER_TCP_BEYOND_WINDOW), 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_window_that_shuts_is_counted_and_so_are_its_probes)
{
	struct tcp_connection *a;
	uint64_t offset = 0;

	setup(4);
	a = pair.end[0].tcp;
	while (a->snd.edge != a->snd.nxt || tcp_send_queued(a) == 0) {
		pair_write(&pair, 0, 65536);
		pair_run(&pair, pair.now_us + 20 * MS);
	}
	pair_run(&pair, pair.now_us + 2 * SEC);
	ck_assert_uint_ge(count(1, COUNTER_TCP_TO_ZERO_WINDOW), 1);
	ck_assert_uint_ge(count(0, COUNTER_TCP_WIN_PROBE), 1);
	ck_assert_uint_eq(count(1, COUNTER_TCP_FROM_ZERO_WINDOW), 0);
	while (pair_read(&pair, 1, &offset))
		;
	pair_run(&pair, pair.now_us + 2 * SEC);
	ck_assert_uint_ge(count(1, COUNTER_TCP_FROM_ZERO_WINDOW), 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_peer_that_is_silent_is_asked_and_given_up)
{
	setup(5);
	set(0, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(0, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	set(0, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	set(0, IPPROTO_TCP, TCP_KEEPCNT, 2);
	pair.network.loss_permille = 1000;
	pair_run(&pair, pair.now_us + 10 * SEC);
	ck_assert_uint_eq(count(0, COUNTER_TCP_KEEPALIVE), 2);
	ck_assert_uint_eq(count(0, COUNTER_TCP_ABORT_ON_TIMEOUT), 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_reset_of_ours_has_its_reason)
{
	struct linger linger = { 1, 0 };

	setup(6);
	pair_write(&pair, 0, 10);
	pair_run(&pair, pair.now_us + SEC);
	tcp_close(pair.end[1].tcp, pair.now_us);
	ck_assert_uint_eq(count(1, COUNTER_TCP_ABORT_ON_CLOSE), 1);
	pair_clear(&pair);

	setup(7);
	tcp_set_option(pair.end[1].tcp, SOL_SOCKET, SO_LINGER, &linger,
		       sizeof(linger), pair.now_us);
	tcp_close(pair.end[1].tcp, pair.now_us);
	ck_assert_uint_eq(count(1, COUNTER_TCP_ABORT_ON_DATA), 1);
	pair_clear(&pair);

	setup(8);
	tcp_close_unread(pair.end[1].tcp, pair.now_us);
	ck_assert_uint_eq(count(1, COUNTER_TCP_ABORT_ON_CLOSE), 1);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_int_eq(tcp_error(pair.end[0].tcp), ECONNRESET);
	pair_clear(&pair);

	setup(9);
	set(0, IPPROTO_TCP, TCP_LINGER2, -1);
	tcp_close(pair.end[0].tcp, pair.now_us);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_eq(count(0, COUNTER_TCP_ABORT_ON_LINGER), 1);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_counters", data_that_is_new_and_data_that_arrived_are_counted,
	  an_ack_that_waited_for_its_timer_is_a_delayed_one,
	  what_comes_out_of_order_twice_or_too_far_is_counted,
	  a_window_that_shuts_is_counted_and_so_are_its_probes,
	  a_peer_that_is_silent_is_asked_and_given_up,
	  a_reset_of_ours_has_its_reason)
