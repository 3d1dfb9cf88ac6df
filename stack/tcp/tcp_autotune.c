/*
 * The receiver's round trip is that of an echoed timestamp; without them it
 * is the time in which a whole window comes, which is at least one. What the
 * program reads in one is what the window let through.
 */
#include "tcp/tcp_autotune.h"

#include "tcp/tcp_memory.h"
#include "tcp/tcp_window.h"

#define RTT_SAMPLE_MAX_MS 10000
#define RTT_GRAIN_US 1000
#define RTT_GUESS_US 100000 /* nothing is known */

/* Milliseconds between our data and the peer's that it made possible. */
static void sample_by_echo(struct tcp_connection *tcp,
			   const struct tcp_header *header, int64_t now_us)
{
	int32_t ms;

	if (!header->has_timestamp || !header->ts_echo ||
	    header->ts_echo == tcp->ts_last_echo)
		return;
	tcp->ts_last_echo = header->ts_echo;
	ms = (int32_t)(tcp_timestamp(tcp, now_us) - header->ts_echo);
	if (ms < 1 || ms > RTT_SAMPLE_MAX_MS)
		return; /* below the clock's grain: srtt knows more */
	if (tcp->rcv.rtt_us)
		tcp->rcv.rtt_us += (ms * 1000 - (int32_t)tcp->rcv.rtt_us) / 8;
	else
		tcp->rcv.rtt_us = (uint32_t)ms * 1000;
}

/* The least such time: the others had pauses of the program in them. */
static void sample_by_window(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_receive *rcv = &tcp->rcv;
	uint32_t rtt_us = (uint32_t)now_us - rcv->rtt_since_us;

	if (rcv->rtt_since_us &&
	    seq_is_before((uint32_t)rcv->nxt, rcv->rtt_end))
		return;
	if (rcv->rtt_since_us && rtt_us > 0 &&
	    rtt_us < RTT_SAMPLE_MAX_MS * 1000u &&
	    (!rcv->rtt_us || rtt_us < rcv->rtt_us))
		rcv->rtt_us = rtt_us;
	rcv->rtt_since_us = (uint32_t)now_us | 1;
	rcv->rtt_end = (uint32_t)rcv->edge;
}

void tcp_autotune_on_data(struct tcp_connection *tcp,
			  const struct tcp_header *header, int64_t now_us)
{
	if (tcp->ts_ok)
		sample_by_echo(tcp, header, now_us);
	else
		sample_by_window(tcp, now_us);
}

/*
 * A little less than was measured: the timestamp's grain is a millisecond, and
 * where bursts come once a round trip one that is a hair too early must count,
 * or the buffer is a round trip behind a sender in slow start.
 */
static int64_t round_trip_us(const struct tcp_connection *tcp)
{
	int64_t rtt_us = tcp->rcv.rtt_us;
	int64_t slack_us = RTT_GRAIN_US;

	if (!rtt_us)
		rtt_us = tcp->rto.srtt_us ? tcp->rto.srtt_us : RTT_GUESS_US;
	if (slack_us < rtt_us / 8)
		slack_us = rtt_us / 8;
	return slack_us < rtt_us / 2 ? rtt_us - slack_us : rtt_us / 2;
}

/* Twice what was read, and more if that grows: the sender may double. */
static void grow_receive_buffer(struct tcp_connection *tcp, uint64_t copied)
{
	struct tcp_receive *rcv = &tcp->rcv;
	uint64_t most = (uint32_t)tcp_settings(tcp)->rmem[2];
	uint64_t window = 2 * copied + 16ull * rcv->mss;
	uint64_t wanted;

	window += 2 * (window * (copied - rcv->space) /
		       (rcv->space ? rcv->space : 1));
	wanted = tcp_window_buffer_for(tcp->context, window);
	if (wanted > most)
		wanted = most;
	if (wanted > rcv->buffer)
		rcv->buffer = (uint32_t)wanted;
}

static bool may_grow(const struct tcp_connection *tcp)
{
	return tcp_memory_level(tcp->context) == TCP_MEMORY_FINE;
}

void tcp_autotune_on_read(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_receive *rcv = &tcp->rcv;
	uint64_t head = tcp->receive_stream.head;
	uint64_t copied = (uint32_t)head - rcv->space_head;

	if ((uint32_t)now_us - rcv->space_since_us < round_trip_us(tcp))
		return;
	if (copied > rcv->space) {
		if (!tcp->options.rcvbuf && may_grow(tcp) &&
		    tcp_settings(tcp)->moderate_rcvbuf)
			grow_receive_buffer(tcp, copied);
		rcv->space = copied < UINT32_MAX / 2 ? (uint32_t)copied
						     : UINT32_MAX / 2;
	}
	rcv->space_head = (uint32_t)head;
	rcv->space_since_us = (uint32_t)now_us;
}

/* Twice the congestion window must fit, so that recovery has new data. */
void tcp_autotune_send_buffer(struct tcp_connection *tcp)
{
	uint32_t limit = (uint32_t)tcp_settings(tcp)->wmem[2];
	uint64_t wanted = 2ull * tcp->cc.cwnd;

	if (tcp->options.sndbuf || wanted <= tcp->snd.buffer || !may_grow(tcp))
		return;
	if (wanted > limit)
		wanted = limit;
	if (wanted > tcp->snd.buffer)
		tcp->snd.buffer = (uint32_t)wanted;
}
