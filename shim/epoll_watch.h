/*
 * When another file takes the number of a socket, epoll(7) forgets that the
 * number was watched: the same watches are made anew.
 */
#ifndef SHIM_EPOLL_WATCH_H
#define SHIM_EPOLL_WATCH_H

#include <stdint.h>
#include <sys/epoll.h>

#define EPOLL_WATCHES_MAX 8 /* epoll instances that watch one socket */

struct epoll_watches {
	int count;
	struct {
		int epoll_fd;
		struct epoll_event event;
	} watch[EPOLL_WATCHES_MAX];
};

/* Those of this process on the socket with this number and inode. */
void epoll_watch_find(struct epoll_watches *watches, int fd, uint64_t inode);
/* On whatever has the number now. */
void epoll_watch_again(const struct epoll_watches *watches, int fd);

#endif
