/* What a seed stands for: the path, the settings, the programs. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "sim/app.h"

#define SCENARIO_PAIRS_MAX 40
#define SCENARIO_SETTINGS_MAX 32

struct scenario_setting {
	const char *name;
	char value[48];
};

struct scenario {
	struct sim_config config;
	struct scenario_setting setting[SCENARIO_SETTINGS_MAX];
	int setting_count;
	int pairs; /* connections at once */
	int backlog;
	bool nodelay;
};

struct scenario scenario_of_seed(uint64_t seed);
/* Settings that a stack does not have are left out. */
void scenario_apply(const struct scenario *scenario, struct sim *sim);
/* Fills in the two programs of a connection. */
void scenario_apps(const struct scenario *scenario, struct sim *sim,
		   struct app pair[SIM_HOSTS]);

#endif
