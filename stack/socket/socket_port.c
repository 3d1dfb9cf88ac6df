/*
 * Ports: who may bind what (Linux's rules of SO_REUSEADDR and SO_REUSEPORT)
 * and which port the stack chooses (RFC 6056, 3.3.1: at random).
 */
#include <errno.h>
#include <sys/socket.h>

#include "socket/socket_time_wait.h"
#include "wire/ip6.h"

struct port_key {
	uint32_t kind, port;
};

static uint64_t hash_of(const struct sockets *room, enum socket_kind kind,
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
		table_find(&room->ports, hash_of(room, kind, port));

	for (; node; node = table_find_next(node))
		if (port_of(node)->kind == kind && port_of(node)->port == port)
			return port_of(node);
	return NULL;
}

static struct socket_port *port_create(struct sockets *room,
				       enum socket_kind kind, uint16_t number)
{
	struct socket_port *port = engine_alloc(room->engine, sizeof(*port));

	if (!port)
		return NULL;
	port->kind = kind;
	port->port = number;
	table_insert(&room->ports, &port->node, hash_of(room, kind, number));
	return port;
}

/*
 * bind(2) must not walk the thousands of connections of a server's port: as
 * long as all of them have SO_REUSEADDR, who has it, too, is no trouble. What
 * was strict once is walked until the port is unused, as Linux's fastreuse.
 */
void socket_port_on_reuse(struct socket *socket)
{
	if (socket->port && !socket->options->reuse_addr)
		socket->port->is_strict = true;
}

static bool others_are_no_trouble(const struct socket *socket,
				  const struct socket_port *port)
{
	return socket->kind == SOCKET_TCP && socket->options->reuse_addr &&
	       !socket->listener && !port->is_strict;
}

/* Later sockets stand before earlier ones, and win among equals. */
static void join(struct socket *socket, struct socket_port *port)
{
	socket->port = port;
	socket->local.port = port->port;
	if (socket->kind == SOCKET_TCP)
		LIST_INSERT_HEAD(&port->others, socket, on_port);
	else
		LIST_INSERT_HEAD(&port->receivers, socket, on_port);
	socket_port_on_reuse(socket);
}

void socket_port_release(struct socket *socket)
{
	struct socket_port *port = socket->port;

	if (!port)
		return;
	LIST_REMOVE(socket, on_port);
	socket->port = NULL;
	socket_port_check(socket->room, port);
}

void socket_port_check(struct sockets *room, struct socket_port *port)
{
	if (!LIST_EMPTY(&port->receivers) || !LIST_EMPTY(&port->others) ||
	    !LIST_EMPTY(&port->time_waits))
		return;
	table_remove(&room->ports, &port->node);
	engine_free(room->engine, port, sizeof(*port));
}

int socket_port_share(struct socket *socket, struct socket_port *port)
{
	join(socket, port);
	return 0;
}

/* What of a socket, or of what TIME-WAIT left of one, bind(2) looks at. */
struct binding {
	const struct pyt_ip *ip;
	int ifindex;
	uint8_t family;
	bool v6only, listens, reuse_addr, reuse_port;
};

static struct binding binding_of(const struct socket *s)
{
	return (struct binding){
		.ip = &s->local.ip,
		.ifindex = s->bound_ifindex,
		.family = s->family,
		.v6only = s->options->v6only,
		.listens = s->listener,
		.reuse_addr = s->options->reuse_addr,
		.reuse_port = s->options->reuse_port,
	};
}

static struct binding binding_of_time_wait(const struct socket_time_wait *s)
{
	return (struct binding){
		.ip = &s->tcp.local,
		.ifindex = s->bound_ifindex,
		.family = s->family,
		.reuse_addr = s->reuse_addr,
		.reuse_port = s->reuse_port,
	};
}

static bool takes_v4(const struct binding *b)
{
	return b->family == AF_INET || pyt_ip_is_v4(b->ip) ||
	       (pyt_ip_is_unspecified(b->ip) && !b->v6only);
}

static bool takes_v6(const struct binding *b)
{
	return b->family == AF_INET6 && !pyt_ip_is_v4(b->ip);
}

/* Some destination address would be for both. */
static bool addresses_overlap(const struct binding *a, const struct binding *b)
{
	if (!(takes_v4(a) && takes_v4(b)) && !(takes_v6(a) && takes_v6(b)))
		return false;
	return pyt_ip_is_unspecified(a->ip) || pyt_ip_is_unspecified(b->ip) ||
	       pyt_ip_equal(a->ip, b->ip);
}

static bool interfaces_overlap(const struct binding *a, const struct binding *b)
{
	return !a->ifindex || !b->ifindex || a->ifindex == b->ifindex;
}

/* SO_REUSEPORT would also ask for one user: all here are the host's. */
static bool bindings_conflict(const struct binding *a, const struct binding *b)
{
	if (!interfaces_overlap(a, b) || !addresses_overlap(a, b))
		return false;
	if (a->reuse_port && b->reuse_port)
		return false;
	return !(a->reuse_addr && b->reuse_addr && !a->listens && !b->listens);
}

static bool is_in_conflict(const struct socket *a, const struct socket *b)
{
	struct binding mine = binding_of(a), theirs = binding_of(b);

	return a != b && bindings_conflict(&mine, &theirs);
}

static bool time_wait_conflicts(const struct socket *socket,
				const struct socket_port *port)
{
	struct binding mine = binding_of(socket);
	const struct socket_time_wait *s;

	LIST_FOREACH (s, &port->time_waits, on_port) {
		struct binding theirs = binding_of_time_wait(s);

		if (bindings_conflict(&mine, &theirs))
			return true;
	}
	return false;
}

static bool is_in_use(const struct socket *socket,
		      const struct socket_port *port)
{
	const struct socket *s;

	LIST_FOREACH (s, &port->receivers, on_port)
		if (is_in_conflict(socket, s))
			return true;
	if (others_are_no_trouble(socket, port))
		return false;
	LIST_FOREACH (s, &port->others, on_port)
		if (is_in_conflict(socket, s))
			return true;
	return time_wait_conflicts(socket, port);
}

static int bind_to(struct socket *socket, uint16_t number)
{
	struct sockets *room = socket->room;
	struct socket_port *port = socket_port_find(room, socket->kind, number);

	if (port && is_in_use(socket, port))
		return -EADDRINUSE;
	if (!port)
		port = port_create(room, socket->kind, number);
	if (!port)
		return -ENOBUFS;
	port->shareable = false;
	join(socket, port);
	return 0;
}

/* IP_LOCAL_PORT_RANGE: each end counts if the system's range has it. */
static int narrowed(uint32_t wanted, const int range[2], int otherwise)
{
	return (int)wanted >= range[0] && (int)wanted <= range[1] ? (int)wanted
								  : otherwise;
}

/* A walk through all ports of the range from a random one. */
struct walk {
	uint32_t first, count, at, left;
};

static struct walk walk_begin(const struct socket *socket)
{
	const int *range = socket->room->limits.port_range;
	struct walk walk = { .first = 1, .count = 65535 };

	if (socket->kind != SOCKET_PING) {
		int low = narrowed(socket->options->port_range & 0xffff, range,
				   range[0]);
		int high = narrowed(socket->options->port_range >> 16, range,
				    range[1]);

		walk.first = (uint32_t)low;
		walk.count = (uint32_t)(high - low + 1);
	}
	walk.at = random_below(&socket->room->engine->random, walk.count);
	walk.left = walk.count;
	return walk;
}

/* 0 ends it. */
static uint16_t walk_next(struct walk *walk)
{
	uint32_t port = walk->first + walk->at;

	if (walk->left == 0)
		return 0;
	walk->left--;
	walk->at = (walk->at + 1) % walk->count;
	return (uint16_t)port;
}

/* An unused port; failing that, one that may be shared. */
static int bind_to_any(struct socket *socket)
{
	struct walk walk = walk_begin(socket);
	uint16_t number;

	while ((number = walk_next(&walk)) != 0)
		if (!socket_port_find(socket->room, socket->kind, number))
			return bind_to(socket, number);
	if (!socket->options->reuse_addr && !socket->options->reuse_port)
		return -EADDRINUSE;
	walk = walk_begin(socket);
	while ((number = walk_next(&walk)) != 0)
		if (bind_to(socket, number) == 0)
			return 0;
	return -EADDRINUSE;
}

/* Local, multicast and broadcast addresses may be bound, as in Linux. */
static int check_address(const struct socket *socket, const struct pyt_ip *ip)
{
	struct ip_path path;

	if (socket->family == AF_INET && !pyt_ip_is_v4(ip))
		return -EAFNOSUPPORT;
	if (socket->family == AF_INET6 && socket->options->v6only &&
	    pyt_ip_is_v4(ip))
		return -EINVAL;
	if (pyt_ip_is_unspecified(ip) || pyt_ip_is_multicast(ip) ||
	    ip_is_local(socket->room->ip, ip) || socket->options->freebind ||
	    socket->options->transparent)
		return 0;
	if (pyt_ip_is_v4(ip) &&
	    ip_route(socket->room->ip, ip, NULL, 0, socket->room->now_us,
		     &path) == 0 &&
	    path.broadcast)
		return 0;
	return -EADDRNOTAVAIL;
}

/* Of a link, the address must be that link's own. */
static int check_zone(const struct socket *socket, const struct pyt_ip *ip,
		      int zone)
{
	struct iface *iface = ip_iface(socket->room->ip, zone);

	if (!ip6_is_link_local(ip))
		return 0;
	if (!iface)
		return -ENODEV;
	return socket->options->freebind || socket->options->transparent ||
			       iface_address_find(iface, ip)
		       ? 0
		       : -EADDRNOTAVAIL;
}

int socket_port_bind(struct socket *socket, const struct pyt_sockaddr *local)
{
	bool is_bound = socket->port || socket->connected || socket->listener;
	bool looks_first = /* before it looks at the address: as Linux */
		socket->kind == SOCKET_RAW ||
		(socket->family == AF_INET6 && socket->kind != SOCKET_PING);
	struct pyt_sockaddr old = socket->local;
	int error;

	if (is_bound && looks_first)
		return -EINVAL;
	error = socket_zone(socket, local, true);
	if (error >= 0)
		error = check_zone(socket, &local->ip, error);
	if (error == 0)
		error = check_address(socket, &local->ip);
	if (error)
		return error;
	if (local->port > 0 && socket->kind != SOCKET_RAW &&
	    local->port < socket->room->limits.unprivileged_port_start)
		return -EACCES;
	if (is_bound)
		return -EINVAL;

	socket->local = *local;
	if (!ip6_needs_zone(&local->ip))
		socket->local.scope_id = 0;
	if (socket->kind == SOCKET_RAW)
		error = 0;
	else if (local->port > 0)
		error = bind_to(socket, local->port);
	else
		error = bind_to_any(socket);
	if (error) {
		socket->local = old;
		return error;
	}
	socket->port_bound = local->port > 0;
	socket->address_bound = !pyt_ip_is_unspecified(&local->ip);
	return 0;
}

int socket_port_autobind(struct socket *socket)
{
	if (socket->port || socket->kind == SOCKET_RAW)
		return 0;
	return bind_to_any(socket) == 0 ? 0 : -EAGAIN;
}

static bool time_wait_yields(const struct socket *socket,
			     const struct pyt_sockaddr *local)
{
	const struct sockets *room = socket->room;
	const struct socket_time_wait *s;

	if (socket->kind != SOCKET_TCP)
		return true;
	s = socket_time_wait_find(room, local, &socket->peer);
	return !s || tcp_time_wait_may_reuse(room->tcp, &s->tcp, room->now_us);
}

static bool flow_is_free(const struct socket *socket, uint16_t number)
{
	struct pyt_sockaddr local = socket->local;

	local.port = number;
	return !socket_flow_find(socket->room, socket->kind, &local,
				 &socket->peer) &&
	       time_wait_yields(socket, &local);
}

/* Ports that others took by connect() serve again for another peer. */
static int connect_from(struct socket *socket, uint16_t number)
{
	struct sockets *room = socket->room;
	struct socket_port *port = socket_port_find(room, socket->kind, number);

	if (port && (!port->shareable || !flow_is_free(socket, number)))
		return -EADDRINUSE;
	if (!port) {
		port = port_create(room, socket->kind, number);
		if (!port)
			return -ENOBUFS;
		port->shareable = true;
	}
	join(socket, port);
	return 0;
}

int socket_port_for_connect(struct socket *socket)
{
	struct walk walk = walk_begin(socket);
	uint16_t number;

	if (socket->port)
		return flow_is_free(socket, socket->local.port)
			       ? 0
			       : -EADDRNOTAVAIL;
	while ((number = walk_next(&walk)) != 0) {
		int error = connect_from(socket, number);

		if (error != -EADDRINUSE)
			return error;
	}
	return -EADDRNOTAVAIL;
}

int socket_port_listen(struct socket *socket)
{
	const struct socket *s;

	if (!socket->port) {
		int error = bind_to_any(socket);

		if (error)
			return error;
	}
	LIST_FOREACH (s, &socket->port->receivers, on_port)
		if (is_in_conflict(socket, s))
			return -EADDRINUSE;
	LIST_REMOVE(socket, on_port);
	LIST_INSERT_HEAD(&socket->port->receivers, socket, on_port);
	return 0;
}

void socket_port_unlisten(struct socket *socket)
{
	LIST_REMOVE(socket, on_port);
	LIST_INSERT_HEAD(&socket->port->others, socket, on_port);
}
