/*
 * D-SACK, RFC 2883. A receiver tells each duplicate in the first block of one
 * ACK; a sender learns from it that a retransmission was needless. The peer
 * may lie: more duplicates than there were retransmissions, or such of bytes
 * that were never sent, are counted and ignored.
 */
#include "tcp/tcp_dsack.h"

/* ------------------------------------------------------------- receiver */

/* Touching the newest: two segments of one super-segment, say. */
static bool extend_last(struct tcp_dsack_queue *queue,
			struct tcp_sack_block duplicate)
{
	struct tcp_sack_block *last;

	if (!queue->count)
		return false;
	last = &queue->block[(queue->first + queue->count - 1) %
			     TCP_DSACK_QUEUE];
	if (duplicate.start != last->end)
		return false;
	last->end = duplicate.end;
	return true;
}

/* Made for the first duplicate; without memory it is not told. */
static struct tcp_dsack_queue *queue_of(struct tcp_connection *tcp)
{
	if (!tcp->rcv.duplicates)
		tcp->rcv.duplicates = engine_alloc(
			tcp_engine(tcp), sizeof(*tcp->rcv.duplicates));
	return tcp->rcv.duplicates;
}

void tcp_dsack_clear(struct tcp_connection *tcp)
{
	engine_free(tcp_engine(tcp), tcp->rcv.duplicates,
		    sizeof(*tcp->rcv.duplicates));
	tcp->rcv.duplicates = NULL;
}

void tcp_dsack_note(struct tcp_connection *tcp, struct range duplicate)
{
	struct tcp_dsack_queue *queue;
	bool is_old = duplicate.start < tcp->rcv.nxt;
	struct tcp_sack_block block = {
		.start = seq_to_wire(tcp->rcv.irs, duplicate.start),
		.end = seq_to_wire(tcp->rcv.irs, duplicate.end),
	};

	if (!tcp->sack_ok || !tcp_settings(tcp)->dsack ||
	    duplicate.start >= duplicate.end)
		return;
	queue = queue_of(tcp);
	if (!queue)
		return;
	counter_hit(&tcp_engine(tcp)->counters,
		    is_old ? COUNTER_TCP_DSACK_OLD_SENT
			   : COUNTER_TCP_DSACK_OFO_SENT);
	if (extend_last(queue, block))
		return;
	if (queue->count == TCP_DSACK_QUEUE) { /* the oldest gives way */
		queue->first = (queue->first + 1) % TCP_DSACK_QUEUE;
		queue->count--;
	}
	queue->block[(queue->first + queue->count++) % TCP_DSACK_QUEUE] = block;
}

/* One block has room for one range: the first that is kept (4.1.2). */
void tcp_dsack_note_kept(struct tcp_connection *tcp, struct range arrived)
{
	const struct range *kept =
		ranges_search(&tcp->out_of_order, arrived.start);
	struct range overlap = arrived;

	if (!kept || kept->start >= arrived.end)
		return;
	if (overlap.start < kept->start)
		overlap.start = kept->start;
	if (overlap.end > kept->end)
		overlap.end = kept->end;
	tcp_dsack_note(tcp, overlap);
}

bool tcp_dsack_is_pending(const struct tcp_connection *tcp)
{
	return tcp->rcv.duplicates && tcp->rcv.duplicates->count > 0;
}

bool tcp_dsack_take(struct tcp_connection *tcp,
		    struct tcp_sack_block *duplicate)
{
	struct tcp_dsack_queue *queue = tcp->rcv.duplicates;

	if (!tcp_dsack_is_pending(tcp))
		return false;
	*duplicate = queue->block[queue->first];
	queue->first = (queue->first + 1) % TCP_DSACK_QUEUE;
	queue->count--;
	return true;
}

/* --------------------------------------------------------------- sender */

static struct range range_of(const struct tcp_connection *tcp,
			     const struct tcp_sack_block *block)
{
	const struct tcp_send *snd = &tcp->snd;

	return (struct range){
		.start = seq_from_wire(snd->iss, snd->una, block->start),
		.end = seq_from_wire(snd->iss, snd->una, block->end),
	};
}

/* 4: below the ACK, or inside the second block. */
static enum counter kind_of(const struct tcp_connection *tcp,
			    const struct tcp_header *header, struct range first)
{
	uint64_t ack = seq_from_wire(tcp->snd.iss, tcp->snd.una, header->ack);
	struct range second;

	if (first.start < ack)
		return COUNTER_TCP_DSACK_RECV;
	if (header->sack_count < 2)
		return COUNTER_NONE;
	second = range_of(tcp, &header->sack[1]);
	if (first.start >= second.start && first.end <= second.end)
		return COUNTER_TCP_DSACK_OFO_RECV;
	return COUNTER_NONE;
}

/* Of what was sent, and not more than was sent again in all (Linux). */
static bool is_credible(const struct tcp_connection *tcp, struct range range)
{
	const struct tcp_statistics *s = &tcp->statistics;
	uint64_t len = range.end - range.start;

	if (range.start >= range.end || range.start < SEQ_DATA ||
	    range.end > tcp->snd.nxt || len > tcp->snd.max_wnd)
		return false;
	return s->dsack_len + len <= s->bytes_retransmitted + tcp->fin_queued;
}

/*
 * What Linux's tcp_is_sackblock_valid() finds useless in one below the ACK:
 * there is nothing to undo, or it is of what came before that.
 */
static enum counter ignored_as(const struct tcp_connection *tcp, uint64_t ack,
			       struct range range)
{
	uint64_t marker = tcp->recovery.undo.marker;

	if (range.start > ack || range.start < SEQ_DATA)
		return COUNTER_NONE;
	if (!marker)
		return COUNTER_TCP_DSACK_IGNORED_NO_UNDO;
	if (range.end > ack)
		return COUNTER_TCP_DSACK_IGNORED_OLD;
	if (range.start >= marker ||
	    (range.end > marker && range.start + tcp->snd.max_wnd >= range.end))
		return COUNTER_NONE;
	return COUNTER_TCP_DSACK_IGNORED_OLD;
}

bool tcp_dsack_input(struct tcp_connection *tcp,
		     const struct tcp_header *header,
		     struct tcp_ack_result *result)
{
	struct counters *counters = &tcp_engine(tcp)->counters;
	uint32_t mss = tcp->snd.mss, segments;
	enum counter kind;
	struct range range;

	if (!tcp->sack_ok || !header->sack_count)
		return false;
	range = range_of(tcp, &header->sack[0]);
	kind = kind_of(tcp, header, range);
	if (kind == COUNTER_NONE)
		return false;
	counter_hit(counters, kind);
	if (!is_credible(tcp, range)) {
		counter_hit(counters, COUNTER_TCP_DSACK_IGNORED_DUBIOUS);
		return true;
	}
	kind = ignored_as(
		tcp, seq_from_wire(tcp->snd.iss, tcp->snd.una, header->ack),
		range);
	if (kind != COUNTER_NONE)
		counter_hit(counters, kind);
	result->dsack = range;
	tcp->statistics.dsack_len += range.end - range.start;
	segments = (uint32_t)((range.end - range.start + mss - 1) / mss);
	tcp->statistics.dsack += segments;
	counter_add(counters, COUNTER_TCP_DSACK_RECV_SEGS, segments);
	return true;
}
