/*
 * Keyed hash table of intrusive nodes (XXH3 over the key with a secret
 * seed, so that a peer cannot choose collisions). Grows by doubling.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/engine.h"

struct table_node {
	struct table_node *next;
	uint64_t hash;
};

struct table {
	struct engine *engine;
	struct table_node **buckets;
	size_t bucket_count; /* a power of two */
	size_t count;
	uint64_t seed;
};

/* -ENOMEM */
int table_init(struct table *table, struct engine *engine);
/* With the same secret seed. */
int table_init_like(struct table *table, const struct table *like);
void table_clear(struct table *table);
uint64_t table_hash(const struct table *table, const void *key, size_t len);
/* If the table cannot grow it works on, with longer chains. */
void table_insert(struct table *table, struct table_node *node, uint64_t hash);
void table_remove(struct table *table, struct table_node *node);
/* First node with this hash, and the next one: the caller compares keys. */
struct table_node *table_find(const struct table *table, uint64_t hash);
struct table_node *table_find_next(const struct table_node *node);

#endif
