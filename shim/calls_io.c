/* Interposed calls that move bytes and messages. */
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "bypass.h"
#include "client.h"
#include "connection.h"
#include "datagram.h"
#include "descriptor.h"
#include "error_queue.h"
#include "fast_open.h"
#include "libc_real.h"
#include "pointer.h"

/* -------------------------------------------------------------------- send */

static ssize_t send_datagram(const struct descriptor *descriptor,
			     const void *data, size_t len, int flags,
			     const struct sockaddr *peer, socklen_t peer_len)
{
	struct iovec iov = { (void *)data, len };
	struct msghdr message = { .msg_name = (void *)peer,
				  .msg_namelen = peer_len,
				  .msg_iov = &iov,
				  .msg_iovlen = 1 };

	return datagram_send(descriptor, &message, flags);
}

static ssize_t send_fast(const struct descriptor *descriptor, const void *data,
			 size_t len, int flags, const struct sockaddr *peer,
			 socklen_t peer_len)
{
	struct iovec iov = { (void *)data, len };
	struct msghdr message = { .msg_name = (void *)peer,
				  .msg_namelen = peer_len,
				  .msg_iov = &iov,
				  .msg_iovlen = 1 };

	return fast_open_send(descriptor, &message, flags);
}

/* An unconnected socket's first destination may be one for the kernel. */
static bool goes_around(const struct descriptor *descriptor,
			const struct sockaddr *name, socklen_t name_len)
{
	struct pyt_sockaddr peer;

	return descriptor->kind == DESCRIPTOR_DATAGRAM && name &&
	       datagram_destination(descriptor, name, name_len, &peer) == 0 &&
	       bypass_is_wanted(&peer) && bypass_replace(descriptor) == 0;
}

FOR_ENDPOINT ssize_t sendto_endpoint(int fd, const void *data, size_t len,
				     int flags, const struct sockaddr *peer,
				     socklen_t peer_len)
{
	struct descriptor descriptor;
	ssize_t result;

	if (!descriptor_get(fd, &descriptor) ||
	    goes_around(&descriptor, peer, peer_len))
		return libc_real.sendto(fd, data, len, flags, peer, peer_len);
	if (descriptor.kind == DESCRIPTOR_STREAM && (flags & MSG_FASTOPEN))
		result = send_fast(&descriptor, data, len, flags, peer,
				   peer_len);
	else if (descriptor.kind == DESCRIPTOR_STREAM)
		result = connection_send(&descriptor, data, len, flags);
	else if (peer && peer_len == 0 &&
		 (descriptor.slot->type == SOCK_DGRAM ||
		  descriptor.slot->family == AF_INET6))
		result = -EINVAL;
	else
		result = send_datagram(&descriptor, data, len, flags, peer,
				       peer_len);
	if (result == CONNECTION_NOT_OURS)
		return libc_real.sendto(fd, data, len, flags, peer, peer_len);
	error_queue_on_send(&descriptor, flags, result);
	return libc_result(result);
}

INTERPOSED ssize_t sendto(int fd, const void *data, size_t len, int flags,
			  const struct sockaddr *peer, socklen_t peer_len)
{
	if (descriptor_is_file(fd))
		return libc_real.sendto(fd, data, len, flags, peer, peer_len);
	return sendto_endpoint(fd, data, len, flags, peer, peer_len);
}

INTERPOSED ssize_t send(int fd, const void *data, size_t len, int flags)
{
	if (descriptor_is_file(fd))
		return libc_real.send(fd, data, len, flags);
	return sendto(fd, data, len, flags, NULL, 0);
}

INTERPOSED ssize_t __send(int fd, const void *data, size_t len, int flags)
{
	return send(fd, data, len, flags);
}

static ssize_t send_message(const struct descriptor *descriptor,
			    const struct msghdr *message, int flags)
{
	if (descriptor->kind == DESCRIPTOR_STREAM && (flags & MSG_FASTOPEN))
		return fast_open_send(descriptor, message, flags);
	if (descriptor->kind == DESCRIPTOR_STREAM)
		return connection_send_message(descriptor, message, flags);
	return datagram_send(descriptor, message, flags);
}

/* A descriptor may go along, of a socket that the stack knows nothing of. */
static ssize_t send_natively(int fd, const struct msghdr *message, int flags)
{
	if (message && message->msg_controllen)
		client_tell_taken();
	return libc_real.sendmsg(fd, message, flags);
}

INTERPOSED ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct descriptor descriptor;
	ssize_t result;

	if (!message || !descriptor_get(fd, &descriptor) ||
	    goes_around(&descriptor, message->msg_name, message->msg_namelen))
		return send_natively(fd, message, flags);
	result = send_message(&descriptor, message, flags);
	if (result == CONNECTION_NOT_OURS)
		return send_natively(fd, message, flags);
	error_queue_on_send(&descriptor, flags, result);
	return libc_result(result);
}

INTERPOSED int sendmmsg(int fd, struct mmsghdr *messages, unsigned count,
			int flags)
{
	struct descriptor descriptor;
	ssize_t result = 0;
	unsigned done;

	if (!descriptor_get(fd, &descriptor)) {
		client_tell_taken(); /* as send_natively() */
		return libc_real.sendmmsg(fd, messages, count, flags);
	}
	if (count > IOV_MAX)
		count = IOV_MAX;
	if (count && pointer_is_wrong(messages))
		return (int)libc_result(-EFAULT);
	for (done = 0; done < count; done++) {
		result = send_message(&descriptor, &messages[done].msg_hdr,
				      flags);
		if (result < 0)
			break;
		messages[done].msg_len = (unsigned)result;
		error_queue_on_send(&descriptor, flags, result);
	}
	if (done == 0 && result == CONNECTION_NOT_OURS)
		return libc_real.sendmmsg(fd, messages, count, flags);
	return done ? (int)done : (int)libc_result(result);
}

FOR_ENDPOINT ssize_t write_endpoint(int fd, const void *data, size_t len)
{
	struct descriptor descriptor;
	ssize_t result;

	if (!descriptor_get(fd, &descriptor))
		return libc_real.write(fd, data, len);
	if (descriptor.kind == DESCRIPTOR_STREAM)
		result = connection_write(&descriptor, data, len);
	else
		result = send_datagram(&descriptor, data, len, 0, NULL, 0);
	if (result == CONNECTION_NOT_OURS)
		return libc_real.write(fd, data, len);
	return libc_result(result);
}

INTERPOSED ssize_t write(int fd, const void *data, size_t len)
{
	if (descriptor_is_file(fd))
		return libc_real.write(fd, data, len);
	return write_endpoint(fd, data, len);
}

INTERPOSED ssize_t __write(int fd, const void *data, size_t len)
{
	return write(fd, data, len);
}

FOR_ENDPOINT ssize_t writev_endpoint(int fd, const struct iovec *iov,
				     int iov_count)
{
	struct msghdr message = { .msg_iov = (struct iovec *)iov,
				  .msg_iovlen = (size_t)iov_count };
	struct descriptor descriptor;
	ssize_t result;

	if (iov_count < 0 || !descriptor_get(fd, &descriptor))
		return libc_real.writev(fd, iov, iov_count);
	result = descriptor.kind == DESCRIPTOR_STREAM
			 ? connection_writev(&descriptor, iov, iov_count)
			 : datagram_send(&descriptor, &message, 0);
	if (result == CONNECTION_NOT_OURS)
		return libc_real.writev(fd, iov, iov_count);
	return libc_result(result);
}

INTERPOSED ssize_t writev(int fd, const struct iovec *iov, int iov_count)
{
	if (descriptor_is_file(fd))
		return libc_real.writev(fd, iov, iov_count);
	return writev_endpoint(fd, iov, iov_count);
}

/* ----------------------------------------------------------------- receive */

static ssize_t receive_message(const struct descriptor *descriptor,
			       struct msghdr *message, int flags)
{
	if (descriptor->kind == DESCRIPTOR_STREAM)
		return connection_receive_message(descriptor, message, flags);
	return datagram_receive(descriptor, message, flags);
}

static ssize_t receive_from(const struct descriptor *descriptor, void *data,
			    size_t len, int flags, struct sockaddr *peer,
			    socklen_t *peer_len)
{
	struct iovec iov = { data, len };
	struct msghdr message = { .msg_name = peer,
				  .msg_namelen = peer ? *peer_len : 0,
				  .msg_iov = &iov,
				  .msg_iovlen = 1 };
	ssize_t result;

	if (descriptor->kind == DESCRIPTOR_STREAM) {
		message.msg_namelen = 0;
		result = connection_receive(descriptor, data, len, flags);
	} else {
		result = datagram_receive(descriptor, &message, flags);
	}
	if (result >= 0 && peer)
		*peer_len = message.msg_namelen;
	return result;
}

FOR_ENDPOINT ssize_t recvfrom_endpoint(int fd, void *data, size_t len,
				       int flags, struct sockaddr *peer,
				       socklen_t *peer_len)
{
	struct descriptor descriptor;
	ssize_t result;

	if (!descriptor_get(fd, &descriptor))
		return libc_real.recvfrom(fd, data, len, flags, peer, peer_len);
	result = receive_from(&descriptor, data, len, flags,
			      peer_len ? peer : NULL, peer_len);
	if (result >= 0 && peer && !peer_len)
		result = -EFAULT; /* what was received is gone, as on Linux */
	if (result == CONNECTION_NOT_OURS)
		return libc_real.recvfrom(fd, data, len, flags, peer, peer_len);
	return libc_result(result);
}

INTERPOSED ssize_t recvfrom(int fd, void *data, size_t len, int flags,
			    struct sockaddr *peer, socklen_t *peer_len)
{
	if (descriptor_is_file(fd))
		return libc_real.recvfrom(fd, data, len, flags, peer, peer_len);
	return recvfrom_endpoint(fd, data, len, flags, peer, peer_len);
}

INTERPOSED ssize_t __recvfrom_chk(int fd, void *data, size_t len, size_t room,
				  int flags, struct sockaddr *peer,
				  socklen_t *peer_len)
{
	struct descriptor descriptor;

	if (len > room || !descriptor_get(fd, &descriptor))
		return libc_real.__recvfrom_chk(fd, data, len, room, flags,
						peer, peer_len);
	return recvfrom(fd, data, len, flags, peer, peer_len);
}

INTERPOSED ssize_t recv(int fd, void *data, size_t len, int flags)
{
	if (descriptor_is_file(fd))
		return libc_real.recv(fd, data, len, flags);
	return recvfrom(fd, data, len, flags, NULL, NULL);
}

INTERPOSED ssize_t __recv(int fd, void *data, size_t len, int flags)
{
	return recv(fd, data, len, flags);
}

INTERPOSED ssize_t __recv_chk(int fd, void *data, size_t len, size_t room,
			      int flags)
{
	struct descriptor descriptor;

	if (len > room || !descriptor_get(fd, &descriptor))
		return libc_real.__recv_chk(fd, data, len, room, flags);
	return recvfrom(fd, data, len, flags, NULL, NULL);
}

/* Descriptors that came along over AF_UNIX may be endpoints. */
static void look_at_passed(struct msghdr *message)
{
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(message); cmsg;
	     cmsg = CMSG_NXTHDR(message, cmsg)) {
		const int *fd = (const int *)CMSG_DATA(cmsg);
		size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(*fd);

		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++)
			descriptor_forget(fd[i]);
	}
}

static ssize_t receive_natively(int fd, struct msghdr *message, int flags)
{
	ssize_t result = libc_real.recvmsg(fd, message, flags);

	if (result >= 0 && message && message->msg_controllen)
		look_at_passed(message);
	return result;
}

INTERPOSED ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	struct descriptor descriptor;
	ssize_t result;

	if (!message || !descriptor_get(fd, &descriptor))
		return receive_natively(fd, message, flags);
	result = receive_message(&descriptor, message, flags);
	if (result == CONNECTION_NOT_OURS)
		return receive_natively(fd, message, flags);
	return libc_result(result);
}

static bool is_over(const struct timespec *deadline)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > deadline->tv_sec ||
	       (now.tv_sec == deadline->tv_sec &&
		now.tv_nsec >= deadline->tv_nsec);
}

/* recvmmsg(2): the time is looked at after each message only. */
static int receive_many(const struct descriptor *descriptor,
			struct mmsghdr *messages, unsigned count, int flags,
			const struct timespec *deadline)
{
	ssize_t result = 0;
	unsigned done;

	for (done = 0; done < count; done++) {
		result = receive_message(descriptor, &messages[done].msg_hdr,
					 flags & ~MSG_WAITFORONE);
		if (result < 0)
			break;
		messages[done].msg_len = (unsigned)result;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (deadline && is_over(deadline)) {
			done++;
			break;
		}
	}
	return done ? (int)done : (int)result;
}

static int receive_many_natively(int fd, struct mmsghdr *messages,
				 unsigned count, int flags,
				 struct timespec *timeout)
{
	int result = libc_real.recvmmsg(fd, messages, count, flags, timeout);

	for (int i = 0; i < result; i++) {
		if (messages[i].msg_hdr.msg_controllen)
			look_at_passed(&messages[i].msg_hdr);
	}
	return result;
}

INTERPOSED int recvmmsg(int fd, struct mmsghdr *messages, unsigned count,
			int flags, struct timespec *timeout)
{
	struct descriptor descriptor;
	struct timespec deadline;
	int result;

	if (!descriptor_get(fd, &descriptor))
		return receive_many_natively(fd, messages, count, flags,
					     timeout);
	if (timeout && (timeout->tv_sec < 0 || timeout->tv_nsec < 0 ||
			timeout->tv_nsec >= 1000000000))
		return (int)libc_result(-EINVAL);
	if (count > IOV_MAX)
		count = IOV_MAX;
	if (count && pointer_is_wrong(messages))
		return (int)libc_result(-EFAULT);
	if (timeout) {
		clock_gettime(CLOCK_MONOTONIC, &deadline);
		deadline.tv_sec += timeout->tv_sec;
		deadline.tv_nsec += timeout->tv_nsec;
		if (deadline.tv_nsec >= 1000000000) {
			deadline.tv_sec++;
			deadline.tv_nsec -= 1000000000;
		}
	}
	result = receive_many(&descriptor, messages, count, flags,
			      timeout ? &deadline : NULL);
	if (result == CONNECTION_NOT_OURS)
		return receive_many_natively(fd, messages, count, flags,
					     timeout);
	return (int)libc_result(result);
}

FOR_ENDPOINT ssize_t read_endpoint(int fd, void *data, size_t len)
{
	struct descriptor descriptor;
	ssize_t result;

	if (!descriptor_get(fd, &descriptor))
		return libc_real.read(fd, data, len);
	if (descriptor.kind == DESCRIPTOR_STREAM)
		result = connection_read(&descriptor, data, len);
	else if (len == 0) /* takes no message, as Linux's read(2) */
		result = 0;
	else
		result = receive_from(&descriptor, data, len, 0, NULL, NULL);
	if (result == CONNECTION_NOT_OURS)
		return libc_real.read(fd, data, len);
	return libc_result(result);
}

INTERPOSED ssize_t read(int fd, void *data, size_t len)
{
	if (descriptor_is_file(fd))
		return libc_real.read(fd, data, len);
	return read_endpoint(fd, data, len);
}

INTERPOSED ssize_t __read(int fd, void *data, size_t len)
{
	return read(fd, data, len);
}

INTERPOSED ssize_t __read_chk(int fd, void *data, size_t len, size_t room)
{
	struct descriptor descriptor;

	if (len > room || !descriptor_get(fd, &descriptor))
		return libc_real.__read_chk(fd, data, len, room);
	return read(fd, data, len);
}

FOR_ENDPOINT ssize_t readv_endpoint(int fd, const struct iovec *iov,
				    int iov_count)
{
	struct msghdr message = { .msg_iov = (struct iovec *)iov,
				  .msg_iovlen = (size_t)iov_count };
	struct descriptor descriptor;
	ssize_t result;

	if (iov_count < 0 || !descriptor_get(fd, &descriptor))
		return libc_real.readv(fd, iov, iov_count);
	result = descriptor.kind == DESCRIPTOR_STREAM
			 ? connection_readv(&descriptor, iov, iov_count)
			 : datagram_receive(&descriptor, &message, 0);
	if (result == CONNECTION_NOT_OURS)
		return libc_real.readv(fd, iov, iov_count);
	return libc_result(result);
}

INTERPOSED ssize_t readv(int fd, const struct iovec *iov, int iov_count)
{
	if (descriptor_is_file(fd))
		return libc_real.readv(fd, iov, iov_count);
	return readv_endpoint(fd, iov, iov_count);
}

/* ------------------------------------------------- without a place: -1 */

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20 /* linux/fs.h, since 6.9 */
#endif

/* Those that a socket takes; all but NOWAIT mean nothing to it. */
#define RWF_OF_SOCKETS                                                \
	(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND | \
	 RWF_NOAPPEND)

/* What else is asked for is refused, as the kernel does with the endpoint. */
static bool is_plain(int fd, off64_t offset, int flags)
{
	struct descriptor descriptor;

	return offset == -1 && !(flags & ~RWF_OF_SOCKETS) &&
	       descriptor_get(fd, &descriptor);
}

static ssize_t read_pieces(int fd, const struct iovec *iov, int iov_count,
			   int flags)
{
	struct msghdr message = { .msg_iov = (struct iovec *)iov,
				  .msg_iovlen = (size_t)iov_count };

	if (!(flags & RWF_NOWAIT) || iov_count < 0)
		return readv(fd, iov, iov_count);
	return recvmsg(fd, &message, MSG_DONTWAIT);
}

static ssize_t write_pieces(int fd, const struct iovec *iov, int iov_count,
			    int flags)
{
	struct msghdr message = { .msg_iov = (struct iovec *)iov,
				  .msg_iovlen = (size_t)iov_count };

	if (!(flags & RWF_NOWAIT) || iov_count < 0)
		return writev(fd, iov, iov_count);
	return sendmsg(fd, &message, MSG_DONTWAIT);
}

INTERPOSED ssize_t preadv2(int fd, const struct iovec *iov, int iov_count,
			   off_t offset, int flags)
{
	if (is_plain(fd, offset, flags))
		return read_pieces(fd, iov, iov_count, flags);
	return libc_real.preadv2(fd, iov, iov_count, offset, flags);
}

INTERPOSED ssize_t preadv64v2(int fd, const struct iovec *iov, int iov_count,
			      off64_t offset, int flags)
{
	if (is_plain(fd, offset, flags))
		return read_pieces(fd, iov, iov_count, flags);
	return libc_real.preadv64v2(fd, iov, iov_count, offset, flags);
}

INTERPOSED ssize_t pwritev2(int fd, const struct iovec *iov, int iov_count,
			    off_t offset, int flags)
{
	if (is_plain(fd, offset, flags))
		return write_pieces(fd, iov, iov_count, flags);
	return libc_real.pwritev2(fd, iov, iov_count, offset, flags);
}

INTERPOSED ssize_t pwritev64v2(int fd, const struct iovec *iov, int iov_count,
			       off64_t offset, int flags)
{
	if (is_plain(fd, offset, flags))
		return write_pieces(fd, iov, iov_count, flags);
	return libc_real.pwritev64v2(fd, iov, iov_count, offset, flags);
}
