/* What a descriptor is: the stack's endpoint, and of which kind. */
#ifndef SECCOMP_ENDPOINT_H
#define SECCOMP_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

/* The stack's: a socket of the kernel's AF_UNIX that says it is another's. */
bool endpoint_is(int fd);
/* Its messages carry a header: no stream. */
bool endpoint_has_messages(int fd);
/* Of the file behind it: another one if libpyt has replaced it. */
uint64_t endpoint_inode(int fd);

/*
 * O_NONBLOCK belongs to the file, which is the target's as well, so it is put
 * back at once. True: it was not set, so the target's calls may wait.
 */
bool endpoint_set_nonblocking(int fd);
void endpoint_set_blocking(int fd);

/* SO_RCVTIMEO, SO_SNDTIMEO: when on the monotonic clock; INT64_MAX: never. */
int64_t endpoint_deadline_ms(int fd, int option);

#endif
