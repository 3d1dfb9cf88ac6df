/*
 * Passive open. A half-open connection is a small record; it becomes a
 * connection when the handshake's last ACK comes. RFC 9293, 3.10.7.2;
 * RFC 4987.
 */
#include "tcp/tcp_accept.h"
#include "tcp/tcp_auth.h"
#include "tcp/tcp_close.h"
#include "tcp/tcp_ecn.h"
#include "tcp/tcp_fastopen_server.h"
#include "tcp/tcp_half_open.h"
#include "tcp/tcp_ip_options.h"
#include "tcp/tcp_iss.h"
#include "tcp/tcp_listener.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_saved_syn.h"
#include "tcp/tcp_syn_ack.h"
#include "tcp/tcp_syn_cookie.h"

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
	prototype->state = TCP_STATE_LISTEN;
	listener->backlog = bounded_backlog(context, backlog);
	TAILQ_INIT(&listener->accepted);
	tcp_fastopen_server_init(listener);
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

	listener->prototype->state = TCP_STATE_CLOSED;
	while ((tcp = tcp_listener_accept(listener))) {
		tcp_abort(tcp, now_us);
		on_orphan(context, tcp);
	}
	tcp_syn_queue_clear(&listener->half_open);
	tcp_fastopen_server_clear(listener);
	tcp_ip_options_free(engine, &listener->ip_options);
	engine_free(engine, listener->resets,
		    RESETS_MAX * sizeof(*listener->resets));
	engine_free(engine, listener, sizeof(*listener));
}

/* ---------------------------------------------------------------- resets */

static struct counters *counters_of(const struct tcp_listener *listener)
{
	return &listener->context->engine->counters;
}

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
		if (!tcp_reset_for(cause, output) ||
		    !tcp_auth_sign_reset(listener->prototype, output))
			continue;
		output->delay_us = listener->prototype->options.tx_delay_us;
		counter_hit(counters_of(listener), COUNTER_TCP_OUT_RSTS);
		return true;
	}
	return false;
}

/* --------------------------------------------------------------- the SYN */

static bool syn_queue_is_full(const struct tcp_listener *listener)
{
	return listener->half_open.table.count > listener->backlog;
}

/* Linux: without cookies the last quarter is kept for peers known as real. */
static bool is_nearly_full(const struct tcp_listener *listener)
{
	const struct tcp_settings *settings = &listener->context->settings;
	size_t most = (size_t)settings->max_syn_backlog;

	return !settings->syncookies &&
	       listener->half_open.table.count + most / 4 > most;
}

static void drop_syn(struct tcp_listener *listener, enum counter reason)
{
	if (reason != COUNTER_NONE)
		counter_hit(counters_of(listener), reason);
	counter_hit(counters_of(listener), COUNTER_TCP_LISTEN_DROPS);
}

static void fill(const struct tcp_listener *listener, struct tcp_half_open *h,
		 const struct tcp_segment *segment, const struct tcp_path *path,
		 int64_t now_us)
{
	h->iss = tcp_iss_make(listener->context, &h->local, &h->peer, now_us);
	if (segment->iss)
		h->iss.iss = segment->iss; /* Linux: no cookie then, either */
	tcp_syn_ack_agree(listener, h, segment, path);
	tcp_ip_options_keep(listener->context->engine, h, segment);
}

static void answer_with_cookie(struct tcp_listener *listener,
			       const struct tcp_segment *segment,
			       const struct tcp_path *path, int64_t now_us)
{
	struct tcp_half_open h = {
		.local = { .ip = segment->dst,
			   .port = segment->header.dst_port },
		.peer = { .ip = segment->src,
			  .port = segment->header.src_port },
	};

	fill(listener, &h, segment, path, now_us);
	tcp_syn_cookie_make(listener->context, &h, now_us);
	if (!tcp_syn_queue_answer_once(&listener->half_open, &h)) {
		tcp_ip_options_free(listener->context->engine, &h.ip_options);
		drop_syn(listener, COUNTER_NONE);
		return;
	}
	listener->cookies_until_us = now_us + TCP_SYN_COOKIE_LIFE_US;
	counter_hit(counters_of(listener), COUNTER_TCP_SYNCOOKIES_SENT);
}

/* The connection, if Fast Open makes one at once. */
static struct tcp_connection *remember(struct tcp_listener *listener,
				       const struct tcp_segment *segment,
				       const struct tcp_path *path,
				       int64_t now_us)
{
	struct tcp_connection *tcp;
	struct tcp_half_open *h =
		tcp_syn_queue_add(&listener->half_open, segment, now_us);

	if (!h) {
		drop_syn(listener, COUNTER_NO_MEMORY);
		return NULL;
	}
	fill(listener, h, segment, path, now_us);
	tcp_saved_syn_keep(listener, h, segment);
	tcp = tcp_fastopen_server_syn(listener, h, segment, path, now_us);
	if (tcp) {
		tcp_saved_syn_move(h, tcp);
		tcp_ip_options_move(h, listener);
		tcp_syn_queue_remove(&listener->half_open, h);
	} else {
		tcp_syn_queue_answer(&listener->half_open, h);
	}
	return tcp;
}

static struct tcp_connection *on_syn(struct tcp_listener *listener,
				     const struct tcp_segment *segment,
				     const struct tcp_path *path,
				     int64_t now_us)
{
	int cookies = listener->context->settings.syncookies;
	bool always = cookies == 2 && !segment->iss;
	bool is_full = syn_queue_is_full(listener);

	if (is_full || always)
		counter_hit(counters_of(listener),
			    cookies ? COUNTER_TCP_REQ_Q_FULL_DO_COOKIES
				    : COUNTER_TCP_REQ_Q_FULL_DROP);
	if (is_full && !cookies)
		drop_syn(listener, COUNTER_NONE);
	else if (tcp_accept_is_full(listener))
		drop_syn(listener, COUNTER_TCP_LISTEN_OVERFLOWS);
	else if (is_full || always)
		answer_with_cookie(listener, segment, path, now_us);
	else if (is_nearly_full(listener))
		drop_syn(listener, COUNTER_NONE);
	else
		return remember(listener, segment, path, now_us);
	return NULL;
}

/* -------------------------------------------------------- the last ACK */

static unsigned defer_retries(const struct tcp_listener *listener)
{
	return listener->prototype->options.defer_accept;
}

/* The accept queue has no room: as if lost, or a reset if one is asked for. */
static void overflow(struct tcp_listener *listener, struct tcp_half_open *h,
		     const struct tcp_segment *segment)
{
	drop_syn(listener, COUNTER_TCP_LISTEN_OVERFLOWS);
	if (!listener->context->settings.abort_on_overflow) {
		h->acked = true;
		return;
	}
	counter_hit(counters_of(listener), COUNTER_TCP_EMBRYONIC_RSTS);
	want_reset(listener, segment);
	if (!h->is_cookie)
		tcp_syn_queue_remove(&listener->half_open, h);
}

static struct tcp_connection *become(struct tcp_listener *listener,
				     struct tcp_half_open *h,
				     const struct tcp_segment *segment,
				     const struct tcp_path *path,
				     int64_t now_us)
{
	struct tcp_connection *tcp;

	if (tcp_accept_is_full(listener)) {
		overflow(listener, h, segment);
		return NULL;
	}
	tcp = tcp_accept_make(listener, h, path, now_us);
	if (!tcp) {
		drop_syn(listener, COUNTER_NO_MEMORY);
		return NULL;
	}
	tcp_saved_syn_move(h, tcp);
	tcp_ip_options_move(h, listener);
	if (!h->is_cookie)
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

static struct tcp_connection *on_last_ack(struct tcp_listener *listener,
					  struct tcp_half_open *h,
					  const struct tcp_segment *segment,
					  const struct tcp_path *path,
					  int64_t now_us)
{
	if (tcp_ecn_tries_again(h, &segment->header)) {
		tcp_syn_queue_answer(&listener->half_open, h);
		return NULL;
	}
	if (h->retries < defer_retries(listener) && !segment->payload_len &&
	    !(segment->header.flags & TCP_FIN)) {
		h->acked = true; /* tcp(7): data is awaited */
		counter_hit(counters_of(listener),
			    COUNTER_TCP_DEFER_ACCEPT_DROP);
		return NULL;
	}
	return become(listener, h, segment, path, now_us);
}

/*
 * Nobody that we remember: it may bring a cookie back. Only the first byte
 * after the SYN does. When that was lost, or found the accept queue full, what
 * comes behind it must not end the connection, whose peer will begin with the
 * first byte again: so while cookies are out, what brings none is dropped and
 * not answered. (Linux answers with a reset.)
 */
static struct tcp_connection *on_unknown_ack(struct tcp_listener *listener,
					     const struct tcp_segment *segment,
					     const struct tcp_path *path,
					     int64_t now_us)
{
	struct tcp_context *context = listener->context;
	struct tcp_connection *tcp;
	struct tcp_half_open h;

	if (!context->settings.syncookies ||
	    now_us >= listener->cookies_until_us) {
		want_reset(listener, segment);
		return NULL;
	}
	if (!tcp_syn_cookie_check(context, segment, &h, now_us) ||
	    (!tcp_accept_is_full(listener) &&
	     !tcp_syn_cookie_use(context, &h))) {
		counter_hit(counters_of(listener),
			    COUNTER_TCP_SYNCOOKIES_FAILED);
		return NULL;
	}
	counter_hit(counters_of(listener), COUNTER_TCP_SYNCOOKIES_RECV);
	tcp_auth_note(&h, &segment->header);
	tcp_syn_ack_offer(listener, &h, path);
	tcp_ip_options_keep(context->engine, &h, segment);
	tcp = become(listener, &h, segment, path, now_us);
	tcp_ip_options_free(context->engine, &h.ip_options);
	return tcp;
}

static void end_half_open(struct tcp_listener *listener,
			  struct tcp_half_open *h)
{
	counter_hit(counters_of(listener), COUNTER_TCP_ATTEMPT_FAILS);
	counter_hit(counters_of(listener), COUNTER_TCP_EMBRYONIC_RSTS);
	tcp_syn_queue_remove(&listener->half_open, h);
}

/*
 * What comes again or lies outside is answered, not without end: Linux's
 * tcp_invalid_ratelimit.
 */
static bool may_answer(struct tcp_listener *listener, struct tcp_half_open *h,
		       int64_t now_us)
{
	struct tcp_context *context = listener->context;

	if (tcp_half_open_may_answer(h, context->settings.invalid_ratelimit,
				     now_us))
		return true;
	counter_hit(&context->engine->counters, COUNTER_TCP_ACK_SKIPPED_SYN);
	return false;
}

static struct tcp_connection *on_half_open(struct tcp_listener *listener,
					   struct tcp_half_open *h,
					   const struct tcp_segment *segment,
					   const struct tcp_path *path,
					   int64_t now_us)
{
	enum counter reason = COUNTER_NONE;

	switch (tcp_half_open_judge(h, segment, now_us, &reason)) {
	case TCP_HALF_OPEN_SYN_AGAIN:
		tcp_ecn_on_syn_again(h, segment);
		if (segment->header.has_timestamp) /* RFC 7323, 4.3 (2) */
			h->ts_recent = segment->header.ts_value;
		if (may_answer(listener, h, now_us))
			tcp_syn_queue_answer(&listener->half_open, h);
		break;
	case TCP_HALF_OPEN_REFUSE:
		want_reset(listener, segment);
		break;
	case TCP_HALF_OPEN_CHALLENGE:
		if (may_answer(listener, h, now_us))
			tcp_syn_queue_challenge(&listener->half_open, h);
		if (reason != COUNTER_NONE)
			counter_hit(counters_of(listener), reason);
		break;
	case TCP_HALF_OPEN_ABORT:
		want_reset(listener, segment);
		end_half_open(listener, h);
		break;
	case TCP_HALF_OPEN_RESET:
		end_half_open(listener, h);
		break;
	case TCP_HALF_OPEN_IGNORE:
		break;
	case TCP_HALF_OPEN_LAST_ACK:
		return on_last_ack(listener, h, segment, path, now_us);
	}
	return NULL;
}

/* RFC 9293, 3.10.7.2 for a new peer, 3.10.7.4 for one in SYN-RECEIVED. */
struct tcp_connection *tcp_listener_input(struct tcp_listener *listener,
					  const struct tcp_segment *segment,
					  const struct tcp_path *path,
					  int64_t now_us)
{
	const struct tcp_header *header = &segment->header;
	struct tcp_half_open *h =
		tcp_syn_queue_find(&listener->half_open, segment);
	enum counter reason =
		tcp_auth_verify_half_open(listener->prototype, h, segment);

	if (reason != COUNTER_NONE) {
		counter_hit(counters_of(listener), reason);
		return NULL;
	}
	if (h)
		return on_half_open(listener, h, segment, path, now_us);
	if (header->flags & TCP_RST)
		return NULL;
	if ((header->flags & (TCP_ACK | TCP_SYN)) == TCP_ACK)
		return on_unknown_ack(listener, segment, path, now_us);
	if (header->flags & TCP_ACK)
		want_reset(listener, segment);
	else if ((header->flags & (TCP_SYN | TCP_FIN)) == TCP_SYN)
		return on_syn(listener, segment, path, now_us);
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

int64_t tcp_listener_next_deadline(const struct tcp_listener *listener)
{
	return tcp_syn_queue_next_deadline(&listener->half_open);
}

void tcp_listener_run_timers(struct tcp_listener *listener, int64_t now_us)
{
	const struct tcp_settings *settings = &listener->context->settings;
	uint8_t retries = listener->prototype->options.syn_retries;
	struct tcp_syn_queue_limits limits = {
		.retries =
			retries ? retries : (unsigned)settings->synack_retries,
		.defer = defer_retries(listener),
		.backlog = listener->backlog,
	};

	tcp_syn_queue_run_timers(&listener->half_open, &limits, now_us);
}

uint32_t tcp_listener_half_open_count(const struct tcp_listener *listener)
{
	return (uint32_t)listener->half_open.table.count;
}
