/*
 * Whether a program still holds a socket that has no other end which would
 * hang up: whether its inode still exists.
 */
#ifndef SHIM_LIVENESS_H
#define SHIM_LIVENESS_H

struct endpoint;
struct server;

/* Frees the endpoints whose inode is gone. */
void liveness_check(struct server *server);
/* Whether this one's is: it was closed by somebody. */
void liveness_check_one(struct server *server, struct endpoint *endpoint);
/* What is due at server->liveness_us. */
void liveness_run(struct server *server);
/* All, soon: closing programs come in crowds. */
void liveness_later(struct server *server);

#endif
