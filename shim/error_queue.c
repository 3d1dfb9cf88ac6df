/* Notices on the endpoint, the truth in the slot. */
#include "error_queue.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "descriptor.h"
#include "libc_real.h"

atomic_bool error_queue_is_used;

void error_queue_on_option(int level, int option)
{
	if ((level == IPPROTO_IP && option == IP_RECVERR) ||
	    (level == IPPROTO_IPV6 && option == IPV6_RECVERR))
		atomic_store_explicit(&error_queue_is_used, true,
				      memory_order_relaxed);
}

static bool get(int fd, struct descriptor *descriptor)
{
	return fd >= 0 && descriptor_get(fd, descriptor) &&
	       descriptor->kind == DESCRIPTOR_DATAGRAM;
}

static bool waits(const struct descriptor *descriptor)
{
	return descriptor_flags(descriptor) & PYT_SLOT_ERROR_QUEUE ||
	       descriptor_has_error(descriptor);
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

int error_queue_mark(struct pollfd *fds, nfds_t count)
{
	struct descriptor descriptor;
	int marked = 0;

	for (nfds_t i = 0; i < count; i++) {
		if (get(fds[i].fd, &descriptor)) {
			if (waits(&descriptor))
				fds[i].revents |= POLLERR;
			else if (fds[i].revents & POLLIN &&
				 notice_is_first(fds[i].fd) &&
				 !drop_notices(fds[i].fd))
				fds[i].revents &= ~(POLLIN | POLLRDNORM);
		}
		marked += fds[i].revents != 0;
	}
	return marked;
}
