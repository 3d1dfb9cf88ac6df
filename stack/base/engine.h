/*
 * What every room of one stack may use: memory, randomness, counters, log.
 * Handed in by the creator of the stack; there are no globals.
 */
#ifndef BASE_ENGINE_H
#define BASE_ENGINE_H

#include <pyt/stack.h>

#include "base/counter.h"
#include "base/random.h"

struct engine {
	struct pyt_allocator allocator;
	struct random random;
	uint8_t secret[32]; /* outlives the stack; never all zero */
	struct counters counters;
	enum pyt_log_level log_level;
	void (*log)(void *context, enum pyt_log_level level,
		    const char *channel, const char *line);
	void *log_context;
	void *free_chunks; /* stream.c's: a list by their first word */
	uint32_t free_chunk_count;
	uint32_t used_chunk_count; /* in streams */
};

/* Zeroed memory, or NULL, which is counted. */
static inline void *engine_alloc(struct engine *engine, size_t len)
{
	void *memory = engine->allocator.alloc(engine->allocator.context, len);

	if (!memory)
		counter_hit(&engine->counters, COUNTER_ALLOCATION_FAILED);
	return memory;
}

/* len as it was asked for; memory may be NULL. */
static inline void engine_free(struct engine *engine, void *memory, size_t len)
{
	if (memory)
		engine->allocator.free(engine->allocator.context, memory, len);
}

void engine_log(struct engine *engine, enum pyt_log_level level,
		const char *channel, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
