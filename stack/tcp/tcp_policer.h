/*
 * A policer on the path: a token bucket that lets a burst through and then
 * drops what is above its rate. The long-term sampling of BBR as in Linux.
 */
#ifndef TCP_TCP_POLICER_H
#define TCP_TCP_POLICER_H

#include <stdbool.h>
#include <stdint.h>

#include <pyt/cc.h>

struct tcp_policer {
	uint32_t rate; /* bytes a second, of the last interval; 0: none yet */
	uint32_t since_ms; /* the interval's begin, low half */
	uint32_t since_total; /* delivered by then, low half */
	uint32_t lost; /* bytes, since then */
	unsigned rounds : 8;
	unsigned is_looking : 1; /* since the first loss */
	unsigned is_found : 1; /* rate is what it lets through */
};

/* As long as none is found: each acknowledgment. */
void tcp_policer_look(struct tcp_policer *policer, const struct pyt_cc_ack *ack,
		      bool round_start, int64_t now_us);
/* A round with one that was found. True: it is forgotten now. */
bool tcp_policer_round(struct tcp_policer *policer);
void tcp_policer_forget(struct tcp_policer *policer);

#endif
