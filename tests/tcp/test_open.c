#include "unit.h"

#include <errno.h>
#include <string.h>

#include "pair.h"

static struct pair pair;
static const struct pair_network network = { .delay_us = 5 * MS };

START_TEST(syn_carries_linux_options_and_an_unscaled_window)
{
	struct tcp_output output;
	struct tcp_path path = { .mtu = 1500, .ip_header_len = 20 };
	struct pyt_sockaddr local = { .port = 1 }, peer = { .port = 2 };
	static const uint8_t options[] = { 2, 4, 5, 180, 4, 2, 8, 10 };

	pair_init(&pair, 1, &network);
	tcp_connect(pair.end[0].tcp, &local, &peer, &path, pair.now_us);
	ck_assert(
		tcp_output_next(pair.end[0].tcp, &path, &output, pair.now_us));
	ck_assert_uint_eq(output.header_len, 40);
	ck_assert_int_eq(memcmp(output.header + 20, options, 8), 0);
	ck_assert_uint_eq(output.header[36], 1);
	ck_assert_uint_eq(output.header[37], 3);
	ck_assert_uint_eq(output.header[14] << 8 | output.header[15], 64240);
	ck_assert(output.dont_fragment);
	ck_assert(
		!tcp_output_next(pair.end[0].tcp, &path, &output, pair.now_us));
	pair_clear(&pair);
}
END_TEST

START_TEST(handshake_agrees_on_mss_scale_sack_and_timestamps)
{
	pair_init(&pair, 2, &network);
	pair_connect(&pair);
	for (int i = 0; i < 2; i++) {
		struct tcp_connection *tcp = pair.end[i].tcp;

		ck_assert(tcp->sack_ok && tcp->ts_ok && tcp->wscale_ok);
		ck_assert_uint_eq(tcp->snd.wscale, 7);
		ck_assert_uint_eq(tcp->snd.mss, 1448);
		ck_assert_uint_eq(tcp->cc.cwnd, 14480);
		ck_assert_int_gt(tcp->rto.srtt_us, 9000);
	}
	pair_clear(&pair);
}
END_TEST

START_TEST(syn_is_tried_again_and_given_up_in_the_end)
{
	struct pair_network dead = { .loss_permille = 1000 };
	struct tcp_path path = { .mtu = 1500, .ip_header_len = 20 };
	struct pyt_sockaddr local = { .port = 1 }, peer = { .port = 2 };
	int64_t start_us;

	pair_init(&pair, 3, &dead);
	start_us = pair.now_us;
	tcp_connect(pair.end[0].tcp, &local, &peer, &path, pair.now_us);
	while (tcp_state(pair.end[0].tcp) == TCP_STATE_SYN_SENT)
		ck_assert(pair_step(&pair, start_us + 200 * SEC));
	ck_assert_int_eq(tcp_error(pair.end[0].tcp), ETIMEDOUT);
	ck_assert_uint_eq(pair.end[0].segments_out, 11); /* 4 of them linear */
	ck_assert_int_eq(pair.now_us - start_us, 131 * SEC);
	pair_clear(&pair);
}
END_TEST

START_TEST(refused_connection_reports_it)
{
	struct tcp_path path = { .mtu = 1500, .ip_header_len = 20 };
	struct pyt_sockaddr local = { .port = 1 }, peer = { .port = 2 };
	struct tcp_connection *tcp;
	struct tcp_header rst = { .flags = TCP_RST | TCP_ACK };

	pair_init(&pair, 4, &network);
	tcp = pair.end[0].tcp;
	tcp_connect(tcp, &local, &peer, &path, pair.now_us);
	pair_flush(&pair);
	rst.ack = tcp->snd.iss; /* not of our SYN */
	pair_inject(&pair, 0, &rst, NULL, 0);
	ck_assert_int_eq(tcp_state(tcp), TCP_STATE_SYN_SENT);
	rst.ack = tcp->snd.iss + 1;
	pair_inject(&pair, 0, &rst, NULL, 0);
	ck_assert_int_eq(tcp_state(tcp), TCP_STATE_CLOSED);
	ck_assert_int_eq(tcp_error(tcp), ECONNREFUSED);
	ck_assert_uint_eq(tcp_ready(tcp) & PYT_READY_ERROR, PYT_READY_ERROR);
	pair_clear(&pair);
}
END_TEST

START_TEST(both_sides_may_open_at_once)
{
	static const struct pyt_sockaddr a = { .port = 7 }, b = { .port = 8 };
	struct tcp_path path = { .mtu = 1500, .ip_header_len = 20 };
	uint64_t got = 0;

	pair_init(&pair, 5, &network);
	pair.end[1].tcp = tcp_create(pair.end[1].context, NULL);
	tcp_connect(pair.end[0].tcp, &a, &b, &path, pair.now_us);
	tcp_connect(pair.end[1].tcp, &b, &a, &path, pair.now_us);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_ESTABLISHED);
	ck_assert_int_eq(tcp_state(pair.end[1].tcp), TCP_STATE_ESTABLISHED);
	ck_assert_uint_eq(pair_write(&pair, 0, 100000), 100000);
	while (got < 100000) {
		ck_assert(pair_step(&pair, pair.now_us + 10 * SEC));
		pair_read(&pair, 1, &got);
	}
	pair_clear(&pair);
}
END_TEST

START_TEST(wrong_ack_in_syn_sent_is_answered_with_a_reset)
{
	struct tcp_path path = { .mtu = 1500, .ip_header_len = 20 };
	struct pyt_sockaddr local = { .port = 1 }, peer = { .port = 2 };
	struct tcp_header old = { .flags = TCP_ACK, .ack = 77 };

	pair_init(&pair, 6, &network);
	tcp_connect(pair.end[0].tcp, &local, &peer, &path, pair.now_us);
	pair_flush(&pair);
	pair_inject(&pair, 0, &old, NULL, 0);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_SYN_SENT);
	ck_assert_uint_eq(pair.last[0].flags, TCP_RST);
	ck_assert_uint_eq(pair.last[0].seq, 77);

	/* The peer has no old connection any more: soon again. */
	pair_run(&pair, pair.now_us + 2 * MS);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.last[0].flags, TCP_SYN);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_open", syn_carries_linux_options_and_an_unscaled_window,
	  handshake_agrees_on_mss_scale_sack_and_timestamps,
	  syn_is_tried_again_and_given_up_in_the_end,
	  refused_connection_reports_it, both_sides_may_open_at_once,
	  wrong_ack_in_syn_sent_is_answered_with_a_reset)
