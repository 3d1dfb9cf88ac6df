/* struct sockaddr to struct pyt_sockaddr and back, with Linux's complaints. */
#ifndef SHIM_ADDRESS_H
#define SHIM_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include <pyt/addr.h>

/*
 * Of a socket of this family. 0, or -EINVAL (too short), -EAFNOSUPPORT,
 * -EFAULT. An AF_INET6 socket gets a mapped address for an AF_INET name if
 * mapped is true.
 */
int address_get(int family, bool mapped, const struct sockaddr *name,
		socklen_t name_len, struct pyt_sockaddr *address);

/* In the socket's family; the length. */
socklen_t address_format(int family, const struct pyt_sockaddr *address,
			 struct sockaddr_storage *name);

/*
 * The same into a program's buffer as getsockname(2) does: cut to *name_len,
 * which then becomes the full length. 0, -EFAULT or -EINVAL.
 */
int address_put(int family, const struct pyt_sockaddr *address,
		struct sockaddr *name, socklen_t *name_len);

#endif
