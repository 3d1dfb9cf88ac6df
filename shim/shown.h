/*
 * Which sockets a client of another user may name: those that it has opened,
 * and those whose descriptor it has shown. Clients of the stack's own user, who
 * could do anything to each other by ptrace(2), may name all.
 */
#ifndef SHIM_SHOWN_H
#define SHIM_SHOWN_H

#include "server.h"

/* A foreign client has come, parent's fork or by the door (NULL). 0, -ENOMEM */
int shown_begin(struct server *server, struct client *client,
		const struct client *parent);
void shown_end(struct server *server, struct client *client);

void shown_add(struct client *client, uint32_t slot);
bool shown_has(const struct client *client, uint32_t slot);
/*
 * A socket's inode is taken at the client's word: a foreign one may not say
 * that its new socket is another's.
 */
bool shown_may_name(const struct server *server, const struct client *client,
		    uint64_t inode);
/* The slot is about to become another socket's. */
void shown_forget(struct server *server, uint32_t slot);

/*
 * Whether fd is the program's end of this endpoint; *inode then tells which
 * that is. Of an accepted one the stack may not have been told it before.
 */
bool shown_is(const struct server *server, const struct endpoint *endpoint,
	      int fd, uint64_t *inode);

#endif
