/* Memberships of a socket and their source filters. RFC 3678; ip(7). */
#include "socket/socket_membership.h"

#include <errno.h>
#include <string.h>

#include "socket/socket.h"

#define LO_INDEX 1

struct socket_membership *socket_membership_find(const struct socket *socket,
						 const struct pyt_ip *group,
						 int ifindex)
{
	struct socket_membership *m;

	if (!socket->datagrams)
		return NULL;
	LIST_FOREACH (m, &socket->datagrams->memberships, link)
		if (pyt_ip_equal(&m->group, group) && m->ifindex == ifindex)
			return m;
	return NULL;
}

static struct ip_filter filter_of(const struct socket_membership *m)
{
	return (struct ip_filter){ .exclude = m->exclude,
				   .count = m->source_count,
				   .sources = m->sources };
}

static uint32_t sources_max(const struct socket *socket,
			    const struct pyt_ip *group)
{
	const struct socket_limits *limits = &socket->room->limits;

	return (uint32_t)(pyt_ip_is_v4(group) ? limits->sources4_max
					      : limits->sources6_max);
}

int socket_membership_join(struct socket *socket, const struct pyt_ip *group,
			   int ifindex, bool exclude)
{
	struct socket_datagrams *d = socket->datagrams;
	struct engine *engine = socket->room->engine;
	struct ip_filter filter = { .exclude = exclude };
	struct socket_membership *m;
	bool v4 = pyt_ip_is_v4(group);
	int error;

	if (socket_membership_find(socket, group, ifindex))
		return -EADDRINUSE;
	if (v4 && d->membership4_count >= socket->room->limits.memberships_max)
		return -ENOBUFS;
	m = engine_alloc(engine, sizeof(*m));
	if (!m)
		return -ENOBUFS;
	error = ip_group_change(socket->room->ip, ifindex, group, NULL, &filter,
				socket->room->now_us);
	if (error) {
		engine_free(engine, m, sizeof(*m));
		return error;
	}
	m->group = *group;
	m->ifindex = ifindex;
	m->exclude = exclude;
	LIST_INSERT_HEAD(&d->memberships, m, link);
	d->membership4_count += v4;
	return 0;
}

static void leave(struct socket *socket, struct socket_membership *m)
{
	struct engine *engine = socket->room->engine;
	struct ip_filter filter = filter_of(m);

	ip_group_change(socket->room->ip, m->ifindex, &m->group, &filter, NULL,
			socket->room->now_us);
	LIST_REMOVE(m, link);
	socket->datagrams->membership4_count -= pyt_ip_is_v4(&m->group);
	engine_free(engine, m->sources, m->source_count * sizeof(*m->sources));
	engine_free(engine, m, sizeof(*m));
}

int socket_membership_leave(struct socket *socket, const struct pyt_ip *group,
			    int ifindex)
{
	struct socket_membership *m =
		socket_membership_find(socket, group, ifindex);

	if (!m)
		return -EADDRNOTAVAIL;
	leave(socket, m);
	return 0;
}

void socket_membership_leave_all(struct socket *socket)
{
	struct socket_membership *m;

	while ((m = LIST_FIRST(&socket->datagrams->memberships)) != NULL)
		leave(socket, m);
}

/* Takes a copy of the filter's sources. */
static int replace(struct socket *socket, struct socket_membership *m,
		   const struct ip_filter *filter)
{
	struct engine *engine = socket->room->engine;
	struct ip_filter old = filter_of(m), new = *filter;
	struct pyt_ip *sources = NULL;
	int error;

	if (filter->count > 0) {
		sources =
			engine_alloc(engine, filter->count * sizeof(*sources));
		if (!sources)
			return -ENOBUFS;
		memcpy(sources, filter->sources,
		       filter->count * sizeof(*sources));
		new.sources = sources;
	}
	error = ip_group_change(socket->room->ip, m->ifindex, &m->group, &old,
				&new, socket->room->now_us);
	if (error) {
		engine_free(engine, sources, filter->count * sizeof(*sources));
		return error;
	}
	engine_free(engine, m->sources, m->source_count * sizeof(*m->sources));
	m->exclude = new.exclude;
	m->source_count = new.count;
	m->sources = sources;
	return 0;
}

static int source_find(const struct socket_membership *m,
		       const struct pyt_ip *source)
{
	for (uint32_t i = 0; i < m->source_count; i++)
		if (pyt_ip_equal(&m->sources[i], source))
			return (int)i;
	return -1;
}

static int add_source(struct socket *socket, struct socket_membership *m,
		      const struct pyt_ip *source, bool exclude)
{
	struct pyt_ip sources[SOCKET_SOURCES_MAX];
	struct ip_filter filter = { .exclude = exclude, .sources = sources };

	if (m->source_count >= sources_max(socket, &m->group))
		return -ENOBUFS;
	if (source_find(m, source) >= 0)
		return -EADDRNOTAVAIL;
	if (m->source_count > 0)
		memcpy(sources, m->sources, m->source_count * sizeof(*sources));
	sources[m->source_count] = *source;
	filter.count = m->source_count + 1;
	return replace(socket, m, &filter);
}

/* The last source of INCLUDE goes, and the membership with it. */
static int remove_source(struct socket *socket, struct socket_membership *m,
			 const struct pyt_ip *source, bool exclude)
{
	struct pyt_ip sources[SOCKET_SOURCES_MAX];
	struct ip_filter filter = { .exclude = exclude, .sources = sources };
	int at = source_find(m, source);

	if (at < 0)
		return -EADDRNOTAVAIL;
	if (m->source_count == 1 && !exclude) {
		leave(socket, m);
		return 0;
	}
	for (uint32_t i = 0; i < m->source_count; i++)
		if ((int)i != at)
			sources[filter.count++] = m->sources[i];
	return replace(socket, m, &filter);
}

int socket_membership_source(struct socket *socket, const struct pyt_ip *group,
			     int ifindex, const struct pyt_ip *source,
			     bool exclude, bool add)
{
	struct socket_membership *m =
		socket_membership_find(socket, group, ifindex);

	if (!m)
		return -EINVAL;
	/* the mode may change while it says nothing */
	if (m->exclude != exclude && m->source_count > 0)
		return -EINVAL;
	return add ? add_source(socket, m, source, exclude)
		   : remove_source(socket, m, source, exclude);
}

int socket_membership_set(struct socket *socket, const struct pyt_ip *group,
			  int ifindex, const struct ip_filter *filter)
{
	struct socket_membership *m;

	if (!filter->exclude && filter->count == 0)
		return socket_membership_leave(socket, group, ifindex);
	if (filter->count > sources_max(socket, group))
		return -ENOBUFS;
	m = socket_membership_find(socket, group, ifindex);
	if (!m)
		return -EINVAL;
	return replace(socket, m, filter);
}

static bool lets_through(const struct socket_membership *m,
			 const struct pyt_ip *source)
{
	return (source_find(m, source) >= 0) != m->exclude;
}

/* Copies of what we sent come by lo: there the link is not known. */
bool socket_membership_wants(const struct socket *socket,
			     const struct packet_in *packet)
{
	int ifindex = packet->iface->ifindex;
	const struct socket_membership *m;
	bool is_in_it = false;

	if (!packet->dst_multicast)
		return true;
	if (socket->datagrams) {
		LIST_FOREACH (m, &socket->datagrams->memberships, link) {
			if ((m->ifindex != ifindex && ifindex != LO_INDEX) ||
			    !pyt_ip_equal(&m->group, &packet->dst))
				continue;
			if (lets_through(m, &packet->src))
				return true;
			is_in_it = true;
		}
	}
	if (is_in_it)
		return false;
	return pyt_ip_is_v4(&packet->dst) ? socket->options->multicast_all
					  : socket->options->multicast_all6;
}
