/* rtnetlink: routes that are added, replaced, deleted. */
#include <errno.h>
#include <linux/rtnetlink.h>

#include "rtnl.h"

static int refuse(struct nl_request *request, const char *reason)
{
	request->reason = reason;
	return -EOPNOTSUPP;
}

static int check_route(struct nl_request *request,
		       const struct rtnl_route_request *r)
{
	uint32_t table = nl_u32(&r->value[RTA_TABLE], r->body.rtm_table);

	if (r->body.rtm_type != RTN_UNICAST && r->body.rtm_type != RTN_UNSPEC)
		return refuse(request, "a stack has unicast routes only");
	if (table != RT_TABLE_MAIN && table != RT_TABLE_UNSPEC)
		return refuse(request, "a stack has the table main only");
	if (r->value[RTA_MULTIPATH].data)
		return refuse(request, "a route has one next hop here");
	if (r->value[RTA_METRICS].data)
		return refuse(request, "routes carry no metrics of paths");
	return 0;
}

static int parse_change(struct nl_request *request,
			struct rtnl_route_request *r)
{
	int result = rtnl_parse_route(request, r);
	struct pyt_ip none = { 0 };
	unsigned family;

	if (result < 0)
		return result;
	family = r->body.rtm_family;
	if (r->v4)
		none = pyt_ip_from_v4(0);
	r->route = (struct pyt_route){
		.prefix = none,
		.prefix_len = r->body.rtm_dst_len,
		.gateway = none,
		.ifindex = (int)nl_u32(&r->value[RTA_OIF], 0),
		.metric = nl_u32(&r->value[RTA_PRIORITY], 0),
	};
	if (r->value[RTA_DST].data &&
	    !nl_ip(&r->value[RTA_DST], (int)family, &r->route.prefix))
		return -EINVAL;
	if (r->value[RTA_GATEWAY].data &&
	    !nl_ip(&r->value[RTA_GATEWAY], (int)family, &r->route.gateway))
		return -EINVAL;
	if (r->value[RTA_PREFSRC].data &&
	    !nl_ip(&r->value[RTA_PREFSRC], (int)family, &r->route.src))
		return -EINVAL;
	return 0;
}

/* The first that the request may mean; -ESRCH. */
static int find(const struct pyt_stack *stack,
		const struct rtnl_route_request *r, bool any_way,
		struct pyt_route *found)
{
	const struct pyt_route *wanted = &r->route;

	for (int i = 0; pyt_route_get(stack, i, found) == 0; i++) {
		if (found->prefix_len != wanted->prefix_len ||
		    !pyt_ip_equal(&found->prefix, &wanted->prefix))
			continue;
		if ((r->value[RTA_PRIORITY].data || any_way) &&
		    found->metric != wanted->metric)
			continue;
		if (any_way)
			return 0;
		if ((!r->value[RTA_GATEWAY].data ||
		     pyt_ip_equal(&found->gateway, &wanted->gateway)) &&
		    (!r->value[RTA_PREFSRC].data ||
		     pyt_ip_equal(&found->src, &wanted->src)) &&
		    (!wanted->ifindex || found->ifindex == wanted->ifindex))
			return 0;
	}
	return -ESRCH;
}

/* A prefix with bits behind its length: Linux's answer. */
static bool has_stray_bits(const struct pyt_route *route)
{
	unsigned bits =
		route->prefix_len + (pyt_ip_is_v4(&route->prefix) ? 96 : 0);

	for (unsigned i = bits; i < 128; i++)
		if (route->prefix.bytes[i / 8] & 0x80 >> i % 8)
			return true;
	return false;
}

int rtnl_new_route(struct nl_request *request)
{
	struct pyt_stack *stack = request->server->stack;
	uint16_t flags = request->header->nlmsg_flags;
	struct rtnl_route_request r;
	struct pyt_route old;
	bool exists;
	int result = parse_change(request, &r);

	if (result == 0)
		result = check_route(request, &r);
	if (result < 0)
		return result;
	if (has_stray_bits(&r.route)) {
		request->reason = "Invalid prefix for given prefix length";
		return -EINVAL;
	}
	if (!r.v4 && r.route.metric == 0)
		r.route.metric = PYT_METRIC6_USER;
	exists = find(stack, &r, true, &old) == 0;
	if (exists && flags & NLM_F_EXCL)
		return -EEXIST;
	if (!exists && !(flags & NLM_F_CREATE))
		return -ENOENT;
	if (!exists || !(flags & NLM_F_REPLACE)) {
		result = pyt_route_add(stack, &r.route);
		if (result == -ENETUNREACH && r.v4)
			request->reason = "Nexthop has invalid gateway";
		if (result == -EINVAL && r.value[RTA_PREFSRC].data)
			request->reason = r.v4 ? "Invalid prefsrc address"
					       : "Invalid source address";
		return result;
	}
	pyt_route_remove(stack, &old);
	result = pyt_route_add(stack, &r.route);
	if (result < 0)
		pyt_route_add(stack, &old);
	return result;
}

int rtnl_delete_route(struct nl_request *request)
{
	struct pyt_stack *stack = request->server->stack;
	struct rtnl_route_request r;
	struct pyt_route route;
	int result = parse_change(request, &r);

	if (result == 0)
		result = find(stack, &r, false, &route);
	return result < 0 ? result : pyt_route_remove(stack, &route);
}
