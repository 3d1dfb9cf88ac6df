/*
 * RACK, RFC 8985, 6.2: what was sent well before something that has arrived
 * is lost. It replaces RFC 6675's IsLost(), which cannot see that a
 * retransmission is lost, too; DupThresh lives on in the reordering window.
 * net.ipv4.tcp_recovery as on Linux: 2 keeps the window at its first size,
 * 4 waits for it whatever has been SACKed; 1 has no effect, as RACK is all
 * there is.
 */
#include "tcp/tcp_rack.h"

#include "tcp/tcp_reorder.h"

#define STATIC_WINDOW 2 /* bits of net.ipv4.tcp_recovery */
#define NO_DUP_THRESH 4
#define WINDOW_RECOVERIES 16 /* a window that has grown lasts so long */
#define WINDOW_MULT_MAX 255

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

	if (is_ambiguous(tcp, record, result, now_us))
		return;
	if (tcp_sent_is_before(record, recovery->rack_order,
			       recovery->rack_end))
		return;
	recovery->rack_order = record->order;
	recovery->rack_end = record->end;
	recovery->rack_rtt_us = now_us - record->sent_us;
}

/* Step 4: once a round trip, each D-SACK says that patience was too short. */
void tcp_rack_on_dsack(struct tcp_connection *tcp)
{
	struct tcp_recovery *recovery = &tcp->recovery;

	if (tcp->snd.una < recovery->dsack_round)
		return;
	recovery->dsack_round = tcp->snd.nxt;
	if (recovery->window_mult < WINDOW_MULT_MAX)
		recovery->window_mult++;
	recovery->window_recoveries = WINDOW_RECOVERIES;
}

void tcp_rack_on_recovery_end(struct tcp_connection *tcp)
{
	struct tcp_recovery *recovery = &tcp->recovery;

	if (recovery->window_recoveries && --recovery->window_recoveries == 0)
		recovery->window_mult = 0;
}

int64_t tcp_rack_window_us(const struct tcp_connection *tcp)
{
	const struct tcp_recovery *recovery = &tcp->recovery;
	int flags = tcp_settings(tcp)->recovery;
	uint64_t thresh_len = recovery->reordering * (uint64_t)tcp->snd.mss;
	int64_t window_us = tcp->rto.min_rtt_us ? tcp->rto.min_rtt_us / 4
						: tcp->rto.srtt_us;

	if (!recovery->reordering_seen) {
		if (recovery->state != TCP_RECOVERY_OPEN)
			return 0;
		if (tcp->sent.sacked_len >= thresh_len &&
		    !(flags & NO_DUP_THRESH))
			return 0;
	}
	if (!(flags & STATIC_WINDOW))
		window_us *= 1 + recovery->window_mult;
	return window_us < tcp->rto.srtt_us ? window_us : tcp->rto.srtt_us;
}

/* Step 5. */
void tcp_rack_detect(struct tcp_connection *tcp, int64_t now_us)
{
	const struct tcp_recovery *recovery = &tcp->recovery;
	int64_t patience_us = recovery->rack_rtt_us + tcp_rack_window_us(tcp);
	struct tcp_sent_record *record;

	tcp_timer_stop(tcp, TCP_TIMER_REORDER);
	if (!recovery->rack_order)
		return;
	while ((record = tcp_sent_first_in_flight(&tcp->sent))) {
		if (!tcp_sent_is_before(record, recovery->rack_order,
					recovery->rack_end))
			return;
		if (record->sent_us + patience_us > now_us) {
			tcp_timer_set(tcp, TCP_TIMER_REORDER,
				      record->sent_us + patience_us);
			return;
		}
		tcp_recovery_mark_lost(tcp, record);
	}
}

/* 6.3: what was sent less than a round trip ago may still arrive. */
void tcp_rack_on_timeout(struct tcp_connection *tcp, int64_t now_us)
{
	int64_t patience_us =
		tcp->recovery.rack_rtt_us + tcp_rack_window_us(tcp);
	struct tcp_sent_record *record = tcp_sent_first(&tcp->sent);

	if (record && record->state == TCP_SENT_IN_FLIGHT)
		tcp_recovery_mark_lost(tcp, record);
	while ((record = tcp_sent_first_in_flight(&tcp->sent))) {
		if (tcp->recovery.rack_order &&
		    record->sent_us + patience_us > now_us)
			return;
		tcp_recovery_mark_lost(tcp, record);
	}
}
