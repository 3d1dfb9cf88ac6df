/*
 * Finding the path's MTU without ICMP: segments of the next size to try are
 * data; what arrives is the answer. RFC 4821; RFC 8899, 5 as far as it says
 * more; Linux's net.ipv4.tcp_mtu_probing: 0 never, 1 once a black hole shows,
 * 2 from the start.
 */
#ifndef TCP_TCP_PLPMTUD_H
#define TCP_TCP_PLPMTUD_H

#include "tcp/tcp_connection.h"
#include "tcp/tcp_decide.h"

/* The handshake is over: what the peer takes is known. */
void tcp_plpmtud_init(struct tcp_connection *tcp, int64_t now_us);
/* The MTU to cut segments for: what is known to pass. */
uint32_t tcp_plpmtud_mtu(const struct tcp_connection *tcp);
/* A probe, if one is due and there is data for it and what has to follow. */
struct tcp_decision tcp_plpmtud_decide(const struct tcp_connection *tcp);
void tcp_plpmtud_on_sent(struct tcp_connection *tcp,
			 const struct tcp_decision *probe);
/* snd.una has moved. */
void tcp_plpmtud_on_ack(struct tcp_connection *tcp, int64_t now_us);
/*
 * Loss was found outside recovery. True: it was the probe alone, which says
 * that it was too big, not that the path is full (RFC 4821, 7.5).
 */
bool tcp_plpmtud_takes_loss(struct tcp_connection *tcp);
/* The tries-th retransmission timeout in a row is about to be handled. */
void tcp_plpmtud_on_timeout(struct tcp_connection *tcp, unsigned tries,
			    int64_t now_us);

#endif
