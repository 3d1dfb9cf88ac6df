/* An engine for unit tests: its memory is counted, so that leaks show. */
#ifndef TESTS_ENGINE_H
#define TESTS_ENGINE_H

#include "base/engine.h"
#include "unit.h"

struct test_memory {
	size_t bytes; /* in use */
	size_t limit; /* 0: none; else the most that is given */
};

static inline void *test_alloc(void *context, size_t len)
{
	struct test_memory *memory = context;

	if (memory->limit && memory->bytes + len > memory->limit)
		return NULL;
	memory->bytes += len;
	return calloc(1, len);
}

static inline void test_free(void *context, void *bytes, size_t len)
{
	struct test_memory *memory = context;

	memory->bytes -= len;
	free(bytes);
}

static inline void test_engine_init(struct engine *engine,
				    struct test_memory *memory)
{
	static const uint8_t seed[32] = { 7 };

	*memory = (struct test_memory){ 0 };
	*engine = (struct engine){
		.allocator = { .alloc = test_alloc,
			       .free = test_free,
			       .context = memory },
	};
	random_init(&engine->random, seed);
}

#endif
