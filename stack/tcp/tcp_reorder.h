/* How far segments overtake one another on the way. */
#ifndef TCP_TCP_REORDER_H
#define TCP_TCP_REORDER_H

#include "tcp/tcp_connection.h"
#include "tcp/tcp_recovery.h"

void tcp_reorder_init(struct tcp_connection *tcp);
/* What was sent once has arrived; before others were counted. */
void tcp_reorder_on_delivered(struct tcp_connection *tcp,
			      const struct tcp_sent_record *record,
			      struct tcp_ack_result *result);
/* All of an ACK has been seen. */
void tcp_reorder_on_ack(struct tcp_connection *tcp,
			const struct tcp_ack_result *result);
/* Bytes from a position on came late, as the counter's cause shows. */
void tcp_reorder_note(struct tcp_connection *tcp, uint64_t from,
		      enum counter cause);
/* Without SACK: that many duplicate ACKs came of one hole. */
void tcp_reorder_note_count(struct tcp_connection *tcp, uint32_t segments);
/* A timeout came although more than that had been SACKed. */
void tcp_reorder_on_timeout(struct tcp_connection *tcp);

#endif
