/*
 * UDP_CORK and MSG_MORE, udp(7): what is written with either becomes one
 * datagram, which leaves with the first write without them, or when the option
 * is switched off. The first write says where to and how. Raw sockets know
 * MSG_MORE, too; ping sockets have nothing to put together.
 */
#ifndef SOCKET_SOCKET_CORK_H
#define SOCKET_SOCKET_CORK_H

#include "socket/socket.h"

/* Whether this message joins others, that are there or are to come. */
bool socket_cork_wants(const struct socket *socket,
		       const struct pyt_message *message);
/*
 * 0 or -errno, which drops all that was kept. The last one sends it. peer: of
 * the first one.
 */
int socket_cork_add(struct socket *socket, const struct pyt_message *message,
		    const struct pyt_sockaddr *peer, const struct iovec *iov,
		    int iov_count, int64_t now_us);
/* connect(2): where IPv4's bytes go now, as on Linux; IPv6's stay. */
void socket_cork_redirect(struct socket *socket,
			  const struct pyt_sockaddr *peer);
/* Whether len bytes more still fit: 0 or -EMSGSIZE, which drops, too. */
int socket_cork_check(struct socket *socket, uint32_t len);
/* The option was set: off sends what was kept. 0, or the -errno of that. */
int socket_cork_switched(struct socket *socket, int64_t now_us);
/* The socket ends: as Linux, unsent bytes go with it. */
void socket_cork_clear(struct socket *socket);

#endif
