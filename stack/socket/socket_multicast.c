/*
 * Options about groups, and the way multicast goes out, per socket. RFC 1112,
 * 7.1; RFC 3678; RFC 3493, 5.2; ip(7).
 */
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "socket/socket.h"
#include "socket/socket_filter.h"

/* The interface that an address, or else the route to the group, names. */
int socket_multicast_interface(const struct socket *socket,
			       const struct pyt_ip *address,
			       const struct pyt_ip *group)
{
	struct pyt_address_info info;
	struct pyt_ip any = pyt_ip_from_v4(0);
	struct ip_path path;

	if (pyt_ip_is_unspecified(address)) {
		if (ip_route(socket->room->ip, group, &any, 0,
			     socket->room->now_us, &path) != 0)
			return -ENODEV;
		return path.iface->ifindex;
	}
	for (int i = 0; ip_address_get(socket->room->ip, i, &info) == 0; i++)
		if (pyt_ip_equal(&info.ip, address))
			return info.ifindex;
	return -ENODEV;
}

enum action {
	JOIN,
	LEAVE,
	JOIN_SOURCE,
	LEAVE_SOURCE,
	BLOCK,
	UNBLOCK,
};

struct change {
	enum action action;
	struct pyt_ip group, source;
	int ifindex; /* -errno: there is no such interface */
};

/* As Linux: a source joins a group that the socket need not be in. */
static int change_source(struct socket *socket, const struct change *change)
{
	bool exclude = change->action == BLOCK || change->action == UNBLOCK;
	bool add = change->action == BLOCK || change->action == JOIN_SOURCE;
	int error;

	if (change->action == JOIN_SOURCE) {
		error = socket_membership_join(socket, &change->group,
					       change->ifindex, false);
		if (error && error != -EADDRINUSE)
			return error;
	}
	return socket_membership_source(socket, &change->group, change->ifindex,
					&change->source, exclude, add);
}

static int apply(struct socket *socket, const struct change *change)
{
	if (!pyt_ip_is_multicast(&change->group))
		return -EINVAL;
	if (!socket->datagrams)
		return -EPROTO; /* TCP, as Linux says it */
	if (change->ifindex < 0)
		return change->ifindex;
	if (!ip_iface(socket->room->ip, change->ifindex))
		return -ENODEV;
	if (change->action == JOIN)
		return socket_membership_join(socket, &change->group,
					      change->ifindex, true);
	if (change->action == LEAVE)
		return socket_membership_leave(socket, &change->group,
					       change->ifindex);
	return change_source(socket, change);
}

static struct pyt_ip from_in(struct in_addr address)
{
	return pyt_ip_from_v4(ntohl(address.s_addr));
}

bool socket_multicast_address(const void *storage, int level, struct pyt_ip *ip)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	memcpy(&v4, storage, sizeof(v4));
	memcpy(&v6, storage, sizeof(v6));
	if (v4.sin_family != (level == IPPROTO_IP ? AF_INET : AF_INET6))
		return false;
	if (level == IPPROTO_IP)
		*ip = from_in(v4.sin_addr);
	else
		memcpy(ip->bytes, &v6.sin6_addr, sizeof(ip->bytes));
	return true;
}

/* By index, or 0: by address, or by route. */
static int index_for(const struct socket *socket, uint32_t ifindex,
		     const struct pyt_ip *address, const struct pyt_ip *group)
{
	struct pyt_ip any =
		pyt_ip_is_v4(group) ? pyt_ip_from_v4(0) : (struct pyt_ip){ 0 };

	if (ifindex > INT_MAX)
		return -ENODEV;
	if (ifindex != 0)
		return (int)ifindex;
	return socket_multicast_interface(socket, address ? address : &any,
					  group);
}

/* struct ip_mreq or, longer, struct ip_mreqn. */
static int change_v4(struct socket *socket, enum action action,
		     const void *value, uint32_t value_len)
{
	struct change change = { .action = action };
	struct ip_mreqn request = { 0 };
	struct pyt_ip address;

	if (value_len < sizeof(struct ip_mreq))
		return -EINVAL;
	memcpy(&request, value,
	       value_len >= sizeof(request) ? sizeof(request)
					    : sizeof(struct ip_mreq));
	change.group = from_in(request.imr_multiaddr);
	address = from_in(request.imr_address);
	change.ifindex = index_for(socket, (uint32_t)request.imr_ifindex,
				   &address, &change.group);
	return apply(socket, &change);
}

static int change_source_v4(struct socket *socket, enum action action,
			    const void *value, uint32_t value_len)
{
	struct change change = { .action = action };
	struct ip_mreq_source request;
	struct pyt_ip address;

	if (value_len != sizeof(request))
		return -EINVAL;
	memcpy(&request, value, sizeof(request));
	change.group = from_in(request.imr_multiaddr);
	change.source = from_in(request.imr_sourceaddr);
	address = from_in(request.imr_interface);
	change.ifindex = index_for(socket, 0, &address, &change.group);
	return apply(socket, &change);
}

static int change_v6(struct socket *socket, enum action action,
		     const void *value, uint32_t value_len)
{
	struct change change = { .action = action };
	struct ipv6_mreq request;

	if (value_len < sizeof(request))
		return -EINVAL;
	memcpy(&request, value, sizeof(request));
	memcpy(change.group.bytes, &request.ipv6mr_multiaddr,
	       sizeof(change.group.bytes));
	if (pyt_ip_is_v4(&change.group))
		return -EINVAL;
	change.ifindex = index_for(socket, request.ipv6mr_interface, NULL,
				   &change.group);
	return apply(socket, &change);
}

/* Protocol-independent form: RFC 3678, 5. */
static int change_group(struct socket *socket, int level, enum action action,
			const void *value, uint32_t value_len)
{
	struct change change = { .action = action };
	struct group_req request;

	if (value_len < sizeof(request))
		return -EINVAL;
	memcpy(&request, value, sizeof(request));
	if (!socket_multicast_address(&request.gr_group, level, &change.group))
		return -EINVAL;
	change.ifindex =
		index_for(socket, request.gr_interface, NULL, &change.group);
	return apply(socket, &change);
}

static int change_group_source(struct socket *socket, int level,
			       enum action action, const void *value,
			       uint32_t value_len)
{
	struct change change = { .action = action };
	struct group_source_req request;

	if (value_len < sizeof(request))
		return -EINVAL;
	memcpy(&request, value, sizeof(request));
	if (!socket_multicast_address(&request.gsr_group, level,
				      &change.group) ||
	    !socket_multicast_address(&request.gsr_source, level,
				      &change.source))
		return -EADDRNOTAVAIL;
	change.ifindex =
		index_for(socket, request.gsr_interface, NULL, &change.group);
	return apply(socket, &change);
}

/* An address (struct in_addr, ip_mreq) or an index (ip_mreqn, IPv6). */
static int set_interface(struct socket *socket, int level, const void *value,
			 uint32_t value_len)
{
	struct socket_datagrams *d = socket->datagrams;
	struct ip_mreqn request = { 0 };
	struct pyt_ip address;

	if (!d)
		return level == IPPROTO_IP ? -EINVAL : -ENOPROTOOPT;
	if (value_len < sizeof(struct in_addr))
		return -EINVAL;
	if (level == IPPROTO_IPV6)
		memcpy(&request.imr_ifindex, value, sizeof(int));
	else if (value_len >= sizeof(struct ip_mreq))
		memcpy(&request, value,
		       value_len >= sizeof(request) ? sizeof(request)
						    : sizeof(struct ip_mreq));
	else
		memcpy(&request.imr_address, value, sizeof(struct in_addr));

	address = pyt_ip_from_v4(ntohl(request.imr_address.s_addr));
	if (request.imr_ifindex == 0 && !pyt_ip_is_unspecified(&address))
		request.imr_ifindex =
			socket_multicast_interface(socket, &address, &address);
	if (request.imr_ifindex != 0 &&
	    (request.imr_ifindex < 0 ||
	     !ip_iface(socket->room->ip, request.imr_ifindex)))
		return level == IPPROTO_IP ? -EADDRNOTAVAIL : -ENODEV;
	d->multicast_ifindex = request.imr_ifindex;
	d->multicast_source = address;
	return 0;
}

static const struct {
	int name;
	enum action action;
	int (*change)(struct socket *socket, enum action action,
		      const void *value, uint32_t value_len);
} of_level4[] = {
	{ IP_ADD_MEMBERSHIP, JOIN, change_v4 },
	{ IP_DROP_MEMBERSHIP, LEAVE, change_v4 },
	{ IP_ADD_SOURCE_MEMBERSHIP, JOIN_SOURCE, change_source_v4 },
	{ IP_DROP_SOURCE_MEMBERSHIP, LEAVE_SOURCE, change_source_v4 },
	{ IP_BLOCK_SOURCE, BLOCK, change_source_v4 },
	{ IP_UNBLOCK_SOURCE, UNBLOCK, change_source_v4 },
};

static int option_v4(struct socket *socket, int name, const void *value,
		     uint32_t value_len)
{
	for (size_t i = 0; i < sizeof(of_level4) / sizeof(*of_level4); i++)
		if (of_level4[i].name == name)
			return of_level4[i].change(socket, of_level4[i].action,
						   value, value_len);
	if (name == IP_MULTICAST_IF)
		return set_interface(socket, IPPROTO_IP, value, value_len);
	if (name == IP_MSFILTER)
		return socket_filter_set_v4(socket, value, value_len);
	return -ENOPROTOOPT;
}

static int option_v6(struct socket *socket, int name, const void *value,
		     uint32_t value_len)
{
	if (name == IPV6_JOIN_GROUP)
		return change_v6(socket, JOIN, value, value_len);
	if (name == IPV6_LEAVE_GROUP)
		return change_v6(socket, LEAVE, value, value_len);
	if (name == IPV6_MULTICAST_IF)
		return set_interface(socket, IPPROTO_IPV6, value, value_len);
	return -ENOPROTOOPT;
}

int socket_multicast_option(struct socket *socket, int level, int name,
			    const void *value, uint32_t value_len)
{
	switch (name) {
	case MCAST_JOIN_GROUP:
		return change_group(socket, level, JOIN, value, value_len);
	case MCAST_LEAVE_GROUP:
		return change_group(socket, level, LEAVE, value, value_len);
	case MCAST_JOIN_SOURCE_GROUP:
		return change_group_source(socket, level, JOIN_SOURCE, value,
					   value_len);
	case MCAST_LEAVE_SOURCE_GROUP:
		return change_group_source(socket, level, LEAVE_SOURCE, value,
					   value_len);
	case MCAST_BLOCK_SOURCE:
		return change_group_source(socket, level, BLOCK, value,
					   value_len);
	case MCAST_UNBLOCK_SOURCE:
		return change_group_source(socket, level, UNBLOCK, value,
					   value_len);
	case MCAST_MSFILTER:
		return socket_filter_set(socket, level, value, value_len);
	default:
		return level == IPPROTO_IP
			       ? option_v4(socket, name, value, value_len)
			       : option_v6(socket, name, value, value_len);
	}
}
