/* RFC 6298, with Linux's bounds: the variance term counts 200 ms or more. */
#include "tcp/tcp_rto.h"

#define BACK_OFF_MAX 10 /* 2^10 times 200 ms is over the maximum */

static int64_t clamp(int64_t us)
{
	if (us < TCP_RTO_MIN_US)
		return TCP_RTO_MIN_US;
	return us < TCP_RTO_MAX_US ? us : TCP_RTO_MAX_US;
}

void tcp_rto_init(struct tcp_rto *rto)
{
	*rto = (struct tcp_rto){ .base_us = TCP_RTO_INITIAL_US };
}

static void track_minimum(struct tcp_rto *rto, int64_t rtt_us, int64_t now_us)
{
	if (rto->min_rtt_us && rtt_us > rto->min_rtt_us &&
	    now_us - rto->min_rtt_at_us < TCP_RTO_MIN_RTT_WINDOW_US)
		return;
	rto->min_rtt_us = rtt_us;
	rto->min_rtt_at_us = now_us;
}

void tcp_rto_sample(struct tcp_rto *rto, int64_t rtt_us, int64_t now_us)
{
	int64_t margin, error;

	if (rtt_us < 1)
		rtt_us = 1; /* the clock may stand still */
	track_minimum(rto, rtt_us, now_us);
	if (!rto->srtt_us) {
		rto->srtt_us = rtt_us; /* 2.2 */
		rto->rttvar_us = rtt_us / 2;
	} else {
		error = rto->srtt_us - rtt_us; /* 2.3 */
		if (error < 0)
			error = -error;
		rto->rttvar_us += (error - rto->rttvar_us) / 4;
		rto->srtt_us += (rtt_us - rto->srtt_us) / 8;
		if (rto->srtt_us < 1)
			rto->srtt_us = 1;
	}
	margin = 4 * rto->rttvar_us;
	if (margin < TCP_RTO_MIN_US)
		margin = TCP_RTO_MIN_US;
	rto->base_us = clamp(rto->srtt_us + margin);
}

int64_t tcp_rto_us(const struct tcp_rto *rto)
{
	unsigned shift = rto->back_off;

	return clamp(rto->base_us
		     << (shift < BACK_OFF_MAX ? shift : BACK_OFF_MAX));
}

void tcp_rto_on_timeout(struct tcp_rto *rto)
{
	rto->back_off++; /* 5.5 */
}

void tcp_rto_on_progress(struct tcp_rto *rto)
{
	rto->back_off = 0;
}
