/*
 * Each piece of data puts off the next one by the time that it takes at the
 * rate: the congestion control's own, else Linux's, so many percent of a
 * window for each round trip. A timer that runs late is made up for as far as
 * 64 KB or a millisecond's worth, so that the rate holds on a busy machine.
 */
#include "tcp/tcp_pacing.h"

#define LATE_MIN_NS 1000000 /* is always made up for */
#define LATE_MAX_NS 10000000
#define LATE_MAX_LEN 65536
#define BURST_SHIFT 10 /* a second / 1024, Linux's sk_pacing_shift */
#define FREE_SEGMENTS 10 /* the initial window leaves at once, as Linux's */

/* Linux's tcp_update_pacing_rate(). */
static uint64_t rate_of_window(const struct tcp_connection *tcp)
{
	const struct tcp_settings *settings = tcp_settings(tcp);
	const struct pyt_cc *cc = &tcp->cc;
	uint64_t ratio = (uint64_t)(cc->cwnd < cc->ssthresh / 2
					    ? settings->pacing_ss_ratio
					    : settings->pacing_ca_ratio);
	uint64_t in_flight = tcp->snd.nxt - tcp->snd.una;
	uint64_t window = cc->cwnd > in_flight ? cc->cwnd : in_flight;

	if (!tcp->rto.srtt_us)
		return PYT_CC_UNPACED;
	return window * ratio * 10000 / (uint64_t)tcp->rto.srtt_us;
}

uint64_t tcp_pacing_rate(const struct tcp_connection *tcp)
{
	uint64_t most = tcp->options.max_pacing_rate;
	uint64_t rate = tcp_cc_has(&tcp->cc, PYT_CC_WANTS_PACING)
				? tcp->cc.pacing_rate
				: rate_of_window(tcp);

	return rate < most ? rate : most;
}

uint32_t tcp_pacing_burst(const struct tcp_connection *tcp, uint32_t mss,
			  uint32_t gso_max)
{
	uint64_t least = (uint64_t)tcp_settings(tcp)->min_tso_segs * mss;
	uint64_t len = tcp_pacing_rate(tcp) >> BURST_SHIFT;

	if (len < least)
		len = least;
	return len < gso_max ? (uint32_t)len : gso_max;
}

static int64_t late_max_ns(uint64_t rate)
{
	uint64_t ns = LATE_MAX_LEN * 1000000000ull / rate;

	if (ns < LATE_MIN_NS)
		return LATE_MIN_NS;
	return ns < LATE_MAX_NS ? (int64_t)ns : LATE_MAX_NS;
}

void tcp_pacing_on_sent(struct tcp_connection *tcp, uint32_t len,
			int64_t now_us)
{
	int64_t now_ns = now_us * 1000;
	int64_t least_ns;
	uint64_t rate;

	if (!tcp_pacing_is_on(tcp) ||
	    tcp->statistics.data_segs_out < FREE_SEGMENTS)
		return;
	rate = tcp_pacing_rate(tcp);
	if (rate == PYT_CC_UNPACED || !rate)
		return;
	least_ns = now_ns - late_max_ns(rate);
	if (tcp->pacing_next_ns < least_ns)
		tcp->pacing_next_ns = least_ns;
	tcp->pacing_next_ns += (int64_t)(len * 1000000000ull / rate);
	if (tcp->pacing_next_ns > now_ns)
		tcp_timer_set(tcp, TCP_TIMER_PACING,
			      (tcp->pacing_next_ns + 999) / 1000);
}
