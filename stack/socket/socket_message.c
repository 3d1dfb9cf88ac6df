/*
 * Datagram sockets apart from sending: addresses, connect(2), what was
 * received. udp(7), ip(7).
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "socket/socket.h"
#include "socket/socket_cork.h"
#include "socket/socket_place.h"
#include "wire/ip6.h"

struct pyt_ip socket_destination(const struct socket *socket,
				 const struct pyt_ip *ip)
{
	struct pyt_ip loopback = { .bytes = { [15] = 1 } };

	if (!pyt_ip_is_unspecified(ip))
		return *ip;
	if (socket->family == AF_INET || pyt_ip_is_v4(ip) ||
	    pyt_ip_is_v4(&socket->local.ip))
		loopback = pyt_ip_from_v4(INADDR_LOOPBACK);
	return loopback;
}

int socket_check_family(const struct socket *socket, const struct pyt_ip *ip)
{
	if (socket->family == AF_INET)
		return pyt_ip_is_v4(ip) ? 0 : -EAFNOSUPPORT;
	if (socket->options->v6only && pyt_ip_is_v4(ip))
		return -ENETUNREACH;
	return 0;
}

bool socket_is_of_other_family(const struct socket *socket,
			       const struct pyt_ip *ip)
{
	return socket->family == AF_INET6 && pyt_ip_is_v4(&socket->local.ip) &&
	       !pyt_ip_is_v4(ip);
}

/* A group or broadcast address may be bound but never is a source. */
static struct pyt_ip source_of(const struct socket *socket,
			       const struct pyt_message *message,
			       const struct pyt_sockaddr *peer)
{
	struct pyt_ip ip = message->local;

	if (pyt_ip_is_unspecified(&ip))
		ip = socket->local.ip;
	if (pyt_ip_is_unspecified(&ip) && pyt_ip_is_multicast(&peer->ip) &&
	    pyt_ip_is_v4(&peer->ip))
		ip = socket->datagrams->multicast_source;
	if (pyt_ip_is_multicast(&ip) || pyt_ip_is_unspecified(&ip) ||
	    !ip_is_local(socket->room->ip, &ip) ||
	    (pyt_ip_is_unspecified(&message->local) &&
	     socket_is_of_other_family(socket, &peer->ip)))
		ip = (struct pyt_ip){ 0 }; /* to be chosen */
	return ip;
}

int socket_zone(const struct socket *socket, const struct pyt_sockaddr *peer,
		bool strict)
{
	int bound = socket->bound_ifindex;
	int zone = 0;

	if (!ip6_needs_zone(&peer->ip))
		return bound;
	zone = (int)peer->scope_id;
	if (bound && zone && zone != bound)
		return -EINVAL;
	if (bound || zone)
		return bound ? bound : zone;
	if (ip6_needs_zone(&socket->local.ip) && socket->local.scope_id)
		return (int)socket->local.scope_id;
	return strict && !pyt_ip_is_multicast(&peer->ip) ? -EINVAL : 0;
}

/* What we say to ourselves goes by lo, but the address is of its own link. */
static uint32_t zone_at(const struct socket *socket, const struct pyt_ip *ip,
			const struct iface *iface)
{
	const struct iface *owner = NULL;

	if (!ip6_needs_zone(ip))
		return 0;
	if (iface->config.medium == PYT_MEDIUM_LOOPBACK)
		owner = ip_owner(socket->room->ip, ip);
	return (uint32_t)(owner ? owner : iface)->ifindex;
}

void socket_set_zone(struct socket *socket, const struct iface *iface)
{
	socket->peer.scope_id = zone_at(socket, &socket->peer.ip, iface);
	socket->local.scope_id = zone_at(socket, &socket->local.ip, iface);
}

static int interface_of(const struct socket *socket,
			const struct pyt_message *message,
			const struct pyt_sockaddr *peer)
{
	int zone = socket_zone(socket, peer, false);

	if (message->ifindex)
		return message->ifindex;
	if (socket->bound_ifindex)
		return socket->bound_ifindex;
	if (zone != 0)
		return zone;
	if (pyt_ip_is_multicast(&peer->ip)) {
		if (!pyt_ip_is_v4(&peer->ip) &&
		    socket->options->sticky_ifindex6)
			return socket->options->sticky_ifindex6;
		return socket->datagrams->multicast_ifindex;
	}
	if (pyt_ip_is_v4(&peer->ip))
		return socket->options->unicast_ifindex;
	return socket->options->sticky_ifindex6
		       ? socket->options->sticky_ifindex6
		       : socket->options->unicast_ifindex6;
}

/* IP_PKTINFO's source must be one that a packet may have, and ours. */
static int check_source(const struct socket *socket, const struct pyt_ip *ip)
{
	if (pyt_ip_is_unspecified(ip))
		return 0;
	if (pyt_ip_is_multicast(ip) ||
	    (pyt_ip_is_v4(ip) && pyt_ip_to_v4(ip) == 0xffffffff))
		return -EINVAL;
	if (ip_is_local(socket->room->ip, ip))
		return 0;
	return pyt_ip_is_v4(ip) ? -ENETUNREACH : -EINVAL; /* as Linux */
}

/* ip(7): IP_FREEBIND and IP_TRANSPARENT let bind(2) take any address. */
static bool is_bound_elsewhere(const struct socket *socket)
{
	const struct socket_options *o = socket->options;

	return (o->freebind || o->transparent) && socket->address_bound &&
	       !pyt_ip_is_unspecified(&socket->local.ip) &&
	       !pyt_ip_is_multicast(&socket->local.ip) &&
	       !ip_is_local(socket->room->ip, &socket->local.ip);
}

/* Of IPv4 Linux lets it be a source with IP_TRANSPARENT alone. */
static int take_foreign_source(const struct socket *socket,
			       struct ip_path *path)
{
	if (pyt_ip_is_v4(&path->dst) && !socket->options->transparent)
		return -ENETUNREACH;
	path->src = socket->local.ip;
	return 0;
}

int socket_message_route(const struct socket *socket,
			 const struct pyt_message *message,
			 const struct pyt_sockaddr *peer, int64_t now_us,
			 struct ip_path *path)
{
	struct pyt_ip src = source_of(socket, message, peer);
	int error = check_source(socket, &message->local);

	if (!error)
		error = socket_zone(socket, peer, false);
	if (error < 0)
		return error;
	error = ip_route_preferring(socket->room->ip, &peer->ip, &src,
				    interface_of(socket, message, peer),
				    socket->options->source_wishes, now_us,
				    path);
	if (error)
		return error;
	if (pyt_ip_is_unspecified(&message->local) &&
	    socket_is_of_other_family(socket, &peer->ip))
		return -EAFNOSUPPORT;
	if (path->broadcast && !socket->options->broadcast)
		return -EACCES; /* RFC 1122, 3.3.6; socket(7) */
	if (pyt_ip_is_unspecified(&message->local) &&
	    is_bound_elsewhere(socket))
		return take_foreign_source(socket, path);
	return 0;
}

static struct pyt_ip any_of(const struct socket *socket)
{
	struct pyt_ip any = { 0 };

	return socket->family == AF_INET ? pyt_ip_from_v4(0) : any;
}

int socket_message_connect(struct socket *socket,
			   const struct pyt_sockaddr *peer, int64_t now_us)
{
	struct pyt_message none = { .ttl = -1 };
	struct pyt_sockaddr to = *peer, old = socket->local;
	struct ip_path path;
	int error;

	error = socket_check_family(socket, &peer->ip);
	if (error)
		return error;
	to.ip = socket_destination(socket, &peer->ip);
	if (!socket->address_bound)
		socket->local.ip = pyt_ip_is_v4(&old.ip) ? pyt_ip_from_v4(0)
							 : any_of(socket);
	error = socket_zone(socket, &to, true);
	if (error >= 0)
		error = socket_message_route(socket, &none, &to, now_us, &path);
	if (error) {
		socket->local = old;
		return error;
	}
	error = socket_port_autobind(socket);
	if (error)
		return error;

	socket->peer = to;
	if (!socket->address_bound || pyt_ip_is_unspecified(&socket->local.ip))
		socket->local.ip = path.src;
	socket_set_zone(socket, path.iface);
	socket->connected = true;
	socket_cork_redirect(socket, &socket->peer);
	error = socket_place_move(socket);
	if (error)
		socket_message_disconnect(socket);
	return error;
}

/* AF_UNSPEC: what bind(2) did not fix is given back. udp(7). */
void socket_message_disconnect(struct socket *socket)
{
	struct pyt_sockaddr none = { .ip = any_of(socket) };

	socket->peer = none;
	socket->connected = false;
	if (!socket->address_bound) {
		socket->local.ip = none.ip;
		socket->local.scope_id = 0;
	}
	if (socket->port_bound) {
		socket_place_move(socket); /* at worst found as before */
	} else {
		socket_place_leave(socket);
		socket->local.port = 0;
	}
}

int socket_message_shutdown(struct socket *socket, int how)
{
	if (how == SHUT_RD || how == SHUT_RDWR)
		socket->shut_read = true;
	if (how == SHUT_WR || how == SHUT_RDWR)
		socket->shut_write = true;
	socket_update(socket);
	return socket->connected ? 0 : -ENOTCONN;
}

static struct socket_queue *queue_of(struct socket *socket, bool error_queue)
{
	return error_queue ? &socket->datagrams->errors
			   : &socket->datagrams->received;
}

/* A pending error comes before what is queued, as recvmsg(2) has it. */
int socket_message_view(struct socket *socket, bool error_queue,
			struct pyt_message *message, struct iovec *iov,
			int iov_max)
{
	struct socket_datagram *datagram;

	if (socket->error && !error_queue)
		return -socket_take_error(socket);
	datagram = socket_queue_first(queue_of(socket, error_queue));
	if (!datagram || iov_max < 1)
		return -EAGAIN;
	*message = datagram->message;
	iov[0].iov_base = datagram->bytes + datagram->extensions_len;
	iov[0].iov_len = datagram->len;
	return 1;
}

void socket_message_drop(struct socket *socket, bool error_queue)
{
	socket_queue_drop(queue_of(socket, error_queue), socket->room->engine);
	socket_update(socket);
}

void socket_message_drop_errors(struct socket *socket)
{
	if (!socket->datagrams)
		return;
	socket_queue_clear(&socket->datagrams->errors, socket->room->engine);
	socket_update(socket);
}
