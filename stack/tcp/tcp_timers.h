/* Deadlines in one array, and what happens at each. */
#ifndef TCP_TCP_TIMERS_H
#define TCP_TCP_TIMERS_H

#include "tcp/tcp_connection.h"

void tcp_timers_stop_all(struct tcp_connection *tcp);
/* RFC 6298, 5.1 to 5.3: runs while something is in flight. */
void tcp_timers_restart_retransmit(struct tcp_connection *tcp, int64_t now_us);
/* The peer is dead, as far as anybody can tell: ETIMEDOUT, or what ICMP said */
void tcp_timers_give_up(struct tcp_connection *tcp);

#endif
