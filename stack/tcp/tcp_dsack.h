/* Duplicates: told to the peer, and believed of it. RFC 2883. */
#ifndef TCP_TCP_DSACK_H
#define TCP_TCP_DSACK_H

#include "tcp/tcp_connection.h"
#include "tcp/tcp_recovery.h"

/* Bytes came that were here; the caller sees to an ACK. */
void tcp_dsack_note(struct tcp_connection *tcp, struct range duplicate);
/* Of a segment behind rcv.nxt: what of it is kept already. */
void tcp_dsack_note_kept(struct tcp_connection *tcp, struct range arrived);
void tcp_dsack_clear(struct tcp_connection *tcp);
bool tcp_dsack_is_pending(const struct tcp_connection *tcp);
/* The oldest duplicate that is not told, or false. */
bool tcp_dsack_take(struct tcp_connection *tcp,
		    struct tcp_sack_block *duplicate);

/*
 * The first block of a received ACK, if it is a D-SACK, is put into the
 * result. True: it is one, credible or not, and no news for the scoreboard.
 */
bool tcp_dsack_input(struct tcp_connection *tcp,
		     const struct tcp_header *header,
		     struct tcp_ack_result *result);

#endif
