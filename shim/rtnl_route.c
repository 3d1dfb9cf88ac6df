/* rtnetlink: the routes. */
#include <errno.h>
#include <linux/in_route.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "kernel.h"
#include "rtnl.h"

#define TICK_US 10000 /* USER_HZ */

/* ------------------------------------------------------------------- write */

bool rtnl_is_connected(const struct pyt_stack *stack,
		       const struct pyt_route *route, struct pyt_ip *src)
{
	struct pyt_address_info address;

	if (!pyt_ip_is_unspecified(&route->gateway))
		return false;
	for (int i = 0; pyt_address_get(stack, i, &address) == 0; i++) {
		if (address.ifindex != route->ifindex ||
		    pyt_ip_is_v4(&address.ip) != pyt_ip_is_v4(&route->prefix) ||
		    address.prefix_len != route->prefix_len ||
		    !pyt_ip_in_prefix(&address.ip, &route->prefix,
				      route->prefix_len))
			continue;
		*src = address.ip;
		return true;
	}
	return false;
}

static bool is_kernels(const struct pyt_route *route)
{
	return route->owners & (PYT_ROUTE_OF_ADDRESS | PYT_ROUTE_OF_ROUTER);
}

static bool is_up(const struct pyt_stack *stack, int ifindex)
{
	struct pyt_iface_info iface;

	return rtnl_find_link(stack, ifindex, "", &iface) == 0 && iface.is_up;
}

static bool is_loopback(const struct pyt_stack *stack, int ifindex)
{
	struct pyt_iface_info iface;

	return rtnl_find_link(stack, ifindex, "", &iface) == 0 &&
	       iface.config.medium == PYT_MEDIUM_LOOPBACK;
}

/* A message of type in table, without its attributes. */
static struct rtmsg *begin(struct nl_writer *w,
			   const struct rtnl_header *header, bool v4,
			   unsigned prefix_len, uint8_t table, uint8_t type)
{
	struct rtmsg *body = nl_begin(w, header->type, header->flags,
				      header->seq, header->pid, sizeof(*body));

	if (!body)
		return NULL;
	body->rtm_family = v4 ? AF_INET : AF_INET6;
	body->rtm_dst_len = (uint8_t)prefix_len;
	body->rtm_table = table;
	body->rtm_protocol = RTPROT_KERNEL;
	body->rtm_scope = type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_LINK;
	body->rtm_type = type;
	return body;
}

/* Only of IPv6: RFC 4191's preference, as Linux's ICMPV6_ROUTER_PREF_. */
static void put_preference(struct nl_writer *w, int preference)
{
	nl_put_u8(w, RTA_PREF, preference < 0 ? 3 : (uint8_t)preference);
}

static uint8_t protocol_of(const struct pyt_route *route)
{
	if (route->advertised)
		return RTPROT_RA;
	if (route->owners == PYT_ROUTE_OF_DHCP)
		return RTPROT_DHCP;
	return is_kernels(route) ? RTPROT_KERNEL : RTPROT_BOOT;
}

/* What the path has told, and the router; 0: nothing. */
static void put_metrics(struct nl_writer *w, uint32_t mtu, uint8_t hop_limit)
{
	uint8_t bytes[16];
	struct nl_writer metrics;

	nl_writer_init(&metrics, bytes, sizeof(bytes));
	if (mtu)
		nl_put_u32(&metrics, RTAX_MTU, mtu);
	if (hop_limit)
		nl_put_u32(&metrics, RTAX_HOPLIMIT, hop_limit);
	if (metrics.len)
		nl_put(w, RTA_METRICS, bytes, metrics.len);
}

/* What only routes of IPv6 have: a router's words, and until when they hold. */
static void put_advertised(struct nl_writer *w, const struct pyt_route *route,
			   int64_t now_us)
{
	struct rta_cacheinfo cache = { 0 };

	if (route->owners == PYT_ROUTE_OF_ROUTER && route->until_us > now_us)
		cache.rta_expires =
			(int32_t)((route->until_us - now_us) / TICK_US);
	put_metrics(w, route->mtu, route->hop_limit);
	nl_put(w, RTA_CACHEINFO, &cache, sizeof(cache));
	put_preference(w, route->preference);
}

bool rtnl_put_route(struct nl_writer *w, const struct rtnl_header *header,
		    const struct pyt_stack *stack,
		    const struct pyt_route *route, int64_t now_us)
{
	bool v4 = pyt_ip_is_v4(&route->prefix);
	bool local = is_loopback(stack, route->ifindex);
	uint8_t table = local ? RT_TABLE_LOCAL : RT_TABLE_MAIN;
	struct pyt_ip src;
	bool connected = rtnl_is_connected(stack, route, &src);
	struct rtmsg *body = begin(w, header, v4, route->prefix_len, table,
				   local ? RTN_LOCAL : RTN_UNICAST);

	if (body)
		body->rtm_protocol = protocol_of(route);
	if (body && !pyt_ip_is_unspecified(&route->gateway))
		body->rtm_scope = RT_SCOPE_UNIVERSE;
	if (body && !v4)
		body->rtm_scope = RT_SCOPE_UNIVERSE;
	nl_put_u32(w, RTA_TABLE, table);
	if (route->prefix_len)
		nl_put_ip(w, RTA_DST, &route->prefix);
	if (!pyt_ip_is_unspecified(&route->gateway))
		nl_put_ip(w, RTA_GATEWAY, &route->gateway);
	nl_put_u32(w, RTA_OIF, (uint32_t)route->ifindex);
	if (!v4 || (!local && route->metric))
		nl_put_u32(w, RTA_PRIORITY, local ? 0 : route->metric);
	if (!pyt_ip_is_unspecified(&route->src))
		nl_put_ip(w, RTA_PREFSRC, &route->src);
	else if (connected && v4)
		nl_put_ip(w, RTA_PREFSRC, &src);
	if (!v4)
		put_advertised(w, route, now_us);
	return nl_end(w);
}

/* What an address brings into the table "local". */
static bool put_local(struct nl_writer *w, const struct rtnl_header *header,
		      const struct pyt_address_info *address, bool broadcast)
{
	bool v4 = pyt_ip_is_v4(&address->ip);
	struct pyt_ip dst = address->ip;
	struct rtmsg *body;

	if (broadcast)
		dst = pyt_ip_from_v4(
			pyt_ip_to_v4(&dst) |
			(uint32_t)(0xffffffffull >> address->prefix_len));
	body = begin(w, header, v4, v4 ? 32 : 128, RT_TABLE_LOCAL,
		     broadcast ? RTN_BROADCAST : RTN_LOCAL);
	if (body && !v4)
		body->rtm_scope = RT_SCOPE_UNIVERSE;
	nl_put_u32(w, RTA_TABLE, RT_TABLE_LOCAL);
	nl_put_ip(w, RTA_DST, &dst);
	nl_put_u32(w, RTA_OIF, (uint32_t)address->ifindex);
	if (v4) {
		nl_put_ip(w, RTA_PREFSRC, &address->ip);
	} else {
		nl_put_u32(w, RTA_PRIORITY, 0);
		put_preference(w, 0);
	}
	return nl_end(w);
}

/* Groups of IPv6 go out by each link. */
static bool put_groups(struct nl_writer *w, const struct rtnl_header *header,
		       int ifindex)
{
	static const struct pyt_ip groups = { { 0xff } };
	struct rtmsg *body =
		begin(w, header, false, 8, RT_TABLE_LOCAL, RTN_MULTICAST);

	if (body)
		body->rtm_scope = RT_SCOPE_UNIVERSE;
	nl_put_u32(w, RTA_TABLE, RT_TABLE_LOCAL);
	nl_put_ip(w, RTA_DST, &groups);
	nl_put_u32(w, RTA_PRIORITY, PYT_METRIC6_KERNEL);
	nl_put_u32(w, RTA_OIF, (uint32_t)ifindex);
	put_preference(w, 0);
	return nl_end(w);
}

/* -------------------------------------------------------------------- dump */

/* What a dump is to be limited to; 0: all. */
struct filter {
	uint8_t family, protocol;
	uint32_t table;
	int ifindex;
};

static bool parse_filter(const struct nl_request *request,
			 struct filter *filter)
{
	struct nl_value value[RTA_TABLE + 1];
	struct rtmsg body;

	*filter = (struct filter){ 0 };
	if (request->body_len < sizeof(body)) {
		filter->family = request->body_len ? request->body[0] : 0;
		return true;
	}
	memcpy(&body, request->body, sizeof(body));
	filter->family = body.rtm_family;
	if (body.rtm_flags & RTM_F_CLONED)
		return false; /* the cache of routes: there is none */
	if (!request->socket->strict)
		return true;
	if (!nl_parse(request->body + sizeof(body),
		      request->body_len - sizeof(body), value, RTA_TABLE))
		return false;
	filter->table = nl_u32(&value[RTA_TABLE], body.rtm_table);
	filter->ifindex = (int)nl_u32(&value[RTA_OIF], 0);
	filter->protocol = body.rtm_protocol;
	return true;
}

static bool passes(const struct filter *filter, const struct pyt_ip *ip,
		   uint32_t table, int ifindex)
{
	int family = pyt_ip_is_v4(ip) ? AF_INET : AF_INET6;

	return (!filter->family || filter->family == family) &&
	       (!filter->table || filter->table == table) &&
	       (!filter->ifindex || filter->ifindex == ifindex);
}

bool rtnl_is_itself(const struct pyt_stack *stack,
		    const struct pyt_route *route)
{
	struct pyt_ip src;

	return pyt_ip_is_v4(&route->prefix) && route->prefix_len == 32 &&
	       rtnl_is_connected(stack, route, &src);
}

/* The shortest prefix comes first, as in Linux. */
static bool dump_route(struct nl_request *request, const struct filter *filter,
		       unsigned ordinal)
{
	const struct pyt_stack *stack = request->server->stack;
	struct rtnl_header header = rtnl_answer(request, RTM_NEWROUTE);
	struct pyt_route route;

	if (pyt_route_get(stack, (int)ordinal, &route) < 0 ||
	    !is_up(stack, route.ifindex) || rtnl_is_itself(stack, &route) ||
	    !passes(filter, &route.prefix,
		    is_loopback(stack, route.ifindex) ? RT_TABLE_LOCAL
						      : RT_TABLE_MAIN,
		    route.ifindex))
		return true;
	if (filter->protocol && filter->protocol != protocol_of(&route))
		return true;
	return rtnl_put_route(request->out, &header, stack, &route,
			      request->server->now_us);
}

/* Two for each address: itself, and its broadcast address if it has one. */
static bool dump_local(struct nl_request *request, const struct filter *filter,
		       unsigned ordinal)
{
	const struct pyt_stack *stack = request->server->stack;
	struct rtnl_header header = rtnl_answer(request, RTM_NEWROUTE);
	struct pyt_address_info address;
	bool broadcast = ordinal & 1;

	if (pyt_address_get(stack, (int)(ordinal / 2), &address) < 0 ||
	    !passes(filter, &address.ip, RT_TABLE_LOCAL, address.ifindex) ||
	    /* ::1/128 on lo stands among the routes already */
	    (pyt_ip_is_loopback(&address.ip) && !pyt_ip_is_v4(&address.ip)) ||
	    (filter->protocol && filter->protocol != RTPROT_KERNEL))
		return true;
	if (broadcast &&
	    (!pyt_ip_is_v4(&address.ip) || address.prefix_len > 30))
		return true;
	return put_local(request->out, &header, &address, broadcast);
}

static bool dump_groups(struct nl_request *request, const struct filter *filter,
			const struct pyt_iface_info *iface)
{
	static const struct pyt_ip groups = { { 0xff } };
	struct rtnl_header header = rtnl_answer(request, RTM_NEWROUTE);

	if (!iface->is_up || iface->config.medium == PYT_MEDIUM_LOOPBACK ||
	    !passes(filter, &groups, RT_TABLE_LOCAL, iface->ifindex) ||
	    (filter->protocol && filter->protocol != RTPROT_KERNEL))
		return true;
	return put_groups(request->out, &header, iface->ifindex);
}

static bool shares_prefix(const struct pyt_stack *stack, unsigned ordinal,
			  const struct pyt_route *route)
{
	struct pyt_route other;

	return pyt_route_get(stack, (int)ordinal, &other) == 0 &&
	       other.prefix_len == route->prefix_len &&
	       pyt_ip_equal(&other.prefix, &route->prefix);
}

/*
 * The table is dumped from its end, the short prefixes first, but routes to
 * one prefix with the lower metric first: each changes its place with the one
 * that is as far from the other end of theirs.
 */
static unsigned metric_place(const struct pyt_stack *stack, unsigned ordinal)
{
	struct pyt_route route, other;
	unsigned behind = 0, at = 0;

	if (pyt_route_get(stack, (int)ordinal, &route) < 0)
		return ordinal;
	for (unsigned i = ordinal + 1;
	     pyt_route_get(stack, (int)i, &other) == 0; i++)
		behind += shares_prefix(stack, i, &route);
	while (!shares_prefix(stack, at, &route) || behind-- > 0)
		at++;
	return at;
}

bool rtnl_dump_routes(struct nl_request *request, unsigned *cursor)
{
	const struct pyt_stack *stack = request->server->stack;
	unsigned routes = 0, addresses = 0;
	struct pyt_address_info address;
	struct pyt_iface_info iface;
	struct pyt_route route;
	struct filter filter;
	bool done;

	if (!parse_filter(request, &filter))
		return false;
	while (pyt_route_get(stack, (int)routes, &route) == 0)
		routes++;
	while (pyt_address_get(stack, (int)addresses, &address) == 0)
		addresses++;
	if (*cursor < routes)
		done = dump_route(request, &filter,
				  metric_place(stack, routes - 1 - *cursor));
	else if (*cursor < routes + 2 * addresses)
		done = dump_local(request, &filter, *cursor - routes);
	else if (pyt_iface_get(stack, (int)(*cursor - routes - 2 * addresses),
			       &iface) == 0)
		done = dump_groups(request, &filter, &iface);
	else
		return false;
	*cursor += done;
	return true;
}

/* ------------------------------------------------------------------ lookup */

int rtnl_parse_route(const struct nl_request *request,
		     struct rtnl_route_request *r)
{
	if (request->body_len < sizeof(r->body))
		return -EINVAL;
	memcpy(&r->body, request->body, sizeof(r->body));
	if (r->body.rtm_family != AF_INET && r->body.rtm_family != AF_INET6)
		return -EAFNOSUPPORT;
	if (!nl_parse(request->body + sizeof(r->body),
		      request->body_len - sizeof(r->body), r->value, RTA_TABLE))
		return -EINVAL;
	r->v4 = r->body.rtm_family == AF_INET;
	return 0;
}

/* Else by what an address brings into the table "local", or groups. */
static bool is_by_route(const struct pyt_way *way)
{
	return way->has_route && !way->local && !way->multicast;
}

/* Of IPv4 a copy of a route is shown, of IPv6 the route itself. */
static void fill_way(const struct rtnl_route_request *r,
		     const struct pyt_way *way, struct rtmsg *body)
{
	body->rtm_scope = RT_SCOPE_UNIVERSE;
	if (r->v4) {
		body->rtm_protocol = RTPROT_UNSPEC;
		body->rtm_flags = RTM_F_CLONED | (way->local ? RTCF_LOCAL : 0);
		return;
	}
	body->rtm_src_len = 128;
	if (is_by_route(way))
		body->rtm_protocol = protocol_of(&way->route);
}

static void put_way4(struct nl_request *request)
{
	nl_put_u32(request->out, RTA_UID,
		   (uint32_t)kernel_call(SYS_geteuid, 0, 0, 0, 0, 0, 0));
}

static void put_way6(struct nl_request *request, const struct pyt_way *way)
{
	uint32_t metric = way->multicast ? PYT_METRIC6_KERNEL : 0;

	if (is_by_route(way))
		metric = way->route.metric;
	nl_put_u32(request->out, RTA_PRIORITY, metric);
	put_preference(request->out,
		       is_by_route(way) ? way->route.preference : 0);
}

static void put_way_metrics(struct nl_writer *w, const struct pyt_way *way)
{
	const struct pyt_route *route = &way->route;
	uint32_t mtu = way->mtu_is_learned ? way->mtu : 0;

	if (is_by_route(way))
		put_metrics(w, mtu ? mtu : route->mtu, route->hop_limit);
	else
		put_metrics(w, mtu, 0);
}

static void put_way(struct nl_request *request,
		    const struct rtnl_route_request *r,
		    const struct pyt_ip *dst, const struct pyt_ip *src,
		    const struct pyt_way *way)
{
	struct rtnl_header header = rtnl_answer(request, RTM_NEWROUTE);
	/* of IPv4 Linux has both in one, as long as nobody makes rules */
	uint8_t table = (way->local || way->multicast) && !r->v4
				? RT_TABLE_LOCAL
				: RT_TABLE_MAIN;
	struct rta_cacheinfo cache = { 0 };
	struct nl_writer *w = request->out;
	struct rtmsg *body;

	body = begin(w, &header, r->v4, r->v4 ? 32 : 128, table,
		     way->local	      ? RTN_LOCAL
		     : way->broadcast ? RTN_BROADCAST
		     : way->multicast ? RTN_MULTICAST
				      : RTN_UNICAST);
	if (body)
		fill_way(r, way, body);
	nl_put_u32(w, RTA_TABLE, table);
	nl_put_ip(w, RTA_DST, dst);
	if (!r->v4) /* Linux shows the source that was asked for, or :: */
		nl_put_ip(w, RTA_SRC, src);
	nl_put_u32(w, RTA_OIF, (uint32_t)way->ifindex);
	nl_put_ip(w, RTA_PREFSRC, &way->src);
	if (!way->local && !pyt_ip_equal(&way->next_hop, dst))
		nl_put_ip(w, RTA_GATEWAY, &way->next_hop);
	if (r->v4)
		put_way4(request);
	else
		put_way6(request, way);
	put_way_metrics(w, way);
	nl_put(w, RTA_CACHEINFO, &cache, sizeof(cache));
	nl_end(w);
}

/* RTM_GETROUTE of one: which way a packet would go. */
int rtnl_get_route(struct nl_request *request)
{
	struct server *server = request->server;
	struct rtnl_route_request r;
	struct pyt_ip dst = { 0 }, src = { 0 };
	struct pyt_way way;
	bool has_src;
	int result = rtnl_parse_route(request, &r);

	if (result < 0)
		return result;
	if (!nl_ip(&r.value[RTA_DST], r.body.rtm_family, &dst))
		dst = r.v4 ? pyt_ip_from_v4(0) : dst;
	has_src = nl_ip(&r.value[RTA_SRC], r.body.rtm_family, &src);
	result = pyt_way_find(server->stack, &dst, has_src ? &src : NULL,
			      (int)nl_u32(&r.value[RTA_OIF], 0), server->now_us,
			      &way);
	if (result == -EADDRNOTAVAIL && has_src)
		result = -EINVAL; /* as Linux says of a source not ours */
	if (result < 0)
		return result;
	put_way(request, &r, &dst, &src, &way);
	return 0;
}
