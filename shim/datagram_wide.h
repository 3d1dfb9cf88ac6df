/*
 * Datagrams whose extension headers the program wants to see: they stand in
 * front of the payload, and how long they are is known only with them. So such
 * a message is read whole, into memory of its own.
 */
#ifndef SHIM_DATAGRAM_WIDE_H
#define SHIM_DATAGRAM_WIDE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "descriptor.h"

/* Whether one of the socket's options asks for them. */
bool datagram_is_wide(const struct descriptor *datagram);
/* NULL: none left. */
uint8_t *datagram_wide_open(struct iovec *iov);
void datagram_wide_close(uint8_t *wide);
/*
 * len bytes have come: the payload goes into the program's buffers, the
 * headers are shown by header->message. Length with the header, as if there
 * were no others.
 */
ssize_t datagram_wide_take(const uint8_t *wide, ssize_t len,
			   struct pyt_datagram *header, const struct msghdr *to,
			   int *flags);

/* Spreads bytes over the program's buffers; how many there was room for. */
size_t datagram_scatter(const struct msghdr *message, const uint8_t *data,
			size_t len);

#endif
