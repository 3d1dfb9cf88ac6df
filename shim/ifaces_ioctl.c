/* The ioctls of netdevice(7) on a socket of the stack. */
#include "ifaces.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

#include "ethtool.h"
#include "pointer.h"

#define WIRELESS_FIRST 0x8b00 /* SIOCIWFIRST and -LAST of linux/wireless.h */
#define WIRELESS_LAST 0x8bff
#define TX_QUEUE_LEN 1000 /* Linux's for every device */

/* ifr_flags is short: IFF_LOWER_UP and above do not fit, on Linux neither. */
#define SHORT_FLAGS 0xffff

bool ifaces_has_ioctl(unsigned long request)
{
	if (request == SIOCOUTQNSD || request == SIOCGSKNS)
		return false; /* of the socket, amid the others */
	if (request >= SIOCADDRT && request <= SIOCRTMSG)
		return true;
	/* VLANs, bonds, bridges, time stamps; wireless(7) */
	if ((request >= SIOCGIFVLAN && request <= SIOCGHWTSTAMP) ||
	    (request >= WIRELESS_FIRST && request <= WIRELESS_LAST))
		return true;
	return request >= SIOCGIFNAME && request <= SIOCSIFMAP;
}

static void set_address(struct ifreq *ifreq, uint32_t host_order)
{
	struct sockaddr_in four = { .sin_family = AF_INET };

	four.sin_addr.s_addr = htonl(host_order);
	memcpy(&ifreq->ifr_addr, &four, sizeof(four));
}

/* The interface's first IPv4 address, or NULL. */
static const struct pyt_address_info *first_v4(const struct ifaces *ifaces,
					       int ifindex)
{
	for (size_t i = 0; i < ifaces->address_count; i++)
		if (ifaces->address[i].ifindex == ifindex &&
		    pyt_ip_is_v4(&ifaces->address[i].ip))
			return &ifaces->address[i];
	return NULL;
}

static int get_address(const struct ifaces *ifaces,
		       const struct pyt_iface_info *iface,
		       unsigned long request, struct ifreq *ifreq)
{
	const struct pyt_address_info *address =
		first_v4(ifaces, iface->ifindex);
	bool is_ethernet = iface->config.medium == PYT_MEDIUM_ETHERNET;
	uint32_t own, mask;

	if (!address)
		return -EADDRNOTAVAIL;
	own = pyt_ip_to_v4(&address->ip);
	mask = address->prefix_len ? UINT32_MAX << (32 - address->prefix_len)
				   : 0;
	if (request == SIOCGIFNETMASK)
		set_address(ifreq, mask);
	else if (request == SIOCGIFBRDADDR)
		set_address(ifreq, is_ethernet ? own | ~mask : 0);
	else
		set_address(ifreq, own);
	return 0;
}

/* SIOCGIFCONF: one entry for each IPv4 address; ifc_buf NULL: the length. */
static int get_list(const struct ifaces *ifaces, struct ifconf *list)
{
	size_t room = list->ifc_len < 0 ? 0 : (size_t)list->ifc_len;
	size_t len = 0;

	for (size_t i = 0; i < ifaces->address_count; i++) {
		const struct pyt_address_info *address = &ifaces->address[i];
		const struct pyt_iface_info *iface =
			ifaces_by_index(ifaces, address->ifindex);
		struct ifreq entry = { 0 };

		if (!iface || !pyt_ip_is_v4(&address->ip))
			continue;
		if (list->ifc_buf) {
			if (room - len < sizeof(entry))
				break;
			memcpy(entry.ifr_name, iface->config.name, IFNAMSIZ);
			set_address(&entry, pyt_ip_to_v4(&address->ip));
			memcpy(list->ifc_buf + len, &entry, sizeof(entry));
		}
		len += sizeof(entry);
	}
	list->ifc_len = (int)len;
	return 0;
}

static int get_name(const struct ifaces *ifaces, struct ifreq *ifreq)
{
	const struct pyt_iface_info *iface =
		ifaces_by_index(ifaces, ifreq->ifr_ifindex);

	if (!iface)
		return -ENODEV;
	memcpy(ifreq->ifr_name, iface->config.name, IFNAMSIZ);
	return 0;
}

static void get_hardware_address(const struct pyt_iface_info *iface,
				 struct ifreq *ifreq)
{
	memset(&ifreq->ifr_hwaddr, 0, sizeof(ifreq->ifr_hwaddr));
	ifreq->ifr_hwaddr.sa_family = ifaces_hardware_type(iface);
	if (iface->config.medium == PYT_MEDIUM_ETHERNET)
		memcpy(ifreq->ifr_hwaddr.sa_data, iface->config.mac, 6);
}

static int ask_ethtool(const struct pyt_iface_info *iface,
		       const struct ifreq *ifreq)
{
	return pointer_is_wrong(ifreq->ifr_data)
		       ? -EFAULT
		       : ethtool_ioctl(iface, ifreq->ifr_data);
}

/* Requests about one interface, named in ifr_name. */
static int get_one(const struct ifaces *ifaces, unsigned long request,
		   struct ifreq *ifreq)
{
	const struct pyt_iface_info *iface =
		ifaces_by_name(ifaces, ifreq->ifr_name);

	if (!iface)
		return -ENODEV;
	switch (request) {
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFBRDADDR:
	case SIOCGIFNETMASK:
		return get_address(ifaces, iface, request, ifreq);
	case SIOCGIFFLAGS:
		ifreq->ifr_flags = (short)(ifaces_flags(iface) & SHORT_FLAGS);
		return 0;
	case SIOCGIFMTU:
		ifreq->ifr_mtu = (int)iface->config.mtu;
		return 0;
	case SIOCGIFINDEX:
		ifreq->ifr_ifindex = iface->ifindex;
		return 0;
	case SIOCGIFHWADDR:
		get_hardware_address(iface, ifreq);
		return 0;
	case SIOCGIFMETRIC:
		ifreq->ifr_metric = 0;
		return 0;
	case SIOCGIFTXQLEN:
		ifreq->ifr_qlen = TX_QUEUE_LEN;
		return 0;
	case SIOCGIFMAP:
		memset(&ifreq->ifr_map, 0, sizeof(ifreq->ifr_map));
		return 0;
	case SIOCETHTOOL:
		return ask_ethtool(iface, ifreq);
	case SIOCGIFSLAVE:
	case SIOCGIFPFLAGS:
		return -EINVAL;
	default:
		return -EOPNOTSUPP;
	}
}

/* A program's bytes may lie anywhere: Python's do. */
static int on_request(const struct ifaces *ifaces, unsigned long request,
		      void *argument)
{
	struct ifreq ifreq;
	int result;

	memcpy(&ifreq, argument, sizeof(ifreq));
	result = request == SIOCGIFNAME ? get_name(ifaces, &ifreq)
					: get_one(ifaces, request, &ifreq);
	if (result == 0)
		memcpy(argument, &ifreq, sizeof(ifreq));
	return result;
}

int ifaces_ioctl(const struct ifaces *ifaces, unsigned long request,
		 void *argument)
{
	if (!argument)
		return -EFAULT;
	switch (request) {
	case SIOCGIFCONF:
		return get_list(ifaces, argument);
	case SIOCGIFCOUNT:
	case SIOCGIFMEM:
	case SIOCGIFENCAP:
		return -ENOTTY; /* Linux knows them by name only */
	case SIOCGIFNAME:
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFBRDADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFFLAGS:
	case SIOCGIFMTU:
	case SIOCGIFINDEX:
	case SIOCGIFHWADDR:
	case SIOCGIFMETRIC:
	case SIOCGIFTXQLEN:
	case SIOCGIFMAP:
	case SIOCGIFSLAVE:
	case SIOCGIFPFLAGS:
		return on_request(ifaces, request, argument);
	case SIOCETHTOOL:
	case SIOCGMIIPHY:
	case SIOCGMIIREG:
	case SIOCSMIIREG:
	case SIOCSHWTSTAMP:
	case SIOCGHWTSTAMP:
	case SIOCADDMULTI: /* nothing is filtered by link-layer groups */
	case SIOCDELMULTI:
		return on_request(ifaces, request, argument);
	case SIOCRTMSG:
		return -EINVAL;
	case SIOCGIFBR:
	case SIOCGIFVLAN:
		return -EOPNOTSUPP;
	default:
		if (request >= WIRELESS_FIRST)
			return on_request(ifaces, request, argument);
		return -EPERM; /* what would change them: not from here yet */
	}
}

/* SIOCGARP, arp(7): the hardware address of a neighbour. */
int ifaces_arp(const struct ifaces *ifaces,
	       const struct pyt_neighbour_info *neighbours, size_t count,
	       struct arpreq *request)
{
	const struct sockaddr_in *four = (const void *)&request->arp_pa;
	struct pyt_ip ip = pyt_ip_from_v4(ntohl(four->sin_addr.s_addr));

	if (four->sin_family != AF_INET)
		return -EINVAL;
	if (request->arp_dev[0] && !ifaces_by_name(ifaces, request->arp_dev))
		return -ENODEV;
	for (size_t i = 0; i < count; i++) {
		static const uint8_t unknown[6];
		const struct pyt_neighbour_info *neighbour = &neighbours[i];
		const struct pyt_iface_info *iface =
			ifaces_by_index(ifaces, neighbour->ifindex);

		if (!iface || !pyt_ip_equal(&neighbour->ip, &ip) ||
		    memcmp(neighbour->mac, unknown, sizeof(unknown)) == 0)
			continue;
		memset(&request->arp_ha, 0, sizeof(request->arp_ha));
		request->arp_ha.sa_family = ifaces_hardware_type(iface);
		memcpy(request->arp_ha.sa_data, neighbour->mac, 6);
		request->arp_flags = ATF_COM;
		memcpy(request->arp_dev, iface->config.name,
		       sizeof(request->arp_dev));
		return 0;
	}
	return -ENXIO;
}
