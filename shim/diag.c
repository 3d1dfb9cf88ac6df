/*
 * sock_diag(7) for ss(8): the sockets of the stack as inet_diag messages. The
 * inode is that of the program's endpoint, so that ss -p finds the process.
 */
#include <errno.h>
#include <limits.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>

#include "diag_filter.h"
#include "endpoint.h"
#include "endpoint_queue.h"
#include "kernel.h"
#include "netlink_server.h"

#define STATE_LISTEN 10
#define STATE_CLOSE 7
#define STATE_ESTABLISHED 1
#define STATE_SYN_RECV 3
#define DUMP_OVER UINT_MAX /* the cursor of a dump behind all */

/* A dump or a search, on its way over the sockets. */
struct search {
	struct nl_request *request;
	struct inet_diag_req_v2 asked;
	const struct nl_value *filter; /* INET_DIAG_REQ_BYTECODE */
	bool exact; /* one socket, by its addresses */
	bool found;
	uint32_t uid;
};

/* -------------------------------------------------------------- one socket */

/* What Linux keeps in its tables: UDP and raw know two states. */
static uint8_t state_of(const struct pyt_socket_view *view)
{
	if (view->status.type == SOCK_STREAM)
		return (uint8_t)view->status.tcp_state;
	return pyt_ip_is_unspecified(&view->status.peer.ip) ? STATE_CLOSE
							    : STATE_ESTABLISHED;
}

static void put_words(const struct pyt_ip *ip, int family, __be32 words[4])
{
	memset(words, 0, 4 * sizeof(*words));
	if (family == AF_INET)
		memcpy(words, ip->bytes + 12, 4);
	else if (!pyt_ip_is_unspecified(ip))
		memcpy(words, ip->bytes, 16);
}

static void fill_id(const struct pyt_socket_view *view,
		    struct inet_diag_sockid *id)
{
	int family = view->status.family;
	uint16_t port = view->status.local.port;

	if (view->status.type == SOCK_RAW) /* Linux shows the protocol there */
		port = (uint16_t)view->status.protocol;
	id->idiag_sport = htons(port);
	id->idiag_dport = htons(view->status.peer.port);
	put_words(&view->status.local.ip, family, id->idiag_src);
	put_words(&view->status.peer.ip, family, id->idiag_dst);
	id->idiag_if = (uint32_t)view->ifindex;
	id->idiag_cookie[0] = (uint32_t)(view->handle + 1);
}

static uint32_t inode_of(struct server *server, int handle)
{
	const struct endpoint *endpoint =
		handle < 0 ? NULL : endpoint_of_handle(server, handle);

	return endpoint ? (uint32_t)slots_at(&server->slots, endpoint->slot)
				  ->inode
			: 0;
}

static void fill_body(const struct search *search,
		      const struct pyt_socket_view *view,
		      struct inet_diag_msg *body)
{
	body->idiag_family = (uint8_t)view->status.family;
	body->idiag_state = state_of(view);
	body->idiag_timer = (uint8_t)view->timer;
	body->idiag_retrans = view->retransmits;
	fill_id(view, &body->id);
	body->idiag_expires = (uint32_t)(view->expires_us / 1000);
	body->idiag_rqueue = view->status.receive_queued;
	body->idiag_wqueue = view->status.type == SOCK_STREAM
				     ? view->status.send_queued
				     : view->send_used;
	body->idiag_uid = view->handle < 0 ? 0 : search->uid;
	body->idiag_inode = inode_of(search->request->server, view->handle);
}

static bool wants(const struct search *search, int extension)
{
	return search->asked.idiag_ext & 1 << (extension - 1);
}

static void put_memory(struct nl_writer *w, const struct pyt_socket_view *view)
{
	uint32_t memory[SK_MEMINFO_VARS] = {
		[SK_MEMINFO_RMEM_ALLOC] = view->status.receive_queued,
		[SK_MEMINFO_RCVBUF] = view->receive_buffer,
		[SK_MEMINFO_WMEM_ALLOC] = view->send_used,
		[SK_MEMINFO_SNDBUF] = view->send_buffer,
		[SK_MEMINFO_DROPS] = (uint32_t)view->dropped,
	};

	if (state_of(view) == STATE_LISTEN)
		memory[SK_MEMINFO_RMEM_ALLOC] = 0;
	nl_put(w, INET_DIAG_SKMEMINFO, memory, sizeof(memory));
}

/* As Linux: who is bound to an address of IPv6 hears nothing else. */
static bool is_v6_alone(const struct pyt_socket_view *view)
{
	const struct pyt_ip *local = &view->status.local.ip;

	return view->v6only ||
	       (!pyt_ip_is_unspecified(local) && !pyt_ip_is_v4(local));
}

static void put_extensions(const struct search *search,
			   const struct pyt_socket_view *view)
{
	struct nl_writer *w = search->request->out;

	if (wants(search, INET_DIAG_MEMINFO)) {
		struct inet_diag_meminfo memory = {
			.idiag_rmem = view->status.receive_queued,
			.idiag_wmem = view->send_used,
			.idiag_tmem = view->send_used,
		};

		nl_put(w, INET_DIAG_MEMINFO, &memory, sizeof(memory));
	}
	if (wants(search, INET_DIAG_TOS))
		nl_put_u8(w, INET_DIAG_TOS, view->tos);
	if (wants(search, INET_DIAG_TCLASS) && view->status.family == AF_INET6)
		nl_put_u8(w, INET_DIAG_TCLASS, view->tclass);
	if (view->status.family == AF_INET6 &&
	    (state_of(view) == STATE_LISTEN || state_of(view) == STATE_CLOSE))
		nl_put_u8(w, INET_DIAG_SKV6ONLY, is_v6_alone(view));
	if (view->mark)
		nl_put_u32(w, INET_DIAG_MARK, view->mark);
	if (wants(search, INET_DIAG_SKMEMINFO))
		put_memory(w, view);
	if (wants(search, INET_DIAG_INFO) && view->tcp_info_len)
		nl_put(w, INET_DIAG_INFO, view->tcp_info, view->tcp_info_len);
	if (wants(search, INET_DIAG_CONG) && view->congestion_control[0])
		nl_put_text(w, INET_DIAG_CONG, view->congestion_control);
}

static bool put_socket(const struct search *search,
		       const struct pyt_socket_view *view)
{
	struct nl_request *request = search->request;
	struct nl_writer *w = request->out;
	struct inet_diag_msg *body =
		nl_begin(w, SOCK_DIAG_BY_FAMILY, request->answer_flags,
			 request->header->nlmsg_seq, request->socket->pid,
			 sizeof(*body));

	if (body)
		fill_body(search, view, body);
	nl_put_u8(w, INET_DIAG_SHUTDOWN, view->shutdown);
	if (view->timer != PYT_VIEW_TIMER_TIME_WAIT &&
	    view->status.tcp_state != PYT_VIEW_NEW_SYN_RECV)
		put_extensions(search, view);
	nl_put_u32(w, INET_DIAG_PROTOCOL, (uint32_t)view->status.protocol);
	return nl_end(w);
}

/* --------------------------------------------------------------- selection */

static bool is_of_kind(const struct search *search,
		       const struct pyt_socket_view *view)
{
	const struct pyt_socket_status *status = &view->status;

	if (search->asked.sdiag_family != AF_UNSPEC &&
	    status->family != search->asked.sdiag_family)
		return false;
	switch (search->asked.sdiag_protocol) {
	case IPPROTO_TCP:
		return status->type == SOCK_STREAM;
	case IPPROTO_RAW:
		return status->type == SOCK_RAW;
	default:
		return status->type == SOCK_DGRAM &&
		       status->protocol == search->asked.sdiag_protocol;
	}
}

/* A socket that was only made stands in no table of Linux's. */
static bool is_bound(const struct pyt_socket_view *view)
{
	if (view->status.type == SOCK_STREAM)
		return state_of(view) != STATE_CLOSE;
	return view->status.type == SOCK_RAW || view->status.local.port;
}

static bool has_id(const struct search *search,
		   const struct pyt_socket_view *view)
{
	struct inet_diag_sockid id = { 0 };
	const struct inet_diag_sockid *asked = &search->asked.id;

	fill_id(view, &id);
	return id.idiag_sport == asked->idiag_sport &&
	       id.idiag_dport == asked->idiag_dport &&
	       memcmp(id.idiag_src, asked->idiag_src, sizeof(id.idiag_src)) ==
		       0 &&
	       memcmp(id.idiag_dst, asked->idiag_dst, sizeof(id.idiag_dst)) ==
		       0;
}

static bool is_selected(const struct search *search,
			const struct pyt_socket_view *view)
{
	uint8_t state = state_of(view);
	struct inet_diag_msg body = { 0 };

	if (!is_of_kind(search, view) || !is_bound(view))
		return false;
	if (search->exact)
		return has_id(search, view);
	/* half-open ones are asked for as SYN-RECV */
	if (state == PYT_VIEW_NEW_SYN_RECV)
		state = STATE_SYN_RECV;
	if (!(search->asked.idiag_states & 1u << state))
		return false;
	if (search->asked.id.idiag_sport || search->asked.id.idiag_dport) {
		fill_id(view, &body.id);
		if (search->asked.id.idiag_sport &&
		    search->asked.id.idiag_sport != body.id.idiag_sport)
			return false;
		if (search->asked.id.idiag_dport &&
		    search->asked.id.idiag_dport != body.id.idiag_dport)
			return false;
	}
	if (!search->filter->data)
		return true;
	fill_body(search, view, &body);
	return diag_filter_passes(search->filter, &body, view->mark);
}

static bool visit(void *context, const struct pyt_socket_view *view)
{
	struct search *search = context;
	struct pyt_socket_view whole;

	if (!is_selected(search, view))
		return true;
	whole = *view;
	endpoint_queue_add(search->request->server, &whole);
	if (!put_socket(search, &whole))
		return false;
	search->found = true;
	return !search->exact;
}

/* ---------------------------------------------------------------- requests */

static int parse(struct nl_request *request, struct search *search,
		 struct nl_value value[INET_DIAG_REQ_PROTOCOL + 1])
{
	*search = (struct search){ .request = request };
	if (request->body_len < sizeof(search->asked))
		return -EINVAL;
	memcpy(&search->asked, request->body, sizeof(search->asked));
	if (!nl_parse(request->body + sizeof(search->asked),
		      request->body_len - sizeof(search->asked), value,
		      INET_DIAG_REQ_PROTOCOL))
		return -EINVAL;
	/* MPTCP's number, cut to the field, looks like TCP's */
	if (nl_u32(&value[INET_DIAG_REQ_PROTOCOL],
		   search->asked.sdiag_protocol) !=
	    search->asked.sdiag_protocol)
		return -ENOENT;
	search->filter = &value[INET_DIAG_REQ_BYTECODE];
	search->uid = (uint32_t)kernel_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);
	if (search->asked.sdiag_family != AF_INET &&
	    search->asked.sdiag_family != AF_INET6)
		return -ENOENT; /* AF_UNIX, AF_PACKET ...: not of the stack */
	return 0;
}

static int diag_get(struct nl_request *request)
{
	struct nl_value value[INET_DIAG_REQ_PROTOCOL + 1];
	struct server *server = request->server;
	struct search search;
	int result = parse(request, &search, value);

	if (result < 0)
		return result;
	search.exact = true;
	endpoint_queue_survey(server);
	pyt_sockets_visit(server->stack, 0, visit, &search, server->now_us);
	return search.found ? 0 : -ENOENT;
}

static bool diag_dump(struct nl_request *request, unsigned *cursor)
{
	struct nl_value value[INET_DIAG_REQ_PROTOCOL + 1];
	struct server *server = request->server;
	struct search search;
	unsigned next;

	if (*cursor == DUMP_OVER || parse(request, &search, value) < 0)
		return false;
	if (search.filter->data && !diag_filter_is_valid(search.filter))
		return false;
	if (*cursor == 0)
		endpoint_queue_survey(server);
	next = pyt_sockets_visit(server->stack, *cursor, visit, &search,
				 server->now_us);
	*cursor = next ? next : DUMP_OVER;
	return true;
}

static void get_address(const __be32 words[4], int family, __be16 port,
			struct pyt_sockaddr *address)
{
	*address = (struct pyt_sockaddr){ .port = ntohs(port) };
	if (family == AF_INET)
		address->ip = pyt_ip_from_v4(ntohl(words[0]));
	else
		memcpy(address->ip.bytes, words, 16);
}

static int diag_destroy(struct nl_request *request)
{
	struct nl_value value[INET_DIAG_REQ_PROTOCOL + 1];
	struct server *server = request->server;
	const struct inet_diag_sockid *id;
	struct pyt_sockaddr local, peer;
	struct search search;
	int result = parse(request, &search, value);

	if (result < 0)
		return result;
	id = &search.asked.id;
	get_address(id->idiag_src, search.asked.sdiag_family, id->idiag_sport,
		    &local);
	get_address(id->idiag_dst, search.asked.sdiag_family, id->idiag_dport,
		    &peer);
	return pyt_socket_abort(server->stack, search.asked.sdiag_protocol,
				&local, &peer, server->now_us);
}

const struct nl_handler diag_handlers[] = {
	{ SOCK_DIAG_BY_FAMILY, diag_get, diag_dump },
	{ SOCK_DESTROY, diag_destroy, NULL },
	{ 0 },
};
