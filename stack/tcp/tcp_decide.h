/* The one decision: what leaves next, if anything. RFC 9293, 3.8.6.2.1. */
#ifndef TCP_TCP_DECIDE_H
#define TCP_TCP_DECIDE_H

#include "tcp/tcp_connection.h"

enum tcp_send_kind {
	TCP_SEND_NOTHING,
	TCP_SEND_STRAY_RESET, /* answers a segment that is not ours */
	TCP_SEND_RESET,
	TCP_SEND_SYN, /* or SYN-ACK */
	TCP_SEND_AGAIN, /* what was lost */
	TCP_SEND_DATA, /* new data, FIN */
	TCP_SEND_PROBE, /* an old number, to be answered */
	TCP_SEND_ACK,
};

struct tcp_decision {
	enum tcp_send_kind kind;
	uint64_t start;
	uint32_t len; /* payload */
	bool fin;
	bool is_window_probe; /* DATA into a window that may be shut */
	bool is_mtu_probe; /* one segment, larger than the MSS */
	bool is_tail_probe; /* one segment, whatever the congestion window */
	struct tcp_sent_record *record; /* AGAIN */
};

/* gso_max: payload of one super-segment, or 0. */
struct tcp_decision tcp_decide(const struct tcp_connection *tcp,
			       uint32_t gso_max);
/* Data waits although nothing is in flight: the window is closed. */
bool tcp_decide_window_blocks(const struct tcp_connection *tcp);
/* A small rest waits for more of the program's data. */
bool tcp_decide_cork_blocks(const struct tcp_connection *tcp);
/* Payload of a full segment that carries today's SACK blocks, too. */
uint32_t tcp_decide_mss(const struct tcp_connection *tcp);
/* What was sent lies behind a window that has shrunk: it waits, but for the
 * first byte, whose retransmission probes the window. */
bool tcp_decide_is_behind_edge(const struct tcp_connection *tcp,
			       uint64_t start);
/* As far as the peer's window reaches; where it is closed, one is a probe. */
uint32_t tcp_decide_cut_by_edge(const struct tcp_connection *tcp,
				uint64_t start, uint32_t len, uint32_t mss);
/* SACK blocks that the options have room for. */
unsigned tcp_decide_sack_max(const struct tcp_connection *tcp);

#endif
