/* TCP sockets as the program drives them: connect, listen, accept, close. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "socket/socket_anycast.h"
#include "socket/socket_extension.h"
#include "socket/socket_place.h"
#include "socket/socket_time_wait.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#define TCP_HEADER_LEN_MOST 60u
#define IP_PACKET_MAX 65535u

/* On lo one segment is as long as a packet can be: no need to split it. */
void socket_tcp_path_facts(const struct ip_path *path, struct tcp_path *facts)
{
	bool v4 = pyt_ip_is_v4(&path->dst);
	unsigned tso = v4 ? PYT_OFFLOAD_TSO4 : PYT_OFFLOAD_TSO6;

	facts->ip_header_len = v4 ? IP4_HEADER_LEN : IP6_HEADER_LEN;
	facts->ip_options_len = 0;
	facts->mtu = path->mtu < IP_PACKET_MAX ? path->mtu : IP_PACKET_MAX;
	facts->gso_max_len = 0;
	facts->gso_ecn = path->iface->config.offloads & PYT_OFFLOAD_TSO_ECN;
	if ((path->iface->config.offloads & tso) &&
	    path->iface->config.medium != PYT_MEDIUM_LOOPBACK)
		facts->gso_max_len = IP_PACKET_MAX - facts->ip_header_len -
				     TCP_HEADER_LEN_MOST;
}

/* They are in front of each segment, so that super-frames are none. */
void socket_tcp_extend_facts(const struct ip_extensions *extensions,
			     struct tcp_path *facts)
{
	facts->ip_options_len = ip_extensions_len(extensions);
	facts->gso_max_len = 0;
}

bool socket_tcp_extensions(const struct socket *socket,
			   const struct pyt_ip *peer,
			   struct ip_extensions *extensions)
{
	return socket_extension_find(socket, NULL, peer, extensions) == 0 &&
	       ip_extensions_len(extensions) > 0;
}

/* Where its segments go first: RFC 8200, 4.4. */
static const struct pyt_ip *first_of(const struct pyt_ip *peer,
				     const struct ip_extensions *extensions)
{
	return extensions->detours ? &extensions->first_hop : peer;
}

int socket_tcp_path(const struct socket *socket, int64_t now_us,
		    struct ip_path *path, struct tcp_path *facts)
{
	struct ip_extensions extensions;
	bool extended =
		socket_tcp_extensions(socket, &socket->peer.ip, &extensions);
	const struct pyt_ip *first = first_of(&socket->peer.ip, &extensions);
	int zone = socket_zone(socket, &socket->peer, false);
	int error = zone < 0 ? zone
			     : ip_route(socket->room->ip, first,
					&socket->local.ip, zone, now_us, path);

	if (error)
		return error;
	path->dst = socket->peer.ip;
	socket_tcp_path_facts(path, facts);
	if (extended)
		socket_tcp_extend_facts(&extensions, facts);
	if (socket->options->mtu6 && !pyt_ip_is_v4(&path->dst) &&
	    socket->options->mtu6 < facts->mtu)
		facts->mtu = socket->options->mtu6;
	return 0;
}

static int may_connect(const struct socket *socket)
{
	if (socket->listener)
		return -EISCONN;
	switch (tcp_state(socket->tcp)) {
	case TCP_STATE_CLOSED:
		return 0;
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_SYN_RECEIVED:
		return -EALREADY;
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_FIN_WAIT_1:
	case TCP_STATE_FIN_WAIT_2:
	case TCP_STATE_TIME_WAIT:
	case TCP_STATE_CLOSE_WAIT:
	case TCP_STATE_LAST_ACK:
	case TCP_STATE_LISTEN:
	case TCP_STATE_CLOSING:
		return -EISCONN;
	}
	return -EISCONN;
}

/* What bind(2) did not fix is given back. */
static void forget_addresses(struct socket *socket)
{
	struct pyt_sockaddr none = { 0 };

	if (socket->family == AF_INET)
		none.ip = pyt_ip_from_v4(0);
	socket_flow_remove(socket);
	socket->peer = none;
	socket->connected = false;
	if (!socket->address_bound)
		socket->local.ip = none.ip;
	if (socket->port_bound) {
		socket_place_move(socket); /* at worst counted as before */
	} else {
		socket_place_leave(socket);
		socket->local.port = 0;
	}
}

/* A connection is used once: another attempt gets another one. */
static int renew(struct socket *socket, int64_t now_us)
{
	struct tcp_connection *tcp = tcp_create_like(socket->tcp);

	if (!tcp)
		return -ENOBUFS;
	socket_tcp_flush(socket, now_us);
	tcp_destroy(socket->tcp);
	socket->tcp = tcp;
	forget_addresses(socket);
	return 0;
}

/* Route, source address and port; RFC 9293, 3.9.2 wants a unicast peer. */
static int choose_addresses(struct socket *socket,
			    const struct pyt_sockaddr *peer, int64_t now_us,
			    struct ip_path *path)
{
	struct ip_extensions extensions;
	bool differs;
	int zone, error;

	socket->peer = *peer;
	socket->peer.ip = socket_destination(socket, &peer->ip);
	differs = socket_is_of_other_family(socket, &socket->peer.ip);
	zone = socket_zone(socket, &socket->peer, true);
	if (zone < 0)
		return zone;
	socket_tcp_extensions(socket, &socket->peer.ip, &extensions);
	error = ip_route_preferring(
		socket->room->ip, first_of(&socket->peer.ip, &extensions),
		socket->address_bound && !differs ? &socket->local.ip : NULL,
		zone, socket->options->source_wishes, now_us, path);
	if (error)
		return error;
	if (differs)
		return -EAFNOSUPPORT;
	if (path->broadcast || path->multicast)
		return -ENETUNREACH;
	path->dst = socket->peer.ip;
	error = socket_extension_check_way(&extensions, path);
	if (error)
		return error;
	socket->local.ip = path->src;
	socket_set_zone(socket, path->iface);
	return socket_port_for_connect(socket);
}

/* The addresses are those of an old connection that may be forgotten. */
static void reuse_time_wait(struct socket *socket)
{
	struct sockets *room = socket->room;
	struct socket_time_wait *s =
		socket_time_wait_find(room, &socket->local, &socket->peer);

	if (!s)
		return;
	counter_hit(&room->engine->counters, COUNTER_TCP_TW_RECYCLED);
	tcp_time_wait_give(&s->tcp, socket->tcp);
	socket_time_wait_destroy(room, s);
}

int socket_tcp_connect(struct socket *socket, const struct pyt_sockaddr *peer,
		       int64_t now_us)
{
	struct ip_extensions extensions;
	struct tcp_path facts;
	struct ip_path path;
	int error;

	error = may_connect(socket);
	if (!error)
		error = socket_check_family(socket, &peer->ip);
	if (error)
		return error;
	if (socket->connected)
		error = renew(socket, now_us); /* after a failed attempt */
	if (error)
		return error;
	error = choose_addresses(socket, peer, now_us, &path);
	if (error) {
		forget_addresses(socket);
		return error;
	}
	socket_tcp_path_facts(&path, &facts);
	if (socket_tcp_extensions(socket, &socket->peer.ip, &extensions))
		socket_tcp_extend_facts(&extensions, &facts);
	socket->connected = true;
	socket_tell_tcp(socket);
	socket_flow_insert(socket);
	socket->ready_ifindex = path.iface->ifindex;
	error = tcp_connect(socket->tcp, &socket->local, &socket->peer, &facts,
			    now_us);
	reuse_time_wait(socket);
	if (error != -EINPROGRESS && error != 0) {
		forget_addresses(socket);
		return error;
	}
	socket_tcp_touch(socket, now_us);
	return error;
}

/* Asked for anew at each attempt: a failed one is followed by a fresh one. */
int socket_tcp_connect_fast(struct socket *socket,
			    const struct pyt_sockaddr *peer, int64_t now_us)
{
	int error = may_connect(socket);

	if (!error && socket->connected)
		error = renew(socket, now_us);
	if (!error)
		error = tcp_fastopen_want(socket->tcp);
	return error ? error : socket_tcp_connect(socket, peer, now_us);
}

/* AF_UNSPEC: the connection is reset, the socket is as new. tcp(7). */
int socket_tcp_disconnect(struct socket *socket, int64_t now_us)
{
	int error;

	if (socket->listener) {
		socket_tcp_unlisten(socket, now_us);
		return 0;
	}
	if (!socket->connected)
		return 0;
	tcp_abort(socket->tcp, now_us);
	error = renew(socket, now_us);
	if (!error)
		socket_tcp_touch(socket, now_us);
	return error;
}

int socket_tcp_listen(struct socket *socket, int backlog)
{
	int max = socket->room->limits.somaxconn;
	int error;

	if (backlog < 0 || backlog > max)
		backlog = max; /* as unsigned: listen(2) */
	if (socket->listener) {
		tcp_listener_set_backlog(socket->listener, backlog);
		return 0;
	}
	if (socket->connected)
		return -EINVAL;
	error = socket_port_listen(socket);
	if (error)
		return error;
	socket->listener = tcp_listen(socket->room->tcp, socket->tcp, backlog);
	if (!socket->listener) {
		socket_port_unlisten(socket);
		return -ENOBUFS;
	}
	return 0;
}

/* Children that nobody will accept: their owner sees them to their end. */
static void on_orphan(void *context, struct tcp_connection *tcp)
{
	struct socket *socket = tcp_owner(tcp);
	const int64_t *now_us = context;

	if (!socket) {
		tcp_destroy(tcp);
		return;
	}
	socket->is_orphan = true;
	socket_tcp_touch(socket, *now_us);
}

void socket_tcp_unlisten(struct socket *socket, int64_t now_us)
{
	struct tcp_listener *listener = socket->listener;

	socket_port_unlisten(socket);
	socket->listener = NULL;
	heap_set(&socket->room->deadlines, &socket->deadline, TIME_NEVER);
	tcp_listener_destroy(listener, on_orphan, &now_us, now_us);
}

int socket_tcp_accept(struct socket *socket, int64_t now_us)
{
	struct tcp_connection *tcp;
	struct socket *child;
	int handle;

	if (!socket->listener)
		return -EINVAL;
	for (;;) {
		tcp = tcp_listener_accept(socket->listener);
		if (!tcp)
			return -EAGAIN;
		child = tcp_owner(tcp);
		if (child)
			break;
		tcp_destroy(tcp); /* no memory when it was opened */
	}
	handle = socket_handle_open(child);
	if (handle < 0) {
		child->is_orphan = true;
		tcp_abort(tcp, now_us);
	}
	socket_tcp_touch(child, now_us);
	socket_update(socket);
	return handle;
}

int socket_tcp_shutdown(struct socket *socket, int how, int64_t now_us)
{
	int error;

	if (socket->listener) {
		if (how == SHUT_WR)
			return 0;
		socket_tcp_unlisten(socket, now_us); /* as Linux */
		forget_addresses(socket);
		return 0;
	}
	error = tcp_shutdown(socket->tcp, how, now_us);
	socket_tcp_touch(socket, now_us);
	return error;
}

void socket_tcp_close(struct socket *socket, bool unread, int64_t now_us)
{
	if (socket->listener)
		socket_tcp_unlisten(socket, now_us);
	socket->is_orphan = true;
	socket_anycast_leave_all(socket);
	if (unread)
		tcp_close_unread(socket->tcp, now_us);
	else
		tcp_close(socket->tcp, now_us);
	socket_tcp_touch(socket, now_us);
}

static bool is_unfinished(const struct socket *socket)
{
	if (!socket->tcp || socket->listener)
		return false;
	switch (tcp_state(socket->tcp)) {
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_CLOSE_WAIT:
	case TCP_STATE_SYN_RECEIVED:
		return tcp_send_queued(socket->tcp) > 0;
	case TCP_STATE_FIN_WAIT_1:
	case TCP_STATE_CLOSING:
	case TCP_STATE_LAST_ACK:
		return true;
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_FIN_WAIT_2:
	case TCP_STATE_TIME_WAIT:
	case TCP_STATE_CLOSED:
	case TCP_STATE_LISTEN:
		return false;
	}
	return false;
}

void socket_tcp_note_unfinished(struct socket *socket, bool ends)
{
	bool now = !ends && is_unfinished(socket);

	socket->room->unfinished_count += now - socket->is_unfinished;
	socket->is_unfinished = now;
}
