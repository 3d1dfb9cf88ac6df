/*
 * Congestion controls of a user's own: shared objects that PYT_CC names, see
 * libpyt-cc(7). What is wrong with one is said in a line, and it is left out.
 */
#ifndef SHIM_CONTROLS_H
#define SHIM_CONTROLS_H

#include <pyt/cc.h>
#include <pyt/stack.h>

#include "config.h"
#include "log.h"

/*
 * Loads them once in a process: by a thread of the program's, before the
 * stack thread starts, as loading takes the program's locks and memory.
 */
void controls_load(const struct config *config);
/* Gives them to the stack; the first becomes its standard. */
void controls_add(struct pyt_stack *stack, const struct log *log);

#endif
