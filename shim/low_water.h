/*
 * SO_RCVLOWAT of streams: what has not reached the mark stays in the stack, so
 * that poll(2), select(2) and epoll(7) are not told of it. Who reads it all
 * the same asks for it.
 */
#ifndef SHIM_LOW_WATER_H
#define SHIM_LOW_WATER_H

#include <sys/socket.h>

#include "descriptor.h"

/* setsockopt(2) has set it on the endpoint: the stack does. 0 or -errno. */
int low_water_on_option(const struct descriptor *stream);

/*
 * Before a call that reads, and after it: keeps errno. A call that may not
 * wait (MSG_DONTWAIT, O_NONBLOCK) gets what there is now.
 */
bool low_water_begin(const struct descriptor *stream, int flags);
void low_water_end(const struct descriptor *stream, bool begun);

/*
 * SIOCINQ: what lies in the stack counts, too. False: nothing does, without a
 * mark, and while the endpoint has room.
 */
bool low_water_count(const struct descriptor *stream, int *len);

#endif
