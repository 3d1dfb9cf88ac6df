/*
 * ACKs that answer what may be forged, each socket and the host limited.
 * RFC 5961, 3 to 7; Linux's tcp_invalid_ratelimit, tcp_challenge_ack_limit.
 */
#ifndef TCP_TCP_CHALLENGE_H
#define TCP_TCP_CHALLENGE_H

#include "tcp/tcp_connection.h"

/* An ACK that a peer whose segment was true would make sense of. */
void tcp_challenge(struct tcp_connection *tcp, int64_t now_us);
/*
 * An ACK for what lies outside the window or failed PAWS; skipped counts the
 * one that was not sent because another had left shortly before.
 */
void tcp_challenge_unacceptable(struct tcp_connection *tcp,
				const struct tcp_segment *segment,
				enum counter skipped, int64_t now_us);
/* RFC 5961, 3.2, and what Linux takes for as exact as RCV.NXT. */
bool tcp_challenge_reset_is_exact(const struct tcp_connection *tcp,
				  uint64_t position);

#endif
