/* From a decision to a segment: the one builder, and what sending changes. */
#include "tcp/tcp_output.h"

#include <string.h>

#include "tcp/tcp_accecn.h"
#include "tcp/tcp_auth.h"
#include "tcp/tcp_chrono.h"
#include "tcp/tcp_cwnd.h"
#include "tcp/tcp_decide.h"
#include "tcp/tcp_delack.h"
#include "tcp/tcp_ecn.h"
#include "tcp/tcp_fastopen.h"
#include "tcp/tcp_fastopen_server.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_pacing.h"
#include "tcp/tcp_plpmtud.h"
#include "tcp/tcp_pmtu.h"
#include "tcp/tcp_receive.h"
#include "tcp/tcp_recovery.h"
#include "tcp/tcp_sack.h"
#include "tcp/tcp_timers.h"
#include "tcp/tcp_tlp.h"
#include "tcp/tcp_window.h"

#define PAYLOAD_MIN 8u /* of a full segment, whatever the options take */

/* tcp_min_snd_mss: against a peer that asks for tiny segments; what it makes
 * larger has to fit the path all the same. */
static uint32_t raised_mss(const struct tcp_connection *tcp, uint32_t mss,
			   uint32_t path_mss)
{
	uint32_t least = (uint32_t)tcp_settings(tcp)->min_snd_mss;

	if (least > path_mss)
		least = path_mss;
	return mss > least ? mss : least;
}

void tcp_output_update_mss(struct tcp_connection *tcp)
{
	struct tcp_path path = { .mtu = tcp_plpmtud_mtu(tcp),
				 .ip_header_len = tcp_open_ip_header_len(tcp) };
	uint32_t mss = tcp_open_mss(&tcp->options, &path), options;

	if (mss > tcp->snd.peer_mss)
		mss = tcp->snd.peer_mss;
	mss = raised_mss(tcp, mss, tcp_open_mss(&tcp->options, &path));
	/* RFC 9293, 3.7.1: it counts neither IP's options nor TCP's */
	options = tcp_open_ip_len(tcp) - path.ip_header_len +
		  tcp_auth_option_len(tcp) + tcp_accecn_option_len(tcp) +
		  (tcp->ts_ok ? TCP_OPTION_TIMESTAMP_LEN : 0);
	mss = mss > options + PAYLOAD_MIN ? mss - options : PAYLOAD_MIN;
	tcp->snd.mss = (uint16_t)mss;
	tcp->cc.mss = mss;
}

static void use_path(struct tcp_connection *tcp, const struct tcp_path *path)
{
	if (path->mtu == tcp->snd.path_mtu &&
	    path->ip_header_len + path->ip_options_len == tcp_open_ip_len(tcp))
		return;
	tcp_open_use_path(tcp, path);
	if (tcp_is_synchronized(tcp))
		tcp_output_update_mss(tcp);
}

/* ------------------------------------------------------------- building */

static struct tcp_header plain_header(const struct tcp_connection *tcp,
				      uint64_t start)
{
	struct tcp_header header = {
		.src_port = tcp->local.port,
		.dst_port = tcp->peer.port,
		.seq = seq_to_wire(tcp->snd.iss, start),
	};

	tcp_auth_describe(tcp, &header);
	return header;
}

static void add_timestamp(const struct tcp_connection *tcp,
			  struct tcp_header *header, int64_t now_us)
{
	if (!tcp->ts_ok)
		return;
	header->has_timestamp = true;
	header->ts_value = tcp_timestamp(tcp, now_us);
	header->ts_echo = tcp->ts_recent;
}

static struct tcp_header syn_header(struct tcp_connection *tcp,
				    const struct tcp_path *path, int64_t now_us)
{
	struct tcp_header header = plain_header(tcp, SEQ_SYN);

	header.flags = TCP_SYN;
	if (tcp->state == TCP_STATE_SYN_RECEIVED) {
		header.flags |= TCP_ACK;
		header.ack = seq_to_wire(tcp->rcv.irs, tcp->rcv.nxt);
	}
	header.mss = tcp_open_mss(&tcp->options, path);
	header.window = (uint16_t)tcp_open_window(tcp, header.mss);
	if (tcp->state == TCP_STATE_SYN_RECEIVED) /* as tcp_syn_ack.c */
		header.window = (uint16_t)tcp_open_window(
			tcp, header.mss - (tcp->ts_ok ? TCP_OPTION_TIMESTAMP_LEN
						      : 0u));
	if (tcp->fastopen.gives_cookie)
		tcp_fastopen_server_give(tcp_fastopen_server_keys(tcp),
					 &tcp->peer.ip, &tcp->local.ip,
					 &header);
	header.sack_permitted = tcp->sack_ok;
	header.has_wscale = tcp->wscale_ok;
	header.wscale = tcp->rcv.wscale;
	add_timestamp(tcp, &header, now_us);
	return header;
}

/* RFC 9293, 3.8.5, as BSD: the pointer names the byte behind. */
static void add_urgent(const struct tcp_connection *tcp, uint64_t start,
		       struct tcp_header *header)
{
	uint64_t offset = tcp->snd.urgent - start;

	if (tcp->snd.urgent <= start || tcp->snd.urgent <= tcp->snd.una)
		return;
	header->flags |= TCP_URG;
	header->urgent = offset < UINT16_MAX ? (uint16_t)offset : UINT16_MAX;
}

static struct tcp_header segment_header(struct tcp_connection *tcp,
					const struct tcp_decision *d,
					uint64_t ack, int64_t now_us)
{
	struct tcp_header header = plain_header(tcp, d->start);

	header.flags = TCP_ACK;
	header.ack = seq_to_wire(tcp->rcv.irs, ack);
	if (d->fin)
		header.flags |= TCP_FIN;
	if (d->len && d->start + d->len == tcp->snd.end)
		header.flags |= TCP_PSH;
	if (d->kind == TCP_SEND_DATA || d->kind == TCP_SEND_AGAIN)
		add_urgent(tcp, d->start, &header);
	header.window = tcp_window_advertise(tcp, ack);
	add_timestamp(tcp, &header, now_us);
	return header;
}

/*
 * Where a segment without data stands. From behind the edge of a window that
 * shrank the peer would not take it; what its shift cut off does not count.
 */
static uint64_t empty_start(const struct tcp_connection *tcp)
{
	uint64_t edge = tcp->snd.edge, nxt = tcp->snd.nxt;

	return edge >= SEQ_DATA && edge + (1u << tcp->snd.wscale) <= nxt ? edge
									 : nxt;
}

/* RFC 7323, 3.2: timestamps on a RST as well. */
static struct tcp_header reset_header(const struct tcp_connection *tcp,
				      int64_t now_us)
{
	struct tcp_header header = plain_header(tcp, empty_start(tcp));

	header.flags = TCP_RST | TCP_ACK;
	header.ack = seq_to_wire(tcp->rcv.irs, tcp->rcv.nxt);
	add_timestamp(tcp, &header, now_us);
	return header;
}

static struct tcp_header stray_reset_header(const struct tcp_connection *tcp)
{
	struct tcp_header header = plain_header(tcp, tcp->snd.nxt);

	header.flags = TCP_RST;
	header.seq = tcp->stray_reset_seq;
	return header;
}

/* ecn: the mark, enum tcp_ecn_mark. */
static void fill_envelope(const struct tcp_connection *tcp,
			  const struct tcp_header *header, uint8_t ecn,
			  struct tcp_output *output)
{
	output->src = tcp->local.ip;
	output->dst = tcp->peer.ip;
	output->header_len = (uint32_t)tcp_header_build(header, output->header);
	output->payload_count = 0;
	output->payload_len = 0;
	output->gso_size = 0;
	output->gso_ecn = false;
	output->again = false;
	output->tos = (uint8_t)((tcp->options.tos & ~TCP_ECN_CE) | ecn);
	output->ttl = tcp->options.ttl;
	output->delay_us = tcp->options.tx_delay_us;
	output->dont_fragment = true;
}

static void fill_payload(const struct tcp_connection *tcp,
			 const struct tcp_decision *d, uint32_t mss,
			 struct tcp_output *output)
{
	if (!d->len)
		return;
	output->payload_count =
		stream_view(&tcp->send_stream, d->start, d->len,
			    output->payload, PYT_FRAME_PARTS_MAX - 1);
	output->payload_len = d->len;
	if (d->len <= mss || d->is_mtu_probe)
		return;
	output->gso_size = (uint16_t)mss;
	output->gso_ecn = tcp->ecn.mode == TCP_ECN_CLASSIC;
}

/* ----------------------------------------------- what sending changes */

/* A FIN alone is one, too. */
static uint32_t segments_of(const struct tcp_connection *tcp,
			    const struct tcp_decision *d)
{
	uint32_t mss = tcp_decide_mss(tcp);

	return d->len > mss && !d->is_mtu_probe ? (d->len + mss - 1) / mss : 1;
}

/* Linux's counts: the first one after a timeout is in neither. */
static void count_again(struct tcp_connection *tcp, uint32_t segments)
{
	struct counters *counters = &tcp_engine(tcp)->counters;
	const struct tcp_undo *undo = &tcp->recovery.undo;

	counter_add(counters, COUNTER_TCP_RETRANS_SEGS, segments);
	if (tcp->recovery.state == TCP_RECOVERY_FAST)
		counter_add(counters, COUNTER_TCP_FAST_RETRANS, segments);
	else if (tcp->recovery.state == TCP_RECOVERY_LOSS &&
		 undo->has_timestamp)
		counter_add(counters, COUNTER_TCP_SLOW_START_RETRANS, segments);
}

/* Split and marked before it is built, so that failure sends nothing. */
static bool record_again(struct tcp_connection *tcp, struct tcp_decision *d,
			 int64_t now_us)
{
	uint64_t end = d->start + d->len + d->fin;

	if (d->start > d->record->start) {
		d->record = tcp_sent_split(&tcp->sent, d->record, d->start);
		if (!d->record)
			return false;
	}
	if (end < d->record->end && !tcp_sent_split(&tcp->sent, d->record, end))
		return false;
	tcp_sent_mark_retransmitted(&tcp->sent, d->record, now_us);
	tcp_rate_on_sent(tcp, d->record, now_us);
	tcp->statistics.bytes_retransmitted += d->len;
	tcp->statistics.total_retransmissions++;
	count_again(tcp, segments_of(tcp, d));
	return true;
}

static uint32_t segment_len(const struct tcp_connection *tcp,
			    const struct tcp_decision *d)
{
	uint32_t mss = tcp_decide_mss(tcp);

	return d->len > mss && !d->is_mtu_probe ? mss : d->len;
}

static bool record_new(struct tcp_connection *tcp, const struct tcp_decision *d,
		       int64_t now_us)
{
	uint64_t end = d->start + d->len + d->fin;
	struct tcp_sent_record *record;

	record = tcp_sent_add(&tcp->sent, d->start, end, now_us);
	if (!record)
		return false;
	tcp_rate_on_sent(tcp, record, now_us);
	tcp_count(tcp, COUNTER_TCP_ORIG_DATA_SENT, segments_of(tcp, d));
	tcp->snd.nxt = end;
	if (d->len % tcp_decide_mss(tcp))
		tcp->snd.small_end = d->start + d->len;
	if (tcp->snd.nxt >= tcp->snd.end)
		tcp->cork_flushed = false;
	tcp_delack_on_data_sent(tcp, now_us);
	if (d->is_mtu_probe)
		tcp_plpmtud_on_sent(tcp, d);
	tcp_pmtu_on_sent(tcp, segment_len(tcp, d), end);
	return true;
}

/* The timeout waits for the first segment: when that is repaired, anew, as on
 * Linux. Once it has expired it is the back-off's. */
static bool begins_timeout(const struct tcp_connection *tcp,
			   const struct tcp_decision *d)
{
	return !tcp_timer_is_set(tcp, TCP_TIMER_RETRANSMIT) ||
	       (d->kind == TCP_SEND_AGAIN && d->start <= tcp->snd.una &&
		tcp->recovery.state == TCP_RECOVERY_FAST);
}

static void on_data_sent(struct tcp_connection *tcp,
			 const struct tcp_decision *d, uint32_t mss,
			 int64_t now_us)
{
	tcp->snd.last_us = now_us;
	tcp->probe_due = false;
	tcp->statistics.bytes_sent += d->len;
	tcp->statistics.data_segs_out += (d->len + mss - 1) / mss;
	tcp_cwnd_on_sent(tcp);
	tcp_pacing_on_sent(tcp, d->len, now_us);
	tcp_recovery_on_sent(tcp, d->len + d->fin, d->kind == TCP_SEND_AGAIN,
			     now_us);
	if (begins_timeout(tcp, d))
		tcp_timers_restart_retransmit(tcp, now_us);
	tcp_tlp_on_sent(tcp, d, now_us);
	tcp_timer_stop(tcp, TCP_TIMER_PROBE);
}

static bool record(struct tcp_connection *tcp, struct tcp_decision *d,
		   uint32_t mss, int64_t now_us)
{
	if (d->kind == TCP_SEND_AGAIN && !record_again(tcp, d, now_us)) {
		tcp_count(tcp, COUNTER_TCP_RETRANS_FAIL, segments_of(tcp, d));
		return false;
	}
	if (d->kind == TCP_SEND_DATA && !record_new(tcp, d, now_us))
		return false;
	on_data_sent(tcp, d, mss, now_us);
	return true;
}

/* Without a record nothing is sent, but an ACK that is due. */
static bool fall_back_to_ack(struct tcp_connection *tcp, struct tcp_decision *d,
			     int64_t now_us)
{
	counter_hit(&tcp_engine(tcp)->counters, COUNTER_NO_MEMORY);
	tcp_timer_set(tcp, TCP_TIMER_MEMORY, now_us + TCP_MEMORY_RETRY_US);
	*d = (struct tcp_decision){ .kind = TCP_SEND_ACK,
				    .start = tcp->snd.nxt };
	return tcp->ack_now;
}

static bool send_segment(struct tcp_connection *tcp, struct tcp_decision *d,
			 struct tcp_output *output, int64_t now_us)
{
	uint32_t mss = tcp_decide_mss(tcp);
	uint64_t ack = tcp->rcv.nxt;
	struct tcp_header header;
	bool is_early;
	uint8_t ecn;

	if ((d->kind == TCP_SEND_DATA || d->kind == TCP_SEND_AGAIN) &&
	    !record(tcp, d, mss, now_us) && !fall_back_to_ack(tcp, d, now_us))
		return false;
	is_early = d->kind == TCP_SEND_ACK && tcp_receive_acks_early(tcp);
	if (is_early)
		ack = tcp_receive_early_ack(tcp);
	if (d->kind == TCP_SEND_ACK)
		d->start = empty_start(tcp);
	header = segment_header(tcp, d, ack, now_us);
	if (!is_early)
		tcp_sack_output(tcp, &header, tcp_decide_sack_max(tcp));
	ecn = tcp_ecn_output(tcp, d, &header, now_us);
	if (tcp_ecn_early_ack_is_due(tcp)) {
		tcp_ecn_early_ack(tcp, &header);
		tcp->rcv.merged_acks = 0;
	} else if (is_early) {
		tcp_receive_on_early_ack(tcp, ack);
	} else {
		tcp_receive_on_ack_sent(tcp);
	}
	fill_envelope(tcp, &header, ecn, output);
	fill_payload(tcp, d, mss, output);
	output->again = d->kind == TCP_SEND_AGAIN;
	if (d->kind == TCP_SEND_PROBE)
		tcp->probe_due = false;
	tcp->statistics.segs_out += d->len ? (d->len + mss - 1) / mss : 1;
	return true;
}

static void send_syn(struct tcp_connection *tcp, const struct tcp_path *path,
		     struct tcp_output *output, int64_t now_us)
{
	struct tcp_header header = syn_header(tcp, path, now_us);
	struct tcp_decision d = { .start = SEQ_DATA };
	uint8_t ecn;

	d.len = tcp_fastopen_fill_syn(tcp, path, &header);
	ecn = tcp_ecn_syn(tcp, &header);
	fill_envelope(tcp, &header, ecn, output);
	fill_payload(tcp, &d, d.len, output);
	output->again = tcp->syn_sent_us != 0;
	if (tcp->state == TCP_STATE_SYN_RECEIVED) {
		tcp->rcv.acked = tcp->rcv.nxt;
		if (tcp->rcv.edge < tcp->rcv.nxt + header.window)
			tcp->rcv.edge = tcp->rcv.nxt + header.window;
	}
	tcp->syn_due = false;
	tcp->ack_now = false;
	if (!tcp->syn_sent_us)
		tcp->syn_sent_us = now_us;
	tcp->statistics.segs_out++;
}

static void send_reset(struct tcp_connection *tcp, bool stray,
		       struct tcp_output *output, int64_t now_us)
{
	struct tcp_header header =
		stray ? stray_reset_header(tcp) : reset_header(tcp, now_us);

	fill_envelope(tcp, &header, TCP_ECN_NOT_ECT, output);
	if (stray)
		tcp->stray_reset_due = false;
	else
		tcp->reset_due = false;
	tcp->statistics.segs_out++;
	counter_hit(&tcp_engine(tcp)->counters, COUNTER_TCP_OUT_RSTS);
}

/* A window that lay idle is lowered before it decides. */
static struct tcp_decision decide(struct tcp_connection *tcp, uint32_t gso_max,
				  int64_t now_us)
{
	struct tcp_decision d = tcp_decide(tcp, gso_max);

	if (d.kind != TCP_SEND_DATA || tcp->snd.una != tcp->snd.nxt)
		return d;
	tcp_cwnd_before_new_data(tcp, now_us);
	return tcp_decide(tcp, gso_max);
}

bool tcp_output_next(struct tcp_connection *tcp, const struct tcp_path *path,
		     struct tcp_output *output, int64_t now_us)
{
	uint32_t gso_max =
		tcp_ecn_allows_gso(tcp, path) ? path->gso_max_len : 0;
	struct tcp_decision d;
	bool sent = true;

	use_path(tcp, path);
	d = decide(tcp, gso_max, now_us);
	switch (d.kind) {
	case TCP_SEND_NOTHING:
		sent = false;
		break;
	case TCP_SEND_STRAY_RESET:
		send_reset(tcp, true, output, now_us);
		break;
	case TCP_SEND_RESET:
		send_reset(tcp, false, output, now_us);
		break;
	case TCP_SEND_SYN:
		send_syn(tcp, path, output, now_us);
		break;
	case TCP_SEND_AGAIN:
	case TCP_SEND_DATA:
	case TCP_SEND_PROBE:
	case TCP_SEND_ACK:
		sent = send_segment(tcp, &d, output, now_us);
		break;
	}
	if (sent)
		tcp_auth_sign(tcp, output);
	tcp_output_schedule(tcp, now_us);
	return sent;
}

bool tcp_wants_output(const struct tcp_connection *tcp, int64_t now_us)
{
	(void)now_us;
	return tcp_decide(tcp, 0).kind != TCP_SEND_NOTHING;
}

void tcp_output_schedule(struct tcp_connection *tcp, int64_t now_us)
{
	if (!tcp_timer_is_set(tcp, TCP_TIMER_PROBE) &&
	    tcp_decide_window_blocks(tcp))
		tcp_timer_set(tcp, TCP_TIMER_PROBE,
			      now_us + tcp_rto_us(&tcp->rto));
	if (!tcp_decide_cork_blocks(tcp))
		tcp_timer_stop(tcp, TCP_TIMER_CORK);
	else if (!tcp_timer_is_set(tcp, TCP_TIMER_CORK))
		tcp_timer_set(tcp, TCP_TIMER_CORK,
			      tcp->snd.written_us + TCP_CORK_US);
	tcp_chrono_update(tcp, now_us);
}

/* RFC 9293, 3.10.7.1: from its ACK, or what would acknowledge it. */
bool tcp_reset_for(const struct tcp_segment *segment, struct tcp_output *output)
{
	const struct tcp_header *in = &segment->header;
	struct tcp_header header = { .src_port = in->dst_port,
				     .dst_port = in->src_port,
				     .flags = TCP_RST };

	if (in->flags & TCP_RST)
		return false;
	if (in->flags & TCP_ACK) {
		header.seq = in->ack;
	} else {
		header.flags |= TCP_ACK;
		header.ack = in->seq + segment->payload_len +
			     !!(in->flags & TCP_SYN) + !!(in->flags & TCP_FIN);
	}
	memset(output, 0, sizeof(*output));
	output->src = segment->dst;
	output->dst = segment->src;
	output->header_len =
		(uint32_t)tcp_header_build(&header, output->header);
	output->ttl = 64;
	output->dont_fragment = true;
	return true;
}
