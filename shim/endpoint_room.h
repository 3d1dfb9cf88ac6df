/*
 * SO_SNDBUF and SO_RCVBUF bound what lies in an endpoint, too: what a program
 * has set is shared between the engine's buffer and the kernel's. Where it has
 * set nothing the endpoint stays as the kernel makes it.
 *
 * AF_UNIX counts what waits against SO_SNDBUF of the end that wrote it. So the
 * bytes to the program are bounded at the stack's end, those that the program
 * writes at its own: the slot says by how much.
 */
#ifndef SHIM_ENDPOINT_ROOM_H
#define SHIM_ENDPOINT_ROOM_H

#include "server.h"

/* After one of the socket's options has been set. */
void endpoint_room_note(struct server *server, struct endpoint *endpoint,
			int level, int option);
/* An accepted connection: its listener's. */
void endpoint_room_inherit(struct server *server, struct endpoint *endpoint,
			   const struct endpoint *listener);
/* Our end is new, or what was set is. */
void endpoint_room_apply(const struct endpoint *endpoint);
/*
 * Datagrams: the next one is to wait in the engine. The kernel would refuse
 * one that is longer than SO_SNDBUF, while on Linux one always fits.
 */
bool endpoint_room_is_full(const struct endpoint *endpoint);
/*
 * Nothing more comes from the peer: what is left may all lie there, so that
 * the end stands behind it and poll(2) tells of that.
 */
void endpoint_room_lift(struct endpoint *endpoint);

#endif
