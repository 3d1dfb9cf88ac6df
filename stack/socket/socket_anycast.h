/* IPV6_JOIN_ANYCAST and IPV6_LEAVE_ANYCAST, as Linux has them. */
#ifndef SOCKET_SOCKET_ANYCAST_H
#define SOCKET_SOCKET_ANYCAST_H

#include <bsd/sys/queue.h>
#include <stdint.h>

#include <pyt/addr.h>

struct socket;

struct socket_anycast {
	LIST_ENTRY(socket_anycast) link; /* all of the room's */
	const struct socket *socket;
	struct pyt_ip ip;
	int ifindex;
};

/* struct ipv6_mreq; -ENOENT: it has not joined. */
int socket_anycast_join(struct socket *socket, const void *value,
			uint32_t value_len);
int socket_anycast_leave(struct socket *socket, const void *value,
			 uint32_t value_len);
/* The program has closed it. */
void socket_anycast_leave_all(const struct socket *socket);

#endif
