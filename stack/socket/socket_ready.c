/*
 * The lists that path_out takes connections from, one for each interface,
 * round robin; who waits for a neighbour's address is on that one's list.
 */
#include "socket/socket.h"

void socket_unset_ready(struct socket *socket)
{
	struct socket_list *ready = &socket->room->ready[socket->ready_ifindex];

	if (socket->is_parked)
		LIST_REMOVE(&socket->waiter, link);
	else if (socket->is_ready)
		TAILQ_REMOVE(ready, socket, ready_link);
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
	TAILQ_INSERT_TAIL(&socket->room->ready[ifindex], socket, ready_link);
}

void socket_park(struct socket *socket, const struct ip_path *path)
{
	socket_unset_ready(socket);
	socket->is_parked = true;
	socket->probes = true;
	ip_neighbour_wait(socket->room->ip, path, &socket->waiter);
}

static struct socket *socket_of(struct neighbour_waiter *waiter)
{
	return (struct socket *)(void *)((char *)waiter -
					 offsetof(struct socket, waiter));
}

void sockets_unpark(struct sockets *room)
{
	struct neighbour_waiter *waiter;

	while ((waiter = ip_neighbour_next_woken(room->ip)) != NULL) {
		struct socket *socket = socket_of(waiter);

		room->visited++;
		socket->is_parked = false;
		socket_set_ready(socket, socket->ready_ifindex);
	}
}

void sockets_unpark_all(struct sockets *room)
{
	ip_neighbour_wake_all(room->ip);
	sockets_unpark(room);
}
