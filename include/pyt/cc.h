/*
 * A congestion control: one table of hooks. It decides the congestion window
 * of a connection, and perhaps its pace, and knows nothing of segments.
 *
 * The engine's own are written against this header, and so is one of a
 * user's: a shared object that exports the table under the name
 * PYT_CC_SYMBOL, see libpyt-cc(7). Hooks run inside the engine, one at a
 * time: they may not block, allocate, do I/O or call the C library.
 */
#ifndef PYT_CC_H
#define PYT_CC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PYT_CC_VERSION 2 /* changes where an old control would go wrong */
#define PYT_CC_SYMBOL "pyt_congestion_control"
#define PYT_CC_NAME_MAX 16 /* terminating zero included, as Linux */
#define PYT_CC_STATE_LEN 128 /* bytes of a control's own, for a connection */
#define PYT_CC_INFO_MAX 64 /* bytes that get_info() may write */
#define PYT_CC_CWND_MAX 0x40000000u
#define PYT_CC_SSTHRESH_INFINITE 0x7fffffffu
#define PYT_CC_UNPACED UINT64_MAX

/* What a control wants of the engine; a set. */
enum pyt_cc_flag {
	/* ECN is asked of the peer, and every packet is ECN-capable */
	PYT_CC_NEEDS_ECN = 1 << 0,
	/* segments leave at pacing_rate, not in bursts */
	PYT_CC_WANTS_PACING = 1 << 1,
	/* cwnd is not lowered after idleness, window_was_used is always set */
	PYT_CC_APP_LIMITED_OK = 1 << 2,
	/* cwnd is the control's in recovery too, not that of PRR (RFC 9937) */
	PYT_CC_OWNS_CWND = 1 << 3,
};

/* Why ssthresh() is asked. */
enum pyt_cc_cause {
	PYT_CC_LOSS, /* fast retransmit, or a loss that a probe mended */
	PYT_CC_TIMEOUT, /* retransmission timeout */
	PYT_CC_ECN, /* the peer echoes congestion; once a round trip */
};

/*
 * One connection's. Windows in bytes. The engine holds cwnd within one mss
 * and PYT_CC_CWND_MAX, ssthresh within two mss and PYT_CC_SSTHRESH_INFINITE.
 */
struct pyt_cc {
	const struct pyt_cc_ops *ops;
	uint32_t cwnd; /* the control's to change, in any hook */
	uint32_t ssthresh; /* slow start while cwnd is below */
	uint32_t mss; /* payload of a full segment */
	uint32_t in_flight; /* bytes that the path holds now */
	uint32_t srtt_us; /* smoothed round-trip time; 0: unknown */
	uint32_t min_rtt_us; /* 0: unknown */
	bool has_ecn; /* the peer speaks it */
	uint64_t pacing_rate; /* bytes a second; PYT_CC_UNPACED: not limited */
	uint64_t state[PYT_CC_STATE_LEN / 8]; /* zeroed before init() */
};

/* How fast the path delivers; draft-cheng-iccrg-delivery-rate-estimation. */
struct pyt_cc_rate {
	uint64_t total; /* bytes delivered since the connection began */
	uint64_t prior_total; /* when the newest segment here was sent */
	uint32_t delivered; /* bytes of total - prior_total ... */
	uint32_t interval_us; /* ... took that long; 0: no sample */
	bool is_app_limited; /* the program had too little to send */
};

/* What one acknowledgment brought. */
struct pyt_cc_ack {
	uint32_t acked; /* bytes, cumulatively */
	uint32_t delivered; /* bytes newly acknowledged or SACKed */
	uint32_t lost; /* bytes newly taken for lost */
	uint32_t ce_bytes; /* of delivered, those that were marked CE */
	uint32_t prior_in_flight; /* before this acknowledgment */
	uint32_t rtt_us; /* sample; 0: none */
	bool round_start; /* a round trip of data has ended */
	/* cwnd, not the program, limited sending; and it is no ACK whose
	 * SACKs alone are new: such do not grow the window */
	bool window_was_used;
	bool in_recovery; /* cwnd is PRR's, but for PYT_CC_OWNS_CWND */
	bool after_timeout; /* what was lost then is still being sent */
	struct pyt_cc_rate rate;
};

/*
 * Members may be added at the end in the same version: size says how many a
 * control knows, those that it does not know are NULL. All but name,
 * ssthresh and on_ack may be NULL.
 */
struct pyt_cc_ops {
	uint32_t version; /* PYT_CC_VERSION */
	uint32_t size; /* sizeof(struct pyt_cc_ops) */
	const char *name; /* for TCP_CONGESTION; letters, digits, _ - */
	uint32_t flags; /* set of enum pyt_cc_flag */
	uint32_t reserved; /* 0 */

	/* cwnd, ssthresh and mss are set, and may be in use already. */
	void (*init)(struct pyt_cc *cc, int64_t now_us);
	/* The connection ends, or takes another control. */
	void (*release)(struct pyt_cc *cc);
	/* The new ssthresh; the engine brings cwnd there. */
	uint32_t (*ssthresh)(struct pyt_cc *cc, enum pyt_cc_cause cause,
			     int64_t now_us);
	/* Every acknowledgment that delivered something, or found losses. */
	void (*on_ack)(struct pyt_cc *cc, const struct pyt_cc_ack *ack,
		       int64_t now_us);
	/* After ssthresh(PYT_CC_TIMEOUT); cwnd is one segment. */
	void (*on_timeout)(struct pyt_cc *cc, int64_t now_us);
	/* Sending begins again after idleness_us with nothing in flight. */
	void (*on_restart)(struct pyt_cc *cc, int64_t idleness_us,
			   int64_t now_us);
	/* The last ssthresh() was for nothing; cwnd and ssthresh are back. */
	void (*on_undo)(struct pyt_cc *cc, int64_t now_us);
	/* TCP_CC_INFO: bytes written, PYT_CC_INFO_MAX at most. */
	uint32_t (*get_info)(const struct pyt_cc *cc, void *info);
};

static inline bool pyt_cc_in_slow_start(const struct pyt_cc *cc)
{
	return cc->cwnd < cc->ssthresh;
}

/*
 * Slow start, RFC 5681, 3.1: at most acked bytes more, to ssthresh at most.
 * Bytes that are left over for congestion avoidance.
 */
static inline uint32_t pyt_cc_slow_start(struct pyt_cc *cc, uint32_t acked)
{
	uint32_t room = cc->ssthresh - cc->cwnd;
	uint32_t used = acked < room ? acked : room;

	cc->cwnd += used;
	return acked - used;
}

#endif
