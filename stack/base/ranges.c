/* Sorted disjoint ranges: a bounded array with binary search. */
#include "base/ranges.h"

#include <errno.h>
#include <string.h>

#define RANGES_SIZE_MIN 8

void ranges_init(struct ranges *ranges)
{
	*ranges = (struct ranges){ 0 };
}

void ranges_clear(struct ranges *ranges, struct engine *engine)
{
	engine_free(engine, ranges->range,
		    ranges->size * sizeof(*ranges->range));
	ranges_init(ranges);
}

uint32_t ranges_search(const struct ranges *ranges, uint64_t offset)
{
	uint32_t low = 0, high = ranges->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (ranges->range[middle].end > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int grow(struct ranges *ranges, struct engine *engine)
{
	uint32_t size = ranges->size ? ranges->size * 2 : RANGES_SIZE_MIN;
	struct range *range = engine_alloc(engine, size * sizeof(*range));

	if (!range)
		return -ENOMEM;
	if (ranges->count)
		memcpy(range, ranges->range, ranges->count * sizeof(*range));
	engine_free(engine, ranges->range,
		    ranges->size * sizeof(*ranges->range));
	ranges->range = range;
	ranges->size = size;
	return 0;
}

static void open_gap(struct ranges *ranges, uint32_t at)
{
	memmove(&ranges->range[at + 1], &ranges->range[at],
		(ranges->count - at) * sizeof(*ranges->range));
	ranges->count++;
}

static void remove_some(struct ranges *ranges, uint32_t at, uint32_t n)
{
	if (!n)
		return;
	memmove(&ranges->range[at], &ranges->range[at + n],
		(ranges->count - at - n) * sizeof(*ranges->range));
	ranges->count -= n;
}

static int insert(struct ranges *ranges, struct engine *engine, uint32_t at,
		  struct range range, uint32_t max)
{
	int result;

	if (ranges->count >= max)
		return -ENOSPC;
	if (ranges->count == ranges->size) {
		result = grow(ranges, engine);
		if (result < 0)
			return result;
	}
	open_gap(ranges, at);
	ranges->range[at] = range;
	return 0;
}

/* Replaces ranges [first, last] by their union with range. */
static int64_t merge(struct ranges *ranges, uint32_t first, uint32_t last,
		     struct range range)
{
	uint64_t before = 0;

	for (uint32_t i = first; i <= last; i++)
		before += ranges->range[i].end - ranges->range[i].start;
	if (ranges->range[first].start < range.start)
		range.start = ranges->range[first].start;
	if (ranges->range[last].end > range.end)
		range.end = ranges->range[last].end;
	ranges->range[first] = range;
	remove_some(ranges, first + 1, last - first);
	return (int64_t)(range.end - range.start - before);
}

int64_t ranges_add(struct ranges *ranges, struct engine *engine,
		   struct range range, uint32_t max)
{
	uint32_t first, end;
	int result;

	if (range.start >= range.end)
		return 0;

	/* A range that ends where this one starts is merged too. */
	first = range.start ? ranges_search(ranges, range.start - 1) : 0;
	end = first;
	while (end < ranges->count && ranges->range[end].start <= range.end)
		end++;
	if (end > first)
		return merge(ranges, first, end - 1, range);

	result = insert(ranges, engine, first, range, max);
	return result < 0 ? result : (int64_t)(range.end - range.start);
}

void ranges_trim(struct ranges *ranges, uint64_t offset)
{
	remove_some(ranges, 0, ranges_search(ranges, offset));
	if (ranges->count && ranges->range[0].start < offset)
		ranges->range[0].start = offset;
}

/*
 * A hole in the middle of one range needs a place in the array; if there is
 * none, what lies behind the hole goes too: the caller then knows less, never
 * something false.
 */
void ranges_subtract(struct ranges *ranges, struct range range)
{
	uint32_t i = ranges_search(ranges, range.start);
	uint32_t end;

	if (range.start >= range.end || i == ranges->count)
		return;
	if (ranges->range[i].start < range.start) {
		struct range *cut = &ranges->range[i];

		if (cut->end > range.end && ranges->count < ranges->size) {
			open_gap(ranges, i);
			cut[1].start = range.end;
		}
		cut->end = range.start;
		i++;
	}
	end = i;
	while (end < ranges->count && ranges->range[end].end <= range.end)
		end++;
	remove_some(ranges, i, end - i);
	if (i < ranges->count && ranges->range[i].start < range.end)
		ranges->range[i].start = range.end;
}

bool ranges_cover(const struct ranges *ranges, struct range range)
{
	uint32_t i = ranges_search(ranges, range.start);

	if (range.start >= range.end)
		return true;
	return i < ranges->count && ranges->range[i].start <= range.start &&
	       ranges->range[i].end >= range.end;
}
