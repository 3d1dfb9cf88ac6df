/* Netlink sockets: from the request to the acknowledgment. */
#include "netlink_server.h"

#include <errno.h>
#include <string.h>

#include "endpoint.h"
#include "genl.h"
#include "hold.h"
#include "kernel.h"
#include "rtnl_events.h"

#define REQUESTS_MAX 64 /* messages of the program's, a turn */
#define GROUPS_MAX 64
#define ACK_ROOM 512 /* of an ACK, without what it quotes */

/* ------------------------------------------------------------------- life */

int netlink_open(struct server *server, struct view *view, int type,
		 int protocol)
{
	if (type != SOCK_RAW && type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (protocol != NETLINK_ROUTE && protocol != NETLINK_SOCK_DIAG &&
	    protocol != NETLINK_GENERIC)
		return -EPROTONOSUPPORT;
	view->netlink = arena_alloc(server->arena, sizeof(*view->netlink));
	if (!view->netlink)
		return -ENOBUFS;
	view->netlink->protocol = protocol;
	return 0;
}

void netlink_close(struct server *server, struct view *view)
{
	arena_free(server->arena, view->netlink, sizeof(*view->netlink));
	view->netlink = NULL;
	rtnl_events_check(server);
}

/* ------------------------------------------------------------------- names */

static bool pid_is_taken(const struct server *server, int protocol,
			 uint32_t pid)
{
	const struct view *view;

	LIST_FOREACH (view, &server->views, link)
		if (view->netlink && view->netlink->protocol == protocol &&
		    view->netlink->pid == pid)
			return true;
	return false;
}

/* netlink_autobind(): the process's id, or some number that is free. */
static void autobind(const struct server *server, struct netlink *socket,
		     uint32_t pid)
{
	uint32_t other = (uint32_t)-4097;

	if (socket->pid)
		return;
	while (!pid || pid_is_taken(server, socket->protocol, pid))
		pid = other--;
	socket->pid = pid;
}

int netlink_bind(struct request_call *call, struct view *view)
{
	struct netlink *socket = view->netlink;
	struct sockaddr_nl name;

	if (call->request->data_len < sizeof(name))
		return -EINVAL;
	memcpy(&name, call->request->data, sizeof(name));
	if (name.nl_family != AF_NETLINK ||
	    (socket->pid && name.nl_pid != socket->pid && name.nl_pid))
		return -EINVAL;
	if (!socket->pid && name.nl_pid &&
	    pid_is_taken(call->server, socket->protocol, name.nl_pid))
		return -EADDRINUSE;
	if (!socket->pid && name.nl_pid)
		socket->pid = name.nl_pid;
	autobind(call->server, socket, (uint32_t)call->client->pid);
	socket->groups = (socket->groups & ~0xffffffffull) | name.nl_groups;
	rtnl_events_check(call->server);
	return 0;
}

int netlink_name(struct request_call *call, struct view *view)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK,
				    .nl_pid = view->netlink->pid,
				    .nl_groups =
					    (uint32_t)view->netlink->groups };

	memcpy(call->reply->data, &name, sizeof(name));
	call->reply->data_len = sizeof(name);
	return 0;
}

/* ----------------------------------------------------------------- options */

static int change_group(struct server *server, struct netlink *socket, int name,
			unsigned group)
{
	if (group < 1 || group > GROUPS_MAX)
		return -EINVAL;
	if (name == NETLINK_ADD_MEMBERSHIP)
		socket->groups |= 1ull << (group - 1);
	else
		socket->groups &= ~(1ull << (group - 1));
	rtnl_events_check(server);
	return 0;
}

int netlink_set_option(struct request_call *call, struct view *view)
{
	struct netlink *socket = view->netlink;
	unsigned number = 0;

	if (call->request->data_len < sizeof(number))
		return -EINVAL;
	memcpy(&number, call->request->data, sizeof(number));
	switch (call->request->args[1]) {
	case NETLINK_ADD_MEMBERSHIP:
	case NETLINK_DROP_MEMBERSHIP:
		return change_group(call->server, socket,
				    call->request->args[1], number);
	case NETLINK_EXT_ACK:
		socket->ext_ack = number != 0;
		return 0;
	case NETLINK_CAP_ACK:
		socket->cap_ack = number != 0;
		return 0;
	case NETLINK_GET_STRICT_CHK:
		socket->strict = number != 0;
		return 0;
	case NETLINK_PKTINFO:
	case NETLINK_BROADCAST_ERROR:
	case NETLINK_NO_ENOBUFS:
	case NETLINK_LISTEN_ALL_NSID:
		return 0; /* nothing depends on them here */
	default:
		return -ENOPROTOOPT;
	}
}

int netlink_get_option(struct request_call *call, struct view *view)
{
	const struct netlink *socket = view->netlink;
	uint32_t number;

	switch (call->request->args[1]) {
	case NETLINK_EXT_ACK:
		number = socket->ext_ack;
		break;
	case NETLINK_CAP_ACK:
		number = socket->cap_ack;
		break;
	case NETLINK_GET_STRICT_CHK:
		number = socket->strict;
		break;
	case NETLINK_LIST_MEMBERSHIPS:
		memcpy(call->reply->data, &socket->groups,
		       sizeof(socket->groups));
		call->reply->data_len = sizeof(socket->groups);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
	memcpy(call->reply->data, &number, sizeof(number));
	call->reply->data_len = sizeof(number);
	return 0;
}

/* ----------------------------------------------------------------- answers */

static bool send_out(struct server *server, struct view *view,
		     const struct nl_writer *out)
{
	struct iovec iov = { out->bytes, out->len };

	return out->len == 0 ||
	       view_send(server, view->endpoint, &iov, 1) != -EAGAIN;
}

/* Error or ACK: the request's header, and the rest of it if it failed. */
static void put_ack(struct nl_request *request, int error)
{
	const struct netlink *socket = request->socket;
	const struct nlmsghdr *header = request->header;
	struct nl_writer *out = request->out;
	bool tells = socket->ext_ack && request->reason && error;
	size_t quoted = sizeof(*header);
	uint16_t flags = 0;
	struct nlmsgerr *body;

	if (error && !socket->cap_ack)
		quoted = header->nlmsg_len;
	if (quoted > out->room - out->len - ACK_ROOM) /* rather than nothing */
		quoted = sizeof(*header);
	if (!error || quoted < header->nlmsg_len || socket->cap_ack)
		flags |= NLM_F_CAPPED;
	if (tells)
		flags |= NLM_F_ACK_TLVS;
	body = nl_begin(out, NLMSG_ERROR, flags, header->nlmsg_seq, socket->pid,
			sizeof(body->error) + quoted);
	if (body) {
		body->error = error;
		memcpy(&body->msg, header, quoted);
	}
	if (tells)
		nl_put_text(out, NLMSGERR_ATTR_MSG, request->reason);
	nl_end(out);
}

static const struct nl_handler *find_handler(const struct netlink *socket,
					     uint16_t type)
{
	const struct nl_handler *handler = diag_handlers;

	if (socket->protocol == NETLINK_ROUTE)
		handler = rtnl_handlers;
	if (socket->protocol == NETLINK_GENERIC)
		handler = genl_handlers;
	for (; handler->type; handler++)
		if (handler->type == type)
			return handler;
	return NULL;
}

/* ------------------------------------------------------------------- dumps */

static void fill_request(struct nl_request *request, struct server *server,
			 struct netlink *socket, const struct nlmsghdr *header,
			 struct nl_writer *out)
{
	*request = (struct nl_request){
		.server = server,
		.socket = socket,
		.header = header,
		.body = NLMSG_DATA(header),
		.body_len = header->nlmsg_len - NLMSG_HDRLEN,
		.out = out,
	};
}

/* False: it has to wait for the next message. */
static bool put_done(struct nl_request *request)
{
	nl_begin(request->out, NLMSG_DONE, NLM_F_MULTI,
		 request->header->nlmsg_seq, request->socket->pid, sizeof(int));
	return nl_end(request->out);
}

/* One message of the dump, as full as it gets; true: it was the last. */
static bool fill_dump(struct nl_request *request, struct nl_dump *dump,
		      unsigned *cursor)
{
	struct nl_writer *out = request->out;

	for (;;) {
		unsigned next = *cursor;
		size_t before = out->len;

		if (!dump->handler->dump(request, &next))
			return put_done(request);
		/* did not fit: once more in the next message */
		if (next == *cursor && out->len == before)
			return false;
		*cursor = next;
		if (out->room - out->len < 768) /* an item and DONE */
			return false;
	}
}

/* True: there was no room in the endpoint. */
static bool run_dump(struct server *server, struct view *view)
{
	struct netlink *socket = view->netlink;
	struct nl_dump *dump = &socket->dump;

	while (dump->runs) {
		struct nl_request request;
		struct nl_writer out;
		unsigned cursor = dump->cursor;
		bool over;

		nl_writer_init(&out, server->answer, NETLINK_MESSAGE_MAX);
		fill_request(&request, server, socket, (void *)dump->request,
			     &out);
		request.answer_flags = NLM_F_MULTI;
		over = fill_dump(&request, dump, &cursor);
		if (!send_out(server, view, &out))
			return true;
		/* what does not even fit a message of its own is left out */
		dump->cursor = cursor + (!over && out.len == 0);
		dump->runs = !over;
	}
	return false;
}

static int start_dump(struct server *server, struct view *view,
		      const struct nl_handler *handler,
		      const struct nlmsghdr *header)
{
	struct nl_dump *dump = &view->netlink->dump;

	if (!handler->dump)
		return -EOPNOTSUPP;
	if (dump->runs)
		return -EBUSY;
	if (header->nlmsg_len > sizeof(dump->request))
		return -EINVAL;
	memcpy(dump->request, header, header->nlmsg_len);
	dump->handler = handler;
	dump->cursor = 0;
	dump->runs = true;
	run_dump(server, view);
	return 0;
}

/* ---------------------------------------------------------------- requests */

static bool is_get(const struct netlink *socket, const struct nlmsghdr *header)
{
	if (socket->protocol == NETLINK_GENERIC)
		return genl_is_get(header);
	return socket->protocol == NETLINK_SOCK_DIAG ||
	       (header->nlmsg_type & 3) == 2;
}

static void handle(struct server *server, struct view *view,
		   const struct nlmsghdr *header)
{
	struct netlink *socket = view->netlink;
	const struct nl_handler *handler =
		find_handler(socket, header->nlmsg_type);
	struct nl_request request;
	struct nl_writer out;
	int result = -EOPNOTSUPP;

	if (!(header->nlmsg_flags & NLM_F_REQUEST) ||
	    header->nlmsg_type < NLMSG_MIN_TYPE)
		return;
	nl_writer_init(&out, server->answer, ANSWER_LEN);
	fill_request(&request, server, socket, header, &out);
	if (handler && (header->nlmsg_flags & NLM_F_DUMP) &&
	    is_get(socket, header)) {
		result = start_dump(server, view, handler, header);
		if (result == 0)
			return;
	} else if (!view->may_change && !is_get(socket, header)) {
		result = -EPERM;
	} else if (handler && handler->single) {
		result = handler->single(&request);
		if (result == 0 && !is_get(socket, header))
			hold_take(server, view->client_pid);
	}
	if (result < 0 || header->nlmsg_flags & NLM_F_ACK)
		put_ack(&request, result);
	send_out(server, view, &out);
}

/* A datagram may hold several requests. */
static void handle_all(struct server *server, struct view *view, size_t len)
{
	const uint8_t *at = server->scratch;

	while (len >= NLMSG_HDRLEN) {
		const struct nlmsghdr *header = (const void *)at;
		size_t step = NLMSG_ALIGN((size_t)header->nlmsg_len);

		if (header->nlmsg_len < NLMSG_HDRLEN || header->nlmsg_len > len)
			return;
		handle(server, view, header);
		if (step > len)
			return;
		at += step;
		len -= step;
	}
}

bool netlink_pump(struct server *server, struct view *view)
{
	struct endpoint *endpoint = view->endpoint;

	if (run_dump(server, view))
		return false;
	for (int i = 0; i < REQUESTS_MAX && endpoint->readable; i++) {
		struct iovec iov = { server->scratch, SCRATCH_LEN };
		struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
		ssize_t len =
			kernel_recvmsg(endpoint->fd, &message, MSG_DONTWAIT);

		if (len <= 0) {
			endpoint->readable = false;
			endpoint->hung_up |= len == 0;
			return false;
		}
		autobind(server, view->netlink, (uint32_t)view->client_pid);
		handle_all(server, view, (size_t)len);
	}
	return endpoint->readable;
}

/* --------------------------------------------------------------- multicast */

bool netlink_has_listener(const struct server *server, int protocol,
			  uint64_t groups)
{
	const struct view *view;

	LIST_FOREACH (view, &server->views, link)
		if (view->netlink && view->netlink->protocol == protocol &&
		    view->netlink->groups & groups)
			return true;
	return false;
}

void netlink_tell(struct server *server, int protocol, unsigned group,
		  const void *message, size_t len)
{
	struct iovec iov = { (void *)message, len };
	struct view *view;

	LIST_FOREACH (view, &server->views, link) {
		if (!view->netlink || view->netlink->protocol != protocol ||
		    !(view->netlink->groups & 1ull << (group - 1)))
			continue;
		/* as Linux: who reads too slowly is told so, and misses it */
		if (view_send(server, view->endpoint, &iov, 1) == -EAGAIN)
			slots_set_error(&server->slots, view->endpoint->slot,
					ENOBUFS);
	}
}
