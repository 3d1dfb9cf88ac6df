/* The congestion window: what the control hears, and when it is stale. */
#ifndef TCP_TCP_CWND_H
#define TCP_TCP_CWND_H

#include "tcp/tcp_recovery.h"

/* ops begins, or takes over, with what is known of the path. */
void tcp_cwnd_start(struct tcp_connection *tcp, const struct pyt_cc_ops *ops,
		    int64_t now_us);
/* What an acknowledgment brought goes to the congestion control. */
void tcp_cwnd_on_ack(struct tcp_connection *tcp,
		     const struct tcp_ack_result *result, int64_t now_us);
/* New data leaves; with nothing in flight the ACK clock has stopped. */
void tcp_cwnd_before_new_data(struct tcp_connection *tcp, int64_t now_us);
/* Something left: how far the window is used, RFC 7661, 4.3. */
void tcp_cwnd_on_sent(struct tcp_connection *tcp);

#endif
