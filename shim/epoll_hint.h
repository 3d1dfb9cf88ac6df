/*
 * Whose event it is that epoll_wait(2) has returned: all that it says is what
 * the program has given to epoll_ctl(2). Hints only: what was registered past
 * our calls, in two instances at once, or in another process is not known.
 */
#ifndef SHIM_EPOLL_HINT_H
#define SHIM_EPOLL_HINT_H

#include <stdint.h>

/* A descriptor of ours was added or modified. */
void epoll_hint_set(int epoll_fd, int fd, uint64_t data);
/* -1: not known. */
int epoll_hint_find(int epoll_fd, uint64_t data);

#endif
