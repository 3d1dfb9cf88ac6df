/*
 * Datagram sockets (UDP, ping, raw) as the program sees them: each message of
 * the endpoint begins with struct pyt_datagram.
 */
#ifndef SHIM_DATAGRAM_H
#define SHIM_DATAGRAM_H

#include <sys/socket.h>

#include "descriptor.h"

/* All: >= 0 or -errno. */
int datagram_open(int family, int type, int protocol);
/* Of any kind with messages; name: a view's path, or NULL. */
int datagram_open_as(enum descriptor_kind kind, int family, int type,
		     int protocol, const char *name);
int datagram_connect_to(const struct descriptor *datagram,
			const struct pyt_sockaddr *peer);
int datagram_shutdown(const struct descriptor *datagram, int how);

/* Where sendto(2) and sendmsg(2) want to go; 1: to the connected peer. */
int datagram_destination(const struct descriptor *datagram,
			 const struct sockaddr *name, socklen_t name_len,
			 struct pyt_sockaddr *peer);

ssize_t datagram_send(const struct descriptor *datagram,
		      const struct msghdr *message, int flags);
ssize_t datagram_receive(const struct descriptor *datagram,
			 struct msghdr *message, int flags);
/* The peer's name, as recvmsg(2) gives it. */
void datagram_give_name(const struct descriptor *datagram,
			const struct pyt_sockaddr *peer,
			struct msghdr *message);
/* The control messages; Linux leaves them out where it asked for none. */
void datagram_give_controls(const struct descriptor *datagram,
			    const struct pyt_message *from,
			    struct msghdr *message);
/* Which control messages it asked for; their port, if one of them needs it. */
uint32_t datagram_wanted(const struct descriptor *datagram,
			 struct pyt_sockaddr *local);
/* MSG_ERRQUEUE, of streams too. */
ssize_t datagram_receive_error(const struct descriptor *descriptor,
			       struct msghdr *message, int flags);
/* SO_ERROR; the message that made the endpoint readable goes with it. */
int datagram_take_error(const struct descriptor *datagram);

#endif
