/* struct ifaddrs out of the stack's interfaces, as getifaddrs(3) of glibc. */
#include "ifaces.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <string.h>

/* IFF_LOWER_UP of linux/if.h, which cannot stand beside net/if.h. */
#define IFF_LOWER_UP_BIT (1 << 16)
#define MAC_LEN 6

const struct pyt_iface_info *ifaces_by_name(const struct ifaces *ifaces,
					    const char *name)
{
	for (size_t i = 0; i < ifaces->iface_count; i++)
		if (strncmp(ifaces->iface[i].config.name, name,
			    PYT_IFACE_NAME_MAX) == 0)
			return &ifaces->iface[i];
	return NULL;
}

const struct pyt_iface_info *ifaces_by_index(const struct ifaces *ifaces,
					     int ifindex)
{
	for (size_t i = 0; i < ifaces->iface_count; i++)
		if (ifaces->iface[i].ifindex == ifindex)
			return &ifaces->iface[i];
	return NULL;
}

unsigned ifaces_flags(const struct pyt_iface_info *iface)
{
	unsigned flags =
		iface->is_up ? IFF_UP | IFF_RUNNING | IFF_LOWER_UP_BIT : 0;

	switch (iface->config.medium) {
	case PYT_MEDIUM_LOOPBACK:
		return flags | IFF_LOOPBACK;
	case PYT_MEDIUM_ETHERNET:
		return flags | IFF_BROADCAST | IFF_MULTICAST;
	case PYT_MEDIUM_IP:
		return flags | IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST;
	}
	return flags;
}

unsigned short ifaces_hardware_type(const struct pyt_iface_info *iface)
{
	switch (iface->config.medium) {
	case PYT_MEDIUM_LOOPBACK:
		return ARPHRD_LOOPBACK;
	case PYT_MEDIUM_ETHERNET:
		return ARPHRD_ETHER;
	case PYT_MEDIUM_IP:
		return ARPHRD_NONE;
	}
	return ARPHRD_VOID;
}

/* ------------------------------------------------------------- entries */

union address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	struct sockaddr_ll link;
};

/* One entry with all that it points to. */
struct entry {
	struct ifaddrs ifaddrs;
	char name[PYT_IFACE_NAME_MAX];
	union address address, netmask, other;
	struct rtnl_link_stats statistics;
};

static void fill_common(struct entry *entry, const struct pyt_iface_info *iface)
{
	memcpy(entry->name, iface->config.name, sizeof(entry->name));
	entry->ifaddrs.ifa_name = entry->name;
	entry->ifaddrs.ifa_flags = ifaces_flags(iface);
	entry->ifaddrs.ifa_addr = &entry->address.any;
}

static void fill_statistics(struct rtnl_link_stats *statistics,
			    const struct pyt_iface_info *iface)
{
	statistics->rx_packets = (uint32_t)iface->rx_packets;
	statistics->rx_bytes = (uint32_t)iface->rx_bytes;
	statistics->rx_dropped = (uint32_t)iface->rx_dropped;
	statistics->tx_packets = (uint32_t)iface->tx_packets;
	statistics->tx_bytes = (uint32_t)iface->tx_bytes;
	statistics->tx_dropped = (uint32_t)iface->tx_dropped;
}

static void fill_link(struct entry *entry, const struct pyt_iface_info *iface)
{
	struct sockaddr_ll *link = &entry->address.link;

	fill_common(entry, iface);
	*link = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_ifindex = iface->ifindex,
		.sll_hatype = ifaces_hardware_type(iface),
	};
	if (iface->config.medium != PYT_MEDIUM_IP) {
		link->sll_halen = MAC_LEN;
		memcpy(link->sll_addr, iface->config.mac, MAC_LEN);
		entry->other.link = *link;
		if (iface->config.medium == PYT_MEDIUM_ETHERNET)
			memset(entry->other.link.sll_addr, 0xff, MAC_LEN);
		entry->ifaddrs.ifa_broadaddr = &entry->other.any;
	}
	fill_statistics(&entry->statistics, iface);
	entry->ifaddrs.ifa_data = &entry->statistics;
}

static void set_v4(union address *address, uint32_t host_order)
{
	address->four = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(host_order),
	};
}

static uint32_t mask_of(unsigned prefix_len)
{
	return prefix_len ? UINT32_MAX << (32 - prefix_len) : 0;
}

static void fill_v4(struct entry *entry, const struct pyt_iface_info *iface,
		    const struct pyt_address_info *address)
{
	uint32_t own = pyt_ip_to_v4(&address->ip);
	uint32_t mask = mask_of(address->prefix_len);
	bool has_broadcast = iface->config.medium == PYT_MEDIUM_ETHERNET &&
			     address->prefix_len < 31; /* RFC 3021 */

	set_v4(&entry->address, own);
	set_v4(&entry->netmask, mask);
	/* Without a broadcast address Linux names the own one here. */
	set_v4(&entry->other, has_broadcast ? own | ~mask : own);
	entry->ifaddrs.ifa_broadaddr = &entry->other.any;
}

static void fill_v6(struct entry *entry, const struct pyt_address_info *address)
{
	struct sockaddr_in6 *six = &entry->address.six;
	uint8_t *mask = entry->netmask.six.sin6_addr.s6_addr;

	six->sin6_family = AF_INET6;
	memcpy(&six->sin6_addr, address->ip.bytes, 16);
	if (IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr))
		six->sin6_scope_id = (uint32_t)address->ifindex;
	entry->netmask.six.sin6_family = AF_INET6;
	for (unsigned bit = 0; bit < address->prefix_len && bit < 128; bit++)
		mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
}

static void fill_address(struct entry *entry,
			 const struct pyt_iface_info *iface,
			 const struct pyt_address_info *address)
{
	fill_common(entry, iface);
	entry->ifaddrs.ifa_netmask = &entry->netmask.any;
	if (pyt_ip_is_v4(&address->ip))
		fill_v4(entry, iface, address);
	else
		fill_v6(entry, address);
}

struct rtnl_link_stats64 ifaces_statistics(const struct pyt_iface_info *iface)
{
	return (struct rtnl_link_stats64){
		.rx_packets = iface->rx_packets,
		.tx_packets = iface->tx_packets,
		.rx_bytes = iface->rx_bytes,
		.tx_bytes = iface->tx_bytes,
		.rx_dropped = iface->rx_dropped,
		.tx_dropped = iface->tx_dropped,
	};
}

/* The links, then all IPv4 addresses, then all of IPv6: netlink's order. */
static size_t fill_entries(struct entry *entries, const struct ifaces *ifaces)
{
	size_t count = 0;

	for (size_t i = 0; i < ifaces->iface_count; i++)
		fill_link(&entries[count++], &ifaces->iface[i]);
	for (int v6 = 0; v6 <= 1; v6++) {
		for (size_t i = 0; i < ifaces->address_count; i++) {
			const struct pyt_address_info *address =
				&ifaces->address[i];
			const struct pyt_iface_info *iface =
				ifaces_by_index(ifaces, address->ifindex);

			if (iface && pyt_ip_is_v4(&address->ip) == !v6)
				fill_address(&entries[count++], iface, address);
		}
	}
	return count;
}

struct ifaddrs *ifaces_to_ifaddrs(const struct ifaces *ifaces)
{
	size_t max = ifaces->iface_count + ifaces->address_count;
	struct entry *entries = calloc(max + 1, sizeof(*entries));
	size_t count;

	if (!entries)
		return NULL;
	count = fill_entries(entries, ifaces);
	for (size_t i = 0; i + 1 < count; i++)
		entries[i].ifaddrs.ifa_next = &entries[i + 1].ifaddrs;
	return &entries->ifaddrs;
}
