/*
 * Passive open. A half-open connection is a small record; it becomes a
 * connection when the handshake's last ACK comes. RFC 9293, 3.10.7.2;
 * RFC 4987. Each retry waits twice as long as the one before, so records of
 * one retry count are due in the order in which they were queued.
 */
#include <errno.h>
#include <string.h>

#include "tcp/tcp_close.h"
#include "tcp/tcp_connection.h"
#include "tcp/tcp_iss.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_window.h"

#define RETRY_CLASSES 8 /* 1, 2, 4 ... 120 s */
#define RESETS_MAX 16 /* waiting to be sent */

struct half_open {
	struct table_node node;
	TAILQ_ENTRY(half_open) timer;
	TAILQ_ENTRY(half_open) output;
	struct pyt_sockaddr local, peer;
	struct tcp_iss iss;
	uint32_t irs;
	uint32_t ts_recent;
	uint32_t window; /* offered in the SYN-ACK */
	int64_t sent_us; /* first SYN-ACK */
	int64_t deadline_us;
	uint16_t peer_mss;
	uint16_t mss; /* announced */
	uint8_t peer_wscale;
	uint8_t wscale;
	uint8_t retries;
	bool wscale_ok, sack_ok, ts_ok;
	bool output_due;
};

TAILQ_HEAD(half_open_queue, half_open);

struct tcp_listener {
	struct tcp_context *context;
	struct tcp_connection *prototype;
	uint32_t backlog;
	struct table half_open;
	struct half_open_queue timers[RETRY_CLASSES];
	struct half_open_queue output;
	TAILQ_HEAD(, tcp_connection) accepted;
	uint32_t accepted_count;
	struct tcp_segment *resets; /* ring, made when first needed */
	uint32_t reset_first, reset_count;
};

static struct half_open *of_node(struct table_node *node)
{
	return (struct half_open *)((char *)node -
				    offsetof(struct half_open, node));
}

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
	if (table_init(&listener->half_open, context->engine) < 0) {
		engine_free(context->engine, listener, sizeof(*listener));
		return NULL;
	}
	listener->context = context;
	listener->prototype = prototype;
	listener->backlog = bounded_backlog(context, backlog);
	for (int i = 0; i < RETRY_CLASSES; i++)
		TAILQ_INIT(&listener->timers[i]);
	TAILQ_INIT(&listener->output);
	TAILQ_INIT(&listener->accepted);
	return listener;
}

void tcp_listener_set_backlog(struct tcp_listener *listener, int backlog)
{
	listener->backlog = bounded_backlog(listener->context, backlog);
}

/* ------------------------------------------------- half-open connections */

struct half_open_key {
	struct pyt_ip local, peer;
	uint16_t local_port, peer_port;
} __attribute__((packed));

static uint64_t hash_of(const struct tcp_listener *listener,
			const struct tcp_segment *segment)
{
	struct half_open_key key = {
		.local = segment->dst,
		.peer = segment->src,
		.local_port = segment->header.dst_port,
		.peer_port = segment->header.src_port,
	};

	return table_hash(&listener->half_open, &key, sizeof(key));
}

static struct half_open *find(const struct tcp_listener *listener,
			      const struct tcp_segment *segment)
{
	struct table_node *node =
		table_find(&listener->half_open, hash_of(listener, segment));

	for (; node; node = table_find_next(node)) {
		struct half_open *h = of_node(node);

		if (h->peer.port == segment->header.src_port &&
		    h->local.port == segment->header.dst_port &&
		    pyt_ip_equal(&h->peer.ip, &segment->src) &&
		    pyt_ip_equal(&h->local.ip, &segment->dst))
			return h;
	}
	return NULL;
}

static struct half_open_queue *timer_queue(struct tcp_listener *listener,
					   const struct half_open *h)
{
	return &listener->timers[h->retries < RETRY_CLASSES
					 ? h->retries
					 : RETRY_CLASSES - 1];
}

static void start_timer(struct tcp_listener *listener, struct half_open *h,
			int64_t now_us)
{
	int64_t delay_us = TCP_RTO_MAX_US;

	if (h->retries < RETRY_CLASSES - 1)
		delay_us = (int64_t)TCP_RTO_INITIAL_US << h->retries;
	h->deadline_us = now_us + delay_us;
	TAILQ_INSERT_TAIL(timer_queue(listener, h), h, timer);
}

static void want_output(struct tcp_listener *listener, struct half_open *h)
{
	if (h->output_due)
		return;
	h->output_due = true;
	TAILQ_INSERT_TAIL(&listener->output, h, output);
}

static void forget(struct tcp_listener *listener, struct half_open *h)
{
	TAILQ_REMOVE(timer_queue(listener, h), h, timer);
	if (h->output_due)
		TAILQ_REMOVE(&listener->output, h, output);
	table_remove(&listener->half_open, &h->node);
	engine_free(listener->context->engine, h, sizeof(*h));
}

/* What both SYNs agree on, kept small until the handshake is over. */
static void agree(const struct tcp_listener *listener, struct half_open *h,
		  const struct tcp_segment *segment,
		  const struct tcp_path *path)
{
	const struct tcp_settings *settings = &listener->context->settings;
	const struct tcp_header *syn = &segment->header;

	h->irs = syn->seq;
	h->peer_mss = syn->mss;
	h->sack_ok = syn->sack_permitted && settings->sack;
	h->ts_ok = syn->has_timestamp && settings->timestamps;
	h->ts_recent = syn->ts_value;
	h->wscale_ok = syn->has_wscale && settings->window_scaling;
	h->peer_wscale = syn->wscale;
	h->wscale = tcp_window_scale(listener->prototype);
	h->mss = tcp_open_mss(&listener->prototype->options, path);
	h->window = tcp_open_window(listener->prototype, h->mss);
}

static bool queue_is_full(const struct tcp_listener *listener)
{
	const struct tcp_settings *settings = &listener->context->settings;

	return listener->half_open.count >= (size_t)listener->backlog + 1 ||
	       listener->half_open.count >= (size_t)settings->max_syn_backlog ||
	       listener->accepted_count > listener->backlog;
}

static void on_syn(struct tcp_listener *listener,
		   const struct tcp_segment *segment,
		   const struct tcp_path *path, int64_t now_us)
{
	struct counters *counters = &listener->context->engine->counters;
	struct half_open *h;

	if (queue_is_full(listener)) {
		counter_hit(counters, COUNTER_TCP_LISTEN_OVERFLOW);
		return;
	}
	h = engine_alloc(listener->context->engine, sizeof(*h));
	if (!h) {
		counter_hit(counters, COUNTER_NO_MEMORY);
		return;
	}
	h->local.ip = segment->dst;
	h->local.port = segment->header.dst_port;
	h->peer.ip = segment->src;
	h->peer.port = segment->header.src_port;
	h->iss = tcp_iss_make(listener->context, &h->local, &h->peer, now_us);
	agree(listener, h, segment, path);
	table_insert(&listener->half_open, &h->node,
		     hash_of(listener, segment));
	start_timer(listener, h, now_us);
	want_output(listener, h);
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

/* -------------------------------------------------------- the last ACK */

static struct tcp_connection *make_connection(struct tcp_listener *listener,
					      const struct half_open *h,
					      const struct tcp_path *path,
					      int64_t now_us)
{
	struct tcp_connection *prototype = listener->prototype;
	struct tcp_connection *tcp = tcp_create(listener->context, NULL);
	struct tcp_header syn = {
		.seq = h->irs,
		.mss = h->peer_mss,
		.sack_permitted = h->sack_ok,
		.has_timestamp = h->ts_ok,
		.ts_value = h->ts_recent,
		.has_wscale = h->wscale_ok,
		.wscale = h->peer_wscale,
	};

	if (!tcp)
		return NULL;
	tcp->options = prototype->options;
	tcp->snd.buffer = prototype->snd.buffer;
	tcp->rcv.buffer = prototype->rcv.buffer;
	tcp->local = h->local;
	tcp->peer = h->peer;
	tcp->passive = true;
	tcp_open_init(tcp, h->iss, path, now_us);
	tcp->rcv.wscale = h->wscale;
	tcp->rcv.edge = SEQ_DATA + h->window;
	tcp_open_agree(tcp, &syn, now_us);
	tcp->state = TCP_STATE_SYN_RECEIVED;
	tcp->syn_sent_us = h->sent_us;
	tcp->syn_retransmitted = h->retries > 0;
	return tcp;
}

/* Whether it acknowledges our SYN-ACK and lies in the window we offered. */
static bool is_last_ack(const struct half_open *h,
			const struct tcp_header *header)
{
	return header->ack == h->iss.iss + 1 &&
	       header->seq - (h->irs + 1) <= h->window;
}

static struct tcp_connection *on_ack(struct tcp_listener *listener,
				     struct half_open *h,
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
	if (listener->accepted_count > listener->backlog) {
		counter_hit(counters, COUNTER_TCP_LISTEN_OVERFLOW);
		return NULL; /* as if lost: the SYN-ACK is sent again */
	}
	tcp = make_connection(listener, h, path, now_us);
	if (!tcp) {
		counter_hit(counters, COUNTER_NO_MEMORY);
		return NULL;
	}
	forget(listener, h);
	tcp_input(tcp, segment, now_us);
	if (tcp->state == TCP_STATE_SYN_RECEIVED ||
	    tcp->state == TCP_STATE_CLOSED) {
		tcp_destroy(tcp);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&listener->accepted, tcp, accept_link);
	listener->accepted_count++;
	return tcp;
}

/* RFC 9293, 3.10.7.2 for a new peer, 3.10.7.4 for one in SYN-RECEIVED. */
struct tcp_connection *tcp_listener_input(struct tcp_listener *listener,
					  const struct tcp_segment *segment,
					  const struct tcp_path *path,
					  int64_t now_us)
{
	const struct tcp_header *header = &segment->header;
	struct half_open *h = find(listener, segment);

	if (header->flags & TCP_RST) {
		if (h && header->seq == h->irs + 1)
			forget(listener, h);
		return NULL;
	}
	if (h && (header->flags & TCP_SYN)) {
		if (header->seq == h->irs) {
			want_output(listener, h); /* it was lost */
			return NULL;
		}
		forget(listener, h); /* the peer has begun anew */
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

/* ---------------------------------------------------------------- output */

static void build_syn_ack(const struct tcp_listener *listener,
			  const struct half_open *h, struct tcp_output *output,
			  int64_t now_us)
{
	struct tcp_header header = {
		.src_port = h->local.port,
		.dst_port = h->peer.port,
		.seq = h->iss.iss,
		.ack = h->irs + 1,
		.flags = TCP_SYN | TCP_ACK,
		.window = (uint16_t)h->window,
		.mss = h->mss,
		.sack_permitted = h->sack_ok,
		.has_wscale = h->wscale_ok,
		.wscale = h->wscale,
		.has_timestamp = h->ts_ok,
		.ts_value = (uint32_t)(now_us / 1000) + h->iss.ts_offset,
		.ts_echo = h->ts_recent,
	};

	memset(output, 0, sizeof(*output));
	output->src = h->local.ip;
	output->dst = h->peer.ip;
	output->header_len =
		(uint32_t)tcp_header_build(&header, output->header);
	output->tos = listener->prototype->options.tos;
	output->ttl = listener->prototype->options.ttl;
	output->dont_fragment = true;
}

bool tcp_listener_output_next(struct tcp_listener *listener,
			      const struct tcp_path *(*path_to)(
				      void *context, const struct pyt_ip *src,
				      const struct pyt_ip *dst),
			      void *context, struct tcp_output *output,
			      int64_t now_us)
{
	struct half_open *h;

	(void)path_to;
	(void)context;
	while (listener->reset_count) {
		struct tcp_segment *cause =
			&listener->resets[listener->reset_first];

		listener->reset_first =
			(listener->reset_first + 1) % RESETS_MAX;
		listener->reset_count--;
		if (tcp_reset_for(cause, output))
			return true;
	}
	h = TAILQ_FIRST(&listener->output);
	if (!h)
		return false;
	TAILQ_REMOVE(&listener->output, h, output);
	h->output_due = false;
	if (!h->sent_us)
		h->sent_us = now_us;
	build_syn_ack(listener, h, output, now_us);
	return true;
}

bool tcp_listener_wants_output(const struct tcp_listener *listener)
{
	return listener->reset_count || !TAILQ_EMPTY(&listener->output);
}

/* ---------------------------------------------------------------- timers */

int64_t tcp_listener_next_deadline(const struct tcp_listener *listener)
{
	int64_t next_us = TIME_NEVER;

	for (int i = 0; i < RETRY_CLASSES; i++) {
		const struct half_open *h = TAILQ_FIRST(&listener->timers[i]);

		if (h && h->deadline_us < next_us)
			next_us = h->deadline_us;
	}
	return next_us;
}

static void on_expiry(struct tcp_listener *listener, struct half_open *h,
		      int64_t now_us)
{
	if (h->retries >= listener->context->settings.synack_retries) {
		forget(listener, h);
		return;
	}
	TAILQ_REMOVE(timer_queue(listener, h), h, timer);
	h->retries++;
	start_timer(listener, h, now_us);
	want_output(listener, h);
}

void tcp_listener_run_timers(struct tcp_listener *listener, int64_t now_us)
{
	for (int i = RETRY_CLASSES - 1; i >= 0; i--) {
		struct half_open *h;

		while ((h = TAILQ_FIRST(&listener->timers[i])) &&
		       h->deadline_us <= now_us)
			on_expiry(listener, h, now_us);
	}
}

/* ---------------------------------------------------------- accept queue */

struct tcp_connection *tcp_listener_accept(struct tcp_listener *listener)
{
	struct tcp_connection *tcp = TAILQ_FIRST(&listener->accepted);

	if (!tcp)
		return NULL;
	TAILQ_REMOVE(&listener->accepted, tcp, accept_link);
	listener->accepted_count--;
	return tcp;
}

bool tcp_listener_has_connection(const struct tcp_listener *listener)
{
	return !TAILQ_EMPTY(&listener->accepted);
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
	for (int i = 0; i < RETRY_CLASSES; i++)
		while (!TAILQ_EMPTY(&listener->timers[i]))
			forget(listener, TAILQ_FIRST(&listener->timers[i]));
	engine_free(engine, listener->resets,
		    RESETS_MAX * sizeof(*listener->resets));
	table_clear(&listener->half_open);
	engine_free(engine, listener, sizeof(*listener));
}
