/* See message_calls.h. */
#include "message_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include "clock.h"
#include "endpoint.h"
#include "local_names.h"
#include "socket_calls.h"
#include "target.h"

#define CONTROL_LEN_MAX 16384
#define MESSAGES_MAX 1024 /* UIO_MAXIOV, of one sendmmsg(2) */

/* One message: the target's own struct, and what it points to, here. */
struct message {
	struct msghdr theirs;
	struct iovec pieces[IOV_MAX];
	size_t room; /* of all pieces */
	struct sockaddr_storage name;
	char control[CONTROL_LEN_MAX];
	char data[1 << 18]; /* longer ones of a stream go in parts */
	struct iovec all; /* data */
	struct msghdr ours;
};

static struct message message; /* one call is handled at a time */

/* ------------------------------------------------------------- from and to */

static int set_pieces(const struct call *call)
{
	size_t count = message.theirs.msg_iovlen;

	if (count > IOV_MAX)
		return -EMSGSIZE;
	if (target_read(call, (uintptr_t)message.theirs.msg_iov, message.pieces,
			count * sizeof(*message.pieces)) < 0 &&
	    count)
		return -EFAULT;
	message.room = 0;
	for (size_t i = 0; i < count; i++) {
		if (message.pieces[i].iov_len > SSIZE_MAX - message.room)
			return -EINVAL;
		message.room += message.pieces[i].iov_len;
	}
	return 0;
}

static void set_piece(uint64_t at, uint64_t len)
{
	message.theirs = (struct msghdr){ .msg_iovlen = 1 };
	message.pieces[0] = (struct iovec){ (void *)(uintptr_t)at, len };
	message.room = len;
}

/* Ours, around the bytes that there are or may come. */
static void set_ours(size_t len)
{
	message.all = (struct iovec){ message.data, len };
	message.ours =
		(struct msghdr){ .msg_iov = &message.all, .msg_iovlen = 1 };
}

static size_t len_here(void)
{
	return message.room < sizeof(message.data) ? message.room
						   : sizeof(message.data);
}

static int set_name(const struct call *call)
{
	int len;

	message.name.ss_family = AF_UNSPEC;
	if (!message.theirs.msg_name)
		return 0;
	len = socket_calls_read_name(call, (uintptr_t)message.theirs.msg_name,
				     message.theirs.msg_namelen, &message.name);
	if (len < 0)
		return len;
	message.ours.msg_name = &message.name;
	message.ours.msg_namelen = (socklen_t)len;
	return 0;
}

static int set_control(const struct call *call)
{
	size_t len = message.theirs.msg_controllen;

	if (!message.theirs.msg_control || len == 0)
		return 0;
	if (len > sizeof(message.control))
		return -ENOBUFS;
	if (target_read(call, (uintptr_t)message.theirs.msg_control,
			message.control, len) < 0)
		return -EFAULT;
	message.ours.msg_control = message.control;
	message.ours.msg_controllen = len;
	return 0;
}

/* --------------------------------------------------------------------- wait */

/* Who may wait there is told of the end, who may not that nothing is there. */
static bool is_shut(int fd)
{
	struct pollfd end = { .fd = fd, .events = POLLRDHUP };

	return poll(&end, 1, 0) > 0 && end.revents & POLLRDHUP;
}

/* The result, or that the call waits as its descriptor's mode says. */
static long may_wait(struct call *call, long result, int flags, short events)
{
	if (result != -EAGAIN || flags & MSG_DONTWAIT ||
	    fcntl(call->fd, F_GETFL) & O_NONBLOCK)
		return result;
	if (events == POLLIN && is_shut(call->fd))
		return 0;
	if (!call->waited)
		call->deadline_ms = endpoint_deadline_ms(
			call->fd, events == POLLIN ? SO_RCVTIMEO : SO_SNDTIMEO);
	call->late = result;
	call->events = events;
	return CALL_WAIT;
}

/* --------------------------------------------------------------------- send */

/* SIGPIPE would be ours: who writes to what is shut learns it by EPIPE. */
static long send_one(struct call *call, int flags)
{
	uint64_t inode = endpoint_inode(call->fd);
	size_t len = len_here();
	int result;

	set_ours(len);
	result = set_name(call);
	if (result == 0)
		result = set_control(call);
	if (result < 0)
		return result;
	/* Other mistakes come first: libpyt finds this one in its turn. */
	if (target_gather(call, message.pieces, message.theirs.msg_iovlen,
			  message.data, len) < 0)
		message.all.iov_base = NULL;
	if (message.room > len && endpoint_has_messages(call->fd))
		return -EMSGSIZE;
	flags |= MSG_DONTWAIT | MSG_NOSIGNAL;
	if (call->number == SYS_sendto) /* tells no name from an empty one */
		result = (int)sendto(call->fd, message.all.iov_base, len, flags,
				     message.ours.msg_name,
				     message.ours.msg_namelen);
	else
		result = (int)sendmsg(call->fd, &message.ours, flags);
	if (result < 0)
		result = -errno;
	socket_calls_pass_on(call, inode);
	return result;
}

/* Of read(2) and write(2), which are number, or of readv(2) and writev(2). */
static int set_bytes(struct call *call, int number)
{
	if (call->number == number) {
		set_piece(call->args[1], call->args[2]);
		return 0;
	}
	message.theirs = (struct msghdr){
		.msg_iov = (struct iovec *)(uintptr_t)call->args[1],
		.msg_iovlen = call->args[2],
	};
	return set_pieces(call);
}

long message_call_write(struct call *call)
{
	int result = set_bytes(call, SYS_write);

	if (result < 0)
		return result;
	return may_wait(call, send_one(call, 0), 0, POLLOUT);
}

long message_call_sendto(struct call *call)
{
	int flags = (int)call->args[3];

	set_piece(call->args[1], call->args[2]);
	message.theirs.msg_name = (void *)(uintptr_t)call->args[4];
	message.theirs.msg_namelen = (socklen_t)call->args[5];
	set_ours(0);
	if (set_name(call) == 0 && local_names_has(&message.name))
		return local_names_hand_over(call);
	return may_wait(call, send_one(call, flags), flags, POLLOUT);
}

static int read_header(const struct call *call, uint64_t at)
{
	if (target_read(call, at, &message.theirs, sizeof(message.theirs)) < 0)
		return -EFAULT;
	return set_pieces(call);
}

long message_call_sendmsg(struct call *call)
{
	int flags = (int)call->args[2];
	int result = read_header(call, call->args[1]);

	if (result < 0)
		return result;
	return may_wait(call, send_one(call, flags), flags, POLLOUT);
}

/* The n-th of an array of the target's. */
static uint64_t header_at(const struct call *call, unsigned n)
{
	return call->args[1] + n * sizeof(struct mmsghdr);
}

static int write_len(const struct call *call, unsigned n, long len)
{
	unsigned value = (unsigned)len;

	return target_write(
		call, header_at(call, n) + offsetof(struct mmsghdr, msg_len),
		&value, sizeof(value));
}

static unsigned messages_wanted(const struct call *call)
{
	unsigned count = (unsigned)call->args[2];

	return count < MESSAGES_MAX ? count : MESSAGES_MAX;
}

/* Those that went are told; the error of the next one comes with its call. */
long message_call_sendmmsg(struct call *call)
{
	int flags = (int)call->args[3];
	long result = 0;

	while (call->done < messages_wanted(call)) {
		result = read_header(call, header_at(call, call->done));
		if (result == 0)
			result = send_one(call, flags);
		if (result >= 0)
			result = write_len(call, call->done, result);
		if (result < 0)
			break;
		call->done++;
	}
	result = may_wait(call, result, flags, POLLOUT);
	return call->done && result != CALL_WAIT ? call->done : result;
}

/* ------------------------------------------------------------------ receive */

/* The header's fields that are the answer's. */
static int give_header(const struct call *call, uint64_t at)
{
	struct msghdr *theirs = &message.theirs;

	if (theirs->msg_name &&
	    target_write(call, (uintptr_t)theirs->msg_name, &message.name,
			 message.ours.msg_namelen < theirs->msg_namelen
				 ? message.ours.msg_namelen
				 : theirs->msg_namelen) < 0)
		return -EFAULT;
	if (target_write(call, (uintptr_t)theirs->msg_control, message.control,
			 message.ours.msg_controllen) < 0)
		return -EFAULT;
	if (theirs->msg_name)
		theirs->msg_namelen = message.ours.msg_namelen;
	theirs->msg_controllen = message.ours.msg_controllen;
	theirs->msg_flags = message.ours.msg_flags;
	return target_write(call, at, theirs, sizeof(*theirs));
}

static long receive_one(struct call *call, int flags)
{
	size_t control = message.theirs.msg_controllen;
	size_t len;
	ssize_t result;

	set_ours(len_here());
	message.ours.msg_name = &message.name;
	message.ours.msg_namelen = sizeof(message.name);
	if (message.theirs.msg_control) {
		message.ours.msg_control = message.control;
		message.ours.msg_controllen = control < sizeof(message.control)
						      ? control
						      : sizeof(message.control);
	}
	result = recvmsg(call->fd, &message.ours, flags | MSG_DONTWAIT);
	if (result < 0)
		return -errno;
	len = (size_t)result < message.all.iov_len ? (size_t)result
						   : message.all.iov_len;
	if (flags & MSG_TRUNC && !endpoint_has_messages(call->fd))
		return result; /* tcp(7): nothing is handed over */
	if (target_scatter(call, message.pieces, message.theirs.msg_iovlen,
			   message.data, len) < 0)
		return -EFAULT;
	return result;
}

long message_call_read(struct call *call)
{
	int result = set_bytes(call, SYS_read);

	if (call->number == SYS_read && call->args[2] == 0)
		return 0; /* takes no message */
	if (result < 0)
		return result;
	return may_wait(call, receive_one(call, 0), 0, POLLIN);
}

long message_call_recvfrom(struct call *call)
{
	int flags = (int)call->args[3];
	long result;

	set_piece(call->args[1], call->args[2]);
	result = may_wait(call, receive_one(call, flags), flags, POLLIN);
	if (result >= 0 && call->args[4] &&
	    socket_calls_write_name(call, call->args[4], call->args[5],
				    &message.name,
				    message.ours.msg_namelen) < 0)
		return -EFAULT;
	return result;
}

long message_call_recvmsg(struct call *call)
{
	int flags = (int)call->args[2];
	long result = read_header(call, call->args[1]);

	if (result < 0)
		return result;
	result = may_wait(call, receive_one(call, flags), flags, POLLIN);
	if (result >= 0 && give_header(call, call->args[1]) < 0)
		return -EFAULT;
	return result;
}

/*
 * timeout is looked at after each message only, as on Linux. 1: it is over; 0,
 * or -errno.
 */
static int time_is_over(struct call *call)
{
	struct timespec timeout = { 0 };
	int64_t now_ms = clock_ms();

	if (!call->args[4])
		return 0;
	if (target_read(call, call->args[4], &timeout, sizeof(timeout)) < 0)
		return -EFAULT;
	if (timeout.tv_sec < 0 || timeout.tv_nsec < 0 ||
	    timeout.tv_nsec >= 1000000000)
		return -EINVAL;
	if (!call->started_ms)
		call->started_ms = now_ms;
	return now_ms >= call->started_ms + timeout.tv_sec * 1000 +
				 timeout.tv_nsec / 1000000;
}

long message_call_recvmmsg(struct call *call)
{
	int flags = (int)call->args[3];
	long result = time_is_over(call); /* it begins */

	if (result < 0)
		return result;
	result = 0;
	while (call->done < messages_wanted(call)) {
		uint64_t at = header_at(call, call->done);

		result = read_header(call, at);
		if (result == 0)
			result = receive_one(call, flags & ~MSG_WAITFORONE);
		if (result < 0)
			break;
		if (give_header(call, at) < 0 ||
		    write_len(call, call->done, result) < 0)
			result = -EFAULT;
		if (result < 0)
			break;
		call->done++;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (time_is_over(call))
			break;
	}
	if (result < 0)
		result = may_wait(call, result, flags, POLLIN);
	return call->done && result != CALL_WAIT ? call->done : result;
}
