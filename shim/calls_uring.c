/*
 * Interposed: io_uring(7) is refused, as by an old kernel or a container.
 * Its requests pass our calls by: a datagram would show its header, and a
 * socket that is made in the ring would be the kernel's. Programs that find no
 * rings use epoll(7).
 */
#include "calls.h"

#include <errno.h>
#include <stdatomic.h>

#include "calls_uring.h"
#include "libc_real.h"
#include "log.h"

long calls_uring_refuse(void)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;

	if (!atomic_flag_test_and_set(&said))
		log_to_program(NULL, "io_uring is refused (ENOSYS): its "
				     "requests would reach the kernel's "
				     "network");
	return -ENOSYS; /* liburing's calls leave errno alone */
}

/* liburing's own, which answer with -errno and make their calls themselves. */
INTERPOSED int io_uring_setup(unsigned entries, struct io_uring_params *params)
{
	return (int)calls_uring_refuse();
}

INTERPOSED int io_uring_queue_init(unsigned entries, struct io_uring *ring,
				   unsigned flags)
{
	return (int)calls_uring_refuse();
}

INTERPOSED int io_uring_queue_init_params(unsigned entries,
					  struct io_uring *ring,
					  struct io_uring_params *params)
{
	return (int)calls_uring_refuse();
}

INTERPOSED int io_uring_queue_init_mem(unsigned entries, struct io_uring *ring,
				       struct io_uring_params *params,
				       void *buffer, size_t buffer_len)
{
	return (int)calls_uring_refuse();
}
