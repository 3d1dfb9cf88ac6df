/*
 * UDP_CORK, udp(7): what is written while it is on becomes one datagram, which
 * leaves when it is switched off. The first write says where to.
 */
#ifndef SOCKET_SOCKET_CORK_H
#define SOCKET_SOCKET_CORK_H

#include "socket/socket.h"

/*
 * Whether the bytes of this message are to be kept: *result is what the
 * program is told, their length or -errno. An error drops all that was kept.
 */
bool socket_cork_keep(struct socket *socket, const struct pyt_message *message,
		      const struct iovec *iov, int iov_count, ssize_t *result);
/* The option was set: off sends what was kept. 0, or the -errno of that. */
int socket_cork_switched(struct socket *socket, int64_t now_us);
/* The socket ends: as Linux, unsent bytes go with it. */
void socket_cork_clear(struct socket *socket);

#endif
