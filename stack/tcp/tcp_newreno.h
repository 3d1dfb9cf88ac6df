/* Losses without SACK: duplicate ACKs counted. RFC 5681, 6582, 3042. */
#ifndef TCP_TCP_NEWRENO_H
#define TCP_TCP_NEWRENO_H

#include "tcp/tcp_connection.h"
#include "tcp/tcp_recovery.h"

/* Counts, and adds to result->delivered what duplicate ACKs stand for. */
void tcp_newreno_count(struct tcp_connection *tcp,
		       struct tcp_ack_result *result);
/* Marks the segment at snd.una lost, where the ACKs say so. */
void tcp_newreno_detect(struct tcp_connection *tcp,
			const struct tcp_ack_result *result);

#endif
