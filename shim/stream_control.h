/*
 * Control messages of a stream: TCP_INQ, how much is left to read behind a
 * recvmsg(2), and SO_TIMESTAMP and its like, when the last bytes came.
 */
#ifndef SHIM_STREAM_CONTROL_H
#define SHIM_STREAM_CONTROL_H

#include <sys/socket.h>

#include "descriptor.h"

#define STREAM_CONTROLS                                \
	(PYT_ANCILLARY_INQ | PYT_ANCILLARY_TIMESTAMP | \
	 PYT_ANCILLARY_TIMESTAMPNS | PYT_ANCILLARY_TIMESTAMPING)

/* The set of them that the program asked for. */
static inline uint32_t stream_control_wanted(const struct descriptor *stream)
{
	uint32_t all = atomic_load_explicit(&stream->slot->ancillary,
					    memory_order_relaxed);

	if (!(all & STREAM_CONTROLS))
		return 0;
	return all & (STREAM_CONTROLS | PYT_ANCILLARY_TIMESTAMP_NEW);
}

/*
 * Into message, whose msg_controllen is the room. result: of recvmsg(2), >= 0;
 * no bytes have no time.
 */
void stream_control_give(const struct descriptor *stream, uint32_t wanted,
			 ssize_t result, struct msghdr *message);

#endif
