/* Whose end is waited for, after a change by hand. */
#include "hold.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

/* The fourth field of /proc/PID/stat; the second may hold anything. */
static int32_t parent_of(int32_t pid)
{
	char path[32], text[256];
	const char *at;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = kernel_open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = kernel_read(fd, text, sizeof(text) - 1);
	kernel_close(fd);
	if (len <= 0)
		return 0;
	text[len] = '\0';
	at = strrchr(text, ')');
	return at && strlen(at) > 4 ? (int32_t)strtol(at + 4, NULL, 10) : 0;
}

void hold_take(struct server *server, int32_t pid)
{
	int32_t parent = parent_of(pid);
	int fd;

	if (parent <= 1 ||
	    (server->holder_fd >= 0 && server->holder_pid == parent))
		return;
	fd = (int)kernel_call(SYS_pidfd_open, parent, 0, 0, 0, 0, 0);
	if (fd < 0)
		return;
	hold_drop(server);
	if (kernel_epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, EPOLLIN,
			     (uint64_t)WATCH_HOLDER << 56) < 0) {
		kernel_close(fd);
		return;
	}
	server->holder_fd = fd;
	server->holder_pid = parent;
}

void hold_drop(struct server *server)
{
	if (server->holder_fd < 0)
		return;
	kernel_epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, server->holder_fd, 0,
			 0);
	kernel_close(server->holder_fd);
	server->holder_fd = -1;
}
