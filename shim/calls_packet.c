/*
 * Interposed: mmap(2), for the rings of AF_PACKET sockets alone. Everybody
 * else pays a compare and a load.
 */
#include "calls.h"

#include <errno.h>
#include <sys/mman.h>

#include "libc_real.h"
#include "packet_client.h"

NO_TSAN static bool is_ring(int fd, int flags, struct descriptor *descriptor)
{
	return fd >= 0 && !(flags & MAP_ANONYMOUS) &&
	       descriptor_get(fd, descriptor) &&
	       descriptor->kind == DESCRIPTOR_PACKET;
}

static void *give(void *mapped)
{
	long result = (long)mapped;

	if ((unsigned long)result < -4095ul)
		return mapped;
	libc_result(result);
	return MAP_FAILED;
}

INTERPOSED NO_TSAN void *mmap(void *address, size_t len, int protection,
			      int flags, int fd, off_t offset)
{
	struct descriptor descriptor;

	if (!is_ring(fd, flags, &descriptor))
		return libc_real.mmap(address, len, protection, flags, fd,
				      offset);
	return give(packet_map(&descriptor, address, len, protection, flags,
			       offset));
}

INTERPOSED NO_TSAN void *mmap64(void *address, size_t len, int protection,
				int flags, int fd, off64_t offset)
{
	struct descriptor descriptor;

	if (!is_ring(fd, flags, &descriptor))
		return libc_real.mmap64(address, len, protection, flags, fd,
					offset);
	return give(packet_map(&descriptor, address, len, protection, flags,
			       offset));
}
