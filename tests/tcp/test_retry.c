#include "recovery.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>

#include "tcp/tcp_retry.h"

static const struct pair_network dead = { .loss_permille = 1000 };

static int set_option(struct tcp_connection *tcp, int name, int value)
{
	return tcp_set_option(tcp, IPPROTO_TCP, name, &value, sizeof(value),
			      sender.pair.now_us);
}

static int get_option(struct tcp_connection *tcp, int name)
{
	int value;

	ck_assert_int_eq(tcp_get_option(tcp, IPPROTO_TCP, name, &value,
					sizeof(value), sender.pair.now_us),
			 sizeof(value));
	return value;
}

/* ------------------------------------------------------------------- SYN */

struct attempt {
	int64_t took_us;
	unsigned sent;
};

static struct attempt attempt(const char *retries, const char *linear,
			      int user_timeout_ms)
{
	struct tcp_path path = { .mtu = 1500, .ip_header_len = 20 };
	struct pyt_sockaddr local = { .port = 1 }, peer = { .port = 2 };
	struct pair *pair = &sender.pair;
	struct attempt result;
	int64_t start_us;

	pair_init(pair, 3, &dead);
	sender_set("net.ipv4.tcp_syn_retries", retries);
	sender_set("net.ipv4.tcp_syn_linear_timeouts", linear);
	start_us = pair->now_us;
	set_option(pair->end[0].tcp, TCP_USER_TIMEOUT, user_timeout_ms);
	tcp_connect(pair->end[0].tcp, &local, &peer, &path, pair->now_us);
	while (tcp_state(pair->end[0].tcp) == TCP_STATE_SYN_SENT)
		ck_assert(pair_step(pair, start_us + 300 * SEC));
	ck_assert_int_eq(tcp_error(pair->end[0].tcp), ETIMEDOUT);
	result.took_us = pair->now_us - start_us;
	result.sent = (unsigned)pair->end[0].segments_out;
	pair_clear(pair);
	return result;
}

/* What a kernel 6.18 does, by experiment. */
START_TEST(a_syn_is_given_up_when_linux_gives_it_up)
{
	static const struct {
		const char *retries, *linear;
		int user_timeout_ms, took_s;
		unsigned sent;
	} cases[] = {
		{ "6", "4", 0, 131, 11 }, { "1", "4", 0, 3, 3 },
		{ "2", "4", 0, 7, 6 },	  { "3", "4", 0, 19, 8 },
		{ "6", "0", 0, 127, 7 },  { "2", "0", 0, 7, 3 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct attempt a = attempt(cases[i].retries, cases[i].linear,
					   cases[i].user_timeout_ms);

		ck_assert_int_eq(a.took_us, cases[i].took_s * SEC);
		ck_assert_uint_eq(a.sent, cases[i].sent);
	}
}
END_TEST

START_TEST(a_user_timeout_ends_a_syn)
{
	ck_assert_int_eq(attempt("6", "4", 2500).took_us, 2500 * MS);
	/* The first timeout is waited for, as Linux does. */
	ck_assert_int_le(attempt("6", "4", 500).took_us, 1001 * MS);
}
END_TEST

/* ------------------------------------------------------------------ data */

static int64_t give_up_us(void)
{
	int64_t first_us;

	sender_write(1);
	sender_time_out();
	first_us = sender.pair.now_us;
	while (tcp_state(sender.tcp) != TCP_STATE_CLOSED)
		ck_assert(pair_step(&sender.pair, first_us + 2000 * SEC));
	return sender.pair.now_us - first_us;
}

START_TEST(data_is_given_up_after_the_time_that_retries2_stands_for)
{
	sender_start(0, 10);
	sender_set("net.ipv4.tcp_retries2", "3");
	/* 200 ms * (2^4 - 1), seen at the next timeout */
	ck_assert_int_ge(give_up_us(), 3000 * MS);
	ck_assert_int_eq(tcp_error(sender.tcp), ETIMEDOUT);
	sender_end();
}
END_TEST

START_TEST(fifteen_retries_are_fifteen_minutes)
{
	int64_t us;

	sender_start(0, 10);
	us = give_up_us();
	ck_assert_int_ge(us, 924600 * MS);
	ck_assert_int_le(us, 924600 * MS + 120 * SEC);
	sender_end();
}
END_TEST

START_TEST(no_reset_tells_what_nobody_hears)
{
	uint64_t before;

	sender_start(0, 10);
	sender_set("net.ipv4.tcp_retries2", "2");
	give_up_us();
	before = sender_counter(COUNTER_TCP_OUT_RSTS);
	pair_flush(&sender.pair);
	ck_assert_uint_eq(sender_counter(COUNTER_TCP_OUT_RSTS), before);
	ck_assert_uint_eq(before, 0);
	sender_end();
}
END_TEST

START_TEST(a_user_timeout_is_kept_to_the_microsecond)
{
	sender_start(0, 10);
	set_option(sender.tcp, TCP_USER_TIMEOUT, 5000);
	ck_assert_int_eq(give_up_us(), 5000 * MS);
	sender_end();
}
END_TEST

START_TEST(a_closed_socket_has_eight_retries)
{
	int64_t us;

	sender_start(0, 10);
	sender_write(1);
	tcp_close(sender.tcp, sender.pair.now_us);
	us = sender.pair.now_us;
	while (tcp_state(sender.tcp) != TCP_STATE_CLOSED)
		ck_assert(pair_step(&sender.pair, us + 2000 * SEC));
	us = sender.pair.now_us - us;
	ck_assert_int_ge(us, 102200 * MS); /* 200 ms * (2^9 - 1) */
	ck_assert_int_le(us, 250 * SEC);
	sender_end();
}
END_TEST

START_TEST(progress_begins_the_count_anew)
{
	sender_start(0, 10);
	sender_write(2);
	sender_time_out();
	ck_assert_uint_eq(sender.tcp->recovery.retransmits, 1);
	sender_echo_now();
	sender_ack(1);
	ck_assert_uint_eq(sender.tcp->recovery.retransmits, 0);
	ck_assert_int_eq(sender.tcp->recovery.first_retry_us, 0);
	sender_end();
}
END_TEST

/* Karn: without a sample the back-off stays. RFC 6298, 5. */
START_TEST(back_off_lasts_until_a_round_trip_is_measured)
{
	sender_start(SENDER_NO_TIMESTAMPS, 10);
	sender_set("net.ipv4.tcp_early_retrans", "0");
	sender_write(1);
	sender_time_out();
	sender_time_out();
	pair_flush(&sender.pair);
	ck_assert_uint_eq(sender.tcp->rto.back_off, 2);
	sender_ack(1);
	ck_assert_uint_eq(sender.tcp->rto.back_off, 2);
	sender_write(1);
	sender_run_us(40 * MS);
	sender_ack(2);
	ck_assert_uint_eq(sender.tcp->rto.back_off, 0);
	sender_end();
}
END_TEST

/* ----------------------------------------------------------- thin flows */

static int64_t gap_us(int timeouts)
{
	int64_t before_us = 0;

	for (int i = 0; i < timeouts; i++) {
		before_us = sender.pair.now_us;
		sender_time_out();
	}
	return sender.pair.now_us - before_us;
}

START_TEST(a_thin_flow_backs_off_after_six_timeouts)
{
	int64_t rto_us;

	sender_start(0, 10);
	set_option(sender.tcp, TCP_THIN_LINEAR_TIMEOUTS, 1);
	sender.tcp->cc.ssthresh = 20 * MSS;
	sender_set("net.ipv4.tcp_early_retrans", "0");
	sender_write(2);
	rto_us = gap_us(1);
	for (int i = 2; i <= 7; i++)
		ck_assert_int_eq(gap_us(1), rto_us);
	ck_assert_int_eq(gap_us(1), 2 * rto_us);
	sender_end();
}
END_TEST

START_TEST(four_segments_are_not_thin)
{
	int64_t rto_us;

	sender_start(0, 10);
	sender_set("net.ipv4.tcp_thin_linear_timeouts", "1");
	sender.tcp->cc.ssthresh = 20 * MSS;
	sender_set("net.ipv4.tcp_early_retrans", "0");
	sender_write(4);
	rto_us = gap_us(1);
	ck_assert_int_eq(gap_us(1), 2 * rto_us);
	sender_end();
}
END_TEST

/* --------------------------------------------------------------- bounds */

START_TEST(bounds_of_the_timeout_are_options)
{
	struct tcp_connection *a;

	sender_start(0, 10);
	a = sender.tcp;
	ck_assert_int_eq(get_option(a, TCP_RTO_MAX_MS), 120000);
	ck_assert_int_eq(get_option(a, TCP_RTO_MIN_US), 200000);
	ck_assert_int_eq(set_option(a, TCP_RTO_MAX_MS, 999), -EINVAL);
	ck_assert_int_eq(set_option(a, TCP_RTO_MAX_MS, 120001), -EINVAL);
	ck_assert_int_eq(set_option(a, TCP_RTO_MIN_US, 200001), -EINVAL);
	ck_assert_int_eq(set_option(a, TCP_RTO_MIN_US, 0), -EINVAL);
	ck_assert_int_eq(set_option(a, TCP_THIN_LINEAR_TIMEOUTS, 2), -EINVAL);
	ck_assert_int_eq(set_option(a, TCP_RTO_MAX_MS, 1000), 0);
	ck_assert_int_eq(get_option(a, TCP_RTO_MAX_MS), 1000);
	sender_write(1);
	gap_us(4);
	ck_assert_int_eq(gap_us(1), 1000 * MS);
	sender_end();
}
END_TEST

START_TEST(bounds_of_the_timeout_are_sysctls)
{
	struct pair *pair = &sender.pair;
	static const struct pair_network quick = { .delay_us = 500 };
	struct tcp_connection *a;

	pair_init(pair, 1, &quick);
	sender_set("net.ipv4.tcp_rto_min_us", "5000");
	sender_set("net.ipv4.tcp_rto_max_ms", "2000");
	pair_connect(pair);
	pair_transfer(pair, 0, 100000, SEC);
	a = pair->end[0].tcp;
	ck_assert_int_lt(a->rto.base_us, 50 * MS);
	ck_assert_int_ge(a->rto.base_us, 5 * MS);
	ck_assert_int_eq(a->rto.max_us, 2000 * MS);
	pair_clear(pair);
}
END_TEST

START_TEST(the_window_of_the_least_round_trip_is_a_sysctl)
{
	struct pair *pair = &sender.pair;
	struct pair_network quick = { .delay_us = 5 * MS };
	struct tcp_connection *a;

	pair_init(pair, 1, &quick);
	sender_set("net.ipv4.tcp_min_rtt_wlen", "2");
	pair_connect(pair);
	pair_transfer(pair, 0, 1000, SEC);
	pair->network.delay_us = 30 * MS; /* the path has become longer */
	pair_transfer(pair, 0, 1000, SEC);
	pair_run(pair, pair->now_us + SEC);
	a = pair->end[0].tcp;
	ck_assert_int_lt(a->rto.min_rtt_us, 20 * MS);
	pair_run(pair, pair->now_us + 2 * SEC);
	pair_transfer(pair, 0, 1000, SEC);
	pair_run(pair, pair->now_us + SEC);
	ck_assert_int_ge(a->rto.min_rtt_us, 60 * MS);
	pair_clear(pair);
}
END_TEST

UNIT_MAIN("tcp_retry", a_syn_is_given_up_when_linux_gives_it_up,
	  a_user_timeout_ends_a_syn,
	  data_is_given_up_after_the_time_that_retries2_stands_for,
	  fifteen_retries_are_fifteen_minutes, no_reset_tells_what_nobody_hears,
	  a_user_timeout_is_kept_to_the_microsecond,
	  a_closed_socket_has_eight_retries, progress_begins_the_count_anew,
	  back_off_lasts_until_a_round_trip_is_measured,
	  a_thin_flow_backs_off_after_six_timeouts, four_segments_are_not_thin,
	  bounds_of_the_timeout_are_options, bounds_of_the_timeout_are_sysctls,
	  the_window_of_the_least_round_trip_is_a_sysctl)
