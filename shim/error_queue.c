/* Notices on the endpoint, the truth in the slot. */
#include "error_queue.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "client.h"
#include "connection.h"
#include "libc_real.h"
#include "view_client.h"

atomic_bool error_queue_is_used;

void error_queue_on_connect(void)
{
	atomic_store_explicit(&error_queue_is_used, true, memory_order_relaxed);
}

void error_queue_on_option(int level, int option)
{
	if ((level == SOL_SOCKET && option == SO_ZEROCOPY) ||
	    (level == IPPROTO_IP && option == IP_RECVERR) ||
	    (level == IPPROTO_IPV6 && option == IPV6_RECVERR))
		atomic_store_explicit(&error_queue_is_used, true,
				      memory_order_relaxed);
}

/* A reset: AF_UNIX says that it is over, but not that it failed. */
static bool is_failed_stream(const struct pollfd *fd)
{
	struct descriptor descriptor;

	return fd->revents & POLLHUP && fd->fd >= 0 &&
	       descriptor_get(fd->fd, &descriptor) &&
	       descriptor.kind == DESCRIPTOR_STREAM &&
	       descriptor_has_error(&descriptor);
}

int error_queue_mark_streams(struct pollfd *fds, nfds_t count, int result)
{
	for (nfds_t i = 0; result > 0 && i < count; i++) {
		if (is_failed_stream(&fds[i]))
			fds[i].revents |= POLLERR;
	}
	return result;
}

void error_queue_count(const struct descriptor *descriptor)
{
	struct client_call call = DESCRIPTOR_CALL(descriptor, PYT_OP_ZEROCOPY);

	client_call(&call);
	if (descriptor->kind == DESCRIPTOR_STREAM)
		connection_wake_writers(descriptor);
}

static bool get(int fd, struct descriptor *descriptor)
{
	return fd >= 0 && descriptor_get(fd, descriptor) &&
	       !view_is(descriptor);
}

/* An error of a stream that has not failed is that of its endpoint, too. */
static bool waits(const struct descriptor *descriptor)
{
	return descriptor_flags(descriptor) & PYT_SLOT_ERROR_QUEUE ||
	       (descriptor->kind == DESCRIPTOR_DATAGRAM &&
		descriptor_has_error(descriptor));
}

bool error_queue_waits(const struct pollfd *fds, nfds_t count)
{
	struct descriptor descriptor;

	for (nfds_t i = 0; i < count; i++) {
		if (get(fds[i].fd, &descriptor) && waits(&descriptor))
			return true;
	}
	return false;
}

/* The first message is a notice of ours; a datagram is none. */
static bool notice_is_first(int fd)
{
	struct pyt_datagram header;
	long len = libc_raw(SYS_recvfrom, fd, &header, sizeof(header),
			    MSG_PEEK | MSG_DONTWAIT, NULL, NULL);

	return len >= (long)sizeof(header) && header.flags;
}

/* Only what was looked at is taken: a newer notice stands behind it. */
static bool drop_notices(int fd)
{
	struct pyt_datagram header;

	while (notice_is_first(fd))
		libc_raw(SYS_recvfrom, fd, &header, sizeof(header),
			 MSG_DONTWAIT, NULL, NULL);
	return libc_raw(SYS_recvfrom, fd, &header, sizeof(header),
			MSG_PEEK | MSG_DONTWAIT, NULL, NULL) >= 0;
}

/*
 * There is nothing but a notice: an error, and no data. Of several in front
 * one is enough for who waits in epoll(7).
 */
static bool notice_is_alone(int fd)
{
	struct pyt_datagram header;
	int len = 0;

	while (notice_is_first(fd)) {
		libc_raw(SYS_ioctl, fd, (long)FIONREAD, &len);
		if (len <= (int)sizeof(header))
			return true;
		libc_raw(SYS_recvfrom, fd, &header, sizeof(header),
			 MSG_DONTWAIT, NULL, NULL);
	}
	return false;
}

static void mark_error(struct pollfd *fd, const struct descriptor *descriptor)
{
	if (descriptor->kind == DESCRIPTOR_DATAGRAM &&
	    fd->revents & (POLLIN | POLLRDNORM) && !(fd->revents & POLLRDHUP) &&
	    notice_is_alone(fd->fd))
		fd->revents &= ~(POLLIN | POLLRDNORM);
	fd->revents |= POLLERR;
}

/* The bits of epoll(7) are those of poll(2). */
uint32_t error_queue_mark_event(int number, uint32_t events)
{
	struct pollfd fd = { .fd = number, .revents = (short)events };
	struct descriptor descriptor;

	if (is_failed_stream(&fd))
		return events | POLLERR;
	if (!get(number, &descriptor) || !waits(&descriptor))
		return events;
	mark_error(&fd, &descriptor);
	return (uint16_t)fd.revents;
}

int error_queue_mark(struct pollfd *fds, nfds_t count)
{
	struct descriptor descriptor;
	int marked = 0;

	for (nfds_t i = 0; i < count; i++) {
		if (get(fds[i].fd, &descriptor)) {
			if (waits(&descriptor))
				mark_error(&fds[i], &descriptor);
			else if (descriptor.kind == DESCRIPTOR_DATAGRAM &&
				 fds[i].revents & POLLIN &&
				 descriptor_flags(&descriptor) &
					 PYT_SLOT_NOTICED &&
				 notice_is_first(fds[i].fd) &&
				 !drop_notices(fds[i].fd))
				fds[i].revents &= ~(POLLIN | POLLRDNORM);
		}
		marked += fds[i].revents != 0;
	}
	return marked;
}
