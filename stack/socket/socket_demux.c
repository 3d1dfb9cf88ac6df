/*
 * Which socket a packet is for: connections by 4-tuple in a keyed table, the
 * others at the best of the places that take the packet, by Linux's score.
 */
#include <sys/socket.h>

#include "socket/socket_place.h"

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
	struct flow_key key = key_of(SOCKET_TCP, &socket->local, &socket->peer);
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

static bool is_between(const struct socket *socket,
		       const struct pyt_sockaddr *local,
		       const struct pyt_sockaddr *peer)
{
	return socket->local.port == local->port &&
	       socket->peer.port == peer->port &&
	       pyt_ip_equal(&socket->peer.ip, &peer->ip) &&
	       pyt_ip_equal(&socket->local.ip, &local->ip);
}

struct socket *socket_flow_find(const struct sockets *room,
				const struct pyt_sockaddr *local,
				const struct pyt_sockaddr *peer)
{
	struct flow_key key = key_of(SOCKET_TCP, local, peer);
	struct table_node *node;

	node = table_find(&room->flows,
			  table_hash(&room->flows, &key, sizeof(key)));
	for (; node; node = table_find_next(node))
		if (is_between(socket_of(node), local, peer))
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

bool socket_accepts_packet(const struct socket *socket,
			   const struct packet_in *packet)
{
	return socket_accepts_address(socket, &packet->dst) &&
	       (!socket->connected ||
		pyt_ip_equal(&socket->peer.ip, &packet->src)) &&
	       (!socket->bound_ifindex ||
		socket->bound_ifindex == packet->iface->ifindex);
}

/* ----------------------------------------------------------- candidates */

struct search {
	struct sockets *room;
	const struct socket_port *port;
	bool v4;
	struct socket_place_key key;
	struct socket_walk *found;
};

static void look(struct search *search, enum socket_cover cover)
{
	bool wild = pyt_ip_is_unspecified(&search->key.ip);
	struct socket_walk *found = search->found;
	struct socket_place *place;

	if (search->port->receiver_count[cover][wild] == 0)
		return;
	search->key.cover = (uint8_t)cover;
	place = socket_place_find(search->room, &search->key);
	if (place && !TAILQ_EMPTY(&place->receivers))
		found->place[found->count++] = place;
}

static void look_on_device(struct search *search, int ifindex)
{
	search->key.ifindex = ifindex;
	if (search->v4) {
		look(search, COVER_INET);
		look(search, COVER_MAPPED);
	}
	if (!search->v4 || pyt_ip_is_unspecified(&search->key.ip))
		look(search, COVER_DUAL);
	if (!search->v4)
		look(search, COVER_V6ONLY);
}

static void look_at_address(struct search *search, const struct pyt_ip *ip,
			    int ifindex)
{
	search->key.ip = *ip;
	if (ifindex > 0 && search->port->device_count > 0)
		look_on_device(search, ifindex);
	look_on_device(search, 0);
}

/* The nearest first: who is connected, bound to the address, to none. */
void socket_demux_all(struct sockets *room, enum socket_kind kind,
		      const struct pyt_sockaddr *local,
		      const struct pyt_sockaddr *peer, int ifindex,
		      struct socket_walk *walk)
{
	struct search search = {
		.room = room,
		.port = socket_port_find(room, kind, local->port),
		.v4 = pyt_ip_is_v4(&local->ip),
		.key = { .kind = (uint8_t)kind, .port = local->port },
		.found = walk,
	};
	const struct pyt_ip any = { 0 };

	walk->count = walk->at = 0;
	walk->next = NULL;
	if (!search.port)
		return;
	if (search.port->connected_count > 0) {
		search.key.peer = peer->ip;
		search.key.peer_port = peer->port;
		look_at_address(&search, &local->ip, ifindex);
		search.key.peer = any;
		search.key.peer_port = 0;
	}
	look_at_address(&search, &local->ip, ifindex);
	look_at_address(&search, &any, ifindex);
}

struct socket *socket_demux_next(struct socket_walk *walk)
{
	struct socket *socket = walk->next;

	if (!socket) {
		if (walk->at == walk->count)
			return NULL;
		socket = TAILQ_FIRST(&walk->place[walk->at++]->receivers);
	}
	walk->next = TAILQ_NEXT(socket, on_place);
	return socket;
}

/* -------------------------------------------------------------- the best */

/* One flow stays with one member: the choice is by the 4-tuple's hash. */
static uint32_t choice(const struct sockets *room, enum socket_kind kind,
		       const struct pyt_sockaddr *local,
		       const struct pyt_sockaddr *peer, uint32_t count)
{
	struct flow_key key = key_of(kind, local, peer);
	uint64_t hash = table_hash(&room->flows, &key, sizeof(key));

	return (uint32_t)((hash >> 32) * count >> 32);
}

static struct socket *first_at(const struct socket_place *place)
{
	return TAILQ_FIRST(&place->receivers);
}

static bool is_in_group(const struct socket *socket)
{
	return socket->options->reuse_port &&
	       socket->member != SOCKET_NO_MEMBER;
}

/* Linux's compute_score() where address and peer are the same. */
static int score_of(const struct socket_place_key *key, bool v4)
{
	int device = key->ifindex != 0, inet = key->cover == COVER_INET;

	if (key->kind == SOCKET_PING)
		return 0;
	if (!v4)
		return device;
	return inet + (key->kind == SOCKET_UDP ? 4 * device : device);
}

/* Places of one rank: ping_lookup() knows none. */
static bool is_as_near(const struct socket_place_key *a,
		       const struct socket_place_key *b)
{
	return a->kind == SOCKET_PING ||
	       (a->peer_port == b->peer_port && pyt_ip_equal(&a->ip, &b->ip) &&
		pyt_ip_equal(&a->peer, &b->peer));
}

/* Linux walks all that are bound to the address; but only the first of each
 * place can be the one, and these are few. */
static void sort_by_order(struct socket_place **place, int count)
{
	for (int i = 1; i < count; i++) {
		struct socket_place *moved = place[i];
		int at = i;

		for (; at > 0 &&
		       first_at(place[at - 1])->order < first_at(moved)->order;
		     at--)
			place[at] = place[at - 1];
		place[at] = moved;
	}
}

/* The first of the highest score, or the first of a group that is better than
 * what stands before it: there Linux stops. */
static struct socket *best_of(struct socket_walk *walk, bool v4)
{
	struct socket *best = NULL;
	int count = 1, best_score = -1;

	while (count < walk->count &&
	       is_as_near(&walk->place[0]->key, &walk->place[count]->key))
		count++;
	sort_by_order(walk->place, count);
	for (int i = 0; i < count; i++) {
		int score = score_of(&walk->place[i]->key, v4);

		if (score <= best_score)
			continue;
		best = first_at(walk->place[i]);
		best_score = score;
		if (is_in_group(best))
			break;
	}
	return best;
}

struct socket *socket_demux(struct sockets *room, enum socket_kind kind,
			    const struct pyt_sockaddr *local,
			    const struct pyt_sockaddr *peer, int ifindex)
{
	struct socket_walk walk;
	struct socket *best;

	socket_demux_all(room, kind, local, peer, ifindex, &walk);
	if (walk.count == 0)
		return NULL;
	room->visited += (uint32_t)walk.count;
	best = best_of(&walk, pyt_ip_is_v4(&local->ip));
	if (!is_in_group(best) || kind == SOCKET_PING)
		return best;
	return best->place->group[choice(room, kind, local, peer,
					 best->place->group_count)];
}
