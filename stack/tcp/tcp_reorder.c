/*
 * The degree of reordering, in segments, as Linux keeps it: it starts at
 * net.ipv4.tcp_reordering and grows up to tcp_max_reordering with what was
 * seen. It is the duplicate threshold (RFC 5681's 3) of fast retransmit
 * without SACK, and with SACK the one that ends RACK's patience (RFC 8985,
 * 6.2 step 4) as long as no reordering has been seen.
 */
#include "tcp/tcp_reorder.h"

void tcp_reorder_init(struct tcp_connection *tcp)
{
	tcp->recovery.reordering = (uint32_t)tcp_settings(tcp)->reordering;
}

/* RFC 8985, 6.2 step 3. */
void tcp_reorder_on_delivered(struct tcp_connection *tcp,
			      const struct tcp_sent_record *record,
			      struct tcp_ack_result *result)
{
	struct tcp_recovery *recovery = &tcp->recovery;

	if (record->end > recovery->forward)
		recovery->forward = record->end;
	else if (!record->retransmitted &&
		 (!result->late_from || record->start < result->late_from))
		result->late_from = record->start;
}

static void raise(struct tcp_connection *tcp, uint64_t segments)
{
	uint32_t most = (uint32_t)tcp_settings(tcp)->max_reordering;

	if (segments > most)
		segments = most;
	if (segments > tcp->recovery.reordering)
		tcp->recovery.reordering = (uint32_t)segments;
}

void tcp_reorder_note(struct tcp_connection *tcp, uint64_t from,
		      enum counter cause)
{
	struct tcp_recovery *recovery = &tcp->recovery;
	uint32_t mss = tcp->snd.mss;

	if (from >= recovery->forward)
		return;
	raise(tcp, (recovery->forward - from + mss - 1) / mss);
	recovery->reordering_seen = true;
	tcp->statistics.reordering_seen++;
	counter_hit(&tcp_engine(tcp)->counters, cause);
}

void tcp_reorder_on_ack(struct tcp_connection *tcp,
			const struct tcp_ack_result *result)
{
	if (result->late_from && tcp->sack_ok)
		tcp_reorder_note(tcp, result->late_from,
				 COUNTER_TCP_SACK_REORDER);
}

void tcp_reorder_note_count(struct tcp_connection *tcp, uint32_t segments)
{
	raise(tcp, segments);
	tcp->statistics.reordering_seen++;
	counter_hit(&tcp_engine(tcp)->counters, COUNTER_TCP_RENO_REORDER);
}

void tcp_reorder_on_timeout(struct tcp_connection *tcp)
{
	uint32_t initial = (uint32_t)tcp_settings(tcp)->reordering;
	uint64_t degree_len = (uint64_t)tcp->recovery.reordering * tcp->snd.mss;

	if (tcp->recovery.reordering > initial &&
	    tcp->sent.sacked_len >= degree_len)
		tcp->recovery.reordering = initial;
}
