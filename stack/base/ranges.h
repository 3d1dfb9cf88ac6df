/*
 * Sorted disjoint ranges of sequence numbers or offsets, bounded: a red-black
 * tree. Everything is O(log n); what takes ranges out is paid for by what put
 * them in.
 */
#ifndef BASE_RANGES_H
#define BASE_RANGES_H

#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/engine.h"

struct range {
	uint64_t start, end; /* [start, end) */
};

struct ranges_node {
	struct range range; /* first: the address of both is the same */
	RB_ENTRY(ranges_node) tree;
};

RB_HEAD(ranges_tree, ranges_node);

/* Disjoint, not touching. All zero: empty. */
struct ranges {
	struct ranges_tree tree;
	uint32_t count;
	uint32_t visited; /* nodes that were looked at: the cost, for tests */
};

void ranges_init(struct ranges *ranges);
void ranges_clear(struct ranges *ranges, struct engine *engine);
/*
 * Adds and merges. Bytes newly covered, -ENOSPC if it would need more than
 * max ranges, -ENOMEM; nothing is changed then.
 */
int64_t ranges_add(struct ranges *ranges, struct engine *engine,
		   struct range range, uint32_t max);
/* Takes out everything before offset. */
void ranges_trim(struct ranges *ranges, struct engine *engine, uint64_t offset);
/* The first one that ends after offset, or NULL. */
const struct range *ranges_search(const struct ranges *ranges, uint64_t offset);
/* The lowest, the highest; the neighbours. NULL: there is none. */
const struct range *ranges_first(const struct ranges *ranges);
const struct range *ranges_last(const struct ranges *ranges);
const struct range *ranges_next(const struct range *range);
const struct range *ranges_previous(const struct range *range);
bool ranges_cover(const struct ranges *ranges, struct range range);

#endif
