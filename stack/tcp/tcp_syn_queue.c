/* The SYN queue of a listener: find, retry, give up. RFC 4987, 3. */
#include "tcp/tcp_syn_queue.h"

#include <errno.h>

#include "tcp/tcp_ip_options.h"
#include "tcp/tcp_rto.h"
#include "tcp/tcp_saved_syn.h"

#define FORGOTTEN_MAX 16 /* answers without a record that wait */

static struct tcp_half_open *of_node(struct table_node *node)
{
	return (struct tcp_half_open *)((char *)node -
					offsetof(struct tcp_half_open, node));
}

int tcp_syn_queue_init(struct tcp_syn_queue *queue, struct tcp_context *context)
{
	if (table_init(&queue->table, context->engine) < 0)
		return -ENOMEM;
	queue->context = context;
	for (int i = 0; i < TCP_SYN_QUEUE_CLASSES; i++)
		TAILQ_INIT(&queue->timers[i]);
	TAILQ_INIT(&queue->output);
	return 0;
}

void tcp_syn_queue_clear(struct tcp_syn_queue *queue)
{
	for (int i = 0; i < TCP_SYN_QUEUE_CLASSES; i++)
		while (!TAILQ_EMPTY(&queue->timers[i]))
			tcp_syn_queue_remove(queue,
					     TAILQ_FIRST(&queue->timers[i]));
	table_clear(&queue->table);
	for (int i = 0; queue->forgotten && i < FORGOTTEN_MAX; i++)
		tcp_ip_options_free(queue->context->engine,
				    &queue->forgotten[i].ip_options);
	engine_free(queue->context->engine, queue->forgotten,
		    FORGOTTEN_MAX * sizeof(*queue->forgotten));
}

/* ------------------------------------------------------------- records */

struct key {
	struct pyt_ip local, peer;
	uint16_t local_port, peer_port;
} __attribute__((packed));

static uint64_t hash_of(const struct tcp_syn_queue *queue,
			const struct tcp_segment *segment)
{
	struct key key = {
		.local = segment->dst,
		.peer = segment->src,
		.local_port = segment->header.dst_port,
		.peer_port = segment->header.src_port,
	};

	return table_hash(&queue->table, &key, sizeof(key));
}

struct tcp_half_open *tcp_syn_queue_find(const struct tcp_syn_queue *queue,
					 const struct tcp_segment *segment)
{
	struct table_node *node =
		table_find(&queue->table, hash_of(queue, segment));

	for (; node; node = table_find_next(node)) {
		struct tcp_half_open *h = of_node(node);

		if (h->peer.port == segment->header.src_port &&
		    h->local.port == segment->header.dst_port &&
		    pyt_ip_equal(&h->peer.ip, &segment->src) &&
		    pyt_ip_equal(&h->local.ip, &segment->dst))
			return h;
	}
	return NULL;
}

static struct tcp_half_open_list *timer_list(struct tcp_syn_queue *queue,
					     const struct tcp_half_open *h)
{
	return &queue->timers[h->retries < TCP_SYN_QUEUE_CLASSES
				      ? h->retries
				      : TCP_SYN_QUEUE_CLASSES - 1];
}

static void start_timer(struct tcp_syn_queue *queue, struct tcp_half_open *h,
			int64_t now_us)
{
	int64_t delay_us = TCP_RTO_MOST_US;

	if (h->retries < TCP_SYN_QUEUE_CLASSES - 1)
		delay_us = (int64_t)TCP_RTO_INITIAL_US << h->retries;
	h->deadline_us = now_us + delay_us;
	TAILQ_INSERT_TAIL(timer_list(queue, h), h, timer);
}

struct tcp_half_open *tcp_syn_queue_add(struct tcp_syn_queue *queue,
					const struct tcp_segment *segment,
					int64_t now_us)
{
	struct tcp_half_open *h =
		engine_alloc(queue->context->engine, sizeof(*h));

	if (!h)
		return NULL;
	h->local.ip = segment->dst;
	h->local.port = segment->header.dst_port;
	h->peer.ip = segment->src;
	h->peer.port = segment->header.src_port;
	table_insert(&queue->table, &h->node, hash_of(queue, segment));
	start_timer(queue, h, now_us);
	queue->young_count++;
	return h;
}

void tcp_syn_queue_remove(struct tcp_syn_queue *queue, struct tcp_half_open *h)
{
	TAILQ_REMOVE(timer_list(queue, h), h, timer);
	queue->young_count -= h->retries == 0;
	if (h->output_due)
		TAILQ_REMOVE(&queue->output, h, output);
	table_remove(&queue->table, &h->node);
	tcp_saved_syn_free(queue->context->engine, &h->saved_syn);
	tcp_ip_options_free(queue->context->engine, &h->ip_options);
	engine_free(queue->context->engine, h, sizeof(*h));
}

/* ------------------------------------------------------------- answers */

void tcp_syn_queue_answer(struct tcp_syn_queue *queue, struct tcp_half_open *h)
{
	h->is_challenge = false;
	if (h->output_due)
		return;
	h->output_due = true;
	TAILQ_INSERT_TAIL(&queue->output, h, output);
}

void tcp_syn_queue_challenge(struct tcp_syn_queue *queue,
			     struct tcp_half_open *h)
{
	if (h->output_due)
		return; /* a SYN-ACK says it as well */
	tcp_syn_queue_answer(queue, h);
	h->is_challenge = true;
}

bool tcp_syn_queue_answer_once(struct tcp_syn_queue *queue,
			       const struct tcp_half_open *h)
{
	struct engine *engine = queue->context->engine;
	struct tcp_half_open *copy;

	if (!queue->forgotten)
		queue->forgotten = engine_alloc(
			engine, FORGOTTEN_MAX * sizeof(*queue->forgotten));
	if (!queue->forgotten || queue->forgotten_count == FORGOTTEN_MAX)
		return false;
	copy = &queue->forgotten[(queue->forgotten_first +
				  queue->forgotten_count++) %
				 FORGOTTEN_MAX];
	tcp_ip_options_free(engine, &copy->ip_options); /* long answered */
	*copy = *h;
	return true;
}

struct tcp_half_open *tcp_syn_queue_next_answer(struct tcp_syn_queue *queue)
{
	struct tcp_half_open *h = TAILQ_FIRST(&queue->output);

	if (queue->forgotten_count) {
		h = &queue->forgotten[queue->forgotten_first];
		queue->forgotten_first =
			(queue->forgotten_first + 1) % FORGOTTEN_MAX;
		queue->forgotten_count--;
		return h;
	}
	if (!h)
		return NULL;
	TAILQ_REMOVE(&queue->output, h, output);
	h->output_due = false;
	return h;
}

/* -------------------------------------------------------------- timers */

int64_t tcp_syn_queue_next_deadline(const struct tcp_syn_queue *queue)
{
	int64_t next_us = TIME_NEVER;

	for (int i = 0; i < TCP_SYN_QUEUE_CLASSES; i++) {
		const struct tcp_half_open *h = TAILQ_FIRST(&queue->timers[i]);

		if (h && h->deadline_us < next_us)
			next_us = h->deadline_us;
	}
	return next_us;
}

/*
 * Linux: while most of a well filled queue is old, the old ones are given up
 * sooner, but not before two retries, so that new ones find room.
 */
static unsigned retries_limit(const struct tcp_syn_queue *queue,
			      const struct tcp_syn_queue_limits *limits)
{
	uint32_t count = (uint32_t)queue->table.count;
	uint32_t young = 2 * queue->young_count;
	unsigned retries = limits->retries;

	if (2 * count <= (limits->backlog > 8 ? limits->backlog : 8))
		return retries;
	for (; retries > 2 && count >= young; young *= 2)
		retries--;
	return retries;
}

static void on_expiry(struct tcp_syn_queue *queue, struct tcp_half_open *h,
		      const struct tcp_syn_queue_limits *limits, int64_t now_us)
{
	bool waits = h->acked && h->retries < limits->defer;

	if (h->retries >= retries_limit(queue, limits) && !waits) {
		tcp_syn_queue_remove(queue, h);
		return;
	}
	TAILQ_REMOVE(timer_list(queue, h), h, timer);
	queue->young_count -= h->retries == 0;
	/* One that waits for data gets its last chance at the very end. */
	if (!h->acked || h->retries + 1u >= limits->defer) {
		tcp_syn_queue_answer(queue, h);
		h->resent++;
	}
	h->retries++;
	start_timer(queue, h, now_us);
}

void tcp_syn_queue_run_timers(struct tcp_syn_queue *queue,
			      const struct tcp_syn_queue_limits *limits,
			      int64_t now_us)
{
	for (int i = TCP_SYN_QUEUE_CLASSES - 1; i >= 0; i--) {
		struct tcp_half_open *h;

		while ((h = TAILQ_FIRST(&queue->timers[i])) &&
		       h->deadline_us <= now_us)
			on_expiry(queue, h, limits, now_us);
	}
}
