/* pyt why: the way to an address and, if that is here, who hears there. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "endpoint.h"
#include "view.h"
#include "view_way.h"

#define STATE_LISTEN 10

struct search {
	struct server *server;
	const struct pyt_sockaddr *to;
	struct view_way *answer;
	int tcp_rank, udp_rank; /* of what was found so far */
};

/* An address before any, and any of the own family before both: 0: not he. */
static int rank_of(const struct search *search,
		   const struct pyt_socket_view *view)
{
	const struct pyt_sockaddr *local = &view->status.local;
	bool v4 = pyt_ip_is_v4(&search->to->ip);

	if (local->port != search->to->port)
		return 0;
	if (pyt_ip_equal(&local->ip, &search->to->ip))
		return 3;
	if (!pyt_ip_is_unspecified(&local->ip))
		return 0;
	if (view->status.family == (v4 ? AF_INET : AF_INET6))
		return 2;
	return v4 && view->status.family == AF_INET6 && !view->v6only;
}

static void note(struct search *search, const struct pyt_socket_view *view,
		 struct view_hearer *hearer, int *rank)
{
	const struct endpoint *endpoint =
		endpoint_of_handle(search->server, view->handle);
	int new = rank_of(search, view);

	if (new <= *rank)
		return;
	*rank = new;
	*hearer = (struct view_hearer){ .exists = true,
					.ip = view->status.local.ip };
	if (endpoint)
		hearer->inode =
			slots_at(&search->server->slots, endpoint->slot)->inode;
}

static bool visit(void *context, const struct pyt_socket_view *view)
{
	struct search *search = context;
	const struct pyt_socket_status *status = &view->status;

	if (view->handle < 0)
		return true;
	if (status->type == SOCK_STREAM && status->tcp_state == STATE_LISTEN)
		note(search, view, &search->answer->tcp, &search->tcp_rank);
	if (status->type == SOCK_DGRAM && status->protocol == IPPROTO_UDP &&
	    pyt_ip_is_unspecified(&status->peer.ip))
		note(search, view, &search->answer->udp, &search->udp_rank);
	return true;
}

int request_view_way(struct request_call *call)
{
	const struct pyt_sockaddr *to = &call->request->address;
	struct server *server = call->server;
	struct view_way answer = { .way = { .ifindex = 0 } };
	struct search search = { .server = server,
				 .to = to,
				 .answer = &answer };
	int result =
		pyt_way_find(server->stack, &to->ip, NULL, (int)to->scope_id,
			     server->now_us, &answer.way);

	if (result < 0)
		return result;
	if (answer.way.local && to->port)
		pyt_sockets_visit(server->stack, 0, visit, &search,
				  server->now_us);
	memcpy(call->reply->data, &answer, sizeof(answer));
	call->reply->data_len = sizeof(answer);
	return 0;
}
