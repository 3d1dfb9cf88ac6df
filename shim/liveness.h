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
/*
 * A process ends, or execs: its listeners take no connection more. It may not
 * have closed them yet, so they are asked for again, a few times; and before
 * somebody connects.
 */
void liveness_on_exit(struct server *server);
void liveness_before_connect(struct server *server);
/* What is due at server->liveness_us. */
void liveness_run(struct server *server);
/* All, soon: closing programs come in crowds. */
void liveness_later(struct server *server);

#endif
