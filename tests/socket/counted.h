/* What a stack has counted. */
#ifndef TESTS_SOCKET_COUNTED_H
#define TESTS_SOCKET_COUNTED_H

#include <string.h>

#include "stack.h"
#include "unit.h"

static inline uint64_t counter(struct pyt_stack *stack, const char *wanted)
{
	const char *name;
	uint64_t value;

	for (int i = 0; pyt_counter_get(stack, i, &name, &value) == 0; i++)
		if (strcmp(name, wanted) == 0)
			return value;
	ck_abort_msg("no counter %s", wanted);
	return 0;
}

#endif
