/*
 * A thread of the program that waits on the fast lane: it sleeps at the link
 * and runs the engine for all. There is one such seat; who finds it taken
 * waits at the endpoint.
 */
#ifndef SHIM_LANE_WAIT_H
#define SHIM_LANE_WAIT_H

#include <sys/types.h>

#include "lane.h"

struct endpoint;
struct descriptor;

/* Not on the lane, and nothing has happened: make the call on the endpoint. */
#define LANE_NO (-0x7ffe)
#define LANE_WAIT (-0x7ffd)

/* Inside: what the call is to return, LANE_NO, or LANE_WAIT: nothing yet. */
typedef ssize_t lane_look(struct server *server, struct endpoint *endpoint,
			  void *context);

struct lane_waiter {
	const struct descriptor *stream;
	lane_look *look;
	void *context;
	uint64_t signals; /* the thread's own mask; all are blocked meanwhile */
	bool has_seat;
	bool is_nonblocking; /* found so: LANE_NO */
	int64_t wait_us; /* at most */
};

/*
 * Looks until there is something; stream, look, context and signals are to be
 * set, the rest zero. -EINTR; -EBADF: the descriptor was closed meanwhile.
 * LANE_NO also if the descriptor does not block. A cancellation point.
 */
ssize_t lane_wait_for(struct lane_waiter *waiter);

/* ------------------------------------------------- inside, see lane.h */

/* Of this kind, and in a state, that a visitor can handle. */
bool lane_serves(const struct endpoint *endpoint);
/*
 * Reads the link until the socket is ready for one of these, or there is
 * nothing to read.
 */
void lane_drive(struct server *server, struct endpoint *endpoint,
		unsigned ready);

#endif
