/* Whether the stack will take a datagram: known, or to be asked. */
#ifndef SHIM_DATAGRAM_ASK_H
#define SHIM_DATAGRAM_ASK_H

#include <stdbool.h>
#include <sys/socket.h>

#include "descriptor.h"

/* The stack has taken one like this; no round trip. */
bool datagram_is_known(const struct descriptor *datagram,
		       const struct pyt_datagram *header);
/*
 * Asks, and sends it with the question if it is short. 1: it was sent. 0: it
 * is to be written to the endpoint. -errno: it cannot be sent. message: what
 * would be written, the header as its first piece.
 */
int datagram_ask(const struct descriptor *datagram,
		 const struct pyt_datagram *header,
		 const struct msghdr *message);

#endif
