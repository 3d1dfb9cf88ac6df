/*
 * Greedy flows from host 0 to host 1 over a simulated path, measured. Bytes
 * are not compared: that is the transfers' business.
 */
#ifndef SNAPSHOTS_LAB_H
#define SNAPSHOTS_LAB_H

#include "sim/sim.h"

#define LAB_FLOWS_MAX 2
#define LAB_RATE 20000000u /* bits per second, of every path here */

struct lab_flow {
	int64_t start_us;
	const char *control;
	int client, server; /* handles; -1: none yet */
	uint16_t port;
	uint64_t received; /* bytes */
};

struct lab {
	struct sim sim;
	int listener;
	int count;
	struct lab_flow flow[LAB_FLOWS_MAX];
};

/* A path of this round trip and queue (in round trips' worth of the rate),
 * the same loss both ways. */
struct sim_config lab_path(uint64_t seed, int64_t rtt_us, double queue,
			   uint32_t loss);
void lab_init(struct lab *lab, const struct sim_config *config);
/* control must stay valid; start_us from the beginning. */
void lab_add(struct lab *lab, const char *control, int64_t start_us);
/* From the beginning. */
void lab_run(struct lab *lab, int64_t until_us);
void lab_clear(struct lab *lab);
/* On both hosts; false: there is no such setting, or value. */
bool lab_set(struct lab *lab, const char *name, const char *value);

/* The controls of a stack; count of them. */
int lab_controls(char names[][16], int max);

#endif
