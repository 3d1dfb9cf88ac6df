/* Connections whose own address has gone. */
#include <sys/socket.h>

#include "socket/socket.h"

static bool speaks_from(const struct socket *socket, const struct pyt_ip *ip)
{
	return socket->type == SOCK_STREAM && socket->connected &&
	       !socket->listener && pyt_ip_equal(&socket->local.ip, ip);
}

void socket_address_lost(struct sockets *room, const struct pyt_ip *ip,
			 int64_t now_us)
{
	struct socket *next;

	for (struct socket *socket = TAILQ_FIRST(&room->all); socket;
	     socket = next) {
		next = TAILQ_NEXT(socket, room_link);
		if (!speaks_from(socket, ip))
			continue;
		tcp_abort(socket->tcp, now_us);
		socket_tcp_touch(socket, now_us);
	}
}
