/*
 * A congestion control in a shared object, see libpyt-cc(7):
 *
 *	cc -shared -fPIC -I include -o aimd.so docs/examples/aimd.c
 *	PYT_CC=./aimd.so pyt curl http://10.77.0.1/
 *
 * Slow start, then a segment more for each window that was acknowledged, and
 * a quarter less at each loss.
 */
#include <pyt/cc.h>

struct aimd {
	uint32_t credit; /* bytes towards the next segment of window */
};

static uint32_t on_congestion(struct pyt_cc *cc, enum pyt_cc_cause cause,
			      int64_t now_us)
{
	(void)now_us;
	if (cause == PYT_CC_TIMEOUT)
		return cc->cwnd / 2;
	return cc->cwnd / 4 * 3;
}

static void on_ack(struct pyt_cc *cc, const struct pyt_cc_ack *ack,
		   int64_t now_us)
{
	struct aimd *aimd = (struct aimd *)cc->state;
	uint32_t left = ack->delivered;

	(void)now_us;
	if (ack->in_recovery || !ack->window_was_used)
		return;
	if (pyt_cc_in_slow_start(cc))
		left = pyt_cc_slow_start(cc, left);

	aimd->credit += left;
	if (aimd->credit >= cc->cwnd) {
		aimd->credit -= cc->cwnd;
		cc->cwnd += cc->mss;
	}
}

const struct pyt_cc_ops pyt_congestion_control = {
	.version = PYT_CC_VERSION,
	.size = sizeof(struct pyt_cc_ops),
	.name = "aimd",
	.ssthresh = on_congestion,
	.on_ack = on_ack,
};
