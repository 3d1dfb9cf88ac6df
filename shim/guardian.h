/*
 * What a listener of the program's waits for never comes once the stack was
 * killed: unlike all other endpoints it has no other end to hang up. So a
 * small process stands by, which then connects to each of them. accept(2) in a
 * preloaded program takes that for what it is.
 */
#ifndef SHIM_GUARDIAN_H
#define SHIM_GUARDIAN_H

#include "server.h"

/*
 * At the end of a turn: starts it, when a listener is there and the stack is
 * in a process of its own.
 */
void guardian_check(struct server *server);

#endif
