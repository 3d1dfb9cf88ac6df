/* Stream sockets as the program sees them: the endpoint and the slot. */
#ifndef SHIM_CONNECTION_H
#define SHIM_CONNECTION_H

#include <sys/socket.h>
#include <sys/uio.h>

#include "descriptor.h"

/* All: >= 0 or -errno. */
int connection_open(int family, int type, int protocol);
/*
 * What connect(2) looks at before the address: CONNECTION_UNCONNECTED, or its
 * result, which for a connection on its way may be waited for.
 */
#define CONNECTION_UNCONNECTED 1
int connection_look_before_connect(const struct descriptor *stream);
int connection_connect_to(struct descriptor *stream,
			  const struct pyt_sockaddr *peer);
/*
 * MSG_FASTOPEN, without more bytes than fit a request: how many of them went
 * with the SYN; 0: connected, and none did; -EINPROGRESS.
 */
ssize_t connection_connect_fast(const struct descriptor *stream,
				const struct pyt_sockaddr *peer,
				const void *data, size_t len, int flags);
int connection_disconnect(struct descriptor *stream);
int connection_listen(const struct descriptor *stream, int backlog);
int connection_accept4(const struct descriptor *listener, struct sockaddr *peer,
		       socklen_t *peer_len, int flags);
/* Reset, it shows that to who reads it natively: PYT_OP_KEEP_BYTE. */
void connection_keep_byte(const struct descriptor *stream, int how);
int connection_shutdown(const struct descriptor *stream, int how);
/* The stack has taken an SO_SNDBUF: the endpoint is to hold accordingly. */
void connection_limit(const struct descriptor *stream);

/* Who waits in poll(2) or epoll(7) until it may write looks again. */
void connection_wake_writers(const struct descriptor *stream);

/*
 * While the handshake goes on a write waits for its end, or is -EAGAIN. 0: go
 * on.
 */
int connection_wait_to_send(const struct descriptor *connection, int flags);

/* ------------------------------------------------------ connection_io.c */

/*
 * The cache was wrong (libc closed the number itself): this is no endpoint.
 * Make the program's call as it was.
 */
#define CONNECTION_NOT_OURS (-0x7fff)

ssize_t connection_send(const struct descriptor *stream, const void *data,
			size_t len, int flags);
ssize_t connection_send_message(const struct descriptor *stream,
				const struct msghdr *message, int flags);
ssize_t connection_receive(const struct descriptor *stream, void *data,
			   size_t len, int flags);
/* The same as write(2), writev(2), read(2), readv(2). */
ssize_t connection_write(const struct descriptor *stream, const void *data,
			 size_t len);
ssize_t connection_writev(const struct descriptor *stream,
			  const struct iovec *iov, int iov_count);
/*
 * For calls that move bytes past the ones above. What is to be told before a
 * write (0: go on), and what it means that a native one failed, that a read
 * failed, or gave nothing: a result or -errno.
 */
ssize_t connection_before_send(const struct descriptor *stream, int flags);
ssize_t connection_write_failed(const struct descriptor *stream, int error);
ssize_t connection_receive_failed(const struct descriptor *stream, int error);
ssize_t connection_receive_ended(const struct descriptor *stream);
/* splice(2) into it with SPLICE_F_MORE; sets errno itself. */
ssize_t connection_splice_more(const struct descriptor *stream, int fd_in,
			       off64_t *offset_in, size_t len, unsigned flags);
/* sendfile(2) of a file into it; offset is sound. Sets errno itself. */
ssize_t connection_send_file(const struct descriptor *stream, int fd_in,
			     off64_t *offset, size_t len);
ssize_t connection_read(const struct descriptor *stream, void *data,
			size_t len);
ssize_t connection_readv(const struct descriptor *stream,
			 const struct iovec *iov, int iov_count);
ssize_t connection_receive_message(const struct descriptor *stream,
				   struct msghdr *message, int flags);

#endif
