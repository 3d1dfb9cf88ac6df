/*
 * Group membership and the way multicast goes out, per socket. RFC 1112,
 * 7.1; RFC 3678 (any-source part); ip(7).
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "socket/socket.h"

/* The interface that an address, or else the route to the group, names. */
static int interface_for(const struct socket *socket,
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

static struct socket_membership *find(const struct socket *socket,
				      const struct pyt_ip *group, int ifindex)
{
	struct socket_membership *m;

	if (!socket->datagrams)
		return NULL;
	LIST_FOREACH (m, &socket->datagrams->memberships, link)
		if (pyt_ip_equal(&m->group, group) && m->ifindex == ifindex)
			return m;
	return NULL;
}

bool socket_is_member(const struct socket *socket, const struct pyt_ip *group,
		      int ifindex)
{
	return find(socket, group, ifindex) != NULL;
}

static int join(struct socket *socket, const struct pyt_ip *group, int ifindex)
{
	struct socket_datagrams *d = socket->datagrams;
	struct engine *engine = socket->room->engine;
	struct socket_membership *m;
	int error;

	if (find(socket, group, ifindex))
		return -EADDRINUSE;
	if (d->membership_count >= socket->room->limits.memberships_max)
		return -ENOBUFS;
	m = engine_alloc(engine, sizeof(*m));
	if (!m)
		return -ENOBUFS;
	error = ip_group_join(socket->room->ip, ifindex, group,
			      socket->room->now_us);
	if (error) {
		engine_free(engine, m, sizeof(*m));
		return error;
	}
	m->group = *group;
	m->ifindex = ifindex;
	LIST_INSERT_HEAD(&d->memberships, m, link);
	d->membership_count++;
	return 0;
}

static void leave(struct socket *socket, struct socket_membership *m)
{
	ip_group_leave(socket->room->ip, m->ifindex, &m->group,
		       socket->room->now_us);
	LIST_REMOVE(m, link);
	socket->datagrams->membership_count--;
	engine_free(socket->room->engine, m, sizeof(*m));
}

void socket_multicast_leave_all(struct socket *socket)
{
	struct socket_membership *m;

	while ((m = LIST_FIRST(&socket->datagrams->memberships)) != NULL)
		leave(socket, m);
}

static int change(struct socket *socket, bool add, const struct pyt_ip *group,
		  int ifindex)
{
	struct socket_membership *m;

	if (!pyt_ip_is_multicast(group))
		return -EINVAL;
	if (!socket->datagrams)
		return -EPROTO; /* TCP, as Linux says it */
	if (ifindex < 0)
		return ifindex;
	if (add)
		return join(socket, group, ifindex);
	m = find(socket, group, ifindex);
	if (!m)
		return -EADDRNOTAVAIL;
	leave(socket, m);
	return 0;
}

/* struct ip_mreq or, longer, struct ip_mreqn. */
static int change_v4(struct socket *socket, bool add, const void *value,
		     uint32_t value_len)
{
	struct ip_mreqn request = { 0 };
	struct pyt_ip group, address;
	int ifindex;

	if (value_len < sizeof(struct ip_mreq))
		return -EINVAL;
	memcpy(&request, value,
	       value_len >= sizeof(request) ? sizeof(request)
					    : sizeof(struct ip_mreq));
	group = pyt_ip_from_v4(ntohl(request.imr_multiaddr.s_addr));
	address = pyt_ip_from_v4(ntohl(request.imr_address.s_addr));
	ifindex = request.imr_ifindex;
	if (ifindex == 0)
		ifindex = interface_for(socket, &address, &group);
	return change(socket, add, &group, ifindex);
}

static int change_v6(struct socket *socket, bool add, const void *value,
		     uint32_t value_len)
{
	struct ipv6_mreq request;
	struct pyt_ip group, any = { 0 };
	int ifindex;

	if (value_len < sizeof(request))
		return -EINVAL;
	memcpy(&request, value, sizeof(request));
	memcpy(group.bytes, &request.ipv6mr_multiaddr, sizeof(group.bytes));
	ifindex = (int)request.ipv6mr_interface;
	if (ifindex == 0)
		ifindex = interface_for(socket, &any, &group);
	return change(socket, add, &group, ifindex);
}

/* Protocol-independent form: RFC 3678, 5. */
static int change_group(struct socket *socket, bool add, const void *value,
			uint32_t value_len)
{
	struct group_req request;
	const struct sockaddr_in *v4 = (const void *)&request.gr_group;
	const struct sockaddr_in6 *v6 = (const void *)&request.gr_group;
	struct pyt_ip group, any = pyt_ip_from_v4(0);
	int ifindex;

	if (value_len < sizeof(request))
		return -EINVAL;
	memcpy(&request, value, sizeof(request));
	if (request.gr_group.ss_family == AF_INET)
		group = pyt_ip_from_v4(ntohl(v4->sin_addr.s_addr));
	else
		memcpy(group.bytes, &v6->sin6_addr, sizeof(group.bytes));
	ifindex = (int)request.gr_interface;
	if (ifindex == 0)
		ifindex = interface_for(socket, &any, &group);
	return change(socket, add, &group, ifindex);
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
		request.imr_ifindex = interface_for(socket, &address, &address);
	if (request.imr_ifindex != 0 &&
	    (request.imr_ifindex < 0 ||
	     !ip_iface(socket->room->ip, request.imr_ifindex)))
		return -EADDRNOTAVAIL;
	d->multicast_ifindex = request.imr_ifindex;
	d->multicast_source = address;
	return 0;
}

int socket_multicast_option(struct socket *socket, int level, int name,
			    const void *value, uint32_t value_len)
{
	if (name == MCAST_JOIN_GROUP || name == MCAST_LEAVE_GROUP)
		return change_group(socket, name == MCAST_JOIN_GROUP, value,
				    value_len);
	if (level == IPPROTO_IP) {
		if (name == IP_ADD_MEMBERSHIP || name == IP_DROP_MEMBERSHIP)
			return change_v4(socket, name == IP_ADD_MEMBERSHIP,
					 value, value_len);
		if (name == IP_MULTICAST_IF)
			return set_interface(socket, level, value, value_len);
		return -ENOPROTOOPT;
	}
	if (name == IPV6_JOIN_GROUP || name == IPV6_LEAVE_GROUP)
		return change_v6(socket, name == IPV6_JOIN_GROUP, value,
				 value_len);
	if (name == IPV6_MULTICAST_IF)
		return set_interface(socket, level, value, value_len);
	return -ENOPROTOOPT;
}
