/* MSG_FASTOPEN on a stream socket, as Linux's tcp_sendmsg() takes it. */
#include "fast_open.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "address.h"
#include "bypass.h"
#include "connection.h"
#include "libc_real.h"

#define FIRST_MAX 2048 /* more than a SYN holds */

/* The first bytes of the message, at most FIRST_MAX. */
static size_t gather(const struct msghdr *message, uint8_t *to)
{
	size_t done = 0;

	for (size_t i = 0; i < message->msg_iovlen && done < FIRST_MAX; i++) {
		size_t len = message->msg_iov[i].iov_len;

		if (len > FIRST_MAX - done)
			len = FIRST_MAX - done;
		if (len)
			memcpy(to + done, message->msg_iov[i].iov_base, len);
		done += len;
	}
	return done;
}

/* What is left of the message goes the usual way, piece by piece. */
static ssize_t send_rest(const struct descriptor *stream,
			 const struct msghdr *message, size_t done, int flags)
{
	size_t skip = done;

	for (size_t i = 0; i < message->msg_iovlen; i++) {
		const struct iovec *iov = &message->msg_iov[i];
		ssize_t sent;

		if (skip >= iov->iov_len) {
			skip -= iov->iov_len;
			continue;
		}
		sent = connection_send(stream, (char *)iov->iov_base + skip,
				       iov->iov_len - skip, flags);
		if (sent < 0)
			return done ? (ssize_t)done : sent;
		done += (size_t)sent;
		if ((size_t)sent < iov->iov_len - skip)
			break;
		skip = 0;
	}
	return (ssize_t)done;
}

static int destination(const struct descriptor *stream,
		       const struct msghdr *message, struct pyt_sockaddr *peer)
{
	const struct sockaddr *name = message->msg_name;

	if (!name || message->msg_namelen < sizeof(name->sa_family))
		return -EINVAL;
	if (name->sa_family == AF_UNSPEC)
		return -EOPNOTSUPP;
	return address_get(stream->slot->family, false, name,
			   message->msg_namelen, peer);
}

static bool may_wait(const struct descriptor *stream, int flags)
{
	return !(flags & MSG_DONTWAIT) &&
	       !(libc_raw(SYS_fcntl, stream->fd, F_GETFL, 0L) & O_NONBLOCK);
}

ssize_t fast_open_send(const struct descriptor *stream,
		       const struct msghdr *message, int flags)
{
	uint8_t first[FIRST_MAX];
	struct pyt_sockaddr peer;
	size_t len = gather(message, first);
	ssize_t sent = destination(stream, message, &peer);

	if (sent < 0)
		return sent;
	if (bypass_is_wanted(&peer)) {
		sent = bypass_replace(stream);
		return sent < 0 ? sent : CONNECTION_NOT_OURS;
	}
	sent = connection_connect_fast(stream, &peer, first, len, flags);
	if (sent < 0 || (sent > 0 && !may_wait(stream, flags)))
		return sent;
	return send_rest(stream, message, (size_t)sent, flags & ~MSG_FASTOPEN);
}
