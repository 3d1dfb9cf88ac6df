/*
 * What to send next: resets and SYNs, then what was lost, then new data as
 * far as both windows, Nagle, cork and SWS avoidance let it, then an ACK.
 */
#include "tcp/tcp_decide.h"

#include "tcp/tcp_auth.h"
#include "tcp/tcp_ecn.h"
#include "tcp/tcp_frto.h"
#include "tcp/tcp_pacing.h"
#include "tcp/tcp_plpmtud.h"
#include "tcp/tcp_sack.h"
#include "tcp/tcp_tlp.h"

#define SACK_OPTION_LEN(count) (4 + 8 * (count)) /* with two NOPs */
/* What 40 bytes of options leave of the smallest segment: TCP_MSS_MIN. */
#define PAYLOAD_MIN 8u

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

unsigned tcp_decide_sack_max(const struct tcp_connection *tcp)
{
	unsigned room = TCP_HEADER_LEN_MAX - TCP_HEADER_LEN_MIN -
			tcp_auth_option_len(tcp);

	if (tcp->ts_ok)
		room -= TCP_OPTION_TIMESTAMP_LEN;
	return (room - SACK_OPTION_LEN(0)) / 8;
}

uint32_t tcp_decide_mss(const struct tcp_connection *tcp)
{
	unsigned count = tcp_sack_count(tcp);
	unsigned max = count ? tcp_decide_sack_max(tcp) : 0;
	uint32_t options_len = 0;

	if (max)
		options_len = SACK_OPTION_LEN(count < max ? count : max);
	/* Where both do not fit AccECN's option makes way, which snd.mss has
	 * deducted already. */
	if (tcp->snd.mss < options_len + PAYLOAD_MIN)
		return PAYLOAD_MIN;
	return tcp->snd.mss - options_len;
}

/* An MSS is never 0, which analyzers cannot see from here. */
static uint32_t whole_segments(uint64_t len, uint32_t mss)
{
	return mss ? (uint32_t)(len / mss * mss) : 0;
}

/* Data may leave: the handshake is over and a FIN is not acknowledged. */
static bool may_send(const struct tcp_connection *tcp)
{
	if (tcp_timer_is_set(tcp, TCP_TIMER_MEMORY))
		return false; /* what is sent must be recorded */
	switch (tcp->state) {
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_CLOSE_WAIT:
	case TCP_STATE_FIN_WAIT_1:
	case TCP_STATE_CLOSING:
	case TCP_STATE_LAST_ACK:
		return true;
	case TCP_STATE_SYN_RECEIVED:
		return tcp->fastopen.is_child;
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_FIN_WAIT_2:
	case TCP_STATE_TIME_WAIT:
	case TCP_STATE_CLOSED:
	case TCP_STATE_LISTEN:
		return false;
	}
	return false;
}

/* Payload limit of one send: whole segments, and one at least. */
static uint32_t burst_limit(const struct tcp_connection *tcp, uint32_t mss,
			    uint32_t gso_max)
{
	bool has_urgent = tcp->snd.urgent > tcp->snd.una;

	if (gso_max < 2 * mss || has_urgent || tcp_auth_option_len(tcp))
		return mss; /* a pointer, or a MAC, fits one segment only */
	if (tcp_pacing_is_on(tcp))
		gso_max = tcp_pacing_burst(tcp, mss, gso_max);
	return whole_segments(gso_max, mss);
}

static bool fin_is_due(const struct tcp_connection *tcp)
{
	return tcp->fin_queued && tcp->snd.nxt <= tcp->snd.end;
}

static uint64_t unsent(const struct tcp_connection *tcp)
{
	return tcp->snd.end > tcp->snd.nxt ? tcp->snd.end - tcp->snd.nxt : 0;
}

static uint64_t window_room(const struct tcp_connection *tcp)
{
	return tcp->snd.edge > tcp->snd.nxt ? tcp->snd.edge - tcp->snd.nxt : 0;
}

static bool is_corked(const struct tcp_connection *tcp)
{
	return (tcp->options.cork || tcp->more) && !tcp->cork_flushed &&
	       !tcp->fin_queued;
}

/* The end of the data, less than a segment: Nagle as Minshall amended it. */
static bool may_send_small(const struct tcp_connection *tcp)
{
	if (tcp->fin_queued || tcp->snd.urgent > tcp->snd.nxt)
		return true;
	if (is_corked(tcp))
		return false;
	return tcp->options.nodelay || tcp->snd.small_end <= tcp->snd.una;
}

/* The sender's SWS avoidance where the window cuts; RFC 9293, 3.8.6.2.1. */
static uint32_t cut_by_window(const struct tcp_connection *tcp, uint32_t len,
			      uint32_t mss)
{
	if (len >= mss)
		return whole_segments(len, mss);
	return 2 * (uint64_t)len >= tcp->snd.max_wnd ? len : 0;
}

/* Bytes of new data that may leave now. */
static uint32_t new_data_len(const struct tcp_connection *tcp, uint32_t gso_max)
{
	uint32_t mss = tcp_decide_mss(tcp);
	uint32_t in_flight = tcp_in_flight(tcp);
	uint32_t cwnd = tcp->cc.cwnd;
	uint64_t queued = unsent(tcp);
	uint64_t by_window = min_u64(queued, window_room(tcp));
	uint64_t len = by_window;
	uint64_t room = cwnd > in_flight ? cwnd - in_flight : 0;

	if (!in_flight && room < mss)
		room = mss;
	if (len > room) /* whole segments, or wait */
		len = whole_segments(room, mss);
	len = min_u64(len, burst_limit(tcp, mss, gso_max));
	if (len == queued) {
		if (!may_send_small(tcp))
			len = whole_segments(len, mss);
		return (uint32_t)len;
	}
	if (len == by_window)
		return cut_by_window(tcp, (uint32_t)len, mss);
	return whole_segments(len, mss);
}

static struct tcp_decision decide_new(const struct tcp_connection *tcp,
				      uint32_t gso_max)
{
	struct tcp_decision d = { .start = tcp->snd.nxt };

	d.len = new_data_len(tcp, gso_max);
	/* At the edge it may be taken, and probes the window if it is not. */
	d.fin = fin_is_due(tcp) && d.len == unsent(tcp) &&
		d.start + d.len <= tcp->snd.edge;
	if (d.len || d.fin)
		d.kind = TCP_SEND_DATA;
	return d;
}

bool tcp_decide_is_behind_edge(const struct tcp_connection *tcp, uint64_t start)
{
	return start >= tcp->snd.edge && start > tcp->snd.una;
}

uint32_t tcp_decide_cut_by_edge(const struct tcp_connection *tcp,
				uint64_t start, uint32_t len, uint32_t mss)
{
	uint64_t room = tcp->snd.edge > start ? tcp->snd.edge - start : mss;

	if (len <= room)
		return len;
	return room < mss ? (uint32_t)room : whole_segments(room, mss);
}

/* The first of what was lost, as far as the congestion window lets it. */
static struct tcp_decision decide_again(const struct tcp_connection *tcp,
					uint32_t gso_max)
{
	struct tcp_sent_record *record = tcp_sent_first_lost(&tcp->sent);
	uint32_t mss = tcp_decide_mss(tcp);
	uint32_t in_flight = tcp_in_flight(tcp);
	uint64_t data_end, room;
	struct tcp_decision d = { .record = record };

	if (!record || (in_flight && in_flight >= tcp->cc.cwnd))
		return d;
	if (tcp_decide_is_behind_edge(tcp, record->start))
		return d; /* the peer shrank its window */

	room = tcp->cc.cwnd > in_flight ? tcp->cc.cwnd - in_flight : 0;
	room = room < mss ? mss : whole_segments(room, mss);
	data_end = min_u64(record->end, tcp->snd.end);
	d.kind = TCP_SEND_AGAIN;
	d.start = record->start;
	if (data_end > record->start)
		d.len = (uint32_t)min_u64(data_end - record->start,
					  burst_limit(tcp, mss, gso_max));
	d.len = tcp_decide_cut_by_edge(tcp, d.start,
				       (uint32_t)min_u64(d.len, room), mss);
	d.fin = record->end > tcp->snd.end && d.start + d.len == tcp->snd.end;
	return d;
}

/* What was lost goes first, but for the test of a timeout (RFC 5682). */
static struct tcp_decision decide_data(const struct tcp_connection *tcp,
				       uint32_t gso_max)
{
	uint32_t test_len = tcp_frto_new_data_room(tcp);
	struct tcp_decision d = { .start = tcp->snd.nxt };

	if (test_len)
		d = decide_new(tcp, gso_max < test_len ? gso_max : test_len);
	if (d.kind != TCP_SEND_NOTHING || tcp_frto_holds_lost(tcp))
		return d;
	d = decide_again(tcp, gso_max);
	if (d.kind == TCP_SEND_NOTHING)
		d = tcp_plpmtud_decide(tcp);
	return d.kind == TCP_SEND_NOTHING ? decide_new(tcp, gso_max) : d;
}

/* Window probe, RFC 9293, 3.8.6.1, or keep-alive, 3.8.4. */
static struct tcp_decision decide_probe(const struct tcp_connection *tcp)
{
	struct tcp_decision d = { .kind = TCP_SEND_PROBE };
	uint64_t len = min_u64(unsent(tcp), window_room(tcp));

	d.start = tcp->snd.una - 1;
	if (tcp->probe_is_forced && len && may_send(tcp)) {
		d.kind = TCP_SEND_DATA;
		d.is_window_probe = true;
		d.start = tcp->snd.nxt;
		d.len = (uint32_t)min_u64(len, tcp_decide_mss(tcp));
	}
	return d;
}

struct tcp_decision tcp_decide(const struct tcp_connection *tcp,
			       uint32_t gso_max)
{
	struct tcp_decision d = { .start = tcp->snd.nxt };

	if (tcp->stray_reset_due)
		d.kind = TCP_SEND_STRAY_RESET;
	else if (tcp->reset_due)
		d.kind = TCP_SEND_RESET;
	else if (tcp->syn_due)
		d.kind = TCP_SEND_SYN;
	if (d.kind != TCP_SEND_NOTHING || tcp->state == TCP_STATE_CLOSED)
		return d;

	if (tcp_ecn_early_ack_is_due(tcp)) {
		d.kind = TCP_SEND_ACK;
		return d;
	}
	if (may_send(tcp) && tcp->tlp.due)
		d = tcp_tlp_decide(tcp, tcp_decide_mss(tcp));
	if (may_send(tcp) && d.kind == TCP_SEND_NOTHING &&
	    !tcp_pacing_waits(tcp))
		d = decide_data(tcp, gso_max);
	if (d.kind == TCP_SEND_NOTHING && tcp->probe_due)
		d = decide_probe(tcp);
	if (d.kind == TCP_SEND_NOTHING && tcp->ack_now) {
		d.kind = TCP_SEND_ACK;
		d.start = tcp->snd.nxt;
	}
	return d;
}

bool tcp_decide_window_blocks(const struct tcp_connection *tcp)
{
	return may_send(tcp) && tcp->snd.una == tcp->snd.nxt &&
	       unsent(tcp) > window_room(tcp) && new_data_len(tcp, 0) == 0;
}

bool tcp_decide_cork_blocks(const struct tcp_connection *tcp)
{
	return may_send(tcp) && is_corked(tcp) && unsent(tcp) > 0 &&
	       unsent(tcp) < tcp_decide_mss(tcp);
}
