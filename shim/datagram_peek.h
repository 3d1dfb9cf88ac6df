/* Datagrams that are looked at where they lie: FIONREAD, SO_PEEK_OFF. */
#ifndef SHIM_DATAGRAM_PEEK_H
#define SHIM_DATAGRAM_PEEK_H

#include <sys/socket.h>

#include "descriptor.h"

/* SO_PEEK_OFF is set: recvmsg(2) with MSG_PEEK goes on where the last ended. */
static inline bool datagram_peek_is_set(const struct descriptor *datagram)
{
	return descriptor_flags(datagram) & PYT_SLOT_PEEK_OFF;
}

/* recvmsg(2) with MSG_PEEK then: its result, or -errno. */
ssize_t datagram_peek(const struct descriptor *datagram, struct msghdr *message,
		      int flags);
/* recv(2) has given so many bytes: what is ahead begins that much earlier. */
void datagram_peek_back(const struct descriptor *datagram, size_t len);

/* SIOCINQ (FIONREAD): length of the next one; SIOCATMARK. */
int datagram_control(const struct descriptor *datagram, unsigned long request,
		     int *number);

#endif
