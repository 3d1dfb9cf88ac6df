/*
 * A loss that was none: the segments were late, and what was retransmitted
 * came twice. It is known by a timestamp's echo that is older than the first
 * retransmission (RFC 3522), by D-SACKs of all of them (RFC 3708), or by the
 * timeout's own test (tcp_frto.c). The response is Linux's: cwnd and ssthresh
 * as they were (RFC 4015, 3.2 restores ssthresh alone and slow-starts), and
 * the ACK that told it, which may cover a whole window, does not also grow
 * it.
 */
#include "tcp/tcp_undo.h"

/* In a recovery cwnd is on its way to ssthresh. RFC 4015, 3.2, step 0. */
static uint32_t present_ssthresh(const struct tcp_connection *tcp)
{
	const struct pyt_cc *cc = &tcp->cc;
	uint32_t used = cc->cwnd / 4 * 3;

	if (tcp->recovery.state == TCP_RECOVERY_FAST)
		return cc->ssthresh;
	return cc->ssthresh > used ? cc->ssthresh : used;
}

/*
 * Retransmissions of the episode before, still on their way, may come twice,
 * too: their D-SACKs are not to be taken for those of this one, nor what they
 * echo for that of an original that was late.
 */
void tcp_undo_start(struct tcp_connection *tcp)
{
	struct tcp_undo before = tcp->recovery.undo;

	tcp->recovery.undo = (struct tcp_undo){
		.has_timestamp = before.has_timestamp && tcp->sent.again_len,
		.timestamp = before.timestamp,
		.marker = tcp->snd.una,
		.cwnd = tcp->cc.cwnd,
		.ssthresh = present_ssthresh(tcp),
		.again_len = tcp->sent.again_len,
		.has_again = tcp->sent.again_len > 0,
	};
}

void tcp_undo_forget(struct tcp_connection *tcp)
{
	struct tcp_undo before = tcp->recovery.undo;

	tcp->recovery.undo = (struct tcp_undo){
		.has_timestamp = before.has_timestamp,
		.timestamp = before.timestamp,
	};
}

void tcp_undo_on_sent_again(struct tcp_connection *tcp, uint32_t len,
			    int64_t now_us)
{
	struct tcp_undo *undo = &tcp->recovery.undo;

	if (!undo->marker)
		return;
	if (!undo->has_timestamp) {
		undo->has_timestamp = true;
		undo->timestamp = tcp_timestamp(tcp, now_us);
	}
	undo->has_again = true;
	undo->again_len += len;
}

void tcp_undo_on_dsack(struct tcp_connection *tcp, struct range dsack)
{
	struct tcp_undo *undo = &tcp->recovery.undo;
	uint64_t len = dsack.end - dsack.start;

	if (!undo->marker || dsack.end <= undo->marker)
		return;
	undo->again_len = undo->again_len > len ? undo->again_len - len : 0;
}

bool tcp_undo_by_dsack(const struct tcp_connection *tcp)
{
	const struct tcp_undo *undo = &tcp->recovery.undo;

	return undo->marker && undo->has_again && !undo->again_len;
}

/* The clock's grain is a millisecond: an echo of the same one tells nothing. */
bool tcp_undo_by_timestamp(const struct tcp_connection *tcp,
			   const struct tcp_ack_result *result)
{
	const struct tcp_undo *undo = &tcp->recovery.undo;

	return undo->marker && undo->has_timestamp && result->acked &&
	       tcp->ts_ok && result->has_ts_echo && result->ts_echo &&
	       seq_is_before(result->ts_echo, undo->timestamp);
}

void tcp_undo_apply(struct tcp_connection *tcp, enum counter cause,
		    int64_t now_us)
{
	struct tcp_undo undo = tcp->recovery.undo;
	uint32_t ssthresh = undo.ssthresh;

	tcp_sent_unmark_lost(&tcp->sent);
	tcp_undo_forget(tcp);
	if (ssthresh < tcp->cc.ssthresh)
		ssthresh = tcp->cc.ssthresh;
	tcp_cc_undo(&tcp->cc, undo.cwnd, ssthresh, now_us);
	counter_hit(&tcp_engine(tcp)->counters, cause);
}
