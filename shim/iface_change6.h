/* The same requests on sockets of AF_INET6: they have structs of their own. */
#ifndef SHIM_IFACE_CHANGE6_H
#define SHIM_IFACE_CHANGE6_H

#include <stddef.h>

struct server;

/* As iface_change_len() and iface_change(). */
size_t iface_change6_len(unsigned long request);
int iface_change6(struct server *server, unsigned long request,
		  const void *argument);

#endif
