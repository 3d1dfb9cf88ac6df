/* Names by which the ends of stream endpoints tell whose they are. */
#ifndef SHIM_PEER_NAME_H
#define SHIM_PEER_NAME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <pyt/control.h>

/*
 * /proc/net/unix shows names to everybody. So one proves that who made it has
 * the key, and no two ends in the life of a socket have the same.
 */
struct peer_name {
	uint32_t slot;
	uint32_t generation;
	uint64_t proof;
};

/* attempt: of the slot. */
uint64_t peer_name_proof(const uint8_t key[PYT_KEY_LEN], uint32_t slot,
			 uint32_t generation, uint32_t attempt);
/* Of the socket in slot; the address's length. */
socklen_t peer_name_make(struct sockaddr_un *name,
			 const uint8_t key[PYT_KEY_LEN], uint32_t slot,
			 uint32_t generation, uint32_t attempt);
/*
 * len: of the whole address. False: it is no such name. Whether it is a true
 * one, the proof or the kernel's SO_PEERCRED must say.
 */
bool peer_name_parse(const struct sockaddr_un *name, socklen_t len,
		     struct peer_name *parsed);

#endif
