/* Sorted disjoint ranges: a red-black tree by position. */
#include "base/ranges.h"

#include <errno.h>

static int compare(const struct ranges_node *a, const struct ranges_node *b)
{
	return a->range.start < b->range.start
		       ? -1
		       : a->range.start > b->range.start;
}

RB_GENERATE_INTERNAL(ranges_tree, ranges_node, tree, compare,
		     static __attribute__((unused)))

void ranges_init(struct ranges *ranges)
{
	*ranges = (struct ranges){ 0 };
}

static struct ranges_node *first_of(const struct ranges *ranges)
{
	return RB_MIN(ranges_tree, (struct ranges_tree *)&ranges->tree);
}

static void remove_node(struct ranges *ranges, struct engine *engine,
			struct ranges_node *node)
{
	RB_REMOVE(ranges_tree, &ranges->tree, node);
	engine_free(engine, node, sizeof(*node));
	ranges->count--;
	ranges->visited++;
}

void ranges_clear(struct ranges *ranges, struct engine *engine)
{
	struct ranges_node *node;

	while ((node = RB_ROOT(&ranges->tree)))
		remove_node(ranges, engine, node);
	ranges_init(ranges);
}

/* steps: how many nodes were looked at; may be NULL. */
static struct ranges_node *search(const struct ranges *ranges, uint64_t offset,
				  uint32_t *steps)
{
	struct ranges_node *node = RB_ROOT(&ranges->tree), *found = NULL;

	while (node) {
		if (steps)
			(*steps)++;
		if (node->range.end > offset) {
			found = node;
			node = RB_LEFT(node, tree);
		} else {
			node = RB_RIGHT(node, tree);
		}
	}
	return found;
}

static int insert(struct ranges *ranges, struct engine *engine,
		  struct range range, uint32_t max)
{
	struct ranges_node *node;

	if (ranges->count >= max)
		return -ENOSPC;
	node = engine_alloc(engine, sizeof(*node));
	if (!node)
		return -ENOMEM;
	node->range = range;
	RB_INSERT(ranges_tree, &ranges->tree, node);
	ranges->count++;
	return 0;
}

/* Node, and those behind it that range touches, become one with range. */
static int64_t merge(struct ranges *ranges, struct engine *engine,
		     struct ranges_node *node, struct range range)
{
	uint64_t before = node->range.end - node->range.start;
	struct ranges_node *next;

	if (node->range.start < range.start)
		range.start = node->range.start;
	if (node->range.end > range.end)
		range.end = node->range.end;
	while ((next = RB_NEXT(ranges_tree, NULL, node)) &&
	       next->range.start <= range.end) {
		before += next->range.end - next->range.start;
		if (next->range.end > range.end)
			range.end = next->range.end;
		remove_node(ranges, engine, next);
	}
	node->range = range; /* order in the tree is kept */
	return (int64_t)(range.end - range.start - before);
}

int64_t ranges_add(struct ranges *ranges, struct engine *engine,
		   struct range range, uint32_t max)
{
	struct ranges_node *node;
	int result;

	if (range.start >= range.end)
		return 0;

	/* A range that ends where this one starts is merged too. */
	node = range.start ? search(ranges, range.start - 1, &ranges->visited)
			   : first_of(ranges);
	if (node && node->range.start <= range.end)
		return merge(ranges, engine, node, range);

	result = insert(ranges, engine, range, max);
	return result < 0 ? result : (int64_t)(range.end - range.start);
}

void ranges_trim(struct ranges *ranges, struct engine *engine, uint64_t offset)
{
	struct ranges_node *node;

	while ((node = first_of(ranges)) && node->range.end <= offset)
		remove_node(ranges, engine, node);
	if (node && node->range.start < offset)
		node->range.start = offset;
}

static const struct range *range_of(const struct ranges_node *node)
{
	return node ? &node->range : NULL;
}

static struct ranges_node *node_of(const struct range *range)
{
	return (struct ranges_node *)(void *)range;
}

const struct range *ranges_search(const struct ranges *ranges, uint64_t offset)
{
	return range_of(search(ranges, offset, NULL));
}

const struct range *ranges_first(const struct ranges *ranges)
{
	return range_of(first_of(ranges));
}

const struct range *ranges_last(const struct ranges *ranges)
{
	struct ranges_tree *tree = (struct ranges_tree *)&ranges->tree;

	return range_of(RB_MAX(ranges_tree, tree));
}

const struct range *ranges_next(const struct range *range)
{
	return range_of(RB_NEXT(ranges_tree, NULL, node_of(range)));
}

const struct range *ranges_previous(const struct range *range)
{
	return range_of(RB_PREV(ranges_tree, NULL, node_of(range)));
}

bool ranges_cover(const struct ranges *ranges, struct range range)
{
	const struct range *at = ranges_search(ranges, range.start);

	if (range.start >= range.end)
		return true;
	return at && at->start <= range.start && at->end >= range.end;
}
