/*
 * Calls that make, name, connect and set up sockets: each does on a copy of
 * the target's descriptor what the target asked for.
 */
#ifndef SECCOMP_SOCKET_CALLS_H
#define SECCOMP_SOCKET_CALLS_H

#include <sys/socket.h>

#include "call.h"
#include "filter.h"

#define NAME_LEN_MAX sizeof(struct sockaddr_storage)

/* The numbers that sockets of messages get. */
void socket_calls_set_range(struct filter_range range);

call_handler socket_call_socket, socket_call_bind, socket_call_connect,
	socket_call_listen, socket_call_accept, socket_call_name,
	socket_call_getsockopt, socket_call_setsockopt, socket_call_shutdown,
	socket_call_ioctl, socket_call_copy;

/* A socket's address of the target's; its length, or -errno. */
int socket_calls_read_name(const struct call *call, uint64_t at, uint64_t len,
			   struct sockaddr_storage *name);
/* Where the target has room for one: as Linux writes it. 0 or -errno. */
int socket_calls_write_name(const struct call *call, uint64_t at,
			    uint64_t len_at,
			    const struct sockaddr_storage *name, socklen_t len);
/* Hands fd to the target as the call's result, and lets go of it. */
long socket_calls_answer_with(const struct call *call, int fd, bool cloexec);
/* libpyt has put another file in its place: so must the target. */
int socket_calls_pass_on(const struct call *call, uint64_t inode_before);

#endif
