/*
 * DCTCP, RFC 8257: the window gives way in proportion to the share of bytes
 * that were marked, smoothed over rounds. Loss is answered as by NewReno.
 */
#include <string.h>

#include <linux/inet_diag.h>

#include "tcp/tcp_cc.h"
#include "tcp/tcp_reno.h"

#define ALPHA_ONE 1024u /* alpha 1.0, as Linux shows it */
#define GAIN_SHIFT 4 /* g = 1/16: 4.2 */

struct dctcp {
	uint64_t marked; /* bytes of this round that were CE ... */
	uint64_t delivered; /* ... of so many */
	uint32_t last_marked, last_delivered; /* of the round before */
	uint32_t alpha; /* of ALPHA_ONE */
	uint32_t credit; /* of NewReno */
};

TCP_CC_STATE_FITS(struct dctcp);

static struct dctcp *dctcp_of(struct pyt_cc *cc)
{
	return (struct dctcp *)cc->state;
}

/* 4.2: the first mark is answered as by a loss. */
static void dctcp_init(struct pyt_cc *cc, int64_t now_us)
{
	(void)now_us;
	dctcp_of(cc)->alpha = ALPHA_ONE;
}

/* 3.3, steps 4 to 8, as 4.2 computes it: alpha * (1 - g) + g * M. */
static void end_round(struct dctcp *dctcp)
{
	uint32_t less = dctcp->alpha >> GAIN_SHIFT;
	uint64_t more = 0;

	if (dctcp->delivered)
		more = dctcp->marked * (ALPHA_ONE >> GAIN_SHIFT) /
		       dctcp->delivered;
	/* Below 1/16 it would never end; then it is zero at once, as Linux. */
	dctcp->alpha = less ? dctcp->alpha - less : 0;
	dctcp->alpha += (uint32_t)more;
	if (dctcp->alpha > ALPHA_ONE)
		dctcp->alpha = ALPHA_ONE;
	dctcp->last_marked = (uint32_t)dctcp->marked;
	dctcp->last_delivered = (uint32_t)dctcp->delivered;
	dctcp->marked = 0;
	dctcp->delivered = 0;
}

static void dctcp_on_ack(struct pyt_cc *cc, const struct pyt_cc_ack *ack,
			 int64_t now_us)
{
	struct dctcp *dctcp = dctcp_of(cc);
	uint32_t left = ack->delivered;

	(void)now_us;
	dctcp->delivered += ack->delivered;
	dctcp->marked +=
		ack->ce_bytes < ack->delivered ? ack->ce_bytes : ack->delivered;
	if (ack->round_start)
		end_round(dctcp);
	if (ack->in_recovery || !ack->window_was_used)
		return;
	if (pyt_cc_in_slow_start(cc))
		left = pyt_cc_slow_start(cc, left);
	if (left)
		tcp_reno_avoid(cc, left, &dctcp->credit);
}

/* 3.3, step 9: cwnd * (1 - alpha / 2); 3.5 for loss. */
static uint32_t dctcp_ssthresh(struct pyt_cc *cc, enum pyt_cc_cause cause,
			       int64_t now_us)
{
	struct dctcp *dctcp = dctcp_of(cc);
	uint64_t less = (uint64_t)cc->cwnd * dctcp->alpha / (2 * ALPHA_ONE);

	(void)now_us;
	dctcp->credit = 0;
	return cause == PYT_CC_ECN ? cc->cwnd - (uint32_t)less : cc->cwnd / 2;
}

static uint32_t dctcp_get_info(const struct pyt_cc *cc, void *info)
{
	const struct dctcp *dctcp = (const struct dctcp *)cc->state;
	struct tcp_dctcp_info dctcp_info = {
		.dctcp_enabled = cc->has_ecn,
		.dctcp_alpha = (uint16_t)dctcp->alpha,
		.dctcp_ab_ecn = dctcp->last_marked,
		.dctcp_ab_tot = dctcp->last_delivered,
	};

	memcpy(info, &dctcp_info, sizeof(dctcp_info));
	return sizeof(dctcp_info);
}

const struct pyt_cc_ops tcp_dctcp = {
	.version = PYT_CC_VERSION,
	.size = sizeof(struct pyt_cc_ops),
	.name = "dctcp",
	.flags = PYT_CC_NEEDS_ECN,
	.init = dctcp_init,
	.ssthresh = dctcp_ssthresh,
	.on_ack = dctcp_on_ack,
	.get_info = dctcp_get_info,
};
