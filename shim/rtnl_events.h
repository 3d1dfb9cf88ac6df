/*
 * What ip-monitor(8) hears: the links, addresses, routes and neighbours of
 * now are compared with those that were told last, so that it does not matter
 * who changed them. Costs nothing while nobody listens.
 */
#ifndef SHIM_RTNL_EVENTS_H
#define SHIM_RTNL_EVENTS_H

#include "server.h"

/* Somebody joined or left a group. */
void rtnl_events_check(struct server *server);
/* Once a turn. */
void rtnl_events_run(struct server *server);

#endif
