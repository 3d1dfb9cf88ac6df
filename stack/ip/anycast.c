/*
 * Anycast addresses of a host: RFC 4291, 2.6. They stand among those of the
 * interface, so that their solicited-node group is heard, but are never a
 * source, and nobody is shown them as addresses. What we send to one that we
 * have stays here, as on Linux. The answer to who asks for one: iface/nd.c.
 */
#include <errno.h>

#include <pyt/view.h>

#include "ip/ip_internal.h"

static struct iface_address *find(const struct iface *iface,
				  const struct pyt_ip *address)
{
	struct iface_address *own =
		iface_address_find((struct iface *)iface, address);

	return own && own->state == IFACE_ADDRESS_ANYCAST ? own : NULL;
}

bool ip_anycast_is_on(const struct iface *iface, const struct pyt_ip *address)
{
	return find(iface, address) != NULL;
}

struct iface *ip_anycast_iface(const struct ip *ip,
			       const struct pyt_ip *address)
{
	for (int i = 0; !pyt_ip_is_v4(address) && i < ip->iface_count; i++)
		if (find(ip->iface[i], address))
			return ip->iface[i];
	return NULL;
}

int ip_anycast_get(const struct ip *ip, int ordinal,
		   struct pyt_group_info *info)
{
	for (int i = 0; i < ip->iface_count; i++) {
		const struct iface *iface = ip->iface[i];

		for (int j = 0; j < iface->address_count; j++) {
			const struct iface_address *own = &iface->address[j];

			if (own->state != IFACE_ADDRESS_ANYCAST ||
			    ordinal-- > 0)
				continue;
			*info = (struct pyt_group_info){
				.ifindex = iface->ifindex,
				.ip = own->ip,
				.users = own->anycast_users,
			};
			return 0;
		}
	}
	return -ENOENT;
}

/* As Linux: of a network that is on the link. */
static int interface_for(const struct ip *ip, int ifindex,
			 const struct pyt_ip *address)
{
	const struct pyt_route *route;

	if (pyt_ip_is_multicast(address) || ip_is_local(ip, address))
		return -EINVAL;
	if (!ifindex) {
		route = route_find(ip, address, 0);
		if (!route)
			return -EADDRNOTAVAIL;
		ifindex = route->ifindex;
	}
	if (!ip_iface(ip, ifindex))
		return -ENODEV;
	if (pyt_ip_is_v4(address) || pyt_ip_is_unspecified(address) ||
	    !iface_address_on_link(ip_iface(ip, ifindex), address))
		return -EADDRNOTAVAIL;
	return ifindex;
}

int ip_anycast_join(struct ip *ip, int ifindex, const struct pyt_ip *address,
		    int64_t now_us)
{
	struct iface_address *own;
	struct iface *iface;
	int result;

	ifindex = interface_for(ip, ifindex, address);
	if (ifindex < 0)
		return ifindex;
	iface = ip_iface(ip, ifindex);
	own = find(iface, address);
	if (own) {
		own->anycast_users++;
		return ifindex;
	}
	result = iface_address_add(iface, address, 128);
	if (result == -EEXIST) /* ours, and not usable yet */
		return -EINVAL;
	if (result < 0)
		return result;
	own = iface_address_find(iface, address);
	own->state = IFACE_ADDRESS_ANYCAST;
	own->no_route = true;
	own->anycast_users = 1;
	ip6_join_solicited(ip, iface, address, now_us);
	return ifindex;
}

void ip_anycast_leave(struct ip *ip, int ifindex, const struct pyt_ip *address,
		      int64_t now_us)
{
	const struct iface *iface = ip_iface(ip, ifindex);
	struct iface_address *own = iface ? find(iface, address) : NULL;

	if (own && --own->anycast_users == 0)
		ip_address_remove(ip, ifindex, address, now_us);
}
