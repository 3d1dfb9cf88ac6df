/*
 * What each request of a client does. The fields come from another process
 * and may hold anything: slots are looked up with their generation, lengths
 * and types are checked, the engine checks the rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>

#include "ancillary.h"
#include "control_server.h"
#include "endpoint.h"
#include "kernel.h"
#include "liveness.h"
#include "spare_server.h"

struct call {
	struct server *server;
	struct client *client;
	struct endpoint *endpoint; /* NULL where the op needs none */
	const struct pyt_request *request;
	struct pyt_reply *reply;
	int fd; /* -1, or came along; -1 once it was taken */
};

static int take_fd(struct call *call)
{
	int fd = call->fd;

	call->fd = -1;
	return fd;
}

/*
 * Who asks for other settings than ours had better wait if we are only about
 * to finish what a program has left behind; then we go without grace.
 */
static void compare_settings(struct call *call)
{
	struct server *server = call->server;
	struct config_settings asked;

	if (call->request->data_len != sizeof(asked))
		return;
	memcpy(&asked, call->request->data, sizeof(asked));
	call->reply->result2 =
		config_settings_differ(&asked, &server->settings);
	if (!call->reply->result2 || !server->own_process ||
	    server->client_count > 1 || server->open_count)
		return;
	call->reply->result2 |= PYT_HELLO_ENDING;
	server->grace_us = 0;
}

static int op_hello(struct call *call)
{
	if (call->request->args[0] != PYT_CONTROL_VERSION)
		return -EPROTO;
	compare_settings(call);
	call->server->reply_fd = call->server->slots.fd;
	return PYT_CONTROL_VERSION;
}

/* ----------------------------------------------------------------- sockets */

static bool is_message_socket(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return kernel_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	       type == SOCK_SEQPACKET;
}

static int watch_datagram(struct call *call)
{
	int flags, result;

	if (call->fd < 0 || !is_message_socket(call->fd))
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

static int fill_socket(struct call *call)
{
	const struct pyt_request *request = call->request;
	struct server *server = call->server;
	int handle = pyt_socket_open(server->stack, request->args[0],
				     request->args[1], request->args[2]);

	if (handle < 0)
		return handle;
	endpoint_set_handle(server, call->endpoint, handle);
	slots_set_inode(&server->slots, call->endpoint->slot, request->inode);
	endpoint_refresh(server, call->endpoint);
	if (call->endpoint->state == ENDPOINT_UNCONNECTED)
		return 0;
	return watch_datagram(call);
}

static int op_socket(struct call *call)
{
	const struct pyt_request *request = call->request;
	int result;

	if (!request->inode)
		return -EINVAL;
	endpoint_forget_inode(call->server, request->inode);
	call->endpoint = endpoint_open(call->server, request->args[0],
				       request->args[1], request->args[2]);
	if (!call->endpoint)
		return -ENFILE;
	result = fill_socket(call);
	if (result < 0) {
		endpoint_free(call->server, call->endpoint);
		return result;
	}
	endpoint_wake(call->server, call->endpoint);
	call->reply->slot = call->endpoint->slot;
	call->reply->generation = call->endpoint->generation;
	return 0;
}

static int op_bind(struct call *call)
{
	struct server *server = call->server;
	int result = pyt_socket_bind(server->stack, call->endpoint->handle,
				     &call->request->address);

	if (result == -EADDRINUSE) {
		/* Perhaps by one that was closed without a word. */
		liveness_check(server);
		result = pyt_socket_bind(server->stack, call->endpoint->handle,
					 &call->request->address);
	}
	endpoint_refresh(server, call->endpoint);
	return result;
}

static int op_connect(struct call *call)
{
	struct server *server = call->server;
	struct endpoint *endpoint = call->endpoint;
	int result;

	switch (endpoint->state) {
	case ENDPOINT_UNCONNECTED:
		if (call->fd < 0)
			return -EINVAL;
		return stream_connect(server, endpoint, take_fd(call),
				      &call->request->address);
	case ENDPOINT_CONNECTING:
		return -EALREADY;
	case ENDPOINT_CONNECTED:
	case ENDPOINT_ACCEPTING:
	case ENDPOINT_LISTENING:
		return -EISCONN;
	case ENDPOINT_DATAGRAM:
		result = pyt_socket_connect(server->stack, endpoint->handle,
					    &call->request->address,
					    server->now_us);
		endpoint_refresh(server, endpoint);
		if (result == 0)
			slots_set_flags(&server->slots, endpoint->slot,
					PYT_SLOT_CONNECTED, 0);
		return result;
	case ENDPOINT_FREE:
	case ENDPOINT_SPARE:
	case ENDPOINT_ENDED:
		break;
	}
	return -ECONNABORTED;
}

static int op_disconnect(struct call *call)
{
	struct server *server = call->server;
	struct endpoint *endpoint = call->endpoint;
	int result = pyt_socket_disconnect(server->stack, endpoint->handle,
					   server->now_us);

	if (result < 0)
		return result;
	slots_set_flags(&server->slots, endpoint->slot, 0,
			PYT_SLOT_CONNECTED | PYT_SLOT_CONNECTING);
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

static int op_listen(struct call *call)
{
	const struct pyt_request *request = call->request;
	struct endpoint *endpoint = call->endpoint;
	int result;

	if (endpoint->state != ENDPOINT_UNCONNECTED &&
	    endpoint->state != ENDPOINT_LISTENING)
		return -EINVAL;
	if (request->data_len < 2 || request->data_len > LISTENER_NAME_MAX ||
	    request->data[0] != 0)
		return -EINVAL;
	result = pyt_socket_listen(call->server->stack, endpoint->handle,
				   request->args[0]);
	if (result < 0)
		return result;

	memcpy(endpoint->name, request->data, request->data_len);
	endpoint->name_len = (uint8_t)request->data_len;
	endpoint->state = ENDPOINT_LISTENING;
	slots_set_flags(&call->server->slots, endpoint->slot,
			PYT_SLOT_LISTENING, 0);
	endpoint_refresh(call->server, endpoint);
	endpoint_wake(call->server, endpoint);
	return 0;
}

static int op_adopt(struct call *call)
{
	if (call->request->inode && call->endpoint->state != ENDPOINT_DATAGRAM)
		slots_set_inode(&call->server->slots, call->endpoint->slot,
				call->request->inode);
	return 0;
}

static int op_nudge(struct call *call)
{
	if (call->endpoint->state == ENDPOINT_LISTENING)
		stream_accept(call->server, call->endpoint);
	return 0;
}

static int op_closed(struct call *call)
{
	/* The message may come before the close: once at once, once later. */
	liveness_check(call->server);
	liveness_later(call->server);
	return 0;
}

static int op_shutdown(struct call *call)
{
	int how = call->request->args[0];
	int result =
		pyt_socket_shutdown(call->server->stack, call->endpoint->handle,
				    how, call->server->now_us);

	if (result >= 0 && call->endpoint->state == ENDPOINT_LISTENING) {
		if (how != SHUT_WR) /* as Linux: it is closed again */
			stream_unlisten(call->server, call->endpoint);
	} else if (result >= 0 && how != SHUT_RD)
		slots_set_flags(&call->server->slots, call->endpoint->slot,
				PYT_SLOT_SEND_SHUT, 0);
	endpoint_refresh(call->server, call->endpoint);
	return result;
}

/* ----------------------------------------------------------------- options */

static void note_ancillary(struct call *call)
{
	const struct pyt_request *request = call->request;
	struct pyt_slot *slot =
		slots_at(&call->server->slots, call->endpoint->slot);
	uint32_t bit = ancillary_of_option(request->args[0], request->args[1]);
	int on = 0;

	memcpy(&on, request->data,
	       request->data_len < sizeof(on) ? request->data_len : sizeof(on));
	if (on)
		slot->ancillary |= bit;
	else
		slot->ancillary &= ~bit;
}

static int op_set_option(struct call *call)
{
	const struct pyt_request *request = call->request;
	int result = pyt_socket_set_option(
		call->server->stack, call->endpoint->handle, request->args[0],
		request->args[1], request->data, request->data_len,
		call->server->now_us);

	if (result >= 0)
		note_ancillary(call);
	return result;
}

static int op_get_option(struct call *call)
{
	const struct pyt_request *request = call->request;
	int room = request->args[2];
	int result;

	if (room < 0)
		return -EINVAL;
	if (room > PYT_CONTROL_DATA_MAX)
		room = PYT_CONTROL_DATA_MAX;
	memset(call->reply->data, 0, (size_t)room);
	result = pyt_socket_get_option(call->server->stack,
				       call->endpoint->handle, request->args[0],
				       request->args[1], call->reply->data,
				       (uint32_t)room, call->server->now_us);
	if (result > 0)
		call->reply->data_len = (uint32_t)result;
	return result;
}

static int op_error(struct call *call)
{
	int error = slots_at(&call->server->slots, call->endpoint->slot)->error;

	slots_set_error(&call->server->slots, call->endpoint->slot, 0);
	if (!error && call->endpoint->handle >= 0)
		error = pyt_socket_take_error(call->server->stack,
					      call->endpoint->handle);
	return error;
}

static int op_status(struct call *call)
{
	struct pyt_socket_status status;
	int result;

	result = pyt_socket_status(call->server->stack, call->endpoint->handle,
				   &status);
	if (result < 0)
		return result;
	memcpy(call->reply->data, &status, sizeof(status));
	call->reply->data_len = sizeof(status);
	return 0;
}

/* The byte that the endpoint has carried: asked for, or read and to forget. */
static int op_recv_urgent(struct call *call)
{
	struct endpoint *endpoint = call->endpoint;

	if (!endpoint->urgent_untold)
		return -EINVAL;
	endpoint->urgent_untold = call->request->args[0];
	return endpoint->urgent_byte;
}

/* From now on the pump looks for the mark. */
static int op_send_urgent(struct call *call)
{
	call->endpoint->sends_urgent = true;
	return kernel_setsockopt_int(call->endpoint->fd, SOL_SOCKET,
				     SO_OOBINLINE, 1);
}

/* The quoted packet is cut to what a reply can carry. */
static int op_error_queue(struct call *call)
{
	struct pyt_datagram header = { .flags = 0 };
	struct iovec iov[16];
	uint32_t room = PYT_CONTROL_DATA_MAX - sizeof(header);
	uint8_t *payload = call->reply->data + sizeof(header);
	int count = pyt_socket_view_message(call->server->stack,
					    call->endpoint->handle, true,
					    &header.message, iov, 16);

	if (count < 0)
		return count;
	for (int i = 0; i < count && room; i++) {
		uint32_t len =
			iov[i].iov_len < room ? (uint32_t)iov[i].iov_len : room;

		memcpy(payload, iov[i].iov_base, len);
		payload += len;
		room -= len;
	}
	memcpy(call->reply->data, &header, sizeof(header));
	call->reply->data_len = PYT_CONTROL_DATA_MAX - room;
	pyt_socket_drop_message(call->server->stack, call->endpoint->handle,
				true);
	/* The queue was the error: with its last message SO_ERROR is 0. */
	if (!(pyt_socket_ready(call->server->stack, call->endpoint->handle) &
	      PYT_READY_ERROR_QUEUE))
		slots_set_error(&call->server->slots, call->endpoint->slot, 0);
	call->endpoint->error_told = false;
	endpoint_wake(call->server, call->endpoint);
	return 0;
}

/* -------------------------------------------------------- the stack's facts */

static int put_data(struct call *call, int result, const void *data,
		    uint32_t len)
{
	if (result < 0)
		return result;
	memcpy(call->reply->data, data, len);
	call->reply->data_len = len;
	return 0;
}

static int op_interfaces(struct call *call)
{
	struct pyt_iface_info info = { 0 };
	int result = pyt_iface_get(call->server->stack, call->request->args[0],
				   &info);

	return put_data(call, result, &info, sizeof(info));
}

static int op_addresses(struct call *call)
{
	struct pyt_address_info info = { 0 };
	int result = pyt_address_get(call->server->stack,
				     call->request->args[0], &info);

	return put_data(call, result, &info, sizeof(info));
}

static int op_routes(struct call *call)
{
	struct pyt_route route = { 0 };
	int result = pyt_route_get(call->server->stack, call->request->args[0],
				   &route);

	return put_data(call, result, &route, sizeof(route));
}

static int op_neighbours(struct call *call)
{
	struct pyt_neighbour_info info = { 0 };
	int result = pyt_neighbour_get(call->server->stack,
				       call->request->args[0], &info);

	info.state = NULL; /* a pointer means nothing over there */
	return put_data(call, result, &info, sizeof(info));
}

static int op_sysctl_get(struct call *call)
{
	int result = pyt_sysctl_get(
		call->server->stack, (const char *)call->request->data,
		(char *)call->reply->data, PYT_CONTROL_DATA_MAX);

	if (result >= 0)
		call->reply->data_len = result < PYT_CONTROL_DATA_MAX
						? (uint32_t)result
						: PYT_CONTROL_DATA_MAX - 1;
	return result;
}

static int op_sysctl_set(struct call *call)
{
	char text[PYT_CONTROL_DATA_MAX + 1];
	char *equals;

	memcpy(text, call->request->data, call->request->data_len);
	text[call->request->data_len] = 0;
	equals = strchr(text, '=');
	if (!equals)
		return -EINVAL;
	*equals = 0;
	return pyt_sysctl_set(call->server->stack, text, equals + 1);
}

static int op_counters(struct call *call)
{
	const char *name = "";
	int result =
		pyt_counter_get(call->server->stack, call->request->args[0],
				&name, &call->reply->result2);

	return put_data(call, result, name, (uint32_t)strlen(name));
}

/* -------------------------------------------------------------- the process */

/* No reply from the thread that ends; the new process has the same client. */
/* The list was read before, as in every request. */
static int op_take(struct call *call)
{
	return 0;
}

static int op_step_out(struct call *call)
{
	return step_out(call->server);
}

static int op_exit(struct call *call)
{
	if (call->server->own_process || !call->client->is_host)
		return 0;
	control_wait_exit(call->server, call->client);
	return 0;
}

static const struct {
	int (*handle)(struct call *call);
	bool needs_socket; /* slot and generation are of an endpoint */
	bool needs_handle; /* ... that still has a socket in the engine */
	bool no_reply;
} ops[PYT_OPS] = {
	[PYT_OP_HELLO] = { op_hello },
	[PYT_OP_SOCKET] = { op_socket },
	[PYT_OP_BIND] = { op_bind, true, true },
	[PYT_OP_CONNECT] = { op_connect, true, true },
	[PYT_OP_DISCONNECT] = { op_disconnect, true, true },
	[PYT_OP_LISTEN] = { op_listen, true, true },
	[PYT_OP_ADOPT] = { op_adopt, true, false, true },
	[PYT_OP_NUDGE] = { op_nudge, true, true, true },
	[PYT_OP_CLOSED] = { op_closed, false, false, true },
	[PYT_OP_SHUTDOWN] = { op_shutdown, true, true },
	[PYT_OP_SET_OPTION] = { op_set_option, true, true },
	[PYT_OP_GET_OPTION] = { op_get_option, true, true },
	[PYT_OP_ERROR] = { op_error, true },
	[PYT_OP_STATUS] = { op_status, true, true },
	[PYT_OP_RECV_URGENT] = { op_recv_urgent, true },
	[PYT_OP_SEND_URGENT] = { op_send_urgent, true, true },
	[PYT_OP_ERROR_QUEUE] = { op_error_queue, true, true },
	[PYT_OP_INTERFACES] = { op_interfaces },
	[PYT_OP_ADDRESSES] = { op_addresses },
	[PYT_OP_ROUTES] = { op_routes },
	[PYT_OP_NEIGHBOURS] = { op_neighbours },
	[PYT_OP_SYSCTL_GET] = { op_sysctl_get },
	[PYT_OP_SYSCTL_SET] = { op_sysctl_set },
	[PYT_OP_COUNTERS] = { op_counters },
	[PYT_OP_TAKE] = { op_take, false, false, true },
	[PYT_OP_STEP_OUT] = { op_step_out },
	[PYT_OP_EXIT] = { op_exit },
};

static int run(struct call *call)
{
	const struct pyt_request *request = call->request;

	if (ops[request->op].needs_socket) {
		call->endpoint = endpoint_get(call->server, request->slot,
					      request->generation);
		if (!call->endpoint)
			return -EBADF;
	}
	if (ops[request->op].needs_handle &&
	    (!call->endpoint || call->endpoint->handle < 0))
		return -ENOTCONN;
	/* What the program sent before it asked is to go before, too. */
	if (ops[request->op].needs_handle &&
	    call->endpoint->state == ENDPOINT_DATAGRAM)
		pump_datagram_sent(call->server, call->endpoint);
	return ops[request->op].handle(call);
}

/* Who opens or connects one stream is likely to open the next one. */
static void offer_spare(struct call *call)
{
	if (call->endpoint &&
	    (call->reply->result >= 0 || call->reply->result == -EINPROGRESS))
		spare_offer(call->server, call->client, call->endpoint,
			    call->reply);
}

bool request_handle(struct server *server, struct client *client,
		    const struct pyt_request *request, int fd,
		    struct pyt_reply *reply)
{
	struct call call = { .server = server,
			     .client = client,
			     .request = request,
			     .reply = reply,
			     .fd = fd };

	spare_take(server, client, request);
	reply->result = run(&call);
	if (request->op == PYT_OP_SOCKET || request->op == PYT_OP_CONNECT)
		offer_spare(&call);
	if (call.fd >= 0)
		kernel_close(call.fd);
	if (server->ended || client->exit_deadline_us != TIME_NEVER)
		return false;
	return !ops[request->op].no_reply &&
	       !(request->op == PYT_OP_SET_OPTION &&
		 request->args[3] == PYT_NO_REPLY);
}
