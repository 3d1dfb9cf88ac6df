/* Requests that a visitor can handle: they touch no file of the stack's. */
#include "lane_request.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "endpoint.h"
#include "lane.h"
#include "requests.h"

static struct pyt_request request; /* inside, as the reply */
static struct pyt_reply reply;

/* Our end of the endpoint is told of it, or asked, too. */
static bool is_for_endpoint(const struct client_call *call)
{
	if (call->op == PYT_OP_STATUS)
		return call->args[0];
	return call->op == PYT_OP_SET_OPTION && call->args[0] == SOL_SOCKET &&
	       (call->args[1] == SO_RCVBUF || call->args[1] == SO_RCVBUFFORCE);
}

static bool can_visit(struct server *server, const struct client_call *call)
{
	const struct endpoint *endpoint;

	if (!request_can_visit(call->op) || is_for_endpoint(call) ||
	    server->tap_count)
		return false;
	if (call->op == PYT_OP_SOCKET) /* or another one had this inode */
		return call->args[1] == SOCK_STREAM &&
		       slots_have_room(&server->slots) &&
		       slots_find(&server->slots, call->inode) == PYT_SLOT_NONE;
	endpoint = endpoint_get(server, call->slot, call->generation);
	if (!endpoint ||
	    slots_at(&server->slots, call->slot)->type != SOCK_STREAM)
		return false;
	return call->op != PYT_OP_CONNECT ||
	       (endpoint->state == ENDPOINT_UNCONNECTED &&
		endpoint->handle >= 0);
}

static void take_reply(struct client_call *call)
{
	if (call->answer_len > reply.data_len)
		call->answer_len = reply.data_len;
	if (call->answer_len)
		memcpy(call->answer, reply.data, call->answer_len);
	call->reply_slot = reply.slot;
	call->reply_generation = reply.generation;
}

/*
 * The SYN is written outside, as all frames are; the answer is often there
 * when that is done.
 */
static int connect_stream(struct server *server, const struct client_call *call)
{
	struct endpoint *endpoint =
		endpoint_get(server, call->slot, call->generation);
	int result;

	endpoint->untold = call->args[0] == PYT_CONNECT_IN_BACKGROUND;
	result = stream_connect_begin(server, endpoint, call->address);
	if (result == -EINPROGRESS)
		server = lane_output(server);
	if (!server)
		return result;
	endpoint = endpoint_get(server, call->slot, call->generation);
	if (result == -EINPROGRESS && endpoint &&
	    endpoint->state == ENDPOINT_CONNECTING && !server->tap_count)
		result = stream_connect_go_on(server, endpoint);
	lane_leave(server);
	return result;
}

static int visit(struct server *server, struct client_call *call)
{
	struct request_call visit = {
		.server = server, .request = &request, .reply = &reply, .fd = -1
	};
	int result;

	if (call->op == PYT_OP_CONNECT)
		return connect_stream(server, call);
	client_fill_request(call, &request);
	memset(&reply, 0, offsetof(struct pyt_reply, data));
	reply.slot = PYT_SLOT_NONE;
	result = request_run(&visit);
	take_reply(call);
	lane_leave(server);
	return result;
}

static bool may_visit(const struct client_call *call)
{
	return lane_is_open() && call->data_len <= PYT_CONTROL_DATA_MAX &&
	       client_spares_are_told() && !*lane_untold(call->slot);
}

/* As a message it would be waited for, too: then rather for the lock. */
static bool is_waited_for(const struct client_call *call)
{
	return call->op != PYT_OP_SET_OPTION || call->args[3] != PYT_NO_REPLY;
}

bool lane_request(struct client_call *call, int *result)
{
	struct server *server;
	uint64_t signals;
	bool visited = false;

	if (!may_visit(call))
		return false;
	signals = lane_block_signals();
	server = is_waited_for(call) ? lane_enter() : lane_try_enter();
	if (server && can_visit(server, call)) {
		*result = visit(server, call);
		/* who closed it may not have been heard yet */
		visited =
			call->op != PYT_OP_CONNECT || *result != -EADDRNOTAVAIL;
	} else if (server) {
		lane_leave(server);
	}
	lane_restore_signals(signals);
	return visited;
}
