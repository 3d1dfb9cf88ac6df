/* Active open and the agreement on options. RFC 9293, 3.5, 3.10.7.3. */
#include "tcp/tcp_open.h"

#include <errno.h>

#include "tcp/tcp_auth.h"
#include "tcp/tcp_close.h"
#include "tcp/tcp_cwnd.h"
#include "tcp/tcp_delack.h"
#include "tcp/tcp_ecn.h"
#include "tcp/tcp_fastopen.h"
#include "tcp/tcp_fastopen_server.h"
#include "tcp/tcp_keepalive.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_plpmtud.h"
#include "tcp/tcp_reorder.h"
#include "tcp/tcp_retry.h"
#include "tcp/tcp_state.h"
#include "tcp/tcp_timers.h"
#include "tcp/tcp_window.h"

#define SYN_AGAIN_US 2000 /* Linux's TCP_TIMEOUT_MIN */
#define INITIAL_WINDOW_SEGMENTS 10 /* RFC 6928 */

uint16_t tcp_open_mss(const struct tcp_options *options,
		      const struct tcp_path *path)
{
	uint32_t headers = path->ip_header_len + TCP_HEADER_LEN_MIN;
	uint32_t mss = path->mtu > headers ? path->mtu - headers : 0;

	if (mss > UINT16_MAX)
		mss = UINT16_MAX;
	if (mss < TCP_MSS_MIN)
		mss = TCP_MSS_MIN;
	if (options->maxseg && options->maxseg < mss)
		mss = options->maxseg;
	return (uint16_t)mss;
}

uint32_t tcp_open_window(const struct tcp_connection *tcp, uint32_t mss)
{
	uint32_t window = tcp_window_of_buffer(tcp->context, tcp->rcv.buffer);

	if (tcp->options.window_clamp && window > tcp->options.window_clamp)
		window = tcp->options.window_clamp;
	if (window > UINT16_MAX)
		window = UINT16_MAX;
	return window > mss ? window / mss * mss : window;
}

/*
 * What the program must read in a round trip for the window to grow; Linux's
 * tcp_init_buffer_space(). Not the window itself: a peer that is paced never
 * has more than it under way, and would never be given more.
 */
static uint32_t first_reading(const struct tcp_connection *tcp, uint32_t mss)
{
	uint32_t window = tcp_open_window(tcp, mss);
	uint32_t initial = INITIAL_WINDOW_SEGMENTS * mss;

	return window < initial ? window : initial;
}

void tcp_open_use_path(struct tcp_connection *tcp, const struct tcp_path *path)
{
	uint32_t len = path->ip_header_len + path->ip_options_len;

	tcp->snd.path_mtu = path->mtu;
	tcp->snd.ip_words = (uint16_t)(len / 4) & 0xfff;
}

void tcp_open_init(struct tcp_connection *tcp, struct tcp_iss iss,
		   const struct tcp_path *path, int64_t now_us)
{
	uint16_t mss = tcp_open_mss(&tcp->options, path);

	tcp->ts_offset = iss.ts_offset;
	tcp->snd.iss = iss.iss;
	tcp->snd.una = SEQ_SYN;
	tcp->snd.nxt = tcp->snd.end = SEQ_DATA;
	tcp->snd.mss = tcp->snd.peer_mss = TCP_MSS_DEFAULT_V4;
	tcp->snd.own_mss = mss;
	tcp_open_use_path(tcp, path);
	tcp->send_stream.head = SEQ_DATA;

	tcp->rcv.nxt = tcp->rcv.acked = SEQ_DATA;
	tcp->rcv.edge = SEQ_DATA + tcp_open_window(tcp, mss);
	tcp->rcv.mss = TCP_MSS_DEFAULT_V4;
	tcp->rcv.wscale = tcp_window_scale(tcp);
	tcp->rcv.space = first_reading(tcp, mss);
	tcp->rcv.space_head = (uint32_t)SEQ_DATA;
	tcp->rcv.space_since_us = (uint32_t)now_us;
	tcp->receive_stream.head = SEQ_DATA;

	tcp->sack_ok = tcp_settings(tcp)->sack;
	tcp->ts_ok = tcp_settings(tcp)->timestamps;
	tcp->wscale_ok = tcp_settings(tcp)->window_scaling;
	tcp->was_connected = true;
	tcp_rto_init(&tcp->rto);
	tcp_retry_set_bounds(tcp);
}

int tcp_connect(struct tcp_connection *tcp, const struct pyt_sockaddr *local,
		const struct pyt_sockaddr *peer, const struct tcp_path *path,
		int64_t now_us)
{
	if (tcp->state != TCP_STATE_CLOSED || tcp->was_connected)
		return -EISCONN;
	tcp->local = *local;
	tcp->peer = *peer;
	tcp_open_init(tcp, tcp_iss_make(tcp->context, local, peer, now_us),
		      path, now_us);
	tcp_auth_on_connect(tcp);
	tcp_ecn_on_connect(tcp);
	tcp_state_set(tcp, TCP_STATE_SYN_SENT);
	if (tcp_fastopen_begin(tcp, now_us))
		return 0;
	tcp->syn_due = true;
	tcp_timers_restart_retransmit(tcp, now_us);
	return -EINPROGRESS;
}

void tcp_open_agree(struct tcp_connection *tcp, const struct tcp_header *syn,
		    int64_t now_us)
{
	tcp->rcv.irs = syn->seq;
	tcp->snd.peer_mss = syn->mss			? syn->mss
			    : tcp_open_ip_len(tcp) < 40 ? TCP_MSS_DEFAULT_V4
							: TCP_MSS_DEFAULT_V6;
	if (tcp->snd.peer_mss < TCP_MSS_MIN)
		tcp->snd.peer_mss = TCP_MSS_MIN;
	if (tcp->options.maxseg && tcp->options.maxseg < tcp->snd.peer_mss)
		tcp->snd.peer_mss = (uint16_t)tcp->options.maxseg;

	tcp->sack_ok = tcp->sack_ok && syn->sack_permitted;
	tcp->ts_ok = tcp->ts_ok && syn->has_timestamp;
	if (tcp->ts_ok) {
		tcp->ts_recent = syn->ts_value;
		tcp->ts_recent_us = now_us;
	}
	tcp->wscale_ok = tcp->wscale_ok && syn->has_wscale;
	if (tcp->wscale_ok)
		tcp->snd.wscale = syn->wscale < TCP_WSCALE_MAX ? syn->wscale
							       : TCP_WSCALE_MAX;
	else
		tcp->rcv.wscale = 0;
}

/*
 * RFC 6928; one segment if the SYN was lost, RFC 5681, 3.1: but only if that
 * was so twice, as on Linux since the first timeout is 1 s (RFC 6298).
 */
static void start_congestion_control(struct tcp_connection *tcp, int64_t now_us)
{
	bool starts_slowly = tcp->syn_retries > 1 || tcp->ecn.handshake_marked;
	uint32_t segments = starts_slowly ? 1 : INITIAL_WINDOW_SEGMENTS;

	tcp->cc.mss = tcp->snd.mss;
	tcp->cc.cwnd = segments * tcp->snd.mss;
	tcp->cc.ssthresh = PYT_CC_SSTHRESH_INFINITE;
	tcp_metrics_apply(tcp, now_us);
	tcp_cwnd_start(tcp, tcp->options.cc, now_us);
}

void tcp_open_start(struct tcp_connection *tcp, const struct tcp_header *header,
		    uint32_t window, int64_t now_us)
{
	tcp->snd.una = SEQ_DATA;
	tcp->round_end = tcp->snd.nxt;
	tcp->snd.wnd = tcp->snd.max_wnd = window;
	tcp->snd.edge = SEQ_DATA + window;
	tcp->snd.wl1 = header->seq;
	tcp->snd.wl2 = SEQ_DATA;
	tcp_reorder_init(tcp);
	tcp->recovery.forward = SEQ_DATA;
	tcp->rcv.space_since_us = (uint32_t)now_us;
	tcp_plpmtud_init(tcp, now_us);
	tcp_output_update_mss(tcp);
	start_congestion_control(tcp, now_us);
}

/*
 * Karn's rule; but the echo of a timestamp tells which of several SYNs, or
 * SYN-ACKs, was answered (RFC 7323, 4.1). A peer may echo the first for ever:
 * what is as old as the timeout may be of that one, and tells nothing.
 */
static void sample_handshake(struct tcp_connection *tcp,
			     const struct tcp_header *header, int64_t now_us)
{
	int32_t ms = (int32_t)(tcp_timestamp(tcp, now_us) - header->ts_echo);
	int64_t rtt_us = ms ? ms * 1000ll : 1000;

	if (!tcp->syn_sent_us)
		return;
	if (!tcp->syn_retries)
		rtt_us = now_us - tcp->syn_sent_us;
	else if (!tcp->ts_ok || !header->has_timestamp || !header->ts_echo ||
		 ms < 0 || rtt_us >= TCP_RTO_INITIAL_US)
		return;
	tcp_rto_sample(&tcp->rto, rtt_us, tcp_settings(tcp)->min_rtt_wlen,
		       now_us);
}

void tcp_open_established(struct tcp_connection *tcp,
			  const struct tcp_header *header, uint32_t window,
			  int64_t now_us)
{
	tcp_state_set(tcp, TCP_STATE_ESTABLISHED);
	tcp->syn_due = false;
	sample_handshake(tcp, header, now_us);
	tcp_rto_on_progress(&tcp->rto);
	tcp_retry_on_progress(tcp);
	if (!tcp->fastopen.is_child)
		tcp_open_start(tcp, header, window, now_us);
	tcp_fastopen_server_end(tcp, false, now_us);
	tcp_timers_restart_retransmit(tcp, now_us);
	tcp_keepalive_on_segment(tcp, now_us);
	tcp_keepalive_schedule(tcp, now_us);
}

/* The acceptable ACK is that of our SYN; RFC 9293, 3.10.7.3, first. */
static bool ack_is_wrong(const struct tcp_connection *tcp,
			 const struct tcp_header *header)
{
	return (header->flags & TCP_ACK) &&
	       !tcp_fastopen_ack_is_right(tcp, header->ack);
}

/*
 * The peer still has an older connection in TIME-WAIT (RFC 9293, figure 9).
 * Our reset ends it, so the next SYN need not wait a second; once, as Linux.
 */
static enum counter on_wrong_ack(struct tcp_connection *tcp,
				 const struct tcp_header *header,
				 int64_t now_us)
{
	if (!(header->flags & TCP_RST)) {
		tcp->stray_reset_due = true;
		tcp->stray_reset_seq = header->ack;
		if (!tcp->recovery.retransmits)
			tcp_timer_set(tcp, TCP_TIMER_RETRANSMIT,
				      now_us + SYN_AGAIN_US);
	}
	return COUNTER_TCP_BAD_ACK;
}

/* RFC 7323, 5.3: it answers none of our SYNs, so it is not of this attempt. */
static bool has_wrong_echo(const struct tcp_connection *tcp,
			   const struct tcp_header *header, int64_t now_us)
{
	uint32_t first = tcp_timestamp(tcp, tcp->syn_sent_us);

	return tcp->ts_ok && header->has_timestamp && header->ts_echo &&
	       header->ts_echo - first > tcp_timestamp(tcp, now_us) - first;
}

static enum counter on_wrong_echo(struct tcp_connection *tcp,
				  const struct tcp_header *header)
{
	if (!(header->flags & TCP_RST)) {
		tcp->stray_reset_due = true;
		tcp->stray_reset_seq = header->ack;
	}
	return COUNTER_TCP_PAWS_ACTIVE;
}

static void on_syn_ack(struct tcp_connection *tcp,
		       const struct tcp_segment *segment, int64_t now_us)
{
	const struct tcp_header *header = &segment->header;

	tcp->statistics.bytes_acked++; /* the SYN, in Linux's count */
	tcp_open_agree(tcp, header, now_us);
	tcp_ecn_on_syn_ack(tcp, segment);
	tcp_open_established(tcp, header, header->window, now_us);
	tcp_fastopen_on_syn_ack(tcp, header, now_us);
	tcp_delack_soon(tcp, now_us);
}

/* RFC 9293, 3.5, figure 7: both sides have sent a SYN. */
static void on_syn(struct tcp_connection *tcp, const struct tcp_header *header,
		   int64_t now_us)
{
	tcp_open_agree(tcp, header, now_us);
	tcp_ecn_on_crossing_syn(tcp, header);
	tcp->fastopen.deferred = false;
	tcp_state_set(tcp, TCP_STATE_SYN_RECEIVED);
	tcp->syn_due = true;
	tcp_timers_restart_retransmit(tcp, now_us);
}

enum counter tcp_open_input(struct tcp_connection *tcp,
			    const struct tcp_segment *segment, int64_t now_us)
{
	const struct tcp_header *header = &segment->header;

	if (ack_is_wrong(tcp, header))
		return on_wrong_ack(tcp, header, now_us);
	if ((header->flags & TCP_ACK) && has_wrong_echo(tcp, header, now_us))
		return on_wrong_echo(tcp, header);
	if (header->flags & TCP_RST) {
		if (header->flags & TCP_ACK)
			tcp_close_now(tcp, ECONNREFUSED);
		return header->flags & TCP_ACK ? COUNTER_NONE
					       : COUNTER_TCP_BAD_RST;
	}
	if (!(header->flags & TCP_SYN))
		return COUNTER_TCP_NO_SYN;
	if (header->flags & TCP_ACK)
		on_syn_ack(tcp, segment, now_us);
	else
		on_syn(tcp, header, now_us);
	return COUNTER_NONE;
}
