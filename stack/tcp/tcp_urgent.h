/* Urgent data, as BSD and Linux read RFC 9293, 3.8.5; RFC 6093. */
#ifndef TCP_TCP_URGENT_H
#define TCP_TCP_URGENT_H

#include "tcp/tcp_connection.h"

/* Sixth step of SEGMENT ARRIVES. start: position of the payload. */
void tcp_urgent_input(struct tcp_connection *tcp,
		      const struct tcp_segment *segment, uint64_t start);
/* Takes the urgent byte out of the stream when it is next to be read. */
void tcp_urgent_skip(struct tcp_connection *tcp);
/* How far one may read at once: the mark ends a read. */
uint64_t tcp_urgent_read_limit(const struct tcp_connection *tcp);

#endif
