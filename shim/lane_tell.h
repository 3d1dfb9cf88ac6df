/*
 * What the stack is only to be told of, while it lives in this process: lies
 * in a ring until somebody is inside for another reason. No message travels,
 * and nobody is woken for it.
 *
 * Whoever comes in takes it first, and so does the stack thread before it reads
 * a message, or what a program wrote: what was told before is true by then.
 */
#ifndef SHIM_LANE_TELL_H
#define SHIM_LANE_TELL_H

#include <stdbool.h>

#include "client.h"

struct server;

#define LANE_TOLD_MAX 64

/*
 * PYT_OP_ADOPT, and switches while the stack thread is awake: what was held
 * back may leave by them. False: nothing has happened, tell it in another way.
 */
bool lane_tell(const struct client_call *call);

/* Inside. */
void lane_take_told(struct server *server);
/* A load: there is something to be taken. */
bool lane_has_told(void);
/* Inside, at the lane's beginning and, when all was taken, its end. */
void lane_tell_open(bool open);
/* In a forked child: nobody else is here. */
void lane_tell_reset(void);

#endif
