#include "unit.h"

#include "pair.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_time_wait.h"

static struct pair pair;
static struct tcp_time_wait record;
static struct tcp_time_wait_answer answer;

/* End 0 closed first; its TIME-WAIT is a record, end 1 is gone. */
static void set_up(void)
{
	static const struct pair_network network = { .delay_us = 5 * MS };

	pair_init(&pair, 1, &network);
	pair_connect(&pair);
	tcp_close(pair.end[0].tcp, pair.now_us);
	pair_run(&pair, pair.now_us + SEC);
	tcp_close(pair.end[1].tcp, pair.now_us);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert(tcp_time_wait_take(pair.end[0].tcp, &record));
}

static void tear_down(void)
{
	pair_clear(&pair);
}

/* A segment of the old connection's, from right behind the FIN. */
static struct tcp_segment segment(uint16_t flags)
{
	struct tcp_segment s = { .segment_count = 1 };

	s.header = (struct tcp_header){
		.seq = record.rcv_nxt,
		.ack = record.snd_nxt,
		.flags = flags,
		.has_timestamp = true,
		.ts_value = record.ts_recent,
	};
	return s;
}

static enum tcp_time_wait_verdict input(struct tcp_segment s)
{
	tcp_time_wait_input(pair.end[0].context, &record, &s, &answer,
			    pair.now_us);
	return answer.verdict;
}

static struct tcp_header sent(void)
{
	struct tcp_header header;
	struct reader r =
		reader_init(answer.output.header, answer.output.header_len);

	ck_assert(answer.sends);
	ck_assert(tcp_header_parse(&r, &header));
	return header;
}

static void set(const char *name, const char *value)
{
	ck_assert_int_eq(tcp_sysctl_set(pair.end[0].context, name, value), 0);
}

START_TEST(fin_that_comes_again_is_acknowledged_and_starts_anew)
{
	struct tcp_segment fin = segment(TCP_FIN | TCP_ACK);

	fin.header.seq--;
	ck_assert_int_eq(input(fin), TCP_TIME_WAIT_RESTARTS);
	ck_assert_uint_eq(sent().flags, TCP_ACK);
	ck_assert_uint_eq(sent().ack, record.rcv_nxt);
	ck_assert_uint_eq(sent().seq, record.snd_nxt);
	ck_assert(sent().has_timestamp);
	ck_assert_uint_eq(sent().ts_echo, record.ts_recent);
}
END_TEST

START_TEST(answers_are_not_given_to_each_other_for_ever)
{
	struct tcp_segment old = segment(TCP_ACK);

	old.header.seq -= 100;
	ck_assert_int_eq(input(old), TCP_TIME_WAIT_RESTARTS);
	ck_assert(answer.sends);
	input(old);
	ck_assert(!answer.sends);
	pair.now_us += 500 * MS;
	input(old);
	ck_assert(answer.sends);
}
END_TEST

START_TEST(what_is_expected_needs_no_answer)
{
	ck_assert_int_eq(input(segment(TCP_ACK)), TCP_TIME_WAIT_RESTARTS);
	ck_assert(!answer.sends);
}
END_TEST

START_TEST(reset_ends_it_unless_rfc1337_is_kept)
{
	struct tcp_segment rst = segment(TCP_RST);

	rst.header.seq++;
	ck_assert_int_eq(input(rst), TCP_TIME_WAIT_STAYS);
	ck_assert(!answer.sends);
	rst.header.seq--;
	ck_assert_int_eq(input(rst), TCP_TIME_WAIT_ENDS);
	set("net.ipv4.tcp_rfc1337", "1");
	ck_assert_int_eq(input(rst), TCP_TIME_WAIT_STAYS);
}
END_TEST

START_TEST(new_syn_with_a_higher_number_or_a_newer_timestamp_takes_over)
{
	struct tcp_segment syn = segment(TCP_SYN);

	syn.header.seq += 1;
	ck_assert_int_eq(input(syn), TCP_TIME_WAIT_YIELDS);
	ck_assert_uint_eq(answer.iss, record.snd_nxt + 65537);
	syn.header.seq -= 1000;
	syn.header.ts_value += 1;
	ck_assert_int_eq(input(syn), TCP_TIME_WAIT_YIELDS);
	ck_assert(!answer.sends);
}
END_TEST

START_TEST(old_syn_is_acknowledged)
{
	struct tcp_segment syn = segment(TCP_SYN);

	syn.header.seq -= 1000;
	ck_assert_int_eq(input(syn), TCP_TIME_WAIT_STAYS);
	ck_assert_uint_eq(sent().flags, TCP_ACK);
}
END_TEST

START_TEST(older_timestamps_are_refused_whatever_the_number)
{
	struct tcp_segment syn = segment(TCP_SYN);

	syn.header.seq += 1000;
	syn.header.ts_value -= 1;
	ck_assert_int_eq(input(syn), TCP_TIME_WAIT_RESTARTS);
	ck_assert_uint_eq(sent().flags, TCP_ACK);
	ck_assert_uint_eq(
		pair.end[0].engine.counters.value[COUNTER_TCP_PAWS_TIME_WAIT],
		1);
}
END_TEST

START_TEST(connect_may_reuse_after_a_second_if_it_is_told_to)
{
	const struct tcp_context *context = pair.end[0].context;

	record.ts_recent_us = pair.now_us;
	pair.now_us += SEC;
	ck_assert(!tcp_time_wait_may_reuse(context, &record, pair.now_us));
	set("net.ipv4.tcp_tw_reuse", "1");
	ck_assert(tcp_time_wait_may_reuse(context, &record, pair.now_us));
	ck_assert(!tcp_time_wait_may_reuse(context, &record, pair.now_us - 1));
	set("net.ipv4.tcp_tw_reuse_delay", "1001");
	ck_assert(!tcp_time_wait_may_reuse(context, &record, pair.now_us));
	set("net.ipv4.tcp_tw_reuse_delay", "1");
	ck_assert(!tcp_time_wait_may_reuse(context, &record,
					   record.ts_recent_us + 1000 - 1));
	ck_assert(tcp_time_wait_may_reuse(context, &record,
					  record.ts_recent_us + 1000));
	set("net.ipv4.tcp_tw_reuse", "2");
	record.local = record.peer = pyt_ip_from_v4(0x7f000001);
	ck_assert(tcp_time_wait_may_reuse(context, &record, pair.now_us));
	record.ts_recent_us = 0; /* no timestamps: nothing tells old from new */
	ck_assert(!tcp_time_wait_may_reuse(context, &record, pair.now_us));
}
END_TEST

UNIT_MAIN_WITH("tcp_time_wait", set_up, tear_down,
	       fin_that_comes_again_is_acknowledged_and_starts_anew,
	       answers_are_not_given_to_each_other_for_ever,
	       what_is_expected_needs_no_answer,
	       reset_ends_it_unless_rfc1337_is_kept,
	       new_syn_with_a_higher_number_or_a_newer_timestamp_takes_over,
	       old_syn_is_acknowledged,
	       older_timestamps_are_refused_whatever_the_number,
	       connect_may_reuse_after_a_second_if_it_is_told_to)
