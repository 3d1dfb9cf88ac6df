/*
 * Whole source filters, as setsockopt(2) sets and getsockopt(2) asks for
 * them: IP_MSFILTER and MCAST_MSFILTER. RFC 3678, 4.2 and 5.2.
 */
#ifndef SOCKET_SOCKET_FILTER_H
#define SOCKET_SOCKET_FILTER_H

#include <stdbool.h>
#include <stdint.h>

struct socket;

int socket_filter_set_v4(struct socket *socket, const void *value,
			 uint32_t value_len);
int socket_filter_set(struct socket *socket, int level, const void *value,
		      uint32_t value_len);
bool socket_filter_is(int level, int name);
/* value names the group; the length of the answer, or -errno. */
int socket_filter_get(struct socket *socket, int level, int name, void *value,
		      uint32_t value_len);

#endif
