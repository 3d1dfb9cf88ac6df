/*
 * RACK, RFC 8985, 6.2: what was sent well before something that has arrived
 * is lost. It replaces RFC 6675's IsLost(), which cannot see that a
 * retransmission is lost, too; DupThresh lives on in the reordering window.
 */
#include "tcp/tcp_rack.h"

/*
 * An ACK of the original, not of the retransmission: step 2. The echo says
 * it where the ACK is cumulative; with a SACK it is that of the last segment
 * in order (RFC 7323, 4.3), thus always older than the retransmission.
 */
static bool is_ambiguous(const struct tcp_connection *tcp,
			 const struct tcp_sent_record *record,
			 const struct tcp_ack_result *result, int64_t now_us)
{
	if (!record->retransmitted)
		return false;
	if (result->has_ts_echo && record->end <= tcp->snd.una &&
	    seq_is_before(result->ts_echo, tcp_timestamp(tcp, record->sent_us)))
		return true;
	return now_us - record->sent_us < tcp->rto.min_rtt_us;
}

void tcp_rack_on_delivered(struct tcp_connection *tcp,
			   const struct tcp_sent_record *record,
			   const struct tcp_ack_result *result, int64_t now_us)
{
	struct tcp_recovery *recovery = &tcp->recovery;

	if (record->end > recovery->forward) {
		recovery->forward = record->end;
	} else if (!record->retransmitted && !recovery->reordering_seen) {
		recovery->reordering_seen = true;
		tcp->statistics.reordering_seen++;
	}
	if (is_ambiguous(tcp, record, result, now_us))
		return;
	if (tcp_sent_is_before(record, recovery->rack_order,
			       recovery->rack_end))
		return;
	recovery->rack_order = record->order;
	recovery->rack_end = record->end;
	recovery->rack_rtt_us = now_us - record->sent_us;
}

/* Step 4. */
static int64_t reordering_window_us(const struct tcp_connection *tcp)
{
	uint32_t dup_thresh_len = TCP_DUP_THRESH * (uint32_t)tcp->snd.mss;
	int64_t window_us = tcp->rto.min_rtt_us / 4;

	if (!tcp->recovery.reordering_seen &&
	    (tcp->recovery.state != TCP_RECOVERY_OPEN ||
	     tcp->sent.sacked_len >= dup_thresh_len))
		return 0;
	return window_us < tcp->rto.srtt_us ? window_us : tcp->rto.srtt_us;
}

void tcp_rack_detect(struct tcp_connection *tcp, int64_t now_us)
{
	const struct tcp_recovery *recovery = &tcp->recovery;
	int64_t patience_us = recovery->rack_rtt_us + reordering_window_us(tcp);
	struct tcp_sent_record *record;

	tcp_timer_stop(tcp, TCP_TIMER_REORDER);
	if (!recovery->rack_order)
		return;
	while ((record = TAILQ_FIRST(&tcp->sent.in_flight))) {
		if (!tcp_sent_is_before(record, recovery->rack_order,
					recovery->rack_end))
			return;
		if (record->sent_us + patience_us > now_us) {
			tcp_timer_set(tcp, TCP_TIMER_REORDER,
				      record->sent_us + patience_us);
			return;
		}
		tcp_sent_mark_lost(&tcp->sent, record);
	}
}
