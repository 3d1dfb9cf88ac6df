/* See calls_uring.c. */
#ifndef SHIM_CALLS_URING_H
#define SHIM_CALLS_URING_H

/* -ENOSYS, and one line on stderr in a process. */
long calls_uring_refuse(void);

#endif
