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
	tcp->cc.has_ecn = tcp->ecn.mode != TCP_ECN_OFF;
	tcp->cc.srtt_us = (uint32_t)tcp->rto.srtt_us;
	tcp->cc.min_rtt_us = (uint32_t)tcp->rto.min_rtt_us;
}

void tcp_cwnd_start(struct tcp_connection *tcp, const struct pyt_cc_ops *ops,
		    int64_t now_us)
{
	tell_path(tcp);
	tcp->cwnd_fed_us = now_us;
	tcp->snd.cwnd_used = 0;
	tcp_cc_start(&tcp->cc, ops, now_us);
}

/* Linux's tcp_current_ssthresh(): what the window was is not forgotten. */
static void keep_in_ssthresh(struct pyt_cc *cc)
{
	uint32_t most = cc->cwnd / 4 * 3;

	if (cc->ssthresh < most)
		cc->ssthresh = most;
}

static uint32_t restart_window(const struct pyt_cc *cc)
{
	uint32_t initial = RESTART_SEGMENTS * cc->mss;

	return cc->cwnd < initial ? cc->cwnd : initial;
}

/* Linux's tcp_cwnd_application_limited(): half of the way to what was used. */
static void lower_to_used(struct tcp_connection *tcp, int64_t now_us)
{
	struct pyt_cc *cc = &tcp->cc;
	uint32_t used = restart_window(cc);
	bool program_waits = tcp->snd.end - tcp->snd.una >= tcp->snd.buffer;

	if (tcp->snd.cwnd_used > used)
		used = tcp->snd.cwnd_used;
	if (tcp->recovery.state == TCP_RECOVERY_OPEN && !program_waits &&
	    used < cc->cwnd) {
		keep_in_ssthresh(cc);
		cc->cwnd = (cc->cwnd + used) / 2;
	}
	tcp->snd.cwnd_used = 0;
	tcp->cwnd_fed_us = now_us;
}

/* RFC 7661 in Linux's form: a timeout long the program sent less. */
static void validate(struct tcp_connection *tcp, bool was_used, int64_t now_us)
{
	if (was_used) {
		tcp->snd.cwnd_used = 0;
		tcp->cwnd_fed_us = now_us;
		return;
	}
	if (tcp->snd.flight_peak > tcp->snd.cwnd_used)
		tcp->snd.cwnd_used = tcp->snd.flight_peak;
	if (tcp_settings(tcp)->slow_start_after_idle &&
	    now_us - tcp->cwnd_fed_us >= tcp->rto.base_us)
		lower_to_used(tcp, now_us);
}

void tcp_cwnd_on_ack(struct tcp_connection *tcp,
		     const struct tcp_ack_result *result, int64_t now_us)
{
	/* RFC 5681, 3.1: SACKs alone do not make the window grow. */
	bool was_used = window_was_used(tcp);
	struct pyt_cc_ack ack = {
		.acked = result->acked,
		.delivered = result->delivered,
		.ce_bytes = result->ce_bytes,
		.lost = tcp->sent.lost_total - tcp->lost_told,
		.prior_in_flight = result->prior_in_flight,
		.rtt_us = (uint32_t)result->rtt_us,
		.round_start = result->round_start,
		.window_was_used = was_used && result->acked,
		.in_recovery = tcp->recovery.state == TCP_RECOVERY_FAST ||
			       tcp->recovery.is_reducing,
		.after_timeout = tcp->recovery.state == TCP_RECOVERY_LOSS,
	};

	tcp->lost_told = tcp->sent.lost_total;
	ack.rate = tcp_rate_finish(tcp, &result->rate, ack.delivered, now_us);
	if (!ack.delivered && !ack.lost)
		return;
	tell_path(tcp);
	validate(tcp, was_used, now_us);
	tcp_cc_on_ack(&tcp->cc, &ack, now_us);
}

/* RFC 5681, 4.1; halved for each timeout that has passed, as RFC 2861. */
static void lower_after(struct tcp_connection *tcp, int64_t idle_us)
{
	struct pyt_cc *cc = &tcp->cc;
	int64_t rto_us = tcp->rto.base_us;
	uint32_t least = restart_window(cc);

	if (idle_us < rto_us)
		return;
	keep_in_ssthresh(cc);
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
