/* What ICMP says of the path's MTU, and when it is believed. RFC 5927, 7. */
#ifndef TCP_TCP_PMTU_H
#define TCP_TCP_PMTU_H

#include "tcp/tcp_connection.h"

/* A segment of new data leaves: len bytes of payload, to position end. */
void tcp_pmtu_on_sent(struct tcp_connection *tcp, uint32_t len, uint64_t end);
/* snd.una has moved. */
void tcp_pmtu_on_ack(struct tcp_connection *tcp);
/* What arrived before need not arrive now. */
void tcp_pmtu_on_timeout(struct tcp_connection *tcp);

#endif
