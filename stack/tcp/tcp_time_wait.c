/*
 * TIME-WAIT, and FIN-WAIT-2 that nobody holds, without a connection; Linux:
 * RFC 9293, 3.10.7.4 and 3.6.1; RFC 1337; RFC 6191; RFC 7323, 5.
 */
#include "tcp/tcp_time_wait.h"

#include <string.h>

#include "tcp/tcp_connection.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_window.h"

#define ISS_ABOVE 65537u /* more than was ever in flight unscaled */
#define REUSE_ALWAYS 1
#define REUSE_LOOPBACK 2

static bool may_be_taken(const struct tcp_connection *tcp)
{
	if (tcp->auth)
		return false;
	if (tcp->state == TCP_STATE_TIME_WAIT)
		return true;
	return tcp->state == TCP_STATE_FIN_WAIT_2 && tcp->orphan &&
	       !tcp->options.linger2_s && !tcp->rcv.ack_owed &&
	       !tcp->out_of_order.count && !tcp->rcv.fin &&
	       tcp->context->time_wait_count <
		       tcp_settings(tcp)->max_tw_buckets;
}

bool tcp_time_wait_take(const struct tcp_connection *tcp,
			struct tcp_time_wait *tw)
{
	if (!may_be_taken(tcp))
		return false;
	tw->awaits_fin = tcp->state == TCP_STATE_FIN_WAIT_2;
	tw->wscale = tcp->rcv.wscale;
	tw->timer.deadline_us = tcp->deadline_us[TCP_TIMER_CLOSE];
	tw->answered_us = 0;
	tw->local = tcp->local.ip;
	tw->peer = tcp->peer.ip;
	tw->local_port = tcp->local.port;
	tw->peer_port = tcp->peer.port;
	tw->snd_nxt = seq_to_wire(tcp->snd.iss, tcp->snd.nxt);
	tw->rcv_nxt = seq_to_wire(tcp->rcv.irs, tcp->rcv.nxt);
	tw->ts_recent = tcp->ts_recent;
	tw->ts_recent_us = tcp->ts_ok ? tcp->ts_recent_us : 0;
	tw->ts_offset = tcp->ts_offset;
	tw->window =
		(uint16_t)((tcp->rcv.edge - tcp->rcv.nxt) >> tcp->rcv.wscale);
	tw->tos = tcp->options.tos;
	tw->ttl = tcp->options.ttl;
	tw->tx_delay_us = tcp->options.tx_delay_us;
	return true;
}

static void build_ack(const struct tcp_time_wait *tw, struct tcp_output *output,
		      int64_t now_us)
{
	struct tcp_header header = {
		.src_port = tw->local_port,
		.dst_port = tw->peer_port,
		.seq = tw->snd_nxt,
		.ack = tw->rcv_nxt,
		.flags = TCP_ACK,
		.window = tw->window,
		.has_timestamp = tw->ts_recent_us != 0,
		.ts_value = (uint32_t)(now_us / 1000) + tw->ts_offset,
		.ts_echo = tw->ts_recent,
	};

	memset(output, 0, sizeof(*output));
	output->src = tw->local;
	output->dst = tw->peer;
	output->header_len =
		(uint32_t)tcp_header_build(&header, output->header);
	output->tos = tw->tos;
	output->ttl = tw->ttl;
	output->delay_us = tw->tx_delay_us;
	output->dont_fragment = true;
}

/* RFC 7323, 5.3, R1; a RST is not held to it (5.2). */
static bool is_older(const struct tcp_time_wait *tw,
		     const struct tcp_header *header)
{
	return tw->ts_recent_us && header->has_timestamp &&
	       !(header->flags & TCP_RST) &&
	       seq_is_before(header->ts_value, tw->ts_recent);
}

/* RFC 6191, 2, and RFC 1122, 4.2.2.13: higher number or newer timestamp. */
static bool begins_anew(const struct tcp_time_wait *tw,
			const struct tcp_header *header)
{
	if ((header->flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
		return false;
	return seq_is_before(tw->rcv_nxt, header->seq) ||
	       (tw->ts_recent_us && header->has_timestamp &&
		seq_is_before(tw->ts_recent, header->ts_value));
}

/* Exactly at rcv.nxt and empty; or a RST there. */
static enum tcp_time_wait_verdict on_expected(const struct tcp_context *context,
					      struct tcp_time_wait *tw,
					      const struct tcp_header *header,
					      int64_t now_us)
{
	if (header->flags & TCP_RST)
		return context->settings.rfc1337 ? TCP_TIME_WAIT_STAYS
						 : TCP_TIME_WAIT_ENDS;
	if (header->has_timestamp && tw->ts_recent_us) {
		tw->ts_recent = header->ts_value;
		tw->ts_recent_us = now_us;
	}
	return TCP_TIME_WAIT_RESTARTS;
}

/* Two stacks must not answer each other for ever. */
static bool may_answer(const struct tcp_context *context,
		       struct tcp_time_wait *tw,
		       const struct tcp_segment *segment, int64_t now_us)
{
	int64_t gap_us = context->settings.invalid_ratelimit * 1000ll;

	if (segment->payload_len &&
	    !(segment->header.flags & (TCP_SYN | TCP_RST)))
		return true;
	if (tw->answered_us && now_us - tw->answered_us < gap_us) {
		counter_hit(&context->engine->counters,
			    tw->awaits_fin ? COUNTER_TCP_ACK_SKIPPED_FIN_WAIT_2
					   : COUNTER_TCP_ACK_SKIPPED_TIME_WAIT);
		return false;
	}
	tw->answered_us = now_us;
	return true;
}

static uint32_t end_of(const struct tcp_segment *segment)
{
	return segment->header.seq + segment->payload_len +
	       !!(segment->header.flags & TCP_SYN) +
	       !!(segment->header.flags & TCP_FIN);
}

/* RFC 9293, 3.10.7.4: what ends where the next byte is awaited is old. */
static bool is_in_window(const struct tcp_time_wait *tw,
			 const struct tcp_segment *segment)
{
	uint32_t start = segment->header.seq, end = end_of(segment);
	uint32_t edge = tw->rcv_nxt + ((uint32_t)tw->window << tw->wscale);

	return start == tw->rcv_nxt || (start == edge && end == edge) ||
	       (seq_is_before(tw->rcv_nxt, end) && seq_is_before(start, edge));
}

/* The peer's FIN is next, whatever comes again with it. */
static bool is_awaited_fin(const struct tcp_time_wait *tw,
			   const struct tcp_segment *segment)
{
	return (segment->header.flags & TCP_FIN) &&
	       end_of(segment) == tw->rcv_nxt + 1;
}

/* RFC 5961, 3.2: in the window, but not exact, it is challenged. */
static void on_reset(const struct tcp_context *context,
		     struct tcp_time_wait *tw,
		     const struct tcp_segment *segment,
		     struct tcp_time_wait_answer *answer, int64_t now_us)
{
	if (segment->header.seq == tw->rcv_nxt) {
		answer->verdict = TCP_TIME_WAIT_ENDS;
		return;
	}
	answer->sends = is_in_window(tw, segment) &&
			may_answer(context, tw, segment, now_us);
	if (answer->sends)
		build_ack(tw, &answer->output, now_us);
}

/* A SYN is challenged, where Linux resets: RFC 5961, 4. */
static void on_fin_wait_2(const struct tcp_context *context,
			  struct tcp_time_wait *tw,
			  const struct tcp_segment *segment,
			  struct tcp_time_wait_answer *answer, int64_t now_us)
{
	const struct tcp_header *header = &segment->header;
	bool has_more = (segment->payload_len || (header->flags & TCP_FIN)) &&
			seq_is_before(tw->rcv_nxt, end_of(segment));

	if (header->flags & TCP_RST) {
		on_reset(context, tw, segment, answer, now_us);
		return;
	}
	if (is_older(tw, header) || !is_in_window(tw, segment) ||
	    (header->flags & TCP_SYN)) {
		answer->sends = may_answer(context, tw, segment, now_us);
		if (answer->sends)
			build_ack(tw, &answer->output, now_us);
		return;
	}
	if (!(header->flags & TCP_ACK) || !has_more)
		return;
	answer->sends = true;
	if (!is_awaited_fin(tw, segment)) {
		answer->verdict = TCP_TIME_WAIT_RESETS;
		tcp_reset_for(segment, &answer->output);
		answer->output.delay_us = tw->tx_delay_us;
		counter_hit(&context->engine->counters, COUNTER_TCP_OUT_RSTS);
		counter_hit(&context->engine->counters,
			    COUNTER_TCP_DATA_AFTER_CLOSE);
		return;
	}
	tw->awaits_fin = false;
	tw->rcv_nxt++;
	if (header->has_timestamp && tw->ts_recent_us) {
		tw->ts_recent = header->ts_value;
		tw->ts_recent_us = now_us;
	}
	answer->verdict = TCP_TIME_WAIT_RESTARTS;
	build_ack(tw, &answer->output, now_us);
}

void tcp_time_wait_input(const struct tcp_context *context,
			 struct tcp_time_wait *tw,
			 const struct tcp_segment *segment,
			 struct tcp_time_wait_answer *answer, int64_t now_us)
{
	const struct tcp_header *header = &segment->header;
	bool older = is_older(tw, header);
	bool is_empty =
		!segment->payload_len && !(header->flags & (TCP_SYN | TCP_FIN));

	answer->sends = false;
	answer->verdict = TCP_TIME_WAIT_STAYS;
	if (tw->awaits_fin) {
		on_fin_wait_2(context, tw, segment, answer, now_us);
		return;
	}
	if (!older && header->seq == tw->rcv_nxt &&
	    (is_empty || (header->flags & TCP_RST))) {
		answer->verdict = on_expected(context, tw, header, now_us);
		return;
	}
	if (!older && begins_anew(tw, header)) {
		answer->verdict = TCP_TIME_WAIT_YIELDS;
		answer->iss = tw->snd_nxt + ISS_ABOVE;
	} else if (header->flags & TCP_RST) {
		return;
	} else if (older || (header->flags & TCP_ACK)) {
		answer->verdict = TCP_TIME_WAIT_RESTARTS;
	}
	if (older)
		counter_hit(&context->engine->counters,
			    COUNTER_TCP_PAWS_TIME_WAIT);
	answer->sends = may_answer(context, tw, segment, now_us);
	if (answer->sends)
		build_ack(tw, &answer->output, now_us);
}

bool tcp_time_wait_may_reuse(const struct tcp_context *context,
			     const struct tcp_time_wait *tw, int64_t now_us)
{
	int reuse = context->settings.tw_reuse;
	int64_t delay_us = context->settings.tw_reuse_delay * 1000ll;
	bool is_local =
		pyt_ip_is_loopback(&tw->local) || pyt_ip_is_loopback(&tw->peer);

	return !tw->awaits_fin && tw->ts_recent_us &&
	       context->settings.timestamps &&
	       now_us - tw->ts_recent_us >= delay_us &&
	       (reuse == REUSE_ALWAYS || (reuse == REUSE_LOOPBACK && is_local));
}

void tcp_time_wait_give(const struct tcp_time_wait *tw,
			struct tcp_connection *tcp)
{
	tcp->snd.iss = tw->snd_nxt + ISS_ABOVE;
}

void tcp_time_wait_count(struct tcp_context *context, int change)
{
	context->time_wait_count += change;
}
