/*
 * Sorted disjoint ranges of sequence numbers or offsets, bounded. One type
 * for reassembly, SACK and IP fragments.
 */
#ifndef BASE_RANGES_H
#define BASE_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/engine.h"

struct range {
	uint64_t start, end; /* [start, end) */
};

struct ranges {
	struct range *range; /* sorted, disjoint, not touching */
	uint32_t count, size;
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
void ranges_trim(struct ranges *ranges, uint64_t offset);
void ranges_subtract(struct ranges *ranges, struct range range);
/* Index of the first range that ends after offset (count: none); O(log n) */
uint32_t ranges_search(const struct ranges *ranges, uint64_t offset);
bool ranges_cover(const struct ranges *ranges, struct range range);

#endif
