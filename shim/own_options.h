/*
 * Options that a stream's endpoint keeps itself, because the kernel acts on
 * them: how long to wait, for how much, where the urgent byte is.
 */
#ifndef SHIM_OWN_OPTIONS_H
#define SHIM_OWN_OPTIONS_H

#include <stdbool.h>

#include "descriptor.h"

/* Datagrams', too. */
bool own_options_has(enum descriptor_kind kind, int level, int option);
/* Any of them is not as in a new socket. */
bool own_options_are_set(int fd);
/* A new endpoint takes the place of another, or comes from a listener. */
void own_options_copy(int from, int to);

#endif
