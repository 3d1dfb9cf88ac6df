/*
 * Options are shared until they are changed: the connections of a listener
 * have its own, sockets that nobody has touched those of the room.
 */
#include <netinet/in.h>

#include "socket/socket.h"
#include "socket/socket_extension.h"

static void release(struct engine *engine, struct socket_options *options)
{
	if (!options || --options->sharers > 0)
		return;
	socket_extension_release(engine, options->extensions);
	engine_free(engine, options, sizeof(*options));
}

static struct socket_options defaults(const struct socket_limits *limits)
{
	return (struct socket_options){
		.sharers = 1,
		.ttl = -1,
		.hoplimit = -1,
		.multicast_ttl = 1,
		.multicast_hops = 1,
		.multicast_loop = 1,
		.multicast_loop6 = 1,
		.multicast_all = 1,
		.multicast_all6 = 1,
		.auto_flowlabel = 1,
		.mtu_discover = IP_PMTUDISC_WANT,
		.mtu_discover6 = IPV6_PMTUDISC_WANT,
		.receive_low_water = 1,
		.incoming_cpu = -1,
		.peek_off = -1,
		.tx_rehash = 1,
		.max_pacing_rate = UINT64_MAX,
		.send_buffer = limits->wmem_default,
		.receive_buffer = limits->rmem_default,
	};
}

/* Sysctls may have changed the sizes since the last socket. */
static bool are_current(const struct sockets *room)
{
	const struct socket_options *o = room->default_options;

	return o && o->send_buffer == room->limits.wmem_default &&
	       o->receive_buffer == room->limits.rmem_default;
}

bool socket_options_init(struct socket *socket)
{
	struct sockets *room = socket->room;

	if (!are_current(room)) {
		struct socket_options *fresh =
			engine_alloc(room->engine, sizeof(*fresh));

		if (!fresh)
			return false;
		*fresh = defaults(&room->limits);
		release(room->engine, room->default_options);
		room->default_options = fresh;
	}
	socket->options = room->default_options;
	socket->options->sharers++;
	return true;
}

void socket_options_inherit(struct socket *socket, const struct socket *from)
{
	struct socket_options *own;

	from->options->sharers++;
	socket_options_clear(socket);
	socket->options = from->options;
	if (socket->options->ip_options_len == 0)
		return;
	own = socket_options_own(socket); /* they are not handed on, ip(7) */
	if (own)
		own->ip_options_len = 0;
}

struct socket_options *socket_options_own(struct socket *socket)
{
	struct socket_options *own;

	if (socket->options->sharers == 1)
		return socket->options;
	own = engine_alloc(socket->room->engine, sizeof(*own));
	if (!own)
		return NULL;
	*own = *socket->options;
	own->sharers = 1;
	socket_extension_share(own->extensions);
	socket_options_clear(socket);
	socket->options = own;
	return own;
}

void socket_options_clear(struct socket *socket)
{
	release(socket->room->engine, socket->options);
	socket->options = NULL;
}

void socket_options_clear_defaults(struct sockets *room)
{
	release(room->engine, room->default_options);
	room->default_options = NULL;
}
