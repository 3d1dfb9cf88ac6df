/*
 * BBR, version 1, as Linux 6.x has it: a model of the path, its bandwidth and
 * its round-trip time without a queue, says at which rate to send and how much
 * may be in flight. Cardwell et al., "BBR: Congestion-Based Congestion
 * Control", ACM Queue 14, 5; draft-cardwell-iccrg-bbr-congestion-control-00.
 */
#include <string.h>

#include <linux/inet_diag.h>

#include "tcp/tcp_cc.h"
#include "tcp/tcp_policer.h"
#include "tcp/tcp_winmax.h"

#define UNIT 256u /* gain 1.0, as TCP_CC_INFO shows it */
#define GAIN_HIGH 739u /* 2 / ln 2: the least that doubles in a round */
#define GAIN_DRAIN 88u /* its inverse */
#define GAIN_CWND 512u /* for delayed and stretched ACKs */
#define MARGIN_PERCENT 1 /* the pace stays that much below the bandwidth */
#define BANDWIDTH_ROUNDS 10
#define MIN_RTT_WINDOW_MS 10000
#define PROBE_RTT_US 200000
#define CWND_MIN_SEGMENTS 4
#define INITIAL_SEGMENTS 10
#define FULL_ROUNDS 3 /* without a quarter more bandwidth: pipe is full */
#define CYCLE_PHASES 8
#define EXTRA_ROUNDS 5 /* of each of the two windows of aggregation */
#define EXTRA_MAX_US 100000
#define EXTRA_EPOCH_MAX 0x40000000u
#define NOMINAL_RTT_US 1000 /* before there is a sample */
#define BURST_MAX 65536u

enum mode { STARTUP, DRAIN, PROBE_BW, PROBE_RTT };

struct bbr {
	struct tcp_winmax bandwidth; /* bytes a second, by round */
	uint64_t next_round; /* a round ends when that much is delivered */
	uint64_t limited_until; /* samples before were held low by PROBE_RTT */
	/* times are low halves */
	uint32_t min_rtt_at_ms;
	uint32_t until_ms; /* end of PROBE_RTT; 0: cwnd is not yet low */
	uint32_t cycle_us; /* begin of this phase of PROBE_BW */
	uint32_t epoch_us; /* begin of this epoch of aggregation */
	struct tcp_policer policer;
	uint32_t full_kbs; /* STARTUP: the last rate that was a quarter up */
	uint32_t epoch_acked;
	uint32_t extra[2]; /* most bytes above expectation, two windows */
	uint32_t min_rtt_us; /* 0: no sample */
	uint32_t rounds;
	uint32_t cwnd_prior; /* before recovery or PROBE_RTT */
	unsigned mode : 2;
	unsigned phase : 3; /* of PROBE_BW */
	unsigned full_rounds : 2;
	unsigned extra_rounds : 3;
	unsigned extra_index : 1;
	unsigned is_full : 1; /* STARTUP has found the bandwidth */
	unsigned round_start : 1;
	unsigned was_open : 1; /* neither recovery nor after a timeout */
	unsigned was_recovery : 1;
	unsigned conserves : 1; /* one packet out for each that arrived */
	unsigned idle_restart : 1;
	unsigned probe_round_done : 1; /* PROBE_RTT has lasted a round */
	unsigned saw_rtt : 1;
};

TCP_CC_STATE_FITS(struct bbr);

static const unsigned cycle_gain[CYCLE_PHASES] = {
	UNIT * 5 / 4, /* probe for more */
	UNIT * 3 / 4, /* drain what that has queued */
	UNIT,	      UNIT, UNIT, UNIT, UNIT, UNIT,
};

static struct bbr *bbr_of(struct pyt_cc *cc)
{
	return (struct bbr *)cc->state;
}

static uint32_t min_u32(uint64_t a, uint64_t b)
{
	return (uint32_t)(a < b ? a : b);
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* -------------------------------------------------- from model to numbers */

static unsigned pacing_gain(const struct bbr *bbr)
{
	switch ((enum mode)bbr->mode) {
	case STARTUP:
		return GAIN_HIGH;
	case DRAIN:
		return GAIN_DRAIN;
	case PROBE_BW:
		return bbr->policer.is_found ? UNIT : cycle_gain[bbr->phase];
	case PROBE_RTT:
		return UNIT;
	}
	return UNIT;
}

static unsigned cwnd_gain(const struct bbr *bbr)
{
	switch ((enum mode)bbr->mode) {
	case STARTUP:
	case DRAIN:
		return GAIN_HIGH;
	case PROBE_BW:
		return GAIN_CWND;
	case PROBE_RTT:
		return UNIT;
	}
	return UNIT;
}

static uint64_t bandwidth(const struct bbr *bbr)
{
	return bbr->policer.is_found ? bbr->policer.rate
				     : tcp_winmax_get(&bbr->bandwidth);
}

static uint64_t rate_at(uint64_t bandwidth, unsigned gain)
{
	return bandwidth * gain / UNIT * (100 - MARGIN_PERCENT) / 100;
}

/* Before the pipe is full the pace never falls: samples are low then. */
static void set_pace(struct pyt_cc *cc, unsigned gain)
{
	struct bbr *bbr = bbr_of(cc);
	uint64_t rate = rate_at(bandwidth(bbr), gain);

	if (rate && (bbr->is_full || rate > cc->pacing_rate))
		cc->pacing_rate = rate;
}

static void set_first_pace(struct pyt_cc *cc)
{
	uint64_t rtt_us = cc->srtt_us ? cc->srtt_us : NOMINAL_RTT_US;

	bbr_of(cc)->saw_rtt = cc->srtt_us != 0;
	cc->pacing_rate =
		rate_at((uint64_t)cc->cwnd * 1000000 / rtt_us, GAIN_HIGH);
}

/* Bytes that fill the path, times gain. */
static uint64_t product(const struct pyt_cc *cc, const struct bbr *bbr,
			uint64_t bandwidth, unsigned gain)
{
	if (!bbr->min_rtt_us)
		return (uint64_t)INITIAL_SEGMENTS * cc->mss;
	return bandwidth * bbr->min_rtt_us / 1000000 * gain / UNIT;
}

/* Room for a super-segment in each queue on the way, and an even count. */
static uint32_t quantized(const struct pyt_cc *cc, const struct bbr *bbr,
			  uint64_t len)
{
	uint64_t burst = cc->pacing_rate >> 10;
	uint64_t pair = 2ull * cc->mss;

	if (burst > BURST_MAX)
		burst = BURST_MAX;
	len += 3 * max_u64(burst, pair);
	len = (len + pair - 1) / pair * pair;
	if (bbr->mode == PROBE_BW && bbr->phase == 0)
		len += pair;
	return min_u32(len, PYT_CC_CWND_MAX);
}

static uint32_t in_flight_at(const struct pyt_cc *cc, const struct bbr *bbr,
			     unsigned gain)
{
	return quantized(cc, bbr, product(cc, bbr, bandwidth(bbr), gain));
}

/* ------------------------------------------------------------------ model */

static uint32_t ms_of(int64_t us)
{
	return (uint32_t)(us / 1000);
}

static void enter_probe_bw(struct bbr *bbr, int64_t now_us);

/* The policer is obeyed for so long; then perhaps it lets more through. */
static void update_policer(struct bbr *bbr, const struct pyt_cc_ack *ack,
			   int64_t now_us)
{
	if (!bbr->policer.is_found)
		tcp_policer_look(&bbr->policer, ack, bbr->round_start, now_us);
	else if (bbr->mode == PROBE_BW && bbr->round_start &&
		 tcp_policer_round(&bbr->policer))
		enter_probe_bw(bbr, now_us);
}

static void update_bandwidth(struct bbr *bbr, const struct pyt_cc_ack *ack,
			     int64_t now_us)
{
	const struct pyt_cc_rate *rate = &ack->rate;
	bool is_low =
		rate->is_app_limited || rate->prior_total < bbr->limited_until;
	uint64_t sample;

	bbr->round_start = 0;
	if (!rate->interval_us) {
		bbr->policer.lost += ack->lost;
		return;
	}
	if (rate->prior_total >= bbr->next_round) {
		bbr->next_round = rate->total;
		bbr->rounds++;
		bbr->round_start = 1;
		bbr->conserves = 0;
	}
	update_policer(bbr, ack, now_us);
	sample = (uint64_t)rate->delivered * 1000000 / rate->interval_us;
	if (!is_low || sample >= tcp_winmax_get(&bbr->bandwidth))
		tcp_winmax_add(&bbr->bandwidth, BANDWIDTH_ROUNDS, bbr->rounds,
			       sample);
}

/* How far ACKs come in lumps: what they say above bandwidth times time. */
static void update_aggregation(struct pyt_cc *cc, const struct pyt_cc_ack *ack,
			       int64_t now_us)
{
	struct bbr *bbr = bbr_of(cc);
	uint64_t expected;
	uint32_t extra;

	if (!ack->delivered || !ack->rate.interval_us)
		return;
	if (bbr->round_start && ++bbr->extra_rounds >= EXTRA_ROUNDS) {
		bbr->extra_rounds = 0;
		bbr->extra_index ^= 1;
		bbr->extra[bbr->extra_index] = 0;
	}
	expected =
		bandwidth(bbr) * ((uint32_t)now_us - bbr->epoch_us) / 1000000;
	if (bbr->epoch_acked <= expected ||
	    bbr->epoch_acked + ack->delivered >= EXTRA_EPOCH_MAX) {
		bbr->epoch_acked = 0;
		bbr->epoch_us = (uint32_t)now_us;
		expected = 0;
	}
	bbr->epoch_acked += ack->delivered;
	extra = min_u32(bbr->epoch_acked - expected, cc->cwnd);
	if (extra > bbr->extra[bbr->extra_index])
		bbr->extra[bbr->extra_index] = extra;
}

static uint32_t aggregation(const struct bbr *bbr)
{
	uint64_t most = bandwidth(bbr) * EXTRA_MAX_US / 1000000;

	if (!bbr->is_full)
		return 0;
	return min_u32(max_u64(bbr->extra[0], bbr->extra[1]), most);
}

static void begin_phase(struct bbr *bbr, unsigned phase, int64_t now_us)
{
	bbr->phase = phase % CYCLE_PHASES;
	bbr->cycle_us = (uint32_t)now_us;
}

/* Anywhere but in the phase that drains: flows must not probe as one. */
static void enter_probe_bw(struct bbr *bbr, int64_t now_us)
{
	unsigned skip = (unsigned)((uint64_t)now_us * 2654435761u >> 16) % 7;

	bbr->mode = PROBE_BW;
	begin_phase(bbr, CYCLE_PHASES - skip, now_us);
}

static bool phase_is_over(const struct pyt_cc *cc, const struct bbr *bbr,
			  const struct pyt_cc_ack *ack, int64_t now_us)
{
	bool was_long = (uint32_t)now_us - bbr->cycle_us > bbr->min_rtt_us;
	unsigned gain = pacing_gain(bbr);

	if (gain > UNIT) /* until the pipe is that full, or overflows */
		return was_long &&
		       (ack->lost ||
			ack->prior_in_flight >= in_flight_at(cc, bbr, gain));
	if (gain < UNIT) /* until the queue has gone */
		return was_long ||
		       ack->prior_in_flight <= in_flight_at(cc, bbr, UNIT);
	return was_long;
}

static void check_full(struct bbr *bbr, const struct pyt_cc_ack *ack)
{
	if (bbr->is_full || !bbr->round_start || ack->rate.is_app_limited)
		return;
	if (bandwidth(bbr) / 1024 >= bbr->full_kbs / 4ull * 5) {
		bbr->full_kbs = min_u32(bandwidth(bbr) / 1024, UINT32_MAX);
		bbr->full_rounds = 0;
		return;
	}
	if (++bbr->full_rounds >= FULL_ROUNDS)
		bbr->is_full = 1;
}

static void check_drain(struct pyt_cc *cc, int64_t now_us)
{
	struct bbr *bbr = bbr_of(cc);

	if (bbr->mode == STARTUP && bbr->is_full) {
		bbr->mode = DRAIN;
		cc->ssthresh = in_flight_at(cc, bbr, UNIT);
	}
	if (bbr->mode == DRAIN && cc->in_flight <= in_flight_at(cc, bbr, UNIT))
		enter_probe_bw(bbr, now_us);
}

/* ------------------------------------------------------ the round-trip time */

/* What the window was before something else than the model lowered it. */
static void save_cwnd(struct pyt_cc *cc)
{
	struct bbr *bbr = bbr_of(cc);

	if (bbr->was_open && bbr->mode != PROBE_RTT)
		bbr->cwnd_prior = cc->cwnd;
	else if (cc->cwnd > bbr->cwnd_prior)
		bbr->cwnd_prior = cc->cwnd;
}

static void check_probe_rtt_end(struct pyt_cc *cc, int64_t now_us)
{
	struct bbr *bbr = bbr_of(cc);

	if (!bbr->until_ms || (int32_t)(ms_of(now_us) - bbr->until_ms) <= 0)
		return;
	bbr->min_rtt_at_ms = ms_of(now_us);
	if (cc->cwnd < bbr->cwnd_prior)
		cc->cwnd = bbr->cwnd_prior;
	if (bbr->is_full)
		enter_probe_bw(bbr, now_us);
	else
		bbr->mode = STARTUP;
}

/* Four segments in flight for 200 ms and for a round: no queue is ours. */
static void probe_rtt(struct pyt_cc *cc, const struct pyt_cc_ack *ack,
		      int64_t now_us)
{
	struct bbr *bbr = bbr_of(cc);

	bbr->limited_until = ack->rate.total + cc->in_flight;
	if (!bbr->until_ms) {
		if (cc->in_flight > CWND_MIN_SEGMENTS * cc->mss)
			return;
		bbr->until_ms = ms_of(now_us + PROBE_RTT_US) | 1;
		bbr->probe_round_done = 0;
		bbr->next_round = ack->rate.total;
		return;
	}
	if (bbr->round_start)
		bbr->probe_round_done = 1;
	if (bbr->probe_round_done)
		check_probe_rtt_end(cc, now_us);
}

static void update_min_rtt(struct pyt_cc *cc, const struct pyt_cc_ack *ack,
			   int64_t now_us)
{
	struct bbr *bbr = bbr_of(cc);
	bool is_old = ms_of(now_us) - bbr->min_rtt_at_ms > MIN_RTT_WINDOW_MS;

	if (ack->rtt_us &&
	    (!bbr->min_rtt_us || is_old || ack->rtt_us < bbr->min_rtt_us)) {
		bbr->min_rtt_us = ack->rtt_us;
		bbr->min_rtt_at_ms = ms_of(now_us);
	}
	if (is_old && !bbr->idle_restart && bbr->mode != PROBE_RTT) {
		save_cwnd(cc);
		bbr->mode = PROBE_RTT;
		bbr->until_ms = 0;
	}
	if (bbr->mode == PROBE_RTT)
		probe_rtt(cc, ack, now_us);
	if (ack->rate.interval_us)
		bbr->idle_restart = 0;
}

/* ----------------------------------------------------------------- window */

/*
 * In the first round of a recovery what leaves is what arrived; at its end
 * the window comes back. True: the model has nothing to say.
 */
static bool follow_recovery(struct pyt_cc *cc, const struct pyt_cc_ack *ack)
{
	struct bbr *bbr = bbr_of(cc);
	bool is_open = !ack->in_recovery && !ack->after_timeout;
	uint32_t held = cc->in_flight + ack->delivered;

	if (ack->lost)
		cc->cwnd = cc->cwnd > ack->lost + cc->mss ? cc->cwnd - ack->lost
							  : cc->mss;
	if (ack->in_recovery && !bbr->was_recovery) {
		bbr->conserves = 1;
		bbr->next_round = ack->rate.total;
		cc->cwnd = held;
	} else if (is_open && !bbr->was_open) {
		bbr->conserves = 0;
		if (cc->cwnd < bbr->cwnd_prior)
			cc->cwnd = bbr->cwnd_prior;
	}
	bbr->was_open = is_open;
	bbr->was_recovery = ack->in_recovery;
	if (bbr->conserves && cc->cwnd < held)
		cc->cwnd = held;
	return bbr->conserves;
}

static void follow_model(struct pyt_cc *cc, const struct pyt_cc_ack *ack)
{
	struct bbr *bbr = bbr_of(cc);
	uint32_t target =
		quantized(cc, bbr,
			  product(cc, bbr, bandwidth(bbr), cwnd_gain(bbr)) +
				  aggregation(bbr));

	if (bbr->is_full)
		cc->cwnd = min_u32((uint64_t)cc->cwnd + ack->delivered, target);
	else if (cc->cwnd < target ||
		 ack->rate.total < (uint64_t)INITIAL_SEGMENTS * cc->mss)
		cc->cwnd += ack->delivered;
	if (cc->cwnd < CWND_MIN_SEGMENTS * cc->mss)
		cc->cwnd = CWND_MIN_SEGMENTS * cc->mss;
}

static void set_cwnd(struct pyt_cc *cc, const struct pyt_cc_ack *ack)
{
	uint32_t least = CWND_MIN_SEGMENTS * cc->mss;

	if (ack->delivered && !follow_recovery(cc, ack))
		follow_model(cc, ack);
	if (bbr_of(cc)->mode == PROBE_RTT && cc->cwnd > least)
		cc->cwnd = least;
}

/* ------------------------------------------------------------------ hooks */

static void bbr_on_ack(struct pyt_cc *cc, const struct pyt_cc_ack *ack,
		       int64_t now_us)
{
	struct bbr *bbr = bbr_of(cc);

	update_bandwidth(bbr, ack, now_us);
	update_aggregation(cc, ack, now_us);
	if (bbr->mode == PROBE_BW && phase_is_over(cc, bbr, ack, now_us))
		begin_phase(bbr, bbr->phase + 1u, now_us);
	check_full(bbr, ack);
	check_drain(cc, now_us);
	update_min_rtt(cc, ack, now_us);
	if (!bbr->saw_rtt && cc->srtt_us)
		set_first_pace(cc);
	set_pace(cc, pacing_gain(bbr));
	set_cwnd(cc, ack);
}

static void bbr_init(struct pyt_cc *cc, int64_t now_us)
{
	struct bbr *bbr = bbr_of(cc);

	cc->ssthresh = PYT_CC_SSTHRESH_INFINITE;
	bbr->min_rtt_us = cc->min_rtt_us;
	bbr->min_rtt_at_ms = ms_of(now_us);
	bbr->epoch_us = (uint32_t)now_us;
	bbr->was_open = 1;
	set_first_pace(cc);
}

/* It has no use for one; but the window is about to be lowered. */
static uint32_t bbr_ssthresh(struct pyt_cc *cc, enum pyt_cc_cause cause,
			     int64_t now_us)
{
	(void)cause;
	(void)now_us;
	save_cwnd(cc);
	return cc->ssthresh;
}

static void bbr_on_timeout(struct pyt_cc *cc, int64_t now_us)
{
	struct bbr *bbr = bbr_of(cc);

	(void)now_us;
	bbr->was_open = 0;
	bbr->was_recovery = 0;
	bbr->full_kbs = 0;
}

static void bbr_on_restart(struct pyt_cc *cc, int64_t idleness_us,
			   int64_t now_us)
{
	struct bbr *bbr = bbr_of(cc);

	(void)idleness_us;
	bbr->idle_restart = 1;
	bbr->epoch_us = (uint32_t)now_us;
	bbr->epoch_acked = 0;
	if (bbr->mode == PROBE_BW)
		set_pace(cc, UNIT); /* the pipe is empty: no queue to drain */
	else if (bbr->mode == PROBE_RTT)
		check_probe_rtt_end(cc, now_us);
}

static void bbr_on_undo(struct pyt_cc *cc, int64_t now_us)
{
	struct bbr *bbr = bbr_of(cc);

	(void)now_us;
	bbr->full_kbs = 0; /* the loss had hidden the growth */
	bbr->full_rounds = 0;
	tcp_policer_forget(&bbr->policer);
}

static uint32_t bbr_get_info(const struct pyt_cc *cc, void *info)
{
	const struct bbr *bbr = (const struct bbr *)cc->state;
	struct tcp_bbr_info bbr_info = {
		.bbr_bw_lo = (uint32_t)bandwidth(bbr),
		.bbr_bw_hi = (uint32_t)(bandwidth(bbr) >> 32),
		.bbr_min_rtt = bbr->min_rtt_us ? bbr->min_rtt_us : UINT32_MAX,
		.bbr_pacing_gain = pacing_gain(bbr),
		.bbr_cwnd_gain = cwnd_gain(bbr),
	};

	memcpy(info, &bbr_info, sizeof(bbr_info));
	return sizeof(bbr_info);
}

const struct pyt_cc_ops tcp_bbr = {
	.version = PYT_CC_VERSION,
	.size = sizeof(struct pyt_cc_ops),
	.name = "bbr",
	.flags = PYT_CC_WANTS_PACING | PYT_CC_APP_LIMITED_OK | PYT_CC_OWNS_CWND,
	.init = bbr_init,
	.ssthresh = bbr_ssthresh,
	.on_ack = bbr_on_ack,
	.on_timeout = bbr_on_timeout,
	.on_restart = bbr_on_restart,
	.on_undo = bbr_on_undo,
	.get_info = bbr_get_info,
};
