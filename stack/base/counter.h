/*
 * One counter for each cause of a drop and for what Linux's SNMP counts. A
 * drop reason is a counter's name: enum counter is what a layer returns,
 * counter_name() what the capture and the log show.
 */
#ifndef BASE_COUNTER_H
#define BASE_COUNTER_H

#include <stdint.h>

/* X(enumerator, "name"). Rooms add theirs; names are unique. */
#define COUNTER_LIST(X)                                                     \
	X(NONE, "none")                                                     \
	X(NO_MEMORY, "no_memory")                                           \
	X(LINK_SHORT, "link_short")                                         \
	X(LINK_OTHER_HOST, "link_other_host")                               \
	X(LINK_UNKNOWN_ETHERTYPE, "link_unknown_ethertype")

enum counter {
#define X(enumerator, name) COUNTER_##enumerator,
	COUNTER_LIST(X)
#undef X
	COUNTERS
};

struct counters {
	uint64_t value[COUNTERS];
};

const char *counter_name(enum counter counter);

/* Counts and hands the reason on: return counter_hit(c, COUNTER_...); */
static inline enum counter counter_hit(struct counters *counters,
				       enum counter counter)
{
	counters->value[counter]++;
	return counter;
}

#endif
