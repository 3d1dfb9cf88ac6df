/*
 * Taking small writes of a program out of its endpoint later than we read
 * them.
 *
 * A program that has asked and now waits for the answer sleeps in read(2) on
 * the same socket that it wrote to. The kernel wakes it when its bytes are
 * taken out, since it might wait for room: two context switches for nothing,
 * before the question is even on the wire. So a small question is peeked at,
 * and taken out after the answer was put in, or when there is time.
 */
#include "late_read.h"

#include "kernel.h"

#define SMALL_LEN 2048

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
	if (!endpoint->late_len)
		return;
	while (endpoint->late_len) {
		size_t len = endpoint->late_len < SCRATCH_LEN
				     ? endpoint->late_len
				     : SCRATCH_LEN;
		ssize_t got = kernel_recv(endpoint->fd, server->scratch, len,
					  MSG_DONTWAIT);

		if (got <= 0)
			break;
		endpoint->late_len -= (uint32_t)got;
	}
	late_read_forget(server, endpoint);
}

void late_read_settle_all(struct server *server)
{
	while (server->late_count)
		late_read_settle(server, server->late[0]);
}

static ssize_t peek(const struct endpoint *endpoint, struct iovec *iov,
		    int count)
{
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = (size_t)count };

	return kernel_recvmsg(endpoint->fd, &message, MSG_PEEK | MSG_DONTWAIT);
}

ssize_t late_read(struct server *server, struct endpoint *endpoint,
		  struct iovec *iov, int count)
{
	ssize_t len;

	late_read_settle(server, endpoint);
	if (endpoint->bulk || endpoint->long_writes || endpoint->ending ||
	    server->late_count == LATE_READS_MAX) {
		len = kernel_readv(endpoint->fd, iov, count);
	} else {
		len = peek(endpoint, iov, count);
		if (len > 0) {
			endpoint->late_len = (uint32_t)len;
			server->late[server->late_count++] = endpoint;
		}
	}
	if (len > 0)
		endpoint->long_writes = len > SMALL_LEN;
	return len;
}
