/*
 * The lists that path_out takes connections from: one for each interface,
 * round robin, and one of those that wait for a neighbour's address.
 */
#include "socket/socket.h"

static struct socket_list *list_of(struct socket *socket)
{
	return socket->is_parked ? &socket->room->parked
				 : &socket->room->ready[socket->ready_ifindex];
}

void socket_unset_ready(struct socket *socket)
{
	if (!socket->is_ready && !socket->is_parked)
		return;
	TAILQ_REMOVE(list_of(socket), socket, ready_link);
	socket->is_ready = socket->is_parked = false;
}

void socket_set_ready(struct socket *socket, int ifindex)
{
	if (socket->is_parked ||
	    (socket->is_ready && socket->ready_ifindex == ifindex))
		return;
	socket_unset_ready(socket);
	socket->ready_ifindex = ifindex;
	socket->is_ready = true;
	TAILQ_INSERT_TAIL(list_of(socket), socket, ready_link);
}

void socket_park(struct socket *socket)
{
	socket_unset_ready(socket);
	socket->is_parked = true;
	socket->probes = true;
	TAILQ_INSERT_TAIL(list_of(socket), socket, ready_link);
}

void sockets_unpark(struct sockets *room)
{
	struct socket *socket;

	while ((socket = TAILQ_FIRST(&room->parked)) != NULL) {
		socket_unset_ready(socket);
		socket_set_ready(socket, socket->ready_ifindex);
	}
}
