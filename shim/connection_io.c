/*
 * Bytes of a stream. The endpoint is asked first; only what ends or fails is
 * looked at again, because AF_UNIX says it in other words than TCP.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ancillary.h"
#include "client.h"
#include "connection.h"
#include "datagram.h"
#include "lane_io.h"
#include "libc_real.h"
#include "low_water.h"
#include "stream_control.h"

#define DISCARD_LEN 4096
#define PIECE_LEN 65536 /* of a file, by sendfile(2): 16 pages */
#define WRITE_LEN_MAX 0x7ffff000 /* of one call, write(2) */

static size_t message_len(const struct msghdr *message)
{
	size_t len = 0;

	for (size_t i = 0; i < message->msg_iovlen; i++)
		len += message->msg_iov[i].iov_len;
	return len;
}

/* -------------------------------------------------------------------- send */

/* tcp(7): EPIPE comes with a signal unless it is not wanted. */
static ssize_t broken_pipe(int flags)
{
	if (!(flags & MSG_NOSIGNAL))
		libc_raw(SYS_tgkill, libc_raw(SYS_getpid), libc_raw(SYS_gettid),
			 SIGPIPE);
	return -EPIPE;
}

/* Without a reason to look closer: two loads. */
static bool may_send(const struct descriptor *stream)
{
	return !descriptor_has_error(stream) &&
	       !(descriptor_flags(stream) & PYT_SLOT_CONNECTING);
}

/*
 * The error that came meanwhile is told once, before anything is sent; a
 * connection that is not there yet takes nothing.
 */
ssize_t connection_before_send(const struct descriptor *stream, int flags)
{
	int error;

	if (may_send(stream))
		return 0;
	error = descriptor_take_error(stream);
	if (error)
		return error == EPIPE ? broken_pipe(flags) : -error;
	if (descriptor_flags(stream) & PYT_SLOT_CONNECTING)
		return connection_wait_to_send(stream, flags);
	return 0;
}

/*
 * An end for which the connection's state has no reason: the stack itself may
 * have ended. What it holds of ours closes in any order, so it is asked.
 */
static bool stack_is_there(const struct descriptor *stream)
{
	switch (stream->slot->tcp_state) {
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2:
		return client_answers();
	default:
		return client_is_alive();
	}
}

static ssize_t send_failed(const struct descriptor *stream, int error,
			   int flags)
{
	int told;

	switch (error) {
	case EPIPE:
	case ECONNRESET: /* the other end closed with bytes unread */
	case ENOTCONN:
		break;
	case ENOTSOCK:
	case EOPNOTSUPP:
	case EDESTADDRREQ:
		if (!descriptor_verify(stream))
			return CONNECTION_NOT_OURS;
		return -error;
	default:
		return -error;
	}
	if (!descriptor_verify(stream))
		return CONNECTION_NOT_OURS;
	if (!stack_is_there(stream))
		return -ENETDOWN;
	told = descriptor_take_error(stream);
	if (told && told != EPIPE)
		return -told;
	return broken_pipe(flags);
}

/*
 * The stack reads up to the mark then, instead of over it. A round trip, for
 * it must know before the byte is there; urgent data is rare.
 */
static void announce_urgent(const struct descriptor *stream)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_SEND_URGENT);

	client_call(&call);
}

static void tell_more(const struct descriptor *stream, size_t len,
		      bool withdrawn)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_MORE);

	call.args[0] = len < WRITE_LEN_MAX ? (int)len : WRITE_LEN_MAX;
	call.args[1] = withdrawn;
	client_call(&call);
}

/* What the stack must know of the bytes before it may meet them. */
static void announce(const struct descriptor *stream, size_t len, int flags)
{
	if (flags & MSG_OOB)
		announce_urgent(stream);
	if (flags & MSG_MORE && len)
		tell_more(stream, len, false);
}

/* result: how many of the announced bytes the endpoint took, or -1. */
static void announced(const struct descriptor *stream, size_t len, int flags,
		      ssize_t result)
{
	int error = errno;
	size_t taken = result > 0 ? (size_t)result : 0;

	if (flags & MSG_MORE && taken < len)
		tell_more(stream, len - taken, true);
	errno = error;
}

ssize_t connection_send(const struct descriptor *stream, const void *data,
			size_t len, int flags)
{
	ssize_t result;

	result = connection_before_send(stream, flags);
	if (result)
		return result;
	if (len <= LANE_LEN_MAX) {
		struct iovec iov = { (void *)data, len };

		result = lane_send(stream, &iov, 1, flags);
		if (result != LANE_NO)
			return result;
	}
	if (flags & (MSG_OOB | MSG_MORE))
		announce(stream, len, flags);
	result = libc_real.sendto(stream->fd, data, len, flags | MSG_NOSIGNAL,
				  NULL, 0);
	if (flags & MSG_MORE)
		announced(stream, len, flags, result);
	return result >= 0 ? result : send_failed(stream, errno, flags);
}

/*
 * write(2) stays write(2): a program may have forbidden itself the calls of
 * sockets (seccomp; sshd does). So the kernel has sent the signal already if
 * it said EPIPE.
 */
ssize_t connection_write_failed(const struct descriptor *stream, int error)
{
	return send_failed(stream, error, error == EPIPE ? MSG_NOSIGNAL : 0);
}

ssize_t connection_write(const struct descriptor *stream, const void *data,
			 size_t len)
{
	ssize_t result;

	result = connection_before_send(stream, 0);
	if (result)
		return result;
	if (len <= LANE_LEN_MAX) {
		struct iovec iov = { (void *)data, len };

		result = lane_send(stream, &iov, 1, 0);
		if (result != LANE_NO)
			return result;
	}
	result = libc_real.write(stream->fd, data, len);
	return result >= 0 ? result : connection_write_failed(stream, errno);
}

ssize_t connection_writev(const struct descriptor *stream,
			  const struct iovec *iov, int iov_count)
{
	ssize_t result;

	result = connection_before_send(stream, 0);
	if (result)
		return result;
	result = lane_send(stream, iov, iov_count, 0);
	if (result != LANE_NO)
		return result;
	result = libc_real.writev(stream->fd, iov, iov_count);
	return result >= 0 ? result : connection_write_failed(stream, errno);
}

ssize_t connection_splice_more(const struct descriptor *stream, int fd_in,
			       off64_t *offset_in, size_t len, unsigned flags)
{
	ssize_t result;

	announce(stream, len, MSG_MORE);
	result = libc_real.splice(fd_in, offset_in, stream->fd, NULL, len,
				  flags);
	announced(stream, len, MSG_MORE, result);
	return result;
}

/* Bytes that sendfile(2) will find, if nobody changes the file; 0: unknown. */
static size_t file_left(int fd, const off64_t *offset, size_t len)
{
	struct stat status;
	long at;

	if (libc_raw(SYS_fstat, fd, &status) < 0 || !S_ISREG(status.st_mode))
		return 0;
	at = offset ? *offset : libc_raw(SYS_lseek, fd, 0L, (long)SEEK_CUR);
	if (at < 0 || at >= status.st_size)
		return 0;
	if (len > WRITE_LEN_MAX)
		len = WRITE_LEN_MAX;
	return len < (size_t)(status.st_size - at)
		       ? len
		       : (size_t)(status.st_size - at);
}

/*
 * The kernel moves as much as a pipe holds at a time, and Linux's TCP hears of
 * each piece but the last that more follows. So does the stack: of all bytes
 * but the last one. What is not sent after all is withdrawn, until no more
 * than that holds.
 */
ssize_t connection_send_file(const struct descriptor *stream, int fd_in,
			     off64_t *offset, size_t len)
{
	size_t expected = file_left(fd_in, offset, len), taken;
	ssize_t result;
	int error;

	if (expected <= PIECE_LEN)
		return libc_real.sendfile64(stream->fd, fd_in, offset, len);
	tell_more(stream, expected - 1, false);
	result = libc_real.sendfile64(stream->fd, fd_in, offset, len);
	error = errno;
	taken = result > 0 ? (size_t)result : 1;
	if (taken < expected)
		tell_more(stream, expected - taken, true);
	errno = error;
	return result;
}

/* TCP has no use for a name or for control messages; AF_UNIX would. */
ssize_t connection_send_message(const struct descriptor *stream,
				const struct msghdr *message, int flags)
{
	struct msghdr bare = { .msg_iov = message->msg_iov,
			       .msg_iovlen = message->msg_iovlen };
	ssize_t result;

	result = ancillary_check(message,
				 ancillary_time(stream->slot->ancillary));
	if (result)
		return result;
	result = connection_before_send(stream, flags);
	if (result)
		return result;
	result = lane_send(stream, message->msg_iov, (int)message->msg_iovlen,
			   flags);
	if (result != LANE_NO)
		return result;
	if (flags & (MSG_OOB | MSG_MORE))
		announce(stream, message_len(message), flags);
	result = libc_real.sendmsg(stream->fd, &bare, flags | MSG_NOSIGNAL);
	if (flags & MSG_MORE)
		announced(stream, message_len(message), flags, result);
	return result >= 0 ? result : send_failed(stream, errno, flags);
}

/* ----------------------------------------------------------------- receive */

static ssize_t native_receive(const struct descriptor *stream, void *data,
			      size_t len, int flags)
{
	return LOW_WATER_READ(
		stream, flags,
		libc_real.recvfrom(stream->fd, data, len, flags, NULL, NULL));
}

static ssize_t native_read(const struct descriptor *stream, void *data,
			   size_t len)
{
	return LOW_WATER_READ(stream, 0, libc_real.read(stream->fd, data, len));
}

static ssize_t native_readv(const struct descriptor *stream,
			    const struct iovec *iov, int iov_count)
{
	return LOW_WATER_READ(stream, 0,
			      libc_real.readv(stream->fd, iov, iov_count));
}

static ssize_t native_receive_message(const struct descriptor *stream,
				      struct msghdr *message, int flags)
{
	return LOW_WATER_READ(stream, flags,
			      libc_real.recvmsg(stream->fd, message, flags));
}

/* 0 bytes: the peer's FIN, an error that the slot knows, or no stack. */
ssize_t connection_receive_ended(const struct descriptor *stream)
{
	int error;

	/* A reset behind the FIN: what is read has ended well, as on Linux. */
	if (descriptor_peek_error(stream) == EPIPE)
		return 0;
	error = descriptor_take_error(stream);
	if (error)
		return -error;
	if (!descriptor_verify(stream))
		return 0;
	return stack_is_there(stream) ? 0 : -ENETDOWN;
}

/* Room for nothing, and nothing came: an error is told if no data waits. */
static ssize_t receive_nothing(const struct descriptor *stream)
{
	int waiting = 0;

	if (!descriptor_has_error(stream))
		return 0;
	libc_raw(SYS_ioctl, stream->fd, (long)FIONREAD, &waiting);
	return waiting ? 0 : -descriptor_take_error(stream);
}

ssize_t connection_receive_failed(const struct descriptor *stream, int error)
{
	int told;

	switch (error) {
	case ECONNRESET: /* or told already: then it is the end */
		return connection_receive_ended(stream);
	case EINVAL: /* AF_UNIX: not connected */
		if (!descriptor_verify(stream))
			return -error;
		told = descriptor_take_error(stream);
		return told ? -told : -ENOTCONN;
	case ENOTSOCK:
		return descriptor_verify(stream) ? -error : CONNECTION_NOT_OURS;
	default:
		return -error;
	}
}

/*
 * The endpoint forgets an urgent byte that a read has gone past, such as one
 * that was asleep when it came; TCP keeps it for the handler of SIGURG.
 */
static ssize_t receive_passed(const struct descriptor *stream,
			      struct msghdr *message, int flags, ssize_t result)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_RECV_URGENT);
	int is_inline = 0;
	socklen_t len = sizeof(is_inline);
	int byte;

	libc_raw(SYS_getsockopt, stream->fd, SOL_SOCKET, SO_OOBINLINE,
		 &is_inline, &len);
	if (is_inline)
		return result;
	call.args[0] = (flags & MSG_PEEK) != 0;
	byte = client_call(&call);
	if (result >= 0 || byte < 0)
		return result;
	message->msg_flags = MSG_OOB;
	for (size_t i = 0; i < message->msg_iovlen; i++) {
		if (message->msg_iov[i].iov_len == 0)
			continue;
		*(unsigned char *)message->msg_iov[i].iov_base =
			(unsigned char)byte;
		return 1;
	}
	return 0;
}

static ssize_t receive_aside(const struct descriptor *stream,
			     struct msghdr *message, int flags)
{
	struct msghdr bare = { .msg_iov = message->msg_iov,
			       .msg_iovlen = message->msg_iovlen };
	ssize_t result;

	if (flags & MSG_ERRQUEUE)
		return datagram_receive_error(stream, message, flags);
	result = libc_real.recvmsg(stream->fd, &bare, flags);
	if (result < 0)
		result = -errno;
	if (result == -ENOTSOCK)
		return connection_receive_failed(stream, ENOTSOCK);
	if (result == -EOPNOTSUPP)
		result = -EINVAL; /* a kernel without AF_UNIX's MSG_OOB */
	message->msg_namelen = 0;
	message->msg_controllen = 0;
	message->msg_flags = bare.msg_flags;
	if (result == -EINVAL && descriptor_flags(stream) & PYT_SLOT_LISTENING)
		return -ENOTCONN;
	if (result < 0 && result != -EINVAL)
		return result;
	return receive_passed(stream, message, flags, result);
}

/* tcp(7): MSG_TRUNC takes bytes without handing them over. */
static ssize_t discard(const struct descriptor *stream, size_t len, int flags)
{
	char bytes[DISCARD_LEN];
	ssize_t result;

	if (len > sizeof(bytes))
		len = sizeof(bytes);
	result = native_receive(stream, bytes, len, flags & ~MSG_TRUNC);
	if (result > 0 || (result == 0 && len == 0))
		return result;
	return result == 0 ? connection_receive_ended(stream)
			   : connection_receive_failed(stream, errno);
}

ssize_t connection_receive(const struct descriptor *stream, void *data,
			   size_t len, int flags)
{
	ssize_t result;

	if (flags & (MSG_OOB | MSG_ERRQUEUE)) {
		struct iovec iov = { data, len };
		struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

		return receive_aside(stream, &message, flags);
	}
	if (flags & MSG_TRUNC)
		return discard(stream, len, flags);
	result = lane_receive(stream, data, len, flags);
	if (result == 0)
		return connection_receive_ended(stream);
	if (result != LANE_NO)
		return result;
	result = native_receive(stream, data, len, flags);
	if (result > 0)
		return result;
	if (result == 0 && len == 0)
		return receive_nothing(stream);
	return result == 0 ? connection_receive_ended(stream)
			   : connection_receive_failed(stream, errno);
}

ssize_t connection_read(const struct descriptor *stream, void *data, size_t len)
{
	ssize_t result = lane_receive(stream, data, len, 0);

	if (result == 0)
		return connection_receive_ended(stream);
	if (result != LANE_NO)
		return result;
	result = native_read(stream, data, len);
	if (result > 0 || (result == 0 && len == 0))
		return result;
	return result == 0 ? connection_receive_ended(stream)
			   : connection_receive_failed(stream, errno);
}

ssize_t connection_readv(const struct descriptor *stream,
			 const struct iovec *iov, int iov_count)
{
	ssize_t result = native_readv(stream, iov, iov_count);

	if (result > 0)
		return result;
	for (int i = 0; result == 0 && i < iov_count; i++) {
		if (iov[i].iov_len)
			return connection_receive_ended(stream);
	}
	return result == 0 ? 0 : connection_receive_failed(stream, errno);
}

ssize_t connection_receive_message(const struct descriptor *stream,
				   struct msghdr *message, int flags)
{
	struct msghdr bare = { .msg_iov = message->msg_iov,
			       .msg_iovlen = message->msg_iovlen };
	size_t control_room = message->msg_controllen;
	uint32_t wanted;
	ssize_t result;

	if (flags & (MSG_OOB | MSG_ERRQUEUE)) {
		message->msg_flags = 0;
		return receive_aside(stream, message, flags);
	}
	if (flags & MSG_TRUNC)
		result = discard(stream, message_len(message), flags);
	else
		result = native_receive_message(stream, &bare, flags);
	message->msg_namelen = 0;
	message->msg_controllen = 0;
	message->msg_flags = bare.msg_flags;
	if (result < 0 && !(flags & MSG_TRUNC))
		result = connection_receive_failed(stream, errno);
	else if (result == 0 && !(flags & MSG_TRUNC) && message_len(message))
		result = connection_receive_ended(stream);
	wanted = stream_control_wanted(stream);
	if (result >= 0 && wanted) {
		message->msg_controllen = control_room;
		stream_control_give(stream, wanted, result, message);
	}
	return result;
}
