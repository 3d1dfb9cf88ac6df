/*
 * SIOCETHTOOL: what ethtool(8), and programs that ask for a link's speed, are
 * told of a stack's interface. Nothing can be set.
 */
#ifndef SHIM_ETHTOOL_H
#define SHIM_ETHTOOL_H

#include <pyt/stack.h>

#define ETHTOOL_SPEED 10000 /* Mb/s: Linux's for a TAP */

/* argument: the program's, of the kind that its first word says. 0, -errno. */
int ethtool_ioctl(const struct pyt_iface_info *iface, void *argument);

#endif
