/*
 * RFC 6298 with what Linux does differently where it matters. The margin over
 * SRTT, RFC 6298's 4 * RTTVAR, is at least 200 ms (tcp_rto_min_us), so that
 * the peer's delayed ACK never makes a timeout. It rises at once with the
 * deviation and falls by a quarter of the excess once a round trip, not with
 * each sample: with many samples in a round trip RTTVAR forgets too fast
 * (RFC 7323, appendix G). A sample below SRTT moves the deviation by a 32nd
 * only, as a path that becomes faster is no reason to wait longer.
 */
#include "tcp/tcp_rto.h"

#define BACK_OFF_MAX 17 /* 2^17 times 1 ms is over the maximum */

static int64_t max_i64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Some margin is enough for ever: the timeout is bounded. */
static int32_t margin_of(const struct tcp_rto *rto, int64_t us)
{
	us = max_i64(us, rto->min_us);
	return us < rto->max_us ? (int32_t)us : rto->max_us;
}

void tcp_rto_init(struct tcp_rto *rto)
{
	*rto = (struct tcp_rto){ .base_us = TCP_RTO_INITIAL_US,
				 .min_us = TCP_RTO_LEAST_US,
				 .max_us = TCP_RTO_MOST_US };
}

static void track_minimum(struct tcp_rto *rto, int64_t rtt_us, int window_s,
			  int64_t now_us)
{
	uint32_t now_ms = (uint32_t)(now_us / 1000);

	if (rto->min_rtt_us && rtt_us > rto->min_rtt_us &&
	    now_ms - rto->min_rtt_at_ms < (uint32_t)window_s * 1000)
		return;
	rto->min_rtt_us = rtt_us;
	rto->min_rtt_at_ms = now_ms;
}

/* 2.2 */
static void take_first(struct tcp_rto *rto, int64_t rtt_us)
{
	rto->srtt_us = rtt_us;
	rto->rttvar_us = rtt_us / 2;
	rto->margin_us = margin_of(rto, 4 * rto->rttvar_us);
	rto->round_margin_us = rto->margin_us;
}

static void raise_margin(struct tcp_rto *rto)
{
	int32_t margin_us = margin_of(rto, 4 * rto->rttvar_us);

	if (margin_us > rto->round_margin_us)
		rto->round_margin_us = margin_us;
	if (margin_us > rto->margin_us)
		rto->margin_us = margin_us;
}

/* 2.3 */
static void take_next(struct tcp_rto *rto, int64_t rtt_us)
{
	int64_t error = rtt_us - rto->srtt_us;
	int64_t excess = (error < 0 ? -error : error) - rto->rttvar_us;

	rto->rttvar_us += error < 0 && excess > 0 ? excess / 32 : excess / 4;
	rto->srtt_us = max_i64(rto->srtt_us + error / 8, 1);
	raise_margin(rto);
}

/* RFC 4015, 3.2: the delay that the timeout did not wait for counts whole. */
static void take_after_spurious(struct tcp_rto *rto, int64_t rtt_us)
{
	rto->was_spurious = false;
	rto->srtt_us = max_i64(rto->srtt_us, rtt_us);
	rto->rttvar_us = max_i64(rto->rttvar_us, rtt_us / 2);
	raise_margin(rto);
	rto->round_margin_us = rto->margin_us;
}

static int64_t clamp(const struct tcp_rto *rto, int64_t us)
{
	return us < rto->max_us ? us : rto->max_us;
}

void tcp_rto_sample(struct tcp_rto *rto, int64_t rtt_us, int window_s,
		    int64_t now_us)
{
	if (rtt_us > TCP_RTO_MOST_US)
		rtt_us = TCP_RTO_MOST_US;
	if (rtt_us < 1)
		rtt_us = 1; /* the clock may stand still */
	track_minimum(rto, rtt_us, window_s, now_us);
	if (!rto->srtt_us)
		take_first(rto, rtt_us);
	else if (rto->was_spurious)
		take_after_spurious(rto, rtt_us);
	else
		take_next(rto, rtt_us);
	rto->base_us = clamp(rto, rto->srtt_us + rto->margin_us);
}

/* Linux's way: what was the least before says nothing now. */
void tcp_rto_on_longer_path(struct tcp_rto *rto, int32_t more_us)
{
	if (!rto->srtt_us)
		return;
	rto->srtt_us = (int32_t)max_i64((int64_t)rto->srtt_us + more_us, 1);
	rto->base_us = clamp(rto, (int64_t)rto->srtt_us + rto->margin_us);
	rto->min_rtt_us = 0;
}

void tcp_rto_on_round(struct tcp_rto *rto)
{
	int32_t excess = rto->margin_us - rto->round_margin_us;

	if (!rto->srtt_us)
		return;
	if (excess > 0)
		rto->margin_us -= excess / 4;
	rto->round_margin_us = rto->min_us;
}

int64_t tcp_rto_us(const struct tcp_rto *rto)
{
	unsigned shift = rto->back_off;

	return clamp(rto,
		     (int64_t)rto->base_us
			     << (shift < BACK_OFF_MAX ? shift : BACK_OFF_MAX));
}

void tcp_rto_on_timeout(struct tcp_rto *rto)
{
	if (rto->back_off < UINT8_MAX) /* probes may go on for ever */
		rto->back_off++; /* 5.5 */
}

void tcp_rto_on_progress(struct tcp_rto *rto)
{
	rto->back_off = 0;
}

void tcp_rto_on_spurious(struct tcp_rto *rto)
{
	rto->was_spurious = true;
}
