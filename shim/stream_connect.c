/* connect() and accept() of stream endpoints. */
#include <errno.h>
#include <stddef.h>
#include <sys/un.h>

#include "boot_server.h"
#include "endpoint.h"
#include "file_limit.h"
#include "kernel.h"
#include "liveness.h"
#include "peer_name.h"

#define HANDSHAKE_FRAMES_MAX 16 /* looked at for the SYN-ACK */
#define ACCEPT_RETRY_US 20000

/* ----------------------------------------------------------------- connect */

/* As Linux: what the attempt took, a port perhaps, is given back. */
static void forget_attempt(struct server *server, struct endpoint *endpoint)
{
	pyt_socket_disconnect(server->stack, endpoint->handle, server->now_us);
	endpoint_refresh(server, endpoint);
}

/*
 * The handshake with a host behind a TAP of this machine is over when the SYN
 * was written: then there is nothing to wait for, and no filler. 0,
 * -EINPROGRESS or why it failed; as Linux does over its loopback.
 */
static int handshake_at_once(struct server *server, struct endpoint *endpoint)
{
	unsigned ready;
	int frames = 0;

	server_output(server);
	do {
		ready = pyt_socket_ready(server->stack, endpoint->handle) &
			(PYT_READY_ERROR | PYT_READY_HANG_UP | PYT_READY_WRITE);
	} while (!ready && frames++ < HANDSHAKE_FRAMES_MAX &&
		 server_input_one(server));
	if (ready & (PYT_READY_ERROR | PYT_READY_HANG_UP)) {
		int error;

		if (endpoint->untold) /* as one that comes later */
			return -EINPROGRESS;
		error = pyt_socket_take_error(server->stack, endpoint->handle);
		forget_attempt(server, endpoint);
		return error ? -error : -ECONNREFUSED;
	}
	return ready & PYT_READY_WRITE ? 0 : -EINPROGRESS;
}

static void now_connected(struct server *server, struct endpoint *endpoint)
{
	/* The slot first: the program looks at it once it is writable. */
	endpoint_refresh(server, endpoint);
	slots_set_flags(&server->slots, endpoint->slot, PYT_SLOT_CONNECTED,
			PYT_SLOT_CONNECTING);
	if (endpoint->fd < 0) {
		endpoint->state = ENDPOINT_ATTACHING;
		return;
	}
	endpoint->state = ENDPOINT_CONNECTED;
	stream_attach_drain(server, endpoint);
}

static void now_connecting(struct server *server, struct endpoint *endpoint)
{
	endpoint->state = ENDPOINT_CONNECTING;
	slots_set_flags(&server->slots, endpoint->slot, PYT_SLOT_CONNECTING, 0);
	endpoint_refresh(server, endpoint);
}

/* result: what the stack said to the attempt. */
static int attempted(struct server *server, struct endpoint *endpoint,
		     int result)
{
	if (result == -EINPROGRESS)
		result = handshake_at_once(server, endpoint);
	else
		endpoint->untold = false;
	if (result == 0)
		now_connected(server, endpoint);
	else if (result == -EINPROGRESS)
		now_connecting(server, endpoint);
	if (result < 0)
		return result;
	return (endpoint->untold ? PYT_CONNECTED_UNTOLD : 0) |
	       (file_limit_is_near(server) ? PYT_CONNECTED_ATTACH : 0);
}

/* As if the SYN were on its way: what becomes of it is told as ever. */
static int defer(struct server *server, struct endpoint *endpoint,
		 const struct pyt_sockaddr *peer)
{
	endpoint->deferred = true;
	endpoint->deferred_peer = *peer;
	now_connecting(server, endpoint);
	return -EINPROGRESS;
}

int stream_connect(struct server *server, struct endpoint *endpoint,
		   const struct pyt_sockaddr *peer)
{
	if (boot_defers(server, &peer->ip))
		return defer(server, endpoint, peer);
	return attempted(server, endpoint,
			 pyt_socket_connect(server->stack, endpoint->handle,
					    peer, server->now_us));
}

int stream_connect_begin(struct server *server, struct endpoint *endpoint,
			 const struct pyt_sockaddr *peer)
{
	int result;

	if (boot_defers(server, &peer->ip))
		return defer(server, endpoint, peer);
	result = pyt_socket_connect(server->stack, endpoint->handle, peer,
				    server->now_us);
	if (result == 0)
		return attempted(server, endpoint, result);
	if (result == -EINPROGRESS)
		now_connecting(server, endpoint);
	return result;
}

int stream_connect_go_on(struct server *server, struct endpoint *endpoint)
{
	if (endpoint->deferred)
		return -EINPROGRESS;
	return attempted(server, endpoint, -EINPROGRESS);
}

/* Bytes that go with the SYN, which waits for them; how many. */
static size_t put_first_bytes(struct server *server,
			      const struct endpoint *endpoint,
			      const uint8_t *data, size_t len)
{
	struct iovec iov;

	if (len == 0 || pyt_socket_send_space(server->stack, endpoint->handle,
					      &iov, 1) != 1)
		return 0;
	if (len > iov.iov_len)
		len = iov.iov_len;
	memcpy(iov.iov_base, data, len);
	pyt_socket_send_commit(server->stack, endpoint->handle, len, 0,
			       server->now_us);
	return len;
}

int stream_connect_fast(struct server *server, struct endpoint *endpoint,
			const struct pyt_sockaddr *peer, const uint8_t *data,
			size_t len, size_t *taken)
{
	int result;

	if (boot_defers(server, &peer->ip))
		return defer(server, endpoint, peer);
	result = pyt_socket_connect_fast(server->stack, endpoint->handle, peer,
					 server->now_us);
	if (result == 0) {
		*taken = put_first_bytes(server, endpoint, data, len);
		result = *taken ? -EINPROGRESS : 0;
	}
	return attempted(server, endpoint, result);
}

/* The socket can try again, with another descriptor: see OP_DISCONNECT. */
static void connect_failed(struct server *server, struct endpoint *endpoint,
			   int error)
{
	forget_attempt(server, endpoint);
	slots_set_error(&server->slots, endpoint->slot,
			error ? error : ECONNREFUSED);
	slots_set_flags(&server->slots, endpoint->slot, 0, PYT_SLOT_CONNECTING);
	endpoint_close_fd(server, endpoint);
	endpoint->state = ENDPOINT_UNCONNECTED;
	liveness_later(server);
}

void stream_check_connect(struct server *server, struct endpoint *endpoint)
{
	unsigned ready = pyt_socket_ready(server->stack, endpoint->handle);

	if (endpoint->hung_up) {
		endpoint_end(server, endpoint, false);
		return;
	}
	if (endpoint->deferred)
		return;
	if (ready & (PYT_READY_ERROR | PYT_READY_HANG_UP)) {
		connect_failed(
			server, endpoint,
			pyt_socket_take_error(server->stack, endpoint->handle));
		return;
	}
	if (!(ready & PYT_READY_WRITE))
		return;

	now_connected(server, endpoint);
}

void stream_connect_deferred(struct server *server, struct endpoint *endpoint)
{
	int result;

	endpoint->deferred = false;
	if (endpoint->state != ENDPOINT_CONNECTING || endpoint->handle < 0)
		return;
	result = pyt_socket_connect(server->stack, endpoint->handle,
				    &endpoint->deferred_peer, server->now_us);
	if (result < 0 && result != -EINPROGRESS)
		connect_failed(server, endpoint, -result);
	else
		endpoint_wake(server, endpoint);
}

/* ------------------------------------------------------------------ accept */

/* Makes our end, named after the slot, and connects it to the listener. */
static int connect_to_listener(struct server *server,
			       const struct endpoint *listener,
			       struct endpoint *endpoint)
{
	struct sockaddr_un name;
	int fd = kernel_socket(AF_UNIX,
			       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t len;
	int result;

	if (fd < 0)
		return fd;
	len = peer_name_make(&name, server->slots.table->token, endpoint->slot,
			     endpoint->generation);
	result = kernel_bind(fd, &name, len);
	if (result == 0) {
		memcpy(name.sun_path, listener->name, listener->name_len);
		len = (socklen_t)offsetof(struct sockaddr_un, sun_path) +
		      listener->name_len;
		result = kernel_connect(fd, &name, len);
	}
	if (result == 0)
		result = endpoint_watch(server, endpoint, fd);
	if (result < 0)
		kernel_close(fd);
	return result;
}

struct endpoint *stream_take_connection(struct server *server,
					const struct endpoint *listener)
{
	const struct pyt_slot *slot = slots_at(&server->slots, listener->slot);
	struct endpoint *endpoint;
	int handle;

	if (!(pyt_socket_ready(server->stack, listener->handle) &
	      PYT_READY_ACCEPT))
		return NULL;
	endpoint = endpoint_open(server, slot->family, SOCK_STREAM,
				 slot->protocol);
	if (!endpoint)
		return NULL;
	handle = pyt_socket_accept(server->stack, listener->handle,
				   server->now_us);
	if (handle < 0) {
		endpoint_free(server, endpoint);
		return NULL;
	}
	endpoint_set_handle(server, endpoint, handle);
	endpoint->state = ENDPOINT_ACCEPTING;
	endpoint->listener = listener->slot;
	endpoint->listener_generation = listener->generation;
	slots_at(&server->slots, endpoint->slot)->ancillary = slot->ancillary;
	slots_set_flags(&server->slots, endpoint->slot,
			PYT_SLOT_CONNECTED | (slot->flags & PYT_SLOT_LINGERS),
			0);
	endpoint_refresh(server, endpoint);
	return endpoint;
}

void stream_retry_later(struct server *server)
{
	if (server->accept_retry_us > server->now_us + ACCEPT_RETRY_US)
		server->accept_retry_us = server->now_us + ACCEPT_RETRY_US;
}

/* Its accept queue is full: one connection waits here, the rest behind it. */
static void accept_wait(struct server *server, struct endpoint *listener,
			struct endpoint *waiting)
{
	listener->waiting = waiting;
	slots_set_flags(&server->slots, listener->slot, PYT_SLOT_ACCEPT_PENDING,
			0);
	stream_retry_later(server);
}

static void accept_go_on(struct server *server, struct endpoint *listener)
{
	if (!listener->waiting)
		return;
	listener->waiting = NULL;
	slots_set_flags(&server->slots, listener->slot, 0,
			PYT_SLOT_ACCEPT_PENDING);
}

void stream_accept(struct server *server, struct endpoint *listener)
{
	struct endpoint *endpoint = listener->waiting;
	int result;

	for (;;) {
		if (!endpoint)
			endpoint = stream_take_connection(server, listener);
		if (!endpoint)
			return;
		listener->pumped = true;
		result = connect_to_listener(server, listener, endpoint);
		if (result < 0 && result != -ECONNREFUSED) {
			accept_wait(server, listener, endpoint);
			return;
		}
		accept_go_on(server, listener);
		if (result < 0) {
			endpoint_free(server, endpoint);
			liveness_later(server);
			return;
		}
		endpoint->state = ENDPOINT_CONNECTED;
		/* Just made: what the program writes raises an event. */
		endpoint->readable = false;
		endpoint_wake(server, endpoint);
		endpoint = NULL;
	}
}

void stream_unlisten(struct server *server, struct endpoint *listener)
{
	if (listener->waiting)
		endpoint_free(server, listener->waiting);
	accept_go_on(server, listener);
	listener->state = ENDPOINT_UNCONNECTED;
	slots_set_flags(&server->slots, listener->slot, 0, PYT_SLOT_LISTENING);
}

void stream_accept_retry(struct server *server)
{
	server->accept_retry_us = TIME_NEVER;
	stream_attach_retry(server);
	for (uint32_t i = 0; i < server->slots.touched; i++) {
		struct endpoint *endpoint = &server->endpoints[i];

		if (endpoint->state == ENDPOINT_LISTENING && endpoint->waiting)
			stream_accept(server, endpoint);
	}
}
