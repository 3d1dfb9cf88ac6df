/*
 * Ports: who may bind what (Linux's rules of SO_REUSEADDR and SO_REUSEPORT)
 * and which port the stack chooses (RFC 6056, 3.3.1: at random).
 */
#include <errno.h>
#include <sys/socket.h>

#include "socket/socket_place.h"
#include "socket/socket_time_wait.h"
#include "wire/ip6.h"

/* Who asks for a place, and which of those on it would be in the way. */
struct request {
	struct sockets *room;
	struct socket_place_key key;
	uint8_t reuse;
};

/*
 * Two that overlap must both have SO_REUSEPORT, or both SO_REUSEADDR without
 * listening. SO_REUSEPORT would also ask for one user: all here are the
 * host's.
 */
static bool tally_conflicts(const struct socket_tally *tally, uint8_t reuse)
{
	switch (reuse & (SOCKET_STRICT | SOCKET_ALONE)) {
	case 0:
		return tally->both > 0;
	case SOCKET_STRICT:
		return tally->alone > 0;
	case SOCKET_ALONE:
		return tally->strict > 0;
	default:
		return tally->all > 0;
	}
}

static bool conflicts_at(const struct request *request, enum socket_cover cover,
			 const struct pyt_ip *ip, int ifindex)
{
	struct socket_place_key key = { .ip = *ip,
					.ifindex = ifindex,
					.port = request->key.port,
					.kind = request->key.kind,
					.cover = (uint8_t)cover };
	const struct socket_place *place =
		socket_place_find(request->room, &key);

	return place && tally_conflicts(&place->tally, request->reuse);
}

/* Without a device it meets those of each. */
static bool meets_at(const struct request *request, enum socket_cover cover,
		     const struct pyt_ip *ip)
{
	int ifindex =
		request->key.ifindex ? request->key.ifindex : SOCKET_ANY_DEVICE;

	return conflicts_at(request, cover, ip, 0) ||
	       conflicts_at(request, cover, ip, ifindex);
}

/* Bound to one address: it meets who is, too, and who is bound to all. */
static bool address_is_in_use(const struct request *request)
{
	const struct pyt_ip *ip = &request->key.ip, any = { 0 };

	if (pyt_ip_is_v4(ip))
		return meets_at(request, COVER_INET, ip) ||
		       meets_at(request, COVER_MAPPED, ip) ||
		       meets_at(request, COVER_INET, &any) ||
		       meets_at(request, COVER_MAPPED, &any) ||
		       meets_at(request, COVER_DUAL, &any);
	return meets_at(request, COVER_DUAL, ip) ||
	       meets_at(request, COVER_V6ONLY, ip) ||
	       meets_at(request, COVER_DUAL, &any) ||
	       meets_at(request, COVER_V6ONLY, &any);
}

/* Bound to all of a family: the sums of the port tell. */
static bool family_is_in_use(const struct request *request,
			     const struct socket_port *port, bool v6)
{
	const struct pyt_ip any = { 0 };

	if (tally_conflicts(&port->tally[v6][0], request->reuse))
		return true;
	if (request->key.ifindex == 0)
		return tally_conflicts(&port->tally[v6][1], request->reuse);
	return conflicts_at(request, v6 ? COVER_SUM6 : COVER_SUM4, &any,
			    request->key.ifindex);
}

static bool is_in_use(const struct socket *socket,
		      const struct socket_port *port)
{
	struct request request = {
		.room = socket->room,
		.key = socket_place_key(socket, port->port),
		.reuse = socket_place_reuse_of(socket),
	};

	if (!pyt_ip_is_unspecified(&request.key.ip))
		return address_is_in_use(&request);
	return (socket_place_takes_v4(&request.key) &&
		family_is_in_use(&request, port, false)) ||
	       (socket_place_takes_v6(&request.key) &&
		family_is_in_use(&request, port, true));
}

static struct socket_port *find(const struct socket *socket, uint16_t number)
{
	return socket_port_find(socket->room, (enum socket_kind)socket->kind,
				number);
}

static int bind_to(struct socket *socket, uint16_t number)
{
	const struct socket_port *port = find(socket, number);

	if (port && is_in_use(socket, port))
		return -EADDRINUSE;
	return socket_place_enter(socket, number);
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
		if (!find(socket, number))
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
	bool is_bound = socket->place || socket->connected || socket->listener;
	bool looks_first = /* before it looks at the address: as Linux */
		socket->kind == SOCKET_RAW ||
		(socket->family == AF_INET6 && socket->kind != SOCKET_PING);
	bool old_bound = socket->address_bound;
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
	/* ::ffff:0.0.0.0 is one for Linux: IPv4's alone from now on */
	socket->address_bound =
		!pyt_ip_is_unspecified(&local->ip) ||
		(socket->family == AF_INET6 && pyt_ip_is_v4(&local->ip));
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
		socket->address_bound = old_bound;
		return error;
	}
	socket->port_bound = local->port > 0;
	return 0;
}

int socket_port_autobind(struct socket *socket)
{
	if (socket->place || socket->kind == SOCKET_RAW)
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
	return !socket_flow_find(socket->room, &local, &socket->peer) &&
	       time_wait_yields(socket, &local);
}

/* Ports that others took by connect() serve again for another peer. */
static int connect_from(struct socket *socket, uint16_t number)
{
	const struct socket_port *port = find(socket, number);
	int error;

	if (port && (port->bound > 0 || !flow_is_free(socket, number)))
		return -EADDRINUSE;
	socket->by_connect = true;
	error = socket_place_enter(socket, number);
	if (error)
		socket->by_connect = false;
	return error;
}

int socket_port_for_connect(struct socket *socket)
{
	struct walk walk = walk_begin(socket);
	uint16_t number;

	if (socket->place)
		return flow_is_free(socket, socket->local.port)
			       ? socket_place_move(socket)
			       : -EADDRNOTAVAIL;
	while ((number = walk_next(&walk)) != 0) {
		int error = connect_from(socket, number);

		if (error != -EADDRINUSE)
			return error;
	}
	return -EADDRNOTAVAIL;
}

/* As bind(2) again: options may have changed since. */
static bool others_are_in_the_way(struct socket *socket)
{
	struct socket_place *place = socket->place;
	bool result;

	socket_place_count(place, socket->place_reuse, -1);
	result = is_in_use(socket, place->port);
	socket_place_count(place, socket->place_reuse, 1);
	return result;
}

int socket_port_listen(struct socket *socket)
{
	int error = socket->place ? 0 : bind_to_any(socket);

	if (error)
		return error;
	if (others_are_in_the_way(socket))
		return -EADDRINUSE;
	socket_place_receive(socket);
	socket_place_recount(socket);
	return 0;
}

void socket_port_unlisten(struct socket *socket)
{
	socket_place_receive_not(socket);
	socket_place_recount(socket);
}
