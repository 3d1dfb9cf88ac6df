/*
 * Fast retransmit and fast recovery with proportional rate reduction, for
 * peers with SACK (losses found by RACK) and without (NewReno), and the
 * retransmission timeout. RFC 5681, 6582, 6675, 6937.
 */
#include "tcp/tcp_recovery.h"

#include "tcp/tcp_cwnd.h"
#include "tcp/tcp_ecn.h"
#include "tcp/tcp_plpmtud.h"
#include "tcp/tcp_rack.h"
#include "tcp/tcp_tlp.h"

/* What brings cwnd to the new ssthresh is PRR, whatever the cause. */
static void reduce(struct tcp_connection *tcp, enum pyt_cc_cause cause,
		   int64_t now_us)
{
	struct tcp_recovery *recovery = &tcp->recovery;

	tcp_cc_reduce(&tcp->cc, cause, tcp_in_flight(tcp), now_us);
	tcp_ecn_on_reduction(tcp);
	recovery->prr_delivered = 0;
	recovery->prr_out = 0;
	recovery->prr_start_len = (uint32_t)(tcp->snd.nxt - tcp->snd.una);
}

/* A loss in the round trip of a mark is the same congestion: Linux. */
static void enter_fast(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_recovery *recovery = &tcp->recovery;

	if (!recovery->is_reducing)
		reduce(tcp, PYT_CC_LOSS, now_us);
	tcp_tlp_reset(tcp);
	recovery->state = TCP_RECOVERY_FAST;
	recovery->is_reducing = false;
	recovery->high = tcp->snd.nxt;
}

/* RFC 3168, 6.1.2: at most once a round trip. */
static void on_ecn_echo(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_recovery *recovery = &tcp->recovery;

	if (recovery->state != TCP_RECOVERY_OPEN || recovery->is_reducing)
		return;
	reduce(tcp, PYT_CC_ECN, now_us);
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
	recovery->dup_acks = 0;
}

/* RFC 6937, 3.1; the first retransmission does not wait for its turn. */
static void update_prr(struct tcp_connection *tcp,
		       const struct tcp_ack_result *result)
{
	struct tcp_recovery *recovery = &tcp->recovery;
	uint32_t pipe = tcp_in_flight(tcp);
	uint32_t mss = tcp->snd.mss;
	int64_t allowed;

	if (tcp_cc_has(&tcp->cc, PYT_CC_OWNS_CWND))
		return;
	recovery->prr_delivered += result->delivered;
	if (pipe > tcp->cc.ssthresh) {
		uint64_t due =
			(uint64_t)recovery->prr_delivered * tcp->cc.ssthresh;

		allowed = (int64_t)((due + recovery->prr_start_len - 1) /
				    recovery->prr_start_len) -
			  recovery->prr_out;
	} else {
		int64_t room = (int64_t)tcp->cc.ssthresh - pipe;

		allowed = (int64_t)recovery->prr_delivered - recovery->prr_out;
		if (allowed < result->delivered)
			allowed = result->delivered;
		if (result->acked)
			allowed += mss;
		if (allowed > room)
			allowed = room;
	}
	if (allowed < 0)
		allowed = 0;
	if (!recovery->prr_out && allowed < mss)
		allowed = mss;
	tcp->cc.cwnd = pipe + (uint32_t)allowed;
}

/* NewReno: the segment at snd.una, RFC 6582, 3.2. */
static void mark_first_lost(struct tcp_connection *tcp)
{
	struct tcp_sent_record *first = tcp_sent_first(&tcp->sent);

	if (!first || first->state != TCP_SENT_IN_FLIGHT)
		return;
	if (first->end - first->start > tcp->snd.mss)
		tcp_sent_split(&tcp->sent, first, first->start + tcp->snd.mss);
	tcp_sent_mark_lost(&tcp->sent, first);
}

static void count_duplicates(struct tcp_connection *tcp,
			     const struct tcp_ack_result *result)
{
	struct tcp_recovery *recovery = &tcp->recovery;

	if (result->acked)
		recovery->dup_acks = 0;
	else if (result->is_duplicate)
		recovery->dup_acks++;
}

static void detect_without_sack(struct tcp_connection *tcp,
				const struct tcp_ack_result *result)
{
	bool is_partial_ack =
		tcp->recovery.state == TCP_RECOVERY_FAST && result->acked;
	bool is_third = tcp->recovery.state == TCP_RECOVERY_OPEN &&
			tcp->recovery.dup_acks >= TCP_DUP_THRESH;

	if (is_partial_ack || is_third)
		mark_first_lost(tcp);
}

void tcp_recovery_on_ack(struct tcp_connection *tcp,
			 const struct tcp_ack_result *result, int64_t now_us)
{
	struct tcp_recovery *recovery = &tcp->recovery;

	if (!tcp->sack_ok)
		count_duplicates(tcp, result);
	if (recovery->state != TCP_RECOVERY_OPEN &&
	    tcp->snd.una >= recovery->high)
		leave(tcp);
	end_reduction(tcp);

	if (tcp->sack_ok)
		tcp_rack_detect(tcp, now_us);
	else
		detect_without_sack(tcp, result);

	if (recovery->state == TCP_RECOVERY_OPEN && tcp->sent.lost_len &&
	    !tcp_plpmtud_takes_loss(tcp))
		enter_fast(tcp, now_us);
	if (result->ece)
		on_ecn_echo(tcp, now_us);
	tcp_cwnd_on_ack(tcp, result, now_us);
	if (recovery->state == TCP_RECOVERY_FAST || recovery->is_reducing)
		update_prr(tcp, result);
}

void tcp_recovery_on_reorder_timer(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_ack_result none = { 0 };

	tcp_rack_detect(tcp, now_us);
	if (tcp->recovery.state == TCP_RECOVERY_OPEN && tcp->sent.lost_len &&
	    !tcp_plpmtud_takes_loss(tcp))
		enter_fast(tcp, now_us);
	if (tcp->recovery.state == TCP_RECOVERY_FAST)
		update_prr(tcp, &none);
}

/* RFC 5681, 3.1; a timeout in a row, or in recovery, is the same congestion. */
void tcp_recovery_on_timeout(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_recovery *recovery = &tcp->recovery;
	struct tcp_sent_record *first = tcp_sent_first(&tcp->sent);

	if (first && first->state == TCP_SENT_SACKED)
		tcp_sent_forget_sacks(&tcp->sent);
	if ((recovery->state == TCP_RECOVERY_OPEN && !recovery->is_reducing) ||
	    (recovery->state == TCP_RECOVERY_LOSS && !tcp->rto.back_off))
		reduce(tcp, PYT_CC_TIMEOUT, now_us);
	recovery->is_reducing = false;

	tcp_sent_mark_all_lost(&tcp->sent);
	tcp_timer_stop(tcp, TCP_TIMER_REORDER);
	tcp_tlp_on_timeout(tcp);
	recovery->state = TCP_RECOVERY_LOSS;
	recovery->high = tcp->snd.nxt;
	recovery->dup_acks = 0;
	counter_hit(&tcp_engine(tcp)->counters, COUNTER_TCP_TIMEOUTS);
	tcp_cc_on_timeout(&tcp->cc, now_us);
}

void tcp_recovery_on_sent(struct tcp_connection *tcp, uint32_t len)
{
	if (tcp->recovery.state == TCP_RECOVERY_FAST ||
	    tcp->recovery.is_reducing)
		tcp->recovery.prr_out += len;
}
