/* The ends of a connection. */
#ifndef TCP_TCP_CLOSE_H
#define TCP_TCP_CLOSE_H

#include "tcp/tcp_connection.h"

/* At once: CLOSED, buffers and timers given up; error 0 or positive. */
void tcp_close_now(struct tcp_connection *tcp, int error);
/* The same after a RST to the peer. */
void tcp_close_with_reset(struct tcp_connection *tcp, int error);
/* RFC 9293, 3.10.7.4: 2 MSL from now on. */
void tcp_close_enter_time_wait(struct tcp_connection *tcp, int64_t now_us);
/* FIN-WAIT-2 of a connection that no program has any more ends in time. */
void tcp_close_limit_fin_wait_2(struct tcp_connection *tcp, int64_t now_us);

#endif
