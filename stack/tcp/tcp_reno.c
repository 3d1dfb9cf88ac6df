/*
 * NewReno's window: RFC 5681, 3.1 with appropriate byte counting, RFC 3465,
 * HyStart++, and a smaller step back for ECN than for loss, RFC 8511.
 */
#include "tcp/tcp_reno.h"

#include "tcp/tcp_cc.h"
#include "tcp/tcp_hystart.h"

#define BETA_ECN_TENTHS 8 /* RFC 8511, 3.1 */

struct reno {
	struct tcp_hystart hystart;
	uint32_t credit; /* bytes towards the next increase */
};

TCP_CC_STATE_FITS(struct reno);

static struct reno *reno_of(struct pyt_cc *cc)
{
	return (struct reno *)cc->state;
}

/*
 * RFC 5681, 3.1 (4), with cwnd for what is in flight, as Linux: a window
 * that was not used has not grown. Two segments at least: tcp_cc.c.
 */
static uint32_t reno_ssthresh(struct pyt_cc *cc, enum pyt_cc_cause cause,
			      int64_t now_us)
{
	(void)now_us;
	reno_of(cc)->credit = 0;
	if (cause == PYT_CC_ECN)
		return (uint32_t)((uint64_t)cc->cwnd * BETA_ECN_TENTHS / 10);
	return cc->cwnd / 2;
}

void tcp_reno_avoid(struct pyt_cc *cc, uint32_t acked, uint32_t *credit)
{
	uint64_t sum = (uint64_t)*credit + acked;

	for (; sum >= cc->cwnd && cc->cwnd < PYT_CC_CWND_MAX;) {
		sum -= cc->cwnd;
		cc->cwnd += cc->mss;
	}
	*credit = sum < cc->cwnd ? (uint32_t)sum : cc->cwnd;
}

static void reno_on_ack(struct pyt_cc *cc, const struct pyt_cc_ack *ack,
			int64_t now_us)
{
	struct reno *reno = reno_of(cc);
	uint32_t left = ack->window_was_used ? ack->delivered : 0;

	(void)now_us;
	if (ack->in_recovery)
		return;
	if (pyt_cc_in_slow_start(cc))
		left = tcp_hystart_on_ack(&reno->hystart, cc, ack);
	if (left)
		tcp_reno_avoid(cc, left, &reno->credit);
}

const struct pyt_cc_ops tcp_reno = {
	.version = PYT_CC_VERSION,
	.size = sizeof(struct pyt_cc_ops),
	.name = "reno",
	.ssthresh = reno_ssthresh,
	.on_ack = reno_on_ack,
};
