/* Requests about one socket: from socket(2) to shutdown(2). */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/stat.h>

#include "endpoint.h"
#include "kernel.h"
#include "liveness.h"
#include "requests.h"
#include "shown.h"
#include "view.h"

#define AUTOBIND_LEN 6 /* unix(7): a zero and five digits */

static int take_fd(struct request_call *call)
{
	int fd = call->fd;

	call->fd = -1;
	return fd;
}

static int socket_number(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return kernel_getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0
		       ? value
		       : -1;
}

static bool is_message_socket(int fd)
{
	return socket_number(fd, SO_DOMAIN) == AF_UNIX &&
	       socket_number(fd, SO_TYPE) == SOCK_SEQPACKET;
}

static int watch_datagram(struct request_call *call)
{
	int flags, result;

	if (call->fd < 0)
		return call->fd;
	if (!is_message_socket(call->fd))
		return -EINVAL;
	flags = (int)kernel_call(SYS_fcntl, call->fd, F_GETFL, 0, 0, 0, 0);
	if (flags >= 0 && !(flags & O_NONBLOCK))
		kernel_call(SYS_fcntl, call->fd, F_SETFL, flags | O_NONBLOCK, 0,
			    0, 0);
	result = endpoint_watch(call->server, call->endpoint, call->fd);
	if (result == 0)
		take_fd(call);
	return result;
}

static int socket_pair(int flags, int end[2])
{
	return (int)kernel_call(SYS_socketpair, AF_UNIX,
				SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0,
				(long)end, 0, 0);
}

/*
 * The program had no number for the second end, so it is made here, and the
 * first one goes back. In the program's process its limit is ours, too.
 */
static int make_pair(struct request_call *call, uint64_t *inode)
{
	int flags = call->request->args[3] & SOCK_NONBLOCK;
	struct stat status = { 0 };
	int end[2] = { -1, -1 };
	int result;

	if (call->request->args[1] == SOCK_STREAM || call->fd >= 0)
		return -EINVAL;
	result = socket_pair(flags, end);
	if (result == -EMFILE && !call->server->own_process &&
	    step_out(call->server) > 0)
		result = socket_pair(flags, end);
	if (result < 0)
		return result;
	kernel_call(SYS_fstat, end[0], (long)&status, 0, 0, 0, 0);
	*inode = status.st_ino;
	call->fd = end[1];
	call->server->reply_fd = end[0];
	call->server->reply_fd_is_ours = true;
	return 0;
}

static int fill_socket(struct request_call *call, uint64_t inode)
{
	const struct pyt_request *request = call->request;
	struct server *server = call->server;
	int handle;

	if (view_has_family(request->args[0])) {
		int result = view_open(call);

		if (result < 0)
			return result;
		slots_set_inode(&server->slots, call->endpoint->slot, inode);
		return watch_datagram(call);
	}
	handle = pyt_socket_open(server->stack, request->args[0],
				 request->args[1], request->args[2]);
	if (handle < 0)
		return handle;
	endpoint_set_handle(server, call->endpoint, handle);
	slots_set_inode(&server->slots, call->endpoint->slot, inode);
	endpoint_refresh(server, call->endpoint);
	if (call->endpoint->state == ENDPOINT_UNCONNECTED)
		return 0;
	return watch_datagram(call);
}

int request_socket(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	uint64_t inode = request->inode;
	int result = inode ? 0 : make_pair(call, &inode);

	if (result < 0)
		return result;
	endpoint_forget_inode(call->server, inode);
	call->endpoint = endpoint_open(call->server, request->args[0],
				       request->args[1], request->args[2]);
	if (!call->endpoint)
		return -ENFILE;
	result = fill_socket(call, inode);
	if (result < 0) {
		endpoint_free(call->server, call->endpoint);
		return result;
	}
	if (call->endpoint->fd >= 0)
		endpoint_wake(call->server, call->endpoint);
	if (call->client)
		shown_add(call->client, call->endpoint->slot);
	call->reply->slot = call->endpoint->slot;
	call->reply->generation = call->endpoint->generation;
	return 0;
}

int request_bind(struct request_call *call)
{
	struct server *server = call->server;
	int result = pyt_socket_bind(server->stack, call->endpoint->handle,
				     &call->request->address);

	if (result == -EADDRINUSE) {
		/* Perhaps by one that was closed without a word. */
		liveness_check(server);
		server_hear_ends(server);
		result = pyt_socket_bind(server->stack, call->endpoint->handle,
					 &call->request->address);
	}
	endpoint_refresh(server, call->endpoint);
	return result;
}

/* As Linux: the first one after a success in the background tells of it. */
static int connect_again(struct request_call *call)
{
	struct endpoint *endpoint = call->endpoint;
	bool was_untold = endpoint->untold;

	endpoint->untold = call->request->args[0] == PYT_CONNECT_GAVE_UP;
	return was_untold || endpoint->untold ? 0 : -EISCONN;
}

/* Where a socket was bound another may have been connected until just now. */
static int connect_stream(struct request_call *call)
{
	struct server *server = call->server;
	const struct pyt_sockaddr *peer = &call->request->address;
	bool untold = call->request->args[0] == PYT_CONNECT_IN_BACKGROUND;
	int result;

	call->endpoint->untold = untold;
	result = stream_connect(server, call->endpoint, peer);
	if (result != -EADDRNOTAVAIL)
		return result;
	server_hear_ends(server);
	call->endpoint->untold = untold;
	return stream_connect(server, call->endpoint, peer);
}

int request_connect(struct request_call *call)
{
	struct server *server = call->server;
	struct endpoint *endpoint = call->endpoint;
	int result;

	switch (endpoint->state) {
	case ENDPOINT_UNCONNECTED:
		liveness_before_connect(server);
		return connect_stream(call);
	case ENDPOINT_CONNECTING:
		if (call->request->args[0] == PYT_CONNECT_GAVE_UP)
			endpoint->untold = true;
		return -EALREADY;
	case ENDPOINT_ATTACHING:
	case ENDPOINT_CONNECTED:
	case ENDPOINT_ACCEPTING:
	case ENDPOINT_LISTENING:
	case ENDPOINT_ENDED:
		return connect_again(call);
	case ENDPOINT_DATAGRAM:
		result = pyt_socket_connect(server->stack, endpoint->handle,
					    &call->request->address,
					    server->now_us);
		endpoint_refresh(server, endpoint);
		if (result == 0)
			slots_set_flags(&server->slots, endpoint->slot,
					PYT_SLOT_CONNECTED, 0);
		return result;
	case ENDPOINT_VIEW:
		return -EOPNOTSUPP;
	case ENDPOINT_FREE:
	case ENDPOINT_SPARE:
		break;
	}
	return -ECONNABORTED;
}

int request_connect_fast(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	size_t taken = 0;
	int result;

	if (call->endpoint->state == ENDPOINT_CONNECTING)
		return -EALREADY;
	if (call->endpoint->state != ENDPOINT_UNCONNECTED)
		return -EISCONN;
	call->endpoint->untold = request->args[0] == PYT_CONNECT_IN_BACKGROUND;
	result = stream_connect_fast(call->server, call->endpoint,
				     &request->address, request->data,
				     request->data_len, &taken);
	call->reply->result2 = taken;
	return result;
}

int request_attach(struct request_call *call)
{
	if (call->fd < 0)
		return call->fd;
	return stream_attach(call->server, call->endpoint, take_fd(call));
}

/* As Linux: one that was cut off in use. */
static bool is_reset_by_disconnect(const struct server *server,
				   const struct endpoint *endpoint)
{
	const struct pyt_slot *slot = slots_at(&server->slots, endpoint->slot);

	if (endpoint->state == ENDPOINT_DATAGRAM)
		return false;
	return slot->flags & PYT_SLOT_CONNECTING ||
	       (slot->flags & PYT_SLOT_CONNECTED &&
		slot->tcp_state != TCP_CLOSE);
}

int request_disconnect(struct request_call *call)
{
	struct server *server = call->server;
	struct endpoint *endpoint = call->endpoint;
	bool is_reset = is_reset_by_disconnect(server, endpoint);
	int result = pyt_socket_disconnect(server->stack, endpoint->handle,
					   server->now_us);

	if (result < 0)
		return result;
	if (endpoint->state == ENDPOINT_LISTENING)
		stream_unlisten(server, endpoint);
	slots_set_flags(&server->slots, endpoint->slot, 0,
			PYT_SLOT_CONNECTED | PYT_SLOT_CONNECTING);
	if (is_reset)
		slots_set_error(&server->slots, endpoint->slot, ECONNRESET);
	endpoint_refresh(server, endpoint);
	if (endpoint->state == ENDPOINT_DATAGRAM)
		return 0;

	endpoint_close_fd(server, endpoint);
	endpoint_reset_flags(endpoint);
	endpoint->state = ENDPOINT_UNCONNECTED;
	if (call->request->inode)
		slots_set_inode(&server->slots, endpoint->slot,
				call->request->inode);
	return 0;
}

/*
 * We connect to it in the stack's own name, and hand over what the network
 * sends. So it must be the endpoint itself, and not only its name, that is
 * shown; and a name that holds wherever we are.
 */
static int learn_listener(struct request_call *call)
{
	struct endpoint *endpoint = call->endpoint;
	socklen_t len = sizeof(struct sockaddr_un);
	socklen_t cred_len = sizeof(struct ucred);
	struct sockaddr_un name;
	struct ucred owner;
	uint64_t inode;

	if (call->fd == -EMFILE)
		return call->fd;
	if (!shown_is(call->server, endpoint, call->fd, &inode) ||
	    socket_number(call->fd, SO_ACCEPTCONN) != 1 ||
	    kernel_getsockname(call->fd, &name, &len) < 0 ||
	    len != sizeof(name.sun_family) + AUTOBIND_LEN || name.sun_path[0] ||
	    kernel_getsockopt(call->fd, SOL_SOCKET, SO_PEERCRED, &owner,
			      &cred_len) < 0)
		return -EINVAL;
	memcpy(endpoint->name, name.sun_path, AUTOBIND_LEN);
	endpoint->name_len = AUTOBIND_LEN;
	endpoint->listens_as = owner.uid;
	return 0;
}

int request_listen(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	struct endpoint *endpoint = call->endpoint;
	int result;

	if (endpoint->state != ENDPOINT_UNCONNECTED &&
	    endpoint->state != ENDPOINT_LISTENING)
		return -EINVAL;
	result = learn_listener(call);
	if (result < 0)
		return result;
	result = pyt_socket_listen(call->server->stack, endpoint->handle,
				   request->args[0]);
	if (result < 0)
		return result;

	endpoint->state = ENDPOINT_LISTENING;
	call->server->guardian_wanted = true;
	slots_set_listener(&call->server->slots, endpoint->slot, endpoint->name,
			   endpoint->name_len);
	slots_set_flags(&call->server->slots, endpoint->slot,
			PYT_SLOT_LISTENING, 0);
	endpoint_refresh(call->server, endpoint);
	endpoint_wake(call->server, endpoint);
	return 0;
}

int request_adopt(struct request_call *call)
{
	if (call->request->inode && call->endpoint->state != ENDPOINT_DATAGRAM)
		slots_set_inode(&call->server->slots, call->endpoint->slot,
				call->request->inode);
	return 0;
}

int request_prove(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	struct server *server = call->server;
	struct endpoint *endpoint =
		endpoint_get(server, request->slot, request->generation);
	uint64_t inode;

	if (!endpoint)
		return -EBADF;
	if (!shown_is(server, endpoint, call->fd, &inode))
		return -EACCES;
	shown_add(call->client, endpoint->slot);
	if (!slots_at(&server->slots, endpoint->slot)->inode)
		slots_set_inode(&server->slots, endpoint->slot, inode);
	return 0;
}

int request_nudge(struct request_call *call)
{
	if (call->endpoint->state == ENDPOINT_LISTENING)
		stream_accept(call->server, call->endpoint);
	return 0;
}

int request_closed(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	struct endpoint *endpoint =
		endpoint_get(call->server, request->slot, request->generation);

	if (endpoint && endpoint->state == ENDPOINT_DATAGRAM) {
		endpoint->readable = true; /* there, it may be the end */
		if (endpoint->shut)
			liveness_check_one(call->server, endpoint);
		else if (pump_datagram(call->server, endpoint))
			endpoint_wake(call->server, endpoint);
		return 0;
	}
	if (endpoint)
		liveness_check_one(call->server, endpoint);
	return 0;
}

/* shutdown(2) says so, and shuts it all the same. */
static bool is_unconnected_datagram(const struct request_call *call, int result)
{
	return result == -ENOTCONN &&
	       call->endpoint->state == ENDPOINT_DATAGRAM;
}

int request_shutdown(struct request_call *call)
{
	int how = call->request->args[0];
	int result =
		pyt_socket_shutdown(call->server->stack, call->endpoint->handle,
				    how, call->server->now_us);

	if (result >= 0 && call->endpoint->state == ENDPOINT_LISTENING) {
		if (how != SHUT_WR) /* as Linux: it is closed again */
			stream_unlisten(call->server, call->endpoint);
	} else if (result >= 0 || is_unconnected_datagram(call, result))
		slots_set_flags(
			&call->server->slots, call->endpoint->slot,
			(how == SHUT_RD ? 0 : (uint32_t)PYT_SLOT_SEND_SHUT) |
				(how == SHUT_WR
					 ? 0
					 : (uint32_t)PYT_SLOT_RECEIVE_SHUT),
			0);
	endpoint_refresh(call->server, call->endpoint);
	return result;
}
