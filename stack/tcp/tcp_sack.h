/* Selective acknowledgement, both ways. RFC 2018, RFC 2883. */
#ifndef TCP_TCP_SACK_H
#define TCP_TCP_SACK_H

#include "tcp/tcp_connection.h"
#include "tcp/tcp_recovery.h"

/* The sender's side: blocks of a received ACK go to the scoreboard. */
void tcp_sack_input(struct tcp_connection *tcp, const struct tcp_header *header,
		    struct tcp_ack_result *result, int64_t now_us);
/* The receiver's side: what is kept at this position has come just now. */
void tcp_sack_note_newest(struct tcp_connection *tcp, uint64_t position);
uint64_t tcp_sack_newest(const struct tcp_connection *tcp);
/*
 * Blocks for an ACK, the newest first (RFC 2018, 4). At most max; a D-SACK
 * that was to be reported is taken.
 */
void tcp_sack_output(struct tcp_connection *tcp, struct tcp_header *header,
		     unsigned max);
/* How many blocks there are to report. */
unsigned tcp_sack_count(const struct tcp_connection *tcp);

#endif
