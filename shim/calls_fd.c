/*
 * Interposed calls that close and copy descriptors: they keep the cache true,
 * tell the stack of what nothing else would show it, and keep the program
 * off our hidden descriptors.
 */
#include "calls_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdarg.h>

#include "client.h"
#include "libc_real.h"
#include "linger.h"
#include "packet_client.h"

/*
 * The last close of an endpoint hangs up its other end. One that has none
 * (unconnected, listening) must be told of. Of a datagram's, so that what is
 * asked next finds the port free, as on Linux: hanging up is seen only later.
 * A child of vfork(2) closes its own copy and must leave our cache alone.
 */
static bool must_tell(const struct descriptor *descriptor)
{
	if (descriptor->kind == DESCRIPTOR_DATAGRAM)
		return true;
	return descriptor->kind == DESCRIPTOR_STREAM &&
	       !(descriptor_flags(descriptor) &
		 (PYT_SLOT_CONNECTED | PYT_SLOT_CONNECTING));
}

static void on_closed(const struct descriptor *descriptor)
{
	struct client_call call = DESCRIPTOR_CALL(descriptor, PYT_OP_CLOSED);

	if (must_tell(descriptor))
		client_tell(&call);
}

/* Before: another thread may get the number as soon as it is free. */
static void before_close(const struct descriptor *descriptor)
{
	if (descriptor->kind == DESCRIPTOR_PACKET)
		packet_forget(descriptor->fd);
	descriptor_forget(descriptor->fd);
}

static int close_endpoint(const struct descriptor *descriptor)
{
	if (descriptor->kind == DESCRIPTOR_STREAM)
		linger_wait(descriptor);
	before_close(descriptor);
	if (libc_real.close(descriptor->fd) < 0 && errno == EBADF)
		return -1;
	on_closed(descriptor);
	return 0;
}

FOR_ENDPOINT int close_looking(int fd)
{
	struct descriptor descriptor;

	if (client_hides(fd)) /* a vfork(2) child may inherit the door, too */
		return (int)libc_result(-EBADF);
	if (!descriptor_get(fd, &descriptor) || !client_is_this_process())
		return libc_real.close(fd);
	return close_endpoint(&descriptor);
}

INTERPOSED int close(int fd)
{
	if (descriptor_is_file(fd))
		return libc_real.close(fd);
	return close_looking(fd);
}

INTERPOSED int __close(int fd)
{
	return close(fd);
}

/* fileno(3) would set errno where there is none. */
void calls_fd_stream_closes(FILE *stream, struct closing_stream *closing)
{
	int fd = stream ? stream->_fileno : -1;

	closing->error = 0;
	closing->is_ours = fd >= 0 &&
			   descriptor_get(fd, &closing->descriptor) &&
			   client_is_this_process();
	if (!closing->is_ours)
		return;
	closing->error = fflush(stream) ? errno : 0;
	before_close(&closing->descriptor);
}

void calls_fd_stream_closed(const struct closing_stream *closing)
{
	if (closing->is_ours)
		on_closed(&closing->descriptor);
}

INTERPOSED int fclose(FILE *stream)
{
	struct closing_stream closing;
	int result;

	calls_fd_stream_closes(stream, &closing);
	result = libc_real.fclose(stream);
	calls_fd_stream_closed(&closing);
	if (closing.error && result == 0)
		result = (int)libc_result(-closing.error);
	return result;
}

/* ------------------------------------------------------------------ copies */

/*
 * What is looked at here need not be at each copy's close. A vfork(2) child
 * must leave our cache alone; to ask who we are is a system call.
 */
static void copied(int to, int from)
{
	struct descriptor descriptor;

	if (to < 0 || descriptor_is_same(to, from) || !client_is_this_process())
		return;
	descriptor_get(from, &descriptor);
	descriptor_copy(to, from);
}

INTERPOSED int dup(int fd)
{
	int copy;

	if (!descriptor_is_file(fd) && client_hides(fd))
		return (int)libc_result(-EBADF);
	copy = libc_real.dup(fd);
	copied(copy, fd);
	return copy;
}

/* What stood at the number before; the copy closes it. */
struct overwritten {
	bool is_ours;
	struct descriptor descriptor;
};

static void after_overwrite(int from, int to, const struct overwritten *old)
{
	if (old->is_ours)
		before_close(&old->descriptor);
	descriptor_copy(to, from);
	if (old->is_ours)
		on_closed(&old->descriptor);
}

static int really_overwrite(int fd, int to, int flags, bool is_dup3)
{
	return is_dup3 ? libc_real.dup3(fd, to, flags) : libc_real.dup2(fd, to);
}

static int overwrite(int fd, int to, int flags, bool is_dup3)
{
	struct overwritten old = { 0 };
	bool is_locked;
	uint64_t signals;
	int result;

	if (!client_is_this_process())
		return really_overwrite(fd, to, flags, is_dup3);
	if (client_hides(fd))
		return (int)libc_result(-EBADF);
	if (fd == to)
		return really_overwrite(fd, to, flags, is_dup3);
	old.is_ours = descriptor_get(to, &old.descriptor);
	is_locked = client_begin_overwrite(to, &signals);
	result = really_overwrite(fd, to, flags, is_dup3);
	if (is_locked)
		client_end_overwrite(signals);
	if (result >= 0)
		after_overwrite(fd, to, &old);
	return result;
}

INTERPOSED int dup2(int fd, int to)
{
	return overwrite(fd, to, 0, false);
}

INTERPOSED int __dup2(int fd, int to)
{
	return overwrite(fd, to, 0, false);
}

INTERPOSED int dup3(int fd, int to, int flags)
{
	return overwrite(fd, to, flags, true);
}

static bool copies(int command)
{
	return command == F_DUPFD || command == F_DUPFD_CLOEXEC;
}

FOR_ENDPOINT int control_looking(int fd, int command, void *argument)
{
	int result;

	if (client_hides(fd) && client_is_this_process())
		return (int)libc_result(-EBADF);
	result = libc_real.fcntl64(fd, command, argument);
	if (copies(command))
		copied(result, fd);
	return result;
}

static int control_fd(int fd, int command, void *argument)
{
	if (descriptor_is_file(fd) && !copies(command))
		return libc_real.fcntl64(fd, command, argument);
	return control_looking(fd, command, argument);
}

#define ARGUMENT_AFTER(last)                       \
	({                                         \
		void *argument_;                   \
		va_list list_;                     \
                                                   \
		va_start(list_, last);             \
		argument_ = va_arg(list_, void *); \
		va_end(list_);                     \
		argument_;                         \
	})

INTERPOSED int fcntl(int fd, int command, ...)
{
	return control_fd(fd, command, ARGUMENT_AFTER(command));
}

INTERPOSED int __fcntl(int fd, int command, ...)
{
	return control_fd(fd, command, ARGUMENT_AFTER(command));
}

INTERPOSED int fcntl64(int fd, int command, ...)
{
	return control_fd(fd, command, ARGUMENT_AFTER(command));
}

/* It may be another process's endpoint. */
INTERPOSED int pidfd_getfd(int pidfd, int fd, unsigned flags)
{
	int copy = libc_real.pidfd_getfd(pidfd, fd, flags);

	if (copy >= 0)
		descriptor_forget(copy);
	return copy;
}

/* ------------------------------------------------------------------ ranges */

/* Endpoints in the range; the kernel has closed them together. */
static void forget_range(unsigned first, unsigned last)
{
	struct descriptor descriptor;

	if (last >= DESCRIPTORS_MAX)
		last = DESCRIPTORS_MAX - 1;
	for (unsigned fd = first; fd <= last; fd++) {
		uint64_t entry = atomic_load_explicit(&descriptor_cache[fd],
						      memory_order_relaxed);

		if ((entry & 0xff) <= DESCRIPTOR_NOT_OURS ||
		    !descriptor_get((int)fd, &descriptor))
			continue;
		before_close(&descriptor);
		on_closed(&descriptor);
	}
}

/* Around the hidden ones. */
static int close_range_around(unsigned first, unsigned last, int flags)
{
	int hidden[CLIENT_HIDDEN_MAX];
	int count = client_hidden_fds(hidden), result = 0;
	unsigned from = first;

	for (int i = 0; i < count && result == 0; i++) {
		unsigned fd = (unsigned)hidden[i];

		if (fd < from || fd > last)
			continue;
		if (fd > from)
			result = libc_real.close_range(from, fd - 1, flags);
		from = fd + 1;
	}
	if (result == 0 && from <= last)
		result = libc_real.close_range(from, last, flags);
	if (result == 0 && !(flags & CLOSE_RANGE_CLOEXEC) &&
	    client_is_this_process())
		forget_range(first, last);
	return result;
}

INTERPOSED int close_range(unsigned first, unsigned last, int flags)
{
	if (flags & ~(CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE) ||
	    first > last || !client_hides_some())
		return libc_real.close_range(first, last, flags);
	return close_range_around(first, last, flags);
}

INTERPOSED void closefrom(int first)
{
	if (!client_hides_some())
		libc_real.closefrom(first);
	else
		close_range_around(first > 0 ? (unsigned)first : 0, UINT_MAX,
				   0);
}
