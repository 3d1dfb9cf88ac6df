/* Records of sent segments: red-black trees and lists. */
#include "tcp/tcp_sent.h"

static int compare(const struct tcp_sent_record *a,
		   const struct tcp_sent_record *b)
{
	return a->start < b->start ? -1 : a->start > b->start;
}

RB_GENERATE_INTERNAL(tcp_sent_tree, tcp_sent_record, tree, compare,
		     static __attribute__((unused)))

RB_GENERATE_INTERNAL(tcp_sent_lost, tcp_sent_record, lost, compare,
		     static __attribute__((unused)))

/* Halves of a segment share their order. */
static int compare_order(const struct tcp_sent_record *a,
			 const struct tcp_sent_record *b)
{
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return compare(a, b);
}

static uint32_t len_of(const struct tcp_sent_record *record)
{
	return (uint32_t)(record->end - record->start);
}

static uint32_t longest_of(const struct tcp_sent_record *record)
{
	return record ? record->longest : 0;
}

/* Up to the root: the tree's own calls tell of one node each. */
static void refresh_longest(struct tcp_sent_record *record)
{
	for (; record; record = RB_PARENT(record, lost)) {
		uint32_t left = longest_of(RB_LEFT(record, lost));
		uint32_t right = longest_of(RB_RIGHT(record, lost));

		record->longest = len_of(record);
		if (record->longest < left)
			record->longest = left;
		if (record->longest < right)
			record->longest = right;
	}
}

#undef RB_AUGMENT
#define RB_AUGMENT(record) refresh_longest(record)
RB_GENERATE_INTERNAL(tcp_sent_aside, tcp_sent_record, lost, compare_order,
		     static __attribute__((unused)))

_Static_assert(sizeof(struct tcp_sent_record) <= 128, "see tcp_sent.h");

void tcp_sent_init(struct tcp_sent *sent, struct engine *engine)
{
	*sent = (struct tcp_sent){ .engine = engine };
	RB_INIT(&sent->tree);
	RB_INIT(&sent->lost);
	TAILQ_INIT(&sent->in_flight);
	RB_INIT(&sent->aside);
	LIST_INIT(&sent->sacked);
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

struct tcp_sent_record *tcp_sent_add(struct tcp_sent *sent, uint64_t start,
				     uint64_t end, int64_t now_us)
{
	struct tcp_sent_record *record;

	if (sent->count >= TCP_SENT_RECORDS_MAX)
		return NULL;
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

struct tcp_sent_record *tcp_sent_first_in_flight(const struct tcp_sent *sent)
{
	struct tcp_sent_record *first = TAILQ_FIRST(&sent->in_flight);
	struct tcp_sent_record *aside =
		RB_MIN(tcp_sent_aside, (struct tcp_sent_aside *)&sent->aside);

	if (!first || !aside)
		return first ? first : aside;
	return compare_order(first, aside) < 0 ? first : aside;
}

struct tcp_sent_record *tcp_sent_first_lost(const struct tcp_sent *sent)
{
	return RB_MIN(tcp_sent_lost, (struct tcp_sent_lost *)&sent->lost);
}

struct tcp_sent_record *tcp_sent_next_lost(struct tcp_sent_record *record)
{
	return RB_NEXT(tcp_sent_lost, NULL, record);
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

/* Adds len to the sum that the record's state stands for, or takes it off. */
static void count_len(struct tcp_sent *sent,
		      const struct tcp_sent_record *record, uint32_t len)
{
	switch (record->state) {
	case TCP_SENT_IN_FLIGHT:
		if (record->retransmitted)
			sent->again_len += len;
		break;
	case TCP_SENT_LOST:
		sent->lost_len += len;
		break;
	case TCP_SENT_SACKED:
		sent->sacked_len += len;
		break;
	}
}

/* In flight, wherever it stands in the order of transmissions. */
static void put_aside(struct tcp_sent *sent, struct tcp_sent_record *record)
{
	record->is_aside = true;
	record->longest = len_of(record);
	RB_INSERT(tcp_sent_aside, &sent->aside, record);
}

static void leave_flight(struct tcp_sent *sent, struct tcp_sent_record *record)
{
	if (record->is_aside)
		RB_REMOVE(tcp_sent_aside, &sent->aside, record);
	else
		TAILQ_REMOVE(&sent->in_flight, record, list);
	record->is_aside = false;
}

/* Takes it out of the place and the sum that its state stands for. */
static void leave_state(struct tcp_sent *sent, struct tcp_sent_record *record)
{
	count_len(sent, record, -len_of(record));
	sent->visited++;
	switch (record->state) {
	case TCP_SENT_IN_FLIGHT:
		leave_flight(sent, record);
		break;
	case TCP_SENT_LOST:
		RB_REMOVE(tcp_sent_lost, &sent->lost, record);
		break;
	case TCP_SENT_SACKED:
		LIST_REMOVE(record, sacked);
		break;
	}
}

/* The second half of a record takes its place beside the first. */
static void join_state(struct tcp_sent *sent, struct tcp_sent_record *first,
		       struct tcp_sent_record *second)
{
	switch (first->state) {
	case TCP_SENT_IN_FLIGHT:
		if (first->is_aside) {
			refresh_longest(first);
			put_aside(sent, second);
		} else {
			TAILQ_INSERT_AFTER(&sent->in_flight, first, second,
					   list);
		}
		break;
	case TCP_SENT_LOST:
		RB_INSERT(tcp_sent_lost, &sent->lost, second);
		break;
	case TCP_SENT_SACKED:
		LIST_INSERT_AFTER(first, second, sacked);
		break;
	}
}

struct tcp_sent_record *tcp_sent_split(struct tcp_sent *sent,
				       struct tcp_sent_record *record,
				       uint64_t position)
{
	struct tcp_sent_record *second;

	if (sent->count >= TCP_SENT_RECORDS_MAX)
		return NULL;
	second = engine_alloc(sent->engine, sizeof(*second));
	if (!second)
		return NULL;
	*second = *record;
	record->end = position;
	second->start = position;
	RB_INSERT(tcp_sent_tree, &sent->tree, second);
	sent->count++;
	join_state(sent, record, second);
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
	count_len(sent, record, -(uint32_t)(position - record->start));
	record->start = position; /* order in the trees is kept */
	if (record->is_aside)
		refresh_longest(record);
}

void tcp_sent_mark_sacked(struct tcp_sent *sent, struct tcp_sent_record *record)
{
	leave_state(sent, record);
	record->state = TCP_SENT_SACKED;
	LIST_INSERT_HEAD(&sent->sacked, record, sacked);
	count_len(sent, record, len_of(record));
}

static void absorb_next(struct tcp_sent *sent, struct tcp_sent_record *record)
{
	struct tcp_sent_record *next = tcp_sent_next(record);

	if (!next || next->state != TCP_SENT_SACKED)
		return;
	count_len(sent, record, len_of(next)); /* stays, as part of record */
	record->end = next->end;
	record->retransmitted |= next->retransmitted;
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
	sent->lost_total += len_of(record);
	RB_INSERT(tcp_sent_lost, &sent->lost, record);
	count_len(sent, record, len_of(record));
}

static struct tcp_sent_record *find_longer(const struct tcp_sent *sent,
					   uint32_t len)
{
	struct tcp_sent_record *record = RB_ROOT(&sent->aside);

	while (record && len_of(record) <= len)
		record = longest_of(RB_LEFT(record, lost)) > len
				 ? RB_LEFT(record, lost)
				 : RB_RIGHT(record, lost);
	return record;
}

/*
 * Each of the list is either lost or moved aside: it is looked at once for
 * each time that it was sent, however often the MTU falls.
 */
void tcp_sent_mark_longer_lost(struct tcp_sent *sent, uint32_t len)
{
	struct tcp_sent_record *record;

	while ((record = find_longer(sent, len)))
		tcp_sent_mark_lost(sent, record);
	while ((record = TAILQ_FIRST(&sent->in_flight))) {
		if (len_of(record) > len) {
			tcp_sent_mark_lost(sent, record);
			continue;
		}
		sent->visited++;
		leave_flight(sent, record);
		put_aside(sent, record);
	}
}

bool tcp_sent_is_before(const struct tcp_sent_record *record, uint64_t order,
			uint64_t end)
{
	return record->order < order ||
	       (record->order == order && record->end < end);
}

void tcp_sent_unmark_lost(struct tcp_sent *sent)
{
	struct tcp_sent_record *record;

	while ((record = tcp_sent_first_lost(sent))) {
		leave_state(sent, record);
		record->state = TCP_SENT_IN_FLIGHT;
		count_len(sent, record, len_of(record));
		put_aside(sent, record);
	}
}

void tcp_sent_forget_sacks(struct tcp_sent *sent)
{
	struct tcp_sent_record *record;

	while ((record = LIST_FIRST(&sent->sacked)))
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
	count_len(sent, record, len_of(record));
}
