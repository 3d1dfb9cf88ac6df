/*
 * Fast Open, client. RFC 7413, 4.2.1. What the SYN carries stays unsent in
 * the send stream until the SYN-ACK says how much of it was taken; the rest
 * then goes as data that was never sent. A SYN that is sent again is bare.
 */
#include "tcp/tcp_fastopen.h"

#include <errno.h>
#include <sys/socket.h>

#include "tcp/tcp_iss.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_timers.h"

#define OPTIONS_MAX 40 /* room that Linux keeps in such a SYN */
#define LOSSES_BORNE 1 /* SYNs with data that may be lost in a row */
#define LOSS_PAUSE_US 60000000ll /* doubled with each one more */
#define HOLE_TIMEOUTS 2 /* before the third */
#define PAUSE_SHIFT_MAX 6

void tcp_fastopen_init(struct tcp_context *context)
{
	context->fastopen_keys.count = 1;
	tcp_iss_derive_key(context, "Fast Open", context->fastopen_keys.key[0]);
	tcp_fastopen_cache_init(&context->fastopen_cache, context->engine);
}

void tcp_fastopen_clear(struct tcp_context *context)
{
	tcp_fastopen_cache_clear(&context->fastopen_cache);
}

/* ---------------------------------------------------------- connect(2) */

static struct tcp_fastopen_entry *entry_of(const struct tcp_connection *tcp)
{
	return tcp_fastopen_cache_find(&tcp->context->fastopen_cache,
				       &tcp->local.ip, &tcp->peer.ip);
}

static bool needs_no_cookie(const struct tcp_connection *tcp)
{
	return tcp->options.fastopen_no_cookie ||
	       (tcp_settings(tcp)->fastopen & TCP_FASTOPEN_CLIENT_NO_COOKIE);
}

/* tcp_fastopen_blackhole_timeout_sec: longer with each hole found. */
static bool is_paused(const struct tcp_context *context, int64_t now_us)
{
	int shift = context->fastopen_holes - 1;
	int64_t pause_us =
		context->settings.fastopen_blackhole_timeout_sec * 1000000ll;

	if (!context->fastopen_holes || !pause_us)
		return false;
	if (shift > PAUSE_SHIFT_MAX)
		shift = PAUSE_SHIFT_MAX;
	return now_us < context->fastopen_hole_us + (pause_us << shift);
}

/* This server's SYNs with data get lost: for a while without. */
static bool loses(const struct tcp_fastopen_entry *entry, int64_t now_us)
{
	return entry->losses > LOSSES_BORNE &&
	       now_us < entry->lost_us + (LOSS_PAUSE_US << entry->losses);
}

bool tcp_fastopen_begin(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_fastopen *fastopen = &tcp->fastopen;
	const struct tcp_fastopen_entry *entry;

	if (!(fastopen->wanted || tcp->options.fastopen_connect) ||
	    !(tcp_settings(tcp)->fastopen & TCP_FASTOPEN_CLIENT) ||
	    is_paused(tcp->context, now_us))
		return false;
	entry = entry_of(tcp);
	if (entry && loses(entry, now_us))
		return false;
	if (needs_no_cookie(tcp)) {
		fastopen->deferred = true;
		return true;
	}
	fastopen->asks = true;
	fastopen->deferred = entry && entry->cookie_len;
	return fastopen->deferred;
}

void tcp_fastopen_on_write(struct tcp_connection *tcp, int64_t now_us)
{
	uint64_t queued = tcp->snd.end - SEQ_DATA;

	tcp->fastopen.deferred = false;
	tcp->fastopen.data_len =
		queued < UINT16_MAX ? (uint16_t)queued : UINT16_MAX;
	tcp->syn_due = true;
	tcp_timers_restart_retransmit(tcp, now_us);
}

/* --------------------------------------------------------------- the SYN */

static void put_cookie(const struct tcp_fastopen_entry *entry,
		       struct tcp_header *header)
{
	header->has_fastopen = true;
	if (!entry)
		return;
	header->fastopen_len = entry->cookie_len;
	memcpy(header->fastopen, entry->cookie, entry->cookie_len);
}

uint32_t tcp_fastopen_fill_syn(struct tcp_connection *tcp,
			       const struct tcp_path *path,
			       struct tcp_header *header)
{
	struct tcp_fastopen *fastopen = &tcp->fastopen;
	const struct tcp_fastopen_entry *entry;
	uint32_t room = tcp_open_mss(&tcp->options, path), options;

	if (tcp->state != TCP_STATE_SYN_SENT || tcp->syn_retries ||
	    !(fastopen->asks || fastopen->data_len))
		return 0;
	entry = entry_of(tcp);
	if (fastopen->asks)
		put_cookie(entry, header);
	if (entry && entry->mss && entry->mss < room)
		room = entry->mss;
	options = OPTIONS_MAX + path->ip_options_len;
	room = room > options ? room - options : 0;
	if (fastopen->data_len > room)
		fastopen->data_len = (uint16_t)room;
	fastopen->was_tried = fastopen->data_len || header->fastopen_len;
	tcp->statistics.bytes_sent += fastopen->data_len;
	tcp->statistics.data_segs_out += fastopen->data_len > 0;
	return fastopen->data_len;
}

/* ----------------------------------------------------------- the SYN-ACK */

bool tcp_fastopen_ack_is_right(const struct tcp_connection *tcp, uint32_t ack)
{
	return ack - seq_to_wire(tcp->snd.iss, SEQ_DATA) <=
	       tcp->fastopen.data_len;
}

static void remember(struct tcp_connection *tcp,
		     const struct tcp_header *header, int64_t now_us)
{
	struct tcp_fastopen_entry *entry;

	if (!tcp->fastopen.asks && !tcp->fastopen.was_tried)
		return;
	entry = tcp_fastopen_cache_get(&tcp->context->fastopen_cache,
				       &tcp->local.ip, &tcp->peer.ip);
	if (!entry)
		return;
	entry->mss = header->mss;
	if (header->has_fastopen && header->fastopen_len &&
	    tcp->fastopen.asks) {
		entry->cookie_len = header->fastopen_len;
		memcpy(entry->cookie, header->fastopen, header->fastopen_len);
	}
	if (tcp->fastopen.was_tried && tcp->syn_retries) {
		entry->losses += entry->losses < UINT8_MAX / 8;
		entry->lost_us = now_us;
	} else {
		entry->losses = 0;
	}
}

void tcp_fastopen_on_syn_ack(struct tcp_connection *tcp,
			     const struct tcp_header *header, int64_t now_us)
{
	uint32_t len = header->ack - seq_to_wire(tcp->snd.iss, SEQ_DATA);
	struct counters *counters = &tcp_engine(tcp)->counters;
	struct tcp_fastopen *fastopen = &tcp->fastopen;

	remember(tcp, header, now_us);
	if (!fastopen->data_len)
		return;
	counter_hit(counters,
		    len ? COUNTER_TCP_TFO_ACTIVE : COUNTER_TCP_TFO_ACTIVE_FAIL);
	fastopen->data_acked = len > 0;
	tcp->statistics.bytes_acked += len;
	tcp->statistics.delivered += len;
	tcp->snd.una = tcp->snd.nxt = tcp->snd.wl2 = SEQ_DATA + len;
	tcp->snd.edge = tcp->snd.una + tcp->snd.wnd;
	tcp->round_end = tcp->recovery.forward = tcp->snd.una;
	stream_discard(&tcp->send_stream, tcp_engine(tcp), tcp->snd.una);
	if (len < fastopen->data_len) {
		tcp->statistics.total_retransmissions++;
		tcp->statistics.bytes_retransmitted += fastopen->data_len - len;
	}
}

void tcp_fastopen_on_timeout(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_context *context = tcp->context;

	if (!tcp->fastopen.was_tried ||
	    tcp->recovery.retransmits != HOLE_TIMEOUTS ||
	    !context->settings.fastopen_blackhole_timeout_sec ||
	    is_paused(context, now_us))
		return;
	counter_hit(&context->engine->counters, COUNTER_TCP_TFO_BLACKHOLE);
	context->fastopen_holes += context->fastopen_holes <= PAUSE_SHIFT_MAX;
	context->fastopen_hole_us = now_us;
}
