/* getsockopt(2) and setsockopt(2): the endpoint's, the slot's, the stack's. */
#ifndef SHIM_SOCKET_OPTIONS_H
#define SHIM_SOCKET_OPTIONS_H

#include <sys/socket.h>

#include "descriptor.h"

/* 0 or -errno. */
int socket_options_get(const struct descriptor *descriptor, int level,
		       int option, void *value, socklen_t *value_len);
int socket_options_set(const struct descriptor *descriptor, int level,
		       int option, const void *value, socklen_t value_len);

#endif
