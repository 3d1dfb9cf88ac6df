/*
 * What the congestion control hears of each acknowledgment, and the window's
 * validation: one that was not used does not grow (RFC 7661 in Linux's form),
 * and is lowered after idleness (RFC 5681, 4.1; RFC 2861).
 */
#include "tcp/tcp_cwnd.h"

#define RESTART_SEGMENTS 10 /* the initial window again, RFC 6928 */

/*
 * Linux's tcp_is_cwnd_limited(): in slow start half of it must have been in
 * use, as it doubles; else all of it but a segment.
 */
static bool window_was_used(const struct tcp_connection *tcp)
{
	uint32_t peak = tcp->snd.flight_peak;

	if (tcp_cc_has(&tcp->cc, PYT_CC_APP_LIMITED_OK))
		return true;
	if (pyt_cc_in_slow_start(&tcp->cc))
		return tcp->cc.cwnd / 2 < peak;
	return peak + tcp->snd.mss > tcp->cc.cwnd;
}

static void tell_path(struct tcp_connection *tcp)
{
	tcp->cc.in_flight = tcp_in_flight(tcp);
	tcp->cc.srtt_us = (uint32_t)tcp->rto.srtt_us;
	tcp->cc.min_rtt_us = (uint32_t)tcp->rto.min_rtt_us;
}

void tcp_cwnd_start(struct tcp_connection *tcp, const struct pyt_cc_ops *ops,
		    int64_t now_us)
{
	tell_path(tcp);
	tcp_cc_start(&tcp->cc, ops, now_us);
}

void tcp_cwnd_on_ack(struct tcp_connection *tcp,
		     const struct tcp_ack_result *result, int64_t now_us)
{
	struct pyt_cc_ack ack = {
		.acked = result->acked,
		.delivered = result->delivered,
		.ce_bytes = result->ce_bytes,
		.lost = tcp->sent.lost_total - tcp->lost_told,
		.prior_in_flight = result->prior_in_flight,
		.rtt_us = (uint32_t)result->rtt_us,
		.round_start = result->round_start,
		.window_was_used = window_was_used(tcp),
		.in_recovery = tcp->recovery.state == TCP_RECOVERY_FAST ||
			       tcp->recovery.is_reducing,
		.after_timeout = tcp->recovery.state == TCP_RECOVERY_LOSS,
	};

	tcp->lost_told = tcp->sent.lost_total;
	ack.rate = tcp_rate_finish(tcp, &result->rate, ack.delivered, now_us);
	if (!ack.delivered && !ack.lost)
		return;
	tell_path(tcp);
	tcp_cc_on_ack(&tcp->cc, &ack, now_us);
}

/* RFC 5681, 4.1; halved for each timeout that has passed, as RFC 2861. */
static void lower_after(struct tcp_connection *tcp, int64_t idle_us)
{
	struct pyt_cc *cc = &tcp->cc;
	int64_t rto_us = tcp->rto.base_us;
	uint32_t least = RESTART_SEGMENTS * cc->mss;

	if (idle_us < rto_us)
		return;
	if (cc->ssthresh < cc->cwnd / 4 * 3)
		cc->ssthresh = cc->cwnd / 4 * 3;
	for (; idle_us >= rto_us && cc->cwnd > least; idle_us -= rto_us)
		cc->cwnd /= 2;
	if (cc->cwnd < least)
		cc->cwnd = least;
}

void tcp_cwnd_before_new_data(struct tcp_connection *tcp, int64_t now_us)
{
	int64_t idle_us = now_us - tcp->snd.last_us;

	if (tcp->snd.una != tcp->snd.nxt || !tcp->snd.last_us)
		return;
	tcp_cc_on_restart(&tcp->cc, idle_us, now_us);
	if (tcp_settings(tcp)->slow_start_after_idle &&
	    !tcp_cc_has(&tcp->cc, PYT_CC_APP_LIMITED_OK))
		lower_after(tcp, idle_us);
}

void tcp_cwnd_on_sent(struct tcp_connection *tcp)
{
	uint32_t in_flight = tcp_in_flight(tcp);

	if (in_flight > tcp->snd.flight_peak)
		tcp->snd.flight_peak = in_flight;
}
