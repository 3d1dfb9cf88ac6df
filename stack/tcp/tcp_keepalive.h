/* Whether a silent peer is still there. RFC 9293, 3.8.4; tcp(7). */
#ifndef TCP_TCP_KEEPALIVE_H
#define TCP_TCP_KEEPALIVE_H

#include "tcp/tcp_connection.h"

/* SO_KEEPALIVE or its times have changed, or the connection is new. */
void tcp_keepalive_schedule(struct tcp_connection *tcp, int64_t now_us);
/* The peer lives. */
void tcp_keepalive_on_segment(struct tcp_connection *tcp, int64_t now_us);
void tcp_keepalive_on_timer(struct tcp_connection *tcp, int64_t now_us);

#endif
