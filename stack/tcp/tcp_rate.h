/*
 * Delivery rate: how many bytes arrived in which time, measured over one
 * round trip; draft-cheng-iccrg-delivery-rate-estimation. Times are the low
 * 32 bits of microseconds.
 */
#ifndef TCP_TCP_RATE_H
#define TCP_TCP_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include <pyt/cc.h>

struct tcp_connection;
struct tcp_sent_record;

/* Of a connection. */
struct tcp_rate {
	uint64_t total; /* bytes delivered */
	uint64_t limited_until; /* of total: app-limited till then; 0: not */
	uint32_t delivered_us; /* when total changed last */
	uint32_t first_sent_us; /* begin of the send phase of a sample */
	uint32_t last_len; /* the last good sample; 0: none */
	uint32_t last_us : 31;
	bool last_is_app_limited : 1;
};

/* Of a sent record: the connection's at its transmission. */
struct tcp_rate_mark {
	uint32_t total, delivered_us, first_sent_us;
};

/* While one ACK is taken: the newest of what it delivers. */
struct tcp_rate_sample {
	uint64_t order, end; /* of the newest; 0: none */
	struct tcp_rate_mark mark;
	uint32_t sent_us;
	bool is_app_limited;
};

/* Before snd.nxt moves. */
void tcp_rate_on_sent(struct tcp_connection *tcp,
		      struct tcp_sent_record *record, int64_t now_us);
/* The record, or a part of it, has arrived. */
void tcp_rate_on_delivered(struct tcp_connection *tcp,
			   const struct tcp_sent_record *record,
			   struct tcp_rate_sample *sample);
/* After all of one ACK; interval_us is 0 where it says nothing. */
struct pyt_cc_rate tcp_rate_finish(struct tcp_connection *tcp,
				   const struct tcp_rate_sample *sample,
				   uint32_t delivered, int64_t now_us);
/* The program writes, and may have kept the connection waiting. */
void tcp_rate_on_write(struct tcp_connection *tcp);

#endif
