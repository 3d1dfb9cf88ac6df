/*
 * Lines for people: "pyt: channel: text" to one descriptor, each in a single
 * write. No stdio, no malloc, no lock: any thread, at any moment. Nobody waits
 * for a reader: lines for which a pipe has no room are lost, which the next
 * one says.
 */
#ifndef SHIM_LOG_H
#define SHIM_LOG_H

#include <stdarg.h>
#include <stdbool.h>

#include <pyt/stack.h>

/* Lines whose writer has no descriptor for them. */
struct log_held {
	uint32_t len;
	char text[4096];
};

struct log {
	int fd; /* -1: nobody listens, unless lines are held */
	enum pyt_log_level level; /* the most talkative that is written */
	struct log_held *held; /* NULL: written at once */
};

/* Writes what was held. */
void log_release(const struct log *log, struct log_held *held);

/* channel may be NULL. Longer lines are cut. */
void log_line(const struct log *log, enum pyt_log_level level,
	      const char *channel, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * To whoever runs the program: on its stderr, whatever PYT_LOG says, but not
 * where that is a connection. errno is kept. After fork(2): system calls only.
 */
void log_to_program(const char *channel, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/*
 * A line would go to a peer, into the midst of a protocol: inetd(8) makes a
 * connection stdin, stdout and stderr. One of the kernel's or of a stack.
 */
bool log_is_connection(int fd);

/* For pyt_stack_config: context is the struct log. */
void log_from_engine(void *context, enum pyt_log_level level,
		     const char *channel, const char *line);

#endif
