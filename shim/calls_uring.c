/*
 * Interposed: io_uring(7) is refused, as by an old kernel or a container.
 * Its requests pass our calls by: a datagram would show its header, and a
 * socket that is made in the ring would be the kernel's. Programs that find no
 * rings use epoll(7).
 */
#include "calls.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calls_uring.h"
#include "libc_real.h"
#include "log.h"

long calls_uring_refuse(void)
{
	static const struct log to_stderr = { .fd = STDERR_FILENO,
					      .level = PYT_LOG_WARNING };
	static atomic_flag said = ATOMIC_FLAG_INIT;
	struct stat status;
	int kept = errno;

	if (!atomic_flag_test_and_set(&said) &&
	    fstat(STDERR_FILENO, &status) == 0 && !S_ISSOCK(status.st_mode))
		log_line(&to_stderr, PYT_LOG_WARNING, NULL,
			 "io_uring is refused (ENOSYS): its requests would "
			 "reach the kernel's network");
	errno = kept; /* liburing's calls leave it alone */
	return -ENOSYS;
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
