/* The cookies of a Fast Open client. RFC 7413, 4.1.3. */
#include "tcp/tcp_fastopen_cache.h"

void tcp_fastopen_cache_init(struct tcp_fastopen_cache *cache,
			     struct engine *engine)
{
	cache->engine = engine;
	TAILQ_INIT(&cache->used);
}

static void forget(struct tcp_fastopen_cache *cache,
		   struct tcp_fastopen_entry *entry)
{
	TAILQ_REMOVE(&cache->used, entry, used);
	table_remove(cache->table, &entry->node);
	engine_free(cache->engine, entry, sizeof(*entry));
	cache->count--;
}

void tcp_fastopen_cache_clear(struct tcp_fastopen_cache *cache)
{
	while (!TAILQ_EMPTY(&cache->used))
		forget(cache, TAILQ_FIRST(&cache->used));
	if (cache->table)
		table_clear(cache->table);
	engine_free(cache->engine, cache->table, sizeof(*cache->table));
	cache->table = NULL;
}

static bool make_table(struct tcp_fastopen_cache *cache)
{
	struct table *table;

	if (cache->table)
		return true;
	table = engine_alloc(cache->engine, sizeof(*table));
	if (table && table_init(table, cache->engine) == 0) {
		cache->table = table;
		return true;
	}
	engine_free(cache->engine, table, sizeof(*table));
	return false;
}

static uint64_t hash_of(const struct tcp_fastopen_cache *cache,
			const struct pyt_ip *local, const struct pyt_ip *server)
{
	struct pyt_ip key[2] = { *local, *server };

	return table_hash(cache->table, key, sizeof(key));
}

static struct tcp_fastopen_entry *of_node(struct table_node *node)
{
	return (struct tcp_fastopen_entry *)(void *)node; /* first member */
}

struct tcp_fastopen_entry *tcp_fastopen_cache_find(
	struct tcp_fastopen_cache *cache, const struct pyt_ip *local,
	const struct pyt_ip *server)
{
	struct table_node *node;

	if (!cache->table)
		return NULL;
	node = table_find(cache->table, hash_of(cache, local, server));
	for (; node; node = table_find_next(node)) {
		struct tcp_fastopen_entry *entry = of_node(node);

		if (pyt_ip_equal(&entry->local, local) &&
		    pyt_ip_equal(&entry->server, server)) {
			TAILQ_REMOVE(&cache->used, entry, used);
			TAILQ_INSERT_HEAD(&cache->used, entry, used);
			return entry;
		}
	}
	return NULL;
}

struct tcp_fastopen_entry *tcp_fastopen_cache_get(
	struct tcp_fastopen_cache *cache, const struct pyt_ip *local,
	const struct pyt_ip *server)
{
	struct tcp_fastopen_entry *entry =
		tcp_fastopen_cache_find(cache, local, server);

	if (entry || !make_table(cache))
		return entry;
	if (cache->count >= TCP_FASTOPEN_CACHE_MAX)
		forget(cache, TAILQ_LAST(&cache->used, tcp_fastopen_list));
	entry = engine_alloc(cache->engine, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->local = *local;
	entry->server = *server;
	table_insert(cache->table, &entry->node, hash_of(cache, local, server));
	TAILQ_INSERT_HEAD(&cache->used, entry, used);
	cache->count++;
	return entry;
}
