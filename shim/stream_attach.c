/*
 * How a stream endpoint gets its other end when the program connects: from
 * the private listener. Where the handshake was over at once the program's
 * end connects itself, under a name that says which it is; otherwise it comes
 * along with a request, and the filler goes in before the program sees it.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/un.h>

#include "endpoint.h"
#include "kernel.h"
#include "late_read.h"
#include "peer_name.h"

#define STREAM_SNDBUF_MAX 212992 /* Linux's default; bounds the filler */

/* Without a name, but connected by this process: by make_pair(). */
static bool is_our_own(const struct server *server, int fd)
{
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);

	if (kernel_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	return peer.pid == (pid_t)server->slots.table->server_pid;
}

/* The endpoint that the name of a connecting end stands for, or NULL. */
static struct endpoint *endpoint_named(struct server *server,
				       const struct sockaddr_un *name,
				       socklen_t len)
{
	struct peer_name parsed;
	uint32_t attempt;

	if (!peer_name_parse(name, len, &parsed))
		return NULL;
	attempt = slots_at(&server->slots, parsed.slot)->attempt;
	if (parsed.proof != peer_name_proof(server->key, parsed.slot,
					    parsed.generation, attempt))
		return NULL;
	return endpoint_get(server, parsed.slot, parsed.generation);
}

/*
 * Our end of the oldest connection on the listener; *whose becomes its
 * endpoint, NULL: it has no name that we know. -errno: there is none.
 */
static int accept_one(struct server *server, struct endpoint **whose)
{
	struct sockaddr_un name;
	socklen_t len = sizeof(name);
	int fd = kernel_accept(server->stream_fd, &name, &len);

	*whose = fd < 0 ? NULL : endpoint_named(server, &name, len);
	return fd;
}

/* Only an end that we wait for counts. */
static void attach_named(struct server *server, struct endpoint *endpoint,
			 int fd)
{
	if (!endpoint || endpoint->state != ENDPOINT_ATTACHING ||
	    endpoint_watch(server, endpoint, fd) < 0) {
		kernel_close(fd);
		return;
	}
	endpoint->state = ENDPOINT_CONNECTED;
	late_read_begin(server, endpoint); /* the program's end writes it */
	endpoint->readable = false; /* epoll says whether it is */
	endpoint_wake(server, endpoint);
}

static void watch_listener(struct server *server, uint32_t events)
{
	kernel_epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, server->stream_fd,
			 events, (uint64_t)WATCH_STREAMS << 56);
}

/*
 * One a turn, as with requests: epoll says whether there is another. It would
 * say so without end while there is no descriptor for one.
 */
void stream_attach_input(struct server *server)
{
	struct endpoint *endpoint;
	int fd = accept_one(server, &endpoint);

	if (fd >= 0) {
		attach_named(server, endpoint, fd);
	} else if (fd != -EAGAIN && fd != -ECONNABORTED) {
		watch_listener(server, 0);
		server->streams_wait = true;
		stream_retry_later(server);
	}
}

void stream_attach_retry(struct server *server)
{
	if (!server->streams_wait)
		return;
	server->streams_wait = false;
	watch_listener(server, EPOLLIN);
}

void stream_attach_input_all(struct server *server)
{
	struct endpoint *endpoint;
	int fd;

	while ((fd = accept_one(server, &endpoint)) >= 0)
		attach_named(server, endpoint, fd);
}

/*
 * Connects the program's end; our end or -errno. The listener's queue is
 * emptied first: connect() would block on a full one.
 */
static int make_pair(struct server *server, const struct endpoint *endpoint,
		     int fd)
{
	int result;

	stream_attach_input_all(server);
	result = kernel_connect(fd, &server->stream_name,
				server->stream_name_len);
	/*
	 * The listener is there, but not for a socket that was made in another
	 * network namespace: no way leads here from there.
	 */
	if (result == -ECONNREFUSED)
		result = -ENETUNREACH;
	if (result < 0)
		return result;
	for (;;) {
		struct endpoint *whose;
		int ours = accept_one(server, &whose);

		if (ours < 0 || whose == endpoint ||
		    (!whose && is_our_own(server, ours)))
			return ours;
		attach_named(server, whose, ours);
	}
}

/*
 * AF_UNIX calls a socket writable while at most a quarter of its buffer is in
 * use; so that much is written. Bytes written, or -errno.
 */
static int fill(struct server *server, int fd)
{
	socklen_t len = sizeof(int);
	int room = 0;
	int result = kernel_getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, &len);

	if (result < 0)
		return result;
	if (room > STREAM_SNDBUF_MAX) {
		kernel_setsockopt_int(fd, SOL_SOCKET, SO_SNDBUF,
				      STREAM_SNDBUF_MAX / 2);
		room = STREAM_SNDBUF_MAX;
	}
	return (int)kernel_send(fd, server->scratch, (size_t)room / 4 + 1,
				MSG_DONTWAIT | MSG_NOSIGNAL);
}

void stream_attach_drain(struct server *server, struct endpoint *endpoint)
{
	uint32_t kept = endpoint->keeps_byte ? 1 : 0;

	while (endpoint->filler_len > kept) {
		size_t len = endpoint->filler_len - kept;
		ssize_t got;

		if (len > SCRATCH_LEN)
			len = SCRATCH_LEN;
		got = kernel_recv(endpoint->fd, server->scratch, len,
				  MSG_DONTWAIT);
		if (got <= 0)
			return;
		endpoint->filler_len -= (uint32_t)got;
	}
	endpoint->late_len = endpoint->filler_len;
	endpoint->filler_len = 0;
}

/* Without the filler the endpoint is writable at once. */
static int attach_pair(struct server *server, struct endpoint *endpoint, int fd)
{
	int ours = make_pair(server, endpoint, fd);
	int result = 0;

	if (ours < 0)
		return ours;
	late_read_begin(server, endpoint);
	if (endpoint->state == ENDPOINT_CONNECTING)
		result = fill(server, fd);
	else if (endpoint->keeps_byte)
		kernel_send(fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (result >= 0) {
		endpoint->filler_len = (uint32_t)result;
		result = endpoint_watch(server, endpoint, ours);
	}
	if (result < 0)
		kernel_close(ours);
	return result;
}

int stream_attach(struct server *server, struct endpoint *endpoint, int fd)
{
	bool waits =
		endpoint->fd < 0 && (endpoint->state == ENDPOINT_CONNECTING ||
				     endpoint->state == ENDPOINT_ATTACHING);
	int result = waits ? attach_pair(server, endpoint, fd) : -EINVAL;

	kernel_close(fd); /* or the program's last close goes unseen */
	if (!waits)
		return result;
	if (result < 0) {
		pyt_socket_disconnect(server->stack, endpoint->handle,
				      server->now_us);
		slots_set_flags(&server->slots, endpoint->slot, 0,
				PYT_SLOT_CONNECTED | PYT_SLOT_CONNECTING);
		endpoint->state = ENDPOINT_UNCONNECTED;
		return result;
	}
	if (endpoint->state == ENDPOINT_ATTACHING)
		endpoint->state = ENDPOINT_CONNECTED;
	else
		stream_check_connect(server, endpoint);
	endpoint_wake(server, endpoint);
	return 0;
}
