/* A listener, as the rooms of the passive open share it. */
#ifndef TCP_TCP_LISTENER_H
#define TCP_TCP_LISTENER_H

#include "tcp/tcp_connection.h"
#include "tcp/tcp_syn_queue.h"

/* A connection that a cookie opened and whose handshake goes on. */
struct tcp_fastopen_pending {
	TAILQ_ENTRY(tcp_fastopen_pending) link;
	struct tcp_listener *listener;
	struct tcp_connection *tcp;
};

struct tcp_fastopen_queue {
	TAILQ_HEAD(, tcp_fastopen_pending) pending;
	uint32_t pending_count;
	int64_t *resets; /* ring: until when each one still counts */
	uint32_t reset_first, reset_count, reset_size;
};

struct tcp_listener {
	struct tcp_context *context;
	struct tcp_connection *prototype; /* its options are the children's */
	uint32_t backlog;
	struct tcp_syn_queue half_open;
	TAILQ_HEAD(, tcp_connection) accepted;
	uint32_t accepted_count;
	struct tcp_fastopen_queue fastopen;
	int64_t cookies_until_us; /* ACKs may bring some back; 0: none sent */
	struct tcp_ip_options *ip_options; /* of the last one that it gave */
	struct tcp_segment *resets; /* ring, made when first needed */
	uint32_t reset_first, reset_count;
};

#endif
