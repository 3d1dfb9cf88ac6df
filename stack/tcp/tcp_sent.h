/*
 * What was sent and is not yet acknowledged: one record for each segment or
 * super-segment, split where SACK blocks or retransmission cut it.
 *
 * Each record is in the tree, by position, and in one place more: in flight
 * in a list, in the order of its last transmission (what RACK walks); lost in
 * a tree, by position, as the lowest is sent again first; SACKed in a list,
 * where neighbours are merged to one record.
 *
 * In flight there is a second place, a tree in that order: for those that come
 * back from the lost ones, and those that a smaller MTU has found short enough.
 * Its nodes know the longest record below them, so that the next smaller MTU
 * finds what is too long without a look at the rest.
 *
 * Cost: nothing here walks records that it does not change. Every change of
 * state is O(log n) and is paid for by what made it possible: a transmission
 * (in flight), or a block of the peer's that was news (SACKed). Blocks that
 * are no news cost one search each.
 */
#ifndef TCP_TCP_SENT_H
#define TCP_TCP_SENT_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/engine.h"
#include "tcp/tcp_rate.h"

/*
 * Bounds on records, thus on memory (TCP_SENT_RECORDS_MAX * 128 bytes at
 * most). SACK blocks may cut what is in flight into twice as many pieces as
 * it has full segments, and some: more are of no honest receiver.
 */
#define TCP_SENT_RECORDS_MAX 65536
#define TCP_SENT_CUTS_SPARE 64

enum tcp_sent_state {
	TCP_SENT_IN_FLIGHT,
	TCP_SENT_LOST,
	TCP_SENT_SACKED,
};

struct tcp_sent_record {
	RB_ENTRY(tcp_sent_record) tree;
	union {
		TAILQ_ENTRY(tcp_sent_record) list; /* in flight */
		LIST_ENTRY(tcp_sent_record) sacked;
		RB_ENTRY(tcp_sent_record) lost; /* or in flight, aside */
	};
	uint64_t start, end; /* positions; a FIN counts as one */
	int64_t sent_us; /* last transmission */
	uint64_t order; /* of that among all; the clock may stand still */
	enum tcp_sent_state state;
	bool retransmitted;
	bool is_aside; /* in flight, in the tree */
	uint32_t longest; /* aside: bytes of the longest below, itself too */
	bool is_app_limited; /* see tcp_rate.h */
	struct tcp_rate_mark rate;
};

RB_HEAD(tcp_sent_tree, tcp_sent_record);
RB_HEAD(tcp_sent_lost, tcp_sent_record);
RB_HEAD(tcp_sent_aside, tcp_sent_record);
TAILQ_HEAD(tcp_sent_list, tcp_sent_record);
LIST_HEAD(tcp_sent_sacked, tcp_sent_record);

struct tcp_sent {
	struct engine *engine;
	struct tcp_sent_tree tree;
	struct tcp_sent_list in_flight;
	struct tcp_sent_aside aside; /* in flight, too */
	struct tcp_sent_sacked sacked;
	struct tcp_sent_lost lost;
	uint32_t sacked_len; /* bytes */
	uint32_t lost_len;
	uint32_t lost_total; /* ever marked, bytes; wraps */
	uint32_t again_len; /* in flight, and not for the first time */
	uint32_t count;
	uint32_t visited; /* records that were looked at: the cost, for tests */
	uint64_t last_order;
};

void tcp_sent_init(struct tcp_sent *sent, struct engine *engine);
void tcp_sent_clear(struct tcp_sent *sent);

/* Behind all others. NULL: no memory, or TCP_SENT_RECORDS_MAX. */
struct tcp_sent_record *tcp_sent_add(struct tcp_sent *sent, uint64_t start,
				     uint64_t end, int64_t now_us);
/* The first, or NULL. */
struct tcp_sent_record *tcp_sent_first(const struct tcp_sent *sent);
struct tcp_sent_record *tcp_sent_next(struct tcp_sent_record *record);
/* The one in flight that was sent first, or NULL. */
struct tcp_sent_record *tcp_sent_first_in_flight(const struct tcp_sent *sent);
/* The lost one with the lowest position, or NULL. */
struct tcp_sent_record *tcp_sent_first_lost(const struct tcp_sent *sent);
struct tcp_sent_record *tcp_sent_next_lost(struct tcp_sent_record *record);
/* The one with the highest position, or NULL. */
struct tcp_sent_record *tcp_sent_last(const struct tcp_sent *sent);
struct tcp_sent_record *tcp_sent_previous(struct tcp_sent_record *record);
/* The one that holds position, or NULL. */
struct tcp_sent_record *tcp_sent_find(const struct tcp_sent *sent,
				      uint64_t position);
/* Cuts record at position; the second half, or NULL: no memory. */
struct tcp_sent_record *tcp_sent_split(struct tcp_sent *sent,
				       struct tcp_sent_record *record,
				       uint64_t position);
void tcp_sent_remove(struct tcp_sent *sent, struct tcp_sent_record *record);
/* The part of record before position has been acknowledged. */
void tcp_sent_trim(struct tcp_sent *sent, struct tcp_sent_record *record,
		   uint64_t position);

void tcp_sent_mark_sacked(struct tcp_sent *sent,
			  struct tcp_sent_record *record);
/* Joins a SACKed record with its SACKed neighbours. */
void tcp_sent_merge_sacked(struct tcp_sent *sent,
			   struct tcp_sent_record *record);
void tcp_sent_mark_lost(struct tcp_sent *sent, struct tcp_sent_record *record);
/* Those in flight that are longer than len bytes. */
void tcp_sent_mark_longer_lost(struct tcp_sent *sent, uint32_t len);
/* They were not: in flight again, since they were sent last. */
void tcp_sent_unmark_lost(struct tcp_sent *sent);
/* Sent before the other? By order: what leaves in one turn has one time. */
bool tcp_sent_is_before(const struct tcp_sent_record *record, uint64_t order,
			uint64_t end);
/* The peer has dropped what it had SACKed. RFC 2018, 8. */
void tcp_sent_forget_sacks(struct tcp_sent *sent);
void tcp_sent_mark_retransmitted(struct tcp_sent *sent,
				 struct tcp_sent_record *record,
				 int64_t now_us);

#endif
