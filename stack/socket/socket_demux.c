/*
 * Which socket a packet is for: connected ones by 4-tuple in a keyed table,
 * the others by port and Linux's score.
 */
#include <sys/socket.h>

#include "socket/socket.h"

struct flow_key {
	struct pyt_ip local, peer;
	uint16_t local_port, peer_port;
	uint32_t kind;
};

static struct flow_key key_of(enum socket_kind kind,
			      const struct pyt_sockaddr *local,
			      const struct pyt_sockaddr *peer)
{
	return (struct flow_key){
		.local = local->ip,
		.peer = peer->ip,
		.local_port = local->port,
		.peer_port = peer->port,
		.kind = (uint32_t)kind,
	};
}

void socket_flow_insert(struct socket *socket)
{
	struct flow_key key =
		key_of(socket->kind, &socket->local, &socket->peer);
	struct table *flows = &socket->room->flows;

	if (socket->in_flows)
		return;
	table_insert(flows, &socket->flow,
		     table_hash(flows, &key, sizeof(key)));
	socket->in_flows = true;
}

void socket_flow_remove(struct socket *socket)
{
	if (!socket->in_flows)
		return;
	table_remove(&socket->room->flows, &socket->flow);
	socket->in_flows = false;
}

static struct socket *socket_of(struct table_node *node)
{
	return (struct socket *)(void *)((char *)node -
					 offsetof(struct socket, flow));
}

static bool is_between(const struct socket *socket, enum socket_kind kind,
		       const struct pyt_sockaddr *local,
		       const struct pyt_sockaddr *peer)
{
	return socket->kind == kind && socket->local.port == local->port &&
	       socket->peer.port == peer->port &&
	       pyt_ip_equal(&socket->peer.ip, &peer->ip) &&
	       pyt_ip_equal(&socket->local.ip, &local->ip);
}

struct socket *socket_flow_find(const struct sockets *room,
				enum socket_kind kind,
				const struct pyt_sockaddr *local,
				const struct pyt_sockaddr *peer)
{
	struct flow_key key = key_of(kind, local, peer);
	struct table_node *node;

	node = table_find(&room->flows,
			  table_hash(&room->flows, &key, sizeof(key)));
	for (; node; node = table_find_next(node))
		if (is_between(socket_of(node), kind, local, peer))
			return socket_of(node);
	return NULL;
}

bool socket_accepts_address(const struct socket *socket,
			    const struct pyt_ip *address)
{
	const struct pyt_ip *bound = &socket->local.ip;

	if (!pyt_ip_is_unspecified(bound))
		return pyt_ip_equal(bound, address);
	if (!pyt_ip_is_v4(address))
		return socket->family == AF_INET6 && !pyt_ip_is_v4(bound);
	return pyt_ip_is_v4(bound) || !socket->options->v6only;
}

/* -1: not for it. The more of its binding is particular, the higher. */
static int score_of(const struct socket *socket,
		    const struct pyt_sockaddr *local,
		    const struct pyt_sockaddr *peer, int ifindex)
{
	int score = socket->family == AF_INET ? 2 : 1;

	if (!socket_accepts_address(socket, &local->ip))
		return -1;
	if (!pyt_ip_is_unspecified(&socket->local.ip))
		score += 4;
	if (socket->connected) {
		if (!pyt_ip_equal(&socket->peer.ip, &peer->ip) ||
		    (socket->kind == SOCKET_UDP &&
		     socket->peer.port != peer->port))
			return -1;
		score += 8;
	}
	if (socket->bound_ifindex) {
		if (socket->bound_ifindex != ifindex)
			return -1;
		score += 4;
	}
	return score;
}

bool socket_accepts_packet(const struct socket *socket,
			   const struct packet_in *packet, uint16_t dst_port,
			   uint16_t src_port)
{
	struct pyt_sockaddr local = { .ip = packet->dst, .port = dst_port };
	struct pyt_sockaddr peer = { .ip = packet->src, .port = src_port };

	return score_of(socket, &local, &peer, packet->iface->ifindex) >= 0;
}

/* The nth of a SO_REUSEPORT group, whose members all have this score. */
static struct socket *member(const struct socket_port *port, uint32_t nth,
			     int score, const struct pyt_sockaddr *local,
			     const struct pyt_sockaddr *peer, int ifindex)
{
	struct socket *s;

	LIST_FOREACH (s, &port->receivers, on_port) {
		if (!s->options->reuse_port ||
		    score_of(s, local, peer, ifindex) != score)
			continue;
		if (nth-- == 0)
			return s;
	}
	return NULL;
}

/* One flow stays with one member: the choice is by the 4-tuple's hash. */
static uint32_t choice(const struct sockets *room, enum socket_kind kind,
		       const struct pyt_sockaddr *local,
		       const struct pyt_sockaddr *peer, uint32_t count)
{
	struct flow_key key = key_of(kind, local, peer);
	uint64_t hash = table_hash(&room->flows, &key, sizeof(key));

	return (uint32_t)((hash >> 32) * count >> 32);
}

struct socket *socket_demux(const struct sockets *room, enum socket_kind kind,
			    const struct pyt_sockaddr *local,
			    const struct pyt_sockaddr *peer, int ifindex)
{
	struct socket_port *port = socket_port_find(room, kind, local->port);
	struct socket *best = NULL, *s;
	uint32_t group = 0;
	int best_score = -1;

	if (!port)
		return NULL;
	LIST_FOREACH (s, &port->receivers, on_port) {
		int score = score_of(s, local, peer, ifindex);

		if (score > best_score) {
			best = s;
			best_score = score;
			group = s->options->reuse_port;
		} else if (score >= 0 && score == best_score) {
			group += s->options->reuse_port;
		}
	}
	if (group > 1 && best->options->reuse_port)
		best = member(port, choice(room, kind, local, peer, group),
			      best_score, local, peer, ifindex);
	return best;
}
