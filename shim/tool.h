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
/* The first message. -EPROTO: it is of another build; as tool_ask(). */
int tool_greet(int fd);
/* Of tool_connect(): whose stack it is. */
bool tool_is_of_another(int fd);
/* Both, or -1 and a line on stderr: why not. */
int tool_open(const char *link);

#endif
