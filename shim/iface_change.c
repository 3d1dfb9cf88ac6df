/* What ifconfig(8), route(8) and arp(8) set. */
#include "iface_change.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

#include <pyt/view.h>

#include "iface_change6.h"
#include "rtnl.h"
#include "server.h"

#define PREFIX_CLASSLESS 24 /* what an address without a mask gets */

size_t iface_change_len(int family, unsigned long request)
{
	if (family == AF_INET6 && iface_change6_len(request))
		return iface_change6_len(request);
	switch (request) {
	case SIOCSIFFLAGS:
	case SIOCSIFADDR:
	case SIOCSIFNETMASK:
	case SIOCSIFBRDADDR:
	case SIOCSIFMTU:
	case SIOCSIFHWADDR:
	case SIOCSIFTXQLEN:
		return sizeof(struct ifreq);
	case SIOCADDRT:
	case SIOCDELRT:
		return sizeof(struct rtentry);
	case SIOCSARP:
	case SIOCDARP:
		return sizeof(struct arpreq);
	default:
		return 0;
	}
}

static int get_ip(const struct sockaddr *name, struct pyt_ip *ip)
{
	struct sockaddr_in in;

	memcpy(&in, name, sizeof(in));
	if (in.sin_family != AF_INET)
		return -EINVAL;
	*ip = pyt_ip_from_v4(ntohl(in.sin_addr.s_addr));
	return 0;
}

/* A netmask's length; -EINVAL: its ones are not together. */
static int prefix_of(const struct pyt_ip *mask)
{
	uint32_t bits = pyt_ip_to_v4(mask);
	int len = __builtin_popcount(bits);

	return len == 0 || bits == 0xffffffffu << (32 - len) ? len : -EINVAL;
}

/* --------------------------------------------------------------- addresses */

static bool first_v4(const struct pyt_stack *stack, int ifindex,
		     struct pyt_address_info *info)
{
	for (int i = 0; pyt_address_get(stack, i, info) == 0; i++)
		if (info->ifindex == ifindex && pyt_ip_is_v4(&info->ip))
			return true;
	return false;
}

static unsigned class_prefix(const struct pyt_ip *ip)
{
	uint8_t first = ip->bytes[12];

	return first < 128 ? 8 : first < 192 ? 16 : PREFIX_CLASSLESS;
}

#define ADDRESSES_MAX 16

/* Takes those of the link out; how many there were. */
static int take_addresses(struct server *server, int ifindex,
			  struct pyt_address_info old[ADDRESSES_MAX])
{
	int count = 0;

	while (count < ADDRESSES_MAX &&
	       first_v4(server->stack, ifindex, &old[count])) {
		pyt_address_remove(server->stack, ifindex, &old[count].ip,
				   server->now_us);
		count++;
	}
	return count;
}

/*
 * The first one is replaced, and stays the first, as in devinet_ioctl();
 * 0.0.0.0 removes it.
 */
static int set_address(struct server *server, int ifindex,
		       const struct pyt_ip *ip, int prefix_len)
{
	struct pyt_address_info old[ADDRESSES_MAX];
	int count, result = 0;

	if (first_v4(server->stack, ifindex, old) && prefix_len < 0 &&
	    pyt_ip_equal(&old->ip, ip))
		return 0;
	if (prefix_len < 0)
		prefix_len = (int)class_prefix(ip);
	count = take_addresses(server, ifindex, old);
	if (!pyt_ip_is_unspecified(ip))
		result = pyt_address_add(server->stack, ifindex, ip,
					 (unsigned)prefix_len, server->now_us);
	for (int i = result < 0 ? 0 : 1; i < count; i++)
		pyt_address_put(server->stack, &old[i], server->now_us);
	return result;
}

static int set_mask(struct server *server, int ifindex,
		    const struct pyt_ip *mask)
{
	struct pyt_address_info old;
	int prefix_len = prefix_of(mask);

	if (prefix_len < 0)
		return prefix_len;
	if (!first_v4(server->stack, ifindex, &old))
		return -EADDRNOTAVAIL;
	if (old.prefix_len == (unsigned)prefix_len)
		return 0;
	return set_address(server, ifindex, &old.ip, prefix_len);
}

/* It follows from address and prefix; another one cannot be had. */
static int set_broadcast(struct server *server, int ifindex,
			 const struct pyt_ip *broadcast)
{
	struct pyt_address_info own;
	uint32_t host;

	if (!first_v4(server->stack, ifindex, &own))
		return -EADDRNOTAVAIL;
	host = (uint32_t)(0xffffffffull >> own.prefix_len);
	return pyt_ip_to_v4(broadcast) == (pyt_ip_to_v4(&own.ip) | host)
		       ? 0
		       : -EOPNOTSUPP;
}

static int change_link(struct server *server, unsigned long request,
		       struct ifreq *ifreq)
{
	struct pyt_iface_info iface;
	struct pyt_ip ip;
	int result;

	ifreq->ifr_name[IFNAMSIZ - 1] = '\0';
	result = rtnl_find_link(server->stack, 0, ifreq->ifr_name, &iface);
	if (result < 0)
		return result;
	switch (request) {
	case SIOCSIFFLAGS:
		return pyt_iface_set_up(server->stack, iface.ifindex,
					ifreq->ifr_flags & IFF_UP,
					server->now_us);
	case SIOCSIFMTU:
		return pyt_iface_set_mtu(
			server->stack, iface.ifindex,
			ifreq->ifr_mtu < 0 ? 0 : (uint32_t)ifreq->ifr_mtu);
	case SIOCSIFHWADDR:
		return pyt_iface_set_mac(
			server->stack, iface.ifindex,
			(const uint8_t *)ifreq->ifr_hwaddr.sa_data);
	case SIOCSIFTXQLEN:
		return -EOPNOTSUPP;
	default:
		break;
	}
	result = get_ip(&ifreq->ifr_addr, &ip);
	if (result < 0)
		return result;
	if (request == SIOCSIFADDR)
		return set_address(server, iface.ifindex, &ip, -1);
	if (request == SIOCSIFNETMASK)
		return set_mask(server, iface.ifindex, &ip);
	return set_broadcast(server, iface.ifindex, &ip);
}

/* ------------------------------------------------------------------ routes */

/* rt_dev points into the program: its name stands behind the struct. */
static int change_route(struct server *server, bool add,
			const struct rtentry *entry, const char *device)
{
	struct pyt_route route = { .metric = 0 };
	struct pyt_iface_info iface;
	struct pyt_ip mask;
	int prefix_len = 32;

	if (get_ip(&entry->rt_dst, &route.prefix) < 0)
		return -EAFNOSUPPORT;
	route.gateway = pyt_ip_from_v4(0);
	if (entry->rt_flags & RTF_GATEWAY &&
	    get_ip(&entry->rt_gateway, &route.gateway) < 0)
		return -EINVAL;
	if (entry->rt_flags & RTF_REJECT)
		return -EOPNOTSUPP;
	if (!(entry->rt_flags & RTF_HOST)) {
		mask = pyt_ip_from_v4(0);
		get_ip(&entry->rt_genmask, &mask);
		prefix_len = prefix_of(&mask);
	}
	if (prefix_len < 0)
		return -EINVAL;
	route.prefix_len = (unsigned)prefix_len;
	if (entry->rt_metric > 0)
		route.metric = (uint32_t)entry->rt_metric - 1;
	if (*device) {
		if (rtnl_find_link(server->stack, 0, device, &iface) < 0)
			return -ENODEV;
		route.ifindex = iface.ifindex;
	}
	return add ? pyt_route_add(server->stack, &route)
		   : pyt_route_remove(server->stack, &route);
}

/* -------------------------------------------------------------- neighbours */

/* Without a device: the link on which it would be spoken to. */
static int change_neighbour(struct server *server, bool add,
			    struct arpreq *entry)
{
	struct pyt_iface_info iface;
	struct pyt_way way;
	struct pyt_ip ip;
	int result;

	if (get_ip(&entry->arp_pa, &ip) < 0)
		return -EPFNOSUPPORT;
	if (entry->arp_flags & ATF_PUBL)
		return -EOPNOTSUPP;
	entry->arp_dev[sizeof(entry->arp_dev) - 1] = '\0';
	if (entry->arp_dev[0]) {
		result = rtnl_find_link(server->stack, 0, entry->arp_dev,
					&iface);
	} else {
		result = pyt_way_find(server->stack, &ip, NULL, 0,
				      server->now_us, &way);
		iface.ifindex = way.ifindex;
	}
	if (result < 0)
		return result;
	result = pyt_neighbour_set(server->stack, iface.ifindex, &ip,
				   add ? (const uint8_t *)entry->arp_ha.sa_data
				       : NULL,
				   server->now_us);
	return result == -ENOENT ? -ENXIO : result;
}

int iface_change(struct server *server, int family, unsigned long request,
		 const void *argument)
{
	union {
		struct ifreq ifreq;
		struct rtentry route;
		struct arpreq neighbour;
	} copy;
	size_t len = iface_change_len(family, request);
	char device[IFNAMSIZ];

	if (family == AF_INET6 && iface_change6_len(request))
		return iface_change6(server, request, argument);

	memcpy(&copy, argument, len);
	switch (request) {
	case SIOCADDRT:
	case SIOCDELRT:
		memcpy(device, (const char *)argument + len, sizeof(device));
		device[sizeof(device) - 1] = '\0';
		return change_route(server, request == SIOCADDRT, &copy.route,
				    device);
	case SIOCSARP:
	case SIOCDARP:
		return change_neighbour(server, request == SIOCSARP,
					&copy.neighbour);
	default:
		return change_link(server, request, &copy.ifreq);
	}
}
