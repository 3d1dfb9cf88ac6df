/* Endpoints as libpyt, which is preloaded here, and the kernel see them. */
#include "endpoint.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "clock.h"
#include "libc_real.h"

bool endpoint_is(int fd)
{
	int domain = -1;
	socklen_t len = sizeof(domain);

	if (libc_raw(SYS_getsockopt, fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) <
		    0 ||
	    domain != AF_UNIX)
		return false;
	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	       domain != AF_UNIX;
}

/* The endpoint's own type, not the socket's that it stands for. */
bool endpoint_has_messages(int fd)
{
	int type = SOCK_STREAM;
	socklen_t len = sizeof(type);

	libc_raw(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &len);
	return type != SOCK_STREAM;
}

uint64_t endpoint_inode(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

bool endpoint_set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || flags & O_NONBLOCK)
		return false;
	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	return true;
}

void endpoint_set_blocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
}

int64_t endpoint_deadline_ms(int fd, int option)
{
	struct timeval timeout = { 0 };
	socklen_t len = sizeof(timeout);

	getsockopt(fd, SOL_SOCKET, option, &timeout, &len);
	if (!timeout.tv_sec && !timeout.tv_usec)
		return INT64_MAX;
	return clock_ms() + timeout.tv_sec * 1000 +
	       (timeout.tv_usec + 999) / 1000;
}
