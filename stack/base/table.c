/* Keyed hash table of intrusive nodes, chained. */
#include <errno.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/table.h"

#define BUCKETS_MIN 16

static struct table_node **bucket_of(const struct table *table, uint64_t hash)
{
	return &table->buckets[hash & (table->bucket_count - 1)];
}

int table_init_like(struct table *table, const struct table *like)
{
	*table = (struct table){ .engine = like->engine, .seed = like->seed };
	table->buckets = engine_alloc(table->engine,
				      BUCKETS_MIN * sizeof(*table->buckets));
	if (!table->buckets)
		return -ENOMEM;
	table->bucket_count = BUCKETS_MIN;
	return 0;
}

int table_init(struct table *table, struct engine *engine)
{
	struct table empty = { .engine = engine };
	int error = table_init_like(table, &empty);

	if (!error)
		random_bytes(&engine->random, &table->seed,
			     sizeof(table->seed));
	return error;
}

void table_clear(struct table *table)
{
	engine_free(table->engine, table->buckets,
		    table->bucket_count * sizeof(*table->buckets));
	table->buckets = NULL;
	table->bucket_count = 0;
	table->count = 0;
}

uint64_t table_hash(const struct table *table, const void *key, size_t len)
{
	return XXH3_64bits_withSeed(key, len, table->seed);
}

static void link_node(struct table *table, struct table_node *node)
{
	struct table_node **bucket = bucket_of(table, node->hash);

	node->next = *bucket;
	*bucket = node;
}

static void grow(struct table *table)
{
	struct table_node **old = table->buckets;
	size_t old_count = table->bucket_count;
	struct table_node **new;

	new = engine_alloc(table->engine, 2 * old_count * sizeof(*new));
	if (!new)
		return;
	table->buckets = new;
	table->bucket_count = 2 * old_count;
	for (size_t i = 0; i < old_count; i++) {
		struct table_node *next;

		for (struct table_node *node = old[i]; node; node = next) {
			next = node->next;
			link_node(table, node);
		}
	}
	engine_free(table->engine, old, old_count * sizeof(*old));
}

void table_insert(struct table *table, struct table_node *node, uint64_t hash)
{
	if (table->count >= table->bucket_count)
		grow(table);
	node->hash = hash;
	link_node(table, node);
	table->count++;
}

void table_remove(struct table *table, struct table_node *node)
{
	struct table_node **at = bucket_of(table, node->hash);

	while (*at && *at != node)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = node->next;
	node->next = NULL;
	table->count--;
}

static struct table_node *with_hash(struct table_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct table_node *table_find(const struct table *table, uint64_t hash)
{
	return with_hash(*bucket_of(table, hash), hash);
}

struct table_node *table_find_next(const struct table_node *node)
{
	return with_hash(node->next, node->hash);
}
