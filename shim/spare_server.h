/*
 * Spare stream sockets of a client: offered with a reply, taken with a later
 * request, dropped with its control connection.
 */
#ifndef SHIM_SPARE_SERVER_H
#define SHIM_SPARE_SERVER_H

#include "server.h"

void spare_offer(struct server *server, struct client *client,
		 const struct endpoint *like, struct pyt_reply *reply);
/* What the request says was taken; it may say anything. */
void spare_take(struct server *server, struct client *client,
		const struct pyt_request *request);
void spare_drop(struct server *server, struct client *client);

#endif
