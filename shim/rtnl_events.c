/* Events of rtnetlink(7): the difference to what was told last. */
#include "rtnl_events.h"

#include <linux/rtnetlink.h>
#include <string.h>

#include "rtnl.h"

#define LINKS_MAX 16
#define ADDRESSES_MAX 256
#define ROUTES_MAX 1024
#define NEIGHBOURS_MAX 1024
#define EVENT_ROOM 2048

#define BIT(group) (1ull << ((group)-1))
#define GROUPS                                                               \
	(BIT(RTNLGRP_LINK) | BIT(RTNLGRP_NEIGH) | BIT(RTNLGRP_IPV4_IFADDR) | \
	 BIT(RTNLGRP_IPV4_ROUTE) | BIT(RTNLGRP_IPV6_IFADDR) |                \
	 BIT(RTNLGRP_IPV6_ROUTE))

/* The neighbour's state is one of few constant strings: compared as such. */
struct snapshot {
	unsigned links, addresses, routes, neighbours;
	struct pyt_iface_info link[LINKS_MAX]; /* without their counts */
	struct pyt_address_info address[ADDRESSES_MAX];
	struct pyt_route route[ROUTES_MAX];
	struct pyt_neighbour_info neighbour[NEIGHBOURS_MAX];
};

struct rtnl_events {
	uint32_t route_changes, neighbour_changes;
	struct snapshot told, now;
};

/* -------------------------------------------------------------------- look */

static void look_at_links(const struct pyt_stack *stack, struct snapshot *s)
{
	struct pyt_iface_info info;

	s->links = 0;
	while (s->links < LINKS_MAX &&
	       pyt_iface_get(stack, (int)s->links, &info) == 0) {
		struct pyt_iface_info *link = &s->link[s->links++];

		memset(link, 0, sizeof(*link));
		link->ifindex = info.ifindex;
		link->config = info.config;
		link->is_up = info.is_up;
	}
}

static void look(const struct pyt_stack *stack, struct snapshot *s)
{
	look_at_links(stack, s);
	s->addresses = s->routes = s->neighbours = 0;
	while (s->addresses < ADDRESSES_MAX &&
	       pyt_address_get(stack, (int)s->addresses,
			       &s->address[s->addresses]) == 0)
		s->addresses++;
	while (s->routes < ROUTES_MAX &&
	       pyt_route_get(stack, (int)s->routes, &s->route[s->routes]) == 0)
		s->route[s->routes++].until_us = 0; /* Linux is silent, too */
	while (s->neighbours < NEIGHBOURS_MAX &&
	       pyt_neighbour_get(stack, (int)s->neighbours,
				 &s->neighbour[s->neighbours]) == 0)
		s->neighbours++;
}

/* -------------------------------------------------------------------- tell */

static void tell_link(struct server *server, const void *item, bool gone)
{
	struct rtnl_header header = { gone ? RTM_DELLINK : RTM_NEWLINK };
	uint8_t bytes[EVENT_ROOM];
	struct nl_writer w;

	nl_writer_init(&w, bytes, sizeof(bytes));
	if (rtnl_put_link(&w, &header, server->stack, item))
		netlink_tell(server, NETLINK_ROUTE, RTNLGRP_LINK, bytes, w.len);
}

static void tell_address(struct server *server, const void *item, bool gone)
{
	struct rtnl_header header = { gone ? RTM_DELADDR : RTM_NEWADDR };
	const struct pyt_address_info *address = item;
	struct pyt_iface_info iface;
	uint8_t bytes[EVENT_ROOM];
	struct nl_writer w;

	nl_writer_init(&w, bytes, sizeof(bytes));
	if (rtnl_find_link(server->stack, address->ifindex, "", &iface) == 0 &&
	    rtnl_put_address(&w, &header, server, address, &iface))
		netlink_tell(server, NETLINK_ROUTE,
			     pyt_ip_is_v4(&address->ip) ? RTNLGRP_IPV4_IFADDR
							: RTNLGRP_IPV6_IFADDR,
			     bytes, w.len);
}

static void tell_route(struct server *server, const void *item, bool gone)
{
	struct rtnl_header header = { gone ? RTM_DELROUTE : RTM_NEWROUTE };
	const struct pyt_route *route = item;
	uint8_t bytes[EVENT_ROOM];
	struct nl_writer w;

	nl_writer_init(&w, bytes, sizeof(bytes));
	if (rtnl_put_route(&w, &header, server->stack, route, server->now_us))
		netlink_tell(server, NETLINK_ROUTE,
			     pyt_ip_is_v4(&route->prefix) ? RTNLGRP_IPV4_ROUTE
							  : RTNLGRP_IPV6_ROUTE,
			     bytes, w.len);
}

static void tell_neighbour(struct server *server, const void *item, bool gone)
{
	struct rtnl_header header = { gone ? RTM_DELNEIGH : RTM_NEWNEIGH };
	uint8_t bytes[EVENT_ROOM];
	struct nl_writer w;

	nl_writer_init(&w, bytes, sizeof(bytes));
	if (rtnl_put_neighbour(&w, &header, item))
		netlink_tell(server, NETLINK_ROUTE, RTNLGRP_NEIGH, bytes,
			     w.len);
}

/* ----------------------------------------------------------------- compare */

static bool same_link(const void *a, const void *b)
{
	return ((const struct pyt_iface_info *)a)->ifindex ==
	       ((const struct pyt_iface_info *)b)->ifindex;
}

static bool same_address(const void *a, const void *b)
{
	const struct pyt_address_info *x = a, *y = b;

	return x->ifindex == y->ifindex && pyt_ip_equal(&x->ip, &y->ip) &&
	       x->prefix_len == y->prefix_len;
}

static bool same_route(const void *a, const void *b)
{
	const struct pyt_route *x = a, *y = b;

	return x->ifindex == y->ifindex && x->prefix_len == y->prefix_len &&
	       x->metric == y->metric && pyt_ip_equal(&x->prefix, &y->prefix) &&
	       pyt_ip_equal(&x->gateway, &y->gateway);
}

static bool same_neighbour(const void *a, const void *b)
{
	const struct pyt_neighbour_info *x = a, *y = b;

	return x->ifindex == y->ifindex && pyt_ip_equal(&x->ip, &y->ip);
}

/* One kind of thing, as a list in both snapshots. */
struct kind {
	const uint8_t *told, *now;
	unsigned told_count, now_count;
	size_t len; /* of an item */
	bool (*same)(const void *a, const void *b);
	void (*tell)(struct server *server, const void *item, bool gone);
};

static const void *find(const struct kind *kind, const uint8_t *list,
			unsigned count, const void *item)
{
	for (unsigned i = 0; i < count; i++)
		if (kind->same(list + i * kind->len, item))
			return list + i * kind->len;
	return NULL;
}

static void compare(struct server *server, const struct kind *kind)
{
	if (kind->told_count == kind->now_count &&
	    memcmp(kind->told, kind->now, kind->len * kind->now_count) == 0)
		return;
	for (unsigned i = 0; i < kind->told_count; i++) {
		const void *item = kind->told + i * kind->len;

		if (!find(kind, kind->now, kind->now_count, item))
			kind->tell(server, item, true);
	}
	for (unsigned i = 0; i < kind->now_count; i++) {
		const void *item = kind->now + i * kind->len;
		const void *old =
			find(kind, kind->told, kind->told_count, item);

		if (!old || memcmp(old, item, kind->len) != 0)
			kind->tell(server, item, false);
	}
}

#define KIND(one, many, same, tell)                                          \
	{                                                                    \
		(const uint8_t *)told->one, (const uint8_t *)now->one,       \
			told->many, now->many, sizeof(*now->one), same, tell \
	}

static void tell_differences(struct server *server)
{
	const struct snapshot *told = &server->events->told;
	const struct snapshot *now = &server->events->now;
	const struct kind kinds[] = {
		KIND(link, links, same_link, tell_link),
		KIND(address, addresses, same_address, tell_address),
		KIND(route, routes, same_route, tell_route),
		KIND(neighbour, neighbours, same_neighbour, tell_neighbour),
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		compare(server, &kinds[i]);
}

void rtnl_events_check(struct server *server)
{
	bool wanted = netlink_has_listener(server, NETLINK_ROUTE, GROUPS);
	struct rtnl_events *events = server->events;

	if (wanted && !events) {
		events = arena_alloc(server->arena, sizeof(*events));
		server->events = events;
		if (!events)
			return;
		events->route_changes = pyt_route_changes(server->stack);
		events->neighbour_changes =
			pyt_neighbour_changes(server->stack);
		look(server->stack, &events->told);
	} else if (!wanted && events) {
		arena_free(server->arena, events, sizeof(*events));
		server->events = NULL;
	}
}

void rtnl_events_run(struct server *server)
{
	struct rtnl_events *events = server->events;
	uint32_t routes, neighbours;

	if (!events)
		return;
	routes = pyt_route_changes(server->stack);
	neighbours = pyt_neighbour_changes(server->stack);
	if (routes == events->route_changes &&
	    neighbours == events->neighbour_changes)
		return;
	events->route_changes = routes;
	events->neighbour_changes = neighbours;
	look(server->stack, &events->now);
	tell_differences(server);
	events->told = events->now;
}
