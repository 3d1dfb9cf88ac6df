/*
 * Socket options that are more than a number to remember: buffers, devices,
 * what only can be read, filters, and what TCP keeps itself.
 */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "socket/socket.h"
#include "socket/socket_filter.h"

#define SOL_RAW_ICMP 255 /* linux/icmp.h: ICMP_FILTER's level SOL_RAW */
#define ICMP_FILTER_NAME 1

/* Linux's floors: SOCK_MIN_SNDBUF and SOCK_MIN_RCVBUF. */
#define SEND_BUFFER_MIN 4608
#define RECEIVE_BUFFER_MIN 2304

static int unknown(struct socket *socket, const char *what, int level, int name)
{
	engine_log(socket->room->engine, PYT_LOG_INFO, "socket",
		   "%s of unknown option: level %d, name %d", what, level,
		   name);
	return -ENOPROTOOPT;
}

/* Clamped, then doubled, which is what getsockopt(2) shows: socket(7). */
static int set_buffer(struct socket *socket, int name, int number,
		      int64_t now_us)
{
	const struct socket_limits *limits = &socket->room->limits;
	bool send = name == SO_SNDBUF || name == SO_SNDBUFFORCE;
	int max = send ? limits->wmem_max : limits->rmem_max;
	int min = send ? SEND_BUFFER_MIN : RECEIVE_BUFFER_MIN;
	struct socket_options *own;
	int doubled;

	if (number < 0 || number > max)
		number = max;
	doubled = 2 * number < min ? min : 2 * number;
	own = socket_options_own(socket);
	if (!own)
		return -ENOBUFS;
	if (send)
		own->send_buffer = doubled;
	else
		own->receive_buffer = doubled;
	if (!socket->tcp)
		return 0;
	return tcp_set_option(socket->tcp, SOL_SOCKET,
			      send ? SO_SNDBUF : SO_RCVBUF, &number,
			      sizeof(number), now_us);
}

static int bind_to_index(struct socket *socket, int ifindex)
{
	if (ifindex < 0)
		return -EINVAL;
	if (ifindex > 0 && !ip_iface(socket->room->ip, ifindex))
		return -ENODEV;
	socket->bound_ifindex = ifindex;
	return 0;
}

static int bind_to_device(struct socket *socket, const char *name, uint32_t len)
{
	char text[IFNAMSIZ] = { 0 };

	memcpy(text, name, len < IFNAMSIZ ? len : IFNAMSIZ - 1);
	if (text[0] == 0)
		return bind_to_index(socket, 0);
	for (int i = 1; i <= IFACE_MAX; i++) {
		const struct iface *iface = ip_iface(socket->room->ip, i);

		if (iface && strcmp(iface->config.name, text) == 0)
			return bind_to_index(socket, i);
	}
	return -ENODEV;
}

static int set_low_water(struct socket *socket, int number)
{
	struct socket_options *own = socket_options_own(socket);

	if (!own)
		return -ENOBUFS;
	own->receive_low_water = number > 0 ? number : 1;
	return 0;
}

static int set_socket_level(struct socket *socket, int name, const void *value,
			    uint32_t value_len, int64_t now_us)
{
	int number = 0;

	if (name == SO_BINDTODEVICE)
		return bind_to_device(socket, value, value_len);
	if (name == SO_RCVTIMEO || name == SO_SNDTIMEO)
		return value_len < sizeof(struct timeval) ? -EINVAL : 0;
	if (name == SO_LINGER && !socket->tcp)
		return value_len < sizeof(struct linger) ? -EINVAL : 0;
	if (value_len < sizeof(number))
		return -EINVAL;
	memcpy(&number, value, sizeof(number));

	switch (name) {
	case SO_SNDBUF:
	case SO_RCVBUF:
	case SO_SNDBUFFORCE:
	case SO_RCVBUFFORCE:
		return set_buffer(socket, name, number, now_us);
	case SO_BINDTOIFINDEX:
		return bind_to_index(socket, number);
	case SO_RCVLOWAT:
		return set_low_water(socket, number);
	default:
		if (socket->tcp)
			return tcp_set_option(socket->tcp, SOL_SOCKET, name,
					      value, value_len, now_us);
		return -ENOPROTOOPT;
	}
}

/* V6ONLY says which port tables count: not after bind(2). RFC 3493, 5.3. */
static int set_v6only(struct socket *socket, const void *value,
		      uint32_t value_len)
{
	struct socket_options *own;
	int number;

	if (value_len < sizeof(number) || socket->port)
		return -EINVAL;
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

int socket_option_set_other(struct socket *socket, int level, int name,
			    const void *value, uint32_t value_len,
			    int64_t now_us)
{
	int error = -ENOPROTOOPT;

	if (level == IPPROTO_TCP && socket->tcp)
		error = tcp_set_option(socket->tcp, level, name, value,
				       value_len, now_us);
	else if (level == SOL_SOCKET)
		error = set_socket_level(socket, name, value, value_len,
					 now_us);
	else if (level == IPPROTO_IPV6 && socket->family != AF_INET6)
		error = -ENOPROTOOPT;
	else if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY)
		error = set_v6only(socket, value, value_len);
	else if ((level == IPPROTO_IP && name == IP_UNICAST_IF) ||
		 (level == IPPROTO_IPV6 && name == IPV6_UNICAST_IF))
		error = set_unicast_if(socket, level, value, value_len);
	else if (level == SOL_RAW_ICMP && name == ICMP_FILTER_NAME)
		error = set_icmp_filter(socket, value, value_len);
	else if (level == IPPROTO_IP || level == IPPROTO_IPV6)
		error = socket_multicast_option(socket, level, name, value,
						value_len);
	if (error == -ENOPROTOOPT)
		return unknown(socket, "set", level, name);
	return error;
}

static int get_device(const struct socket *socket, void *value,
		      uint32_t value_len)
{
	const struct iface *iface =
		ip_iface(socket->room->ip, socket->bound_ifindex);
	uint32_t len;

	if (!socket->bound_ifindex || !iface)
		return 0;
	len = (uint32_t)strlen(iface->config.name) + 1;
	if (value_len < len)
		return -EINVAL;
	return socket_option_put(value, value_len, iface->config.name, len);
}

/* What SOL_SOCKET shows as one int. */
static int get_number(struct socket *socket, int name, int *number)
{
	switch (name) {
	case SO_TYPE:
		*number = socket->type;
		return 0;
	case SO_DOMAIN:
		*number = socket->family;
		return 0;
	case SO_PROTOCOL:
		*number = socket->protocol;
		return 0;
	case SO_ERROR:
		*number = socket_take_error(socket);
		return 0;
	case SO_ACCEPTCONN:
		*number = socket->listener != NULL;
		return 0;
	case SO_SNDBUF:
		*number = socket->options->send_buffer;
		return 0;
	case SO_RCVBUF:
		*number = socket->options->receive_buffer;
		return 0;
	case SO_RCVLOWAT:
		*number = socket->options->receive_low_water;
		return 0;
	case SO_SNDLOWAT:
		*number = 1;
		return 0;
	case SO_BINDTOIFINDEX:
		*number = socket->bound_ifindex;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int get_socket_level(struct socket *socket, int name, void *value,
			    uint32_t value_len, int64_t now_us)
{
	struct timeval none = { 0 };
	struct linger off = { 0 };
	uint64_t cookie = (uint64_t)socket->handle + 1;
	int number, error;

	if (socket->tcp && name != SO_ERROR) {
		int len = tcp_get_option(socket->tcp, SOL_SOCKET, name, value,
					 value_len, now_us);
		if (len != -ENOPROTOOPT)
			return len;
	}
	if (name == SO_BINDTODEVICE)
		return get_device(socket, value, value_len);
	if (name == SO_RCVTIMEO || name == SO_SNDTIMEO)
		return socket_option_put(value, value_len, &none, sizeof(none));
	if (name == SO_LINGER)
		return socket_option_put(value, value_len, &off, sizeof(off));
	if (name == SO_COOKIE)
		return value_len < sizeof(cookie)
			       ? -EINVAL
			       : socket_option_put(value, value_len, &cookie,
						   sizeof(cookie));
	error = get_number(socket, name, &number);
	if (error)
		return error;
	return socket_option_put(value, value_len, &number, sizeof(number));
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
		return 0; /* none are set */
	} else {
		error = -ENOPROTOOPT;
	}
	if (error)
		return error;
	return socket_option_put(value, value_len, &number, sizeof(number));
}

/* Linux asks the protocol by level, and says so where there is none. */
static bool is_level_known(const struct socket *socket, int level)
{
	switch (level) {
	case SOL_SOCKET:
	case IPPROTO_IP:
		return true;
	case IPPROTO_IPV6:
		return socket->family == AF_INET6;
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
	int len = -ENOPROTOOPT;

	if (level == IPPROTO_TCP && socket->tcp)
		len = tcp_get_option(socket->tcp, level, name, value, value_len,
				     now_us);
	else if (level == SOL_SOCKET)
		len = get_socket_level(socket, name, value, value_len, now_us);
	else if (level == IPPROTO_IPV6 && socket->family != AF_INET6)
		len = -ENOPROTOOPT;
	else if (socket_filter_is(level, name))
		len = socket_filter_get(socket, level, name, value, value_len);
	else if (level == IPPROTO_IP || level == IPPROTO_IPV6)
		len = get_ip_level(socket, level, name, value, value_len,
				   now_us);
	else if (level == SOL_RAW_ICMP && name == ICMP_FILTER_NAME &&
		 socket->kind == SOCKET_RAW)
		len = socket_option_put(value, value_len,
					&socket->datagrams->icmp_filter,
					sizeof(uint32_t));
	if (len == -ENOPROTOOPT) {
		unknown(socket, "get", level, name);
		return is_level_known(socket, level) ? len : -EOPNOTSUPP;
	}
	return len;
}
