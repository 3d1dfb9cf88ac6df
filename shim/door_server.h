/*
 * The door: how a program that is no longer of the stack's user comes in, when
 * it or one of its ancestors was attached. See include/pyt/control.h.
 */
#ifndef SHIM_DOOR_SERVER_H
#define SHIM_DOOR_SERVER_H

#include "requests.h"
#include "server.h"

/* What a client may inherit to its descendants: a descriptor, or -errno. */
int door_open(struct server *server);
void door_input(struct server *server);
/*
 * Whether a program of another user may ask for this: no more than Linux lets
 * an unprivileged one. 0, or the -errno that it gets.
 */
int door_check(const struct request_call *call);

#endif
