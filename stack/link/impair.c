/* Loss, delay, disorder, duplication, corruption and rate of a wire. */
#include "link/impair.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "link/gso.h"

/* Extra delay of a frame that is to come late, where there is no other. */
#define REORDER_US 1000

static size_t heap_size(const struct impair_queue *queue)
{
	return queue->limit * sizeof(*queue->heap);
}

static size_t places_size(const struct impair_queue *queue)
{
	return (queue->limit + 1ull) * sizeof(*queue->free_place);
}

static size_t bytes_size(const struct impair_queue *queue)
{
	return (queue->limit + 1ull) * queue->place_len;
}

static void queue_seed(struct impair_queue *queue, uint64_t seed, int way)
{
	uint8_t key[32] = { [8] = (uint8_t)way };

	for (int i = 0; i < 8; i++)
		key[i] = (uint8_t)(seed >> (8 * i));
	random_init(&queue->random, key);
}

static bool queue_init(struct impair *impair, int way, uint32_t frame_len_max)
{
	const struct pyt_allocator *a = &impair->allocator;
	struct impair_queue *queue = &impair->queue[way];

	queue->params = &impair->params.way[way];
	queue->limit = impair->params.limit;
	queue->place_len = (frame_len_max + 63) & ~63u;
	queue_seed(queue, impair->params.seed, way);
	queue->heap = a->alloc(a->context, heap_size(queue));
	queue->free_place = a->alloc(a->context, places_size(queue));
	queue->bytes = a->alloc(a->context, bytes_size(queue));
	if (!queue->heap || !queue->free_place || !queue->bytes)
		return false;
	for (uint32_t i = 0; i <= queue->limit; i++)
		queue->free_place[i] = i;
	return true;
}

int impair_init(struct impair *impair, const struct impair_params *params,
		enum pyt_medium medium, uint32_t frame_len_max,
		const struct pyt_allocator *allocator)
{
	memset(impair, 0, sizeof(*impair));
	impair->params = *params;
	impair->medium = medium;
	impair->allocator = *allocator;
	for (int way = 0; way < IMPAIR_WAYS; way++) {
		if (!queue_init(impair, way, frame_len_max)) {
			impair_clear(impair);
			return -ENOMEM;
		}
	}
	return 0;
}

static void give_back(const struct pyt_allocator *a, void *memory, size_t len)
{
	if (memory)
		a->free(a->context, memory, len);
}

void impair_clear(struct impair *impair)
{
	const struct pyt_allocator *a = &impair->allocator;

	for (int way = 0; way < IMPAIR_WAYS; way++) {
		struct impair_queue *queue = &impair->queue[way];

		give_back(a, queue->heap, heap_size(queue));
		give_back(a, queue->free_place, places_size(queue));
		give_back(a, queue->bytes, bytes_size(queue));
		queue->heap = NULL;
		queue->free_place = NULL;
		queue->bytes = NULL;
	}
}

/* ---------------------------------------------------------------- heap */

static bool is_before(const struct impair_slot *a, const struct impair_slot *b)
{
	return a->due_us < b->due_us ||
	       (a->due_us == b->due_us && a->order < b->order);
}

static void heap_push(struct impair_queue *queue, struct impair_slot slot)
{
	uint32_t at = queue->count++;

	while (at > 0 && is_before(&slot, &queue->heap[(at - 1) / 2])) {
		queue->heap[at] = queue->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	queue->heap[at] = slot;
}

static struct impair_slot heap_pop(struct impair_queue *queue)
{
	struct impair_slot first = queue->heap[0];
	struct impair_slot last = queue->heap[--queue->count];
	uint32_t at = 0, child;

	while ((child = 2 * at + 1) < queue->count) {
		if (child + 1 < queue->count &&
		    is_before(&queue->heap[child + 1], &queue->heap[child]))
			child++;
		if (!is_before(&queue->heap[child], &last))
			break;
		queue->heap[at] = queue->heap[child];
		at = child;
	}
	queue->heap[at] = last;
	return first;
}

/* ----------------------------------------------------------- decisions */

static bool happens(struct impair_queue *queue, uint32_t ppm)
{
	return ppm > 0 && random_below(&queue->random, IMPAIR_PPM) < ppm;
}

/*
 * Gilbert's two states: the mean run of losses is burst frames long, and the
 * long-run share of losses is loss_ppm all the same.
 */
static bool is_lost(struct impair_queue *queue)
{
	const struct impair_way_params *p = queue->params;
	uint64_t enter_ppm;

	if (p->burst <= 1 || p->loss_ppm == 0 || p->loss_ppm == IMPAIR_PPM)
		return happens(queue, p->loss_ppm);
	if (queue->in_burst) {
		queue->in_burst = !happens(queue, IMPAIR_PPM / p->burst);
		return queue->in_burst;
	}
	enter_ppm = (uint64_t)p->loss_ppm * IMPAIR_PPM /
		    ((uint64_t)p->burst * (IMPAIR_PPM - p->loss_ppm));
	queue->in_burst = happens(queue, (uint32_t)enter_ppm);
	return queue->in_burst;
}

/* The wire is busy with earlier frames first, then with this one. */
static int64_t leaves_at_us(struct impair_queue *queue, uint32_t len,
			    int64_t now_us)
{
	uint64_t rate_bps = queue->params->rate_bps;

	if (rate_bps == 0)
		return now_us;
	if (queue->line_free_ns < now_us * 1000)
		queue->line_free_ns = now_us * 1000;
	queue->line_free_ns += (int64_t)(len * 8ull * 1000000000 / rate_bps);
	return (queue->line_free_ns + 999) / 1000;
}

static int64_t due_at_us(struct impair_queue *queue, uint32_t len,
			 int64_t now_us)
{
	const struct impair_way_params *p = queue->params;
	int64_t due_us = leaves_at_us(queue, len, now_us) + p->delay_us;
	int64_t late_us = p->delay_us > REORDER_US ? p->delay_us : REORDER_US;

	if (p->jitter_us > 0)
		due_us += (int64_t)random_below(
				  &queue->random,
				  (uint32_t)(2 * p->jitter_us + 1)) -
			  p->jitter_us;
	if (due_us < queue->last_due_us)
		due_us = queue->last_due_us;
	if (happens(queue, p->reorder_ppm)) {
		queue->counts.reordered++;
		return due_us + 1 +
		       random_below(&queue->random, (uint32_t)late_us);
	}
	queue->last_due_us = due_us;
	return due_us;
}

static void corrupt(struct impair_queue *queue, uint8_t *bytes, uint32_t len)
{
	uint32_t bit = random_below(&queue->random, len * 8);

	bytes[bit / 8] ^= (uint8_t)(1 << (bit % 8));
	queue->counts.corrupted++;
}

/* --------------------------------------------------------------- queue */

static uint8_t *place_bytes(const struct impair_queue *queue, uint32_t place)
{
	return queue->bytes + (size_t)place * queue->place_len;
}

/* The next free place; there is always one more than the queue may hold. */
static uint32_t free_place(const struct impair_queue *queue)
{
	return queue->free_place[queue->limit - queue->count];
}

/* Hands the frame that lies in the free place over to the queue. */
static void enqueue(struct impair_queue *queue, uint32_t len,
		    enum pyt_csum csum, int64_t due_us)
{
	struct impair_slot slot = { .due_us = due_us,
				    .order = queue->next_order++,
				    .len = len,
				    .csum = csum,
				    .place = free_place(queue) };

	heap_push(queue, slot);
}

static void enqueue_copy(struct impair_queue *queue, const uint8_t *bytes,
			 uint32_t len, enum pyt_csum csum, int64_t due_us)
{
	if (queue->count == queue->limit)
		return;
	memcpy(place_bytes(queue, free_place(queue)), bytes, len);
	enqueue(queue, len, csum, due_us);
	queue->counts.duplicated++;
}

/* One segment, which lies in the free place. False: it is gone. */
static bool judge(struct impair_queue *queue, uint32_t len, enum pyt_csum csum,
		  int64_t now_us)
{
	uint8_t *bytes = place_bytes(queue, free_place(queue));
	int64_t due_us;

	if (is_lost(queue)) {
		queue->counts.lost++;
		return false;
	}
	if (queue->count == queue->limit) {
		queue->counts.overflowed++;
		return false;
	}
	due_us = due_at_us(queue, len, now_us);
	if (happens(queue, queue->params->corrupt_ppm)) {
		corrupt(queue, bytes, len);
		csum = PYT_CSUM_NONE;
	}
	enqueue(queue, len, csum, due_us);
	if (happens(queue, queue->params->duplicate_ppm))
		enqueue_copy(queue, bytes, len, csum, due_us);
	return true;
}

unsigned impair_input(struct impair *impair, enum impair_way way,
		      const struct pyt_frame *frame, int64_t now_us)
{
	struct impair_queue *queue = &impair->queue[way];
	enum pyt_csum csum =
		frame->csum == PYT_CSUM_VALID ? PYT_CSUM_VALID : PYT_CSUM_NONE;
	unsigned gone = 0;
	struct gso gso;
	int len;

	gso_init(&gso, frame, impair->medium);
	while ((len = gso_next(&gso, place_bytes(queue, free_place(queue)),
			       queue->place_len)) != 0) {
		queue->counts.frames++;
		if (len < 0)
			queue->counts.overflowed++;
		if (len < 0 || !judge(queue, (uint32_t)len, csum, now_us))
			gone++;
	}
	return gone;
}

int impair_output(struct impair *impair, enum impair_way way,
		  struct pyt_frame *frame, int64_t now_us)
{
	struct impair_queue *queue = &impair->queue[way];
	struct impair_slot slot;

	if (queue->count == 0 || queue->heap[0].due_us > now_us)
		return 0;
	slot = heap_pop(queue);
	queue->free_place[queue->limit - queue->count] = slot.place;

	memset(frame, 0, offsetof(struct pyt_frame, headers));
	frame->part[0].iov_base = place_bytes(queue, slot.place);
	frame->part[0].iov_len = slot.len;
	frame->part_count = 1;
	frame->len = slot.len;
	frame->csum = slot.csum;
	return 1;
}

int64_t impair_next_deadline(const struct impair *impair, enum impair_way way)
{
	const struct impair_queue *queue = &impair->queue[way];

	return queue->count ? queue->heap[0].due_us : TIME_NEVER;
}
