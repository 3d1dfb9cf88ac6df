/*
 * Small sends and receives on the fast lane, and accepting. Everything that
 * is not plain goes by the endpoint, which stays the truth: what lies in it
 * comes first, and it shows all that the lane has not taken.
 */
#ifndef SHIM_LANE_IO_H
#define SHIM_LANE_IO_H

#include <sys/types.h>
#include <sys/uio.h>

#include "descriptor.h"
#include "lane_wait.h"

#define LANE_LEN_MAX 2048 /* of one message; lies on the caller's stack */

/* All: LANE_NO, see lane_wait.h. */

/* Bytes. flags: as send(2). */
ssize_t lane_send(const struct descriptor *stream, const struct iovec *iov,
		  int iov_count, int flags);
/* Bytes, 0: the peer has finished, -EINTR. */
ssize_t lane_receive(const struct descriptor *stream, void *data, size_t len,
		     int flags);
/*
 * A connection that has no endpoint yet: a socket whose inode the slot has,
 * and which is now to get its other end. fd and *accepted, or -errno.
 */
int lane_accept(const struct descriptor *listener, int flags,
		struct descriptor *accepted);

/* A new socket: what is remembered of the slot's last one goes. */
void lane_forget(uint32_t slot, bool was_accepted);
/*
 * From now on the endpoint alone: before the program changes something in it
 * that the lane does not look at.
 */
void lane_avoid(const struct descriptor *stream);

#endif
