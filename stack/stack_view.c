/*
 * The sockets as include/pyt/view.h shows them: those that a program holds,
 * those that none holds, half-open connections and TIME-WAIT.
 */
#include "stack.h"

#include <errno.h>
#include <netinet/in.h>
#include <pyt/view.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "socket/socket_time_wait.h"
#include "tcp/tcp_connection.h"
#include "tcp/tcp_info.h"
#include "tcp/tcp_listener.h"

#define SHUT_RECEIVE 1
#define SHUT_SEND 2

/* Where the walk stands. */
struct walk {
	bool (*visit)(void *context, const struct pyt_socket_view *view);
	void *context;
	unsigned from, ordinal;
	int64_t now_us;
	struct pyt_socket_view view;
};

/* True: go on. */
static bool show(struct walk *walk)
{
	if (!walk->visit(walk->context, &walk->view))
		return false;
	walk->ordinal++;
	return true;
}

/* Those before the beginning are not even filled in. */
static bool is_skipped(struct walk *walk)
{
	if (walk->ordinal >= walk->from)
		return false;
	walk->ordinal++;
	return true;
}

/* --------------------------------------------------------------- programs' */

static void set_timer(struct walk *walk, enum pyt_view_timer timer,
		      int64_t deadline_us)
{
	int64_t left_us = deadline_us - walk->now_us;

	walk->view.timer = timer;
	walk->view.expires_us = left_us > 0 ? left_us : 0;
}

/* The order of tcp_diag: one timer, the most telling. */
static void fill_timer(struct walk *walk, const struct tcp_connection *tcp)
{
	static const struct {
		enum tcp_timer timer;
		enum pyt_view_timer shown;
	} order[] = {
		{ TCP_TIMER_RETRANSMIT, PYT_VIEW_TIMER_RETRANSMIT },
		{ TCP_TIMER_TAIL_PROBE, PYT_VIEW_TIMER_RETRANSMIT },
		{ TCP_TIMER_REORDER, PYT_VIEW_TIMER_RETRANSMIT },
		{ TCP_TIMER_PROBE, PYT_VIEW_TIMER_PROBE },
		{ TCP_TIMER_KEEPALIVE, PYT_VIEW_TIMER_KEEPALIVE },
		{ TCP_TIMER_CLOSE, PYT_VIEW_TIMER_KEEPALIVE },
	};

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		if (!tcp_timer_is_set(tcp, order[i].timer))
			continue;
		set_timer(walk, order[i].shown,
			  tcp->deadline_us[order[i].timer]);
		if (order[i].shown == PYT_VIEW_TIMER_RETRANSMIT)
			walk->view.retransmits = tcp->recovery.retransmits;
		else if (order[i].shown == PYT_VIEW_TIMER_PROBE)
			walk->view.retransmits = tcp->probes_sent;
		else
			walk->view.retransmits = tcp->keepalive_probes_sent;
		if (tcp->state == TCP_STATE_TIME_WAIT)
			walk->view.timer = PYT_VIEW_TIMER_TIME_WAIT;
		return;
	}
}

static void fill_connection(struct walk *walk, const struct socket *socket)
{
	struct pyt_socket_view *view = &walk->view;
	const struct tcp_connection *tcp = socket->tcp;
	struct tcp_info_whole info;

	_Static_assert(sizeof(info) <= PYT_TCP_INFO_MAX, "it has room");
	tcp_info_whole(tcp, &info, walk->now_us);
	if (socket->listener) {
		/* as Linux counts them for a listener */
		info.head.tcpi_unacked = socket->listener->accepted_count;
		info.head.tcpi_sacked = socket->listener->backlog;
		info.head.tcpi_state = TCP_STATE_LISTEN;
		view->status.receive_queued = socket->listener->accepted_count;
		view->status.send_queued = socket->listener->backlog;
	}
	memcpy(view->tcp_info, &info, sizeof(info));
	view->tcp_info_len = sizeof(info);
	view->receive_buffer = tcp->rcv.buffer;
	view->send_buffer = tcp->snd.buffer;
	if (!socket->listener)
		view->send_used = tcp_send_queued(tcp);
	view->shutdown =
		(uint8_t)((tcp->read_shut || tcp->fin_received ? SHUT_RECEIVE
							       : 0) |
			  (tcp->fin_queued ? SHUT_SEND : 0));
	snprintf(view->congestion_control, sizeof(view->congestion_control),
		 "%s",
		 tcp->options.cc ? tcp->options.cc->name
				 : tcp->context->cc->name);
	fill_timer(walk, tcp);
}

static void fill_datagrams(struct walk *walk, const struct socket *socket)
{
	struct pyt_socket_view *view = &walk->view;
	const struct socket_datagrams *d = socket->datagrams;

	view->receive_buffer = (uint32_t)socket->options->receive_buffer;
	view->send_buffer = (uint32_t)socket->options->send_buffer;
	view->status.receive_queued = d->received.bytes;
	view->dropped = d->received.dropped;
	view->shutdown = (uint8_t)((socket->shut_read ? SHUT_RECEIVE : 0) |
				   (socket->shut_write ? SHUT_SEND : 0));
}

static void fill_socket(struct walk *walk, const struct socket *socket)
{
	struct pyt_socket_view *view = &walk->view;

	*view = (struct pyt_socket_view){
		.handle = socket->handle,
		.ifindex = socket->bound_ifindex,
		.tos = socket->options->tos,
		.tclass = socket->options->tclass,
		.v6only = socket->options->v6only,
		.mark = (uint32_t)socket->options->mark,
	};
	socket_fill_status(socket, &view->status);
	if (socket->tcp)
		fill_connection(walk, socket);
	else if (socket->datagrams)
		fill_datagrams(walk, socket);
}

/* --------------------------------------------- half-open and in TIME-WAIT */

static void fill_half_open(struct walk *walk, const struct socket *listener,
			   const struct tcp_half_open *half_open)
{
	walk->view = (struct pyt_socket_view){
		.handle = -1,
		.ifindex = listener->bound_ifindex,
		.status = { .family = listener->family,
			    .type = SOCK_STREAM,
			    .protocol = IPPROTO_TCP,
			    .tcp_state = PYT_VIEW_NEW_SYN_RECV,
			    .local = half_open->local,
			    .peer = half_open->peer },
		.retransmits = half_open->resent,
	};
	set_timer(walk, PYT_VIEW_TIMER_RETRANSMIT, half_open->deadline_us);
}

static bool visit_half_open(struct walk *walk, const struct socket *socket)
{
	const struct tcp_half_open *half_open;

	for (int i = 0; i < TCP_SYN_QUEUE_CLASSES; i++) {
		TAILQ_FOREACH (half_open,
			       &socket->listener->half_open.timers[i], timer) {
			if (is_skipped(walk))
				continue;
			fill_half_open(walk, socket, half_open);
			if (!show(walk))
				return false;
		}
	}
	return true;
}

static bool visit_sockets(struct walk *walk, const struct sockets *room)
{
	const struct socket *socket;

	TAILQ_FOREACH (socket, &room->all, room_link) {
		if (!is_skipped(walk)) {
			fill_socket(walk, socket);
			if (!show(walk))
				return false;
		}
		if (socket->listener && !visit_half_open(walk, socket))
			return false;
	}
	return true;
}

static bool visit_time_waits(struct walk *walk, const struct sockets *room)
{
	const struct heap *timers = &room->time_waits->timers;

	for (uint32_t i = 0; i < timers->count; i++) {
		const struct socket_time_wait *time_wait =
			(const void *)((const char *)timers->nodes[i] -
				       offsetof(struct socket_time_wait,
						tcp.timer));
		const struct tcp_time_wait *tcp = &time_wait->tcp;

		if (is_skipped(walk))
			continue;
		walk->view = (struct pyt_socket_view){
			.handle = -1,
			.ifindex = time_wait->bound_ifindex,
			.status = { .family = time_wait->family,
				    .type = SOCK_STREAM,
				    .protocol = IPPROTO_TCP,
				    .tcp_state = tcp->awaits_fin
							 ? TCP_STATE_FIN_WAIT_2
							 : TCP_STATE_TIME_WAIT,
				    .local = { tcp->local, tcp->local_port, 0 },
				    .peer = { tcp->peer, tcp->peer_port, 0 } },
			.tos = tcp->tos,
		};
		set_timer(walk, PYT_VIEW_TIMER_TIME_WAIT,
			  tcp->timer.deadline_us);
		if (!show(walk))
			return false;
	}
	return true;
}

unsigned pyt_sockets_visit(struct pyt_stack *stack, unsigned from,
			   bool (*visit)(void *context,
					 const struct pyt_socket_view *view),
			   void *context, int64_t now_us)
{
	struct walk walk = { .visit = visit,
			     .context = context,
			     .from = from,
			     .now_us = now_us };

	if (!visit_sockets(&walk, &stack->sockets) ||
	    !visit_time_waits(&walk, &stack->sockets))
		return walk.ordinal;
	return 0;
}

/* ------------------------------------------------------------------- abort */

static bool has_addresses(const struct socket *socket,
			  const struct pyt_sockaddr *local,
			  const struct pyt_sockaddr *peer)
{
	struct pyt_socket_status status = { .family = 0 };

	socket_fill_status(socket, &status);
	return pyt_ip_equal(&status.local.ip, &local->ip) &&
	       status.local.port == local->port &&
	       pyt_ip_equal(&status.peer.ip, &peer->ip) &&
	       status.peer.port == peer->port;
}

/* tcp_abort(), udp_abort() of Linux: the program is told ECONNABORTED. */
static void end_socket(struct socket *socket, int64_t now_us)
{
	if (socket->listener) {
		socket_tcp_unlisten(socket, now_us);
	} else if (socket->tcp) {
		tcp_abort(socket->tcp, now_us);
		socket->tcp->error = ECONNABORTED;
		socket_tcp_touch(socket, now_us);
	} else {
		socket_message_disconnect(socket);
		socket_set_error(socket, ECONNABORTED);
	}
}

int pyt_socket_abort(struct pyt_stack *stack, int protocol,
		     const struct pyt_sockaddr *local,
		     const struct pyt_sockaddr *peer, int64_t now_us)
{
	struct socket_time_wait *time_wait;
	struct socket *socket;

	stack_start_call(stack, now_us);
	TAILQ_FOREACH (socket, &stack->sockets.all, room_link) {
		if (socket->protocol != protocol ||
		    !has_addresses(socket, local, peer))
			continue;
		end_socket(socket, now_us);
		stack_end_call(stack);
		return 0;
	}
	time_wait =
		protocol == IPPROTO_TCP
			? socket_time_wait_find(&stack->sockets, local, peer)
			: NULL;
	if (!time_wait)
		return -ENOENT;
	socket_time_wait_destroy(&stack->sockets, time_wait);
	return 0;
}
