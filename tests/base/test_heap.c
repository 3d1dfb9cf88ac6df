#include "engine.h"

#include "base/heap.h"

#define NODES 300

START_TEST(nodes_come_out_in_order_of_their_deadlines)
{
	static struct heap_node nodes[NODES];
	struct test_memory memory;
	struct engine engine;
	struct heap_node *first;
	struct heap heap;
	int64_t last_us = 0;
	int count = 0;

	test_engine_init(&engine, &memory);
	heap_init(&heap, &engine);
	for (int i = 0; i < NODES; i++) {
		ck_assert_int_eq(heap_reserve(&heap), 0);
		heap_set(&heap, &nodes[i], random_below(&engine.random, 1000));
	}
	for (int i = 0; i < NODES; i += 3) /* later, earlier, or out */
		heap_set(&heap, &nodes[i],
			 i % 2 ? TIME_NEVER
			       : random_below(&engine.random, 1000));
	while ((first = heap_first(&heap))) {
		ck_assert_int_ge(first->deadline_us, last_us);
		last_us = first->deadline_us;
		heap_set(&heap, first, TIME_NEVER);
		ck_assert_uint_eq(first->position, 0);
		count++;
	}
	ck_assert_int_eq(count, NODES - NODES / 6);
	heap_clear(&heap);
	ck_assert_uint_eq(memory.bytes, 0);
}
END_TEST

START_TEST(reserved_places_never_need_memory)
{
	static struct heap_node nodes[40];
	struct test_memory memory;
	struct engine engine;
	struct heap heap;

	test_engine_init(&engine, &memory);
	heap_init(&heap, &engine);
	for (int i = 0; i < 40; i++)
		ck_assert_int_eq(heap_reserve(&heap), 0);
	memory.limit = memory.bytes;
	for (int i = 0; i < 40; i++)
		heap_set(&heap, &nodes[i], 40 - i);
	ck_assert_ptr_eq(heap_first(&heap), &nodes[39]);
	for (int i = 0; i < 40; i++)
		heap_unreserve(&heap);
	ck_assert_uint_eq(heap.reserved, 0);
	heap_clear(&heap);
}
END_TEST

UNIT_MAIN("heap", nodes_come_out_in_order_of_their_deadlines,
	  reserved_places_never_need_memory)
