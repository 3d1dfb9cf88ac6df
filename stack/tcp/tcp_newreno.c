/*
 * NewReno, RFC 6582. Each duplicate ACK stands for one segment that arrived
 * behind the hole, so it leaves the flight: new data follows (limited
 * transmit, RFC 3042) until there are as many as the duplicate threshold.
 * Partial ACKs show the next hole one by one; the timer begins anew with each
 * of them (slow-but-steady, RFC 6582, 4), as on Linux.
 */
#include "tcp/tcp_newreno.h"

#include "tcp/tcp_reorder.h"

static uint32_t segments(const struct tcp_connection *tcp, uint64_t len)
{
	return (uint32_t)((len + tcp->snd.mss - 1) / tcp->snd.mss);
}

/*
 * RFC 9937, 6.2: what was in flight when the recovery began bounds what it
 * may count as arrived, or a peer that repeats its ACKs could draw out data
 * without end: each segment makes room for a duplicate more.
 */
static bool may_have_arrived(const struct tcp_connection *tcp)
{
	const struct tcp_recovery *recovery = &tcp->recovery;

	return recovery->state != TCP_RECOVERY_FAST ||
	       recovery->prr_delivered + tcp->snd.mss <=
		       recovery->prr_start_len;
}

/* One segment at least is the hole: more duplicates show reordering. */
static bool count_duplicate(struct tcp_connection *tcp)
{
	struct tcp_recovery *recovery = &tcp->recovery;
	uint32_t sent = segments(tcp, tcp->snd.nxt - tcp->snd.una);

	if (!may_have_arrived(tcp))
		return false;
	if (recovery->dup_acks + 1 >= sent) {
		if (recovery->dup_acks)
			tcp_reorder_note_count(tcp, sent);
		return false;
	}
	recovery->dup_acks++;
	return true;
}

/* The first of the acknowledged segments filled the hole. */
static void take_acked(struct tcp_connection *tcp,
		       struct tcp_ack_result *result)
{
	struct tcp_recovery *recovery = &tcp->recovery;
	uint32_t behind = segments(tcp, result->acked) - 1;
	uint32_t known =
		behind < recovery->dup_acks ? behind : recovery->dup_acks;
	uint32_t known_len = known * tcp->snd.mss;

	recovery->dup_acks -= known;
	result->delivered -=
		known_len < result->delivered ? known_len : result->delivered;
	if (recovery->state == TCP_RECOVERY_OPEN || !tcp->sent.count)
		recovery->dup_acks = 0;
}

/*
 * After a timeout everything counts as lost, and duplicates are of what went
 * before it: they make room for nothing but what F-RTO waits for (RFC 5682,
 * 2.1 step 2b), new data behind.
 */
static bool is_of_what_is_out(const struct tcp_connection *tcp)
{
	return tcp->recovery.state != TCP_RECOVERY_LOSS ||
	       tcp->snd.nxt > tcp->recovery.high;
}

void tcp_newreno_count(struct tcp_connection *tcp,
		       struct tcp_ack_result *result)
{
	if (result->acked)
		take_acked(tcp, result);
	else if (result->is_duplicate && is_of_what_is_out(tcp) &&
		 count_duplicate(tcp))
		result->delivered += tcp->snd.mss;
}

static void mark_first_lost(struct tcp_connection *tcp)
{
	struct tcp_sent_record *first = tcp_sent_first(&tcp->sent);

	if (!first || first->state != TCP_SENT_IN_FLIGHT)
		return;
	if (first->end - first->start > tcp->snd.mss)
		tcp_sent_split(&tcp->sent, first, first->start + tcp->snd.mss);
	tcp_sent_mark_lost(&tcp->sent, first);
}

/*
 * RFC 6582, 3.2 step 1 and 4.1: after a recovery, a timeout above all, what
 * was sent twice gives duplicate ACKs too. They say nothing as long as they
 * acknowledge no more than what was sent before its beginning.
 */
void tcp_newreno_detect(struct tcp_connection *tcp,
			const struct tcp_ack_result *result)
{
	const struct tcp_recovery *recovery = &tcp->recovery;
	bool is_partial = recovery->state == TCP_RECOVERY_FAST && result->acked;
	bool is_third = recovery->state == TCP_RECOVERY_OPEN &&
			recovery->dup_acks >= recovery->reordering &&
			tcp->snd.una > recovery->high;

	if (is_partial || is_third)
		mark_first_lost(tcp);
}
