/* The invariants of all connections of a simulation, after every step. */
#ifndef SIM_WATCH_H
#define SIM_WATCH_H

#include "sim/invariants.h"
#include "sim/sim.h"

#define WATCH_SIZE 256 /* connections, by a hash of their addresses */

struct watch {
	struct invariants seen[SIM_HOSTS][WATCH_SIZE];
	size_t base_len; /* memory of the stacks without connections */
	unsigned steps;
};

/* To be called before there is a connection. */
void watch_start(struct watch *watch, struct sim *sim);
/* After a call into the socket with this handle. */
void watch_socket(struct sim *sim, int host, int handle);

#endif
