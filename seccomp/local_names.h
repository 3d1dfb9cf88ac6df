/*
 * A name server on loopback that /etc/resolv.conf names is this machine's
 * (systemd-resolved, dnsmasq), not the stack's: as libpyt's own resolver does,
 * it is asked over the kernel's network.
 */
#ifndef SECCOMP_LOCAL_NAMES_H
#define SECCOMP_LOCAL_NAMES_H

#include <sys/socket.h>

#include "call.h"

/* Whether it is one of those. */
bool local_names_has(const struct sockaddr_storage *name);
/* The target's socket becomes the kernel's, which goes on with the call. */
long local_names_hand_over(const struct call *call);

#endif
