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

static void set(int end, int level, int name, int value)
{
	ck_assert_int_eq(tcp_set_option(pair.end[end].tcp, level, name, &value,
					sizeof(value), pair.now_us),
			 0);
}

START_TEST(nagle_holds_a_second_small_segment_back)
{
	uint64_t before;

	setup(1);
	before = pair.end[0].segments_out;
	pair_write(&pair, 0, 10);
	pair_flush(&pair);
	pair_write(&pair, 0, 10);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);
	set(0, IPPROTO_TCP, TCP_NODELAY, 1);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 2);
	pair_clear(&pair);
}
END_TEST

START_TEST(cork_waits_two_hundred_milliseconds_for_a_full_segment)
{
	uint64_t before;

	setup(2);
	set(0, IPPROTO_TCP, TCP_CORK, 1);
	before = pair.end[0].segments_out;
	pair_write(&pair, 0, 10);
	pair_run(&pair, pair.now_us + 199 * MS);
	ck_assert_uint_eq(pair.end[0].segments_out, before);
	pair_run(&pair, pair.now_us + 2 * MS);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_end_of_the_stream_pulls_the_cork)
{
	struct tcp_connection *a;

	setup(3);
	a = pair.end[0].tcp;
	set(0, IPPROTO_TCP, TCP_CORK, 1);
	pair_write(&pair, 0, 100);
	ck_assert(tcp_timer_is_set(a, TCP_TIMER_CORK));
	tcp_shutdown(a, SHUT_WR, pair.now_us);
	ck_assert(!tcp_timer_is_set(a, TCP_TIMER_CORK));
	pair_flush(&pair);
	ck_assert_uint_eq(a->snd.nxt, a->snd.end + 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(pulling_the_cork_sends_at_once)
{
	uint64_t before;

	setup(3);
	set(0, IPPROTO_TCP, TCP_CORK, 1);
	before = pair.end[0].segments_out;
	pair_write(&pair, 0, 10);
	pair_flush(&pair);
	set(0, IPPROTO_TCP, TCP_CORK, 0);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);
	pair_clear(&pair);
}
END_TEST

/* Fills the peer's window; the program there reads nothing. */
static void fill_window(void)
{
	for (int i = 0; i < 100; i++) {
		pair_write(&pair, 0, 65536);
		pair_run(&pair, pair.now_us + 20 * MS);
	}
	ck_assert_uint_gt(tcp_send_queued(pair.end[0].tcp), 0);
}

START_TEST(a_closed_window_is_probed_for_ever_while_it_answers)
{
	uint64_t got = 0, end, before;

	setup(4);
	fill_window();
	before = pair.end[0].segments_out;
	pair_run(&pair, pair.now_us + 3600 * SEC);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_ESTABLISHED);
	ck_assert_uint_gt(pair.end[0].segments_out, before + 30);
	ck_assert_uint_lt(pair.end[0].segments_out, before + 60);

	end = pair.end[0].tcp->snd.end - SEQ_DATA;
	while (got < end) {
		pair_read(&pair, 1, &got);
		if (got < end)
			ck_assert(pair_step(&pair, pair.now_us + 121 * SEC));
	}
	pair_clear(&pair);
}
END_TEST

START_TEST(the_window_never_shrinks)
{
	uint64_t edge = 0;

	setup(5);
	for (int i = 0; i < 200; i++) {
		pair_write(&pair, 0, 3000);
		pair_step(&pair, pair.now_us + 10 * MS);
		ck_assert_uint_ge(pair.end[1].tcp->rcv.edge, edge);
		edge = pair.end[1].tcp->rcv.edge;
		ck_assert_uint_le(pair.end[1].tcp->rcv.nxt, edge);
	}
	pair_clear(&pair);
}
END_TEST

START_TEST(a_super_segment_is_whole_segments)
{
	struct pair_network gso = { .delay_us = MS,
				    .gso_max_len = 65000,
				    .merges = true };
	struct tcp_path path = { .mtu = 1500,
				 .ip_header_len = 20,
				 .gso_max_len = 65000 };
	struct tcp_output output;

	pair_init(&pair, 6, &gso);
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
	pair.end[0].tcp->cc.cwnd = 1000000;
	pair_write(&pair, 0, 60000);
	ck_assert(
		tcp_output_next(pair.end[0].tcp, &path, &output, pair.now_us));
	ck_assert_uint_eq(output.gso_size, 1448);
	ck_assert_uint_eq(output.payload_len, 60000);
	ck_assert_int_le(output.payload_count, 5);
	pair_clear(&pair);
}
END_TEST

START_TEST(keep_alive_finds_a_dead_peer)
{
	struct tcp_connection *a;
	int64_t start_us;

	setup(7);
	a = pair.end[0].tcp;
	set(0, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(0, IPPROTO_TCP, TCP_KEEPIDLE, 10);
	set(0, IPPROTO_TCP, TCP_KEEPINTVL, 2);
	set(0, IPPROTO_TCP, TCP_KEEPCNT, 3);
	pair_run(&pair, pair.now_us + 100 * SEC);
	ck_assert_int_eq(tcp_state(a), TCP_STATE_ESTABLISHED);
	pair.network.loss_permille = 1000;
	start_us = pair.now_us;
	while (tcp_state(a) == TCP_STATE_ESTABLISHED)
		ck_assert(pair_step(&pair, start_us + 30 * SEC));
	ck_assert_int_eq(tcp_error(a), ETIMEDOUT);
	ck_assert_int_le(pair.now_us - start_us, 16 * SEC);
	pair_clear(&pair);
}
END_TEST

START_TEST(user_timeout_ends_a_dead_connection)
{
	int64_t start_us;

	setup(8);
	set(0, IPPROTO_TCP, TCP_USER_TIMEOUT, 3000);
	pair.network.loss_permille = 1000;
	pair_write(&pair, 0, 10);
	start_us = pair.now_us;
	while (tcp_state(pair.end[0].tcp) == TCP_STATE_ESTABLISHED)
		ck_assert(pair_step(&pair, start_us + 10 * SEC));
	ck_assert_int_eq(tcp_error(pair.end[0].tcp), ETIMEDOUT);
	ck_assert_int_le(pair.now_us - start_us, 3500 * MS);
	pair_clear(&pair);
}
END_TEST

START_TEST(an_idle_connection_holds_no_buffers)
{
	size_t before;

	setup(9);
	before = pair.end[1].allocated;
	pair_transfer(&pair, 0, 3000000, 100 * SEC);
	pair_run(&pair, pair.now_us + 10 * SEC);
	ck_assert_ptr_null(pair.end[0].tcp->send_stream.table);
	ck_assert_ptr_null(pair.end[1].tcp->receive_stream.table);
	ck_assert_uint_eq(pair.end[0].tcp->sent.count, 0);
	ck_assert_uint_eq(pair.end[1].allocated,
			  before + pair.end[1].engine.free_chunk_count *
					   (size_t)STREAM_CHUNK_LEN);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_receive_buffer_grows_with_what_is_read)
{
	struct pair_network fat = { .delay_us = 20 * MS, .gso_max_len = 65000 };

	pair_init(&pair, 10, &fat);
	pair_connect(&pair);
	ck_assert_uint_eq(pair.end[1].tcp->rcv.buffer, 131072);
	pair_transfer(&pair, 0, 30000000, 100 * SEC);
	ck_assert_uint_gt(pair.end[1].tcp->rcv.buffer, 1000000);
	ck_assert_uint_le(pair.end[1].tcp->rcv.buffer, 6291456);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_smaller_path_mtu_is_obeyed)
{
	struct tcp_connection *a;
	uint64_t got = 0;

	setup(11);
	a = pair.end[0].tcp;
	pair_write(&pair, 0, 50000);
	pair.network.loss_permille = 1000;
	pair_flush(&pair);
	tcp_mtu_changed(a, a->snd.iss + (uint32_t)a->snd.una, 576, pair.now_us);
	ck_assert_uint_eq(a->snd.mss, 576 - 52);
	pair.network.loss_permille = 0;
	pair.network.mtu = 576;
	while (got < 50000) {
		ck_assert(pair_step(&pair, pair.now_us + 10 * SEC));
		pair_read(&pair, 1, &got);
	}
	pair_clear(&pair);
}
END_TEST

START_TEST(a_full_buffer_is_not_writable_however_small)
{
	struct tcp_connection *a;

	pair_init(&pair, 1, &network);
	pair_connect(&pair);
	a = pair.end[0].tcp;
	a->snd.buffer = 2; /* net.ipv4.tcp_wmem may say so */
	ck_assert(tcp_ready(a) & PYT_READY_WRITE);
	ck_assert_uint_eq(pair_write(&pair, 0, 10), 2);
	ck_assert(!(tcp_ready(a) & PYT_READY_WRITE));
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_output", nagle_holds_a_second_small_segment_back,
	  cork_waits_two_hundred_milliseconds_for_a_full_segment,
	  the_end_of_the_stream_pulls_the_cork, pulling_the_cork_sends_at_once,
	  a_closed_window_is_probed_for_ever_while_it_answers,
	  the_window_never_shrinks, a_super_segment_is_whole_segments,
	  keep_alive_finds_a_dead_peer, user_timeout_ends_a_dead_connection,
	  an_idle_connection_holds_no_buffers,
	  a_receive_buffer_grows_with_what_is_read,
	  a_smaller_path_mtu_is_obeyed,
	  a_full_buffer_is_not_writable_however_small)
