/*
 * What was sent and is not yet acknowledged: one record for each segment or
 * super-segment, split where SACK blocks or retransmission cut it.
 *
 * Each record is in the tree, by position. One in flight is in the list
 * in_flight too, in the order of its last transmission (what RACK walks); one
 * that is lost and waits to be sent again is in the list lost; one that the
 * peer has (SACK) is in neither, and neighbours of this kind are merged.
 */
#ifndef TCP_TCP_SENT_H
#define TCP_TCP_SENT_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/engine.h"
#include "tcp/tcp_rate.h"

enum tcp_sent_state {
	TCP_SENT_IN_FLIGHT,
	TCP_SENT_LOST,
	TCP_SENT_SACKED,
};

struct tcp_sent_record {
	RB_ENTRY(tcp_sent_record) tree;
	TAILQ_ENTRY(tcp_sent_record) list;
	uint64_t start, end; /* positions; a FIN counts as one */
	int64_t sent_us; /* last transmission */
	uint64_t order; /* of that among all; the clock may stand still */
	enum tcp_sent_state state;
	bool retransmitted;
	bool is_app_limited; /* see tcp_rate.h */
	struct tcp_rate_mark rate;
};

RB_HEAD(tcp_sent_tree, tcp_sent_record);
TAILQ_HEAD(tcp_sent_list, tcp_sent_record);

struct tcp_sent {
	struct engine *engine;
	struct tcp_sent_tree tree;
	struct tcp_sent_list in_flight;
	struct tcp_sent_list lost;
	uint32_t sacked_len; /* bytes */
	uint32_t lost_len;
	uint32_t lost_total; /* ever marked, bytes; wraps */
	uint32_t count;
	uint64_t last_order;
};

void tcp_sent_init(struct tcp_sent *sent, struct engine *engine);
void tcp_sent_clear(struct tcp_sent *sent);

/* Behind all others. NULL: no memory. */
struct tcp_sent_record *tcp_sent_add(struct tcp_sent *sent, uint64_t start,
				     uint64_t end, int64_t now_us);
/* The first, or NULL. */
struct tcp_sent_record *tcp_sent_first(const struct tcp_sent *sent);
struct tcp_sent_record *tcp_sent_next(struct tcp_sent_record *record);
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
/* All but what was SACKed, in order of position: a timeout. */
void tcp_sent_mark_all_lost(struct tcp_sent *sent);
/* The peer has dropped what it had SACKed. RFC 2018, 8. */
void tcp_sent_forget_sacks(struct tcp_sent *sent);
void tcp_sent_mark_retransmitted(struct tcp_sent *sent,
				 struct tcp_sent_record *record,
				 int64_t now_us);

#endif
