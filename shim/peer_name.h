/* Names by which the ends of stream endpoints tell whose they are. */
#ifndef SHIM_PEER_NAME_H
#define SHIM_PEER_NAME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Of the socket in slot; the address's length. */
socklen_t peer_name_make(struct sockaddr_un *name, uint64_t token,
			 uint32_t slot, uint32_t generation);
/*
 * name: sun_path, len bytes of it. False: it is not one that a process made
 * which knows the token.
 */
bool peer_name_parse(const char *name, unsigned len, uint64_t token,
		     uint32_t *number, uint32_t *generation);

#endif
