/*
 * HyStart++, RFC 9406, 4.2: when a round's least round-trip time rises, slow
 * start goes on at a quarter of its pace; if that was jitter, the time comes
 * back and so does the pace, else congestion avoidance begins after five
 * rounds. Only the first slow start needs it, the others know a ssthresh.
 *
 * The limit L of 4.3 on what one ACK brings is left out, as in Linux: a peer
 * that merges segments acknowledges up to 64 KB at once.
 */
#include "tcp/tcp_hystart.h"

#define SAMPLES_MIN 8 /* N_RTT_SAMPLE */
#define THRESHOLD_MIN_US 4000
#define THRESHOLD_MAX_US 16000
#define THRESHOLD_DIVISOR 8
#define GROWTH_DIVISOR 4 /* CSS_GROWTH_DIVISOR */
#define SLOW_ROUNDS 5 /* CSS_ROUNDS */

static uint32_t threshold_us(uint32_t rtt_us)
{
	uint32_t us = rtt_us / THRESHOLD_DIVISOR;

	if (us < THRESHOLD_MIN_US)
		return THRESHOLD_MIN_US;
	return us < THRESHOLD_MAX_US ? us : THRESHOLD_MAX_US;
}

static void begin_round(struct tcp_hystart *hystart, struct pyt_cc *cc)
{
	hystart->last_rtt_us = hystart->round_rtt_us;
	hystart->round_rtt_us = 0;
	hystart->samples = 0;
	/* The round in which they began, a part of one, counts too. */
	if (hystart->slow_rounds && hystart->slow_rounds++ == SLOW_ROUNDS)
		cc->ssthresh = cc->cwnd;
}

static void take_sample(struct tcp_hystart *hystart, uint32_t rtt_us)
{
	if (!rtt_us)
		return;
	if (!hystart->round_rtt_us || rtt_us < hystart->round_rtt_us)
		hystart->round_rtt_us = rtt_us;
	if (hystart->samples < SAMPLES_MIN)
		hystart->samples++;
}

static void judge(struct tcp_hystart *hystart)
{
	uint32_t rtt_us = hystart->round_rtt_us;
	uint32_t last_us = hystart->last_rtt_us;

	if (hystart->samples < SAMPLES_MIN)
		return;
	if (hystart->slow_rounds) {
		if (rtt_us < hystart->baseline_us)
			hystart->slow_rounds = 0; /* it was no queue */
	} else if (last_us && rtt_us >= last_us + threshold_us(last_us)) {
		hystart->baseline_us = rtt_us;
		hystart->slow_rounds = 1;
	}
}

uint32_t tcp_hystart_on_ack(struct tcp_hystart *hystart, struct pyt_cc *cc,
			    const struct pyt_cc_ack *ack)
{
	uint32_t len = ack->delivered;

	if (cc->ssthresh >= PYT_CC_SSTHRESH_INFINITE) {
		if (ack->round_start)
			begin_round(hystart, cc);
		take_sample(hystart, ack->rtt_us);
		judge(hystart);
		if (hystart->slow_rounds)
			len /= GROWTH_DIVISOR;
	}
	if (!ack->window_was_used)
		return 0;
	if (!pyt_cc_in_slow_start(cc))
		return ack->delivered;
	return pyt_cc_slow_start(cc, len);
}
