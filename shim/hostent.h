/* The gethostby*(3) family as glibc gives it, over the stack. */
#ifndef SHIM_HOSTENT_H
#define SHIM_HOSTENT_H

#include <netdb.h>

#include "addrinfo.h"

/*
 * Both fill *answer, also for a name that is a number. 0, or as h_errno;
 * errno says more for NETDB_INTERNAL.
 */
int hostent_by_name(const struct addrinfo_host *host, const char *name,
		    int family, struct names_answer *answer);
int hostent_by_address(const struct addrinfo_host *host, const void *address,
		       socklen_t address_len, int family,
		       struct names_answer *answer);

/* Bytes that hostent_fill() needs; buffer may begin at any address. */
size_t hostent_size(const struct names_answer *answer);
void hostent_fill(struct hostent *hostent, char *buffer, int family,
		  const struct names_answer *answer);

#endif
