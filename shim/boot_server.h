/* The server's side of the stack's configuration: see boot.h. */
#ifndef SHIM_BOOT_SERVER_H
#define SHIM_BOOT_SERVER_H

#include "server.h"

/* PYT_IP's methods begin on this link, with the leases of before. hostname:
 * that servers are told; "": none. 0 or -errno. */
int boot_start(struct server *server, const struct server_link *link,
	       const struct config_link *config, const char *hostname);
/* Whether a connect() to this address is to wait: stream_connect() later. */
bool boot_defers(const struct server *server, const struct pyt_ip *ip);
/* One of the events of configuration; others are left alone. */
void boot_on_event(struct server *server, const struct pyt_event *event);
/* At the end of a turn: tells the programs, and lets those go that waited. */
void boot_check(struct server *server);
/* The stack ends: addresses that are not kept are given back. */
void boot_end(struct server *server);

#endif
