/* What the stack of this process has: asked over the control connection. */
#ifndef SHIM_IFACES_CLIENT_H
#define SHIM_IFACES_CLIENT_H

#include "ifaces.h"

/* Starts or attaches to the stack if need be. 0 or -errno. */
int ifaces_client_read(struct ifaces *ifaces);

/*
 * For ioctl(2) on a socket of the stack, where ifaces_has_ioctl(request).
 * 0 or -errno.
 */
int ifaces_client_ioctl(int family, unsigned long request, void *argument);

#endif
