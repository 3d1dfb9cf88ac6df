#include "unit.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "pair.h"

static struct pair pair;
static struct tcp_connection *b;
static uint64_t got;
static const struct pair_network network = { .delay_us = 5 * MS };

static void setup_with(uint64_t seed, const struct pair_network *n)
{
	got = 0;
	pair_init(&pair, seed, n);
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
	b = pair.end[1].tcp;
}

static void setup(uint64_t seed)
{
	setup_with(seed, &network);
}

static int get(int level, int name)
{
	int value = 0;

	tcp_get_option(b, level, name, &value, sizeof(value), pair.now_us);
	return value;
}

static void set(int level, int name, int value)
{
	ck_assert_int_eq(tcp_set_option(b, level, name, &value, sizeof(value),
					pair.now_us),
			 0);
}

static void sysctl(int end, const char *name, const char *value)
{
	ck_assert_int_eq(tcp_sysctl_set(pair.end[end].context, name, value), 0);
}

START_TEST(a_smaller_receive_buffer_takes_back_no_window)
{
	uint64_t edge;

	setup(1);
	pair_write(&pair, 0, 10000);
	pair_run(&pair, pair.now_us + SEC);
	edge = b->rcv.edge;
	set(SOL_SOCKET, SO_RCVBUF, 2304);
	while (b->rcv.nxt < edge) {
		ck_assert_uint_ge(b->rcv.edge, edge);
		pair_write(&pair, 0, 65536);
		ck_assert(pair_step(&pair, pair.now_us + SEC));
	}
	/* but for what the shift of the window rounds up, each time */
	ck_assert_uint_lt(b->rcv.edge, edge + 4096);
	pair_clear(&pair);
}
END_TEST

START_TEST(with_tcp_shrink_window_it_is_taken_back)
{
	uint64_t edge;

	setup(2);
	sysctl(1, "net.ipv4.tcp_shrink_window", "1");
	edge = b->rcv.edge;
	set(SOL_SOCKET, SO_RCVBUF, 2304);
	pair_write(&pair, 0, 3000);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_lt(b->rcv.edge, edge);
	pair_clear(&pair);
}
END_TEST

/* RFC 9293, 3.8.6.2.2: a window that was shut opens by a segment at least. */
START_TEST(a_window_opens_by_a_full_segment_or_not_at_all)
{
	uint64_t edge;

	setup(3);
	set(SOL_SOCKET, SO_RCVBUF, 20000);
	for (int i = 0; i < 100; i++) {
		pair_write(&pair, 0, 65536);
		pair_run(&pair, pair.now_us + 20 * MS);
	}
	ck_assert_uint_eq(b->rcv.edge, b->rcv.nxt);
	edge = b->rcv.edge;
	while (b->rcv.edge == edge) {
		tcp_recv_consume(b, 100, pair.now_us);
		pair_run(&pair, pair.now_us + MS);
	}
	ck_assert_uint_ge(b->rcv.edge - edge, 1448);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_sender_waits_for_half_of_the_largest_window)
{
	struct tcp_connection *a;

	setup(4);
	a = pair.end[0].tcp;
	a->snd.max_wnd = 20000;
	a->snd.edge = a->snd.nxt + 1000; /* less than a segment is open */
	pair_write(&pair, 0, 5000);
	ck_assert(!tcp_wants_output(a, pair.now_us));
	a->snd.max_wnd = 2000;
	ck_assert(tcp_wants_output(a, pair.now_us));
	pair_clear(&pair);
}
END_TEST

START_TEST(a_clamp_bounds_the_window)
{
	setup(5);
	set(IPPROTO_TCP, TCP_WINDOW_CLAMP, 5000);
	pair_transfer(&pair, 0, 200000, 60 * SEC);
	ck_assert_uint_le(b->rcv.edge - b->rcv.nxt, 5120);
	pair_clear(&pair);
}
END_TEST

/* ------------------------------------------------------------ autotuning */

static int buffer_after(uint64_t len, int64_t delay_us, bool timestamps)
{
	struct pair_network far = { .delay_us = delay_us };
	int size;

	pair_init(&pair, 6, &far);
	sysctl(0, "net.ipv4.tcp_timestamps", timestamps ? "1" : "0");
	pair_connect(&pair);
	b = pair.end[1].tcp;
	pair_transfer(&pair, 0, len, 60 * SEC);
	size = get(SOL_SOCKET, SO_RCVBUF);
	return size;
}

START_TEST(a_long_path_gets_a_large_buffer)
{
	ck_assert_int_ge(buffer_after(20000000, 50 * MS, true), 2000000);
	ck_assert_int_le(get(SOL_SOCKET, SO_RCVBUF), 6291456);
	pair_clear(&pair);
}
END_TEST

/* A sender in slow start, whose bursts come a hair before a round trip ends. */
START_TEST(a_burst_that_is_early_by_the_clocks_grain_counts)
{
	int before;

	setup(14);
	before = get(SOL_SOCKET, SO_RCVBUF);
	pair_write(&pair, 0, 50000);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_eq(tcp_receive_queued(b), 50000);
	b->rcv.rtt_us = 20 * MS;
	b->rcv.space_since_us = (uint32_t)pair.now_us;
	b->rcv.space_head = (uint32_t)b->receive_stream.head;
	pair_run(&pair, pair.now_us + 17 * MS);
	tcp_recv_consume(b, 20000, pair.now_us);
	ck_assert_int_eq(get(SOL_SOCKET, SO_RCVBUF), before);
	pair_run(&pair, pair.now_us + 2 * MS);
	tcp_recv_consume(b, 20000, pair.now_us);
	ck_assert_int_gt(get(SOL_SOCKET, SO_RCVBUF), before);
	pair_clear(&pair);
}
END_TEST

START_TEST(without_timestamps_the_window_measures_the_round_trip)
{
	ck_assert_int_ge(buffer_after(20000000, 50 * MS, false), 2000000);
	ck_assert_int_ge(b->rcv.rtt_us, 90 * MS);
	ck_assert_int_le(b->rcv.rtt_us, 250 * MS);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_slow_reader_gets_no_larger_buffer)
{
	int before;

	setup(7);
	before = get(SOL_SOCKET, SO_RCVBUF);
	for (int i = 0; i < 200; i++) {
		pair_write(&pair, 0, 65536);
		pair_run(&pair, pair.now_us + 20 * MS);
		tcp_recv_consume(b, 500, pair.now_us);
	}
	ck_assert_int_eq(get(SOL_SOCKET, SO_RCVBUF), before);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_buffer_that_the_program_set_stays)
{
	setup(8);
	set(SOL_SOCKET, SO_RCVBUF, 100000);
	pair_transfer(&pair, 0, 10000000, 60 * SEC);
	ck_assert_int_eq(get(SOL_SOCKET, SO_RCVBUF), 200000);
	pair_clear(&pair);
}
END_TEST

START_TEST(moderation_can_be_switched_off)
{
	struct pair_network far = { .delay_us = 50 * MS };
	int before;

	setup_with(9, &far);
	before = get(SOL_SOCKET, SO_RCVBUF);
	sysctl(1, "net.ipv4.tcp_moderate_rcvbuf", "0");
	pair_transfer(&pair, 0, 3000000, 60 * SEC);
	ck_assert_int_eq(get(SOL_SOCKET, SO_RCVBUF), before);
	pair_clear(&pair);
}
END_TEST

START_TEST(tcp_rmem_and_tcp_wmem_are_the_bounds)
{
	struct pair_network far = { .delay_us = 50 * MS };
	uint32_t size;

	pair_init(&pair, 10, &far);
	sysctl(1, "net.ipv4.tcp_rmem", "4096 100000 400000");
	sysctl(0, "net.ipv4.tcp_wmem", "4096 50000 300000");
	tcp_destroy(pair.end[0].tcp);
	pair.end[0].tcp = tcp_create(pair.end[0].context, NULL);
	pair_connect(&pair);
	b = pair.end[1].tcp;
	ck_assert_int_eq(get(SOL_SOCKET, SO_RCVBUF), 100000);
	size = pair.end[0].tcp->snd.buffer;
	ck_assert_uint_eq(size, 50000);
	pair_transfer(&pair, 0, 10000000, 60 * SEC);
	ck_assert_int_eq(get(SOL_SOCKET, SO_RCVBUF), 400000);
	size = pair.end[0].tcp->snd.buffer;
	ck_assert_uint_eq(size, 300000);
	pair_clear(&pair);
}
END_TEST

/* ---------------------------------------------------------------- tcp_mem */

START_TEST(under_pressure_buffers_do_not_grow)
{
	struct pair_network far = { .delay_us = 20 * MS };
	int before;

	setup_with(11, &far);
	before = get(SOL_SOCKET, SO_RCVBUF);
	sysctl(1, "net.ipv4.tcp_mem", "0 0 10000");
	pair_transfer(&pair, 0, 1000000, 600 * SEC);
	ck_assert_int_eq(get(SOL_SOCKET, SO_RCVBUF), before);
	ck_assert_uint_gt(
		pair.end[1].engine.counters.value[COUNTER_TCP_MEMORY_PRESSURES],
		0);
	pair_clear(&pair);
}
END_TEST

START_TEST(pressure_ends_below_the_first_number)
{
	setup(12);
	sysctl(1, "net.ipv4.tcp_mem", "4 8 100");
	pair_write(&pair, 0, 60000);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert(b->context->memory_pressure);
	while (pair_read(&pair, 1, &got))
		;
	pair_transfer(&pair, 0, 10, SEC);
	ck_assert(!b->context->memory_pressure);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_full_memory_drops_what_is_out_of_order_and_goes_on)
{
	struct pair_network lossy = { .delay_us = 5 * MS, .loss_permille = 30 };

	setup_with(13, &lossy);
	sysctl(1, "net.ipv4.tcp_mem", "0 0 0");
	pair_transfer(&pair, 0, 300000, 600 * SEC);
	ck_assert_uint_gt(
		pair.end[1].engine.counters.value[COUNTER_TCP_RCVQ_DROP], 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_full_memory_leaves_the_least_send_buffer)
{
	setup(14);
	sysctl(0, "net.ipv4.tcp_mem", "0 0 0");
	pair_write(&pair, 0, 1);
	ck_assert_uint_le(pair_write(&pair, 0, 65536), 4095);
	ck_assert_uint_eq(pair_write(&pair, 0, 65536), 0);
	pair_transfer(&pair, 0, 100000, 600 * SEC);
	pair_clear(&pair);
}
END_TEST

/* Else they were lost: the program has been told that they are written. */
START_TEST(bytes_whose_places_bring_pressure_count)
{
	const struct tcp_connection *sender;
	uint64_t before;
	size_t written;

	setup(15);
	sysctl(0, "net.ipv4.tcp_mem", "0 0 0");
	sender = pair.end[0].tcp;
	before = sender->snd.end;
	written = pair_write(&pair, 0, 60000);
	ck_assert_uint_gt(written, 4096);
	ck_assert_uint_eq(sender->snd.end - before, written);
	pair_clear(&pair);
}
END_TEST

START_TEST(more_than_has_its_place_does_not_count)
{
	struct tcp_connection *sender;
	uint64_t before;
	struct iovec iov;

	setup(16);
	sender = pair.end[0].tcp;
	before = sender->snd.end;
	ck_assert_int_eq(tcp_send_space(sender, &iov, 1), 1);
	sysctl(0, "net.ipv4.tcp_mem", "0 0 0");
	tcp_send_commit(sender, iov.iov_len + 10, 0, pair.now_us);
	ck_assert_uint_eq(sender->snd.end - before, iov.iov_len);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_window", a_smaller_receive_buffer_takes_back_no_window,
	  with_tcp_shrink_window_it_is_taken_back,
	  a_window_opens_by_a_full_segment_or_not_at_all,
	  the_sender_waits_for_half_of_the_largest_window,
	  a_clamp_bounds_the_window, a_long_path_gets_a_large_buffer,
	  a_burst_that_is_early_by_the_clocks_grain_counts,
	  without_timestamps_the_window_measures_the_round_trip,
	  a_slow_reader_gets_no_larger_buffer,
	  a_buffer_that_the_program_set_stays, moderation_can_be_switched_off,
	  tcp_rmem_and_tcp_wmem_are_the_bounds,
	  under_pressure_buffers_do_not_grow,
	  pressure_ends_below_the_first_number,
	  a_full_memory_drops_what_is_out_of_order_and_goes_on,
	  a_full_memory_leaves_the_least_send_buffer,
	  bytes_whose_places_bring_pressure_count,
	  more_than_has_its_place_does_not_count)
