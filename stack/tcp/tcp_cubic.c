/* CUBIC. RFC 9438; HyStart's delay rule ends slow start before the loss. */
#include "tcp/tcp_cc.h"

#include <stddef.h>

#define BETA_TENTHS 7 /* beta_cubic 0.7, RFC 9438, 4.6 */
#define HYSTART_SAMPLES 8 /* of a round, before it is judged */
#define HYSTART_DELAY_MIN_US 4000
#define HYSTART_DELAY_MAX_US 16000
#define HYSTART_WINDOW_MIN 16 /* segments: below, slow start goes on */

struct cubic {
	int64_t epoch_us; /* start of this congestion avoidance; 0: none */
	int64_t k_ms; /* time to reach origin from the start */
	uint64_t w_max; /* bytes, before the last reduction */
	uint64_t origin; /* bytes, plateau of this epoch */
	uint64_t w_est; /* bytes, what Reno would have, 4.3 */
	uint64_t credit; /* bytes acked towards the next increase */
	int64_t round_rtt_us; /* least sample of this round; 0: none */
	int64_t last_rtt_us; /* of the round before */
	uint32_t samples; /* in this round */
};

TCP_CC_STATE_FITS(struct cubic);

static struct cubic *cubic_of(struct pyt_cc *cc)
{
	return (struct cubic *)cc->state;
}

/* Newton, integer: the largest r with r^3 <= x. */
static uint64_t cube_root(uint64_t x)
{
	uint64_t r = 0;

	for (int shift = 63; shift >= 0; shift -= 3) {
		uint64_t next;

		r *= 2;
		next = 3 * r * (r + 1) + 1;
		if (x >> shift >= next) {
			x -= next << shift;
			r++;
		}
	}
	return r;
}

/*
 * 4.2: K = cbrt((W_max - cwnd_epoch) / C) seconds, windows in segments,
 * C = 0.4; in milliseconds: cbrt(segments * 2.5 * 10^9).
 */
static int64_t time_to_plateau_ms(uint64_t bytes, uint32_t mss)
{
	return (int64_t)cube_root(bytes * 2500000ull / mss * 1000ull);
}

static void start_epoch(struct pyt_cc *cc, int64_t now_us)
{
	struct cubic *cubic = cubic_of(cc);

	cubic->epoch_us = now_us;
	cubic->w_est = cc->cwnd;
	cubic->credit = 0;
	cubic->k_ms = 0;
	cubic->origin = cc->cwnd;
	if (cubic->w_max > cc->cwnd) {
		cubic->k_ms =
			time_to_plateau_ms(cubic->w_max - cc->cwnd, cc->mss);
		cubic->origin = cubic->w_max;
	}
}

/* 4.2: W_cubic(t) = C * (t - K)^3 + W_max, bytes; t one round trip ahead. */
static uint64_t cubic_window(struct pyt_cc *cc, int64_t now_us)
{
	struct cubic *cubic = cubic_of(cc);
	int64_t t_ms = (now_us - cubic->epoch_us + cc->min_rtt_us) / 1000;
	int64_t d_ms = t_ms - cubic->k_ms;
	bool before = d_ms < 0;
	uint64_t d = (uint64_t)(before ? -d_ms : d_ms);
	uint64_t delta;

	if (d > 1000000)
		d = 1000000;
	/* 0.4 * d^3 / 10^9 segments */
	delta = d * d * d / 1000000 * cc->mss / 2500;
	if (!before)
		return cubic->origin + delta;
	return cubic->origin > delta ? cubic->origin - delta : 0;
}

/* 4.3: alpha = 3 * (1 - beta) / (1 + beta) = 9/17 until w_max is reached. */
static void grow_estimate(struct pyt_cc *cc, uint32_t acked)
{
	struct cubic *cubic = cubic_of(cc);
	uint64_t more = (uint64_t)acked * cc->mss / cc->cwnd;

	cubic->w_est += cubic->w_est < cubic->w_max ? more * 9 / 17 : more;
}

static void avoid_congestion(struct pyt_cc *cc, uint32_t acked, int64_t now_us)
{
	struct cubic *cubic = cubic_of(cc);
	uint64_t target, limit = (uint64_t)cc->cwnd * 3 / 2;

	if (!cubic->epoch_us)
		start_epoch(cc, now_us);
	grow_estimate(cc, acked);
	target = cubic_window(cc, now_us);
	if (target < cubic->w_est)
		target = cubic->w_est; /* Reno-friendly region */
	if (target > limit)
		target = limit;
	if (target <= cc->cwnd)
		return;

	/* 4.4: (target - cwnd) / cwnd for each byte that was acked. */
	cubic->credit += (uint64_t)acked * (target - cc->cwnd);
	cc->cwnd += (uint32_t)(cubic->credit / cc->cwnd);
	cubic->credit %= cc->cwnd;
	if (cc->cwnd > PYT_CC_CWND_MAX)
		cc->cwnd = PYT_CC_CWND_MAX;
}

/* A queue builds up when a round's least delay grows by an eighth. */
static void hystart(struct pyt_cc *cc, const struct pyt_cc_ack *ack)
{
	struct cubic *cubic = cubic_of(cc);
	int64_t margin = cubic->last_rtt_us / 8;

	if (ack->round_start) {
		cubic->last_rtt_us = cubic->round_rtt_us;
		cubic->round_rtt_us = 0;
		cubic->samples = 0;
	}
	if (ack->rtt_us <= 0)
		return;
	if (!cubic->round_rtt_us || ack->rtt_us < cubic->round_rtt_us)
		cubic->round_rtt_us = ack->rtt_us;
	cubic->samples++;

	if (margin < HYSTART_DELAY_MIN_US)
		margin = HYSTART_DELAY_MIN_US;
	if (margin > HYSTART_DELAY_MAX_US)
		margin = HYSTART_DELAY_MAX_US;
	if (cubic->last_rtt_us && cubic->samples >= HYSTART_SAMPLES &&
	    cc->cwnd >= HYSTART_WINDOW_MIN * cc->mss &&
	    cubic->round_rtt_us >= cubic->last_rtt_us + margin)
		cc->ssthresh = cc->cwnd;
}

static void cubic_on_ack(struct pyt_cc *cc, const struct pyt_cc_ack *ack,
			 int64_t now_us)
{
	uint32_t left = ack->delivered;

	if (pyt_cc_in_slow_start(cc) && !ack->in_recovery)
		hystart(cc, ack);
	if (!ack->window_was_used || ack->in_recovery)
		return;
	if (pyt_cc_in_slow_start(cc))
		left = pyt_cc_slow_start(cc, left);
	if (left)
		avoid_congestion(cc, left, now_us);
}

/* 4.6 and, where the window did not come back to w_max, 4.7. */
static uint32_t cubic_ssthresh(struct pyt_cc *cc, enum pyt_cc_cause cause,
			       int64_t now_us)
{
	struct cubic *cubic = cubic_of(cc);
	uint64_t reduced = (uint64_t)cc->cwnd * BETA_TENTHS / 10;

	(void)cause;
	(void)now_us;
	cubic->epoch_us = 0;
	if (cc->cwnd < cubic->w_max)
		cubic->w_max = (uint64_t)cc->cwnd * (10 + BETA_TENTHS) / 20;
	else
		cubic->w_max = cc->cwnd;
	return reduced > 2 * cc->mss ? (uint32_t)reduced : 2 * cc->mss;
}

/* 4.8: what was learnt about the path is void. */
static void cubic_on_timeout(struct pyt_cc *cc, int64_t now_us)
{
	(void)now_us;
	cubic_of(cc)->epoch_us = 0;
	cubic_of(cc)->last_rtt_us = 0;
	cubic_of(cc)->round_rtt_us = 0;
}

/* 4.2: time without data in flight does not count for the epoch. */
static void cubic_on_restart(struct pyt_cc *cc, int64_t idleness_us,
			     int64_t now_us)
{
	struct cubic *cubic = cubic_of(cc);

	if (!cubic->epoch_us)
		return;
	cubic->epoch_us += idleness_us;
	if (cubic->epoch_us > now_us)
		cubic->epoch_us = now_us;
}

const struct pyt_cc_ops tcp_cubic = {
	.version = PYT_CC_VERSION,
	.size = sizeof(struct pyt_cc_ops),
	.name = "cubic",
	.ssthresh = cubic_ssthresh,
	.on_ack = cubic_on_ack,
	.on_timeout = cubic_on_timeout,
	.on_restart = cubic_on_restart,
};
