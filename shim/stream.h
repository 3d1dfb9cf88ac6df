/* Stream sockets as the program sees them: the endpoint and the slot. */
#ifndef SHIM_STREAM_H
#define SHIM_STREAM_H

#include <sys/socket.h>

#include "descriptor.h"

/* All: >= 0 or -errno. */
int stream_open(int family, int type, int protocol);
int stream_connect_to(struct descriptor *stream,
		      const struct pyt_sockaddr *peer);
int stream_disconnect(struct descriptor *stream);
int stream_listen(const struct descriptor *stream, int backlog);
int stream_accept4(const struct descriptor *listener, struct sockaddr *peer,
		   socklen_t *peer_len, int flags);
int stream_shutdown(const struct descriptor *stream, int how);

/* ---------------------------------------------------------- stream_io.c */

/*
 * The cache was wrong (libc closed the number itself): this is no endpoint.
 * Make the program's call as it was.
 */
#define STREAM_NOT_OURS (-0x7fff)

ssize_t stream_send(const struct descriptor *stream, const void *data,
		    size_t len, int flags);
ssize_t stream_send_message(const struct descriptor *stream,
			    const struct msghdr *message, int flags);
ssize_t stream_receive(const struct descriptor *stream, void *data, size_t len,
		       int flags);
ssize_t stream_receive_message(const struct descriptor *stream,
			       struct msghdr *message, int flags);

#endif
