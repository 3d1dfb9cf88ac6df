/* SEGMENT ARRIVES for a half-open connection. RFC 9293, 3.10.7.4; RFC 5961. */
#ifndef TCP_TCP_HALF_OPEN_H
#define TCP_TCP_HALF_OPEN_H

#include "tcp/tcp_syn_queue.h"

/* What is to be done about a segment; the order is that of the checks. */
enum tcp_half_open_verdict {
	TCP_HALF_OPEN_SYN_AGAIN, /* our SYN-ACK was lost */
	TCP_HALF_OPEN_REFUSE, /* it acknowledges what was not sent: RST */
	TCP_HALF_OPEN_CHALLENGE, /* an ACK says what is expected */
	TCP_HALF_OPEN_RESET, /* the peer's RST ends it */
	TCP_HALF_OPEN_ABORT, /* ours does */
	TCP_HALF_OPEN_IGNORE,
	TCP_HALF_OPEN_LAST_ACK,
};

/* A challenge: *reason says why, but for a RST. */
enum tcp_half_open_verdict tcp_half_open_judge(
	const struct tcp_half_open *half_open,
	const struct tcp_segment *segment, int64_t now_us,
	enum counter *reason);
/*
 * Whether a SYN-ACK again or a challenge may leave now:
 * tcp_invalid_ratelimit.
 */
bool tcp_half_open_may_answer(struct tcp_half_open *half_open, int ratelimit_ms,
			      int64_t now_us);

#endif
