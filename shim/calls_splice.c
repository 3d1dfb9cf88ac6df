/* Interposed calls that move bytes from descriptor to descriptor. */
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>

#include "connection.h"
#include "datagram.h"
#include "descriptor.h"
#include "libc_real.h"
#include "low_water.h"
#include "pointer.h"

/* What a write would be told before it: 0: go on. */
static ssize_t before_write(const struct descriptor *to, size_t len, int flags)
{
	struct pyt_sockaddr peer;
	int result;

	if (len == 0)
		return 0;
	if (to->kind == DESCRIPTOR_STREAM)
		return connection_before_send(to, flags);
	if (to->kind != DESCRIPTOR_DATAGRAM)
		return 0;
	result = datagram_destination(to, NULL, 0, &peer);
	return result < 0 ? result : -descriptor_take_error(to);
}

static ssize_t write_failed(const struct descriptor *to, int error)
{
	return to->kind == DESCRIPTOR_STREAM
		       ? connection_write_failed(to, error)
		       : -error;
}

/* ---------------------------------------------------------------- sendfile */

static ssize_t send_file(const struct descriptor *to, int fd_in,
			 off64_t *offset, size_t len)
{
	ssize_t result = before_write(to, len, 0);

	if (result)
		return result;
	if (to->kind == DESCRIPTOR_STREAM)
		result = connection_send_file(to, fd_in, offset, len);
	else
		result = libc_real.sendfile64(to->fd, fd_in, offset, len);
	return result < 0 ? write_failed(to, errno) : result;
}

INTERPOSED ssize_t sendfile64(int fd_out, int fd_in, off64_t *offset,
			      size_t len)
{
	struct descriptor to;
	ssize_t result;

	if ((offset && pointer_is_wrong(offset)) ||
	    !descriptor_get(fd_out, &to))
		return libc_real.sendfile64(fd_out, fd_in, offset, len);
	result = send_file(&to, fd_in, offset, len);
	if (result == CONNECTION_NOT_OURS)
		return libc_real.sendfile64(fd_out, fd_in, offset, len);
	return libc_result(result);
}

INTERPOSED ssize_t sendfile(int fd_out, int fd_in, off_t *offset, size_t len)
{
	return sendfile64(fd_out, fd_in, (off64_t *)offset, len);
}

/* ------------------------------------------------------------------ splice */

struct splice {
	int fd_in;
	off64_t *offset_in;
	int fd_out;
	off64_t *offset_out;
	size_t len;
	unsigned flags;
};

static ssize_t splice_natively(const struct splice *s)
{
	return libc_real.splice(s->fd_in, s->offset_in, s->fd_out,
				s->offset_out, s->len, s->flags);
}

static int socket_flags(const struct splice *s)
{
	return s->flags & SPLICE_F_NONBLOCK ? MSG_DONTWAIT : 0;
}

static ssize_t splice_to(const struct descriptor *to, const struct splice *s)
{
	ssize_t result = before_write(to, s->len, socket_flags(s));

	if (result)
		return result;
	if (s->flags & SPLICE_F_MORE && !s->offset_out &&
	    to->kind == DESCRIPTOR_STREAM)
		result = connection_splice_more(to, s->fd_in, s->offset_in,
						s->len, s->flags);
	else
		result = splice_natively(s);
	return result < 0 ? write_failed(to, errno) : result;
}

/*
 * A datagram has our header in front. EINVAL is what files say that cannot do
 * it; a program then reads and writes.
 */
static ssize_t splice_from(const struct descriptor *from,
			   const struct splice *s)
{
	ssize_t result;

	if (from->kind != DESCRIPTOR_STREAM)
		return -EINVAL;
	result = LOW_WATER_READ(from, socket_flags(s), splice_natively(s));
	if (result > 0 || (result == 0 && s->len == 0))
		return result;
	if (result == 0)
		return connection_receive_ended(from);
	if (errno == EINVAL && descriptor_flags(from) & PYT_SLOT_CONNECTED)
		return -EINVAL;
	return connection_receive_failed(from, errno);
}

INTERPOSED ssize_t splice(int fd_in, off64_t *offset_in, int fd_out,
			  off64_t *offset_out, size_t len, unsigned flags)
{
	struct splice s = { fd_in, offset_in, fd_out, offset_out, len, flags };
	struct descriptor descriptor;
	ssize_t result;

	if (descriptor_get(fd_in, &descriptor))
		result = splice_from(&descriptor, &s);
	else if (descriptor_get(fd_out, &descriptor))
		result = splice_to(&descriptor, &s);
	else
		return splice_natively(&s);
	if (result == CONNECTION_NOT_OURS)
		return splice_natively(&s);
	return libc_result(result);
}
