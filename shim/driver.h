/*
 * The stack thread as its own process sees it. Only the client calls this;
 * everything else reaches the thread through include/pyt/control.h.
 */
#ifndef SHIM_DRIVER_H
#define SHIM_DRIVER_H

#include <stdbool.h>

struct config;
struct server;

/*
 * Starts the thread. 0: it listens at the link's rendezvous. -EADDRINUSE:
 * another process owns the link, attach to it. Other -errno: one clear line
 * was already logged. *config is copied; it may go after the call.
 */
int driver_start(const struct config *config);

/*
 * After a step-out (PYT_OP_STEP_OUT, PYT_OP_EXIT answering 1): waits for the
 * thread to end and gives its memory back. Nothing happens if none was
 * started. Not for a forked child: see driver_forget().
 */
void driver_release(void);

/* The thread has ended by itself: the stack is in a process of its own. */
bool driver_is_over(void);

/* What the thread drives, for the fast lane; NULL: none was started. */
struct server *driver_server(void);

/*
 * In a child that was forked or cloned without a step-out: the thread did not
 * come along, so only forget it. Async-signal-safe.
 */
void driver_forget(void);

#endif
