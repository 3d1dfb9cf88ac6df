/* Interfaces as the stack has them: getifaddrs(3) and kin, netdevice(7). */
#ifndef SHIM_CALLS_IFACE_H
#define SHIM_CALLS_IFACE_H

#include <stdbool.h>

/*
 * A request of netdevice(7) on one of the stack's sockets. True: *result is 0
 * or -errno. False: not one of these.
 */
bool calls_iface_ioctl(int family, unsigned long request, void *argument,
		       int *result);

#endif
