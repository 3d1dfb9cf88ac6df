/* NewReno's window: RFC 5681, 3.1 with appropriate byte counting, RFC 3465. */
#include "tcp/tcp_cc.h"

struct reno {
	uint64_t acked; /* bytes towards the next increase */
};

TCP_CC_STATE_FITS(struct reno);

static struct reno *reno_of(struct pyt_cc *cc)
{
	return (struct reno *)cc->state;
}

/* RFC 5681, 3.1 (4): half of what is in flight, two segments at least. */
static uint32_t reno_ssthresh(struct pyt_cc *cc, enum pyt_cc_cause cause,
			      int64_t now_us)
{
	uint32_t half = cc->cwnd / 2;

	(void)cause;
	(void)now_us;
	return half > 2 * cc->mss ? half : 2 * cc->mss;
}

/* RFC 5681, 3.1 (3): one segment more when a whole window was acked. */
static void reno_on_ack(struct pyt_cc *cc, const struct pyt_cc_ack *ack,
			int64_t now_us)
{
	struct reno *reno = reno_of(cc);
	uint32_t left = ack->delivered;

	(void)now_us;
	if (!ack->window_was_used || ack->in_recovery)
		return;
	if (pyt_cc_in_slow_start(cc))
		left = pyt_cc_slow_start(cc, left);
	if (!left)
		return;

	reno->acked += left;
	if (reno->acked >= cc->cwnd && cc->cwnd < PYT_CC_CWND_MAX) {
		reno->acked -= cc->cwnd;
		cc->cwnd += cc->mss;
	}
}

static void reno_on_timeout(struct pyt_cc *cc, int64_t now_us)
{
	(void)now_us;
	reno_of(cc)->acked = 0;
}

const struct pyt_cc_ops tcp_reno = {
	.version = PYT_CC_VERSION,
	.size = sizeof(struct pyt_cc_ops),
	.name = "reno",
	.ssthresh = reno_ssthresh,
	.on_ack = reno_on_ack,
	.on_timeout = reno_on_timeout,
};
