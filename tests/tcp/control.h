/* One congestion control without a connection: acknowledgments by hand. */
#ifndef TESTS_TCP_CONTROL_H
#define TESTS_TCP_CONTROL_H

#include "unit.h"

#include "tcp/tcp_cc.h"

#define MSS 1000u
#define RTT_US (100 * MS)

static const struct tcp_cc_added no_added;

static inline struct pyt_cc control_start(const char *name, uint32_t cwnd)
{
	struct pyt_cc cc = { .cwnd = cwnd,
			     .ssthresh = PYT_CC_SSTHRESH_INFINITE,
			     .mss = MSS,
			     .srtt_us = RTT_US,
			     .min_rtt_us = RTT_US };

	tcp_cc_start(&cc, tcp_cc_find(&no_added, name), 0);
	return cc;
}

/* A reduction as by recovery: cwnd is there at its end. */
static inline void control_reduce(struct pyt_cc *cc, enum pyt_cc_cause cause,
				  int64_t now_us)
{
	tcp_cc_reduce(cc, cause, cc->cwnd, now_us);
	cc->cwnd = cc->ssthresh;
}

static inline struct pyt_cc_ack control_ack(uint32_t len)
{
	return (struct pyt_cc_ack){ .acked = len,
				    .delivered = len,
				    .rtt_us = RTT_US,
				    .window_was_used = true };
}

/* A round trip in which the whole window is acknowledged, one by one. */
static inline void control_round(struct pyt_cc *cc, uint32_t rtt_us,
				 int64_t now_us)
{
	struct pyt_cc_ack ack = control_ack(MSS);

	ack.rtt_us = rtt_us;
	ack.round_start = true;
	for (uint32_t left = cc->cwnd; left >= MSS; left -= MSS) {
		tcp_cc_on_ack(cc, &ack, now_us);
		ack.round_start = false;
	}
}

#endif
