/*
 * The table of requests, and those about the client's process. The fields
 * come from another process and may hold anything: slots are looked up with
 * their generation, lengths and types are checked, the engine checks the rest.
 */
#include <errno.h>
#include <sys/timerfd.h>

#include "control_server.h"
#include "door_server.h"
#include "endpoint.h"
#include "hold.h"
#include "kernel.h"
#include "lane.h"
#include "link.h"
#include "requests.h"
#include "shown.h"
#include "spare_server.h"
#include "view.h"

/* -------------------------------------------------------------- the process */

/*
 * Who asks for other settings than ours had better wait if we are only about
 * to finish what a program has left behind; then we go without grace.
 */
static void compare_settings(struct request_call *call)
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
	hold_drop(server);
}

static int op_hello(struct request_call *call)
{
	if (call->request->args[0] != PYT_CONTROL_VERSION)
		return -EPROTO;
	compare_settings(call);
	call->server->reply_fd = call->server->slots.fd;
	if (!call->client->is_foreign) {
		memcpy(call->reply->data, call->server->key, PYT_KEY_LEN);
		call->reply->data_len = PYT_KEY_LEN;
	}
	return PYT_CONTROL_VERSION;
}

static int op_another(struct request_call *call)
{
	int fd = control_another(call->server, call->client);

	if (fd < 0)
		return fd;
	call->server->reply_fd = fd;
	call->server->reply_fd_is_ours = true;
	return 0;
}

static int op_door(struct request_call *call)
{
	int fd = door_open(call->server);

	if (fd < 0)
		return fd;
	call->server->reply_fd = fd;
	return 0;
}

/* The taken list was read before, as in every request; the turn does more. */
static int op_nothing(struct request_call *call)
{
	return 0;
}

static int open_alarm(struct server *server)
{
	int fd = server->alarm_fd;

	if (fd)
		return fd;
	fd = (int)kernel_call(SYS_timerfd_create, CLOCK_MONOTONIC,
			      TFD_CLOEXEC | TFD_NONBLOCK, 0, 0, 0, 0);
	if (fd < 0)
		return fd;
	server->alarm_fd = fd;
	kernel_epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET,
			 (uint64_t)WATCH_ALARM << 56);
	return fd;
}

/* What decorates a link has files of its own, which cannot be lent. Who would
 * drive several links had to wait for all of them: nobody does. */
static int op_lane(struct request_call *call)
{
	struct server *server = call->server;

	if (server->own_process || !call->client->is_host ||
	    server->link_count > 1 || !server->links[0].link->is_bare)
		return -EOPNOTSUPP;
	if (call->request->args[0] == LANE_LINK)
		server->reply_fd = server->links[0].link->fd;
	else
		server->reply_fd = open_alarm(server);
	return server->reply_fd < 0 ? server->reply_fd : 0;
}

/* No reply from the thread that ends; the new process has the same client. */
static int op_step_out(struct request_call *call)
{
	return step_out(call->server);
}

static int op_exit(struct request_call *call)
{
	if (call->server->own_process || !call->client->is_host)
		return 0;
	control_wait_exit(call->server, call->client);
	return 0;
}

/* ------------------------------------------------------------ the table */

static const struct {
	int (*handle)(struct request_call *call);
	bool needs_socket; /* slot and generation are of an endpoint */
	bool needs_handle; /* ... that still has a socket in the engine */
	bool no_reply;
	bool changes_sending; /* which datagrams can be sent */
	bool visits; /* of a stream: touches no file, see lane.h */
} ops[PYT_OPS] = {
	[PYT_OP_HELLO] = { op_hello },
	[PYT_OP_SOCKET] = { request_socket, .visits = true },
	[PYT_OP_BIND] = { request_bind, true, true, false, true },
	[PYT_OP_CONNECT] = { request_connect, true, true, false, true,
			     .visits = true },
	[PYT_OP_CONNECT_FAST] = { request_connect_fast, true, true, false,
				  true },
	[PYT_OP_ATTACH] = { request_attach, true, true },
	[PYT_OP_DISCONNECT] = { request_disconnect, true, true, false, true },
	[PYT_OP_LISTEN] = { request_listen, true, true },
	[PYT_OP_ADOPT] = { request_adopt, true, false, true, .visits = true },
	[PYT_OP_PROVE] = { request_prove },
	[PYT_OP_NUDGE] = { request_nudge, true, true, true },
	[PYT_OP_CLOSED] = { request_closed, false, false, true },
	[PYT_OP_SHUTDOWN] = { request_shutdown, true, true, false, true },
	[PYT_OP_SET_OPTION] = { request_set_option, true, true, false, true,
				.visits = true },
	[PYT_OP_GET_OPTION] = { request_get_option, true, true,
				.visits = true },
	[PYT_OP_WIDE_OPTION] = { request_wide_option, true, true, false, true },
	[PYT_OP_OWN_OPTIONS] = { request_own_options, true },
	[PYT_OP_SEND] = { request_send, true, true },
	[PYT_OP_ERROR] = { request_error, true, .visits = true },
	[PYT_OP_STATUS] = { request_status, true, true, .visits = true },
	[PYT_OP_RECV_URGENT] = { request_recv_urgent, true },
	[PYT_OP_SEND_URGENT] = { request_send_urgent, true, true },
	[PYT_OP_MORE] = { request_more, true, true },
	[PYT_OP_KEEP_BYTE] = { request_keep_byte, true, true },
	[PYT_OP_SHOW] = { request_show, true },
	[PYT_OP_ERROR_QUEUE] = { request_error_queue, true },
	[PYT_OP_ZEROCOPY] = { request_zerocopy, true },
	[PYT_OP_INTERFACES] = { request_interfaces },
	[PYT_OP_ADDRESSES] = { request_addresses },
	[PYT_OP_SOURCES] = { request_sources },
	[PYT_OP_ROUTES] = { request_routes },
	[PYT_OP_NEIGHBOURS] = { request_neighbours },
	[PYT_OP_NAMES] = { request_names },
	[PYT_OP_SYSCTL_GET] = { request_sysctl_get },
	[PYT_OP_SYSCTL_SET] = { request_sysctl_set },
	[PYT_OP_COUNTERS] = { request_counters },
	[PYT_OP_SIZES] = { request_sizes },
	[PYT_OP_VIEW_BIND] = { request_view_bind, true },
	[PYT_OP_VIEW_NAME] = { request_view_name, true },
	[PYT_OP_VIEW_OPTION] = { request_view_option, true },
	[PYT_OP_VIEW_GET_OPTION] = { request_view_get_option, true },
	[PYT_OP_VIEW_SYNC] = { request_view_sync, true },
	[PYT_OP_VIEW_FILE] = { request_view_file },
	[PYT_OP_VIEW_LIST] = { request_view_list },
	[PYT_OP_VIEW_IOCTL] = { request_view_ioctl },
	[PYT_OP_VIEW_CLIENTS] = { request_view_clients },
	[PYT_OP_VIEW_RING] = { request_view_ring, true },
	[PYT_OP_VIEW_WAY] = { request_view_way },
	[PYT_OP_LINK_ADD] = { request_link_add },
	[PYT_OP_ANOTHER] = { op_another },
	[PYT_OP_DOOR] = { op_door },
	[PYT_OP_TAKE] = { op_nothing, false, false, true },
	[PYT_OP_LANE] = { op_lane },
	[PYT_OP_WAKE] = { op_nothing, false, false, true },
	[PYT_OP_STEP_OUT] = { op_step_out },
	[PYT_OP_EXIT] = { op_exit },
};

bool request_can_visit(enum pyt_op op)
{
	return ops[op].visits;
}

int request_run(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	int result;

	if (ops[request->op].needs_socket) {
		call->endpoint = endpoint_get(call->server, request->slot,
					      request->generation);
		if (!call->endpoint)
			return -EBADF;
	}
	if (ops[request->op].needs_handle &&
	    (!call->endpoint || !endpoint_revive(call->server, call->endpoint)))
		return -ENOTCONN;
	/* What the program sent before it asked is to go before, too. */
	if (ops[request->op].needs_handle &&
	    call->endpoint->state == ENDPOINT_DATAGRAM)
		pump_datagram_sent(call->server, call->endpoint);
	result = ops[request->op].handle(call);
	if (ops[request->op].changes_sending)
		slots_bump_send(&call->server->slots, call->endpoint->slot);
	return result;
}

/* Who opens or connects one stream is likely to open the next one. */
static void offer_spare(struct request_call *call)
{
	if (call->endpoint &&
	    (call->reply->result >= 0 || call->reply->result == -EINPROGRESS))
		spare_offer(call->server, call->client, call->endpoint,
			    call->reply);
}

/* Else the answer would go where another program waits for one. */
static bool answers_in_slot(const struct client *client,
			    const struct pyt_request *request)
{
	return (request->op == PYT_OP_CONNECT ||
		request->op == PYT_OP_ATTACH) &&
	       request->args[3] == PYT_ANSWER_IN_SLOT &&
	       request->slot < PYT_SLOTS && shown_has(client, request->slot);
}

/*
 * Another program than the stack's own has sockets from now on. Whether that
 * one is stopped or killed must not be its business.
 */
static bool has_guest(struct server *server, const struct client *client,
		      const struct pyt_request *request)
{
	const struct endpoint *endpoint;

	if (server->own_process || client->is_host)
		return false;
	if (request->op == PYT_OP_LINK_ADD)
		return true;
	if (request->op == PYT_OP_SOCKET)
		return !view_has_family(request->args[0]);
	if (!ops[request->op].needs_socket)
		return false;
	endpoint = endpoint_get(server, request->slot, request->generation);
	return endpoint && endpoint->state != ENDPOINT_VIEW;
}

bool request_handle(struct server *server, struct client *client,
		    const struct pyt_request *request, int fd,
		    struct pyt_reply *reply)
{
	struct request_call call = { .server = server,
				     .client = client,
				     .request = request,
				     .reply = reply,
				     .fd = fd };

	if (has_guest(server, client, request) && step_out(server) == 0)
		return false; /* the new process does it, fd included */
	spare_take(server, client, request);
	reply->result = door_check(&call);
	if (reply->result == 0 && ops[request->op].needs_socket &&
	    !shown_has(client, request->slot))
		reply->result = -EACCES;
	if (!shown_may_name(server, client, request->inode))
		reply->result = -EACCES;
	if (reply->result == 0)
		reply->result = request_run(&call);
	if (request->op == PYT_OP_SOCKET || request->op == PYT_OP_CONNECT ||
	    request->op == PYT_OP_CONNECT_FAST)
		offer_spare(&call);
	if (call.fd >= 0)
		kernel_close(call.fd);
	if (answers_in_slot(client, request)) {
		slots_answer(&server->slots, request->slot, request->args[2],
			     reply);
		return false;
	}
	if (server->ended || client->exit_deadline_us != TIME_NEVER)
		return false;
	return !ops[request->op].no_reply &&
	       !(request->op == PYT_OP_SET_OPTION &&
		 request->args[3] == PYT_NO_REPLY);
}
