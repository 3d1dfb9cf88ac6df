/*
 * Fast Open, server. A good cookie makes a connection of the SYN, which the
 * program may accept and answer before the handshake is over. How many such
 * there are is bounded: those that were reset count for a minute more, so
 * that a spoofed flood costs its sender as much as us. RFC 7413, 5.1.
 */
#include "tcp/tcp_fastopen_server.h"

#include "tcp/tcp_accept.h"
#include "tcp/tcp_fastopen.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_receive.h"
#include "tcp/tcp_timers.h"

#define RESET_COUNTS_US 60000000

/* A child's are its listener's. */
const struct tcp_fastopen_keys *tcp_fastopen_server_keys(
	const struct tcp_connection *tcp)
{
	if (tcp->fastopen.pending)
		tcp = tcp->fastopen.pending->listener->prototype;
	return tcp->fastopen.keys ? tcp->fastopen.keys
				  : &tcp->context->fastopen_keys;
}

bool tcp_fastopen_server_copy_keys(struct tcp_connection *tcp,
				   const struct tcp_connection *old)
{
	if (!old->fastopen.keys)
		return true;
	tcp->fastopen.keys =
		engine_alloc(tcp_engine(tcp), sizeof(*tcp->fastopen.keys));
	if (!tcp->fastopen.keys)
		return false;
	*tcp->fastopen.keys = *old->fastopen.keys;
	return true;
}

void tcp_fastopen_server_init(struct tcp_listener *listener)
{
	int bits = listener->context->settings.fastopen;
	struct tcp_options *options = &listener->prototype->options;

	TAILQ_INIT(&listener->fastopen.pending);
	if ((bits & TCP_FASTOPEN_SERVER) &&
	    (bits & TCP_FASTOPEN_ALL_LISTENERS) && !options->fastopen_queue)
		options->fastopen_queue = (int)listener->backlog;
}

static void leave(struct tcp_fastopen_pending *pending)
{
	struct tcp_listener *listener = pending->listener;

	TAILQ_REMOVE(&listener->fastopen.pending, pending, link);
	listener->fastopen.pending_count--;
	pending->tcp->fastopen.pending = NULL;
	pending->tcp->fastopen.gives_cookie = false; /* the keys may go */
	engine_free(listener->context->engine, pending, sizeof(*pending));
}

void tcp_fastopen_server_clear(struct tcp_listener *listener)
{
	struct tcp_fastopen_queue *queue = &listener->fastopen;

	while (!TAILQ_EMPTY(&queue->pending))
		leave(TAILQ_FIRST(&queue->pending));
	engine_free(listener->context->engine, queue->resets,
		    queue->reset_size * sizeof(*queue->resets));
}

/* ------------------------------------------------------------ the bound */

/* Where those that were reset are remembered; a ring of when they stop. */
static void remember_reset(struct tcp_listener *listener, int64_t now_us)
{
	struct tcp_fastopen_queue *queue = &listener->fastopen;
	uint32_t size = (uint32_t)listener->prototype->options.fastopen_queue;

	if (!queue->resets && size) {
		queue->resets = engine_alloc(listener->context->engine,
					     size * sizeof(*queue->resets));
		queue->reset_size = queue->resets ? size : 0;
	}
	if (!queue->resets || queue->reset_count >= queue->reset_size)
		return;
	queue->resets[(queue->reset_first + queue->reset_count++) %
		      queue->reset_size] = now_us + RESET_COUNTS_US;
}

static void forget_resets(struct tcp_fastopen_queue *queue, int64_t now_us)
{
	while (queue->reset_count &&
	       queue->resets[queue->reset_first] <= now_us) {
		queue->reset_first =
			(queue->reset_first + 1) % queue->reset_size;
		queue->reset_count--;
	}
}

static bool has_room(struct tcp_listener *listener, int64_t now_us)
{
	struct tcp_fastopen_queue *queue = &listener->fastopen;
	uint32_t most = (uint32_t)listener->prototype->options.fastopen_queue;

	if (!most)
		return false;
	forget_resets(queue, now_us);
	if (queue->pending_count + queue->reset_count < most)
		return true;
	counter_hit(&listener->context->engine->counters,
		    COUNTER_TCP_TFO_OVERFLOW);
	return false;
}

void tcp_fastopen_server_end(struct tcp_connection *tcp, bool by_reset,
			     int64_t now_us)
{
	struct tcp_fastopen_pending *pending = tcp->fastopen.pending;
	struct tcp_listener *listener;

	if (!pending)
		return;
	listener = pending->listener;
	leave(pending);
	if (by_reset)
		remember_reset(listener, now_us);
}

/* -------------------------------------------------------- the connection */

static void enter(struct tcp_listener *listener,
		  struct tcp_fastopen_pending *pending,
		  struct tcp_connection *tcp)
{
	pending->listener = listener;
	pending->tcp = tcp;
	tcp->fastopen.pending = pending;
	TAILQ_INSERT_TAIL(&listener->fastopen.pending, pending, link);
	listener->fastopen.pending_count++;
}

/* Its SYN is out as far as data is concerned: that may follow at once. */
static struct tcp_connection *make_child(struct tcp_listener *listener,
					 const struct tcp_half_open *h,
					 const struct tcp_segment *syn,
					 const struct tcp_path *path,
					 int64_t now_us)
{
	struct engine *engine = listener->context->engine;
	struct tcp_fastopen_pending *pending;
	struct tcp_connection *tcp;

	pending = engine_alloc(engine, sizeof(*pending));
	tcp = pending ? tcp_accept_make(listener, h, path, now_us) : NULL;
	if (!tcp) {
		engine_free(engine, pending, sizeof(*pending));
		return NULL;
	}
	tcp_open_start(tcp, &syn->header, syn->header.window, now_us);
	tcp->fastopen.is_child = true;
	tcp->fastopen.data_acked = syn->payload_len > 0;
	enter(listener, pending, tcp);
	if (syn->payload_len)
		tcp_receive_data(tcp, syn, SEQ_DATA, now_us);
	tcp->ack_now = false; /* the SYN-ACK says it */
	tcp_timer_stop(tcp, TCP_TIMER_DELAYED_ACK);
	tcp->syn_due = true;
	tcp_timer_set(tcp, TCP_TIMER_RETRANSMIT,
		      now_us + tcp_rto_us(&tcp->rto));
	tcp_accept_put(listener, tcp);
	return tcp;
}

static bool needs_no_cookie(const struct tcp_listener *listener)
{
	return listener->prototype->options.fastopen_no_cookie ||
	       (listener->context->settings.fastopen &
		TCP_FASTOPEN_SERVER_NO_COOKIE);
}

static enum tcp_fastopen_verdict check(const struct tcp_listener *listener,
				       const struct tcp_half_open *h,
				       const struct tcp_header *header)
{
	if (needs_no_cookie(listener))
		return TCP_FASTOPEN_FRESH;
	return tcp_fastopen_cookie_check(
		tcp_fastopen_server_keys(listener->prototype), &h->peer.ip,
		&h->local.ip, header->fastopen, header->fastopen_len);
}

struct tcp_connection *tcp_fastopen_server_syn(struct tcp_listener *listener,
					       struct tcp_half_open *h,
					       const struct tcp_segment *syn,
					       const struct tcp_path *path,
					       int64_t now_us)
{
	struct counters *counters = &listener->context->engine->counters;
	const struct tcp_header *header = &syn->header;
	bool asks = header->has_fastopen && !header->fastopen_len;
	enum tcp_fastopen_verdict verdict;
	struct tcp_connection *tcp;

	if (asks)
		counter_hit(counters, COUNTER_TCP_TFO_COOKIE_REQD);
	if (!(listener->context->settings.fastopen & TCP_FASTOPEN_SERVER) ||
	    !(header->has_fastopen || syn->payload_len) ||
	    !has_room(listener, now_us))
		return NULL;
	if (!header->has_fastopen && !needs_no_cookie(listener))
		return NULL;
	verdict = check(listener, h, header);
	h->gives_cookie = header->has_fastopen && verdict != TCP_FASTOPEN_FRESH;
	if (verdict == TCP_FASTOPEN_FORGED) {
		if (!asks)
			counter_hit(counters, COUNTER_TCP_TFO_PASSIVE_FAIL);
		return NULL;
	}
	tcp = make_child(listener, h, syn, path, now_us);
	if (!tcp) {
		counter_hit(counters, COUNTER_TCP_TFO_PASSIVE_FAIL);
		return NULL;
	}
	tcp->fastopen.gives_cookie = h->gives_cookie;
	counter_hit(counters, COUNTER_TCP_TFO_PASSIVE);
	if (verdict == TCP_FASTOPEN_OF_OLD_KEY)
		counter_hit(counters, COUNTER_TCP_TFO_ALT_KEY);
	return tcp;
}

void tcp_fastopen_server_give(const struct tcp_fastopen_keys *keys,
			      const struct pyt_ip *client,
			      const struct pyt_ip *server,
			      struct tcp_header *header)
{
	header->has_fastopen = true;
	header->fastopen_len = TCP_FASTOPEN_COOKIE_LEN;
	tcp_fastopen_cookie_make(keys, client, server, header->fastopen);
}
