/*
 * F-RTO, RFC 5682. After a timeout the first segment goes again (2.1 step 1).
 * If its ACK does not cover all, two new segments go instead of the next lost
 * ones (step 2b). If then something arrives that was sent once and before the
 * timeout, the timeout was spurious (step 3b); a duplicate ACK or a SACK of
 * the new data says that the losses are real (3a). With SACK (3.1) what was
 * sent once tells it at any time; without it only where the ACK covers
 * nothing that went twice.
 */
#include "tcp/tcp_frto.h"

#define NEW_SEGMENTS 2

void tcp_frto_on_timeout(struct tcp_connection *tcp, bool is_fresh)
{
	tcp->recovery.frto = tcp_settings(tcp)->frto && is_fresh
				     ? TCP_FRTO_FIRST_AGAIN
				     : TCP_FRTO_OFF;
}

static bool has_new_data(const struct tcp_connection *tcp)
{
	return tcp->snd.end > tcp->snd.nxt && tcp->snd.edge > tcp->snd.nxt;
}

bool tcp_frto_on_ack(struct tcp_connection *tcp,
		     const struct tcp_ack_result *result)
{
	struct tcp_recovery *recovery = &tcp->recovery;
	bool is_original =
		result->original_len && (tcp->sack_ok || !result->acked_again);

	if (recovery->frto == TCP_FRTO_OFF)
		return false;
	if (is_original)
		return true; /* 3b */
	if (tcp->snd.nxt > recovery->high) {
		if (result->sacked || result->is_duplicate)
			recovery->frto = TCP_FRTO_OFF; /* 3a */
	} else if (result->acked && tcp->snd.una < recovery->high) {
		recovery->frto =
			has_new_data(tcp) ? TCP_FRTO_NEW_DATA : TCP_FRTO_OFF;
	} else if (result->is_duplicate && !tcp->sack_ok) {
		recovery->frto = TCP_FRTO_OFF; /* 2a */
	}
	return false;
}

uint32_t tcp_frto_new_data_room(const struct tcp_connection *tcp)
{
	uint64_t sent = tcp->snd.nxt - tcp->recovery.high;
	uint32_t most = NEW_SEGMENTS * (uint32_t)tcp->snd.mss;

	if (tcp->recovery.frto != TCP_FRTO_NEW_DATA || sent >= most)
		return 0;
	return most - (uint32_t)sent;
}

bool tcp_frto_holds_lost(const struct tcp_connection *tcp)
{
	return tcp->recovery.frto == TCP_FRTO_NEW_DATA &&
	       tcp->snd.nxt > tcp->recovery.high;
}

void tcp_frto_on_sent_again(struct tcp_connection *tcp)
{
	if (tcp->recovery.frto == TCP_FRTO_NEW_DATA)
		tcp->recovery.frto = TCP_FRTO_OFF;
}
