/*
 * Congestion control as a table of hooks: what decides the congestion window
 * knows nothing of segments. RFC 5681, 3.
 */
#ifndef TCP_TCP_CC_H
#define TCP_TCP_CC_H

#include <stdbool.h>
#include <stdint.h>

#define TCP_CC_VERSION 1 /* of the table and of struct tcp_cc */
#define TCP_CC_NAME_MAX 16 /* terminating zero included, as Linux */
#define TCP_CC_SSTHRESH_INFINITE 0x7fffffffu
#define TCP_CC_CWND_MAX 0x40000000u

struct tcp_cc_ops;

/* What the hooks read and write. Windows in bytes. */
struct tcp_cc {
	const struct tcp_cc_ops *ops;
	uint32_t cwnd;
	uint32_t ssthresh;
	uint32_t mss; /* payload bytes of a full segment */
	uint32_t in_flight; /* before the event that is reported */
	int64_t srtt_us; /* 0: unknown */
	int64_t min_rtt_us; /* 0: unknown */
	uint64_t state[12]; /* the algorithm's own; zeroed before init */
};

struct tcp_cc_ack {
	uint32_t acked; /* bytes newly acknowledged or SACKed */
	int64_t rtt_us; /* sample, or 0 */
	bool round_start; /* a round trip of data has ended */
	bool window_was_used; /* cwnd, not the program, limited sending */
};

struct tcp_cc_ops {
	uint32_t version; /* TCP_CC_VERSION */
	const char *name;
	void (*init)(struct tcp_cc *cc, int64_t now_us);
	/* The new ssthresh when loss or ECN says the path is full. */
	uint32_t (*ssthresh)(struct tcp_cc *cc, int64_t now_us);
	/* Outside recovery: new data was acknowledged; may raise cwnd. */
	void (*on_ack)(struct tcp_cc *cc, const struct tcp_cc_ack *ack,
		       int64_t now_us);
	/* A retransmission timeout, after ssthresh(). May be NULL. */
	void (*on_timeout)(struct tcp_cc *cc, int64_t now_us);
	/* Sending begins again after idleness_us without data. May be NULL. */
	void (*on_restart)(struct tcp_cc *cc, int64_t idleness_us,
			   int64_t now_us);
};

extern const struct tcp_cc_ops tcp_reno;
extern const struct tcp_cc_ops tcp_cubic;

/* NULL: no such name. */
const struct tcp_cc_ops *tcp_cc_find(const char *name);
/* "reno cubic", for net.ipv4.tcp_available_congestion_control. */
const char *tcp_cc_names(void);
/* Starts ops on windows that may be in use already. */
void tcp_cc_start(struct tcp_cc *cc, const struct tcp_cc_ops *ops,
		  int64_t now_us);

static inline bool tcp_cc_in_slow_start(const struct tcp_cc *cc)
{
	return cc->cwnd < cc->ssthresh;
}

/*
 * Slow start, RFC 5681, 3.1: at most acked bytes more, to ssthresh at most.
 * Bytes that are left over for congestion avoidance.
 */
uint32_t tcp_cc_slow_start(struct tcp_cc *cc, uint32_t acked);

#endif
