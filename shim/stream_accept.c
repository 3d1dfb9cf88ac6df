/*
 * accept() of stream endpoints: connections of the engine's go to the
 * program's listener.
 *
 * Who has just connected mostly speaks first. So a connection from another
 * host is shown a little later, with its first bytes: the thread that accepts
 * it then finds them, and need not sleep, and be woken, once more.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/un.h>

#include "endpoint.h"
#include "endpoint_room.h"
#include "kernel.h"
#include "liveness.h"
#include "peer_name.h"

#define ACCEPT_RETRY_US 20000
#define FIRST_BYTES_US 200 /* so long they are waited for */
#define HELD_MAX 64 /* connections of all listeners */
#define SILENT_MAX 63 /* connections that are then not held, at most */

/*
 * The name may be another's by now, if the program has closed its listener: to
 * that one we would be whoever the stack's user is.
 */
static bool is_the_same(const struct endpoint *listener, int fd)
{
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);

	return kernel_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) ==
		       0 &&
	       peer.uid == listener->listens_as;
}

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
	len = peer_name_make(&name, server->key, endpoint->slot,
			     endpoint->generation, 0);
	result = kernel_bind(fd, &name, len);
	if (result == 0) {
		memcpy(name.sun_path, listener->name, listener->name_len);
		len = (socklen_t)offsetof(struct sockaddr_un, sun_path) +
		      listener->name_len;
		result = kernel_connect(fd, &name, len);
	}
	if (result == 0 && !is_the_same(listener, fd))
		result = -ECONNREFUSED;
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
	endpoint_room_inherit(server, endpoint, listener);
	slots_set_flags(&server->slots, endpoint->slot,
			PYT_SLOT_CONNECTED | (slot->flags & PYT_SLOT_LINGERS),
			0);
	endpoint_note_low_water(server, endpoint);
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

/* ---------------------------------------------------------- first bytes */

/* Not from this host: who connects and accepts in turn would have to wait. */
static bool is_from_elsewhere(struct server *server,
			      const struct endpoint *endpoint)
{
	const struct pyt_slot *slot = slots_at(&server->slots, endpoint->slot);

	return !pyt_ip_is_loopback(&slot->peer.ip) &&
	       !pyt_ip_equal(&slot->peer.ip, &slot->local.ip);
}

static bool has_come(struct server *server, const struct endpoint *endpoint)
{
	return pyt_socket_ready(server->stack, endpoint->handle) &
	       (PYT_READY_READ | PYT_READY_READ_END | PYT_READY_HANG_UP |
		PYT_READY_ERROR | PYT_READY_URGENT);
}

/* Where they do not come it is tried again ever more seldom. */
static bool is_to_be_held(struct server *server, struct endpoint *listener,
			  const struct endpoint *endpoint)
{
	if (listener->silent_left) {
		listener->silent_left--;
		return false;
	}
	return server->held_count < HELD_MAX &&
	       is_from_elsewhere(server, endpoint) &&
	       !has_come(server, endpoint);
}

static void hold(struct server *server, struct endpoint *endpoint)
{
	endpoint->held_until_us = server->now_us + FIRST_BYTES_US;
	TAILQ_INSERT_TAIL(&server->held, endpoint, held);
	server->held_count++;
}

void stream_accept_forget(struct server *server, struct endpoint *endpoint)
{
	if (!endpoint->held_until_us)
		return;
	TAILQ_REMOVE(&server->held, endpoint, held);
	server->held_count--;
	endpoint->held_until_us = 0;
}

static void learn(struct endpoint *listener, bool came)
{
	if (came)
		listener->silent = 0;
	else if (listener->silent < SILENT_MAX)
		listener->silent = listener->silent * 2 + 1;
	listener->silent_left = listener->silent;
}

/* ------------------------------------------------------------- to accept */

/* False: the queue is full. True: it is shown, or gone with its listener. */
static bool show(struct server *server, struct endpoint *listener,
		 struct endpoint *endpoint)
{
	int result = connect_to_listener(server, listener, endpoint);

	if (result < 0 && result != -ECONNREFUSED)
		return false;
	if (result < 0) {
		endpoint_free(server, endpoint);
		liveness_later(server);
		return true;
	}
	listener->pumped = true;
	endpoint->shown = ++listener->shown_count;
	endpoint->state = ENDPOINT_CONNECTED;
	/* Just made: what the program writes raises an event. */
	endpoint->readable = false;
	endpoint_wake(server, endpoint);
	return true;
}

void stream_accept(struct server *server, struct endpoint *listener)
{
	struct endpoint *endpoint = listener->waiting;

	for (;; endpoint = NULL) {
		if (!endpoint) {
			endpoint = stream_take_connection(server, listener);
			if (!endpoint)
				return;
			if (is_to_be_held(server, listener, endpoint)) {
				hold(server, endpoint);
				continue;
			}
		}
		if (!show(server, listener, endpoint)) {
			accept_wait(server, listener, endpoint);
			return;
		}
		accept_go_on(server, listener);
	}
}

/* Its listener knows, and goes on with it. */
static bool is_waiting(struct server *server, const struct endpoint *endpoint)
{
	const struct endpoint *listener = endpoint_get(
		server, endpoint->listener, endpoint->listener_generation);

	return listener && listener->waiting == endpoint;
}

/* One that was held; if there is no room for it, it is tried again later. */
static void show_late(struct server *server, struct endpoint *endpoint)
{
	struct endpoint *listener = endpoint_get(server, endpoint->listener,
						 endpoint->listener_generation);

	if (!listener || listener->state != ENDPOINT_LISTENING)
		endpoint_free(server, endpoint);
	else if (listener->waiting)
		stream_retry_later(server);
	else if (!show(server, listener, endpoint))
		accept_wait(server, listener, endpoint); /* no more is taken */
}

static void release(struct server *server, struct endpoint *endpoint)
{
	struct endpoint *listener = endpoint_get(server, endpoint->listener,
						 endpoint->listener_generation);

	stream_accept_forget(server, endpoint);
	if (listener)
		learn(listener, has_come(server, endpoint));
	show_late(server, endpoint);
}

void stream_accept_held(struct server *server, struct endpoint *endpoint)
{
	if (!endpoint->held_until_us || !has_come(server, endpoint))
		return;
	release(server, endpoint);
	endpoint_unqueue(server, endpoint); /* it is being pumped */
}

int64_t stream_accept_deadline(const struct server *server)
{
	const struct endpoint *first = TAILQ_FIRST(&server->held);

	return first ? first->held_until_us : TIME_NEVER;
}

void stream_accept_in_time(struct server *server)
{
	struct endpoint *first;

	while ((first = TAILQ_FIRST(&server->held)) &&
	       first->held_until_us <= server->now_us)
		release(server, first);
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
		else if (endpoint->state == ENDPOINT_ACCEPTING &&
			 !endpoint->held_until_us &&
			 !is_waiting(server, endpoint))
			show_late(server, endpoint);
	}
}
