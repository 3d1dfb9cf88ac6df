/*
 * SO_RCVLOWAT of streams: what has not reached the mark stays in the stack, so
 * that poll(2), select(2) and epoll(7) are not told of it. Who reads it all
 * the same asks for it.
 */
#ifndef SHIM_LOW_WATER_H
#define SHIM_LOW_WATER_H

#include <pthread.h>
#include <sys/socket.h>

#include "descriptor.h"

/* setsockopt(2) has set it on the endpoint: the stack does. 0 or -errno. */
int low_water_on_option(const struct descriptor *stream);

/*
 * Before a call that reads: keeps errno. True: low_water_end() is to follow. A
 * call that may not wait (MSG_DONTWAIT, O_NONBLOCK) gets what there is now.
 */
bool low_water_begin(const struct descriptor *stream, int flags);
/* stream: a struct descriptor. */
void low_water_end(void *stream);

/* The result of call, which reads; its thread may be cancelled in it. */
#define LOW_WATER_READ(stream, flags, call)                                    \
	__extension__({                                                        \
		volatile ssize_t result_;                                      \
                                                                               \
		if (low_water_begin((stream), (flags))) {                      \
			pthread_cleanup_push(low_water_end, (void *)(stream)); \
			result_ = (call);                                      \
			pthread_cleanup_pop(1);                                \
		} else {                                                       \
			result_ = (call);                                      \
		}                                                              \
		result_;                                                       \
	})

/*
 * SIOCINQ: what lies in the stack counts, too. False: nothing does, without a
 * mark, and while the endpoint has room.
 */
bool low_water_count(const struct descriptor *stream, int *len);

#endif
