/*
 * A wire between two engines in one process, in the caller's time: for tests
 * and simulations. Impaired, if asked for.
 */
#ifndef LINK_MEMORY_H
#define LINK_MEMORY_H

#include <pyt/stack.h>

#include "link/impair.h"

struct memory_end {
	struct pyt_stack *stack;
	int ifindex;
};

struct memory_link {
	struct memory_end end[2];
	bool is_impaired;
	struct impair impair; /* IMPAIR_OUT: from end 0 to end 1 */
	uint64_t frames[2]; /* taken from each end */
	uint8_t *buffer; /* one super-frame, in one piece */
	struct pyt_allocator allocator;
};

/* impairment may be NULL. Both interfaces are of this medium. -ENOMEM. */
int memory_link_init(struct memory_link *link, struct memory_end a,
		     struct memory_end b, enum pyt_medium medium,
		     const struct impair_params *impairment,
		     const struct pyt_allocator *allocator);
void memory_link_clear(struct memory_link *link);

/*
 * Carries what both engines have to send, and what is due, until both are
 * silent or max frames have passed. Returns how many frames passed.
 */
unsigned memory_link_run(struct memory_link *link, unsigned max,
			 int64_t now_us);

/* When the wire has something again; TIME_NEVER: it is empty. */
int64_t memory_link_next_deadline(const struct memory_link *link);

#endif
