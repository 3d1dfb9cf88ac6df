/* send(2) with MSG_FASTOPEN: connect, and send with the SYN. RFC 7413. */
#ifndef SHIM_FAST_OPEN_H
#define SHIM_FAST_OPEN_H

#include <sys/socket.h>

#include "descriptor.h"

/* Bytes sent, -errno or CONNECTION_NOT_OURS. */
ssize_t fast_open_send(const struct descriptor *stream,
		       const struct msghdr *message, int flags);

#endif
