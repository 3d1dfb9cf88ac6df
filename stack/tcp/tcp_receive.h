/* Data and FIN of a segment: reassembly and when to acknowledge. */
#ifndef TCP_TCP_RECEIVE_H
#define TCP_TCP_RECEIVE_H

#include "tcp/tcp_connection.h"

/* Seventh step of SEGMENT ARRIVES. start: position of the first byte. */
void tcp_receive_data(struct tcp_connection *tcp,
		      const struct tcp_segment *segment, uint64_t start,
		      int64_t now_us);
/* An ACK left: nothing is owed to the peer any more. */
void tcp_receive_on_ack_sent(struct tcp_connection *tcp);
/*
 * Where many segments came in one turn of the loop, up to TCP_ACKS_A_TURN share
 * them. The early ones are what would have left before the rest came: they tell
 * of no holes, so that the peer's window grows before it hears of a loss.
 */
bool tcp_receive_acks_early(const struct tcp_connection *tcp);
uint64_t tcp_receive_early_ack(const struct tcp_connection *tcp);
void tcp_receive_on_early_ack(struct tcp_connection *tcp, uint64_t ack);

#endif
