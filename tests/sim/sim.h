/*
 * A network of stacks in virtual time: links with seeded loss, delay,
 * jitter, reordering, duplication, corruption and rate. Nothing here reads a
 * clock: the same seed gives the same run.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <bsd/sys/queue.h>
#include <stdio.h>
#include <stdlib.h>

#include <pyt/stack.h>

#define SIM_HOSTS 2

/* Chances are per million frames. */
struct sim_link {
	uint32_t loss, duplicate, corrupt, reorder;
	int64_t delay_us, jitter_us;
	int64_t reorder_us; /* what a reordered frame is late by */
	uint64_t rate; /* bits per second; 0: no limit */
};

struct sim_frame {
	TAILQ_ENTRY(sim_frame) link;
	int64_t due_us;
	int to;
	struct pyt_frame frame;
	uint8_t bytes[];
};
TAILQ_HEAD(sim_frames, sim_frame);

struct sim_host {
	struct pyt_stack *stack;
	int ifindex;
	struct pyt_ip ip;
	struct sim_link link; /* of what it sends */
	int64_t busy_until_us; /* the link sends until then */
	uint64_t frames_sent, frames_lost;
};

struct sim {
	uint64_t random;
	int64_t now_us;
	struct sim_host host[SIM_HOSTS];
	struct sim_frames frames; /* by due_us */
	size_t memory_len; /* held by the stacks now */
	size_t memory_peak;
	size_t memory_limit; /* 0: none */
	FILE *trace; /* a line for each frame; or NULL */
};

struct sim_config {
	uint64_t seed;
	uint32_t mtu;
	unsigned offloads;
	enum pyt_medium medium;
	struct sim_link link; /* both ways */
};

/* Host 0 has 10.0.0.1, host 1 10.0.0.2, both /24. */
void sim_init(struct sim *sim, const struct sim_config *config);
/* False: the stacks did not give back all memory. */
bool sim_clear(struct sim *sim);

uint64_t sim_random(struct sim *sim);
/* Uniform in [0, bound). */
uint64_t sim_below(struct sim *sim, uint64_t bound);

/* Takes what the stacks want to send; to be called after calls into them. */
void sim_flush(struct sim *sim);
/* When something happens next; TIME_NEVER: the network is dead. */
int64_t sim_next(const struct sim *sim);
/* Time goes on to now_us, which must not lie after sim_next(). */
void sim_advance(struct sim *sim, int64_t now_us);
/* Runs until nothing is pending or now_us is limit_us. */
void sim_run(struct sim *sim, int64_t limit_us);

#endif
