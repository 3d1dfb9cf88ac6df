/* SACK blocks to the scoreboard of sent records and from the reassembly. */
#include "tcp/tcp_sack.h"

#include <string.h>

#include "tcp/tcp_dsack.h"
#include "tcp/tcp_seq.h"

/* Whether one record more may be made of what is in flight: tcp_sent.h. */
static bool may_cut(struct tcp_connection *tcp)
{
	uint64_t segments = (tcp->snd.nxt - tcp->snd.una) / tcp->snd.mss;

	if (tcp->sent.count < 2 * segments + TCP_SENT_CUTS_SPARE)
		return true;
	counter_hit(&tcp_engine(tcp)->counters, COUNTER_TCP_WQUEUE_TOO_BIG);
	return false;
}

/* The record that begins at position exactly, cut out if need be. */
static struct tcp_sent_record *record_from(struct tcp_connection *tcp,
					   uint64_t position)
{
	struct tcp_sent_record *record = tcp_sent_find(&tcp->sent, position);

	if (!record || record->start == position ||
	    record->state == TCP_SENT_SACKED)
		return record;
	if (!may_cut(tcp))
		return NULL;
	return tcp_sent_split(&tcp->sent, record, position);
}

/* Marks the record, or what of it lies before end. False: no memory. */
static bool mark(struct tcp_connection *tcp, struct tcp_sent_record *record,
		 uint64_t end, struct tcp_ack_result *result, int64_t now_us)
{
	uint32_t len;

	if (record->end > end &&
	    (!may_cut(tcp) || !tcp_sent_split(&tcp->sent, record, end)))
		return false;
	len = (uint32_t)(record->end - record->start);
	tcp_recovery_on_delivered(tcp, record, result, now_us);
	if (!record->retransmitted && !result->sack_rtt_us)
		result->sack_rtt_us = now_us - record->sent_us;
	tcp_sent_mark_sacked(&tcp->sent, record);
	tcp_sent_merge_sacked(&tcp->sent, record);
	result->sacked += len;
	return true;
}

static void mark_block(struct tcp_connection *tcp, uint64_t start, uint64_t end,
		       struct tcp_ack_result *result, int64_t now_us)
{
	while (start < end) {
		struct tcp_sent_record *record = record_from(tcp, start);
		uint64_t next;

		tcp->sent.visited++;
		if (!record)
			return;
		next = record->end < end ? record->end : end;
		if (record->state != TCP_SENT_SACKED &&
		    !mark(tcp, record, end, result, now_us))
			return;
		start = next;
	}
}

/* False: nonsense, not ours, or old news. */
static bool take_block(const struct tcp_connection *tcp,
		       const struct tcp_sack_block *block, struct range *range)
{
	const struct tcp_send *snd = &tcp->snd;

	range->start = seq_from_wire(snd->iss, snd->una, block->start);
	range->end = seq_from_wire(snd->iss, snd->una, block->end);
	if (range->start >= range->end || range->end > snd->nxt) {
		counter_hit(&tcp_engine(tcp)->counters,
			    COUNTER_TCP_SACK_DISCARD);
		return false;
	}
	if (range->end <= snd->una)
		return false; /* ACKs overtook each other */
	if (range->start < snd->una)
		range->start = snd->una;
	return true;
}

/*
 * Lowest first: where ACKs were lost one brings several new blocks, which
 * taken newest first would look as if the path had reordered them.
 */
void tcp_sack_input(struct tcp_connection *tcp, const struct tcp_header *header,
		    struct tcp_ack_result *result, int64_t now_us)
{
	struct range taken[TCP_SACK_BLOCKS_MAX];
	unsigned count = 0;

	for (unsigned i = result->has_dsack; i < header->sack_count; i++) {
		struct range range;
		unsigned at = count;

		if (!take_block(tcp, &header->sack[i], &range))
			continue;
		for (; at && taken[at - 1].start > range.start; at--)
			taken[at] = taken[at - 1];
		taken[at] = range;
		count++;
	}
	for (unsigned i = 0; i < count; i++)
		mark_block(tcp, taken[i].start, taken[i].end, result, now_us);
}

/*
 * A FIN behind a hole is kept like data: it has a place in the sequence space
 * (RFC 9293, 3.4). The peer must see that it came, or it takes the FIN for
 * what is lost and repeats it until its timeout. False: none is kept, or data
 * touches it, whose block then goes one further.
 */
static bool fin_has_own_block(const struct tcp_connection *tcp)
{
	const struct range *highest = ranges_last(&tcp->out_of_order);

	return tcp->rcv.fin > tcp->rcv.nxt &&
	       (!highest || highest->end < tcp->rcv.fin);
}

static uint32_t block_count(const struct tcp_connection *tcp)
{
	return tcp->out_of_order.count + fin_has_own_block(tcp);
}

/* NULL stands for the FIN's own block. */
static struct range block_of(const struct tcp_connection *tcp,
			     const struct range *kept)
{
	struct range block = { tcp->rcv.fin, tcp->rcv.fin + 1 };

	if (kept) {
		block = *kept;
		if (block.end == tcp->rcv.fin)
			block.end++;
	}
	return block;
}

/* Behind the lowest one comes the highest: the FIN's, if it has one. */
static const struct range *or_highest(const struct tcp_connection *tcp,
				      const struct range *kept)
{
	if (kept || fin_has_own_block(tcp))
		return kept;
	return ranges_last(&tcp->out_of_order);
}

static const struct range *block_before(const struct tcp_connection *tcp,
					const struct range *kept)
{
	if (!kept)
		return ranges_last(&tcp->out_of_order);
	return or_highest(tcp, ranges_previous(kept));
}

unsigned tcp_sack_count(const struct tcp_connection *tcp)
{
	uint32_t count = block_count(tcp);

	if (!tcp->sack_ok)
		return 0;
	if (tcp_dsack_is_pending(tcp))
		count++;
	return count < TCP_SACK_BLOCKS_MAX ? count : TCP_SACK_BLOCKS_MAX;
}

static void put_block(const struct tcp_connection *tcp,
		      struct tcp_header *header, struct range range)
{
	struct tcp_sack_block *block = &header->sack[header->sack_count++];

	block->start = seq_to_wire(tcp->rcv.irs, range.start);
	block->end = seq_to_wire(tcp->rcv.irs, range.end);
}

/* The block that has this position. False: none has. */
static bool find_block(const struct tcp_connection *tcp, uint64_t position,
		       struct range *block)
{
	const struct range *kept = ranges_search(&tcp->out_of_order, position);

	if (position <= tcp->rcv.nxt)
		return false;
	if (!kept && position != tcp->rcv.fin)
		return false;
	if (kept && kept->start > position)
		return false;
	*block = block_of(tcp, or_highest(tcp, kept));
	return true;
}

static uint64_t recent(const struct tcp_connection *tcp, unsigned i)
{
	return seq_from_wire(0, tcp->rcv.nxt, tcp->rcv.recent[i]);
}

uint64_t tcp_sack_newest(const struct tcp_connection *tcp)
{
	return recent(tcp, 0);
}

/* One of each block stays, and none of what is in order now. */
void tcp_sack_note_newest(struct tcp_connection *tcp, uint64_t position)
{
	uint32_t before[TCP_SACK_RECENT + 1] = { (uint32_t)position };
	struct range block = { position, position + 1 };
	unsigned count = 1;

	find_block(tcp, position, &block);
	for (unsigned i = 0; i < TCP_SACK_RECENT; i++) {
		uint64_t other = recent(tcp, i);
		bool is_same = block.start <= other && other < block.end;

		if (other > tcp->rcv.nxt && !is_same)
			before[count++] = tcp->rcv.recent[i];
	}
	while (count <= TCP_SACK_RECENT)
		before[count++] = (uint32_t)tcp->rcv.nxt; /* none */
	memcpy(tcp->rcv.recent, before, sizeof(tcp->rcv.recent));
}

/* Unless it is there already, at first or behind it. */
static void put_once(const struct tcp_connection *tcp,
		     struct tcp_header *header, unsigned first,
		     struct range range)
{
	uint32_t start = seq_to_wire(tcp->rcv.irs, range.start);

	for (unsigned i = first; i < header->sack_count; i++)
		if (header->sack[i].start == start)
			return;
	put_block(tcp, header, range);
}

/* Where there is room, others: the ones before the newest. */
static void put_neighbours(const struct tcp_connection *tcp,
			   struct tcp_header *header, unsigned first,
			   unsigned max)
{
	uint32_t count = block_count(tcp);
	const struct range *kept = or_highest(
		tcp, ranges_search(&tcp->out_of_order, tcp_sack_newest(tcp)));

	for (uint32_t i = 0; i < count && header->sack_count < max; i++) {
		put_once(tcp, header, first, block_of(tcp, kept));
		kept = block_before(tcp, kept);
	}
}

/*
 * After the newest block come those that were the newest before it: each is
 * told in several ACKs, of which some may be lost, or stand for many segments
 * (RFC 2018, 4). Else the sender hears of what it sent late before what it
 * sent early, and takes that for lost.
 */
void tcp_sack_output(struct tcp_connection *tcp, struct tcp_header *header,
		     unsigned max)
{
	struct tcp_sack_block duplicate;
	struct range block;
	unsigned first = 0;

	header->sack_count = 0;
	if (!tcp->sack_ok)
		return;
	if (!max)
		tcp_dsack_clear(tcp); /* a signature left no room to tell it */
	if (tcp_dsack_take(tcp, &duplicate)) {
		uint64_t start = seq_from_wire(tcp->rcv.irs, tcp->rcv.nxt,
					       duplicate.start);

		header->sack[header->sack_count++] = duplicate;
		first = 1;
		if (max > 1 && find_block(tcp, start, &block))
			put_block(tcp, header, block); /* RFC 2883, 4.2 */
	}
	for (unsigned i = 0; i < TCP_SACK_RECENT && header->sack_count < max;
	     i++)
		if (find_block(tcp, recent(tcp, i), &block))
			put_once(tcp, header, first, block);
	put_neighbours(tcp, header, first, max);
}
