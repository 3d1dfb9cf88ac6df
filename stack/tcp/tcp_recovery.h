/* Loss: detection, fast recovery, timeouts. RFC 5681, 6582, 6675, 8985. */
#ifndef TCP_TCP_RECOVERY_H
#define TCP_TCP_RECOVERY_H

#include "tcp/tcp_connection.h"

/* What one ACK brought; filled in by tcp_ack.c and tcp_sack.c. */
struct tcp_ack_result {
	uint64_t prior_una;
	uint32_t acked; /* bytes, cumulatively */
	uint32_t sacked; /* bytes newly SACKed */
	uint32_t delivered; /* bytes newly known to have arrived */
	uint32_t prior_in_flight;
	uint32_t ce_bytes; /* of delivered, those that were marked CE */
	int64_t rtt_us; /* sample, or 0 */
	uint32_t ts_echo;
	bool has_ts_echo;
	bool acked_again; /* some of it had been retransmitted */
	uint32_t original_len; /* delivered of what high covers, sent once */
	uint64_t late_from; /* sent once, overtaken by others; 0: none */
	int64_t sack_rtt_us; /* sample of what was SACKed, or 0 */
	bool has_dsack; /* RFC 2883: the peer had got it before */
	struct range dsack; /* what, if it is credible; or empty */
	bool is_duplicate; /* RFC 5681, 2 */
	bool round_start;
	bool ece; /* segments were marked CE */
	struct tcp_rate_sample rate;
};

/* After the scoreboard was brought up to date. */
void tcp_recovery_on_ack(struct tcp_connection *tcp,
			 struct tcp_ack_result *result, int64_t now_us);
void tcp_recovery_on_timeout(struct tcp_connection *tcp, int64_t now_us);
void tcp_recovery_on_reorder_timer(struct tcp_connection *tcp, int64_t now_us);
/* New data was acknowledged, and the timer restarted. */
void tcp_recovery_suspect_reneging(struct tcp_connection *tcp, int64_t now_us);
/* len bytes leave, or leave again. */
void tcp_recovery_on_sent(struct tcp_connection *tcp, uint32_t len,
			  bool is_again, int64_t now_us);
/* All that is found lost in flight passes here. */
void tcp_recovery_mark_lost(struct tcp_connection *tcp,
			    struct tcp_sent_record *record);
/* A record, or the acknowledged part of it, arrived: for all who ask. */
void tcp_recovery_on_delivered(struct tcp_connection *tcp,
			       const struct tcp_sent_record *record,
			       struct tcp_ack_result *result, int64_t now_us);

#endif
