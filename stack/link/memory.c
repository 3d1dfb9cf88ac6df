/* Two engines back to back. */
#include "link/memory.h"

#include <errno.h>
#include <string.h>

#include "link/gso.h"

int memory_link_init(struct memory_link *link, struct memory_end a,
		     struct memory_end b, enum pyt_medium medium,
		     const struct impair_params *impairment,
		     const struct pyt_allocator *allocator)
{
	memset(link, 0, sizeof(*link));
	link->end[0] = a;
	link->end[1] = b;
	link->allocator = *allocator;
	link->buffer = allocator->alloc(allocator->context, PYT_FRAME_LEN_MAX);
	if (!link->buffer)
		return -ENOMEM;
	if (!impairment)
		return 0;
	if (impair_init(&link->impair, impairment, medium, PYT_FRAME_LEN_MAX,
			allocator) < 0) {
		memory_link_clear(link);
		return -ENOMEM;
	}
	link->is_impaired = true;
	return 0;
}

void memory_link_clear(struct memory_link *link)
{
	if (link->is_impaired)
		impair_clear(&link->impair);
	if (link->buffer)
		link->allocator.free(link->allocator.context, link->buffer,
				     PYT_FRAME_LEN_MAX);
	link->buffer = NULL;
	link->is_impaired = false;
}

static void deliver(struct memory_link *link, int from, struct pyt_frame *frame,
		    int64_t now_us)
{
	struct memory_end *to = &link->end[!from];

	if (frame->part_count > 1) {
		gso_gather(frame, 0, link->buffer, frame->len);
		frame->part[0].iov_base = link->buffer;
		frame->part[0].iov_len = frame->len;
		frame->part_count = 1;
	}
	pyt_input(to->stack, to->ifindex, frame, now_us);
}

/* One frame of this end onto the wire. False: it has none. */
static bool take(struct memory_link *link, int from, int64_t now_us)
{
	struct memory_end *end = &link->end[from];
	struct pyt_frame frame;

	if (pyt_output(end->stack, end->ifindex, &frame, now_us) != 1)
		return false;
	link->frames[from]++;
	if (link->is_impaired)
		impair_input(&link->impair, (enum impair_way)from, &frame,
			     now_us);
	else
		deliver(link, from, &frame, now_us);
	return true;
}

/* One frame that is due at its other end. */
static bool arrive(struct memory_link *link, int from, int64_t now_us)
{
	struct pyt_frame frame;

	if (!link->is_impaired ||
	    !impair_output(&link->impair, (enum impair_way)from, &frame,
			   now_us))
		return false;
	deliver(link, from, &frame, now_us);
	return true;
}

unsigned memory_link_run(struct memory_link *link, unsigned max, int64_t now_us)
{
	unsigned passed = 0;
	bool busy = true;

	while (busy && passed < max) {
		busy = false;
		for (int from = 0; from < 2; from++) {
			bool taken = take(link, from, now_us);

			passed += taken;
			busy |= taken;
			busy |= arrive(link, from, now_us);
		}
	}
	return passed;
}

int64_t memory_link_next_deadline(const struct memory_link *link)
{
	int64_t out_us, in_us;

	if (!link->is_impaired)
		return TIME_NEVER;
	out_us = impair_next_deadline(&link->impair, IMPAIR_OUT);
	in_us = impair_next_deadline(&link->impair, IMPAIR_IN);
	return out_us < in_us ? out_us : in_us;
}
