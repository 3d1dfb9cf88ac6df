/* Pacing: segments leave at a rate, not as fast as the window lets them. */
#ifndef TCP_TCP_PACING_H
#define TCP_TCP_PACING_H

#include "tcp/tcp_connection.h"

#define TCP_PACING_NO_LIMIT UINT64_MAX /* SO_MAX_PACING_RATE's standard */

/* Asked for by the congestion control or by SO_MAX_PACING_RATE. */
static inline bool tcp_pacing_is_on(const struct tcp_connection *tcp)
{
	return tcp->options.max_pacing_rate != TCP_PACING_NO_LIMIT ||
	       tcp_cc_has(&tcp->cc, PYT_CC_WANTS_PACING);
}

/* The next data has to wait; its timer is set. */
static inline bool tcp_pacing_waits(const struct tcp_connection *tcp)
{
	return tcp_timer_is_set(tcp, TCP_TIMER_PACING);
}

/* Bytes a second, SO_MAX_PACING_RATE heeded; PYT_CC_UNPACED: unknown. */
uint64_t tcp_pacing_rate(const struct tcp_connection *tcp);
/* The most payload of one super-segment: about a millisecond's worth. */
uint32_t tcp_pacing_burst(const struct tcp_connection *tcp, uint32_t mss,
			  uint32_t gso_max);
/* len bytes of payload leave. */
void tcp_pacing_on_sent(struct tcp_connection *tcp, uint32_t len,
			int64_t now_us);

#endif
