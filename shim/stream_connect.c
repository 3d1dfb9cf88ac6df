/* connect() of stream endpoints. */
#include <errno.h>
#include <stddef.h>
#include <sys/un.h>

#include "boot_server.h"
#include "endpoint.h"
#include "file_limit.h"
#include "kernel.h"
#include "liveness.h"

#define HANDSHAKE_FRAMES_MAX 16 /* looked at for the SYN-ACK */

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
	if (server->acks_apart) /* before the program can write */
		server_output(server);
	if (endpoint->fd < 0) {
		slots_at(&server->slots, endpoint->slot)->attempt++;
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
