/* One seeded transfer from the first SYN to the last free(). */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "sim/scenario.h"
#include "sim/watch.h"

struct run {
	struct scenario scenario;
	struct sim sim;
	struct watch watch;
	struct app app[SCENARIO_PAIRS_MAX][SIM_HOSTS];
	uint16_t client_port[SCENARIO_PAIRS_MAX];
	int listener;
	unsigned steps;
};

/* NULL, or what went wrong; valid until the next run. capture may be NULL. */
const char *run_seed(struct run *run, uint64_t seed, struct capture *capture);
/* How far each connection has come. */
void run_print(const struct run *run, FILE *to);

#endif
