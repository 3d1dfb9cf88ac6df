/*
 * Interposed: source filters of multicast groups, RFC 3678. The C library's
 * own ones use its inner setsockopt(), which nobody can interpose: here they
 * are put together again, for our sockets.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "descriptor.h"
#include "libc_real.h"
#include "socket_options.h"

#define SOURCES_MAX 1024 /* more than the stack takes */

static int set_option(const struct descriptor *descriptor, int level, int name,
		      void *value, size_t len)
{
	int result = -ENOMEM;

	if (value)
		result = socket_options_set(descriptor, level, name, value,
					    (socklen_t)len);
	free(value);
	return (int)libc_result(result);
}

INTERPOSED int setipv4sourcefilter(int fd, struct in_addr interface,
				   struct in_addr group, uint32_t mode,
				   uint32_t count,
				   const struct in_addr *sources)
{
	struct descriptor descriptor;
	struct ip_msfilter *filter;
	size_t len = IP_MSFILTER_SIZE(count);

	if (!descriptor_get(fd, &descriptor))
		return libc_real.setipv4sourcefilter(fd, interface, group, mode,
						     count, sources);
	if (count > SOURCES_MAX)
		return (int)libc_result(-ENOBUFS);
	filter = calloc(1, len > sizeof(*filter) ? len : sizeof(*filter));
	if (filter) {
		filter->imsf_multiaddr = group;
		filter->imsf_interface = interface;
		filter->imsf_fmode = mode;
		filter->imsf_numsrc = count;
		memcpy((char *)filter + IP_MSFILTER_SIZE(0), sources,
		       count * sizeof(*sources));
	}
	return set_option(&descriptor, IPPROTO_IP, IP_MSFILTER, filter, len);
}

/* What of the sources was given stays within what there is room for. */
static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

INTERPOSED int getipv4sourcefilter(int fd, struct in_addr interface,
				   struct in_addr group, uint32_t *mode,
				   uint32_t *count, struct in_addr *sources)
{
	struct descriptor descriptor;
	uint32_t room = smaller(*count, SOURCES_MAX);
	socklen_t len = (socklen_t)IP_MSFILTER_SIZE(room);
	struct ip_msfilter *filter;
	int result = -ENOMEM;

	if (!descriptor_get(fd, &descriptor))
		return libc_real.getipv4sourcefilter(fd, interface, group, mode,
						     count, sources);
	filter = calloc(1, len > sizeof(*filter) ? len : sizeof(*filter));
	if (filter) {
		filter->imsf_multiaddr = group;
		filter->imsf_interface = interface;
		result = socket_options_get(&descriptor, IPPROTO_IP,
					    IP_MSFILTER, filter, &len);
	}
	if (result == 0) {
		*mode = filter->imsf_fmode;
		memcpy(sources, (char *)filter + IP_MSFILTER_SIZE(0),
		       smaller(room, filter->imsf_numsrc) * sizeof(*sources));
		*count = filter->imsf_numsrc;
	}
	free(filter);
	return (int)libc_result(result);
}

/* -1: no family that has groups, as glibc sees it. */
static int level_of(const struct sockaddr *group, socklen_t group_len)
{
	if (group->sa_family == AF_INET &&
	    group_len == sizeof(struct sockaddr_in))
		return IPPROTO_IP;
	if (group->sa_family == AF_INET6 &&
	    group_len == sizeof(struct sockaddr_in6))
		return IPPROTO_IPV6;
	return -1;
}

/* For count sources; NULL: no memory. */
static struct group_filter *filter_create(uint32_t ifindex,
					  const struct sockaddr *group,
					  socklen_t group_len, uint32_t count)
{
	size_t len = GROUP_FILTER_SIZE(count);
	struct group_filter *filter =
		calloc(1, len > sizeof(*filter) ? len : sizeof(*filter));

	if (!filter)
		return NULL;
	filter->gf_interface = ifindex;
	memcpy(&filter->gf_group, group, group_len);
	filter->gf_numsrc = count;
	return filter;
}

INTERPOSED int setsourcefilter(int fd, uint32_t ifindex,
			       const struct sockaddr *group,
			       socklen_t group_len, uint32_t mode,
			       uint32_t count,
			       const struct sockaddr_storage *sources)
{
	struct descriptor descriptor;
	struct group_filter *filter;
	int level;

	if (!descriptor_get(fd, &descriptor))
		return libc_real.setsourcefilter(fd, ifindex, group, group_len,
						 mode, count, sources);
	level = level_of(group, group_len);
	if (level < 0 || count > SOURCES_MAX)
		return (int)libc_result(level < 0 ? -EINVAL : -ENOBUFS);
	filter = filter_create(ifindex, group, group_len, count);
	if (filter) {
		filter->gf_fmode = mode;
		memcpy((char *)filter + GROUP_FILTER_SIZE(0), sources,
		       count * sizeof(*sources));
	}
	return set_option(&descriptor, level, MCAST_MSFILTER, filter,
			  GROUP_FILTER_SIZE(count));
}

INTERPOSED int getsourcefilter(int fd, uint32_t ifindex,
			       const struct sockaddr *group,
			       socklen_t group_len, uint32_t *mode,
			       uint32_t *count,
			       struct sockaddr_storage *sources)
{
	struct descriptor descriptor;
	uint32_t room = smaller(*count, SOURCES_MAX);
	socklen_t len = (socklen_t)GROUP_FILTER_SIZE(room);
	struct group_filter *filter;
	int level, result = -ENOMEM;

	if (!descriptor_get(fd, &descriptor))
		return libc_real.getsourcefilter(fd, ifindex, group, group_len,
						 mode, count, sources);
	level = level_of(group, group_len);
	if (level < 0)
		return (int)libc_result(-EINVAL);
	filter = filter_create(ifindex, group, group_len, room);
	if (filter)
		result = socket_options_get(&descriptor, level, MCAST_MSFILTER,
					    filter, &len);
	if (result == 0) {
		*mode = filter->gf_fmode;
		memcpy(sources, (char *)filter + GROUP_FILTER_SIZE(0),
		       smaller(room, filter->gf_numsrc) * sizeof(*sources));
		*count = filter->gf_numsrc;
	}
	free(filter);
	return (int)libc_result(result);
}
