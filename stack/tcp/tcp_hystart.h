/* HyStart++: slow start that ends before the queue overflows. RFC 9406. */
#ifndef TCP_TCP_HYSTART_H
#define TCP_TCP_HYSTART_H

#include <pyt/cc.h>

/* Part of a control's own state; all zero is the beginning. */
struct tcp_hystart {
	uint32_t round_rtt_us; /* least sample of this round; 0: none */
	uint32_t last_rtt_us; /* of the round before; 0: none */
	uint32_t baseline_us; /* round_rtt_us that began the slow rounds */
	uint16_t samples; /* in this round */
	uint8_t slow_rounds; /* conservative slow start; 0: standard */
};

/*
 * One acknowledgment in slow start: grows cwnd, and may set ssthresh to it.
 * Bytes that are left over for congestion avoidance.
 */
uint32_t tcp_hystart_on_ack(struct tcp_hystart *hystart, struct pyt_cc *cc,
			    const struct pyt_cc_ack *ack);

#endif
