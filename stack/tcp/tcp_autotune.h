/* How large the buffers should be: measured round trips and rates; Linux. */
#ifndef TCP_TCP_AUTOTUNE_H
#define TCP_TCP_AUTOTUNE_H

#include "tcp/tcp_connection.h"

/* Data came: perhaps a sample of the receiver's round trip. */
void tcp_autotune_on_data(struct tcp_connection *tcp,
			  const struct tcp_header *header, int64_t now_us);
/* The program has read: perhaps it could read more in a round trip. */
void tcp_autotune_on_read(struct tcp_connection *tcp, int64_t now_us);
/* Data was acknowledged: the congestion window may want a larger buffer. */
void tcp_autotune_send_buffer(struct tcp_connection *tcp);

#endif
