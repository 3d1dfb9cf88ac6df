#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "ifaces.h"

static struct ifaces two_interfaces(void)
{
	struct ifaces ifaces = { .iface_count = 2, .address_count = 3 };
	struct pyt_ip six;

	ck_assert(pyt_ip_parse("fe80::2", &six));
	ifaces.iface[0] = (struct pyt_iface_info){
		.ifindex = 1,
		.is_up = true,
		.config = { .name = "lo",
			    .mtu = 65536,
			    .medium = PYT_MEDIUM_LOOPBACK },
	};
	ifaces.iface[1] = (struct pyt_iface_info){
		.ifindex = 2,
		.is_up = true,
		.config = { .name = "pyt0",
			    .mtu = 1500,
			    .medium = PYT_MEDIUM_ETHERNET,
			    .mac = { 2, 1, 2, 3, 4, 5 } },
		.rx_packets = 7,
	};
	ifaces.address[0] = (struct pyt_address_info){ 2, six, 64 };
	ifaces.address[1] =
		(struct pyt_address_info){ 1, pyt_ip_from_v4(0x7f000001), 8 };
	ifaces.address[2] =
		(struct pyt_address_info){ 2, pyt_ip_from_v4(0x0a4d0002), 24 };
	return ifaces;
}

static void ck_assert_v4(const struct sockaddr *address, const char *expected)
{
	struct sockaddr_in four;

	memcpy(&four, address, sizeof(four));
	ck_assert_int_eq(four.sin_family, AF_INET);
	ck_assert_str_eq(inet_ntoa(four.sin_addr), expected);
}

START_TEST(links_come_first_then_ipv4_then_ipv6)
{
	struct ifaces ifaces = two_interfaces();
	struct ifaddrs *list = ifaces_to_ifaddrs(&ifaces);
	static const int families[] = { AF_PACKET, AF_PACKET, AF_INET, AF_INET,
					AF_INET6 };
	static const char *const names[] = { "lo", "pyt0", "lo", "pyt0",
					     "pyt0" };
	size_t count = 0;

	for (struct ifaddrs *at = list; at; at = at->ifa_next) {
		ck_assert_uint_lt(count, 5);
		ck_assert_int_eq(at->ifa_addr->sa_family, families[count]);
		ck_assert_str_eq(at->ifa_name, names[count++]);
	}
	ck_assert_uint_eq(count, 5);
	free(list);
}
END_TEST

START_TEST(an_ethernet_has_mask_broadcast_and_hardware_address)
{
	struct ifaces ifaces = two_interfaces();
	struct ifaddrs *list = ifaces_to_ifaddrs(&ifaces);
	struct ifaddrs *link = list->ifa_next;
	struct ifaddrs *four = link->ifa_next->ifa_next;
	struct sockaddr_ll address;
	struct rtnl_link_stats *statistics = link->ifa_data;

	memcpy(&address, link->ifa_addr, sizeof(address));
	ck_assert_int_eq(address.sll_hatype, ARPHRD_ETHER);
	ck_assert_int_eq(address.sll_halen, 6);
	ck_assert_mem_eq(address.sll_addr, "\2\1\2\3\4\5", 6);
	ck_assert_uint_eq(statistics->rx_packets, 7);
	ck_assert_v4(four->ifa_addr, "10.77.0.2");
	ck_assert_v4(four->ifa_netmask, "255.255.255.0");
	ck_assert_v4(four->ifa_broadaddr, "10.77.0.255");
	ck_assert_uint_eq(four->ifa_flags, 0x11043);
	free(list);
}
END_TEST

START_TEST(a_link_local_address_says_its_interface)
{
	struct ifaces ifaces = two_interfaces();
	struct ifaddrs *list = ifaces_to_ifaddrs(&ifaces), *last = list;
	struct sockaddr_in6 six, mask;

	while (last->ifa_next)
		last = last->ifa_next;
	memcpy(&six, last->ifa_addr, sizeof(six));
	memcpy(&mask, last->ifa_netmask, sizeof(mask));
	ck_assert_uint_eq(six.sin6_scope_id, 2);
	ck_assert_mem_eq(&mask.sin6_addr,
			 "\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0",
			 16);
	free(list);
}
END_TEST

static int get(unsigned long request, const char *name, struct ifreq *ifreq)
{
	struct ifaces ifaces = two_interfaces();

	memset(ifreq, 0, sizeof(*ifreq));
	snprintf(ifreq->ifr_name, IFNAMSIZ, "%s", name);
	return ifaces_ioctl(&ifaces, request, ifreq);
}

START_TEST(ioctls_describe_an_interface)
{
	struct ifreq ifreq;

	ck_assert_int_eq(get(SIOCGIFADDR, "pyt0", &ifreq), 0);
	ck_assert_v4(&ifreq.ifr_addr, "10.77.0.2");
	ck_assert_int_eq(get(SIOCGIFNETMASK, "pyt0", &ifreq), 0);
	ck_assert_v4(&ifreq.ifr_addr, "255.255.255.0");
	ck_assert_int_eq(get(SIOCGIFBRDADDR, "pyt0", &ifreq), 0);
	ck_assert_v4(&ifreq.ifr_addr, "10.77.0.255");
	ck_assert_int_eq(get(SIOCGIFFLAGS, "lo", &ifreq), 0);
	ck_assert_int_eq(ifreq.ifr_flags, 0x49);
	ck_assert_int_eq(get(SIOCGIFMTU, "lo", &ifreq), 0);
	ck_assert_int_eq(ifreq.ifr_mtu, 65536);
	ck_assert_int_eq(get(SIOCGIFINDEX, "pyt0", &ifreq), 0);
	ck_assert_int_eq(ifreq.ifr_ifindex, 2);
	ck_assert_int_eq(get(SIOCGIFHWADDR, "pyt0", &ifreq), 0);
	ck_assert_mem_eq(ifreq.ifr_hwaddr.sa_data, "\2\1\2\3\4\5", 6);
}
END_TEST

START_TEST(ioctls_fail_as_on_linux)
{
	struct ifaces bare = two_interfaces();
	struct ifreq ifreq;

	ck_assert_int_eq(get(SIOCGIFMTU, "none", &ifreq), -ENODEV);
	ck_assert_int_eq(get(SIOCGIFCOUNT, "lo", &ifreq), -ENOTTY);
	ck_assert_int_eq(get(SIOCSIFADDR, "lo", &ifreq), -EPERM);
	ck_assert_int_eq(get(SIOCSIFFLAGS, "lo", &ifreq), -EPERM);
	ck_assert_int_eq(ifaces_ioctl(&bare, SIOCGIFMTU, NULL), -EFAULT);
	ifreq.ifr_ifindex = 9;
	ck_assert_int_eq(ifaces_ioctl(&bare, SIOCGIFNAME, &ifreq), -ENODEV);
	bare.address_count = 0;
	strcpy(ifreq.ifr_name, "lo");
	ck_assert_int_eq(ifaces_ioctl(&bare, SIOCGIFADDR, &ifreq),
			 -EADDRNOTAVAIL);
}
END_TEST

START_TEST(requests_about_the_socket_itself_are_left_alone)
{
	ck_assert(!ifaces_has_ioctl(SIOCOUTQNSD));
	ck_assert(!ifaces_has_ioctl(SIOCATMARK));
	ck_assert(!ifaces_has_ioctl(FIONREAD));
	ck_assert(ifaces_has_ioctl(SIOCGIFCONF));
	ck_assert(ifaces_has_ioctl(SIOCGARP));
	ck_assert(ifaces_has_ioctl(SIOCADDRT));
}
END_TEST

START_TEST(the_list_ends_where_the_room_ends)
{
	struct ifaces ifaces = two_interfaces();
	struct ifreq room[4] = { 0 };
	struct ifconf list = { .ifc_len = 0 };

	ck_assert_int_eq(ifaces_ioctl(&ifaces, SIOCGIFCONF, &list), 0);
	ck_assert_int_eq(list.ifc_len, (int)(2 * sizeof(struct ifreq)));

	list.ifc_len = sizeof(struct ifreq) + 3;
	list.ifc_req = room;
	ck_assert_int_eq(ifaces_ioctl(&ifaces, SIOCGIFCONF, &list), 0);
	ck_assert_int_eq(list.ifc_len, (int)sizeof(struct ifreq));
	ck_assert_str_eq(room[0].ifr_name, "lo");
	ck_assert_str_eq(room[1].ifr_name, "");
}
END_TEST

START_TEST(a_neighbour_is_found_by_its_address)
{
	struct ifaces ifaces = two_interfaces();
	struct pyt_neighbour_info neighbours[] = {
		{ .ifindex = 2,
		  .ip = pyt_ip_from_v4(0x0a4d0001),
		  .mac = { 2, 9, 9, 9, 9, 9 } },
		{ .ifindex = 2, .ip = pyt_ip_from_v4(0x0a4d0005) },
	};
	struct arpreq request = { 0 };
	struct sockaddr_in *four = (void *)&request.arp_pa;

	four->sin_family = AF_INET;
	inet_pton(AF_INET, "10.77.0.1", &four->sin_addr);
	ck_assert_int_eq(ifaces_arp(&ifaces, neighbours, 2, &request), 0);
	ck_assert_mem_eq(request.arp_ha.sa_data, "\2\x9\x9\x9\x9\x9", 6);
	ck_assert_str_eq(request.arp_dev, "pyt0");

	inet_pton(AF_INET, "10.77.0.5", &four->sin_addr);
	ck_assert_int_eq(ifaces_arp(&ifaces, neighbours, 2, &request), -ENXIO);
}
END_TEST

UNIT_MAIN("ifaces", links_come_first_then_ipv4_then_ipv6,
	  an_ethernet_has_mask_broadcast_and_hardware_address,
	  a_link_local_address_says_its_interface, ioctls_describe_an_interface,
	  ioctls_fail_as_on_linux,
	  requests_about_the_socket_itself_are_left_alone,
	  the_list_ends_where_the_room_ends,
	  a_neighbour_is_found_by_its_address)
