/* Pages that are never used take no memory. */
#include "epoll_hint.h"

#include <stdatomic.h>

#include "descriptor.h"

#define BUCKETS (1u << 16)

struct hint {
	_Atomic uint64_t data;
	_Atomic int32_t epoll_fd;
};

static struct hint hints[DESCRIPTORS_MAX];
/* By what was given: the descriptor that had it last, plus one. */
static _Atomic int32_t bucket[BUCKETS];

static _Atomic int32_t *bucket_of(int epoll_fd, uint64_t data)
{
	uint64_t mixed = (data ^ (uint64_t)epoll_fd << 48) *
			 0x9e3779b97f4a7c15ull; /* 2^64 by the golden ratio */

	return &bucket[mixed >> 48 & (BUCKETS - 1)];
}

void epoll_hint_set(int epoll_fd, int fd, uint64_t data)
{
	if ((unsigned)fd >= DESCRIPTORS_MAX)
		return;
	atomic_store_explicit(&hints[fd].data, data, memory_order_relaxed);
	atomic_store_explicit(&hints[fd].epoll_fd, epoll_fd,
			      memory_order_relaxed);
	atomic_store_explicit(bucket_of(epoll_fd, data), fd + 1,
			      memory_order_relaxed);
}

static bool is_whose(int fd, int epoll_fd, uint64_t data)
{
	return atomic_load_explicit(&hints[fd].data, memory_order_relaxed) ==
		       data &&
	       atomic_load_explicit(&hints[fd].epoll_fd,
				    memory_order_relaxed) == epoll_fd;
}

int epoll_hint_find(int epoll_fd, uint64_t data)
{
	int own = (int)(uint32_t)data; /* most programs give the number */
	int fd = atomic_load_explicit(bucket_of(epoll_fd, data),
				      memory_order_relaxed) -
		 1;

	if (fd >= 0 && is_whose(fd, epoll_fd, data))
		return fd;
	if ((unsigned)own < DESCRIPTORS_MAX && is_whose(own, epoll_fd, data))
		return own;
	return -1;
}
