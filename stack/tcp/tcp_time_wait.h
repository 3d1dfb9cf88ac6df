/*
 * What is left of a connection that no program holds, in TIME-WAIT or, as all
 * that we sent has been acknowledged, in FIN-WAIT-2: enough to acknowledge a
 * FIN, and to know old segments from a new connection. RFC 9293, 3.6.1; RFC
 * 1337; RFC 6191.
 */
#ifndef TCP_TCP_TIME_WAIT_H
#define TCP_TCP_TIME_WAIT_H

#include "base/heap.h"
#include "tcp/tcp.h"

/* 2 MSL, as Linux counts them. */
#define TCP_TIME_WAIT_US 60000000

struct tcp_time_wait {
	struct table_node node;
	struct heap_node timer;
	int64_t ts_recent_us; /* 0: no timestamps */
	int64_t answered_us; /* last ACK of an old segment; rate limit */
	struct pyt_ip local, peer;
	uint16_t local_port, peer_port;
	uint32_t snd_nxt, rcv_nxt;
	uint32_t ts_recent, ts_offset;
	uint16_t window; /* as on the wire */
	uint32_t tx_delay_us;
	uint8_t tos, ttl;
	uint8_t wscale; /* of the window */
	bool awaits_fin; /* FIN-WAIT-2 */
};

enum tcp_time_wait_verdict {
	TCP_TIME_WAIT_STAYS,
	TCP_TIME_WAIT_RESTARTS, /* 2 MSL from now on */
	TCP_TIME_WAIT_ENDS,
	TCP_TIME_WAIT_RESETS, /* data that nobody will read: ends, too */
	TCP_TIME_WAIT_YIELDS, /* to a new connection, if somebody listens */
};

struct tcp_time_wait_answer {
	enum tcp_time_wait_verdict verdict;
	bool sends; /* output; not if it yields and somebody listens */
	struct tcp_output output;
	uint32_t iss; /* of a new connection: above all the old numbers */
};

/* False: the connection must stay whole (another state, a time of its own for
 * FIN-WAIT-2, data behind a hole, or it signs). */
bool tcp_time_wait_take(const struct tcp_connection *tcp,
			struct tcp_time_wait *time_wait);
void tcp_time_wait_input(const struct tcp_context *context,
			 struct tcp_time_wait *time_wait,
			 const struct tcp_segment *segment,
			 struct tcp_time_wait_answer *answer, int64_t now_us);
/* connect(2) may take these addresses: net.ipv4.tcp_tw_reuse, RFC 6191. */
bool tcp_time_wait_may_reuse(const struct tcp_context *context,
			     const struct tcp_time_wait *time_wait,
			     int64_t now_us);
/* The connection that took them goes on above the old one's numbers. */
void tcp_time_wait_give(const struct tcp_time_wait *time_wait,
			struct tcp_connection *tcp);
/* Towards net.ipv4.tcp_max_tw_buckets. */
void tcp_time_wait_count(struct tcp_context *context, int change);

#endif
