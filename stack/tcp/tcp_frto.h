/* F-RTO: was the timeout too early? RFC 5682. */
#ifndef TCP_TCP_FRTO_H
#define TCP_TCP_FRTO_H

#include "tcp/tcp_connection.h"
#include "tcp/tcp_recovery.h"

/* A timeout. is_fresh: no recovery was going on, or it is one in a row. */
void tcp_frto_on_timeout(struct tcp_connection *tcp, bool is_fresh);
/* An ACK after it. True: nothing was lost. */
bool tcp_frto_on_ack(struct tcp_connection *tcp,
		     const struct tcp_ack_result *result);
/* New data goes first, before what is lost: bytes, 0: it does not. */
uint32_t tcp_frto_new_data_room(const struct tcp_connection *tcp);
/* Lost segments wait for the answer to new data. */
bool tcp_frto_holds_lost(const struct tcp_connection *tcp);
/* What was lost is sent, as there was no new data after all. */
void tcp_frto_on_sent_again(struct tcp_connection *tcp);

#endif
