/*
 * epoll(7): native; EPOLLERR is added to the events of a stream that has
 * failed, and of a socket whose error waits, which AF_UNIX cannot show.
 */
#include "calls.h"

#include <sys/epoll.h>

#include "client.h"
#include "descriptor.h"
#include "epoll_hint.h"
#include "error_queue.h"
#include "libc_real.h"

INTERPOSED int epoll_ctl(int epoll_fd, int op, int fd,
			 struct epoll_event *event)
{
	struct descriptor descriptor;
	int result = libc_real.epoll_ctl(epoll_fd, op, fd, event);

	if (result == 0 && op != EPOLL_CTL_DEL &&
	    descriptor_get_to_set(fd, &descriptor))
		epoll_hint_set(epoll_fd, fd, event->data.u64);
	return result;
}

static void mark_one(int epoll_fd, struct epoll_event *event)
{
	int fd = epoll_hint_find(epoll_fd, event->data.u64);

	if (fd >= 0)
		event->events = error_queue_mark_event(fd, event->events);
}

/* result: of epoll_wait(), which does not change. */
static int mark(int epoll_fd, struct epoll_event *events, int result)
{
	bool all = atomic_load_explicit(&error_queue_is_used,
					memory_order_relaxed);

	for (int i = 0; i < result; i++) {
		if (all || events[i].events & EPOLLHUP)
			mark_one(epoll_fd, &events[i]);
	}
	return result;
}

INTERPOSED int epoll_wait(int epoll_fd, struct epoll_event *events, int count,
			  int timeout_ms)
{
	client_settle();
	return mark(epoll_fd, events,
		    libc_real.epoll_wait(epoll_fd, events, count, timeout_ms));
}

INTERPOSED int epoll_pwait(int epoll_fd, struct epoll_event *events, int count,
			   int timeout_ms, const sigset_t *mask)
{
	client_settle();
	return mark(epoll_fd, events,
		    libc_real.epoll_pwait(epoll_fd, events, count, timeout_ms,
					  mask));
}

INTERPOSED int epoll_pwait2(int epoll_fd, struct epoll_event *events, int count,
			    const struct timespec *timeout,
			    const sigset_t *mask)
{
	client_settle();
	return mark(
		epoll_fd, events,
		libc_real.epoll_pwait2(epoll_fd, events, count, timeout, mask));
}
