/* The rings of AF_PACKET sockets in this process: mmap(2) and poll(2). */
#ifndef SHIM_PACKET_CLIENT_H
#define SHIM_PACKET_CLIENT_H

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "descriptor.h"

/* 0: no ring was ever mapped here, and poll(2) need not look. */
extern _Atomic int packet_rings;

/* mmap(2) of the ring: the address, or -errno in its place. */
void *packet_map(const struct descriptor *packet, void *address, size_t len,
		 int protection, int flags, off_t offset);
/* The descriptor is closed. */
void packet_forget(int fd);
/*
 * poll(2), where some of these may be rings: what has woken them before is
 * taken out, so that they are readable only if there is a frame.
 */
int packet_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

#endif
