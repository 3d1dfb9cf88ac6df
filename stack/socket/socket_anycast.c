/* Anycast addresses that a socket has asked for. */
#include "socket/socket_anycast.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "socket/socket.h"

static int parse(const void *value, uint32_t value_len, struct pyt_ip *ip,
		 int *ifindex)
{
	struct ipv6_mreq request;

	if (value_len < sizeof(request))
		return -EINVAL;
	memcpy(&request, value, sizeof(request));
	memcpy(ip->bytes, &request.ipv6mr_multiaddr, sizeof(ip->bytes));
	*ifindex = (int)request.ipv6mr_interface;
	return *ifindex < 0 ? -ENODEV : 0;
}

int socket_anycast_join(struct socket *socket, const void *value,
			uint32_t value_len)
{
	struct engine *engine = socket->room->engine;
	struct socket_anycast *a;
	struct pyt_ip ip;
	int ifindex, error = parse(value, value_len, &ip, &ifindex);

	if (error)
		return error;
	a = engine_alloc(engine, sizeof(*a));
	if (!a)
		return -ENOMEM;
	ifindex = ip_anycast_join(socket->room->ip, ifindex, &ip,
				  socket->room->now_us);
	if (ifindex < 0) {
		engine_free(engine, a, sizeof(*a));
		return ifindex;
	}
	a->socket = socket;
	a->ip = ip;
	a->ifindex = ifindex;
	LIST_INSERT_HEAD(&socket->room->anycasts, a, link);
	return 0;
}

static void leave(struct sockets *room, struct socket_anycast *a)
{
	ip_anycast_leave(room->ip, a->ifindex, &a->ip, room->now_us);
	LIST_REMOVE(a, link);
	engine_free(room->engine, a, sizeof(*a));
}

int socket_anycast_leave(struct socket *socket, const void *value,
			 uint32_t value_len)
{
	struct socket_anycast *a;
	struct pyt_ip ip;
	int ifindex, error = parse(value, value_len, &ip, &ifindex);

	if (error)
		return error;
	LIST_FOREACH (a, &socket->room->anycasts, link) {
		if (a->socket != socket || !pyt_ip_equal(&a->ip, &ip) ||
		    (ifindex && ifindex != a->ifindex))
			continue;
		leave(socket->room, a);
		return 0;
	}
	return -ENOENT;
}

void socket_anycast_leave_all(const struct socket *socket)
{
	struct sockets *room = socket->room;
	struct socket_anycast *a, *next;

	for (a = LIST_FIRST(&room->anycasts); a; a = next) {
		next = LIST_NEXT(a, link);
		if (a->socket == socket)
			leave(room, a);
	}
}
