/* What a connection's time went by with: TCP_INFO's busy and limited times. */
#ifndef TCP_TCP_CHRONO_H
#define TCP_TCP_CHRONO_H

#include "tcp/tcp_connection.h"

/* After whatever may have changed what goes on. */
void tcp_chrono_update(struct tcp_connection *tcp, int64_t now_us);
/* All of it up to now, what goes on included; not of TCP_BUSY_NOT. */
uint64_t tcp_chrono_us(const struct tcp_connection *tcp, enum tcp_busy what,
		       int64_t now_us);

/* The retransmission timer has run out; before retransmits counts it. */
void tcp_chrono_on_timeout(struct tcp_connection *tcp, int64_t now_us);
/* retries of a SYN-ACK that was sent first at sent_us. */
void tcp_chrono_accept(struct tcp_connection *tcp, unsigned retries,
		       int64_t sent_us, int64_t now_us);
/* Spent with timeouts, that which goes on included. */
uint32_t tcp_chrono_rto_ms(const struct tcp_connection *tcp, int64_t now_us);

#endif
