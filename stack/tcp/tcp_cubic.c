/* CUBIC, RFC 9438, with HyStart++ and the back-off for ECN of RFC 8511. */
#include "tcp/tcp_cc.h"
#include "tcp/tcp_hystart.h"

#define BETA_PERCENT 70 /* beta_cubic, 4.6 */
#define BETA_ECN_PERCENT 85 /* RFC 8511, 3.1 */
#define AWAY_MAX_MS 1000000 /* |t - K| that the cube is computed for */

/* What an undo brings back, 4.9. Windows in bytes. */
struct epoch {
	int64_t began_us; /* of this congestion avoidance; 0: not begun */
	uint32_t k_ms; /* time from there to the plateau */
	uint32_t w_max; /* before the last reduction; 0: unknown */
	uint32_t origin; /* the plateau of this epoch */
	uint32_t w_est; /* what Reno would have, 4.3 */
	uint32_t cwnd_prior; /* cwnd at the last reduction */
};

struct cubic {
	struct epoch epoch;
	struct epoch saved; /* before the last ssthresh() */
	struct tcp_hystart hystart;
	uint64_t credit; /* towards the next byte of cwnd, times cwnd */
	uint64_t est_credit; /* of w_est, times 17 cwnd */
	int64_t last_ack_us;
};

TCP_CC_STATE_FITS(struct cubic);

static struct cubic *cubic_of(struct pyt_cc *cc)
{
	return (struct cubic *)cc->state;
}

/* Digit by digit: the largest r with r^3 <= x. */
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
static uint32_t time_to_plateau_ms(uint64_t bytes, uint32_t mss)
{
	return (uint32_t)cube_root(bytes * 2500000ull / mss * 1000ull);
}

/* 4.8: after a timeout there is no plateau but the window itself. */
static void begin_epoch(struct pyt_cc *cc, int64_t now_us)
{
	struct cubic *cubic = cubic_of(cc);
	struct epoch *epoch = &cubic->epoch;

	epoch->began_us = now_us;
	epoch->w_est = cc->cwnd;
	cubic->credit = 0;
	cubic->est_credit = 0;
	epoch->k_ms = 0;
	epoch->origin = cc->cwnd;
	if (epoch->w_max > cc->cwnd) {
		epoch->k_ms =
			time_to_plateau_ms(epoch->w_max - cc->cwnd, cc->mss);
		epoch->origin = epoch->w_max;
	}
}

/* 4.2: W_cubic(t) = C * (t - K)^3 + W_max, bytes. */
static uint64_t window_at(const struct pyt_cc *cc, const struct epoch *epoch,
			  int64_t t_us)
{
	int64_t away_ms = t_us / 1000 - epoch->k_ms;
	bool is_before = away_ms < 0;
	uint64_t d = (uint64_t)(is_before ? -away_ms : away_ms);
	uint64_t delta;

	if (d > AWAY_MAX_MS)
		d = AWAY_MAX_MS;
	/* 0.4 * d^3 / 10^9 segments */
	delta = d * d * d / 1000000 * cc->mss / 2500;
	if (!is_before)
		return epoch->origin + delta;
	return epoch->origin > delta ? epoch->origin - delta : 0;
}

/*
 * 4.3: alpha = 3 * (1 - beta) / (1 + beta) = 9/17 of a segment for each
 * window, and a whole one from cwnd_prior on.
 */
static void grow_estimate(struct pyt_cc *cc, uint32_t acked)
{
	struct cubic *cubic = cubic_of(cc);
	struct epoch *epoch = &cubic->epoch;
	uint64_t whole = 17ull * cc->cwnd, more;
	uint64_t weight = epoch->w_est < epoch->cwnd_prior ? 9 : 17;

	cubic->est_credit += (uint64_t)acked * cc->mss * weight;
	more = cubic->est_credit / whole;
	cubic->est_credit %= whole;
	if (epoch->w_est + more < PYT_CC_CWND_MAX)
		epoch->w_est += (uint32_t)more;
}

/* 4.4, 4.5: (target - cwnd) / cwnd for each byte that was acked. */
static void approach(struct pyt_cc *cc, uint64_t target, uint32_t acked)
{
	struct cubic *cubic = cubic_of(cc);
	uint64_t most = (uint64_t)cc->cwnd * 3 / 2;
	uint64_t more;

	if (target > most)
		target = most;
	if (target <= cc->cwnd)
		return;
	cubic->credit += (uint64_t)acked * (target - cc->cwnd);
	more = cubic->credit / cc->cwnd;
	cubic->credit %= cc->cwnd;
	/* One ACK of a whole window must not pass the target. */
	cc->cwnd = more < target - cc->cwnd ? cc->cwnd + (uint32_t)more
					    : (uint32_t)target;
}

static void avoid_congestion(struct pyt_cc *cc, uint32_t acked, int64_t now_us)
{
	struct epoch *epoch = &cubic_of(cc)->epoch;
	int64_t t_us;

	if (!epoch->began_us)
		begin_epoch(cc, now_us);
	t_us = now_us - epoch->began_us;
	grow_estimate(cc, acked);
	if (window_at(cc, epoch, t_us) < epoch->w_est) {
		if (cc->cwnd < epoch->w_est)
			cc->cwnd = epoch->w_est; /* Reno-friendly region */
		return;
	}
	approach(cc, window_at(cc, epoch, t_us + cc->srtt_us), acked);
}

/* 5.8: time in which the program had too little to send does not count. */
static void stop_clock(struct cubic *cubic, int64_t us)
{
	if (cubic->epoch.began_us)
		cubic->epoch.began_us += us;
}

static void cubic_on_ack(struct pyt_cc *cc, const struct pyt_cc_ack *ack,
			 int64_t now_us)
{
	struct cubic *cubic = cubic_of(cc);
	uint32_t left = ack->window_was_used ? ack->delivered : 0;
	int64_t before_us = cubic->last_ack_us;

	cubic->last_ack_us = now_us;
	if (ack->in_recovery)
		return;
	if (!ack->window_was_used && before_us)
		stop_clock(cubic, now_us - before_us);
	if (pyt_cc_in_slow_start(cc))
		left = tcp_hystart_on_ack(&cubic->hystart, cc, ack);
	if (left)
		avoid_congestion(cc, left, now_us);
}

/* 4.6 and, where the window did not come back to w_max, 4.7. */
static uint32_t cubic_ssthresh(struct pyt_cc *cc, enum pyt_cc_cause cause,
			       int64_t now_us)
{
	struct cubic *cubic = cubic_of(cc);
	struct epoch *epoch = &cubic->epoch;
	uint64_t percent =
		cause == PYT_CC_ECN ? BETA_ECN_PERCENT : BETA_PERCENT;
	uint64_t cwnd = cc->cwnd;

	(void)now_us;
	cubic->saved = *epoch;
	epoch->began_us = 0;
	epoch->cwnd_prior = cc->cwnd;
	if (cause == PYT_CC_TIMEOUT)
		epoch->w_max = 0; /* 4.8 */
	else if (cwnd < epoch->w_max)
		epoch->w_max = (uint32_t)(cwnd * (100 + percent) / 200);
	else
		epoch->w_max = cc->cwnd;
	return (uint32_t)(cwnd * percent / 100);
}

static void cubic_on_restart(struct pyt_cc *cc, int64_t idleness_us,
			     int64_t now_us)
{
	struct cubic *cubic = cubic_of(cc);
	int64_t since_us = now_us - cubic->last_ack_us;

	/* From the last ACK on; the part before it has been judged. */
	stop_clock(cubic, since_us < idleness_us ? since_us : idleness_us);
	cubic->last_ack_us = now_us;
}

/* 4.9.2: no congestion; as if nothing had been, unless cwnd is beyond it. */
static void cubic_on_undo(struct pyt_cc *cc, int64_t now_us)
{
	struct cubic *cubic = cubic_of(cc);

	(void)now_us;
	if (cc->cwnd <= cubic->epoch.cwnd_prior)
		cubic->epoch = cubic->saved;
}

const struct pyt_cc_ops tcp_cubic = {
	.version = PYT_CC_VERSION,
	.size = sizeof(struct pyt_cc_ops),
	.name = "cubic",
	.ssthresh = cubic_ssthresh,
	.on_ack = cubic_on_ack,
	.on_restart = cubic_on_restart,
	.on_undo = cubic_on_undo,
};
