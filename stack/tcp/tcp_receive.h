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

#endif
