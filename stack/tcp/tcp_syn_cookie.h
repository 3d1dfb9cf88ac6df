/*
 * SYN cookies: what a half-open connection would remember stands in the
 * sequence number and the timestamp that the peer sends back, so that a
 * flood of SYNs takes no memory. RFC 4987, 3.6 and appendix A.
 */
#ifndef TCP_TCP_SYN_COOKIE_H
#define TCP_TCP_SYN_COOKIE_H

#include "tcp/tcp_syn_queue.h"

#define TCP_SYN_COOKIE_LIFE_US 120000000ll /* at most; at least half of it */

void tcp_syn_cookie_init(struct tcp_context *context);
void tcp_syn_cookie_clear(struct tcp_context *context);
/*
 * Turns a record that is answered, but not kept, into one whose iss is a
 * cookie; it loses the options that have no room in one.
 */
void tcp_syn_cookie_make(const struct tcp_context *context,
			 struct tcp_half_open *half_open, int64_t now_us);
/* Timestamp clock of the SYN-ACK, without the offset; never in the future. */
uint32_t tcp_syn_cookie_timestamp(const struct tcp_half_open *half_open,
				  int64_t now_us);
/*
 * The ACK of a SYN-ACK with a cookie: true fills *half_open with what the
 * peer had said in its SYN. False: forged, too old.
 */
bool tcp_syn_cookie_check(const struct tcp_context *context,
			  const struct tcp_segment *ack,
			  struct tcp_half_open *half_open, int64_t now_us);
/* Once for each cookie; false: it was used before. Best effort. */
bool tcp_syn_cookie_use(struct tcp_context *context,
			const struct tcp_half_open *half_open);

#endif
