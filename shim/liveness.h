/*
 * Whether a program still holds a socket that has no other end which would
 * hang up: whether its inode still exists.
 */
#ifndef SHIM_LIVENESS_H
#define SHIM_LIVENESS_H

#include <stdint.h>

struct server;

/* Called with each AF_UNIX inode of the network namespace. */
typedef void liveness_seen(void *context, uint64_t inode);

/* sock_diag, else /proc/net/unix. 0 or -errno: nothing is known then. */
int liveness_list(liveness_seen *seen, void *context, uint8_t *scratch,
		  uint32_t scratch_len);

/* Frees the endpoints whose inode is gone. */
void liveness_check(struct server *server);
/* The same, soon: closing programs come in crowds. */
void liveness_later(struct server *server);

#endif
