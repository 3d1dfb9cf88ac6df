/*
 * Dead gateways: RFC 1122, 3.3.1.4; RFC 4861, 6.3.6. One that neighbour
 * unreachability detection gave up is passed over while there is another of
 * the same prefix, and is asked now and then whether it is back.
 */
#include "ip/ip_internal.h"

#define ASK_AGAIN_US 30000000ll

static struct neighbour *neighbour_of(const struct iface *iface,
				      const struct pyt_ip *gateway)
{
	if (iface->config.medium != PYT_MEDIUM_ETHERNET)
		return NULL;
	return neighbour_find(iface->neighbours, iface, gateway);
}

bool gateway_is_dead(const struct iface *iface, const struct pyt_ip *gateway)
{
	const struct neighbour *neighbour = neighbour_of(iface, gateway);

	return neighbour && neighbour->is_dead;
}

bool ip_gateway_is_dead(const struct ip *ip, int ifindex,
			const struct pyt_ip *gateway)
{
	return gateway_is_dead(ip_iface(ip, ifindex), gateway);
}

static bool is_dead(const struct ip *ip, const struct pyt_route *route)
{
	const struct iface *iface = ip_iface(ip, route->ifindex);

	return iface->is_down || (!pyt_ip_is_unspecified(&route->gateway) &&
				  gateway_is_dead(iface, &route->gateway));
}

void gateway_ask_again(const struct ip *ip, const struct pyt_route *route,
		       const struct pyt_ip *src, int64_t now_us)
{
	struct iface *iface = ip_iface(ip, route->ifindex);
	const struct neighbour *neighbour =
		neighbour_of(iface, &route->gateway);
	uint8_t mac[6];

	if (neighbour &&
	    (neighbour->state == NEIGHBOUR_FAILED ||
	     neighbour->state == NEIGHBOUR_UNREACHABLE) &&
	    now_us - neighbour->updated_us >= ASK_AGAIN_US)
		neighbour_resolve(iface->neighbours, iface, &route->gateway,
				  src, mac, now_us);
}

const struct pyt_route *gateway_choose(const struct ip *ip,
				       const struct pyt_route *first,
				       const struct pyt_ip *src, int ifindex,
				       int64_t now_us)
{
	const struct pyt_route *end = ip->routes + ip->route_count;

	if (!is_dead(ip, first))
		return first;
	gateway_ask_again(ip, first, src, now_us);
	for (const struct pyt_route *route = first + 1; route < end; route++) {
		if (route->prefix_len != first->prefix_len)
			break;
		if (pyt_ip_equal(&route->prefix, &first->prefix) &&
		    (!ifindex || route->ifindex == ifindex) &&
		    !is_dead(ip, route))
			return route;
	}
	return first;
}
