/*
 * poll(2) and ppoll(2): native, unless datagrams may have errors; POLLERR of a
 * stream that was reset is added.
 */
#include "calls.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "client.h"
#include "error_queue.h"
#include "libc_real.h"
#include "packet_client.h"

static bool is_native(const struct pollfd *fds)
{
	return !fds || !atomic_load_explicit(&error_queue_is_used,
					     memory_order_relaxed);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* timeout_ns < 0: for ever. Again after a notice of what is taken already. */
static int poll_errors(struct pollfd *fds, nfds_t count, int64_t timeout_ns,
		       const sigset_t *mask)
{
	int64_t end_ns = timeout_ns > 0 ? now_ns() + timeout_ns : 0;
	int64_t left_ns = timeout_ns;

	for (;;) {
		bool waits = error_queue_waits(fds, count);
		int64_t wait_ns = waits ? 0 : left_ns;
		struct timespec wait = { wait_ns / 1000000000,
					 wait_ns % 1000000000 };
		int result = libc_real.ppoll(fds, count,
					     wait_ns < 0 ? NULL : &wait, mask);

		if (result < 0)
			return result;
		if (result > 0 || waits)
			result = error_queue_mark(fds, count);
		if (result > 0 || timeout_ns == 0)
			return result;
		if (timeout_ns < 0)
			continue;
		left_ns = end_ns - now_ns();
		if (left_ns <= 0)
			return 0;
	}
}

INTERPOSED int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	client_settle();
	if (fds && packet_rings)
		return packet_poll(fds, count, timeout_ms);
	return error_queue_mark_streams(
		fds, count,
		is_native(fds) ? libc_real.poll(fds, count, timeout_ms)
			       : poll_errors(fds, count, timeout_ms * 1000000ll,
					     NULL));
}

INTERPOSED int __poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	return poll(fds, count, timeout_ms);
}

static int poll_any(struct pollfd *fds, nfds_t count,
		    const struct timespec *timeout, const sigset_t *mask)
{
	int64_t timeout_ns = -1;

	if (is_native(fds))
		return libc_real.ppoll(fds, count, timeout, mask);
	if (timeout && (timeout->tv_sec < 0 || timeout->tv_nsec < 0 ||
			timeout->tv_nsec > 999999999))
		return libc_real.ppoll(fds, count, timeout, mask); /* EINVAL */
	if (timeout)
		timeout_ns = timeout->tv_sec > INT64_MAX / 2000000000
				     ? -1
				     : timeout->tv_sec * 1000000000ll +
					       timeout->tv_nsec;
	return poll_errors(fds, count, timeout_ns, mask);
}

INTERPOSED int ppoll(struct pollfd *fds, nfds_t count,
		     const struct timespec *timeout, const sigset_t *mask)
{
	client_settle();
	return error_queue_mark_streams(fds, count,
					poll_any(fds, count, timeout, mask));
}

/* Of programs compiled with _FORTIFY_SOURCE: it aborts if there is no room. */
INTERPOSED int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms,
			  size_t room)
{
	if (room / sizeof(*fds) < count)
		return libc_real.__poll_chk(fds, count, timeout_ms, room);
	return poll(fds, count, timeout_ms);
}

INTERPOSED int __ppoll_chk(struct pollfd *fds, nfds_t count,
			   const struct timespec *timeout, const sigset_t *mask,
			   size_t room)
{
	if (room / sizeof(*fds) < count)
		return libc_real.__ppoll_chk(fds, count, timeout, mask, room);
	return ppoll(fds, count, timeout, mask);
}
