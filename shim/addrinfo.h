/*
 * getaddrinfo(3) and getnameinfo(3) as glibc gives them, with names asked
 * over the stack. What needs no network (numbers, services) is left to glibc.
 */
#ifndef SHIM_ADDRINFO_H
#define SHIM_ADDRINFO_H

#include <netdb.h>

#include <pyt/stack.h>

#include "names.h"

#define ADDRINFO_ADDRESSES_MAX 64

/* The surroundings; asked only when a call really needs them. */
struct addrinfo_host {
	int (*libc_getaddrinfo)(const char *name, const char *service,
				const struct addrinfo *hints,
				struct addrinfo **result);
	void (*libc_freeaddrinfo)(struct addrinfo *list);
	int (*libc_getnameinfo)(const struct sockaddr *address,
				socklen_t address_len, char *host,
				socklen_t host_len, char *service,
				socklen_t service_len, int flags);
	/* For name; it also tells the user if there is no server at all. */
	void (*read_config)(struct resolver_config *config, const char *name);
	/* Families that may have an address soon; may be NULL. */
	unsigned (*pending)(void);
	/* The stack's addresses, lo's included: how many were filled in. */
	size_t (*addresses)(struct pyt_address_info *list, size_t max);
	/* From where the stack would speak to each. */
	void (*sources)(const struct pyt_ip *ips, size_t count,
			struct pyt_source *sources);
	const char *gai_conf; /* path of gai.conf(5) */
	struct resolver_sockets sockets;
};

/* 0 or EAI_*; errno is set for EAI_SYSTEM. */
int addrinfo_get(const struct addrinfo_host *host, const char *name,
		 const char *service, const struct addrinfo *hints,
		 struct addrinfo **result);
void addrinfo_free(struct addrinfo *list);

int nameinfo_get(const struct addrinfo_host *host,
		 const struct sockaddr *address, socklen_t address_len,
		 char *name, socklen_t name_len, char *service,
		 socklen_t service_len, int flags);

#endif
