/*
 * A stack that somebody has changed by hand (ip addr add, sysctl -w) stays
 * until the shell that ran the command ends, or the change would be gone with
 * the command: the parent of the program that changed it is watched.
 */
#ifndef SHIM_HOLD_H
#define SHIM_HOLD_H

#include "server.h"

/* The program with this process id has changed something. */
void hold_take(struct server *server, int32_t pid);
/* The one that was watched has ended, or counts no more. */
void hold_drop(struct server *server);

#endif
