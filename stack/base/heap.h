/*
 * Deadlines of many objects: a binary heap, intrusive, O(log n). An object
 * holds a struct heap_node; the earliest deadline is found at once.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/engine.h"

struct heap_node {
	int64_t deadline_us;
	uint32_t position; /* 1-based place in the heap; 0: not in it */
};

struct heap {
	struct engine *engine;
	struct heap_node **nodes; /* nodes[0] is the earliest */
	uint32_t count, size;
	uint32_t reserved; /* places promised, <= size */
};

void heap_init(struct heap *heap, struct engine *engine);
void heap_clear(struct heap *heap);
/*
 * Room for one more node, so that heap_set() of it cannot fail: called when
 * the object is created. -ENOMEM.
 */
int heap_reserve(struct heap *heap);
void heap_unreserve(struct heap *heap);
/* Moves node to its new deadline; TIME_NEVER takes it out. */
void heap_set(struct heap *heap, struct heap_node *node, int64_t deadline_us);
/* The earliest, or NULL. */
struct heap_node *heap_first(const struct heap *heap);

#endif
