/* Tail loss probe: an ACK is called for before the timeout. RFC 8985, 7. */
#ifndef TCP_TCP_TLP_H
#define TCP_TCP_TLP_H

#include "tcp/tcp_connection.h"
#include "tcp/tcp_decide.h"
#include "tcp/tcp_recovery.h"

#define TCP_TLP_MARGIN_US 2000 /* the peer's scheduler; Linux: two jiffies */
#define TCP_TLP_ACK_DELAY_US 50000 /* the peer's delayed ACK, and some */

/* Data left or an ACK brought progress: sets the timer, or stops it. */
void tcp_tlp_schedule(struct tcp_connection *tcp, int64_t now_us);
void tcp_tlp_on_timer(struct tcp_connection *tcp, int64_t now_us);
/* What to probe with; nothing, if there is nothing. */
struct tcp_decision tcp_tlp_decide(const struct tcp_connection *tcp,
				   uint32_t mss);
void tcp_tlp_on_sent(struct tcp_connection *tcp, const struct tcp_decision *d,
		     int64_t now_us);
void tcp_tlp_on_ack(struct tcp_connection *tcp,
		    const struct tcp_ack_result *result, int64_t now_us);
/* A recovery begins. */
void tcp_tlp_reset(struct tcp_connection *tcp);
void tcp_tlp_on_timeout(struct tcp_connection *tcp);

#endif
