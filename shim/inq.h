/* TCP_INQ: how much is left to read behind a recvmsg(2). */
#ifndef SHIM_INQ_H
#define SHIM_INQ_H

#include <sys/socket.h>

#include "descriptor.h"

static inline bool inq_is_wanted(const struct descriptor *stream)
{
	return (atomic_load_explicit(&stream->slot->ancillary,
				     memory_order_relaxed) &
		PYT_ANCILLARY_INQ) != 0;
}

/* The control message into message, whose msg_controllen is the room. */
void inq_give(const struct descriptor *stream, struct msghdr *message);

#endif
