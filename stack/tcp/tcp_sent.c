/* Records of sent segments: a red-black tree and two lists. */
#include "tcp/tcp_sent.h"

static int compare(const struct tcp_sent_record *a,
		   const struct tcp_sent_record *b)
{
	return a->start < b->start ? -1 : a->start > b->start;
}

RB_GENERATE_INTERNAL(tcp_sent_tree, tcp_sent_record, tree, compare,
		     static __attribute__((unused)))

void tcp_sent_init(struct tcp_sent *sent, struct engine *engine)
{
	*sent = (struct tcp_sent){ .engine = engine };
	RB_INIT(&sent->tree);
	TAILQ_INIT(&sent->in_flight);
	TAILQ_INIT(&sent->lost);
}

void tcp_sent_clear(struct tcp_sent *sent)
{
	struct tcp_sent_record *record = tcp_sent_first(sent);

	while (record) {
		struct tcp_sent_record *next = tcp_sent_next(record);

		RB_REMOVE(tcp_sent_tree, &sent->tree, record);
		engine_free(sent->engine, record, sizeof(*record));
		record = next;
	}
	tcp_sent_init(sent, sent->engine);
}

static uint32_t len_of(const struct tcp_sent_record *record)
{
	return (uint32_t)(record->end - record->start);
}

struct tcp_sent_record *tcp_sent_add(struct tcp_sent *sent, uint64_t start,
				     uint64_t end, int64_t now_us)
{
	struct tcp_sent_record *record;

	record = engine_alloc(sent->engine, sizeof(*record));
	if (!record)
		return NULL;
	record->start = start;
	record->end = end;
	record->sent_us = now_us;
	record->order = ++sent->last_order;
	record->state = TCP_SENT_IN_FLIGHT;
	RB_INSERT(tcp_sent_tree, &sent->tree, record);
	TAILQ_INSERT_TAIL(&sent->in_flight, record, list);
	sent->count++;
	return record;
}

struct tcp_sent_record *tcp_sent_first(const struct tcp_sent *sent)
{
	return RB_MIN(tcp_sent_tree, (struct tcp_sent_tree *)&sent->tree);
}

struct tcp_sent_record *tcp_sent_next(struct tcp_sent_record *record)
{
	return RB_NEXT(tcp_sent_tree, NULL, record);
}

struct tcp_sent_record *tcp_sent_last(const struct tcp_sent *sent)
{
	return RB_MAX(tcp_sent_tree, (struct tcp_sent_tree *)&sent->tree);
}

struct tcp_sent_record *tcp_sent_previous(struct tcp_sent_record *record)
{
	return RB_PREV(tcp_sent_tree, NULL, record);
}

struct tcp_sent_record *tcp_sent_find(const struct tcp_sent *sent,
				      uint64_t position)
{
	struct tcp_sent_record *record = RB_ROOT(&sent->tree);

	while (record) {
		if (position < record->start)
			record = RB_LEFT(record, tree);
		else if (position >= record->end)
			record = RB_RIGHT(record, tree);
		else
			return record;
	}
	return NULL;
}

/* Takes it out of the list and the sum that its state stands for. */
static void leave_state(struct tcp_sent *sent, struct tcp_sent_record *record)
{
	switch (record->state) {
	case TCP_SENT_IN_FLIGHT:
		TAILQ_REMOVE(&sent->in_flight, record, list);
		break;
	case TCP_SENT_LOST:
		TAILQ_REMOVE(&sent->lost, record, list);
		sent->lost_len -= len_of(record);
		break;
	case TCP_SENT_SACKED:
		sent->sacked_len -= len_of(record);
		break;
	}
}

struct tcp_sent_record *tcp_sent_split(struct tcp_sent *sent,
				       struct tcp_sent_record *record,
				       uint64_t position)
{
	struct tcp_sent_record *second;

	second = engine_alloc(sent->engine, sizeof(*second));
	if (!second)
		return NULL;
	*second = *record;
	record->end = position;
	second->start = position;
	RB_INSERT(tcp_sent_tree, &sent->tree, second);
	sent->count++;
	if (record->state == TCP_SENT_IN_FLIGHT)
		TAILQ_INSERT_AFTER(&sent->in_flight, record, second, list);
	else if (record->state == TCP_SENT_LOST)
		TAILQ_INSERT_AFTER(&sent->lost, record, second, list);
	return second;
}

void tcp_sent_remove(struct tcp_sent *sent, struct tcp_sent_record *record)
{
	leave_state(sent, record);
	RB_REMOVE(tcp_sent_tree, &sent->tree, record);
	engine_free(sent->engine, record, sizeof(*record));
	sent->count--;
}

void tcp_sent_trim(struct tcp_sent *sent, struct tcp_sent_record *record,
		   uint64_t position)
{
	uint32_t len = (uint32_t)(position - record->start);

	if (record->state == TCP_SENT_LOST)
		sent->lost_len -= len;
	else if (record->state == TCP_SENT_SACKED)
		sent->sacked_len -= len;
	record->start = position; /* order in the tree is kept */
}

void tcp_sent_mark_sacked(struct tcp_sent *sent, struct tcp_sent_record *record)
{
	leave_state(sent, record);
	record->state = TCP_SENT_SACKED;
	sent->sacked_len += len_of(record);
}

static void absorb_next(struct tcp_sent *sent, struct tcp_sent_record *record)
{
	struct tcp_sent_record *next = tcp_sent_next(record);

	if (!next || next->state != TCP_SENT_SACKED)
		return;
	sent->sacked_len += len_of(next); /* stays, as part of record */
	record->end = next->end;
	tcp_sent_remove(sent, next);
}

void tcp_sent_merge_sacked(struct tcp_sent *sent,
			   struct tcp_sent_record *record)
{
	struct tcp_sent_record *previous;

	absorb_next(sent, record);
	previous = RB_PREV(tcp_sent_tree, NULL, record);
	if (previous && previous->state == TCP_SENT_SACKED)
		absorb_next(sent, previous);
}

void tcp_sent_mark_lost(struct tcp_sent *sent, struct tcp_sent_record *record)
{
	if (record->state == TCP_SENT_LOST)
		return;
	leave_state(sent, record);
	record->state = TCP_SENT_LOST;
	sent->lost_len += len_of(record);
	sent->lost_total += len_of(record);
	TAILQ_INSERT_TAIL(&sent->lost, record, list);
}

void tcp_sent_mark_all_lost(struct tcp_sent *sent)
{
	struct tcp_sent_record *record;

	/* Those that are lost already move too: the order is that of
	 * positions then. */
	for (record = tcp_sent_first(sent); record;
	     record = tcp_sent_next(record)) {
		if (record->state == TCP_SENT_SACKED)
			continue;
		if (record->state == TCP_SENT_IN_FLIGHT)
			sent->lost_total += len_of(record);
		leave_state(sent, record);
		record->state = TCP_SENT_LOST;
		sent->lost_len += len_of(record);
		TAILQ_INSERT_TAIL(&sent->lost, record, list);
	}
}

void tcp_sent_forget_sacks(struct tcp_sent *sent)
{
	struct tcp_sent_record *record;

	for (record = tcp_sent_first(sent); record;
	     record = tcp_sent_next(record))
		if (record->state == TCP_SENT_SACKED)
			tcp_sent_mark_lost(sent, record);
}

void tcp_sent_mark_retransmitted(struct tcp_sent *sent,
				 struct tcp_sent_record *record, int64_t now_us)
{
	leave_state(sent, record);
	record->state = TCP_SENT_IN_FLIGHT;
	record->retransmitted = true;
	record->sent_us = now_us;
	record->order = ++sent->last_order;
	TAILQ_INSERT_TAIL(&sent->in_flight, record, list);
}
