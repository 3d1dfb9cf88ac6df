/*
 * How pyt's own tools (pyt-stats, pyt-view, pyt-link) speak with a stack: a
 * control connection of their own, without the interposed calls.
 */
#ifndef SHIM_TOOL_H
#define SHIM_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include <pyt/control.h>

struct config;

/* A descriptor, or -1 with errno: no stack runs there. */
int tool_connect(const char *link);
/* The reply's result; -EPIPE: it has hung up, as on another user's tool. */
int tool_ask(int fd, const struct pyt_request *request,
	     struct pyt_reply *reply);
/* The first message. False: it does not answer to us. */
bool tool_greet(int fd);

#endif
