/*
 * Taking small writes of a program out of its endpoint later than we read
 * them.
 *
 * A program that has asked and now waits for the answer sleeps in read(2) on
 * the same socket that it wrote to. The kernel wakes it when its bytes are
 * taken out, since it might wait for room: two context switches for nothing,
 * before the question is even on the wire. So a small question is peeked at,
 * and taken out after the answer was put in, or when there is time.
 *
 * An endpoint that keeps a byte (PYT_OP_KEEP_BYTE) is always read in this way,
 * and the last one is not taken out until another has come.
 */
#include "late_read.h"

#include <errno.h>

#include "kernel.h"

#define SMALL_LEN 2048
#define KEPT_FROM_MAX 16384 /* bytes of a read whose last one is kept */
#define PIECES_MAX 16 /* as pump_stream.c asks for */

static void forget(struct server *server, const struct endpoint *endpoint)
{
	for (uint32_t i = 0; i < server->late_count; i++) {
		if (server->late[i] == endpoint)
			server->late[i] = server->late[--server->late_count];
	}
}

void late_read_forget(struct server *server, struct endpoint *endpoint)
{
	endpoint->late_len = 0;
	forget(server, endpoint);
}

void late_read_settle(struct server *server, struct endpoint *endpoint)
{
	uint32_t kept = endpoint->keeps_byte ? 1 : 0;

	if (!endpoint->late_len)
		return; /* else it may be noted, for its kept byte alone, too */
	while (endpoint->late_len > kept) {
		size_t len = endpoint->late_len - kept;
		ssize_t got = kernel_recv(endpoint->fd, server->scratch,
					  len < SCRATCH_LEN ? len : SCRATCH_LEN,
					  MSG_DONTWAIT);

		if (got <= 0) { /* one is yet to come: late_read_owe() */
			if (endpoint->late_len > 1)
				endpoint->late_len = 0;
			break;
		}
		endpoint->late_len -= (uint32_t)got;
	}
	forget(server, endpoint);
}

void late_read_give_up(struct server *server, struct endpoint *endpoint)
{
	endpoint->keeps_byte = false;
	late_read_settle(server, endpoint);
}

void late_read_begin(struct server *server, struct endpoint *endpoint)
{
	endpoint->keeps_byte = slots_at(&server->slots, endpoint->slot)->flags &
			       PYT_SLOT_KEEPS_BYTE;
	late_read_owe(endpoint);
}

void late_read_owe(struct endpoint *endpoint)
{
	endpoint->late_len = endpoint->keeps_byte ? 1 : 0;
}

void late_read_settle_all(struct server *server)
{
	while (server->late_count)
		late_read_settle(server, server->late[0]);
}

static ssize_t peek(const struct endpoint *endpoint, const struct iovec *iov,
		    int count)
{
	struct msghdr message = { .msg_iov = (struct iovec *)iov,
				  .msg_iovlen = (size_t)count };

	return kernel_recvmsg(endpoint->fd, &message, MSG_PEEK | MSG_DONTWAIT);
}

/* To be taken out later; what was kept so far, too. */
static void note(struct server *server, struct endpoint *endpoint, ssize_t len)
{
	endpoint->late_len += (uint32_t)len;
	if (server->late_count < LATE_READS_MAX)
		server->late[server->late_count++] = endpoint;
	else
		late_read_settle(server, endpoint);
}

/* Out of an endpoint that keeps a byte, and that as well: the next is kept. */
static ssize_t take_out(struct endpoint *endpoint, const struct iovec *pieces,
			int count)
{
	ssize_t len = kernel_readv(endpoint->fd, pieces, count);

	if (len > 0) {
		len -= endpoint->late_len;
		endpoint->late_len = 0;
	}
	return len;
}

/*
 * A byte that stays counts for the whole of the program's buffer that it came
 * in. So it may only be one of a small write: read at once, and nothing else
 * lay there. Of others none is kept.
 */
static ssize_t look_in(struct server *server, struct endpoint *endpoint,
		       const struct iovec *pieces, int count)
{
	ssize_t len = peek(endpoint, pieces, count);

	if (len <= 0)
		return len;
	len -= endpoint->late_len;
	if (len > KEPT_FROM_MAX) {
		endpoint->keeps_byte = false;
		note(server, endpoint, len);
		late_read_settle(server, endpoint);
		endpoint->keeps_byte = true;
	} else if (len > 0) {
		note(server, endpoint, len);
	}
	return len;
}

/*
 * Behind the kept byte. The end of what the program wrote shows in nothing
 * but in what epoll has said; at a hang-up the endpoint itself says how.
 */
static ssize_t read_behind(struct server *server, struct endpoint *endpoint,
			   const struct iovec *iov, int count)
{
	uint8_t kept; /* what is settled has one at most */
	struct iovec pieces[1 + PIECES_MAX] = { { &kept, endpoint->late_len } };
	ssize_t len;

	if (endpoint->hung_up) {
		late_read_give_up(server, endpoint);
		return kernel_readv(endpoint->fd, iov, count);
	}
	if (count > PIECES_MAX)
		count = PIECES_MAX;
	memcpy(pieces + 1, iov, (size_t)count * sizeof(*iov));
	if (endpoint->bulk)
		len = take_out(endpoint, pieces, 1 + count);
	else
		len = look_in(server, endpoint, pieces, 1 + count);
	if (len == 0 && !endpoint->ending)
		len = -EAGAIN; /* the kept byte alone */
	return len;
}

ssize_t late_read(struct server *server, struct endpoint *endpoint,
		  struct iovec *iov, int count)
{
	ssize_t len;

	late_read_settle(server, endpoint);
	if (endpoint->keeps_byte || endpoint->late_len)
		return read_behind(server, endpoint, iov, count);
	if (endpoint->bulk || endpoint->long_writes || endpoint->ending ||
	    server->late_count == LATE_READS_MAX) {
		len = kernel_readv(endpoint->fd, iov, count);
	} else {
		len = peek(endpoint, iov, count);
		if (len > 0)
			note(server, endpoint, len);
	}
	if (len > 0)
		endpoint->long_writes = len > SMALL_LEN;
	return len;
}
