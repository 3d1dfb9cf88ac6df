/*
 * What poll(2) and epoll(7) say of datagram sockets that have an error, or
 * queue them (IP_RECVERR): an endpoint of AF_UNIX can be readable, but it
 * cannot show POLLERR by itself.
 *
 * The stack wakes the program with a notice, a readable message; the slot
 * tells whether what it speaks of is still there. So POLLERR is added where
 * an error waits, and a notice of what is taken already is thrown away.
 */
#ifndef SHIM_ERROR_QUEUE_H
#define SHIM_ERROR_QUEUE_H

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "descriptor.h"

/* Some datagram socket of this process may be told of errors. */
extern atomic_bool error_queue_is_used;

/* A datagram socket was connected: it hears of errors. */
void error_queue_on_connect(void);
/* After each option that was set. */
void error_queue_on_option(int level, int option);

/*
 * After poll(): POLLERR where a stream has failed. result: of poll(), which
 * does not change.
 */
int error_queue_mark_streams(struct pollfd *fds, nfds_t count, int result);

/* After each send: of MSG_ZEROCOPY the queue tells. */
void error_queue_count(const struct descriptor *descriptor);
static inline void error_queue_on_send(const struct descriptor *descriptor,
				       int flags, ssize_t sent)
{
	if (flags & MSG_ZEROCOPY && sent > 0)
		error_queue_count(descriptor);
}

/* After epoll_wait(): the events of fd with EPOLLERR, if it is in error. */
uint32_t error_queue_mark_event(int fd, uint32_t events);

/* An error waits on one of them: poll() must not. */
bool error_queue_waits(const struct pollfd *fds, nfds_t count);

/* After poll(): puts it right. How many of fds have events. */
int error_queue_mark(struct pollfd *fds, nfds_t count);

#endif
