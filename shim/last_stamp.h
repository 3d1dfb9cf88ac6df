/* SIOCGSTAMP and SIOCGSTAMPNS: when the datagram came that was read last. */
#ifndef SHIM_LAST_STAMP_H
#define SHIM_LAST_STAMP_H

#include "descriptor.h"

/* Of a datagram that is given to the program; free until somebody asks. */
void last_stamp_note(const struct descriptor *datagram, int64_t received_us);
/*
 * True: request is one of them, *result is 0 or -errno: -ENOENT, nothing was
 * read since this process first asked for one.
 */
bool last_stamp_ioctl(const struct descriptor *datagram, unsigned long request,
		      void *argument, int *result);

#endif
