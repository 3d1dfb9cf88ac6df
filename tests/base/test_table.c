#include "engine.h"

#include "base/table.h"

struct item {
	struct table_node node;
	uint32_t key;
};

static struct item *find(const struct table *table, uint32_t key)
{
	uint64_t hash = table_hash(table, &key, sizeof(key));
	struct table_node *node = table_find(table, hash);

	for (; node; node = table_find_next(node)) {
		if (((struct item *)node)->key == key)
			return (struct item *)node;
	}
	return NULL;
}

static void insert(struct table *table, struct item *item)
{
	table_insert(table, &item->node,
		     table_hash(table, &item->key, sizeof(item->key)));
}

START_TEST(what_is_inserted_is_found_until_it_is_removed)
{
	static struct item items[1000];
	struct test_memory memory;
	struct engine engine;
	struct table table;

	test_engine_init(&engine, &memory);
	ck_assert_int_eq(table_init(&table, &engine), 0);
	for (uint32_t i = 0; i < 1000; i++) {
		items[i].key = i;
		insert(&table, &items[i]);
	}
	ck_assert_uint_ge(table.bucket_count, 512);
	for (uint32_t i = 0; i < 1000; i += 2)
		table_remove(&table, &items[i].node);
	for (uint32_t i = 0; i < 1000; i++)
		ck_assert_ptr_eq(find(&table, i), i % 2 ? &items[i] : NULL);
	ck_assert_uint_eq(table.count, 500);
	table_clear(&table);
	ck_assert_uint_eq(memory.bytes, 0);
}
END_TEST

START_TEST(without_memory_it_works_on_with_longer_chains)
{
	static struct item items[200];
	struct test_memory memory;
	struct engine engine;
	struct table table;

	test_engine_init(&engine, &memory);
	ck_assert_int_eq(table_init(&table, &engine), 0);
	memory.limit = memory.bytes;
	for (uint32_t i = 0; i < 200; i++) {
		items[i].key = i;
		insert(&table, &items[i]);
	}
	for (uint32_t i = 0; i < 200; i++)
		ck_assert_ptr_eq(find(&table, i), &items[i]);
	table_clear(&table);
}
END_TEST

UNIT_MAIN("table", what_is_inserted_is_found_until_it_is_removed,
	  without_memory_it_works_on_with_longer_chains)
