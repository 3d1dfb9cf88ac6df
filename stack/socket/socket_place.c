/*
 * Places of a port, what is counted at them, and their receivers. As Linux's
 * bind buckets by address, and its groups of SO_REUSEPORT.
 */
#include "socket/socket_place.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define GROUP_MIN 4u

/* ------------------------------------------------------------------ ports */

struct port_key {
	uint32_t kind, port;
};

static uint64_t hash_of_port(const struct sockets *room, enum socket_kind kind,
			     uint16_t port)
{
	struct port_key key = { (uint32_t)kind, port };

	return table_hash(&room->ports, &key, sizeof(key));
}

static struct socket_port *port_of(struct table_node *node)
{
	return (struct socket_port *)(void *)node; /* its first member */
}

struct socket_port *socket_port_find(const struct sockets *room,
				     enum socket_kind kind, uint16_t port)
{
	struct table_node *node =
		table_find(&room->ports, hash_of_port(room, kind, port));

	for (; node; node = table_find_next(node))
		if (port_of(node)->kind == kind && port_of(node)->port == port)
			return port_of(node);
	return NULL;
}

static struct socket_port *port_get(struct sockets *room, enum socket_kind kind,
				    uint16_t number)
{
	struct socket_port *port = socket_port_find(room, kind, number);

	if (port)
		return port;
	port = engine_alloc(room->engine, sizeof(*port));
	if (!port)
		return NULL;
	port->kind = kind;
	port->port = number;
	table_insert(&room->ports, &port->node,
		     hash_of_port(room, kind, number));
	return port;
}

static void port_check(struct sockets *room, struct socket_port *port)
{
	if (port->users > 0)
		return;
	table_remove(&room->ports, &port->node);
	engine_free(room->engine, port, sizeof(*port));
}

int socket_places_init(struct sockets *room)
{
	int error = table_init(&room->ports, room->engine);

	return error ? error : table_init_like(&room->places, &room->ports);
}

void socket_places_clear(struct sockets *room)
{
	table_clear(&room->ports);
	table_clear(&room->places);
}

/* ------------------------------------------------------------------- keys */

/* As Linux: bind(2) to an address of IPv6 makes it IPv6's alone, connect(2)
 * does not. */
static enum socket_cover cover_of(const struct socket *socket)
{
	if (socket->family == AF_INET)
		return COVER_INET;
	if (pyt_ip_is_v4(&socket->local.ip))
		return COVER_MAPPED;
	if (socket->options->v6only)
		return COVER_V6ONLY;
	return socket->address_bound &&
			       !pyt_ip_is_unspecified(&socket->local.ip)
		       ? COVER_V6ONLY
		       : COVER_DUAL;
}

struct socket_place_key socket_place_key(const struct socket *socket,
					 uint16_t port)
{
	struct socket_place_key key = {
		.ifindex = socket->bound_ifindex,
		.port = port,
		.kind = socket->kind,
		.cover = (uint8_t)cover_of(socket),
	};

	if (!pyt_ip_is_unspecified(&socket->local.ip))
		key.ip = socket->local.ip;
	if (socket->kind == SOCKET_UDP && socket->connected) {
		key.peer = socket->peer.ip;
		key.peer_port = socket->peer.port;
	}
	return key;
}

bool socket_place_takes_v4(const struct socket_place_key *key)
{
	return key->cover == COVER_INET || key->cover == COVER_MAPPED ||
	       key->cover == COVER_DUAL;
}

bool socket_place_takes_v6(const struct socket_place_key *key)
{
	return key->cover == COVER_DUAL || key->cover == COVER_V6ONLY;
}

static bool has_peer(const struct socket_place_key *key)
{
	return key->peer_port != 0 || !pyt_ip_is_unspecified(&key->peer);
}

/* ----------------------------------------------------------------- places */

static struct socket_place *place_of(struct table_node *node)
{
	return (struct socket_place *)(void *)node; /* its first member */
}

struct socket_place *socket_place_find(struct sockets *room,
				       const struct socket_place_key *key)
{
	uint64_t hash = table_hash(&room->places, key, sizeof(*key));
	struct table_node *node = table_find(&room->places, hash);

	room->visited++;
	for (; node; node = table_find_next(node))
		if (memcmp(&place_of(node)->key, key, sizeof(*key)) == 0)
			return place_of(node);
	return NULL;
}

static bool is_empty(const struct socket_place *place)
{
	return place->tally.all == 0;
}

static void sweep(struct sockets *room, struct socket_place *place)
{
	if (!is_empty(place))
		return;
	for (int i = 0; i < SOCKET_SUMS_MAX && place->sum[i]; i++)
		sweep(room, place->sum[i]);
	table_remove(&room->places, &place->node);
	engine_free(room->engine, place, sizeof(*place));
}

void socket_place_check(struct sockets *room, struct socket_place *place)
{
	struct socket_port *port = place->port;

	sweep(room, place);
	port_check(room, port);
}

static struct socket_place *get(struct sockets *room, struct socket_port *port,
				const struct socket_place_key *key);

static bool add_sum(struct sockets *room, struct socket_place *place,
		    const struct socket_place_key *key)
{
	struct socket_place **sum = place->sum;

	while (*sum)
		sum++;
	*sum = get(room, place->port, key);
	return *sum;
}

/* A sum of addresses has none, so that it has no sum either. */
static bool add_sums_of_device(struct sockets *room, struct socket_place *place)
{
	const struct socket_place_key *own = &place->key;
	struct socket_place_key any_device = *own, any_address = {
		.ifindex = own->ifindex,
		.port = own->port,
		.kind = own->kind,
	};

	any_device.ifindex = SOCKET_ANY_DEVICE;
	if (!add_sum(room, place, &any_device))
		return false;
	any_address.cover = COVER_SUM4;
	if (socket_place_takes_v4(own) && !add_sum(room, place, &any_address))
		return false;
	any_address.cover = COVER_SUM6;
	return !socket_place_takes_v6(own) ||
	       add_sum(room, place, &any_address);
}

static bool add_sums(struct sockets *room, struct socket_place *place)
{
	struct socket_place_key unconnected = place->key;

	if (has_peer(&place->key)) {
		unconnected.peer = (struct pyt_ip){ 0 };
		unconnected.peer_port = 0;
		return add_sum(room, place, &unconnected);
	}
	if (place->key.ifindex > 0 && place->key.cover < COVERS)
		return add_sums_of_device(room, place);
	return true;
}

/* What is there, or a new one; NULL: no memory. */
static struct socket_place *get(struct sockets *room, struct socket_port *port,
				const struct socket_place_key *key)
{
	struct socket_place *place = socket_place_find(room, key);

	if (place)
		return place;
	place = engine_alloc(room->engine, sizeof(*place));
	if (!place)
		return NULL;
	place->port = port;
	place->key = *key;
	TAILQ_INIT(&place->receivers);
	table_insert(&room->places, &place->node,
		     table_hash(&room->places, key, sizeof(*key)));
	if (add_sums(room, place))
		return place;
	sweep(room, place);
	return NULL;
}

/* --------------------------------------------------------------- counting */

static void add(struct socket_tally *tally, uint8_t reuse, int count)
{
	uint32_t n = (uint32_t)count;

	tally->all += n;
	if (reuse & SOCKET_STRICT)
		tally->strict += n;
	if (reuse & SOCKET_ALONE)
		tally->alone += n;
	if ((reuse & SOCKET_STRICT) && (reuse & SOCKET_ALONE))
		tally->both += n;
}

static void count_at(struct socket_place *place, uint8_t reuse, int count)
{
	add(&place->tally, reuse, count);
	for (int i = 0; i < SOCKET_SUMS_MAX && place->sum[i]; i++)
		count_at(place->sum[i], reuse, count);
}

void socket_place_count(struct socket_place *place, uint8_t reuse, int count)
{
	struct socket_port *port = place->port;
	bool on_device = place->key.ifindex != 0;

	port->users += (uint32_t)count;
	if (reuse & SOCKET_BOUND)
		port->bound += (uint32_t)count;
	if (socket_place_takes_v4(&place->key))
		add(&port->tally[0][on_device], reuse, count);
	if (socket_place_takes_v6(&place->key))
		add(&port->tally[1][on_device], reuse, count);
	count_at(place, reuse, count);
}

uint8_t socket_place_reuse_of(const struct socket *socket)
{
	const struct socket_options *o = socket->options;
	bool listens = socket->kind == SOCKET_TCP && socket->receives;

	return (uint8_t)((!o->reuse_addr || listens ? SOCKET_STRICT : 0) |
			 (!o->reuse_port ? SOCKET_ALONE : 0) |
			 (!socket->by_connect ? SOCKET_BOUND : 0));
}

void socket_place_recount(struct socket *socket)
{
	if (!socket->place)
		return;
	socket_place_count(socket->place, socket->place_reuse, -1);
	socket->place_reuse = socket_place_reuse_of(socket);
	socket_place_count(socket->place, socket->place_reuse, 1);
}

/* -------------------------------------------------------------- receivers */

static bool group_grow(struct engine *engine, struct socket_place *place)
{
	uint32_t size = place->group_size ? 2 * place->group_size : GROUP_MIN;
	struct socket **group;

	if (place->group_count < place->group_size)
		return true;
	group = engine_alloc(engine, size * sizeof(struct socket *));
	if (!group)
		return false;
	if (place->group)
		memcpy(group, place->group,
		       place->group_count * sizeof(struct socket *));
	engine_free(engine, place->group,
		    place->group_size * sizeof(struct socket *));
	place->group = group;
	place->group_size = size;
	return true;
}

/* As Linux: who asks for SO_REUSEPORT later, or connects, is no member. */
static void join_group(struct socket *socket, struct socket_place *place)
{
	if (!socket->options->reuse_port || has_peer(&place->key) ||
	    !group_grow(socket->room->engine, place))
		return;
	socket->member = place->group_count++;
	place->group[socket->member] = socket;
}

/* The last one takes its number. */
static void leave_group(struct socket *socket, struct socket_place *place)
{
	struct socket *last;

	if (socket->member == SOCKET_NO_MEMBER)
		return;
	last = place->group[--place->group_count];
	place->group[socket->member] = last;
	last->member = socket->member;
	socket->member = SOCKET_NO_MEMBER;
	if (place->group_count > 0)
		return;
	engine_free(socket->room->engine, place->group,
		    place->group_size * sizeof(struct socket *));
	place->group = NULL;
	place->group_size = 0;
}

static void count_receiver(struct socket_place *place, int count)
{
	bool wild = pyt_ip_is_unspecified(&place->key.ip);
	struct socket_port *port = place->port;
	uint32_t n = (uint32_t)count;

	port->receiver_count[place->key.cover][wild] += n;
	if (place->key.ifindex)
		port->device_count += n;
	if (has_peer(&place->key))
		port->connected_count += n;
}

/* The latest is the first; of IPv6 with SO_REUSEPORT the last, as in Linux. */
void socket_place_receive(struct socket *socket)
{
	struct socket_place *place = socket->place;
	int64_t order = ++socket->room->receiver_order;

	socket->member = SOCKET_NO_MEMBER;
	socket->receives = true;
	if (socket->options->reuse_port && socket->family == AF_INET6) {
		socket->order = -order;
		TAILQ_INSERT_TAIL(&place->receivers, socket, on_place);
	} else {
		socket->order = order;
		TAILQ_INSERT_HEAD(&place->receivers, socket, on_place);
	}
	count_receiver(place, 1);
	join_group(socket, place);
}

void socket_place_receive_not(struct socket *socket)
{
	struct socket_place *place = socket->place;

	if (!socket->receives)
		return;
	leave_group(socket, place);
	count_receiver(place, -1);
	TAILQ_REMOVE(&place->receivers, socket, on_place);
	socket->receives = false;
	socket->order = 0;
}

/* ------------------------------------------------------- coming and going */

/* Before it leaves the old one, so that the port stays. */
static void enter(struct socket *socket, struct socket_place *place)
{
	struct socket_place *old = socket->place;
	uint8_t old_reuse = socket->place_reuse;
	bool receives = socket->receives || socket->kind != SOCKET_TCP;

	if (old)
		socket_place_receive_not(socket);
	socket->place = place;
	socket->local.port = place->port->port;
	if (receives)
		socket_place_receive(socket);
	socket->place_reuse = socket_place_reuse_of(socket);
	socket_place_count(place, socket->place_reuse, 1);
	if (!old)
		return;
	socket_place_count(old, old_reuse, -1);
	socket_place_check(socket->room, old);
}

int socket_place_enter(struct socket *socket, uint16_t number)
{
	struct socket_place_key key = socket_place_key(socket, number);
	struct socket_place *place = NULL;
	struct socket_port *port;

	port = port_get(socket->room, (enum socket_kind)socket->kind, number);
	if (!port)
		return -ENOBUFS;
	place = get(socket->room, port, &key);
	if (!place) {
		port_check(socket->room, port);
		return -ENOBUFS;
	}
	if (place != socket->place)
		enter(socket, place);
	return 0;
}

void socket_place_share(struct socket *socket, struct socket_place *place)
{
	if (socket_place_enter(socket, place->key.port) < 0)
		enter(socket, place);
}

int socket_place_move(struct socket *socket)
{
	return socket->place ? socket_place_enter(socket, socket->local.port)
			     : 0;
}

void socket_place_leave(struct socket *socket)
{
	struct socket_place *place = socket->place;

	if (!place)
		return;
	socket_place_receive_not(socket);
	socket_place_count(place, socket->place_reuse, -1);
	socket->place = NULL;
	socket->by_connect = false;
	socket_place_check(socket->room, place);
}
