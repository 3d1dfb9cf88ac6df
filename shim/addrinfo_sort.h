/* The order of the addresses of a name: destination selection, RFC 6724, 6. */
#ifndef SHIM_ADDRINFO_SORT_H
#define SHIM_ADDRINFO_SORT_H

#include <pyt/stack.h>

#include "policy.h"

/* sources[i]: where the stack would speak from to ips[i]. */
void addrinfo_sort(struct pyt_ip *ips, size_t count,
		   const struct pyt_source *sources,
		   const struct policy *policy);

#endif
