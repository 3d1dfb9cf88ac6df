/*
 * TCP_INFO of connections that are over while the program still holds the
 * descriptor: on Linux it can be asked for until close(2). Kept are the
 * newest; who asks for an older one gets ENOTCONN.
 */
#ifndef SHIM_LAST_INFO_H
#define SHIM_LAST_INFO_H

#include <stdint.h>

struct endpoint;
struct server;

#define LAST_INFOS 1024u /* slots that far apart share a place */
#define LAST_INFO_LEN 280 /* Linux 6.18's */

struct last_info {
	uint32_t slot, generation;
	uint32_t len; /* 0: none */
	uint8_t bytes[LAST_INFO_LEN];
};

/* While the endpoint still has its socket in the engine. */
void last_info_keep(struct server *server, const struct endpoint *endpoint);
/* How much of room was filled, or -ENOTCONN. */
int last_info_get(const struct server *server, const struct endpoint *endpoint,
		  uint8_t *value, uint32_t room);
/* TIME-WAIT is not the socket's own on Linux. */
void last_info_hide_time_wait(uint8_t *info);

#endif
