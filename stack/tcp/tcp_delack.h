/*
 * When to acknowledge: quick at the start, then delayed by what the peer's
 * rhythm allows. RFC 9293, 3.8.6.3; RFC 5681, 4.2; Linux's timing.
 */
#ifndef TCP_TCP_DELACK_H
#define TCP_TCP_DELACK_H

#include "tcp/tcp_connection.h"

#define TCP_ATO_MIN_US 40000 /* Linux's TCP_ATO_MIN */
#define TCP_DELACK_MIN_US 40000
#define TCP_DELACK_MAX_US 200000
#define TCP_DELACK_ONE_WAY_US 500000 /* nobody answers: at most so long */

/* Of a connection, for data in order; if it comes in super-segments. */
#define TCP_ACKS_A_TURN 8
#define TCP_SUPER_ACKS_A_TURN 3

/* Data came: its size and its distance in time from what came before. */
void tcp_delack_on_data(struct tcp_connection *tcp,
			const struct tcp_segment *segment, int64_t now_us);
/* More in-order data: its ACK may be one of those that are due already. */
void tcp_delack_merge(struct tcp_connection *tcp,
		      const struct tcp_segment *segment);
/* In-order data was taken: an ACK now, or one that waits. */
void tcp_delack_schedule(struct tcp_connection *tcp, bool at_once,
			 int64_t now_us);
/*
 * An ACK that the program's next bytes may well carry: it waits for
 * net.ipv4.tcp_ack_merge_us, far below what a delayed ACK may (RFC 9293,
 * 3.8.6.3). 0: at once.
 */
void tcp_delack_soon(struct tcp_connection *tcp, int64_t now_us);
/* Whether what was received in order is owed an ACK at once. */
bool tcp_delack_is_due(const struct tcp_connection *tcp);
/* The peer may be in slow start: no delay for up to so many ACKs. */
void tcp_delack_enter_quick(struct tcp_connection *tcp);
/* The peer may be in slow start, and the program does not answer. */
/* The program answers: ACKs ride on its data. tcp_pingpong_thresh. */
bool tcp_delack_is_pingpong(const struct tcp_connection *tcp);
bool tcp_delack_is_quick(const struct tcp_connection *tcp);
/* An ACK left, alone or on data. */
void tcp_delack_on_ack_sent(struct tcp_connection *tcp);
/* New data leaves: perhaps it answers what came just now. */
void tcp_delack_on_data_sent(struct tcp_connection *tcp, int64_t now_us);
/* The program has read: what it drained may be worth an ACK. */
void tcp_delack_on_read(struct tcp_connection *tcp, int64_t now_us);
void tcp_delack_on_timer(struct tcp_connection *tcp, int64_t now_us);
/* TCP_QUICKACK, tcp(7): even numbers but 0 are for this moment only. */
void tcp_delack_set_quick(struct tcp_connection *tcp, int value);

#endif
