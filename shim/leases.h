/*
 * What servers granted, in files: so that the next stack on the same link asks
 * for the same address, with one message instead of four.
 */
#ifndef SHIM_LEASES_H
#define SHIM_LEASES_H

#include "server.h"

/* Puts the link's in server->leases into the engine, before it starts. */
void leases_load(struct server *server, const struct server_link *link);
/* The engine has another one now, or none. */
void leases_save(struct server *server, int ifindex, enum pyt_method method);

/* A file's text and what it says, in both directions; without any I/O. */
#define LEASE_TEXT_MAX 4096
/* Length of the text; 0: it does not fit. obtained_s: since the epoch. */
size_t lease_print(const struct pyt_lease *lease, const uint8_t mac[6],
		   int64_t obtained_s, char text[LEASE_TEXT_MAX]);
/* False: not of this version, of another MAC, or broken. */
bool lease_parse(const char *text, const uint8_t mac[6],
		 struct pyt_lease *lease, int64_t *obtained_s);

#endif
