/* Loss detection by time of transmission, for connections with SACK. */
#ifndef TCP_TCP_RACK_H
#define TCP_TCP_RACK_H

#include "tcp/tcp_connection.h"
#include "tcp/tcp_recovery.h"

/* A record has arrived: step 1 and 2 of RFC 8985, 6.2. */
void tcp_rack_on_delivered(struct tcp_connection *tcp,
			   const struct tcp_sent_record *record,
			   const struct tcp_ack_result *result, int64_t now_us);
/* Step 5: marks what is lost, or sets the timer for when it will be. */
void tcp_rack_detect(struct tcp_connection *tcp, int64_t now_us);
/* A retransmission was needless: the reordering window grows. */
void tcp_rack_on_dsack(struct tcp_connection *tcp);
void tcp_rack_on_recovery_end(struct tcp_connection *tcp);
/* Step 4: how long what was overtaken is waited for. */
int64_t tcp_rack_window_us(const struct tcp_connection *tcp);
/* 6.3: marks what a timeout shows to be lost. */
void tcp_rack_on_timeout(struct tcp_connection *tcp, int64_t now_us);

#endif
