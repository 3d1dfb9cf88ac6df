/*
 * Passive open. A half-open connection is a small record; it becomes a
 * connection when the handshake's last ACK comes. RFC 9293, 3.10.7.2;
 * RFC 4987.
 */
#include "tcp/tcp_accept.h"
#include "tcp/tcp_close.h"
#include "tcp/tcp_iss.h"
#include "tcp/tcp_listener.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_syn_ack.h"

#define RESETS_MAX 16 /* waiting to be sent */

static uint32_t bounded_backlog(const struct tcp_context *context, int backlog)
{
	uint32_t most = (uint32_t)context->settings.somaxconn;

	return backlog < 0 || (uint32_t)backlog > most ? most
						       : (uint32_t)backlog;
}

struct tcp_listener *tcp_listen(struct tcp_context *context,
				struct tcp_connection *prototype, int backlog)
{
	struct tcp_listener *listener;

	listener = engine_alloc(context->engine, sizeof(*listener));
	if (!listener)
		return NULL;
	if (tcp_syn_queue_init(&listener->half_open, context) < 0) {
		engine_free(context->engine, listener, sizeof(*listener));
		return NULL;
	}
	listener->context = context;
	listener->prototype = prototype;
	listener->backlog = bounded_backlog(context, backlog);
	TAILQ_INIT(&listener->accepted);
	return listener;
}

void tcp_listener_set_backlog(struct tcp_listener *listener, int backlog)
{
	listener->backlog = bounded_backlog(listener->context, backlog);
}

void tcp_listener_destroy(struct tcp_listener *listener,
			  void (*on_orphan)(void *context,
					    struct tcp_connection *tcp),
			  void *context, int64_t now_us)
{
	struct engine *engine = listener->context->engine;
	struct tcp_connection *tcp;

	while ((tcp = tcp_listener_accept(listener))) {
		tcp_abort(tcp, now_us);
		on_orphan(context, tcp);
	}
	tcp_syn_queue_clear(&listener->half_open);
	engine_free(engine, listener->resets,
		    RESETS_MAX * sizeof(*listener->resets));
	engine_free(engine, listener, sizeof(*listener));
}

/* ---------------------------------------------------------------- resets */

static void want_reset(struct tcp_listener *listener,
		       const struct tcp_segment *cause)
{
	struct engine *engine = listener->context->engine;

	if (!listener->resets)
		listener->resets = engine_alloc(
			engine, RESETS_MAX * sizeof(*listener->resets));
	if (!listener->resets || listener->reset_count == RESETS_MAX)
		return;
	listener->resets[(listener->reset_first + listener->reset_count++) %
			 RESETS_MAX] = *cause;
}

static bool next_reset(struct tcp_listener *listener, struct tcp_output *output)
{
	while (listener->reset_count) {
		struct tcp_segment *cause =
			&listener->resets[listener->reset_first];

		listener->reset_first =
			(listener->reset_first + 1) % RESETS_MAX;
		listener->reset_count--;
		if (tcp_reset_for(cause, output))
			return true;
	}
	return false;
}

/* --------------------------------------------------------------- the SYN */

static bool queue_is_full(const struct tcp_listener *listener)
{
	const struct tcp_settings *settings = &listener->context->settings;
	size_t count = listener->half_open.table.count;

	return count >= (size_t)listener->backlog + 1 ||
	       count >= (size_t)settings->max_syn_backlog ||
	       tcp_accept_is_full(listener);
}

static void on_syn(struct tcp_listener *listener,
		   const struct tcp_segment *segment,
		   const struct tcp_path *path, int64_t now_us)
{
	struct counters *counters = &listener->context->engine->counters;
	struct tcp_half_open *h;

	if (queue_is_full(listener)) {
		counter_hit(counters, COUNTER_TCP_LISTEN_OVERFLOW);
		return;
	}
	h = tcp_syn_queue_add(&listener->half_open, segment, now_us);
	if (!h) {
		counter_hit(counters, COUNTER_NO_MEMORY);
		return;
	}
	h->iss = tcp_iss_make(listener->context, &h->local, &h->peer, now_us);
	tcp_syn_ack_agree(listener, h, segment, path);
	tcp_syn_queue_answer(&listener->half_open, h);
}

/* -------------------------------------------------------- the last ACK */

/* Whether it acknowledges our SYN-ACK and lies in the window we offered. */
static bool is_last_ack(const struct tcp_half_open *h,
			const struct tcp_header *header)
{
	return header->ack == h->iss.iss + 1 &&
	       header->seq - (h->irs + 1) <= h->window;
}

static struct tcp_connection *on_ack(struct tcp_listener *listener,
				     struct tcp_half_open *h,
				     const struct tcp_segment *segment,
				     const struct tcp_path *path,
				     int64_t now_us)
{
	struct counters *counters = &listener->context->engine->counters;
	struct tcp_connection *tcp;

	if (!is_last_ack(h, &segment->header)) {
		want_reset(listener, segment);
		return NULL;
	}
	if (tcp_accept_is_full(listener)) {
		counter_hit(counters, COUNTER_TCP_LISTEN_OVERFLOW);
		return NULL; /* as if lost: the SYN-ACK is sent again */
	}
	tcp = tcp_accept_make(listener, h, path, now_us);
	if (!tcp) {
		counter_hit(counters, COUNTER_NO_MEMORY);
		return NULL;
	}
	tcp_syn_queue_remove(&listener->half_open, h);
	tcp_input(tcp, segment, now_us);
	if (tcp->state == TCP_STATE_SYN_RECEIVED ||
	    tcp->state == TCP_STATE_CLOSED) {
		tcp_destroy(tcp);
		return NULL;
	}
	tcp_accept_put(listener, tcp);
	return tcp;
}

/* RFC 9293, 3.10.7.2 for a new peer, 3.10.7.4 for one in SYN-RECEIVED. */
struct tcp_connection *tcp_listener_input(struct tcp_listener *listener,
					  const struct tcp_segment *segment,
					  const struct tcp_path *path,
					  int64_t now_us)
{
	const struct tcp_header *header = &segment->header;
	struct tcp_syn_queue *queue = &listener->half_open;
	struct tcp_half_open *h = tcp_syn_queue_find(queue, segment);

	if (header->flags & TCP_RST) {
		if (h && header->seq == h->irs + 1)
			tcp_syn_queue_remove(queue, h);
		return NULL;
	}
	if (h && (header->flags & TCP_SYN)) {
		if (header->seq == h->irs) {
			tcp_syn_queue_answer(queue, h); /* it was lost */
			return NULL;
		}
		tcp_syn_queue_remove(queue, h); /* the peer begins anew */
		h = NULL;
	}
	if (h && (header->flags & TCP_ACK))
		return on_ack(listener, h, segment, path, now_us);
	if (header->flags & TCP_ACK)
		want_reset(listener, segment);
	else if (header->flags & TCP_SYN)
		on_syn(listener, segment, path, now_us);
	return NULL;
}

/* ------------------------------------------------------ output and timers */

bool tcp_listener_output_next(struct tcp_listener *listener,
			      const struct tcp_path *(*path_to)(
				      void *context, const struct pyt_ip *src,
				      const struct pyt_ip *dst),
			      void *context, struct tcp_output *output,
			      int64_t now_us)
{
	struct tcp_half_open *h;

	(void)path_to;
	(void)context;
	if (next_reset(listener, output))
		return true;
	h = tcp_syn_queue_next_answer(&listener->half_open);
	if (!h)
		return false;
	if (!h->sent_us)
		h->sent_us = now_us;
	tcp_syn_ack_build(listener, h, output, now_us);
	return true;
}

bool tcp_listener_wants_output(const struct tcp_listener *listener)
{
	return listener->reset_count ||
	       !TAILQ_EMPTY(&listener->half_open.output);
}

int64_t tcp_listener_next_deadline(const struct tcp_listener *listener)
{
	return tcp_syn_queue_next_deadline(&listener->half_open);
}

void tcp_listener_run_timers(struct tcp_listener *listener, int64_t now_us)
{
	tcp_syn_queue_run_timers(&listener->half_open, now_us);
}

uint32_t tcp_listener_half_open_count(const struct tcp_listener *listener)
{
	return (uint32_t)listener->half_open.table.count;
}
