/* Closed windows, silent peers: who waits, for how long, who gives up. */
#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "pair.h"

static struct pair pair;
static struct tcp_connection *a;
static const struct pair_network network = { .delay_us = 5 * MS };

static void setup(uint64_t seed)
{
	pair_init(&pair, seed, &network);
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
	a = pair.end[0].tcp;
}

static void set(int level, int name, int value)
{
	ck_assert_int_eq(tcp_set_option(a, level, name, &value, sizeof(value),
					pair.now_us),
			 0);
}

/* The peer's program reads nothing until its window is shut. */
static void close_window(void)
{
	while (a->snd.edge != a->snd.nxt || tcp_send_queued(a) == 0) {
		pair_write(&pair, 0, 65536);
		pair_run(&pair, pair.now_us + 20 * MS);
	}
}

static int64_t time_of_death_us(int64_t limit_us)
{
	int64_t start_us = pair.now_us;

	while (tcp_state(a) != TCP_STATE_CLOSED)
		ck_assert(pair_step(&pair, start_us + limit_us));
	return pair.now_us - start_us;
}

START_TEST(probes_of_a_closed_window_back_off)
{
	int64_t last_us = 0, gap_us = 0;
	uint64_t before;

	setup(1);
	close_window();
	for (int i = 0; i < 12; i++) {
		before = pair.end[0].segments_out;
		while (pair.end[0].segments_out == before)
			ck_assert(pair_step(&pair, pair.now_us + 121 * SEC));
		if (i > 1)
			ck_assert_int_ge(pair.now_us - last_us, gap_us);
		if (i)
			gap_us = pair.now_us - last_us - 20 * MS;
		last_us = pair.now_us;
		ck_assert_int_le(gap_us, 120 * SEC);
	}
	ck_assert_int_ge(gap_us, 119 * SEC);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_probe_carries_an_old_number_and_no_data)
{
	uint64_t before;

	setup(2);
	close_window();
	before = pair.end[0].segments_out;
	while (pair.end[0].segments_out == before)
		ck_assert(pair_step(&pair, pair.now_us + SEC));
	ck_assert_uint_eq(pair.last[0].seq,
			  seq_to_wire(a->snd.iss, a->snd.una - 1));
	ck_assert_uint_eq(a->snd.nxt, a->snd.una);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_peer_that_answers_with_zero_may_do_so_for_ever)
{
	setup(3);
	close_window();
	pair_run(&pair, pair.now_us + 24 * 3600 * SEC);
	ck_assert_int_eq(tcp_state(a), TCP_STATE_ESTABLISHED);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_user_timeout_ends_what_answers_with_zero)
{
	setup(4);
	close_window();
	set(IPPROTO_TCP, TCP_USER_TIMEOUT, 5000);
	ck_assert_int_le(time_of_death_us(10 * SEC), 6 * SEC);
	ck_assert_int_eq(tcp_error(a), ETIMEDOUT);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_silent_peer_behind_a_closed_window_is_given_up)
{
	setup(5);
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_retries2", "5");
	close_window();
	pair.network.loss_permille = 1000;
	ck_assert_int_le(time_of_death_us(60 * SEC), 20 * SEC);
	ck_assert_int_eq(tcp_error(a), ETIMEDOUT);
	pair_clear(&pair);
}
END_TEST

START_TEST(nobody_waits_for_ever_behind_a_program_that_has_closed)
{
	setup(6);
	close_window();
	tcp_close(a, pair.now_us);
	ck_assert_int_eq(tcp_state(a), TCP_STATE_FIN_WAIT_1);
	ck_assert_int_le(time_of_death_us(3600 * SEC), 900 * SEC);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_program_may_abort_behind_a_closed_window)
{
	setup(7);
	close_window();
	tcp_abort(a, pair.now_us);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.last[0].flags, TCP_RST | TCP_ACK);
	pair_run(&pair, pair.now_us + 10 * MS);
	ck_assert_int_eq(tcp_state(pair.end[1].tcp), TCP_STATE_CLOSED);
	pair_clear(&pair);
}
END_TEST

START_TEST(an_opened_window_is_used_at_once)
{
	uint64_t got = 0;

	setup(8);
	close_window();
	pair_run(&pair, pair.now_us + 100 * SEC);
	while (got < 60000)
		pair_read(&pair, 1, &got);
	pair_flush(&pair);
	pair_run(&pair, pair.now_us + 11 * MS);
	ck_assert_uint_gt(tcp_receive_queued(pair.end[1].tcp), 0);
	pair_clear(&pair);
}
END_TEST

/* ------------------------------------------------------------ keep-alive */

static void keep_alive(int idle_s, int interval_s, int count)
{
	set(IPPROTO_TCP, TCP_KEEPIDLE, idle_s);
	set(IPPROTO_TCP, TCP_KEEPINTVL, interval_s);
	set(IPPROTO_TCP, TCP_KEEPCNT, count);
	set(SOL_SOCKET, SO_KEEPALIVE, 1);
}

START_TEST(the_first_probe_comes_when_the_idle_time_is_over)
{
	uint64_t before;
	int64_t heard_us;

	setup(9);
	keep_alive(10, 2, 3);
	heard_us = a->rcv.heard_us;
	before = pair.end[0].segments_out;
	while (pair.end[0].segments_out == before)
		ck_assert(pair_step(&pair, heard_us + 11 * SEC));
	ck_assert_int_eq(pair.now_us - heard_us, 10 * SEC);
	ck_assert_uint_eq(pair.last[0].seq,
			  seq_to_wire(a->snd.iss, a->snd.una - 1));
	pair_clear(&pair);
}
END_TEST

START_TEST(a_shorter_idle_time_counts_from_the_last_segment)
{
	uint64_t before;

	setup(10);
	keep_alive(1000, 2, 3);
	pair_run(&pair, pair.now_us + 500 * SEC);
	before = pair.end[0].segments_out;
	set(IPPROTO_TCP, TCP_KEEPIDLE, 100);
	pair_run(&pair, pair.now_us + 1 * SEC);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_count_of_probes_says_when_a_silent_peer_is_dead)
{
	int64_t heard_us;

	setup(11);
	keep_alive(10, 2, 3);
	pair.network.loss_permille = 1000;
	heard_us = a->rcv.heard_us;
	time_of_death_us(60 * SEC);
	ck_assert_int_eq(pair.now_us - heard_us, 16 * SEC);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_user_timeout_rules_over_the_count_of_probes)
{
	int64_t heard_us;

	setup(12);
	keep_alive(10, 2, 1);
	set(IPPROTO_TCP, TCP_USER_TIMEOUT, 15000);
	pair.network.loss_permille = 1000;
	heard_us = a->rcv.heard_us;
	time_of_death_us(60 * SEC);
	ck_assert_int_eq(pair.now_us - heard_us, 16 * SEC);
	pair_clear(&pair);
}
END_TEST

START_TEST(unsent_data_puts_keep_alive_off)
{
	setup(13);
	keep_alive(1, 1, 1);
	close_window();
	pair_run(&pair, pair.now_us + 600 * SEC);
	ck_assert_int_eq(tcp_state(a), TCP_STATE_ESTABLISHED);
	ck_assert_uint_eq(a->keepalive_probes_sent, 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_user_timeout_ends_what_is_not_acknowledged)
{
	setup(14);
	set(IPPROTO_TCP, TCP_USER_TIMEOUT, 3000);
	pair.network.loss_permille = 1000;
	pair_write(&pair, 0, 10);
	ck_assert_int_le(time_of_death_us(10 * SEC), 3500 * MS);
	ck_assert_int_eq(tcp_error(a), ETIMEDOUT);
	pair_clear(&pair);
}
END_TEST

START_TEST(progress_begins_the_user_timeout_anew)
{
	setup(15);
	set(IPPROTO_TCP, TCP_USER_TIMEOUT, 2000);
	for (int i = 0; i < 5; i++) {
		pair.network.loss_permille = 1000;
		pair_write(&pair, 0, 10);
		pair_run(&pair, pair.now_us + 1500 * MS);
		pair.network.loss_permille = 0;
		pair_run(&pair, pair.now_us + 1500 * MS);
	}
	ck_assert_int_eq(tcp_state(a), TCP_STATE_ESTABLISHED);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_persist", probes_of_a_closed_window_back_off,
	  a_probe_carries_an_old_number_and_no_data,
	  a_peer_that_answers_with_zero_may_do_so_for_ever,
	  a_user_timeout_ends_what_answers_with_zero,
	  a_silent_peer_behind_a_closed_window_is_given_up,
	  nobody_waits_for_ever_behind_a_program_that_has_closed,
	  a_program_may_abort_behind_a_closed_window,
	  an_opened_window_is_used_at_once,
	  the_first_probe_comes_when_the_idle_time_is_over,
	  a_shorter_idle_time_counts_from_the_last_segment,
	  the_count_of_probes_says_when_a_silent_peer_is_dead,
	  a_user_timeout_rules_over_the_count_of_probes,
	  unsent_data_puts_keep_alive_off,
	  a_user_timeout_ends_what_is_not_acknowledged,
	  progress_begins_the_user_timeout_anew)
