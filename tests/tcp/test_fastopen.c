#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>

#include "pair.h"
#include "tcp/tcp_fastopen.h"
#include "tcp/tcp_fastopen_server.h"

#define DATA 100

static struct pair pair;
static struct tcp_connection *prototype;
static struct tcp_header syn; /* the last one */
static uint32_t syn_len;
static int syns;
static bool strips; /* a middlebox drops SYNs with data */

static bool watch(struct pair *p, int from, struct tcp_header *header,
		  uint32_t payload_len)
{
	(void)p;
	if (from == 0 && (header->flags & TCP_SYN)) {
		syn = *header;
		syn_len = payload_len;
		syns++;
		return !(strips && payload_len);
	}
	return true;
}

static void set(int end, const char *name, const char *value)
{
	ck_assert_int_eq(tcp_sysctl_set(pair.end[end].context, name, value), 0);
}

static uint64_t counted(int end, enum counter counter)
{
	return pair.end[end].engine.counters.value[counter];
}

static int set_number(struct tcp_connection *tcp, int name, int number)
{
	return tcp_set_option(tcp, IPPROTO_TCP, name, &number, sizeof(number),
			      pair.now_us);
}

static void set_up(void)
{
	static const struct pair_network network = { .delay_us = 5 * MS };

	pair_init(&pair, 1, &network);
	pair.filter = watch;
	syns = 0;
	strips = false;
	set(0, "net.ipv4.tcp_fastopen", "3");
	set(1, "net.ipv4.tcp_fastopen", "3");
	prototype = tcp_create(pair.end[1].context, NULL);
	pair.end[1].engine.log_context = prototype; /* pair.c frees it */
	ck_assert_int_eq(set_number(prototype, TCP_FASTOPEN, 4), 0);
	pair.end[1].listener = tcp_listen(pair.end[1].context, prototype, 8);
}

static void tear_down(void)
{
	pair_clear(&pair);
}

/* A new connection from the same host; what connect(2) said. */
static int dial(void)
{
	static const struct pyt_sockaddr from = {
		.ip.bytes = { [10] = 0xff, 0xff, 10, 0, 0, 1 }, .port = 40000
	};
	static const struct pyt_sockaddr to = {
		.ip.bytes = { [10] = 0xff, 0xff, 10, 0, 0, 2 }, .port = 80
	};
	struct tcp_path path = { .mtu = 1500, .ip_header_len = 20 };

	tcp_destroy(pair.end[0].tcp);
	tcp_destroy(pair.end[1].tcp);
	pair.end[1].tcp = NULL;
	pair.end[0].tcp = tcp_create(pair.end[0].context, NULL);
	ck_assert_int_eq(tcp_fastopen_want(pair.end[0].tcp), 0);
	return tcp_connect(pair.end[0].tcp, &from, &to, &path, pair.now_us);
}

/* The first connection, which fetches a cookie. */
static void learn(void)
{
	ck_assert_int_eq(dial(), -EINPROGRESS);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_int_eq(pair.end[0].tcp->state, TCP_STATE_ESTABLISHED);
}

static void assert_delivered(size_t len)
{
	uint64_t offset = 0;

	ck_assert_uint_eq(pair_read(&pair, 1, &offset), len);
}

START_TEST(first_connection_asks_for_a_cookie)
{
	learn();
	ck_assert(syn.has_fastopen);
	ck_assert_uint_eq(syn.fastopen_len, 0);
	ck_assert_uint_eq(syn_len, 0);
	ck_assert_uint_eq(counted(1, COUNTER_TCP_TFO_COOKIE_REQD), 1);
	ck_assert_uint_eq(pair.end[0].context->fastopen_cache.count, 1);
}
END_TEST

START_TEST(second_connection_sends_its_data_in_the_syn)
{
	int64_t start_us;

	learn();
	ck_assert_int_eq(dial(), 0);
	syns = 0;
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_int_eq(syns, 0); /* it waits for data */
	start_us = pair.now_us;
	ck_assert_uint_eq(pair_write(&pair, 0, DATA), DATA);
	pair_run(&pair, start_us + 6 * MS); /* half a round trip and a bit */
	ck_assert_uint_eq(syn_len, DATA);
	ck_assert_uint_eq(syn.fastopen_len, TCP_FASTOPEN_COOKIE_LEN);
	ck_assert_int_eq(pair.end[1].tcp->state, TCP_STATE_SYN_RECEIVED);
	assert_delivered(DATA);
	pair_run(&pair, start_us + SEC);
	ck_assert_int_eq(pair.end[1].tcp->state, TCP_STATE_ESTABLISHED);
	ck_assert(pair.end[0].tcp->fastopen.data_acked);
	ck_assert_uint_eq(counted(0, COUNTER_TCP_TFO_ACTIVE), 1);
	ck_assert_uint_eq(counted(1, COUNTER_TCP_TFO_PASSIVE), 1);
	ck_assert_uint_eq(pair.end[1].listener->fastopen.pending_count, 0);
	ck_assert_uint_eq(tcp_send_queued(pair.end[0].tcp), 0);
}
END_TEST

START_TEST(answer_leaves_before_the_handshake_is_over)
{
	uint64_t offset = 0;
	int64_t start_us;

	learn();
	dial();
	start_us = pair.now_us;
	pair_write(&pair, 0, DATA);
	pair_run(&pair, start_us + 6 * MS);
	ck_assert_uint_eq(pair_write(&pair, 1, 5000), 5000);
	pair_run(&pair, start_us + 12 * MS); /* one round trip in all */
	ck_assert_uint_eq(pair_read(&pair, 0, &offset), 5000);
	pair_run(&pair, start_us + SEC);
	ck_assert_uint_eq(tcp_send_queued(pair.end[1].tcp), 0);
	ck_assert_uint_eq(pair.end[1].tcp->statistics.total_retransmissions, 0);
}
END_TEST

START_TEST(what_does_not_fit_the_syn_follows_it)
{
	uint64_t offset = 0;

	learn();
	dial();
	ck_assert_uint_eq(pair_write(&pair, 0, 10000), 10000);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_eq(syn_len, 1460 - 40);
	ck_assert_uint_eq(pair_read(&pair, 1, &offset), 10000);
}
END_TEST

START_TEST(cached_mss_bounds_the_syn)
{
	learn();
	TAILQ_FIRST(&pair.end[0].context->fastopen_cache.used)->mss = 600;
	dial();
	pair_write(&pair, 0, 10000);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_eq(syn_len, 560);
}
END_TEST

START_TEST(refused_cookie_costs_a_round_trip_and_brings_a_good_one)
{
	learn();
	set(1, "net.ipv4.tcp_fastopen_key",
	    "00000001-00000002-00000003-00000004");
	dial();
	pair_write(&pair, 0, DATA);
	pair_run(&pair, pair.now_us + SEC);
	assert_delivered(DATA);
	ck_assert(!pair.end[0].tcp->fastopen.data_acked);
	ck_assert_uint_eq(counted(0, COUNTER_TCP_TFO_ACTIVE_FAIL), 1);
	ck_assert_uint_eq(counted(1, COUNTER_TCP_TFO_PASSIVE_FAIL), 1);
	dial();
	pair_write(&pair, 0, DATA);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert(pair.end[0].tcp->fastopen.data_acked);
}
END_TEST

START_TEST(old_key_is_taken_and_the_new_cookie_given)
{
	static const char key[] = "0000000a-0000000b-0000000c-0000000d";
	uint8_t old[TCP_FASTOPEN_COOKIE_LEN];
	struct tcp_fastopen_entry *entry;
	char both[100];

	set(1, "net.ipv4.tcp_fastopen_key", key);
	learn();
	entry = TAILQ_FIRST(&pair.end[0].context->fastopen_cache.used);
	memcpy(old, entry->cookie, sizeof(old));
	snprintf(both, sizeof(both), "1-2-3-4,%s", key);
	set(1, "net.ipv4.tcp_fastopen_key", both);
	dial();
	pair_write(&pair, 0, DATA);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert(pair.end[0].tcp->fastopen.data_acked);
	ck_assert_uint_eq(counted(1, COUNTER_TCP_TFO_ALT_KEY), 1);
	ck_assert_int_ne(memcmp(entry->cookie, old, sizeof(old)), 0);
	dial();
	pair_write(&pair, 0, DATA);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_eq(counted(1, COUNTER_TCP_TFO_PASSIVE), 2);
	ck_assert_uint_eq(counted(1, COUNTER_TCP_TFO_ALT_KEY), 1);
}
END_TEST

START_TEST(syn_that_is_sent_again_is_bare)
{
	learn();
	dial();
	syns = 0;
	strips = true;
	pair_write(&pair, 0, DATA);
	pair_run(&pair, pair.now_us + 10 * SEC);
	ck_assert_int_eq(syns, 2);
	ck_assert(!syn.has_fastopen);
	ck_assert_uint_eq(syn_len, 0);
	assert_delivered(DATA);
}
END_TEST

START_TEST(data_is_delivered_once_when_the_syn_ack_is_lost)
{
	learn();
	dial();
	pair_write(&pair, 0, DATA);
	pair_run(&pair, pair.now_us + 6 * MS);
	assert_delivered(DATA);
	while (!TAILQ_EMPTY(&pair.packets)) { /* the SYN-ACK */
		struct pair_packet *lost = TAILQ_FIRST(&pair.packets);

		TAILQ_REMOVE(&pair.packets, lost, link);
		free(lost);
	}
	pair_run(&pair, pair.now_us + 10 * SEC);
	ck_assert_int_eq(pair.end[1].tcp->state, TCP_STATE_ESTABLISHED);
	ck_assert(pair.end[0].tcp->fastopen.data_acked);
	ck_assert_uint_eq(pair.end[1].tcp->rcv.nxt - SEQ_DATA, DATA);
	ck_assert_uint_eq(tcp_receive_queued(pair.end[1].tcp), 0);
}
END_TEST

START_TEST(after_two_losses_in_a_row_it_is_not_tried_for_a_while)
{
	learn();
	strips = true;
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(dial(), 0);
		pair_write(&pair, 0, DATA);
		pair_run(&pair, pair.now_us + 10 * SEC);
	}
	ck_assert_int_eq(dial(), -EINPROGRESS);
	pair.now_us += 4 * 60 * SEC;
	ck_assert_int_eq(dial(), 0);
}
END_TEST

START_TEST(third_timeout_pauses_it_for_every_server)
{
	set(0, "net.ipv4.tcp_fastopen_blackhole_timeout_sec", "60");
	learn();
	dial();
	pair_write(&pair, 0, DATA);
	pair.network.loss_permille = 1000;
	pair_run(&pair, pair.now_us + 8 * SEC); /* timeouts at 1, 2, 3 s */
	ck_assert_uint_eq(counted(0, COUNTER_TCP_TFO_BLACKHOLE), 1);
	ck_assert_int_eq(dial(), -EINPROGRESS);
	pair.now_us += 60 * SEC;
	ck_assert_int_eq(dial(), 0);
}
END_TEST

START_TEST(without_cookies_it_is_tried_at_once)
{
	ck_assert_int_eq(set_number(prototype, TCP_FASTOPEN_NO_COOKIE, 1), 0);
	set(0, "net.ipv4.tcp_fastopen", "5");
	ck_assert_int_eq(dial(), 0);
	pair_write(&pair, 0, DATA);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert(!syn.has_fastopen);
	ck_assert(pair.end[0].tcp->fastopen.data_acked);
	assert_delivered(DATA);
}
END_TEST

START_TEST(client_and_server_can_be_turned_off)
{
	set(1, "net.ipv4.tcp_fastopen", "1");
	learn();
	ck_assert_int_eq(dial(), -EINPROGRESS); /* no cookie came */
	set(0, "net.ipv4.tcp_fastopen", "2");
	ck_assert_int_eq(tcp_fastopen_want(pair.end[0].tcp), -EOPNOTSUPP);
	ck_assert_int_eq(set_number(pair.end[0].tcp, TCP_FASTOPEN_CONNECT, 1),
			 -EOPNOTSUPP);
}
END_TEST

START_TEST(reset_of_the_child_is_an_error_of_its_own)
{
	struct tcp_header rst;

	learn();
	dial();
	pair_write(&pair, 0, DATA);
	pair_run(&pair, pair.now_us + 6 * MS);
	rst = pair_next_header(&pair, 1);
	rst.flags = TCP_RST;
	pair_inject(&pair, 1, &rst, NULL, 0);
	ck_assert_int_eq(pair.end[1].tcp->state, TCP_STATE_CLOSED);
	ck_assert_int_eq(tcp_error(pair.end[1].tcp), ECONNRESET);
	ck_assert_uint_eq(pair.end[1].listener->fastopen.pending_count, 0);
	ck_assert_uint_eq(pair.end[1].listener->fastopen.reset_count, 1);
}
END_TEST

START_TEST(listener_may_go_before_the_handshake_is_over)
{
	learn();
	dial();
	pair_write(&pair, 0, DATA);
	pair_run(&pair, pair.now_us + 6 * MS);
	tcp_listener_destroy(pair.end[1].listener, NULL, NULL, pair.now_us);
	pair.end[1].listener = NULL;
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_int_eq(pair.end[1].tcp->state, TCP_STATE_ESTABLISHED);
	assert_delivered(DATA);
}
END_TEST

START_TEST(cache_is_bounded_and_forgets_the_oldest)
{
	struct tcp_fastopen_cache *cache = &pair.end[0].context->fastopen_cache;
	struct pyt_ip local = pyt_ip_from_v4(1), server;

	for (uint32_t i = 0; i < TCP_FASTOPEN_CACHE_MAX + 10; i++) {
		server = pyt_ip_from_v4(i);
		ck_assert_ptr_nonnull(
			tcp_fastopen_cache_get(cache, &local, &server));
	}
	ck_assert_uint_eq(cache->count, TCP_FASTOPEN_CACHE_MAX);
	server = pyt_ip_from_v4(9);
	ck_assert_ptr_null(tcp_fastopen_cache_find(cache, &local, &server));
	server = pyt_ip_from_v4(10);
	ck_assert_ptr_nonnull(tcp_fastopen_cache_find(cache, &local, &server));
}
END_TEST

START_TEST(connect_option_defers_like_the_flag)
{
	static const struct pyt_sockaddr from = {
		.ip.bytes = { [10] = 0xff, 0xff, 10, 0, 0, 1 }, .port = 40000
	};
	struct tcp_connection *tcp;
	struct tcp_path path = { .mtu = 1500, .ip_header_len = 20 };

	learn();
	tcp = tcp_create(pair.end[0].context, NULL);
	ck_assert_int_eq(set_number(tcp, TCP_FASTOPEN_CONNECT, 2), -EINVAL);
	ck_assert_int_eq(set_number(tcp, TCP_FASTOPEN_CONNECT, 1), 0);
	ck_assert_int_eq(tcp_connect(tcp, &from, &pair.end[0].tcp->peer, &path,
				     pair.now_us),
			 0);
	ck_assert(tcp_ready(tcp) & PYT_READY_WRITE);
	ck_assert(!tcp_wants_output(tcp, pair.now_us));
	tcp_destroy(tcp);
}
END_TEST

START_TEST(the_new_cookie_is_of_the_listener_s_own_key)
{
	static const uint8_t old[16] = { 1 }, keys[32] = { 2, [16] = 1 };

	ck_assert_int_eq(tcp_set_option(prototype, IPPROTO_TCP,
					TCP_FASTOPEN_KEY, old, sizeof(old),
					pair.now_us),
			 0);
	learn();
	ck_assert_int_eq(tcp_set_option(prototype, IPPROTO_TCP,
					TCP_FASTOPEN_KEY, keys, sizeof(keys),
					pair.now_us),
			 0);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(dial(), 0);
		pair_write(&pair, 0, DATA);
		pair_run(&pair, pair.now_us + SEC);
		ck_assert_uint_eq(counted(1, COUNTER_TCP_TFO_ALT_KEY), 1);
		ck_assert_uint_eq(counted(1, COUNTER_TCP_TFO_PASSIVE), i + 1);
	}
}
END_TEST

START_TEST(a_syn_that_crosses_ends_the_wait_for_data)
{
	struct tcp_header header = { .src_port = 80,
				     .dst_port = 40000,
				     .seq = 7,
				     .flags = TCP_SYN,
				     .window = 1000,
				     .mss = 1460 };
	struct tcp_connection *tcp;

	learn();
	ck_assert_int_eq(dial(), 0);
	tcp = pair.end[0].tcp;
	tcp_listener_destroy(pair.end[1].listener, NULL, NULL, pair.now_us);
	pair.end[1].listener = NULL;
	pair_inject(&pair, 0, &header, NULL, 0);
	ck_assert_int_eq(tcp->state, TCP_STATE_SYN_RECEIVED);
	header.flags = TCP_ACK;
	header.seq++;
	header.ack = tcp->snd.iss + 1;
	pair_inject(&pair, 0, &header, NULL, 0);
	ck_assert_int_eq(tcp->state, TCP_STATE_ESTABLISHED);
	syns = 0;
	pair_write(&pair, 0, DATA);
	pair_flush(&pair);
	ck_assert_int_eq(syns, 0);
}
END_TEST

START_TEST(a_fresh_attempt_has_the_keys_of_the_old_one)
{
	static const uint8_t key[16] = { 1, 2, 3 };
	uint8_t got[16] = { 0 };
	struct tcp_connection *fresh;

	ck_assert_int_eq(tcp_set_option(prototype, IPPROTO_TCP,
					TCP_FASTOPEN_KEY, key, sizeof(key),
					pair.now_us),
			 0);
	fresh = tcp_create_like(prototype);
	ck_assert_ptr_nonnull(fresh);
	ck_assert_int_eq(tcp_get_option(fresh, IPPROTO_TCP, TCP_FASTOPEN_KEY,
					got, sizeof(got), pair.now_us),
			 sizeof(got));
	ck_assert_mem_eq(got, key, sizeof(key));
	tcp_destroy(fresh);
}
END_TEST

START_TEST(a_child_may_change_its_control_at_once)
{
	learn();
	ck_assert_int_eq(dial(), 0);
	pair_write(&pair, 0, DATA);
	pair_run(&pair, pair.now_us + 6 * MS);
	ck_assert_ptr_nonnull(pair.end[1].tcp);
	ck_assert_int_eq(pair.end[1].tcp->state, TCP_STATE_SYN_RECEIVED);
	ck_assert_int_eq(tcp_set_option(pair.end[1].tcp, IPPROTO_TCP,
					TCP_CONGESTION, "reno", 4, pair.now_us),
			 0);
	ck_assert_str_eq(pair.end[1].tcp->cc.ops->name, "reno");
}
END_TEST

UNIT_MAIN_WITH("tcp_fastopen", set_up, tear_down,
	       first_connection_asks_for_a_cookie,
	       second_connection_sends_its_data_in_the_syn,
	       answer_leaves_before_the_handshake_is_over,
	       what_does_not_fit_the_syn_follows_it, cached_mss_bounds_the_syn,
	       refused_cookie_costs_a_round_trip_and_brings_a_good_one,
	       old_key_is_taken_and_the_new_cookie_given,
	       syn_that_is_sent_again_is_bare,
	       data_is_delivered_once_when_the_syn_ack_is_lost,
	       after_two_losses_in_a_row_it_is_not_tried_for_a_while,
	       third_timeout_pauses_it_for_every_server,
	       without_cookies_it_is_tried_at_once,
	       client_and_server_can_be_turned_off,
	       reset_of_the_child_is_an_error_of_its_own,
	       listener_may_go_before_the_handshake_is_over,
	       cache_is_bounded_and_forgets_the_oldest,
	       connect_option_defers_like_the_flag,
	       the_new_cookie_is_of_the_listener_s_own_key,
	       a_syn_that_crosses_ends_the_wait_for_data,
	       a_fresh_attempt_has_the_keys_of_the_old_one,
	       a_child_may_change_its_control_at_once)
