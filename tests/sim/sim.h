/*
 * A network of two stacks in virtual time. Nothing here reads a clock or
 * the machine's randomness: the same seed gives the same run. Rooms: sim.c
 * (hosts and time), link.c (what a path does to frames), frame.c (what a
 * frame says), watch.c and invariants.c (what must hold after each step),
 * capture.c (a run as pcapng), app.c (programs), scenario.c (what a seed
 * stands for), run.c (one transfer), transfers.c (many of them).
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <bsd/sys/queue.h>
#include <stdio.h>
#include <stdlib.h>

#include <pyt/stack.h>

#include "sim/link.h"

#define SIM_HOSTS 2
#define SIM_START_US 1000000

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
	struct pyt_ip ip, ip6;
	struct sim_link link; /* of what it sends */
	struct sim_wire wire; /* the state of that link */
};

struct sim;

/* Told of every step; may set sim->problem. Either may be NULL. */
struct sim_observer {
	/* A frame went into (is_input) or came out of this host's stack. */
	void (*on_frame)(struct sim *sim, int host,
			 const struct pyt_frame *frame, bool is_input);
	/* Timers of this host have run. */
	void (*on_timers)(struct sim *sim, int host);
	void *context;
};

struct capture;

struct sim {
	uint64_t random;
	int64_t now_us;
	enum pyt_medium medium;
	struct sim_host host[SIM_HOSTS];
	struct sim_frames frames; /* by due_us */
	size_t memory_len; /* held by the stacks now */
	size_t memory_peak;
	size_t memory_limit; /* 0: none */
	struct sim_observer observer;
	struct capture *capture; /* NULL: none */
	const char *problem; /* the first; NULL: all is well */
	char text[256]; /* of a problem that has details */
};

struct sim_config {
	uint64_t seed;
	uint32_t mtu; /* 0: 1500 */
	unsigned offloads;
	enum pyt_medium medium; /* 0: Ethernet */
	struct sim_link link[SIM_HOSTS]; /* of what host 0, host 1 sends */
	struct capture *capture;
	bool ip6; /* fd00::1 and fd00::2 as well, both /64 */
};

/* Host 0 has 10.0.0.1, host 1 10.0.0.2, both /24. */
void sim_init(struct sim *sim, const struct sim_config *config);
/* False: the stacks did not give back all memory. */
bool sim_clear(struct sim *sim);

uint64_t sim_random(struct sim *sim);
/* Uniform in [0, bound). */
uint64_t sim_below(struct sim *sim, uint64_t bound);
/* chance: per million */
bool sim_happens(struct sim *sim, uint32_t chance);

/* Takes what the stacks want to send; to be called after calls into them. */
void sim_flush(struct sim *sim);
/* When something happens next; TIME_NEVER: the network is dead. */
int64_t sim_next(const struct sim *sim);
/* Time goes on to now_us, which must not lie after sim_next(). */
void sim_advance(struct sim *sim, int64_t now_us);
/* Runs until nothing is pending, now_us is limit_us, or a problem. */
void sim_run(struct sim *sim, int64_t limit_us);

/* A frame of len bytes is on its way; the caller fills it in. */
struct sim_frame *sim_frame_new(const struct pyt_frame *facts, uint32_t len);
/* It will arrive at frame->to at frame->due_us. */
void sim_frame_send(struct sim *sim, struct sim_frame *frame);

/* Ends the program: the test itself is wrong. */
void sim_die(const char *what) __attribute__((noreturn));

#endif
