/* Requests about the endpoints of view.h, and for files. */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "endpoint.h"
#include "hold.h"
#include "iface_change.h"
#include "kernel.h"
#include "netlink_server.h"
#include "packet_tap.h"
#include "proc_file.h"
#include "rtnl_events.h"
#include "view.h"

int request_view_bind(struct request_call *call)
{
	struct view *view = call->endpoint->view;

	if (view && view->netlink)
		return netlink_bind(call, view);
	if (view && view->tap)
		return packet_tap_bind(call, view);
	return -EOPNOTSUPP;
}

int request_view_name(struct request_call *call)
{
	struct view *view = call->endpoint->view;

	if (view && view->netlink)
		return netlink_name(call, view);
	if (view && view->tap)
		return packet_tap_name(call, view);
	return -EOPNOTSUPP;
}

int request_view_option(struct request_call *call)
{
	struct view *view = call->endpoint->view;

	if (view && view->netlink)
		return netlink_set_option(call, view);
	if (view && view->tap)
		return packet_tap_set_option(call, view);
	return -ENOPROTOOPT;
}

int request_view_get_option(struct request_call *call)
{
	struct view *view = call->endpoint->view;

	if (view && view->netlink)
		return netlink_get_option(call, view);
	if (view && view->tap)
		return packet_tap_get_option(call, view);
	return -ENOPROTOOPT;
}

/* What was written before is done now; its result, cleared. */
int request_view_sync(struct request_call *call)
{
	struct view *view = call->endpoint->view;
	int result;

	if (!view)
		return -EBADF;
	call->endpoint->readable = true;
	view_pump(call->server, call->endpoint);
	if (call->endpoint->view != view)
		return 0; /* it was hung up */
	rtnl_events_run(call->server);
	result = view->last_error;
	view->last_error = 0;
	endpoint_wake(call->server, call->endpoint);
	return result;
}

/* A path -> a descriptor with the contents of now. */
int request_view_file(struct request_call *call)
{
	int fd;

	view_settle_all(call->server);
	fd = proc_file_make(call->server, (const char *)call->request->data);
	if (fd < 0)
		return fd;
	call->server->reply_fd = fd;
	call->server->reply_fd_is_ours = true;
	return 0;
}

/* Names in a directory, each with a zero behind it; ordinal to go on, 0. */
int request_view_list(struct request_call *call)
{
	return proc_file_list(call->server, (const char *)call->request->data,
			      call->request->args[0], (char *)call->reply->data,
			      PYT_CONTROL_DATA_MAX, &call->reply->data_len);
}

/* As many as fit a reply. */
int request_view_clients(struct request_call *call)
{
	const struct server *server = call->server;
	struct pyt_reply *reply = call->reply;

	for (uint32_t i = 0; i < server->client_top; i++) {
		uint32_t pid = (uint32_t)server->clients[i].pid;

		if (server->clients[i].fd < 0 ||
		    reply->data_len + sizeof(pid) > PYT_CONTROL_DATA_MAX)
			continue;
		memcpy(reply->data + reply->data_len, &pid, sizeof(pid));
		reply->data_len += sizeof(pid);
	}
	return 0;
}

/* The memory of PACKET_RX_RING, for mmap(2). */
int request_view_ring(struct request_call *call)
{
	const struct view *view = call->endpoint->view;

	if (!view || !view->tap || !view->tap->ring.fd)
		return -EINVAL;
	call->server->reply_fd = view->tap->ring.fd;
	call->reply->result2 = view->tap->ring.len;
	return 0;
}

/* What changes links, routes and neighbours by ioctl(2). */
int request_view_ioctl(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	unsigned long number = (uint32_t)request->args[0];
	size_t len = iface_change_len(request->args[1], number);
	int result;

	if (!len || request->data_len < len + IFNAMSIZ)
		return -EINVAL;
	result = iface_change(call->server, request->args[1], number,
			      request->data);
	if (result >= 0)
		hold_take(call->server, call->client->pid);
	return result;
}
