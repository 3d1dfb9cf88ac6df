/*
 * Accepted connections of which the stack has not been told who has them: the
 * inode of the program's end. It is told late, and never by who was killed in
 * between. What Linux knows of the ends fills the gap.
 */
#ifndef SHIM_ADOPTION_H
#define SHIM_ADOPTION_H

#include "inodes.h"
#include "server.h"

/* Before a listing: true if sock_diag may say whose this connection is. */
bool adoption_look(struct server *server, struct endpoint *endpoint);
/* Its slot, which has the inode now; PYT_SLOT_NONE: it is none of those. */
uint32_t adoption_learn(struct server *server, const struct inode_facts *facts);

/* One that was reset before anything was heard: it may still be accepted. */
bool adoption_is_open(struct server *server, const struct endpoint *endpoint);
/*
 * Frees those that nobody can accept, nor has accepted, any more: the second
 * time that they are missed. True: some are left, look again. Takes the
 * scratch.
 */
bool adoption_check(struct server *server);

#endif
