/*
 * Proportional rate reduction, RFC 9937 (RFC 6937 before it), in bytes. As
 * ACKs come in, cwnd shrinks in proportion to ssthresh; where losses made the
 * flight smaller than that, it is refilled: a byte for each that arrived
 * while losses are still found (CRB), a segment more for each ACK that tells
 * of progress and of no loss (SSRB).
 */
#include "tcp/tcp_prr.h"

/*
 * RecoverFS: what was in flight when the ACK came that began it, but for what
 * had been SACKed before. Those bytes will not count as delivered.
 */
void tcp_prr_start(struct tcp_connection *tcp,
		   const struct tcp_ack_result *result)
{
	struct tcp_recovery *recovery = &tcp->recovery;
	uint64_t sacked_before = tcp->sent.sacked_len - result->sacked;
	uint64_t len = tcp->snd.nxt - tcp->snd.una + result->acked;

	recovery->prr_delivered = 0;
	recovery->prr_out = 0;
	recovery->prr_start_len =
		len > sacked_before ? (uint32_t)(len - sacked_before) : 1;
}

/* What the bytes delivered so far make due, rounded up. */
static int64_t in_proportion(const struct tcp_connection *tcp)
{
	const struct tcp_recovery *recovery = &tcp->recovery;
	uint64_t due = (uint64_t)recovery->prr_delivered * tcp->cc.ssthresh;
	uint32_t len = recovery->prr_start_len;

	return (int64_t)((due + len - 1) / len) - recovery->prr_out;
}

static int64_t refill(const struct tcp_connection *tcp,
		      const struct tcp_ack_result *result, bool is_safe,
		      uint32_t in_flight)
{
	const struct tcp_recovery *recovery = &tcp->recovery;
	int64_t room = (int64_t)tcp->cc.ssthresh - in_flight;
	int64_t len = (int64_t)recovery->prr_delivered - recovery->prr_out;

	if (len < result->delivered)
		len = result->delivered;
	if (is_safe)
		len += tcp->snd.mss;
	return len < room ? len : room;
}

void tcp_prr_on_ack(struct tcp_connection *tcp,
		    const struct tcp_ack_result *result, bool found_loss)
{
	struct tcp_recovery *recovery = &tcp->recovery;
	uint32_t in_flight = tcp_in_flight(tcp);
	/* Its retransmission does not wait for its turn: RFC 6582, 3.2 (5);
	 * nor does the one that begins a recovery. */
	bool is_partial = !tcp->sack_ok && result->acked && found_loss;
	int64_t len;

	recovery->prr_delivered +=
		result->delivered; /* tcp_newreno counts, too */
	if (tcp_cc_has(&tcp->cc, PYT_CC_OWNS_CWND))
		return;
	if (!result->delivered && recovery->prr_out)
		return;
	if (in_flight > tcp->cc.ssthresh)
		len = in_proportion(tcp);
	else
		len = refill(tcp, result, result->acked && !found_loss,
			     in_flight);
	if (len < 0)
		len = 0;
	if ((!recovery->prr_out || is_partial) && len < tcp->snd.mss)
		len = tcp->snd.mss;
	tcp->cc.cwnd = in_flight + (uint32_t)len;
}

void tcp_prr_on_sent(struct tcp_connection *tcp, uint32_t len)
{
	tcp->recovery.prr_out += len;
}
