/* Endpoints that show the system: their life, and what travels on them. */
#include "view.h"

#include <errno.h>
#include <string.h>

#include "endpoint.h"
#include "hold.h"
#include "kernel.h"
#include "netlink_server.h"
#include "packet_tap.h"
#include "proc_file.h"
#include "rtnl_events.h"

#define WRITES_MAX 16 /* of a setting, a turn */

bool view_has_family(int family)
{
	return family == AF_NETLINK || family == AF_PACKET ||
	       family == VIEW_FAMILY_SETTING;
}

/* ------------------------------------------------------------------- life */

/* "class/pyt0/mtu": what of /sys/class/net is written; NULL: a setting. */
static const char *class_file(const struct view *view)
{
	static const char prefix[] = "class/";

	return strncmp(view->name, prefix, sizeof(prefix) - 1) == 0
		       ? view->name + sizeof(prefix) - 1
		       : NULL;
}

static int open_setting(struct request_call *call, struct view *view)
{
	const struct pyt_request *request = call->request;
	char text[8];

	if (!request->data_len || request->data_len >= sizeof(view->name))
		return -ENOENT;
	memcpy(view->name, request->data, request->data_len);
	if (class_file(view))
		return proc_class_set(call->server->stack, class_file(view),
				      NULL);
	return pyt_sysctl_get(call->server->stack, view->name, text,
			      sizeof(text)) < 0
		       ? -ENOENT
		       : 0;
}

static int open_family(struct request_call *call, struct view *view)
{
	const struct pyt_request *request = call->request;

	switch (view->family) {
	case AF_NETLINK:
		return netlink_open(call->server, view, request->args[1],
				    request->args[2]);
	case AF_PACKET:
		return packet_tap_open(call->server, view, request->args[1],
				       request->args[2]);
	default:
		return open_setting(call, view);
	}
}

int view_open(struct request_call *call)
{
	struct server *server = call->server;
	struct view *view = arena_alloc(server->arena, sizeof(*view));
	int result;

	if (!server->answer)
		server->answer = arena_alloc(server->arena, ANSWER_LEN);
	if (!view || !server->answer) {
		arena_free(server->arena, view, view ? sizeof(*view) : 0);
		return -ENOBUFS;
	}
	view->family = (uint8_t)call->request->args[0];
	view->endpoint = call->endpoint;
	view->client_pid = call->client->pid;
	view->may_change = !call->client->is_foreign;
	result = open_family(call, view);
	if (result < 0) {
		arena_free(server->arena, view, sizeof(*view));
		return result;
	}
	call->endpoint->state = ENDPOINT_VIEW;
	call->endpoint->view = view;
	LIST_INSERT_HEAD(&server->views, view, link);
	return 0;
}

void view_close(struct server *server, struct endpoint *endpoint)
{
	struct view *view = endpoint->view;

	if (!view)
		return;
	endpoint->view = NULL;
	LIST_REMOVE(view, link);
	if (view->netlink)
		netlink_close(server, view);
	if (view->tap)
		packet_tap_close(server, view);
	arena_free(server->arena, view, sizeof(*view));
}

/* ----------------------------------------------------------------- travels */

ssize_t view_send(struct server *server, struct endpoint *endpoint,
		  const struct iovec *iov, int iov_count)
{
	struct msghdr message = { .msg_iov = (struct iovec *)iov,
				  .msg_iovlen = (size_t)iov_count };
	ssize_t sent;

	if (endpoint->fd < 0)
		return -EPIPE;
	sent = kernel_sendmsg(endpoint->fd, &message,
			      MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent == -EAGAIN) {
		endpoint->writable = false;
		endpoint_want_writable(server, endpoint, true);
	}
	return sent;
}

/* As proc_sysctl.c: what is not a value is EINVAL, whatever it is not. */
static int set(struct server *server, const struct view *view, size_t len)
{
	char *text = (char *)server->scratch;
	int result;

	text[len] = '\0';
	while (len && (text[len - 1] == '\n' || text[len - 1] == '\0'))
		text[--len] = '\0';
	if (class_file(view))
		result = proc_class_set(server->stack, class_file(view), text);
	else
		result = pyt_sysctl_set(server->stack, view->name, text);
	if (result < 0)
		log_line(&server->log, PYT_LOG_WARNING, "sysctl",
			 "%s: bad value \"%.64s\"", view->name, text);
	else
		hold_take(server, view->client_pid);
	return result < 0 ? -EINVAL : 0;
}

static bool pump_setting(struct server *server, struct view *view)
{
	struct endpoint *endpoint = view->endpoint;

	for (int i = 0; i < WRITES_MAX && endpoint->readable; i++) {
		ssize_t len = kernel_recv(endpoint->fd, server->scratch,
					  SCRATCH_LEN - 1, MSG_DONTWAIT);

		if (len <= 0) {
			endpoint->readable = false;
			endpoint->hung_up |= len == 0;
			return false;
		}
		view->last_error = set(server, view, (size_t)len);
	}
	return endpoint->readable;
}

bool view_pump(struct server *server, struct endpoint *endpoint)
{
	struct view *view = endpoint->view;
	bool more;

	if (view->netlink)
		more = netlink_pump(server, view);
	else if (view->tap)
		more = packet_tap_pump(server, view);
	else
		more = pump_setting(server, view);
	if (endpoint->hung_up && !endpoint->readable) {
		endpoint_free(server, endpoint);
		return false;
	}
	return more;
}

void view_settle_all(struct server *server)
{
	struct view *view;

	LIST_FOREACH (view, &server->views, link) {
		if (view->family != VIEW_FAMILY_SETTING)
			continue;
		view->endpoint->readable = true; /* epoll may be late */
		pump_setting(server, view);
		endpoint_wake(server, view->endpoint);
	}
}

void view_run(struct server *server)
{
	rtnl_events_run(server);
}
