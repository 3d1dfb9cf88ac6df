/* Creation, and the calls of a program: SEND, RECEIVE, STATUS. */
#include "tcp/tcp.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>

#include "tcp/tcp_auth.h"
#include "tcp/tcp_autotune.h"
#include "tcp/tcp_connection.h"
#include "tcp/tcp_delack.h"
#include "tcp/tcp_dsack.h"
#include "tcp/tcp_ecn.h"
#include "tcp/tcp_fastopen.h"
#include "tcp/tcp_fastopen_server.h"
#include "tcp/tcp_memory.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_pacing.h"
#include "tcp/tcp_receive.h"
#include "tcp/tcp_saved_syn.h"
#include "tcp/tcp_state.h"
#include "tcp/tcp_timers.h"
#include "tcp/tcp_urgent.h"
#include "tcp/tcp_window.h"

#define TTL_DEFAULT 64

_Static_assert(sizeof(struct tcp_connection) <= 1536,
	       "an idle connection must stay small");

struct tcp_connection *tcp_create(struct tcp_context *context, void *owner)
{
	struct tcp_connection *tcp;

	tcp = engine_alloc(context->engine, sizeof(*tcp));
	if (!tcp)
		return NULL;
	tcp->context = context;
	tcp->owner = owner;
	tcp->state = TCP_STATE_CLOSED;
	tcp->options.cc = context->cc;
	tcp->options.max_pacing_rate = TCP_PACING_NO_LIMIT;
	tcp->options.ttl = TTL_DEFAULT;
	tcp->snd.buffer = (uint32_t)context->settings.wmem[1];
	tcp->rcv.buffer = (uint32_t)context->settings.rmem[1];
	stream_init(&tcp->send_stream);
	stream_init(&tcp->receive_stream);
	ranges_init(&tcp->out_of_order);
	tcp_sent_init(&tcp->sent, context->engine);
	tcp_rto_init(&tcp->rto);
	tcp_timers_stop_all(tcp);
	return tcp;
}

struct tcp_connection *tcp_create_like(const struct tcp_connection *old)
{
	struct tcp_connection *tcp = tcp_create(old->context, old->owner);

	if (!tcp)
		return NULL;
	tcp->options = old->options;
	if (!tcp_auth_copy(tcp, old) ||
	    !tcp_fastopen_server_copy_keys(tcp, old)) {
		tcp_destroy(tcp);
		return NULL;
	}
	tcp->snd.buffer = old->snd.buffer;
	tcp->rcv.buffer = old->rcv.buffer;
	return tcp;
}

void tcp_destroy(struct tcp_connection *tcp)
{
	struct engine *engine;

	if (!tcp)
		return;
	engine = tcp_engine(tcp);
	tcp_fastopen_server_end(tcp, false, 0);
	tcp_saved_syn_free(engine, &tcp->saved_syn);
	engine_free(engine, tcp->fastopen.keys, sizeof(*tcp->fastopen.keys));
	if (tcp->counted_orphan)
		tcp->context->orphan_count--;
	if (tcp->counted_time_wait)
		tcp->context->time_wait_count--;
	tcp_cc_end(&tcp->cc);
	tcp_auth_clear(tcp);
	tcp_ecn_clear(tcp);
	tcp_sent_clear(&tcp->sent);
	stream_clear(&tcp->send_stream, engine);
	stream_clear(&tcp->receive_stream, engine);
	ranges_clear(&tcp->out_of_order, engine);
	tcp_dsack_clear(tcp);
	engine_free(engine, tcp, sizeof(*tcp));
}

void *tcp_owner(const struct tcp_connection *tcp)
{
	return tcp->owner;
}

void tcp_set_owner(struct tcp_connection *tcp, void *owner)
{
	tcp->owner = owner;
}

enum tcp_state tcp_state(const struct tcp_connection *tcp)
{
	return tcp->state;
}

int tcp_error(const struct tcp_connection *tcp)
{
	return tcp->error;
}

void tcp_clear_error(struct tcp_connection *tcp)
{
	tcp->error = 0;
}

/* ---------------------------------------------------------------- ready */

static uint32_t send_room(const struct tcp_connection *tcp)
{
	uint32_t queued = tcp_send_queued(tcp);
	uint64_t unsent =
		tcp->snd.end > tcp->snd.nxt ? tcp->snd.end - tcp->snd.nxt : 0;
	uint32_t lowat = tcp->options.notsent_lowat;
	uint32_t limit = tcp_memory_send_limit(tcp);

	if (!lowat)
		lowat = (uint32_t)tcp_settings(tcp)->notsent_lowat;
	if (unsent >= lowat || queued >= limit)
		return 0;
	return limit - queued;
}

static bool may_write(const struct tcp_connection *tcp)
{
	return (tcp->state == TCP_STATE_ESTABLISHED ||
		tcp->state == TCP_STATE_CLOSE_WAIT || tcp_is_open_early(tcp) ||
		tcp->fastopen.deferred) &&
	       !tcp->fin_queued;
}

static bool handshake_goes_on(const struct tcp_connection *tcp)
{
	return (tcp->state == TCP_STATE_SYN_SENT && !tcp->fastopen.deferred) ||
	       (tcp->state == TCP_STATE_SYN_RECEIVED &&
		!tcp->fastopen.is_child);
}

/* Linux: writable again when a third of the buffer is free. */
static unsigned ready_to_write(const struct tcp_connection *tcp)
{
	uint32_t room;

	if (!may_write(tcp))
		return PYT_READY_WRITE; /* a write fails at once */
	room = send_room(tcp);
	return room && room >= tcp_memory_send_limit(tcp) / 3 ? PYT_READY_WRITE
							      : 0;
}

static unsigned ready_to_read(const struct tcp_connection *tcp)
{
	bool ended = tcp->fin_received || tcp->read_shut ||
		     tcp->state == TCP_STATE_CLOSED;
	unsigned ready = 0;

	if (tcp_readable(tcp))
		ready |= PYT_READY_READ;
	if (ended)
		ready |= PYT_READY_READ | PYT_READY_READ_END;
	if (tcp->rcv.urgent_state == TCP_URGENT_HERE)
		ready |= PYT_READY_URGENT;
	return ready;
}

unsigned tcp_ready(const struct tcp_connection *tcp)
{
	bool read_ended = tcp->fin_received || tcp->read_shut;
	unsigned ready = 0;

	if (tcp->error)
		ready |= PYT_READY_ERROR;
	if (handshake_goes_on(tcp))
		return ready;
	if (tcp->state == TCP_STATE_CLOSED && !tcp->was_connected)
		return ready | PYT_READY_WRITE | PYT_READY_HANG_UP;

	ready |= ready_to_write(tcp) | ready_to_read(tcp);
	if (tcp->state == TCP_STATE_CLOSED || (read_ended && tcp->fin_queued))
		ready |= PYT_READY_HANG_UP;
	if (tcp->snd.una >= tcp->snd.end)
		ready |= PYT_READY_SENT_ALL;
	return ready;
}

/* As Linux's tcp_set_rcvlowat(). */
uint32_t tcp_low_water(struct tcp_connection *tcp, int wanted)
{
	bool is_set = tcp->options.rcvbuf != 0;
	uint32_t most = is_set ? tcp->options.rcvbuf
			       : (uint32_t)tcp_settings(tcp)->rmem[2];
	uint32_t mark = wanted < 0 ? INT_MAX : (uint32_t)wanted;
	uint64_t buffer;

	if (mark > most / 2)
		mark = most / 2;
	buffer = tcp_window_buffer_for(tcp->context, mark);
	if (!is_set && buffer > tcp->rcv.buffer)
		tcp->rcv.buffer = (uint32_t)buffer;
	return mark;
}

bool tcp_reaches(const struct tcp_connection *tcp, uint32_t mark)
{
	return tcp_readable(tcp) >= mark ||
	       tcp->rcv.edge <= tcp->rcv.nxt + tcp->rcv.mss ||
	       tcp_memory_level(tcp->context) != TCP_MEMORY_FINE;
}

/* ----------------------------------------------------------------- send */

static int take_error(struct tcp_connection *tcp)
{
	int error = tcp->error;

	tcp->error = 0;
	return -error;
}

int tcp_send_space(struct tcp_connection *tcp, struct iovec *iov, int iov_max)
{
	if (tcp->error)
		return take_error(tcp);
	if (handshake_goes_on(tcp))
		return tcp->fin_queued ? -EPIPE : 0;
	if (!tcp->was_connected)
		return -ENOTCONN;
	if (!may_write(tcp))
		return -EPIPE;
	return stream_space(&tcp->send_stream, tcp_engine(tcp), tcp->snd.end,
			    send_room(tcp), iov, iov_max);
}

void tcp_send_commit(struct tcp_connection *tcp, size_t len, int flags,
		     int64_t now_us)
{
	if (!may_write(tcp))
		return;
	/*
	 * The places themselves may have brought memory pressure, and there is
	 * less room than was offered: what lies in them counts nevertheless.
	 */
	if (len > send_room(tcp))
		len = stream_placed(&tcp->send_stream, tcp->snd.end, len);
	tcp_rate_on_write(tcp);
	tcp->snd.end += len;
	if (tcp->fastopen.deferred && len)
		tcp_fastopen_on_write(tcp, now_us);
	tcp->snd.written_us = now_us;
	tcp->more = flags & MSG_MORE;
	if ((flags & MSG_OOB) && len)
		tcp->snd.urgent = tcp->snd.end;
	tcp_output_schedule(tcp, now_us);
}

/* -------------------------------------------------------------- receive */

int tcp_recv_view(const struct tcp_connection *tcp, struct iovec *iov,
		  int iov_max)
{
	uint64_t head = tcp->receive_stream.head;
	uint64_t limit = tcp_urgent_read_limit(tcp);

	if (!tcp->was_connected || tcp->orphan || limit <= head)
		return 0;
	return stream_view(&tcp->receive_stream, head, limit - head, iov,
			   iov_max);
}

void tcp_recv_consume(struct tcp_connection *tcp, size_t len, int64_t now_us)
{
	uint64_t head = tcp->receive_stream.head;
	uint64_t limit = tcp_urgent_read_limit(tcp);

	if (len > limit - head)
		len = limit - head;
	if (!len)
		return;
	stream_discard(&tcp->receive_stream, tcp_engine(tcp), head + len);
	tcp_urgent_skip(tcp);
	if (!tcp_readable(tcp) && !tcp->out_of_order.count)
		stream_release(&tcp->receive_stream, tcp_engine(tcp));
	tcp_autotune_on_read(tcp, now_us);
	tcp_delack_on_read(tcp, now_us);
}

/* --------------------------------------------------------------- status */

uint32_t tcp_send_queued(const struct tcp_connection *tcp)
{
	return tcp->snd.end > tcp->snd.una
		       ? (uint32_t)(tcp->snd.end - tcp->snd.una)
		       : 0;
}

int64_t tcp_received_us(const struct tcp_connection *tcp)
{
	return tcp->rcv.last_us;
}

uint32_t tcp_receive_queued(const struct tcp_connection *tcp)
{
	return tcp->was_connected && !tcp->orphan ? tcp_readable(tcp) : 0;
}

uint32_t tcp_out_of_order_len(const struct tcp_connection *tcp)
{
	const struct range *range = ranges_first(&tcp->out_of_order);
	uint64_t len = 0;

	for (; range; range = ranges_next(range))
		len += range->end - range->start;
	return (uint32_t)len;
}

void tcp_addresses(const struct tcp_connection *tcp, struct pyt_sockaddr *local,
		   struct pyt_sockaddr *peer)
{
	*local = tcp->local;
	*peer = tcp->peer;
}

bool tcp_reflects_tos(const struct tcp_connection *tcp, uint8_t *tos)
{
	*tos = tcp->options.tos;
	return tcp->passive && tcp_settings(tcp)->reflect_tos;
}

void tcp_set_tos_ttl(struct tcp_connection *tcp, uint8_t tos, uint8_t ttl)
{
	tcp->options.tos = tos;
	tcp->options.ttl = ttl;
}

/* ----------------------------------------------------------------- ICMP */

static bool is_in_flight(const struct tcp_connection *tcp, uint32_t seq)
{
	uint64_t position = seq_from_wire(tcp->snd.iss, tcp->snd.una, seq);

	return tcp->was_connected && position >= tcp->snd.una &&
	       position <= tcp->snd.nxt;
}

/* RFC 5927, 4.1 and 6: hard errors end a handshake only. */
void tcp_icmp_error(struct tcp_connection *tcp, uint32_t quoted_seq, int error)
{
	if (tcp->state == TCP_STATE_CLOSED || tcp_auth_ignores_icmp(tcp))
		return;
	if (!is_in_flight(tcp, quoted_seq)) {
		counter_hit(&tcp_engine(tcp)->counters,
			    COUNTER_TCP_OUT_OF_WINDOW_ICMPS);
		return;
	}
	/* Linux gives up connect(2) at soft ones as well: tcp_v4_err(). */
	if (handshake_goes_on(tcp)) {
		tcp_timers_stop_all(tcp);
		tcp->syn_due = false;
		tcp->snd.end = tcp->snd.una = tcp->snd.nxt;
		tcp_state_set(tcp, TCP_STATE_CLOSED);
		tcp->error = error;
		return;
	}
	tcp->soft_error = error;
}
