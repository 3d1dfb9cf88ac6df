/*
 * Tail loss probe. RFC 8985, 7: one for each tail, none in a recovery.
 *
 * net.ipv4.tcp_tail_probes above 1 does two things as QUIC (RFC 9002, 6.2),
 * for paths that lose much: recoveries are probed, too, as in a small window a
 * lost retransmission has often nothing behind it that could tell; and where
 * more probes fit before the timeout they follow, each after twice the time,
 * with one more after each timeout, so that one loss does not double the next.
 */
#include "tcp/tcp_tlp.h"

#include "tcp/tcp_ecn.h"
#include "tcp/tcp_timers.h"
#include "tcp/tcp_undo.h"

static bool is_in_recovery(const struct tcp_connection *tcp)
{
	return tcp->recovery.state != TCP_RECOVERY_OPEN;
}

/* Most probes without an answer, recoveries included. */
static int probes_max(const struct tcp_connection *tcp)
{
	return tcp_settings(tcp)->tail_probes;
}

static bool repeats(const struct tcp_connection *tcp)
{
	return probes_max(tcp) > 1;
}

static bool may_probe(const struct tcp_connection *tcp)
{
	const struct tcp_tlp *tlp = &tcp->tlp;

	if (!tcp_settings(tcp)->early_retrans || !tcp->sack_ok ||
	    !tcp_is_synchronized(tcp))
		return false;
	if (!tcp_timer_is_set(tcp, TCP_TIMER_RETRANSMIT))
		return false;
	/* 7.3: one without a new round trip, until it is judged; 7.2 */
	if (!repeats(tcp) &&
	    (tlp->end || is_in_recovery(tcp) || tcp->sent.sacked_len))
		return false;
	return !tlp->due && tlp->sent < probes_max(tcp);
}

/* 7.2. A receiver that misses something acknowledges without delay. */
static int64_t timeout_us(const struct tcp_connection *tcp)
{
	int64_t us = 2 * tcp->rto.srtt_us + TCP_TLP_MARGIN_US;
	bool may_be_delayed =
		tcp_in_flight(tcp) <= tcp->snd.mss && !tcp->sent.sacked_len;

	if (!tcp->rto.srtt_us)
		us = TCP_RTO_INITIAL_US; /* nor is there a timeout then */
	else if (may_be_delayed)
		us += TCP_TLP_ACK_DELAY_US;
	return repeats(tcp) ? us << tcp->tlp.sent : us;
}

void tcp_tlp_schedule(struct tcp_connection *tcp, int64_t now_us)
{
	int64_t deadline_us = now_us + timeout_us(tcp);
	int64_t rto_at_us = tcp->deadline_us[TCP_TIMER_RETRANSMIT];
	bool is_too_late =
		repeats(tcp) && tcp->tlp.sent && deadline_us >= rto_at_us;

	if (!may_probe(tcp) || is_too_late) {
		tcp_timer_stop(tcp, TCP_TIMER_TAIL_PROBE);
		return;
	}
	if (deadline_us > rto_at_us)
		deadline_us = rto_at_us;
	tcp_timer_set(tcp, TCP_TIMER_TAIL_PROBE, deadline_us);
}

/* The timeout is the last resort: it begins anew with the first probe. */
void tcp_tlp_on_timer(struct tcp_connection *tcp, int64_t now_us)
{
	if (!may_probe(tcp))
		return;
	if (tcp_tlp_decide(tcp, tcp_decide_mss(tcp)).kind == TCP_SEND_NOTHING)
		return;
	tcp->tlp.due = true;
	if (!repeats(tcp) || !tcp->tlp.sent)
		tcp_timers_restart_retransmit(tcp, now_us);
}

static struct tcp_decision new_segment(const struct tcp_connection *tcp,
				       uint32_t mss)
{
	struct tcp_decision d = { .start = tcp->snd.nxt };
	uint64_t unsent =
		tcp->snd.end > tcp->snd.nxt ? tcp->snd.end - tcp->snd.nxt : 0;
	uint64_t room =
		tcp->snd.edge > tcp->snd.nxt ? tcp->snd.edge - tcp->snd.nxt : 0;

	if (!unsent || (room < unsent && room < mss))
		return d;
	d.kind = TCP_SEND_DATA;
	d.len = (uint32_t)(unsent < mss ? unsent : mss);
	d.fin = tcp->fin_queued && d.len == unsent;
	return d;
}

/* The last segment's worth of record, or its first if it was lost. */
static struct tcp_decision again(const struct tcp_connection *tcp,
				 struct tcp_sent_record *record, uint32_t mss)
{
	uint64_t end = record->end < tcp->snd.end ? record->end : tcp->snd.end;
	struct tcp_decision d = { .kind = TCP_SEND_AGAIN,
				  .start = record->start,
				  .record = record };
	uint32_t len = end > d.start ? (uint32_t)(end - d.start) : 0;

	if (len > mss && record->state != TCP_SENT_LOST) {
		d.start += (len - 1) / mss * mss;
		len = (uint32_t)(end - d.start);
	}
	if (tcp_decide_is_behind_edge(tcp, d.start))
		return (struct tcp_decision){ 0 };
	d.len = len < mss ? len : mss;
	d.len = tcp_decide_cut_by_edge(tcp, d.start, d.len, mss);
	d.fin = record->end > tcp->snd.end && d.start + d.len == tcp->snd.end;
	return d;
}

/* The highest in flight; SACKed neighbours are one record. */
static struct tcp_decision last_again(const struct tcp_connection *tcp,
				      uint32_t mss)
{
	struct tcp_sent_record *record = tcp_sent_last(&tcp->sent);

	if (record && record->state == TCP_SENT_SACKED)
		record = tcp_sent_previous(record);
	if (!record || record->state != TCP_SENT_IN_FLIGHT)
		return (struct tcp_decision){ 0 };
	return again(tcp, record, mss);
}

/* New data calls for an ACK as well as the highest segment does (7.3). */
struct tcp_decision tcp_tlp_decide(const struct tcp_connection *tcp,
				   uint32_t mss)
{
	struct tcp_sent_record *record = tcp_sent_first_lost(&tcp->sent);
	struct tcp_decision d = { 0 };

	if (record && record->start < tcp->snd.edge)
		d = again(tcp, record, mss);
	if (d.kind == TCP_SEND_NOTHING)
		d = new_segment(tcp, mss);
	if (d.kind == TCP_SEND_NOTHING)
		d = last_again(tcp, mss);
	d.is_tail_probe = d.kind != TCP_SEND_NOTHING;
	return d;
}

void tcp_tlp_on_sent(struct tcp_connection *tcp, const struct tcp_decision *d,
		     int64_t now_us)
{
	struct tcp_tlp *tlp = &tcp->tlp;

	if (d->is_tail_probe) {
		tlp->due = false;
		tlp->sent++;
		tlp->is_retransmission = d->kind == TCP_SEND_AGAIN;
		/* In a recovery the congestion control has reacted. */
		tlp->end = is_in_recovery(tcp) ? 0 : tcp->snd.nxt;
		counter_hit(&tcp_engine(tcp)->counters,
			    COUNTER_TCP_LOSS_PROBES);
	}
	tcp_tlp_schedule(tcp, now_us);
}

/* 7.4.2: the probe mended the one loss, which nothing else shows. */
static void react_to_loss(struct tcp_connection *tcp, int64_t now_us)
{
	tcp_undo_forget(tcp);
	tcp_cc_reduce(&tcp->cc, PYT_CC_LOSS, tcp_in_flight(tcp), now_us);
	tcp_ecn_on_reduction(tcp);
	if (tcp->cc.cwnd > tcp->cc.ssthresh &&
	    !tcp_cc_has(&tcp->cc, PYT_CC_OWNS_CWND))
		tcp->cc.cwnd = tcp->cc.ssthresh;
	counter_hit(&tcp_engine(tcp)->counters,
		    COUNTER_TCP_LOSS_PROBE_RECOVERY);
}

void tcp_tlp_on_ack(struct tcp_connection *tcp,
		    const struct tcp_ack_result *result, int64_t now_us)
{
	struct tcp_tlp *tlp = &tcp->tlp;

	if (result->rtt_us)
		tlp->sent = 0;
	if (result->acked)
		tlp->due = false;
	if (!tlp->end || tcp->snd.una < tlp->end)
		return;
	if (!tlp->is_retransmission || result->dsack.end == tlp->end ||
	    (result->is_duplicate && !result->sacked)) {
		tlp->end = 0; /* new data, or both of them arrived */
	} else if (tcp->snd.una > tlp->end) {
		tlp->end = 0;
		react_to_loss(tcp, now_us);
	}
}

void tcp_tlp_reset(struct tcp_connection *tcp)
{
	tcp->tlp.end = 0;
	tcp->tlp.due = false;
}

void tcp_tlp_on_timeout(struct tcp_connection *tcp)
{
	tcp_timer_stop(tcp, TCP_TIMER_TAIL_PROBE);
	tcp_tlp_reset(tcp);
	if (repeats(tcp) && tcp->tlp.sent >= probes_max(tcp))
		tcp->tlp.sent = (uint8_t)(probes_max(tcp) - 1);
}
