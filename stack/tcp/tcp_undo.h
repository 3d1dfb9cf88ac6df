/* Reductions of the window that were for nothing. RFC 3522, 3708, 4015. */
#ifndef TCP_TCP_UNDO_H
#define TCP_TCP_UNDO_H

#include "tcp/tcp_connection.h"
#include "tcp/tcp_recovery.h"

/* The window is about to be reduced for a loss; to be called before. */
void tcp_undo_start(struct tcp_connection *tcp);
/* What comes is no evidence any more: the reduction stands. */
void tcp_undo_forget(struct tcp_connection *tcp);
/* len bytes leave again. */
void tcp_undo_on_sent_again(struct tcp_connection *tcp, uint32_t len,
			    int64_t now_us);
void tcp_undo_on_dsack(struct tcp_connection *tcp, struct range dsack);

/* D-SACKs told of every retransmission that it was needless. */
bool tcp_undo_by_dsack(const struct tcp_connection *tcp);
/* The ACK is of an original: Eifel detection, RFC 3522, 3.2. */
bool tcp_undo_by_timestamp(const struct tcp_connection *tcp,
			   const struct tcp_ack_result *result);
/*
 * Windows as before the reduction, nothing is lost. The recovery is left by
 * the caller, before. cause: what is counted.
 */
void tcp_undo_apply(struct tcp_connection *tcp, enum counter cause,
		    int64_t now_us);

#endif
