#include "unit.h"

#include <errno.h>
#include <netinet/in.h>

#include "listener.h"
#include "tcp/tcp_fastopen_server.h"

static void open_fast(int queue)
{
	setup(8);
	set_sysctl("net.ipv4.tcp_fastopen", "3");
	ck_assert_int_eq(tcp_set_option(prototype, IPPROTO_TCP, TCP_FASTOPEN,
					&queue, sizeof(queue), pair.now_us),
			 0);
}

static struct tcp_segment syn_with_cookie(uint16_t port)
{
	struct tcp_segment syn = segment(port, TCP_SYN);

	tcp_fastopen_server_give(&pair.end[1].context->fastopen_keys, &syn.src,
				 &syn.dst, &syn.header);
	syn.payload = (const uint8_t *)"hello";
	syn.payload_len = 5;
	return syn;
}

/* What the connection itself sends. */
static bool speaks(struct tcp_connection *tcp, struct tcp_header *header)
{
	struct tcp_output out;
	struct reader r;

	if (!tcp_output_next(tcp, &path, &out, pair.now_us))
		return false;
	r = reader_init(out.header, out.header_len);
	ck_assert(tcp_header_parse(&r, header));
	return true;
}

static struct tcp_connection *child(uint16_t port)
{
	struct tcp_connection *tcp = input(syn_with_cookie(port));

	ck_assert_ptr_nonnull(tcp);
	return tcp;
}

START_TEST(good_cookie_makes_a_connection_of_the_syn)
{
	struct tcp_connection *tcp;
	struct tcp_header syn_ack;

	open_fast(5);
	tcp = child(1);
	ck_assert(tcp_ready(tcp) & PYT_READY_READ);
	ck_assert_ptr_eq(tcp_listener_accept(listener), tcp);
	ck_assert(speaks(tcp, &syn_ack));
	ck_assert_uint_eq(syn_ack.flags, TCP_SYN | TCP_ACK);
	ck_assert_uint_eq(syn_ack.ack, 5); /* irs is 2^32 - 1 */
	ck_assert(!syn_ack.has_fastopen);
	ck_assert(!speaks(tcp, &syn_ack));
	tcp_destroy(tcp);
	teardown();
}
END_TEST

START_TEST(wish_for_a_cookie_is_answered_with_one)
{
	struct tcp_segment syn = segment(1, TCP_SYN);
	struct tcp_header syn_ack;

	open_fast(5);
	syn.header.has_fastopen = true;
	ck_assert_ptr_null(input(syn));
	ck_assert(output(&syn_ack));
	ck_assert_uint_eq(syn_ack.fastopen_len, TCP_FASTOPEN_COOKIE_LEN);
	syn = syn_with_cookie(1);
	ck_assert_mem_eq(syn.header.fastopen, syn_ack.fastopen,
			 TCP_FASTOPEN_COOKIE_LEN);
	teardown();
}
END_TEST

START_TEST(wrong_cookie_is_answered_with_a_right_one_and_no_data_is_taken)
{
	struct tcp_header syn_ack;
	struct tcp_segment syn;

	open_fast(5);
	syn = syn_with_cookie(1);
	syn.header.fastopen[0] ^= 1;
	ck_assert_ptr_null(input(syn));
	ck_assert(output(&syn_ack));
	ck_assert_uint_eq(syn_ack.fastopen_len, TCP_FASTOPEN_COOKIE_LEN);
	ck_assert_uint_eq(syn_ack.ack, 0);
	ck_assert_uint_eq(counted(COUNTER_TCP_TFO_PASSIVE_FAIL), 1);
	teardown();
}
END_TEST

START_TEST(cookie_of_another_host_is_wrong)
{
	struct tcp_segment syn;

	open_fast(5);
	syn = syn_with_cookie(1);
	syn.src.bytes[15] = 99;
	ck_assert_ptr_null(input(syn));
	teardown();
}
END_TEST

START_TEST(nothing_is_given_where_it_was_not_asked_for)
{
	struct tcp_header syn_ack;
	struct tcp_segment syn;

	open_fast(0);
	syn = syn_with_cookie(1);
	ck_assert_ptr_null(input(syn));
	ck_assert(output(&syn_ack));
	ck_assert(!syn_ack.has_fastopen);
	teardown();
}
END_TEST

START_TEST(repeated_syn_gets_the_syn_ack_again_and_no_second_copy)
{
	struct tcp_segment syn;
	struct tcp_connection *tcp;
	struct tcp_header header;

	open_fast(5);
	tcp = child(1);
	ck_assert(speaks(tcp, &header));
	syn = syn_with_cookie(1);
	tcp_input(tcp, &syn, pair.now_us);
	ck_assert(speaks(tcp, &header));
	ck_assert_uint_eq(header.flags, TCP_SYN | TCP_ACK);
	ck_assert_uint_eq(header.ack, 5);
	ck_assert_uint_eq(tcp_receive_queued(tcp), 5);
	teardown();
}
END_TEST

START_TEST(pending_connections_are_bounded)
{
	struct tcp_header syn_ack;

	open_fast(3);
	for (uint16_t port = 1; port <= 3; port++)
		child(port);
	ck_assert_ptr_null(input(syn_with_cookie(4)));
	ck_assert_uint_eq(counted(COUNTER_TCP_TFO_OVERFLOW), 1);
	ck_assert(output(&syn_ack)); /* the ordinary way */
	ck_assert_uint_eq(syn_ack.ack, 0);
	teardown();
}
END_TEST

START_TEST(those_that_were_reset_count_for_a_minute_more)
{
	struct tcp_segment rst = segment(1, TCP_RST);
	struct tcp_connection *tcp;

	open_fast(1);
	tcp = child(1);
	rst.header.seq = 5;
	tcp_input(tcp, &rst, pair.now_us);
	ck_assert_int_eq(tcp->state, TCP_STATE_CLOSED);
	ck_assert_ptr_null(input(syn_with_cookie(2)));
	pair.now_us += 60 * SEC - 1;
	ck_assert_ptr_null(input(syn_with_cookie(3)));
	pair.now_us += 1;
	ck_assert_ptr_nonnull(input(syn_with_cookie(4)));
	teardown();
}
END_TEST

START_TEST(syn_ack_is_sent_again_until_it_is_given_up)
{
	struct tcp_connection *tcp;
	struct tcp_header header;
	int count = 0;

	open_fast(5);
	tcp = child(1);
	while (tcp->state != TCP_STATE_CLOSED) {
		while (speaks(tcp, &header))
			count += !!(header.flags & TCP_SYN);
		pair.now_us = tcp_next_deadline(tcp);
		tcp_run_timers(tcp, pair.now_us);
	}
	ck_assert_int_eq(count, 6);
	ck_assert_uint_eq(listener->fastopen.pending_count, 0);
	teardown();
}
END_TEST

START_TEST(cookies_of_syn_floods_come_first)
{
	struct tcp_header syn_ack;

	open_fast(5);
	set_sysctl("net.ipv4.tcp_syncookies", "2");
	ck_assert_ptr_null(input(syn_with_cookie(1)));
	ck_assert(output(&syn_ack));
	ck_assert(!syn_ack.has_fastopen);
	teardown();
}
END_TEST

START_TEST(every_listener_can_be_told_to_by_sysctl)
{
	int queue = 0;

	setup(8);
	set_sysctl("net.ipv4.tcp_fastopen", "1027");
	tcp_listener_destroy(listener, destroy, NULL, pair.now_us);
	listener = tcp_listen(pair.end[1].context, prototype, 8);
	tcp_get_option(prototype, IPPROTO_TCP, TCP_FASTOPEN, &queue,
		       sizeof(queue), pair.now_us);
	ck_assert_int_eq(queue, 8);
	child(1);
	teardown();
}
END_TEST

START_TEST(listener_may_have_keys_of_its_own)
{
	uint8_t keys[32] = { 1, [16] = 2 }, got[32];
	struct tcp_segment syn;

	open_fast(5);
	syn = syn_with_cookie(1);
	ck_assert_int_eq(tcp_set_option(prototype, IPPROTO_TCP,
					TCP_FASTOPEN_KEY, keys, 15,
					pair.now_us),
			 -EINVAL);
	ck_assert_int_eq(tcp_set_option(prototype, IPPROTO_TCP,
					TCP_FASTOPEN_KEY, keys, 32,
					pair.now_us),
			 0);
	ck_assert_int_eq(tcp_get_option(prototype, IPPROTO_TCP,
					TCP_FASTOPEN_KEY, got, sizeof(got),
					pair.now_us),
			 32);
	ck_assert_mem_eq(keys, got, sizeof(got));
	ck_assert_ptr_null(input(syn));
	teardown();
}
END_TEST

START_TEST(keys_are_read_and_shown_as_linux_does)
{
	static const char text[] = "a67d0884-083ef79b-71497cd9-9bcf0e88";
	struct tcp_fastopen_keys keys;
	char shown[TCP_FASTOPEN_KEYS_TEXT_MAX];

	ck_assert(tcp_fastopen_keys_parse(&keys, text));
	tcp_fastopen_keys_format(&keys, shown);
	ck_assert_str_eq(shown, text);
	ck_assert(!tcp_fastopen_keys_parse(&keys, "a67d0884-083ef79b"));
	ck_assert(!tcp_fastopen_keys_parse(&keys, "1-2-3-4,"));
	ck_assert(!tcp_fastopen_keys_parse(&keys, "1-2-3-x"));
	ck_assert(!tcp_fastopen_keys_parse(&keys, "1-2-3-4 5"));
	ck_assert(tcp_fastopen_keys_parse(&keys, "1-2-3-4,5-6-7-8\n"));
	ck_assert_int_eq(keys.count, 2);
}
END_TEST

/* Linux 6.18 gave 127.0.0.1 this cookie for itself under this key. */
START_TEST(cookies_are_those_of_linux)
{
	static const uint8_t expected[] = { 0xc5, 0xac, 0x59, 0xa5,
					    0xfe, 0x2b, 0xd6, 0x5b };
	struct pyt_ip ip = pyt_ip_from_v4(0x7f000001);
	uint8_t cookie[TCP_FASTOPEN_COOKIE_LEN];
	struct tcp_fastopen_keys keys;

	ck_assert(tcp_fastopen_keys_parse(
		&keys, "a67d0884-083ef79b-71497cd9-9bcf0e88"));
	tcp_fastopen_cookie_make(&keys, &ip, &ip, cookie);
	ck_assert_mem_eq(cookie, expected, sizeof(expected));
}
END_TEST

UNIT_MAIN("tcp_fastopen_server", good_cookie_makes_a_connection_of_the_syn,
	  wish_for_a_cookie_is_answered_with_one,
	  wrong_cookie_is_answered_with_a_right_one_and_no_data_is_taken,
	  cookie_of_another_host_is_wrong,
	  nothing_is_given_where_it_was_not_asked_for,
	  repeated_syn_gets_the_syn_ack_again_and_no_second_copy,
	  pending_connections_are_bounded,
	  those_that_were_reset_count_for_a_minute_more,
	  syn_ack_is_sent_again_until_it_is_given_up,
	  cookies_of_syn_floods_come_first,
	  every_listener_can_be_told_to_by_sysctl,
	  listener_may_have_keys_of_its_own,
	  keys_are_read_and_shown_as_linux_does, cookies_are_those_of_linux)
