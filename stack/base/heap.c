/* Binary heap of deadlines. */
#include <errno.h>
#include <string.h>

#include "base/heap.h"

#define NODES_MIN 16u

void heap_init(struct heap *heap, struct engine *engine)
{
	*heap = (struct heap){ .engine = engine };
}

void heap_clear(struct heap *heap)
{
	engine_free(heap->engine, heap->nodes,
		    heap->size * sizeof(*heap->nodes));
	*heap = (struct heap){ .engine = heap->engine };
}

int heap_reserve(struct heap *heap)
{
	uint32_t size = heap->size ? 2 * heap->size : NODES_MIN;
	struct heap_node **nodes;

	if (heap->reserved < heap->size) {
		heap->reserved++;
		return 0;
	}
	nodes = engine_alloc(heap->engine, size * sizeof(*nodes));
	if (!nodes)
		return -ENOMEM;
	if (heap->count)
		memcpy(nodes, heap->nodes, heap->count * sizeof(*nodes));
	engine_free(heap->engine, heap->nodes, heap->size * sizeof(*nodes));
	heap->nodes = nodes;
	heap->size = size;
	heap->reserved++;
	return 0;
}

void heap_unreserve(struct heap *heap)
{
	heap->reserved--;
}

static void place(struct heap *heap, uint32_t position, struct heap_node *node)
{
	heap->nodes[position - 1] = node;
	node->position = position;
}

static void sift_up(struct heap *heap, struct heap_node *node)
{
	uint32_t position = node->position;

	while (position > 1) {
		struct heap_node *parent = heap->nodes[position / 2 - 1];

		if (parent->deadline_us <= node->deadline_us)
			break;
		place(heap, position, parent);
		position /= 2;
	}
	place(heap, position, node);
}

static void sift_down(struct heap *heap, struct heap_node *node)
{
	uint32_t position = node->position;

	while (2 * position <= heap->count) {
		uint32_t child = 2 * position;

		if (child < heap->count &&
		    heap->nodes[child]->deadline_us <
			    heap->nodes[child - 1]->deadline_us)
			child++;
		if (node->deadline_us <= heap->nodes[child - 1]->deadline_us)
			break;
		place(heap, position, heap->nodes[child - 1]);
		position = child;
	}
	place(heap, position, node);
}

static void take_out(struct heap *heap, struct heap_node *node)
{
	struct heap_node *last = heap->nodes[heap->count - 1];
	uint32_t position = node->position;

	heap->count--;
	node->position = 0;
	if (last == node)
		return;
	place(heap, position, last);
	sift_up(heap, last);
	sift_down(heap, last);
}

void heap_set(struct heap *heap, struct heap_node *node, int64_t deadline_us)
{
	if (deadline_us == TIME_NEVER) {
		if (node->position)
			take_out(heap, node);
		node->deadline_us = TIME_NEVER;
		return;
	}
	node->deadline_us = deadline_us;
	if (!node->position)
		place(heap, ++heap->count, node);
	sift_up(heap, node);
	sift_down(heap, node);
}

struct heap_node *heap_first(const struct heap *heap)
{
	return heap->count ? heap->nodes[0] : NULL;
}
