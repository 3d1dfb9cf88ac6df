/* Names of the counters. */
#include "base/counter.h"

const char *counter_name(enum counter counter)
{
	static const char *const names[COUNTERS] = {
#define X(enumerator, name) [COUNTER_##enumerator] = name,
		COUNTER_LIST(X)
#undef X
	};

	return counter < COUNTERS ? names[counter] : "unknown";
}
