/*
 * Generic netlink, of which a stack has one family: tcp_metrics. Those that
 * are not of networks (taskstats, ACPI ...) are the kernel's: the program's
 * socket becomes one of the kernel's when it asks for their number.
 */
#ifndef SHIM_GENL_H
#define SHIM_GENL_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "netlink_server.h"

extern const struct nl_handler genl_handlers[]; /* type 0 ends it */

/* Whether this request changes nothing. */
bool genl_is_get(const struct nlmsghdr *header);

/* For the program: it asks for a family that is not of networks. */
bool genl_is_kernels(const struct msghdr *message);

#endif
