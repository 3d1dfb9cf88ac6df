/* IPV6_ADDR_PREFERENCES: which source a program likes. RFC 5014. */
#ifndef SOCKET_SOCKET_PREFERENCE_H
#define SOCKET_SOCKET_PREFERENCE_H

#include <stdbool.h>
#include <stdint.h>

struct socket;

bool socket_preference_is(int level, int name);
int socket_preference_set(struct socket *socket, const void *value,
			  uint32_t value_len);
/* Length written, or -errno. */
int socket_preference_get(const struct socket *socket, void *value,
			  uint32_t value_len);

#endif
