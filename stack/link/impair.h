/*
 * A bad wire: frames go in, those that survive come out when they are due.
 * Deterministic: the same seed, frames and times give the same result, and
 * neither direction depends on what happens in the other.
 */
#ifndef LINK_IMPAIR_H
#define LINK_IMPAIR_H

#include <pyt/frame.h>
#include <pyt/stack.h>

#include "base/random.h"
#include "link/impair_params.h"

struct impair_counts {
	uint64_t frames; /* after segmentation */
	uint64_t lost, duplicated, corrupted, reordered;
	uint64_t overflowed; /* found the queue full, or were too long */
};

struct impair_slot {
	int64_t due_us;
	uint64_t order; /* of arrival, among equal due times */
	uint32_t len;
	enum pyt_csum csum;
	uint32_t place; /* of its bytes */
};

/* What is held back in one direction. */
struct impair_queue {
	const struct impair_way_params *params;
	struct random random;
	struct impair_counts counts;
	struct impair_slot *heap; /* earliest first; limit of them */
	uint32_t *free_place; /* stack of places without a frame */
	uint8_t *bytes; /* limit + 1 places of place_len */
	uint32_t count, limit, place_len;
	uint64_t next_order;
	int64_t last_due_us; /* delay that varies does not reorder */
	int64_t line_free_ns; /* when the last bit has left, see rate */
	bool in_burst;
};

struct impair {
	struct impair_params params;
	enum pyt_medium medium;
	struct pyt_allocator allocator;
	struct impair_queue queue[IMPAIR_WAYS];
};

/*
 * frame_len_max bounds a frame on the wire; longer ones are dropped. All
 * memory is taken here. -ENOMEM.
 */
int impair_init(struct impair *impair, const struct impair_params *params,
		enum pyt_medium medium, uint32_t frame_len_max,
		const struct pyt_allocator *allocator);
void impair_clear(struct impair *impair);

/*
 * Takes a copy. Super-frames are split first. Returns how many of its
 * segments will not come out (lost, or no room).
 */
unsigned impair_input(struct impair *impair, enum impair_way way,
		      const struct pyt_frame *frame, int64_t now_us);

/*
 * 1: *frame is the next that is due; its bytes stay valid until the next
 * input or output in this direction. 0: none.
 */
int impair_output(struct impair *impair, enum impair_way way,
		  struct pyt_frame *frame, int64_t now_us);

/* When impair_output() has something again; TIME_NEVER: queue is empty. */
int64_t impair_next_deadline(const struct impair *impair, enum impair_way way);

#endif
