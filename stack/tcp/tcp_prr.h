/* How much may leave during fast recovery. RFC 9937. */
#ifndef TCP_TCP_PRR_H
#define TCP_TCP_PRR_H

#include "tcp/tcp_connection.h"
#include "tcp/tcp_recovery.h"

/* Fast recovery begins with this ACK; ssthresh is the new one. */
void tcp_prr_start(struct tcp_connection *tcp,
		   const struct tcp_ack_result *result);
/* Sets cwnd. found_loss: this ACK showed that more is lost. */
void tcp_prr_on_ack(struct tcp_connection *tcp,
		    const struct tcp_ack_result *result, bool found_loss);
void tcp_prr_on_sent(struct tcp_connection *tcp, uint32_t len);

#endif
