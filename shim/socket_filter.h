/* SO_ATTACH_FILTER of datagram sockets: classic BPF, run by the stack. */
#ifndef SHIM_SOCKET_FILTER_H
#define SHIM_SOCKET_FILTER_H

#include "server.h"

/*
 * program: instructions of 8 bytes, as a request carries them. 0; -EINVAL: no
 * sound program; -EPERM: SO_LOCK_FILTER; -ENOBUFS.
 */
int socket_filter_attach(struct server *server, struct endpoint *endpoint,
			 const void *program, size_t len);
/* -ENOENT: there is none; -EPERM. */
int socket_filter_detach(struct server *server, struct endpoint *endpoint);
/* The endpoint is about to be freed. */
void socket_filter_clear(struct server *server, struct endpoint *endpoint);

/*
 * Whether the program gets the message, whose payload lies in these pieces;
 * they are cut to what the filter keeps. Uses server->scratch.
 */
bool socket_filter_passes(struct server *server,
			  const struct endpoint *endpoint,
			  const struct pyt_message *message,
			  struct iovec *payload, int count);

#endif
