/* IP_MSFILTER and MCAST_MSFILTER. RFC 3678, 4.2 and 5.2. */
#include "socket/socket_filter.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "socket/socket.h"

#define HEADER4_LEN IP_MSFILTER_SIZE(0)
#define HEADER_LEN GROUP_FILTER_SIZE(0)

/* What both forms say, but for the sources. */
struct request {
	struct pyt_ip group;
	int ifindex; /* -errno: there is none */
	uint32_t mode, source_count;
};

static int apply(struct socket *socket, const struct request *request,
		 const struct pyt_ip *sources)
{
	struct ip_filter filter = {
		.exclude = request->mode == MCAST_EXCLUDE,
		.count = request->source_count,
		.sources = sources,
	};

	if (!socket->datagrams)
		return -EPROTO;
	if (!pyt_ip_is_multicast(&request->group))
		return -EINVAL;
	if (request->mode != MCAST_INCLUDE && request->mode != MCAST_EXCLUDE)
		return -EINVAL;
	if (request->ifindex < 0)
		return request->ifindex;
	return socket_membership_set(socket, &request->group, request->ifindex,
				     &filter);
}

static void parse_v4(const struct socket *socket, const void *value,
		     struct request *request)
{
	struct ip_msfilter header;
	struct pyt_ip address;

	memcpy(&header, value, HEADER4_LEN);
	request->group = pyt_ip_from_v4(ntohl(header.imsf_multiaddr.s_addr));
	address = pyt_ip_from_v4(ntohl(header.imsf_interface.s_addr));
	request->mode = header.imsf_fmode;
	request->source_count = header.imsf_numsrc;
	request->ifindex =
		socket_multicast_interface(socket, &address, &request->group);
}

int socket_filter_set_v4(struct socket *socket, const void *value,
			 uint32_t value_len)
{
	struct pyt_ip sources[SOCKET_SOURCES_MAX];
	struct request request;
	struct in_addr source;

	if (value_len < HEADER4_LEN)
		return -EINVAL;
	parse_v4(socket, value, &request);
	if (request.source_count > (uint32_t)socket->room->limits.sources4_max)
		return -ENOBUFS;
	if (IP_MSFILTER_SIZE(request.source_count) > value_len)
		return -EINVAL;
	for (uint32_t i = 0; i < request.source_count; i++) {
		memcpy(&source,
		       (const uint8_t *)value + HEADER4_LEN +
			       i * sizeof(source),
		       sizeof(source));
		sources[i] = pyt_ip_from_v4(ntohl(source.s_addr));
	}
	return apply(socket, &request, sources);
}

static bool parse(const struct socket *socket, int level, const void *value,
		  struct request *request)
{
	struct pyt_ip any =
		level == IPPROTO_IP ? pyt_ip_from_v4(0) : (struct pyt_ip){ 0 };
	struct group_filter header;

	memcpy(&header, value, HEADER_LEN);
	if (!socket_multicast_address(&header.gf_group, level, &request->group))
		return false;
	request->mode = header.gf_fmode;
	request->source_count = header.gf_numsrc;
	if (header.gf_interface > INT_MAX)
		request->ifindex = -ENODEV;
	else if (header.gf_interface)
		request->ifindex = (int)header.gf_interface;
	else
		request->ifindex = socket_multicast_interface(socket, &any,
							      &request->group);
	return true;
}

int socket_filter_set(struct socket *socket, int level, const void *value,
		      uint32_t value_len)
{
	const struct socket_limits *limits = &socket->room->limits;
	struct pyt_ip sources[SOCKET_SOURCES_MAX];
	struct request request;
	const uint8_t *at = (const uint8_t *)value + HEADER_LEN;

	if (value_len < HEADER_LEN)
		return -EINVAL;
	if (!parse(socket, level, value, &request))
		return -EADDRNOTAVAIL;
	if (request.source_count > (uint32_t)(level == IPPROTO_IP
						      ? limits->sources4_max
						      : limits->sources6_max))
		return -ENOBUFS;
	if (GROUP_FILTER_SIZE(request.source_count) > value_len)
		return -EINVAL;
	for (uint32_t i = 0; i < request.source_count; i++) {
		if (!socket_multicast_address(at, level, &sources[i]))
			return -EADDRNOTAVAIL;
		at += sizeof(struct sockaddr_storage);
	}
	return apply(socket, &request, sources);
}

bool socket_filter_is(int level, int name)
{
	return name == MCAST_MSFILTER ||
	       (level == IPPROTO_IP && name == IP_MSFILTER);
}

static const struct socket_membership *membership_of(
	const struct socket *socket, const struct request *request)
{
	return socket_membership_find(socket, &request->group,
				      request->ifindex);
}

static int answer_v4(const struct socket_membership *m, void *value,
		     uint32_t value_len)
{
	uint32_t room =
		(value_len - (uint32_t)HEADER4_LEN) / sizeof(struct in_addr);
	uint32_t count = m->source_count;
	uint32_t mode = m->exclude ? MCAST_EXCLUDE : MCAST_INCLUDE;
	uint8_t *bytes = value;

	memcpy(bytes + offsetof(struct ip_msfilter, imsf_fmode), &mode,
	       sizeof(mode));
	memcpy(bytes + offsetof(struct ip_msfilter, imsf_numsrc), &count,
	       sizeof(count));
	if (count > room)
		count = room;
	for (uint32_t i = 0; i < count; i++)
		memcpy(bytes + HEADER4_LEN + i * sizeof(struct in_addr),
		       m->sources[i].bytes + 12, sizeof(struct in_addr));
	return (int)IP_MSFILTER_SIZE(count);
}

static void put_storage(uint8_t *to, const struct pyt_ip *ip)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	memset(to, 0, sizeof(struct sockaddr_storage));
	if (pyt_ip_is_v4(ip)) {
		v4.sin_addr.s_addr = htonl(pyt_ip_to_v4(ip));
		memcpy(to, &v4, sizeof(v4));
	} else {
		memcpy(&v6.sin6_addr, ip->bytes, sizeof(ip->bytes));
		memcpy(to, &v6, sizeof(v6));
	}
}

static int answer(const struct socket_membership *m, void *value,
		  uint32_t value_len)
{
	const uint32_t each = sizeof(struct sockaddr_storage);
	uint32_t room = (value_len - (uint32_t)HEADER_LEN) / each;
	uint32_t count = m->source_count;
	uint32_t mode = m->exclude ? MCAST_EXCLUDE : MCAST_INCLUDE;
	uint8_t *bytes = value;

	memcpy(bytes + offsetof(struct group_filter, gf_fmode), &mode,
	       sizeof(mode));
	memcpy(bytes + offsetof(struct group_filter, gf_numsrc), &count,
	       sizeof(count));
	if (count > room)
		count = room;
	for (uint32_t i = 0; i < count; i++)
		put_storage(bytes + HEADER_LEN + (size_t)i * each,
			    &m->sources[i]);
	return (int)GROUP_FILTER_SIZE(count);
}

int socket_filter_get(struct socket *socket, int level, int name, void *value,
		      uint32_t value_len)
{
	bool v4_form = name == IP_MSFILTER && level == IPPROTO_IP;
	const struct socket_membership *m;
	struct request request;

	if (value_len < (v4_form ? HEADER4_LEN : HEADER_LEN))
		return -EINVAL;
	if (v4_form)
		parse_v4(socket, value, &request);
	else if (!parse(socket, level, value, &request))
		return -EADDRNOTAVAIL;
	if (!pyt_ip_is_multicast(&request.group))
		return -EINVAL;
	m = membership_of(socket, &request);
	if (!m)
		return -EADDRNOTAVAIL;
	return v4_form ? answer_v4(m, value, value_len)
		       : answer(m, value, value_len);
}
