/*
 * The ioctls of netdevice(7), arp(7) and ip(7) that change the stack, on its
 * side: SIOCSIF*, SIOCADDRT, SIOCDELRT, SIOCSARP, SIOCDARP.
 */
#ifndef SHIM_IFACE_CHANGE_H
#define SHIM_IFACE_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

struct server;

/* Bytes of the argument; 0: not one of these. family: the socket's. */
size_t iface_change_len(int family, unsigned long request);
/* 0 or -errno; argument has so many bytes, from anybody. */
int iface_change(struct server *server, int family, unsigned long request,
		 const void *argument);

#endif
