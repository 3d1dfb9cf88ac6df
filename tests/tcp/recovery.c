/* A sender whose peer is the test. */
#include "recovery.h"

#include <linux/tcp.h>
#include <netinet/in.h>

#define WINDOW (1u << 20)

struct sender sender;

static const struct pair_network network = { .delay_us = 20 * MS };

/* All that end 0 sends is seen, and lost. */
static bool watch(struct pair *pair, int from, struct tcp_header *header,
		  uint32_t payload_len)
{
	(void)pair;
	if (from != 0)
		return true;
	if (payload_len) {
		sender.sent++;
		sender.last = *header;
	}
	return false;
}

void sender_start(unsigned options, uint32_t cwnd)
{
	struct pair *pair = &sender.pair;

	pair_init(pair, 1, &network);
	if (options & SENDER_NO_SACK)
		sender_set("net.ipv4.tcp_sack", "0");
	if (options & SENDER_NO_TIMESTAMPS)
		sender_set("net.ipv4.tcp_timestamps", "0");
	if (options & SENDER_RENO)
		ck_assert_int_eq(tcp_set_option(pair->end[0].tcp, IPPROTO_TCP,
						TCP_CONGESTION, "reno", 4,
						pair->now_us),
				 0);
	pair_connect(pair);
	pair_transfer(pair, 0, 100, 10 * SEC);
	pair_run(pair, pair->now_us + SEC);
	sender.tcp = pair->end[0].tcp;
	sender.base = sender.tcp->snd.una;
	sender.sent = 0;
	sender.tcp->options.nodelay = true;
	sender.tcp->snd.edge = sender.base + WINDOW;
	sender.tcp->snd.wnd = sender.tcp->snd.max_wnd = WINDOW;
	sender.tcp->snd.buffer = 2 * WINDOW;
	sender.tcp->cc.cwnd = cwnd * sender.tcp->snd.mss;
	sender.tcp->snd.last_us = pair->now_us;
	pair->filter = watch;
	sender_echo_now();
}

void sender_end(void)
{
	pair_clear(&sender.pair);
}

void sender_set(const char *sysctl, const char *value)
{
	ck_assert_int_eq(
		tcp_sysctl_set(sender.pair.end[0].context, sysctl, value), 0);
}

uint64_t sender_counter(enum counter which)
{
	return sender.pair.end[0].engine.counters.value[which];
}

void sender_write(unsigned segments)
{
	size_t len = (size_t)segments * sender.tcp->snd.mss;

	ck_assert_uint_eq(pair_write(&sender.pair, 0, len), len);
	pair_flush(&sender.pair);
}

void sender_run_us(int64_t us)
{
	pair_run(&sender.pair, sender.pair.now_us + us);
}

void sender_time_out(void)
{
	uint64_t before = sender_counter(COUNTER_TCP_TIMEOUTS);

	while (sender_counter(COUNTER_TCP_TIMEOUTS) == before)
		ck_assert(pair_step(&sender.pair,
				    sender.pair.now_us + 300 * SEC));
}

/* ---------------------------------------------------------------- the peer */

static uint32_t seq_of(unsigned segment)
{
	uint64_t position =
		sender.base + (uint64_t)segment * sender.tcp->snd.mss;

	return seq_to_wire(sender.tcp->snd.iss, position);
}

static void say(unsigned n, unsigned count, const unsigned block[4])
{
	struct tcp_header ack = pair_next_header(&sender.pair, 0);

	ack.ack = seq_of(n);
	ack.window = (uint16_t)(sender.tcp->snd.wnd >> sender.tcp->snd.wscale);
	if (ack.has_timestamp)
		ack.ts_echo = sender.echo;
	ack.sack_count = (uint8_t)count;
	for (unsigned i = 0; i < count; i++) {
		ack.sack[i].start = seq_of(block[2 * i]);
		ack.sack[i].end = seq_of(block[2 * i + 1]);
	}
	pair_inject(&sender.pair, 0, &ack, NULL, 0);
}

void sender_ack(unsigned n)
{
	say(n, 0, NULL);
}

void sender_sack(unsigned n, unsigned from, unsigned to)
{
	say(n, 1, (const unsigned[4]){ from, to });
}

void sender_dsack(unsigned n, unsigned from, unsigned to)
{
	if (from < n)
		say(n, 1, (const unsigned[4]){ from, to });
	else
		say(n, 2, (const unsigned[4]){ from, to, from, to });
}

void sender_echo_now(void)
{
	sender.echo = tcp_timestamp(sender.tcp, sender.pair.now_us);
}

unsigned sender_last_segment(void)
{
	uint32_t len = sender.last.seq - seq_of(0);

	return len / sender.tcp->snd.mss;
}

uint32_t sender_cwnd(void)
{
	return sender.tcp->cc.cwnd / sender.tcp->snd.mss;
}

uint32_t sender_in_flight(void)
{
	return tcp_in_flight(sender.tcp) / sender.tcp->snd.mss;
}
