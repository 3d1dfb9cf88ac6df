/*
 * The half-open connections of a listener: small records, found by their
 * addresses, with their retries in order of time. RFC 4987, 3.
 */
#ifndef TCP_TCP_SYN_QUEUE_H
#define TCP_TCP_SYN_QUEUE_H

#include <bsd/sys/queue.h>

#include "base/table.h"
#include "tcp/tcp_context.h"
#include "tcp/tcp_iss.h"

#define TCP_SYN_QUEUE_CLASSES 8 /* of retries: 1, 2, 4 ... 120 s */

/* What both SYNs agree on, until the handshake is over. */
struct tcp_half_open {
	struct table_node node;
	TAILQ_ENTRY(tcp_half_open) timer;
	TAILQ_ENTRY(tcp_half_open) output;
	struct pyt_sockaddr local, peer;
	struct tcp_iss iss;
	uint32_t irs;
	uint32_t ts_recent;
	uint32_t window; /* offered in the SYN-ACK */
	int64_t sent_us; /* first SYN-ACK */
	int64_t deadline_us;
	int64_t answer_us; /* to what was no last ACK; rate limit */
	uint16_t peer_mss;
	uint16_t mss; /* announced */
	uint8_t peer_wscale;
	uint8_t wscale;
	uint8_t retries; /* timeouts, those that wait for data too */
	uint8_t resent; /* SYN-ACKs because of them */
	bool wscale_ok, sack_ok, ts_ok;
	bool is_cookie; /* iss is one, tcp_syn_cookie.c */
	bool gives_cookie; /* Fast Open's, in the SYN-ACK */
	bool acked; /* the handshake is over, but nobody is to know yet */
	bool output_due;
	struct tcp_saved_syn *saved_syn; /* NULL: none */
	struct tcp_ip_options *ip_options; /* for the SYN-ACK; NULL: none */
	uint8_t ecn; /* enum tcp_ecn_mode, granted */
	uint8_t syn_ecn; /* the mark of the peer's SYN */
	uint8_t syn_dscp; /* the rest of its TOS */
	bool ecn_ect; /* the SYN-ACK is sent ECN-capable, at first */
	bool ecn_marked; /* that one came with CE */
	bool ecn_was_plain; /* a SYN came without ECN's flags, after one with */
	bool is_challenge; /* that output: an ACK, no SYN-ACK */
	bool has_ao; /* the SYN was signed with TCP-AO, with these ids */
	uint8_t ao_key_id, ao_next_key_id;
};

TAILQ_HEAD(tcp_half_open_list, tcp_half_open);

/*
 * Each retry waits twice as long as the one before, so records of one retry
 * count are due in the order in which they were queued.
 */
struct tcp_syn_queue {
	struct tcp_context *context;
	struct table table;
	struct tcp_half_open_list timers[TCP_SYN_QUEUE_CLASSES];
	struct tcp_half_open_list output;
	uint32_t young_count; /* SYN-ACK sent once */
	struct tcp_half_open *forgotten; /* ring, made when first needed */
	uint32_t forgotten_first, forgotten_count;
};

/* What a listener sets for the retries of its SYN-ACKs. */
struct tcp_syn_queue_limits {
	unsigned retries;
	unsigned defer; /* retries for which TCP_DEFER_ACCEPT waits */
	uint32_t backlog;
};

/* -ENOMEM */
int tcp_syn_queue_init(struct tcp_syn_queue *queue,
		       struct tcp_context *context);
void tcp_syn_queue_clear(struct tcp_syn_queue *queue);
/* Of the segment's addresses, or NULL. */
struct tcp_half_open *tcp_syn_queue_find(const struct tcp_syn_queue *queue,
					 const struct tcp_segment *segment);
/* A record with addresses alone, its first retry timed; NULL: no memory. */
struct tcp_half_open *tcp_syn_queue_add(struct tcp_syn_queue *queue,
					const struct tcp_segment *segment,
					int64_t now_us);
void tcp_syn_queue_remove(struct tcp_syn_queue *queue,
			  struct tcp_half_open *half_open);
/* A SYN-ACK is due. */
void tcp_syn_queue_answer(struct tcp_syn_queue *queue,
			  struct tcp_half_open *half_open);
/* An ACK is due that says what is expected. */
void tcp_syn_queue_challenge(struct tcp_syn_queue *queue,
			     struct tcp_half_open *half_open);
/*
 * A copy, with all that it holds, gets one SYN-ACK, and no record is kept.
 * False: too many wait.
 */
bool tcp_syn_queue_answer_once(struct tcp_syn_queue *queue,
			       const struct tcp_half_open *half_open);
/* Takes the next one that a SYN-ACK is due for, or NULL. */
struct tcp_half_open *tcp_syn_queue_next_answer(struct tcp_syn_queue *queue);
int64_t tcp_syn_queue_next_deadline(const struct tcp_syn_queue *queue);
void tcp_syn_queue_run_timers(struct tcp_syn_queue *queue,
			      const struct tcp_syn_queue_limits *limits,
			      int64_t now_us);

#endif
