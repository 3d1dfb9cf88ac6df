/*
 * Whether a program still holds a socket that has no other end which would
 * hang up: whether its inode still exists.
 */
#ifndef SHIM_LIVENESS_H
#define SHIM_LIVENESS_H

struct server;

/* Frees the endpoints whose inode is gone. */
void liveness_check(struct server *server);
/* The same, soon: closing programs come in crowds. */
void liveness_later(struct server *server);

#endif
