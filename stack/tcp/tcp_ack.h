/* The ACK of a segment. RFC 9293, 3.10.7.4, fifth step. */
#ifndef TCP_TCP_ACK_H
#define TCP_TCP_ACK_H

#include "tcp/tcp_connection.h"

enum tcp_ack_verdict {
	TCP_ACK_FINE, /* go on with the next step */
	TCP_ACK_TOO_OLD, /* RFC 5961, 5.2: challenge, drop */
	TCP_ACK_TOO_NEW, /* for what was not sent: ACK, drop */
};

enum tcp_ack_verdict tcp_ack_input(struct tcp_connection *tcp,
				   const struct tcp_segment *segment,
				   int64_t now_us);

#endif
