/* /proc/net/dev, route, arp ...: what net-tools read. */
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "proc_file.h"
#include "rtnl.h"

#define ROUTE_WIDTH 127
#define ROUTE_LOCAL 0x80000000u /* RTF_ of linux/ipv6_route.h, as below */
#define ROUTE_NO_NEXT_HOP 0x00200000u
#define ROUTE_EXPIRES 0x00400000u
#define ROUTE_TOLD_DEFAULT 0x00050000u /* ADDRCONF, DEFAULT */
#define ROUTE_TOLD 0x00840000u /* ADDRCONF, ROUTEINFO */
#define ROUTE_TOLD_PREFIX 0x000c0000u /* ADDRCONF, PREFIX_RT */
#define ROUTE_PREFERENCE 27 /* RTF_PREF(): bits of RFC 4191 from here */
#define PERMANENT 0x80 /* of IFA_F_, as the four below */
#define TENTATIVE 0x40
#define DEPRECATED 0x20
#define DAD_FAILED 0x08
#define TEMPORARY 0x01
#define SCOPE_HOST 0x10
#define SCOPE_LINK 0x20

void proc_dev(struct proc_text *text)
{
	struct pyt_iface_info info;

	proc_print(text,
		   "Inter-|   Receive                                         "
		   "       |  Transmit\n"
		   " face |bytes    packets errs drop fifo frame compressed "
		   "multicast|bytes    packets errs drop fifo colls carrier "
		   "compressed\n");
	for (int i = 0; pyt_iface_get(text->server->stack, i, &info) == 0; i++)
		proc_print(text,
			   "%6s: %7llu %7llu %4u %4llu %4u %5u %10u %9u "
			   "%8llu %7llu %4u %4llu %4u %5u %7u %10u\n",
			   info.config.name, (unsigned long long)info.rx_bytes,
			   (unsigned long long)info.rx_packets, 0u,
			   (unsigned long long)info.rx_dropped, 0u, 0u, 0u, 0u,
			   (unsigned long long)info.tx_bytes,
			   (unsigned long long)info.tx_packets, 0u,
			   (unsigned long long)info.tx_dropped, 0u, 0u, 0u, 0u);
}

/* ------------------------------------------------------------------ routes */

/* As the machine reads the four bytes. */
static uint32_t word_of(const struct pyt_ip *ip)
{
	uint32_t word;

	memcpy(&word, ip->bytes + 12, sizeof(word));
	return word;
}

static unsigned flags_of(const struct pyt_route *route)
{
	bool v4 = pyt_ip_is_v4(&route->prefix);
	unsigned flags = RTF_UP;

	if (!pyt_ip_is_unspecified(&route->gateway))
		flags |= RTF_GATEWAY;
	if (v4 && route->prefix_len == 32)
		flags |= RTF_HOST;
	return flags;
}

static void put_route4(struct proc_text *text, const struct pyt_route *route,
		       const char *name)
{
	struct pyt_ip mask = pyt_ip_from_v4(
		route->prefix_len ? 0xffffffffu << (32 - route->prefix_len)
				  : 0);
	char line[200];

	snprintf(line, sizeof(line),
		 "%s\t%08X\t%08X\t%04X\t%d\t%u\t%u\t%08X\t%d\t%u\t%u", name,
		 word_of(&route->prefix), word_of(&route->gateway),
		 flags_of(route), 0, 0u, route->metric, word_of(&mask), 0, 0u,
		 0u);
	proc_print(text, "%-*s\n", ROUTE_WIDTH, line);
}

/* Those of lo stand in the table "local", which this file does not show. */
static bool get_shown(const struct pyt_stack *stack, int ordinal,
		      struct pyt_route *route, struct pyt_iface_info *iface)
{
	return !rtnl_is_itself(stack, route) &&
	       rtnl_find_link(stack, route->ifindex, "", iface) == 0 &&
	       iface->is_up && iface->config.medium != PYT_MEDIUM_LOOPBACK;
}

void proc_route(struct proc_text *text)
{
	const struct pyt_stack *stack = text->server->stack;
	struct pyt_iface_info iface;
	struct pyt_route route;
	int count = 0;

	proc_print(text, "%-*s\n", ROUTE_WIDTH,
		   "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric"
		   "\tMask\t\tMTU\tWindow\tIRTT");
	while (pyt_route_get(stack, count, &route) == 0)
		count++;
	while (count-- > 0) /* the shortest prefix first, as Linux */
		if (pyt_route_get(stack, count, &route) == 0 &&
		    pyt_ip_is_v4(&route.prefix) &&
		    get_shown(stack, count, &route, &iface))
			put_route4(text, &route, iface.config.name);
}

static void put_bytes(struct proc_text *text, const struct pyt_ip *ip)
{
	for (int i = 0; i < 16; i++)
		proc_print(text, "%02x", ip->bytes[i]);
}

static void put_route6(struct proc_text *text, const struct pyt_route *route,
		       uint32_t metric, unsigned flags, const char *name)
{
	static const struct pyt_ip none;

	put_bytes(text, &route->prefix);
	proc_print(text, " %02x ", route->prefix_len);
	put_bytes(text, &none);
	proc_print(text, " 00 ");
	put_bytes(text, &route->gateway);
	proc_print(text, " %08x %08x %08x %08x %8s\n", metric, 1, 0, flags,
		   name);
}

static void put_own_routes6(struct proc_text *text)
{
	const struct pyt_stack *stack = text->server->stack;
	struct pyt_address_info address;
	struct pyt_iface_info iface;

	for (int i = 0; pyt_address_get(stack, i, &address) == 0; i++) {
		struct pyt_route route = { .prefix = address.ip,
					   .prefix_len = 128 };

		if (pyt_ip_is_v4(&address.ip) ||
		    rtnl_find_link(stack, address.ifindex, "", &iface) < 0)
			continue;
		put_route6(text, &route, 0,
			   RTF_UP | ROUTE_LOCAL | ROUTE_NO_NEXT_HOP,
			   iface.config.name);
	}
}

static unsigned flags_of6(const struct pyt_route *route)
{
	unsigned flags = flags_of(route);

	if (route->owners != PYT_ROUTE_OF_ROUTER)
		return flags;
	if (!route->advertised)
		flags |= ROUTE_TOLD_PREFIX;
	else
		flags |= (route->prefix_len ? ROUTE_TOLD : ROUTE_TOLD_DEFAULT) |
			 ((unsigned)route->preference & 3) << ROUTE_PREFERENCE;
	return route->until_us ? flags | ROUTE_EXPIRES : flags;
}

/* Groups go out by each link; where nothing else leads it ends. */
static void put_last_routes6(struct proc_text *text)
{
	struct pyt_route groups = { .prefix = { { 0xff } }, .prefix_len = 8 };
	struct pyt_route rest = { .prefix_len = 0 };
	struct pyt_iface_info iface;

	for (int i = 0; pyt_iface_get(text->server->stack, i, &iface) == 0; i++)
		if (iface.is_up && iface.config.medium != PYT_MEDIUM_LOOPBACK)
			put_route6(text, &groups, PYT_METRIC6_KERNEL, RTF_UP,
				   iface.config.name);
	put_route6(text, &rest, UINT32_MAX, RTF_REJECT | ROUTE_NO_NEXT_HOP,
		   "lo");
}

void proc_ipv6_route(struct proc_text *text)
{
	const struct pyt_stack *stack = text->server->stack;
	struct pyt_iface_info iface;
	struct pyt_route route;

	for (int i = 0; pyt_route_get(stack, i, &route) == 0; i++) {
		if (pyt_ip_is_v4(&route.prefix) ||
		    !get_shown(stack, i, &route, &iface))
			continue;
		put_route6(text, &route, route.metric, flags_of6(&route),
			   iface.config.name);
	}
	put_own_routes6(text);
	put_last_routes6(text);
}

/* --------------------------------------------------- neighbours, addresses */

static unsigned arp_flags(const struct pyt_neighbour_info *info)
{
	if (strcmp(info->state, "PERMANENT") == 0)
		return ATF_COM | ATF_PERM;
	if (strcmp(info->state, "INCOMPLETE") == 0 ||
	    strcmp(info->state, "FAILED") == 0)
		return 0;
	return ATF_COM;
}

void proc_arp(struct proc_text *text)
{
	const struct pyt_stack *stack = text->server->stack;
	struct pyt_neighbour_info info;
	struct pyt_iface_info iface;
	char ip[PYT_IP_TEXT_MAX], mac[18];

	proc_print(text, "IP address       HW type     Flags       HW address"
			 "            Mask     Device\n");
	for (int i = 0; pyt_neighbour_get(stack, i, &info) == 0; i++) {
		if (!pyt_ip_is_v4(&info.ip) ||
		    rtnl_find_link(stack, info.ifindex, "", &iface) < 0)
			continue;
		snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x",
			 info.mac[0], info.mac[1], info.mac[2], info.mac[3],
			 info.mac[4], info.mac[5]);
		proc_print(text, "%-16s 0x%-10x0x%-10x%s     *        %s\n",
			   pyt_ip_format(&info.ip, ip), ARPHRD_ETHER,
			   arp_flags(&info), mac, iface.config.name);
	}
}

static unsigned flags_of_address(const struct pyt_address_info *address,
				 int64_t now_us)
{
	unsigned flags = 0;

	if (address->valid_until_us == TIME_NEVER)
		flags |= PERMANENT;
	if (address->is_tentative || address->is_taken)
		flags |= TENTATIVE;
	if (address->is_taken)
		flags |= DAD_FAILED;
	if (address->preferred_until_us <= now_us)
		flags |= DEPRECATED;
	if (address->is_temporary)
		flags |= TEMPORARY;
	return flags;
}

void proc_if_inet6(struct proc_text *text)
{
	const struct pyt_stack *stack = text->server->stack;
	struct pyt_address_info address;
	struct pyt_iface_info iface;

	for (int i = 0; pyt_address_get(stack, i, &address) == 0; i++) {
		unsigned scope = 0;

		if (pyt_ip_is_v4(&address.ip) ||
		    rtnl_find_link(stack, address.ifindex, "", &iface) < 0)
			continue;
		if (pyt_ip_is_loopback(&address.ip))
			scope = SCOPE_HOST;
		else if (address.ip.bytes[0] == 0xfe &&
			 (address.ip.bytes[1] & 0xc0) == 0x80)
			scope = SCOPE_LINK;
		put_bytes(text, &address.ip);
		proc_print(text, " %02x %02x %02x %02x %8s\n",
			   (unsigned)address.ifindex, address.prefix_len, scope,
			   flags_of_address(&address, text->server->now_us),
			   iface.config.name);
	}
}
