/*
 * The door, from the program's side: got before the program gives up its user,
 * inherited, found again. See include/pyt/control.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client_private.h"
#include "config.h"
#include "descriptor.h"
#include "libc_real.h"
#include "owner.h"
#include "passed_fd.h"

#define DOORS_MAX 1023 /* client_hide() goes no higher */

/* ------------------------------------------------------------------ to keep */

/* Close-on-exec, until the user has really changed. Under the lock. */
static void fetch(void)
{
	struct client_call call = { .op = PYT_OP_DOOR };
	int connection = client.fd, fd = -1;

	if (connection < 0)
		connection = client_connect_quietly();
	if (connection < 0)
		return;
	if (client_exchange(connection, &call, &fd) >= 0 && fd >= 0)
		client.door_fd = client_hide(fd);
	else if (fd >= 0)
		libc_raw(SYS_close, fd);
	if (connection != client.fd)
		libc_raw(SYS_close, connection);
}

void client_before_user(void)
{
	int error = errno;
	uint64_t signals;

	if (client.door_fd < 0 && client_is_this_process() &&
	    (client.fd < 0 || client_reopen_after_raw_fork())) {
		client_let_go();
		signals = client_lock();
		fetch();
		client.door_user = geteuid();
		client_unlock(signals);
	}
	errno = error;
}

/* Who has the stack's user again needs no door, and shall show none. */
void client_after_user(void)
{
	long flags = geteuid() == client.door_user ? FD_CLOEXEC : 0;

	if (client.door_fd >= 0 && client_is_this_process())
		libc_raw(SYS_fcntl, client.door_fd, F_SETFD, flags);
}

/* --------------------------------------------------------------- to come in */

static bool is_door(int fd, const char *prefix, size_t prefix_len)
{
	struct sockaddr_un name;
	socklen_t len = sizeof(name);

	return libc_raw(SYS_getsockname, fd, &name, &len) == 0 &&
	       name.sun_family == AF_UNIX &&
	       len > sizeof(name.sun_family) + 1 + prefix_len &&
	       name.sun_path[0] == 0 &&
	       memcmp(name.sun_path + 1, prefix, prefix_len) == 0;
}

/* It was inherited, wherever that was. */
static int find(const char *link)
{
	char prefix[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int len = snprintf(prefix, sizeof(prefix), PYT_DOOR_NAME "%s/", link);

	for (int fd = DOORS_MAX; fd > 2; fd--) {
		if (is_door(fd, prefix, (size_t)len))
			return fd;
	}
	return -1;
}

static int hand_in(int door, int end)
{
	char byte = 0;
	struct iovec iov = { &byte, sizeof(byte) };
	union passed_fd control = { 0 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	passed_fd_attach(&message, &control, end);
	return (int)libc_raw(SYS_sendmsg, door, &message, MSG_NOSIGNAL);
}

int client_enter_by_door(const char *link)
{
	int end[2];
	int result;

	if (client.door_fd < 0) {
		client.door_fd = find(link);
		descriptor_forget(client.door_fd); /* a socket, nothing more */
		client.door_user = (uid_t)-1; /* it stays as it is */
	}
	if (client.door_fd < 0)
		return -EACCES;
	result = (int)libc_raw(SYS_socketpair, AF_UNIX,
			       SOCK_SEQPACKET | SOCK_CLOEXEC, 0, end);
	if (result < 0)
		return result;
	result = hand_in(client.door_fd, end[1]);
	libc_raw(SYS_close, end[1]);
	if (result >= 0) {
		owner_limit_wait(end[0], OWNER_GLANCE_US);
		return end[0];
	}
	libc_raw(SYS_close, end[0]);
	return -EACCES;
}
