/* Reading what a program wrote without waking it up; see late_read.c. */
#ifndef SHIM_LATE_READ_H
#define SHIM_LATE_READ_H

#include "server.h"

/* As readv(2) on a stream endpoint; what was read may still lie in it. */
ssize_t late_read(struct server *server, struct endpoint *endpoint,
		  struct iovec *iov, int count);
/* Takes out what was read, but for the byte that it keeps: after an answer. */
void late_read_settle(struct server *server, struct endpoint *endpoint);
/* The same for all: before the thread sleeps. */
void late_read_settle_all(struct server *server);
/* That one, too: before the endpoint closes, unless for a reset. */
void late_read_give_up(struct server *server, struct endpoint *endpoint);
/*
 * It has a new end. Whether it keeps a byte is what the program's end goes by,
 * its slot's flag, whatever became of an end that it had before.
 */
void late_read_begin(struct server *server, struct endpoint *endpoint);
/* The first bytes that come are none: of one that keeps a byte. */
void late_read_owe(struct endpoint *endpoint);
/* The endpoint goes, with all that lies in it. */
void late_read_forget(struct server *server, struct endpoint *endpoint);

#endif
