/*
 * What lies in endpoints, for who asks how much a socket holds: /proc/net/tcp,
 * ss(8), SIOCOUTQ. The engine knows of its own queues alone.
 */
#ifndef SHIM_ENDPOINT_QUEUE_H
#define SHIM_ENDPOINT_QUEUE_H

#include <pyt/view.h>

#include "server.h"

/* Before a listing: what programs have not read is asked for at once. */
void endpoint_queue_survey(struct server *server);
/* The same socket with what lies in its endpoint. */
void endpoint_queue_add(struct server *server, struct pyt_socket_view *view);
/* A stream: bytes that the program has written and the engine has not got. */
uint32_t endpoint_queue_unsent(const struct endpoint *endpoint);

#endif
