/* The hosts file, hosts(5). */
#ifndef SHIM_HOSTS_H
#define SHIM_HOSTS_H

#include "names.h"

/* 0, HOST_NOT_FOUND, or NETDB_INTERNAL for want of memory. */
int hosts_by_name(const char *path, const char *name, unsigned families,
		  struct names_answer *answer);
int hosts_by_ip(const char *path, const struct pyt_ip *ip,
		struct names_answer *answer);

#endif
