/*
 * The stack's interfaces as programs see interfaces: struct ifaddrs and the
 * ioctls of netdevice(7), from a snapshot of what the stack has.
 */
#ifndef SHIM_IFACES_H
#define SHIM_IFACES_H

#include <ifaddrs.h>
#include <linux/if_link.h>
#include <stdbool.h>
#include <stddef.h>

#include <pyt/stack.h>

struct arpreq;

#define IFACES_MAX 16
#define IFACES_ADDRESSES_MAX 64

struct ifaces {
	struct pyt_iface_info iface[IFACES_MAX];
	size_t iface_count;
	struct pyt_address_info address[IFACES_ADDRESSES_MAX];
	size_t address_count;
};

/* NULL: there is none. */
const struct pyt_iface_info *ifaces_by_name(const struct ifaces *ifaces,
					    const char *name);
const struct pyt_iface_info *ifaces_by_index(const struct ifaces *ifaces,
					     int ifindex);
/* A set of IFF_. */
unsigned ifaces_flags(const struct pyt_iface_info *iface);
/* ARPHRD_ of the medium. */
unsigned short ifaces_hardware_type(const struct pyt_iface_info *iface);

/* Its counters; what a stack has none of is 0. */
struct rtnl_link_stats64 ifaces_statistics(const struct pyt_iface_info *iface);

/*
 * As getifaddrs(3): one piece of malloc, freed by free(list). NULL: no
 * memory.
 */
struct ifaddrs *ifaces_to_ifaddrs(const struct ifaces *ifaces);

/* Whether one of the two below answers this request. */
bool ifaces_has_ioctl(unsigned long request);
/* 0 or -errno, as Linux. */
int ifaces_ioctl(const struct ifaces *ifaces, unsigned long request,
		 void *argument);
/* SIOCGARP alone. */
int ifaces_arp(const struct ifaces *ifaces,
	       const struct pyt_neighbour_info *neighbours, size_t count,
	       struct arpreq *request);

#endif
