/*
 * ACKs of what comes behind a hole. RFC 5681, 4.2 wants one for each segment:
 * without SACK the sender counts them. With SACK one tells what many did, so
 * behind the third those of a twentieth of a round trip wait for the last of
 * them, as Linux does: net.ipv4.tcp_comp_sack_*.
 */
#ifndef TCP_TCP_ACK_COMPRESS_H
#define TCP_TCP_ACK_COMPRESS_H

#include "tcp/tcp_connection.h"

/* Data was kept behind a hole: an ACK now, or one that waits. grows: it
 * touches the block that the ACK before told, or will tell, first. */
void tcp_ack_compress_on_kept(struct tcp_connection *tcp, bool grows,
			      int64_t now_us);
/* The left edge has moved: the next three are told at once again. */
void tcp_ack_compress_restart(struct tcp_connection *tcp);
/* The ACK leaves by itself: those that it stands for are one less. */
void tcp_ack_compress_on_timer(struct tcp_connection *tcp);
void tcp_ack_compress_on_ack_sent(struct tcp_connection *tcp);

#endif
