/* One connection, as the rooms of TCP share it. RFC 9293, 3.3.1. */
#ifndef TCP_TCP_CONNECTION_H
#define TCP_TCP_CONNECTION_H

#include "base/ranges.h"
#include "base/stream.h"
#include "tcp/tcp.h"
#include "tcp/tcp_cc.h"
#include "tcp/tcp_context.h"
#include "tcp/tcp_rate.h"
#include "tcp/tcp_rto.h"
#include "tcp/tcp_sent.h"
#include "tcp/tcp_seq.h"
#include "tcp/tcp_time_wait.h"

struct tcp_accecn;
struct tcp_auth;

#define TCP_MSS_DEFAULT_V4 536 /* RFC 9293, 3.7.1 */
#define TCP_MSS_DEFAULT_V6 1220
#define TCP_MSS_MIN 48 /* Linux's tcp_min_snd_mss */
#define TCP_OPTION_TIMESTAMP_LEN 12 /* with its two NOPs */
#define TCP_WSCALE_MAX 14 /* RFC 7323, 2.3 */
#define TCP_OUT_OF_ORDER_RANGES 1024 /* holes kept by a receiver */
#define TCP_DUP_THRESH 3 /* RFC 5681, 3.2 */
#define TCP_SACK_RECENT 3 /* ACKs that tell of each block, RFC 2018, 4 */
#define TCP_QUICK_ACKS 16 /* at the start; Linux */
#define TCP_CORK_US 200000 /* a corked tail waits this long */
#define TCP_MEMORY_RETRY_US 20000

/* In the order in which they run when they are due at once. */
enum tcp_timer {
	TCP_TIMER_TAIL_PROBE, /* puts the next one off */
	TCP_TIMER_RETRANSMIT,
	TCP_TIMER_REORDER, /* RACK: what may be lost is lost then */
	TCP_TIMER_PROBE, /* the peer's window is closed */
	TCP_TIMER_DELAYED_ACK,
	TCP_TIMER_CORK,
	TCP_TIMER_MEMORY, /* there was none: no data is sent until then */
	TCP_TIMER_PACING, /* no data is sent until then */
	TCP_TIMER_KEEPALIVE,
	TCP_TIMER_CLOSE, /* end of TIME-WAIT or orphaned FIN-WAIT-2 */
	TCP_TIMERS
};

enum tcp_recovery_state {
	TCP_RECOVERY_OPEN,
	TCP_RECOVERY_FAST, /* after fast retransmit, with PRR */
	TCP_RECOVERY_LOSS, /* after a timeout */
};

/* What setsockopt() sets; children of a listener inherit it. */
struct tcp_options {
	bool nodelay : 1, cork : 1, keepalive : 1, oobinline : 1, linger : 1,
		inq : 1;
	bool thin_linear : 1; /* TCP_THIN_LINEAR_TIMEOUTS */
	bool fastopen_connect, fastopen_no_cookie;
	uint8_t syn_retries; /* TCP_SYNCNT; 0: sysctl */
	uint8_t keepalive_probes; /* TCP_KEEPCNT; 0: sysctl */
	uint8_t tos, ttl;
	uint8_t save_syn; /* TCP_SAVE_SYN */
	uint16_t keepalive_idle_s; /* TCP_KEEPIDLE; 0: sysctl */
	uint16_t keepalive_interval_s; /* TCP_KEEPINTVL; 0: sysctl */
	uint16_t maxseg; /* TCP_MAXSEG; 0: none */
	int16_t linger2_s; /* TCP_LINGER2; 0: sysctl, < 0: none */
	int linger_s;
	int fastopen_queue; /* TCP_FASTOPEN; 0: no such connections */
	uint32_t user_timeout_ms; /* TCP_USER_TIMEOUT; 0: none */
	uint32_t rto_max_ms : 24; /* TCP_RTO_MAX_MS; 0: sysctl */
	uint32_t defer_accept : 8; /* SYN-ACKs sent again, 255 at most */
	int rto_min_us; /* TCP_RTO_MIN_US; 0: sysctl */
	uint32_t tx_delay_us; /* TCP_TX_DELAY */
	uint32_t notsent_lowat; /* 0: sysctl */
	uint32_t window_clamp; /* 0: none */
	uint32_t sndbuf, rcvbuf; /* bytes set by the program; 0: none */
	uint64_t max_pacing_rate; /* bytes a second; UINT64_MAX: none */
	const struct pyt_cc_ops *cc;
};

/* Positions are those of tcp_seq.h; windows are bytes, scaled already. */
struct tcp_send {
	uint32_t iss;
	uint32_t wl1; /* RFC 9293, 3.10.7.4: segment of that word */
	uint64_t una, nxt;
	uint64_t end; /* of what the program has written */
	uint64_t edge; /* una + window, as the peer said last */
	uint64_t wl2;
	uint32_t wnd, max_wnd;
	uint32_t buffer; /* limit on end - una, bytes */
	uint32_t flight_peak; /* most in flight in this round trip */
	uint16_t mss; /* payload of a full segment, options off */
	uint16_t peer_mss; /* of the peer's SYN */
	uint32_t path_mtu; /* known when last asked */
	uint16_t ip_words : 12; /* IP's header and options, of 4 bytes */
	uint16_t wscale : 4; /* the peer's shift */
	uint16_t own_mss; /* of our SYN */
	uint32_t cwnd_used; /* most in flight since cwnd_fed_us */
	uint64_t small_end; /* end of the last segment below mss, Minshall */
	uint64_t urgent; /* behind the urgent byte; 0: none */
	int64_t last_us; /* last data segment sent */
	int64_t written_us; /* last commit by the program */
};

/* Duplicates that no ACK has told yet, RFC 2883; a ring. */
#define TCP_DSACK_QUEUE 3
struct tcp_dsack_queue {
	struct tcp_sack_block block[TCP_DSACK_QUEUE];
	uint8_t first, count;
};

enum tcp_urgent_state {
	TCP_URGENT_NONE,
	TCP_URGENT_AWAITED,
	TCP_URGENT_HERE,
	TCP_URGENT_READ,
};

struct tcp_receive {
	uint32_t irs;
	int32_t ato_us; /* delay of an ACK, estimated; 0: no data yet */
	uint64_t nxt;
	uint64_t edge; /* right edge of the advertised window */
	uint64_t acked; /* nxt in the last ACK that was sent */
	uint32_t buffer; /* twice the window, tcp_adv_win_scale */
	uint32_t mss; /* the peer's segments, estimated */
	uint8_t wscale; /* our shift */
	uint8_t quick_acks; /* that many more without delay */
	uint8_t pushed : 2; /* short segments since the last ACK, to 2 */
	bool ack_owed : 1; /* data came since the last ACK */
	bool ack_is_soon : 1; /* the delayed ACK's timer is that of a merge */
	uint8_t merged_acks : 4; /* due before the ACK of all in order */
	uint8_t repeated_acks : 4; /* and behind it, as there is a hole */
	uint8_t duplicate_acks : 2; /* of this left edge, to TCP_DUP_THRESH */
	uint8_t urgent_state : 2; /* enum tcp_urgent_state */
	uint8_t compressed; /* ACKs that the next one stands for */
	uint8_t urgent_byte;
	uint16_t last_len; /* of a segment that may be the peer's full one */
	uint64_t urgent; /* position of the urgent byte; 0: none */
	int64_t last_us; /* last segment with data */
	int64_t heard_us; /* last acceptable segment */
	/* buffer autotuning: bytes read in about one round trip */
	uint32_t space_since_us, space_head; /* low halves */
	uint32_t space;
	uint32_t rtt_us; /* 0: unknown */
	uint32_t rtt_since_us; /* without timestamps: a window is awaited */
	uint32_t rtt_end; /* its end; low halves */
	uint32_t filled; /* end of what lay behind a hole; low half */
	/* Out-of-order data that came last, each in another block, newest
	 * first; low halves of positions. */
	uint32_t recent[TCP_SACK_RECENT];
	uint64_t fin; /* position of the peer's FIN; 0: unknown */
	struct tcp_dsack_queue *duplicates; /* NULL: there were none yet */
};

/* The last reduction of the window, as long as it may be undone. */
struct tcp_undo {
	uint64_t marker; /* snd.una then; 0: none */
	uint32_t cwnd, ssthresh; /* before it */
	uint64_t again_len; /* retransmitted, not known to be needless */
	uint32_t timestamp; /* of the first retransmission */
	bool has_again, has_timestamp;
};

/* RFC 5682: what is expected after a timeout. */
enum tcp_frto {
	TCP_FRTO_OFF,
	TCP_FRTO_FIRST_AGAIN, /* an ACK of the first segment */
	TCP_FRTO_NEW_DATA, /* an ACK of new data, which goes first */
};

struct tcp_recovery {
	uint8_t state; /* enum tcp_recovery_state */
	uint8_t frto; /* enum tcp_frto */
	bool is_reducing; /* OPEN, but ECN brings cwnd down: TCP_CA_CWR */
	uint8_t retransmits; /* timeouts since progress */
	bool reordering_seen;
	/* RACK's window: min RTT / 4, that many times more, for so long */
	uint8_t window_mult, window_recoveries;
	uint64_t high; /* snd.nxt when the last one began; RFC 6582's recover */
	uint32_t dup_acks; /* without SACK: segments behind the hole */
	uint32_t reordering; /* degree of, segments; the duplicate threshold */
	uint32_t prr_delivered, prr_out, prr_start_len; /* RFC 9937 */
	int32_t rack_rtt_us;
	struct tcp_undo undo;
	/* RACK, RFC 8985, 5.2: the newest transmission that arrived */
	uint64_t rack_order; /* 0: none yet */
	uint64_t rack_end;
	uint64_t forward; /* highest position delivered */
	uint64_t dsack_round; /* snd.nxt when RACK's window grew last */
	int64_t first_retry_us; /* first timeout since progress; 0: none */
};

/* Tail loss probe, RFC 8985, 7.1. */
struct tcp_tlp {
	uint64_t end; /* snd.nxt with the probe that is in flight; 0: none */
	bool is_retransmission; /* that probe */
	uint8_t sent; /* since a round trip was measured */
	bool due;
};

/* Fast Open, RFC 7413. */
struct tcp_fastopen {
	bool wanted : 1; /* MSG_FASTOPEN */
	bool deferred : 1; /* the SYN waits for data to carry */
	bool asks : 1; /* the SYN has a cookie, or the wish for one */
	bool was_tried : 1; /* it had a cookie or data */
	bool data_acked : 1; /* by the SYN-ACK, whoever sent it */
	bool is_child : 1; /* made by a listener of a SYN */
	bool gives_cookie : 1; /* its SYN-ACK does */
	uint16_t data_len; /* in our SYN */
	struct tcp_fastopen_keys *keys; /* TCP_FASTOPEN_KEY; of a listener */
	struct tcp_fastopen_pending *pending; /* a listener counts it */
};

enum tcp_ecn_mode {
	TCP_ECN_OFF,
	TCP_ECN_CLASSIC, /* RFC 3168 */
	TCP_ECN_ACCURATE, /* RFC 9768 */
};

#define TCP_ECN_EARLY_ACKS 3

struct tcp_ecn {
	uint8_t mode; /* what is asked for, then what is agreed on */
	bool echo : 1; /* the peer is told of a mark; RFC 3168, 6.1.3 */
	bool cwr_due : 1; /* it is told that the window was reduced */
	bool seen : 1; /* it has sent ECN-capable segments */
	bool is_ce : 1; /* its last data was marked; RFC 8257, 3.2 */
	bool handshake_marked : 1; /* our SYN or SYN-ACK: one segment first */
	bool path_mangles : 1; /* nothing is sent ECN-capable */
	uint8_t early_count; /* ACKs due for what came before a change */
	uint32_t early_ack[TCP_ECN_EARLY_ACKS]; /* their numbers in order */
	struct tcp_accecn *accurate;
};

/* The search for the path's MTU, RFC 4821; sizes are IP packets. */
struct tcp_plpmtud {
	bool enabled;
	uint16_t low; /* passes */
	uint16_t high; /* might */
	uint16_t probe_size; /* in flight; 0: none */
	uint32_t probe_end; /* low half of the position */
	uint32_t since_s; /* the search began */
};

/* Payload of segments that arrived, against forged ICMP; RFC 5927, 7.2. */
struct tcp_pmtu {
	uint16_t acked_len; /* 0: nothing since the last timeout */
	uint16_t sent_len; /* larger, not acknowledged yet; 0: none */
	uint32_t sent_end; /* low half of the position */
};

struct tcp_statistics {
	uint64_t bytes_acked, bytes_sent, bytes_retransmitted;
	uint32_t segs_in, segs_out, data_segs_in, data_segs_out;
	uint32_t total_retransmissions, delivered, reordering_seen;
	uint32_t delivered_ce; /* segments */
	uint32_t out_of_order, dsack;
	uint64_t dsack_len; /* bytes */
};

enum tcp_busy {
	TCP_BUSY_NOT,
	TCP_BUSY_SENDING,
	TCP_BUSY_RWND_LIMITED,
	TCP_BUSY_SNDBUF_LIMITED,
};

/* Times are low halves, in milliseconds; tcp_chrono.h. */
struct tcp_chrono {
	uint32_t since_ms;
	uint32_t spent_ms[TCP_BUSY_SNDBUF_LIMITED]; /* [busy - 1] */
	uint32_t rto_since_ms, rto_ms;
	uint16_t rto_count, rto_recoveries;
};

struct tcp_connection {
	struct tcp_context *context;
	void *owner;
	struct pyt_sockaddr local, peer;
	enum tcp_state state;
	int16_t error; /* positive errno, until it is taken */
	int16_t soft_error; /* of ICMP; becomes the error of a timeout */

	uint8_t pingpong; /* how often the program has answered */
	bool sack_ok : 1, ts_ok : 1, wscale_ok : 1;
	bool passive : 1; /* from a listener */
	bool fin_queued : 1; /* behind snd.end */
	bool fin_received : 1; /* in order */
	bool read_shut : 1, orphan : 1, was_connected : 1;
	bool window_is_closed : 1; /* ours, as the last segment has said */
	bool ack_now : 1, syn_due : 1, reset_due : 1, probe_due : 1;
	bool is_held : 1; /* see tcp_set_held() */
	bool stray_reset_due : 1; /* for a segment that is not of this one */
	bool probe_is_forced : 1; /* part of the window against SWS, or empty */
	bool cork_flushed : 1; /* the cork's timer has run out */
	bool more : 1; /* MSG_MORE */
	bool counted_time_wait : 1, counted_orphan : 1;
	bool sndbuf_is_full : 1; /* until a third of it is free */
	bool in_timeouts : 1; /* since chrono.rto_since_ms */
	uint8_t busy : 2; /* enum tcp_busy, since chrono.since_ms */
	uint8_t keepalive_probes_sent, probes_sent;
	uint8_t syn_retries; /* retransmissions of the SYN or SYN-ACK */
	uint32_t stray_reset_seq;

	uint32_t ts_offset, ts_recent, ts_last_echo;
	uint32_t lost_told; /* of sent.lost_total, to cc */
	struct tcp_chrono chrono;
	int64_t ts_recent_us;
	int64_t challenge_us; /* last ACK of a bad segment; rate limit */
	int64_t syn_sent_us;
	int64_t cwnd_fed_us; /* when cwnd was the limit the last time */
	uint64_t round_end; /* a round trip is over when una passes it */

	struct tcp_auth *auth; /* keys to sign with; NULL: none */
	struct tcp_options options;
	struct tcp_send snd;
	struct tcp_receive rcv;
	struct tcp_recovery recovery;
	struct tcp_tlp tlp;
	struct tcp_plpmtud plpmtud;
	struct tcp_pmtu pmtu;
	struct tcp_fastopen fastopen;
	struct tcp_saved_syn *saved_syn; /* NULL: none */
	struct tcp_ecn ecn;
	struct tcp_rto rto;
	struct pyt_cc cc;
	struct tcp_rate rate;
	int64_t pacing_next_ns; /* when data may leave */
	struct tcp_sent sent;
	struct stream send_stream, receive_stream;
	struct ranges out_of_order;
	struct tcp_statistics statistics;
	int64_t deadline_us[TCP_TIMERS];

	/* listener: the accept queue */
	TAILQ_ENTRY(tcp_connection) accept_link;
};

static inline struct engine *tcp_engine(const struct tcp_connection *tcp)
{
	return tcp->context->engine;
}

static inline void tcp_count(const struct tcp_connection *tcp,
			     enum counter counter, uint32_t count)
{
	counter_add(&tcp_engine(tcp)->counters, counter, count);
}

static inline const struct tcp_settings *tcp_settings(
	const struct tcp_connection *tcp)
{
	return &tcp->context->settings;
}

static inline bool tcp_is_synchronized(const struct tcp_connection *tcp)
{
	switch (tcp->state) {
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_SYN_RECEIVED:
	case TCP_STATE_CLOSED:
	case TCP_STATE_LISTEN:
		return false;
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_FIN_WAIT_1:
	case TCP_STATE_FIN_WAIT_2:
	case TCP_STATE_TIME_WAIT:
	case TCP_STATE_CLOSE_WAIT:
	case TCP_STATE_LAST_ACK:
	case TCP_STATE_CLOSING:
		return true;
	}
	return false;
}

/* In SYN-RECEIVED already data may come and go. */
static inline bool tcp_is_open_early(const struct tcp_connection *tcp)
{
	return tcp->state == TCP_STATE_SYN_RECEIVED && tcp->fastopen.is_child;
}

/* Bytes that the path holds, as RFC 6675's pipe. */
static inline uint32_t tcp_in_flight(const struct tcp_connection *tcp)
{
	uint32_t out = (uint32_t)(tcp->snd.nxt - tcp->snd.una);
	uint32_t gone = tcp->sent.sacked_len + tcp->sent.lost_len;

	/* Without SACK each duplicate ACK stands for one segment. */
	if (!tcp->sack_ok)
		gone += tcp->recovery.dup_acks * tcp->snd.mss;
	return out > gone ? out - gone : 0;
}

/* Position of the FIN, if there is one. */
static inline bool tcp_fin_is_acked(const struct tcp_connection *tcp)
{
	return tcp->fin_queued && tcp->snd.una > tcp->snd.end;
}

static inline uint32_t tcp_timestamp(const struct tcp_connection *tcp,
				     int64_t now_us)
{
	return (uint32_t)(now_us / 1000) + tcp->ts_offset;
}

/* Bytes that a program may read now. */
static inline uint32_t tcp_readable(const struct tcp_connection *tcp)
{
	uint64_t end = tcp->rcv.nxt - tcp->fin_received;

	return end > tcp->receive_stream.head
		       ? (uint32_t)(end - tcp->receive_stream.head)
		       : 0;
}

static inline void tcp_timer_set(struct tcp_connection *tcp,
				 enum tcp_timer timer, int64_t deadline_us)
{
	tcp->deadline_us[timer] = deadline_us;
}

static inline void tcp_timer_stop(struct tcp_connection *tcp,
				  enum tcp_timer timer)
{
	tcp->deadline_us[timer] = TIME_NEVER;
}

static inline bool tcp_timer_is_set(const struct tcp_connection *tcp,
				    enum tcp_timer timer)
{
	return tcp->deadline_us[timer] != TIME_NEVER;
}

#endif
