/*
 * The congestion state: open, fast recovery, after a timeout; what each ACK
 * does to it. Losses are found by RACK (tcp_rack.c) or, without SACK, by
 * NewReno (tcp_newreno.c); how fast they are mended is PRR's (tcp_prr.c); and
 * what turns out to be none is undone (tcp_frto.c, tcp_undo.c). RFC 5681,
 * 6582, 6675, 8985.
 */
#include "tcp/tcp_recovery.h"

#include "tcp/tcp_cwnd.h"
#include "tcp/tcp_ecn.h"
#include "tcp/tcp_frto.h"
#include "tcp/tcp_newreno.h"
#include "tcp/tcp_plpmtud.h"
#include "tcp/tcp_prr.h"
#include "tcp/tcp_rack.h"
#include "tcp/tcp_reorder.h"
#include "tcp/tcp_tlp.h"
#include "tcp/tcp_undo.h"

#define RENEGING_WAIT_MIN_US 10000

static void count(struct tcp_connection *tcp, enum counter counter)
{
	counter_hit(&tcp_engine(tcp)->counters, counter);
}

static void count_by_sack(struct tcp_connection *tcp, enum counter with,
			  enum counter without)
{
	count(tcp, tcp->sack_ok ? with : without);
}

void tcp_recovery_mark_lost(struct tcp_connection *tcp,
			    struct tcp_sent_record *record)
{
	if (record->state == TCP_SENT_IN_FLIGHT && record->retransmitted)
		count(tcp, COUNTER_TCP_LOST_RETRANSMIT);
	tcp_sent_mark_lost(&tcp->sent, record);
}

/*
 * What brings cwnd to the new ssthresh is PRR, whatever the cause. A mark
 * cannot be for nothing: only losses are undone.
 */
static void reduce(struct tcp_connection *tcp, enum pyt_cc_cause cause,
		   const struct tcp_ack_result *result, int64_t now_us)
{
	if (cause == PYT_CC_ECN)
		tcp_undo_forget(tcp);
	else
		tcp_undo_start(tcp);
	tcp_cc_reduce(&tcp->cc, cause, tcp_in_flight(tcp), now_us);
	tcp_ecn_on_reduction(tcp);
	tcp_prr_start(tcp, result);
}

/* A loss in the round trip of a mark is the same congestion: Linux. */
static void enter_fast(struct tcp_connection *tcp,
		       const struct tcp_ack_result *result, int64_t now_us)
{
	struct tcp_recovery *recovery = &tcp->recovery;

	if (!recovery->is_reducing)
		reduce(tcp, PYT_CC_LOSS, result, now_us);
	else if (!tcp->sack_ok) /* what may still arrive, see tcp_newreno.c */
		recovery->prr_start_len =
			recovery->prr_delivered +
			(uint32_t)(tcp->snd.nxt - tcp->snd.una);
	tcp_tlp_reset(tcp);
	recovery->state = TCP_RECOVERY_FAST;
	recovery->is_reducing = false;
	recovery->high = tcp->snd.nxt;
	count_by_sack(tcp, COUNTER_TCP_SACK_RECOVERY,
		      COUNTER_TCP_RENO_RECOVERY);
}

/* RFC 3168, 6.1.2: at most once a round trip. */
static void on_ecn_echo(struct tcp_connection *tcp,
			const struct tcp_ack_result *result, int64_t now_us)
{
	struct tcp_recovery *recovery = &tcp->recovery;

	if (recovery->state != TCP_RECOVERY_OPEN || recovery->is_reducing)
		return;
	reduce(tcp, PYT_CC_ECN, result, now_us);
	recovery->is_reducing = true;
	recovery->high = tcp->snd.nxt;
}

/* Until more than what was in flight is acknowledged: CWR has arrived. */
static void end_reduction(struct tcp_connection *tcp)
{
	struct tcp_recovery *recovery = &tcp->recovery;

	if (!recovery->is_reducing || tcp->snd.una <= recovery->high)
		return;
	recovery->is_reducing = false;
	if (!tcp_cc_has(&tcp->cc, PYT_CC_OWNS_CWND))
		tcp->cc.cwnd = tcp->cc.ssthresh;
}

static void leave(struct tcp_connection *tcp)
{
	struct tcp_recovery *recovery = &tcp->recovery;

	if (recovery->state == TCP_RECOVERY_FAST &&
	    !tcp_cc_has(&tcp->cc, PYT_CC_OWNS_CWND))
		tcp->cc.cwnd = tcp->cc.ssthresh;
	if (tcp->cc.cwnd < tcp->cc.mss)
		tcp->cc.cwnd = tcp->cc.mss;
	recovery->state = TCP_RECOVERY_OPEN;
	recovery->frto = TCP_FRTO_OFF;
	recovery->dup_acks = 0;
	tcp_rack_on_recovery_end(tcp);
}

static void undo(struct tcp_connection *tcp, enum counter cause, int64_t now_us)
{
	leave(tcp);
	tcp->ecn.cwr_due = false; /* no reduction, nothing to tell of it */
	tcp_undo_apply(tcp, cause, now_us);
}

void tcp_recovery_on_delivered(struct tcp_connection *tcp,
			       const struct tcp_sent_record *record,
			       struct tcp_ack_result *result, int64_t now_us)
{
	uint32_t len = (uint32_t)(record->end - record->start);

	result->delivered += len;
	if (!record->retransmitted && record->end <= tcp->recovery.high)
		result->original_len += len;
	tcp_rate_on_delivered(tcp, record, &result->rate);
	tcp_reorder_on_delivered(tcp, record, result);
	tcp_rack_on_delivered(tcp, record, result, now_us);
}

/* ------------------------------------------------- what an ACK undoes */

/* D-SACKs may come when the recovery that they are about is over. */
static bool undo_open(struct tcp_connection *tcp, int64_t now_us)
{
	if (!tcp_undo_by_dsack(tcp))
		return false;
	tcp_undo_apply(tcp, COUNTER_TCP_DSACK_UNDO, now_us);
	return true;
}

static bool undo_fast(struct tcp_connection *tcp,
		      const struct tcp_ack_result *result, int64_t now_us)
{
	bool is_over = tcp->snd.una >= tcp->recovery.high;
	bool is_late = tcp_undo_by_timestamp(tcp, result);

	if (is_late)
		tcp_reorder_note(tcp, result->prior_una,
				 COUNTER_TCP_TS_REORDER);
	if (is_over && (is_late || tcp_undo_by_dsack(tcp))) {
		undo(tcp, COUNTER_TCP_FULL_UNDO, now_us);
	} else if (is_late && !tcp->sent.again_len) {
		undo(tcp, COUNTER_TCP_PARTIAL_UNDO, now_us);
	} else if (tcp_undo_by_dsack(tcp)) {
		undo(tcp, COUNTER_TCP_DSACK_UNDO, now_us);
	} else {
		return false;
	}
	return true;
}

static bool undo_loss(struct tcp_connection *tcp,
		      const struct tcp_ack_result *result, int64_t now_us)
{
	bool is_early = tcp_frto_on_ack(tcp, result);
	bool is_late = tcp_undo_by_timestamp(tcp, result);
	bool is_known_twice = result->acked && tcp_undo_by_dsack(tcp);

	if (!is_early && !is_late && !is_known_twice)
		return false;
	if (is_early)
		count(tcp, COUNTER_TCP_SPURIOUS_RTOS);
	undo(tcp, COUNTER_TCP_LOSS_UNDO, now_us);
	tcp_rto_on_spurious(&tcp->rto);
	return true;
}

static bool undo_what_was_none(struct tcp_connection *tcp,
			       const struct tcp_ack_result *result,
			       int64_t now_us)
{
	switch (tcp->recovery.state) {
	case TCP_RECOVERY_OPEN:
		return undo_open(tcp, now_us);
	case TCP_RECOVERY_FAST:
		return undo_fast(tcp, result, now_us);
	case TCP_RECOVERY_LOSS:
		return undo_loss(tcp, result, now_us);
	}
	return false;
}

/* ------------------------------------------------------------- the ACK */

/* A probe that came twice says nothing about reordering: Linux. */
static void take_dsack(struct tcp_connection *tcp,
		       const struct tcp_ack_result *result)
{
	if (result->dsack.end <= result->dsack.start)
		return;
	tcp_undo_on_dsack(tcp, result->dsack);
	if (result->dsack.end != tcp->tlp.end)
		tcp_rack_on_dsack(tcp);
}

static void detect(struct tcp_connection *tcp,
		   const struct tcp_ack_result *result, int64_t now_us)
{
	if (tcp->sack_ok)
		tcp_rack_detect(tcp, now_us);
	else
		tcp_newreno_detect(tcp, result);
}

/*
 * An ACK that undid a reduction may cover a window: it grows nothing. Nor do
 * duplicates and SACKs alone (RFC 3042, 2), but where reordering is known to
 * be large, as Linux.
 */
static void tell_control(struct tcp_connection *tcp,
			 const struct tcp_ack_result *result, bool is_undone,
			 int64_t now_us)
{
	uint32_t usual = (uint32_t)tcp_settings(tcp)->reordering;
	bool is_disorder = tcp->recovery.state == TCP_RECOVERY_OPEN &&
			   !result->acked && tcp->recovery.reordering <= usual;
	uint32_t cwnd = tcp->cc.cwnd;

	tcp_cwnd_on_ack(tcp, result, now_us);
	if ((is_undone || is_disorder) &&
	    !tcp_cc_has(&tcp->cc, PYT_CC_OWNS_CWND))
		tcp->cc.cwnd = cwnd;
}

/*
 * The peer acknowledges up to what it had SACKed and no further: it may have
 * dropped that (RFC 2018, 8). The timeout that shall find out comes soon.
 */
void tcp_recovery_suspect_reneging(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_sent_record *first = tcp_sent_first(&tcp->sent);
	int64_t wait_us = tcp->rto.srtt_us / 2;

	if (!first || first->state != TCP_SENT_SACKED)
		return;
	if (wait_us < RENEGING_WAIT_MIN_US)
		wait_us = RENEGING_WAIT_MIN_US;
	tcp_timer_set(tcp, TCP_TIMER_RETRANSMIT, now_us + wait_us);
	tcp_timer_stop(tcp, TCP_TIMER_TAIL_PROBE);
}

void tcp_recovery_on_ack(struct tcp_connection *tcp,
			 struct tcp_ack_result *result, int64_t now_us)
{
	struct tcp_recovery *recovery = &tcp->recovery;
	uint32_t lost_before = tcp->sent.lost_total;
	bool is_undone;

	if (!tcp->sack_ok)
		tcp_newreno_count(tcp, result);
	tcp_reorder_on_ack(tcp, result);
	take_dsack(tcp, result);
	is_undone = undo_what_was_none(tcp, result, now_us);
	if (recovery->state != TCP_RECOVERY_OPEN &&
	    tcp->snd.una >= recovery->high)
		leave(tcp);
	end_reduction(tcp);

	detect(tcp, result, now_us);
	if (recovery->state == TCP_RECOVERY_OPEN && tcp->sent.lost_len &&
	    !tcp_plpmtud_takes_loss(tcp))
		enter_fast(tcp, result, now_us);
	if (result->ece)
		on_ecn_echo(tcp, result, now_us);
	tell_control(tcp, result, is_undone, now_us);
	if (recovery->state == TCP_RECOVERY_FAST || recovery->is_reducing)
		tcp_prr_on_ack(tcp, result,
			       tcp->sent.lost_total != lost_before);
}

void tcp_recovery_on_reorder_timer(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_ack_result none = { 0 };

	tcp_rack_detect(tcp, now_us);
	if (tcp->recovery.state == TCP_RECOVERY_OPEN && tcp->sent.lost_len &&
	    !tcp_plpmtud_takes_loss(tcp))
		enter_fast(tcp, &none, now_us);
	if (tcp->recovery.state == TCP_RECOVERY_FAST)
		tcp_prr_on_ack(tcp, &none, true);
}

/* --------------------------------------------------------- the timeout */

static void count_failure(struct tcp_connection *tcp)
{
	count(tcp, COUNTER_TCP_TIMEOUTS);
	if (tcp->recovery.retransmits)
		return;
	switch (tcp->recovery.state) {
	case TCP_RECOVERY_OPEN:
		if (tcp->sent.sacked_len || tcp->recovery.dup_acks)
			count_by_sack(tcp, COUNTER_TCP_SACK_FAILURES,
				      COUNTER_TCP_RENO_FAILURES);
		break;
	case TCP_RECOVERY_FAST:
		count_by_sack(tcp, COUNTER_TCP_SACK_RECOVERY_FAIL,
			      COUNTER_TCP_RENO_RECOVERY_FAIL);
		break;
	case TCP_RECOVERY_LOSS:
		count(tcp, COUNTER_TCP_LOSS_FAILURES);
		break;
	}
}

static void mark_lost(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_sent_record *first = tcp_sent_first(&tcp->sent);
	struct tcp_sent_record *record;

	if (first && first->state == TCP_SENT_SACKED) {
		count(tcp, COUNTER_TCP_SACK_RENEGING);
		tcp_sent_forget_sacks(&tcp->sent);
	}
	if (tcp->sack_ok)
		tcp_rack_on_timeout(tcp, now_us);
	while (!tcp->sack_ok && (record = tcp_sent_first_in_flight(&tcp->sent)))
		tcp_recovery_mark_lost(tcp, record);
}

/*
 * RFC 5681, 3.1; a timeout in a row, or in a recovery, is the same congestion.
 * The loss window is one segment beside what RACK believes to be on its way.
 */
void tcp_recovery_on_timeout(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_recovery *recovery = &tcp->recovery;
	struct tcp_ack_result none = { 0 };
	bool is_first = recovery->state == TCP_RECOVERY_OPEN;
	bool is_in_a_row = recovery->retransmits > 0;

	count_failure(tcp);
	tcp_reorder_on_timeout(tcp);
	if ((is_first && !recovery->is_reducing) ||
	    (recovery->state == TCP_RECOVERY_LOSS && !is_in_a_row))
		reduce(tcp, PYT_CC_TIMEOUT, &none, now_us);
	recovery->is_reducing = false;
	mark_lost(tcp, now_us);
	tcp_timer_stop(tcp, TCP_TIMER_REORDER);
	tcp_tlp_on_timeout(tcp);
	recovery->state = TCP_RECOVERY_LOSS;
	recovery->high = tcp->snd.nxt;
	recovery->dup_acks = 0;
	tcp_frto_on_timeout(tcp, is_first || is_in_a_row);
	tcp_cc_on_timeout(&tcp->cc, now_us);
	if (!tcp_cc_has(&tcp->cc, PYT_CC_OWNS_CWND))
		tcp->cc.cwnd = tcp_in_flight(tcp) + tcp->cc.mss;
}

/* --------------------------------------------------------- what leaves */

void tcp_recovery_on_sent(struct tcp_connection *tcp, uint32_t len,
			  bool is_again, int64_t now_us)
{
	if (tcp->recovery.state == TCP_RECOVERY_FAST ||
	    tcp->recovery.is_reducing)
		tcp_prr_on_sent(tcp, len);
	if (!is_again)
		return;
	tcp_undo_on_sent_again(tcp, len, now_us);
	tcp_frto_on_sent_again(tcp);
}
