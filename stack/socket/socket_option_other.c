/*
 * Socket options that are more than a number to remember: filters,
 * devices, and what TCP keeps itself; SOL_SOCKET's: socket_option_socket.c.
 */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "socket/socket.h"
#include "socket/socket_extension.h"
#include "socket/socket_filter.h"
#include "socket/socket_preference.h"

#define IP_LOCAL_PORT_RANGE_NAME 51 /* linux/in.h, since 6.3 */
#define IP_PROTOCOL_NAME 52 /* since 6.3 */
#define UDP_ENCAP_NAME 100 /* linux/udp.h */
#define SOL_RAW_ICMP 255 /* linux/icmp.h: ICMP_FILTER's level SOL_RAW */
#define ICMP_FILTER_NAME 1
#define ICMP6_CHECKSUM_AT 2

static int unknown(struct socket *socket, const char *what, int level, int name)
{
	engine_log(socket->room->engine, PYT_LOG_DEBUG, "socket",
		   "%s of unknown option: level %d, name %d", what, level,
		   name);
	return -ENOPROTOOPT;
}

/* V6ONLY says which port tables count: not after bind(2). RFC 3493, 5.3. */
static int set_v6only(struct socket *socket, const void *value,
		      uint32_t value_len)
{
	struct socket_options *own;
	int number;

	if (value_len < sizeof(number) || socket->place ||
	    socket->kind == SOCKET_RAW)
		return -EINVAL; /* Linux takes its protocol for a port */
	memcpy(&number, value, sizeof(number));
	own = socket_options_own(socket);
	if (!own)
		return -ENOBUFS;
	own->v6only = number != 0;
	return 0;
}

static int set_unicast_if(struct socket *socket, int level, const void *value,
			  uint32_t value_len)
{
	struct socket_options *own;
	int number;

	if (value_len != sizeof(number))
		return -EINVAL;
	memcpy(&number, value, sizeof(number));
	number = (int)ntohl((uint32_t)number);
	if (number != 0 && !ip_iface(socket->room->ip, number))
		return -EADDRNOTAVAIL;
	own = socket_options_own(socket);
	if (!own)
		return -ENOBUFS;
	if (level == IPPROTO_IP)
		own->unicast_ifindex = number;
	else
		own->unicast_ifindex6 = number;
	return 0;
}

/* Two ports in one number, the lower one first; 0: the system's. ip(7). */
static int set_port_range(struct socket *socket, const void *value,
			  uint32_t value_len)
{
	uint32_t range, low, high;
	struct socket_options *own;

	if (value_len != sizeof(range))
		return -EINVAL;
	memcpy(&range, value, sizeof(range));
	low = range & 0xffff;
	high = range >> 16;
	if (low && high && low > high)
		return -EINVAL;
	own = socket_options_own(socket);
	if (!own)
		return -ENOBUFS;
	own->port_range = range;
	return 0;
}

/* Raw sockets are put on a list, once, and are taken from it. */
static int set_router_alert(struct socket *socket, const void *value,
			    uint32_t value_len)
{
	struct socket_options *own;
	int number = 0;

	if (socket->kind != SOCKET_RAW || socket->protocol == IPPROTO_RAW)
		return -EINVAL;
	if (value_len)
		socket_option_int(value, value_len, &number);
	if (!number == !socket->options->router_alert)
		return number ? -EADDRINUSE : -ENOBUFS;
	own = socket_options_own(socket);
	if (!own)
		return -ENOBUFS;
	own->router_alert = number != 0;
	return 0;
}

/* Options that have no place in what the stack sends or is told. */
static int set_ip_level(struct socket *socket, int name, const void *value,
			uint32_t value_len)
{
	switch (name) {
	case IP_OPTIONS:
		return socket_extension_set_ip4(socket, value, value_len);
	case IP_LOCAL_PORT_RANGE_NAME:
		return set_port_range(socket, value, value_len);
	case IP_ROUTER_ALERT:
		return set_router_alert(socket, value, value_len);
	case IP_RECVFRAGSIZE: /* of datagrams: in the table */
		return -EINVAL;
	default:
		return -ENOPROTOOPT;
	}
}

/* UDP_ENCAP: no kind of tunnel is taken apart here. udp(7): an int. */
static int set_udp_level(int name, const void *value, uint32_t value_len)
{
	int number;

	if (value_len < sizeof(number))
		return -EINVAL;
	memcpy(&number, value, sizeof(number));
	return name == UDP_ENCAP_NAME && number == 0 ? 0 : -ENOPROTOOPT;
}

static int set_icmp_filter(struct socket *socket, const void *value,
			   uint32_t value_len)
{
	uint32_t filter;

	if (socket->kind != SOCKET_RAW)
		return -ENOPROTOOPT;
	if (socket->protocol != IPPROTO_ICMP)
		return -EOPNOTSUPP;
	filter = socket->datagrams->icmp_filter; /* what is not given stays */
	memcpy(&filter, value,
	       value_len < sizeof(filter) ? value_len : sizeof(filter));
	socket->datagrams->icmp_filter = filter;
	return 0;
}

/* Linux's raw sockets of IPv6 have two options at a level of their own. */
static bool is_raw6_level(const struct socket *socket, int level)
{
	return level == SOL_RAW_ICMP && socket->kind == SOCKET_RAW &&
	       socket->family == AF_INET6;
}

static int set_raw6(struct socket *socket, int name, const void *value,
		    uint32_t value_len, int64_t now_us)
{
	int number;

	if (value_len < sizeof(number))
		return -EINVAL;
	if (name != IPV6_CHECKSUM && name != IPV6_HDRINCL)
		return -ENOPROTOOPT;
	memcpy(&number, value, sizeof(number));
	if (name == IPV6_CHECKSUM && socket->protocol == IPPROTO_ICMPV6 &&
	    number == ICMP6_CHECKSUM_AT)
		return 0; /* as ping(8) asks; RFC 3542, 3.1: made anyway */
	return socket_option_set(socket, IPPROTO_IPV6, name, value, value_len,
				 now_us);
}

int socket_option_set_other(struct socket *socket, int level, int name,
			    const void *value, uint32_t value_len,
			    int64_t now_us)
{
	int error = -ENOPROTOOPT;

	if (is_raw6_level(socket, level))
		error = set_raw6(socket, name, value, value_len, now_us);
	else if (level == IPPROTO_TCP && socket->tcp)
		error = tcp_set_option(socket->tcp, level, name, value,
				       value_len, now_us);
	else if (level == SOL_SOCKET)
		error = socket_option_set_socket(socket, name, value, value_len,
						 now_us);
	else if (level == IPPROTO_IPV6 && socket->family != AF_INET6)
		error = -ENOPROTOOPT;
	else if (socket_preference_is(level, name))
		error = socket_preference_set(socket, value, value_len);
	else if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY)
		error = set_v6only(socket, value, value_len);
	else if ((level == IPPROTO_IP && name == IP_UNICAST_IF) ||
		 (level == IPPROTO_IPV6 && name == IPV6_UNICAST_IF))
		error = set_unicast_if(socket, level, value, value_len);
	else if (level == SOL_RAW_ICMP && name == ICMP_FILTER_NAME &&
		 socket->family == AF_INET)
		error = set_icmp_filter(socket, value, value_len);
	else if (level == IPPROTO_IP || level == IPPROTO_IPV6)
		error = socket_multicast_option(socket, level, name, value,
						value_len);
	if (error == -ENOPROTOOPT && level == IPPROTO_IP)
		error = set_ip_level(socket, name, value, value_len);
	if (error == -ENOPROTOOPT &&
	    (level == IPPROTO_IPV6 || level == IPPROTO_ICMPV6))
		error = socket_option_set_ip6(socket, level, name, value,
					      value_len);
	if (error == -ENOPROTOOPT && level == IPPROTO_UDP &&
	    socket->kind == SOCKET_UDP)
		error = set_udp_level(name, value, value_len);
	if (error == -ENOPROTOOPT)
		return unknown(socket, "set", level, name);
	return error;
}

/* Known for a connected socket alone: ip(7). */
static int get_mtu(const struct socket *socket, int *number, int64_t now_us)
{
	struct ip_path path;

	if (!socket->connected ||
	    ip_route(socket->room->ip, &socket->peer.ip, &socket->local.ip,
		     socket->bound_ifindex, now_us, &path) != 0)
		return -ENOTCONN;
	*number = (int)path.mtu;
	return 0;
}

static int get_ip4_number(const struct socket *socket, int name, int *number)
{
	switch (name) {
	case IP_LOCAL_PORT_RANGE_NAME:
		*number = (int)socket->options->port_range;
		return 0;
	case IP_PROTOCOL_NAME: /* Linux: what stands in the port's place */
		*number = socket->kind == SOCKET_RAW ? socket->protocol
						     : socket->local.port;
		return 0;
	case IP_ROUTER_ALERT:
		*number = socket->options->router_alert;
		return 0;
	case IP_HDRINCL: /* of raw sockets: in the table */
	case IP_NODEFRAG:
	case IP_RECVFRAGSIZE:
		*number = 0;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* ip(7): a small number fits one byte, if there is no room for more. */
int socket_option_put_ip(void *value, uint32_t value_len, int number)
{
	uint8_t byte = (uint8_t)number;

	if (value_len > 0 && value_len < sizeof(number) && number >= 0 &&
	    number <= UINT8_MAX)
		return socket_option_put(value, value_len, &byte, 1);
	return socket_option_put(value, value_len, &number, sizeof(number));
}

static int get_ip_level(struct socket *socket, int level, int name, void *value,
			uint32_t value_len, int64_t now_us)
{
	const struct socket_datagrams *d = socket->datagrams;
	int number = 0, error = 0;
	uint32_t v4;

	if (name == (level == IPPROTO_IP ? IP_MTU : IPV6_MTU)) {
		error = get_mtu(socket, &number, now_us);
	} else if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY) {
		number = socket->options->v6only;
	} else if (level == IPPROTO_IPV6 && name == IPV6_UNICAST_IF) {
		number =
			(int)htonl((uint32_t)socket->options->unicast_ifindex6);
	} else if (level == IPPROTO_IP && name == IP_UNICAST_IF) {
		number = (int)htonl((uint32_t)socket->options->unicast_ifindex);
	} else if (level == IPPROTO_IPV6 && name == IPV6_MULTICAST_IF) {
		number = d ? d->multicast_ifindex : 0;
	} else if (level == IPPROTO_IP && name == IP_MULTICAST_IF) {
		v4 = d ? htonl(pyt_ip_to_v4(&d->multicast_source)) : 0;
		memcpy(&number, &v4, sizeof(number));
	} else if (level == IPPROTO_IP && name == IP_OPTIONS) {
		return socket_extension_get_ip4(socket, value, value_len);
	} else if (level == IPPROTO_IP && name == IP_PKTOPTIONS &&
		   socket->tcp) {
		return 0; /* none are kept */
	} else if (level == IPPROTO_IP) {
		error = get_ip4_number(socket, name, &number);
	} else {
		error = -ENOPROTOOPT;
	}
	if (error)
		return error;
	if (level == IPPROTO_IP)
		return socket_option_put_ip(value, value_len, number);
	return socket_option_put(value, value_len, &number, sizeof(number));
}

/* Linux's IPv4 asks the protocol by level, and says so where there is none. */
static bool is_level_known(const struct socket *socket, int level)
{
	if (socket->family == AF_INET6)
		return true;
	switch (level) {
	case SOL_SOCKET:
	case IPPROTO_IP:
		return true;
	case IPPROTO_IPV6:
		return socket->family == AF_INET6;
	case IPPROTO_ICMPV6:
		return socket->family == AF_INET6 && socket->kind == SOCKET_RAW;
	case IPPROTO_TCP:
		return socket->tcp != NULL;
	case IPPROTO_UDP:
		return socket->kind == SOCKET_UDP;
	default:
		return level == SOL_RAW_ICMP && socket->kind == SOCKET_RAW;
	}
}

int socket_option_get_other(struct socket *socket, int level, int name,
			    void *value, uint32_t value_len, int64_t now_us)
{
	int len = -ENOPROTOOPT, none = 0;

	if (is_raw6_level(socket, level) &&
	    (name == IPV6_CHECKSUM || name == IPV6_HDRINCL))
		return socket_option_get(socket, IPPROTO_IPV6, name, value,
					 value_len, now_us);
	if (level == IPPROTO_TCP && socket->tcp)
		len = tcp_get_option(socket->tcp, level, name, value, value_len,
				     now_us);
	else if (level == SOL_SOCKET)
		len = socket_option_get_socket(socket, name, value, value_len,
					       now_us);
	else if (level == IPPROTO_IPV6 && socket->family != AF_INET6)
		len = -ENOPROTOOPT;
	else if (socket_preference_is(level, name))
		len = socket_preference_get(socket, value, value_len);
	else if (socket_filter_is(level, name))
		len = socket_filter_get(socket, level, name, value, value_len);
	else if (level == IPPROTO_IP || level == IPPROTO_IPV6)
		len = get_ip_level(socket, level, name, value, value_len,
				   now_us);
	else if (level == SOL_RAW_ICMP && name == ICMP_FILTER_NAME &&
		 socket->kind == SOCKET_RAW && socket->family == AF_INET)
		len = socket_option_put(value, value_len,
					&socket->datagrams->icmp_filter,
					sizeof(uint32_t));
	else if (level == IPPROTO_UDP && socket->kind == SOCKET_UDP &&
		 name == UDP_ENCAP_NAME)
		len = socket_option_put(value, value_len, &none, sizeof(none));
	if (len == -ENOPROTOOPT &&
	    (level == IPPROTO_IPV6 || level == IPPROTO_ICMPV6))
		len = socket_option_get_ip6(socket, level, name, value,
					    value_len, now_us);
	if (len == -ENOPROTOOPT) {
		unknown(socket, "get", level, name);
		return is_level_known(socket, level) ? len : -EOPNOTSUPP;
	}
	return len;
}
