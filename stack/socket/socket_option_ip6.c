/*
 * Options of IPv6 that are more than a number to remember. ipv6(7); RFC 3493,
 * RFC 3542; what Linux adds to them.
 */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "socket/socket.h"
#include "socket/socket_anycast.h"
#include "socket/socket_extension.h"
#include "wire/ip6.h"

/* linux/in6.h, which quarrels with libc's */
#define IPV6_FLOWLABEL_MGR 32
#define FLOW_REQUEST_LEN 32 /* struct in6_flowlabel_req */

/* wire/icmp6.h quarrels with <netinet/icmp6.h>. */
#define ICMP6_CHECKSUM_OFFSET 2

static int take_int(const void *value, uint32_t value_len, int *number)
{
	if (value_len < sizeof(*number))
		return -EINVAL;
	memcpy(number, value, sizeof(*number));
	return 0;
}

/* Of raw sockets: offset of the sum, -1 for none. RFC 3542, 3.1. */
static int set_checksum(struct socket *socket, int at)
{
	/* ICMPv6's is always made, and where it is made is known */
	if (socket->protocol == IPPROTO_ICMPV6)
		return -EINVAL;
	if (at > 0 && at % 2)
		return -EINVAL;
	socket->datagrams->checksum_at = at < 0 ? -1 : at;
	return 0;
}

static int set_mtu(struct socket *socket, int mtu)
{
	struct socket_options *own;

	if (mtu && mtu < IP6_MTU_MIN)
		return -EINVAL;
	own = socket_options_own(socket);
	if (!own)
		return -ENOBUFS;
	own->mtu6 = (uint16_t)(mtu < UINT16_MAX ? mtu : UINT16_MAX);
	return 0;
}

/* RFC 3542, 6.7: of all packets. As in Linux, its interface is. */
static int set_packet_info(struct socket *socket, const void *value,
			   uint32_t value_len)
{
	struct socket_options *own;
	struct in6_pktinfo info;

	if (value_len < sizeof(info))
		return -EINVAL;
	memcpy(&info, value, sizeof(info));
	if (socket->bound_ifindex &&
	    (int)info.ipi6_ifindex != socket->bound_ifindex)
		return -EINVAL;
	own = socket_options_own(socket);
	if (!own)
		return -ENOBUFS;
	own->sticky_ifindex6 = (int)info.ipi6_ifindex;
	return 0;
}

/* RFC 2292, 4: those of all packets. They are taken away, no more. */
static int set_packet_options(struct socket *socket, uint32_t value_len)
{
	return value_len < sizeof(struct cmsghdr)
		       ? socket_extension_clear(socket)
		       : -EINVAL;
}

/* Only routers look for it on its way: a host's socket hears no more. */
static int set_router_alert(const struct socket *socket)
{
	return socket->kind == SOCKET_RAW && socket->protocol == IPPROTO_RAW
		       ? 0
		       : -ENOPROTOOPT;
}

/* A connection with an IPv4 peer becomes a socket of that family. */
static int set_family(struct socket *socket, int family)
{
	if (family != AF_INET)
		return -EINVAL;
	if (socket->kind != SOCKET_TCP && socket->kind != SOCKET_UDP)
		return -ENOPROTOOPT;
	if (!socket->connected ||
	    (socket->tcp && tcp_state(socket->tcp) != TCP_STATE_ESTABLISHED))
		return -ENOTCONN;
	if (!pyt_ip_is_v4(&socket->peer.ip))
		return -EADDRNOTAVAIL;
	socket->family = AF_INET;
	socket_tell_tcp(socket);
	return 0;
}

/* RFC 3542, 3.2: a set bit of the filter keeps the type away. */
static int set_filter(struct socket *socket, const void *value,
		      uint32_t value_len)
{
	uint32_t *filter;

	if (socket->kind != SOCKET_RAW)
		return -ENOPROTOOPT;
	if (socket->protocol != IPPROTO_ICMPV6)
		return -EOPNOTSUPP;
	filter = socket->datagrams->icmp6_filter;
	memcpy(filter, value,
	       value_len < sizeof(struct icmp6_filter)
		       ? value_len
		       : sizeof(struct icmp6_filter));
	return 0;
}

int socket_option_set_ip6(struct socket *socket, int level, int name,
			  const void *value, uint32_t value_len)
{
	int number = 0, error;

	if (socket->family != AF_INET6)
		return -ENOPROTOOPT;
	if (level == IPPROTO_ICMPV6)
		return name == ICMP6_FILTER
			       ? set_filter(socket, value, value_len)
			       : -ENOPROTOOPT;
	if (name == IPV6_FLOWLABEL_MGR) /* labels are ours to give */
		return value_len < FLOW_REQUEST_LEN ? -EINVAL : -EPERM;
	if (name == IPV6_CHECKSUM && socket->kind != SOCKET_RAW)
		return -ENOPROTOOPT;
	if (socket_extension_is(name))
		return socket_extension_set(socket, name, value, value_len);
	if (name == IPV6_JOIN_ANYCAST)
		return socket_anycast_join(socket, value, value_len);
	if (name == IPV6_LEAVE_ANYCAST)
		return socket_anycast_leave(socket, value, value_len);
	if (name == IPV6_2292PKTOPTIONS)
		return set_packet_options(socket, value_len);
	if (name == IPV6_PKTINFO)
		return set_packet_info(socket, value, value_len);
	if (name != IPV6_CHECKSUM && name != IPV6_MTU &&
	    name != IPV6_ROUTER_ALERT && name != IPV6_ADDRFORM)
		return -ENOPROTOOPT;
	error = take_int(value, value_len, &number);
	if (error)
		return error;
	if (name == IPV6_CHECKSUM)
		return set_checksum(socket, number);
	if (name == IPV6_MTU)
		return set_mtu(socket, number);
	if (name == IPV6_ADDRFORM)
		return set_family(socket, number);
	return set_router_alert(socket);
}

static int get_path_mtu(const struct socket *socket, void *value,
			uint32_t value_len, int64_t now_us)
{
	struct ip6_mtuinfo info = { .ip6m_addr.sin6_family = AF_INET6 };
	struct ip_path path;

	if (value_len < sizeof(info))
		return -EINVAL;
	if (!socket->connected ||
	    ip_route(socket->room->ip, &socket->peer.ip, &socket->local.ip,
		     socket_zone(socket, &socket->peer, false), now_us,
		     &path) != 0)
		return -ENOTCONN;
	memcpy(&info.ip6m_addr.sin6_addr, socket->peer.ip.bytes, 16);
	info.ip6m_addr.sin6_scope_id = socket->peer.scope_id;
	info.ip6m_mtu = path.mtu;
	return socket_option_put(value, value_len, &info, sizeof(info));
}

static int get_number(const struct socket *socket, int name, int *number)
{
	switch (name) {
	case IPV6_ADDRFORM:
		if (socket->kind != SOCKET_TCP && socket->kind != SOCKET_UDP)
			return -ENOPROTOOPT;
		if (!socket->connected ||
		    (socket->tcp &&
		     tcp_state(socket->tcp) != TCP_STATE_ESTABLISHED))
			return -ENOTCONN;
		*number = socket->family;
		return 0;
	case IPV6_CHECKSUM:
		if (socket->kind != SOCKET_RAW)
			return -ENOPROTOOPT;
		*number = socket->protocol == IPPROTO_ICMPV6
				  ? ICMP6_CHECKSUM_OFFSET
				  : socket->datagrams->checksum_at;
		return 0;
	case IPV6_MULTICAST_HOPS: /* of datagrams: in the table */
		*number = socket->options->multicast_hops;
		return 0;
	case IPV6_ROUTER_ALERT: /* none asked to hear of any */
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int socket_option_get_ip6(const struct socket *socket, int level, int name,
			  void *value, uint32_t value_len, int64_t now_us)
{
	const struct socket_datagrams *d = socket->datagrams;
	int number = 0, error;

	if (socket->family != AF_INET6)
		return -ENOPROTOOPT;
	if (level == IPPROTO_ICMPV6) {
		if (name != ICMP6_FILTER || socket->kind != SOCKET_RAW)
			return -ENOPROTOOPT;
		return socket_option_put(value, value_len, d->icmp6_filter,
					 sizeof(d->icmp6_filter));
	}
	if (socket_extension_is(name))
		return socket_extension_get(socket, name, value, value_len);
	if (name == IPV6_PATHMTU)
		return get_path_mtu(socket, value, value_len, now_us);
	if (name == IPV6_2292PKTOPTIONS && socket->kind == SOCKET_TCP)
		return 0; /* what came with the SYN is not kept */
	if (name == IPV6_FLOWLABEL_MGR)
		return -EINVAL; /* nobody has one to be told of */
	error = get_number(socket, name, &number);
	return error ? error
		     : socket_option_put(value, value_len, &number,
					 sizeof(number));
}
