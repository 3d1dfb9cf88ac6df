/*
 * rtnetlink(7): links, addresses, routes, neighbours and rules of the stack
 * as messages, and requests that change them.
 */
#ifndef SHIM_RTNL_H
#define SHIM_RTNL_H

#include <linux/rtnetlink.h>
#include <pyt/view.h>

#include "netlink_server.h"

/* What stands in front of a message. */
struct rtnl_header {
	uint16_t type, flags;
	uint32_t seq, pid;
};

/* All: false, if it did not fit. */
bool rtnl_put_link(struct nl_writer *w, const struct rtnl_header *header,
		   const struct pyt_stack *stack,
		   const struct pyt_iface_info *iface);
/* IFLA_AF_SPEC: what IPv6 says of it there. */
void rtnl_put_af_spec(struct nl_writer *w, const struct pyt_stack *stack,
		      const struct pyt_iface_info *iface);
/* The same as the family AF_INET6 shows it. */
bool rtnl_put_link6(struct nl_writer *w, const struct rtnl_header *header,
		    const struct pyt_stack *stack,
		    const struct pyt_iface_info *iface);
bool rtnl_put_address(struct nl_writer *w, const struct rtnl_header *header,
		      const struct server *server,
		      const struct pyt_address_info *address,
		      const struct pyt_iface_info *iface);
bool rtnl_put_route(struct nl_writer *w, const struct rtnl_header *header,
		    const struct pyt_stack *stack,
		    const struct pyt_route *route, int64_t now_us);
bool rtnl_put_neighbour(struct nl_writer *w, const struct rtnl_header *header,
			const struct pyt_neighbour_info *neighbour);

/* Of an answer to this request. */
struct rtnl_header rtnl_answer(const struct nl_request *request, uint16_t type);
/* The interface with this index or, 0, name; -ENODEV. */
int rtnl_find_link(const struct pyt_stack *stack, int ifindex, const char *name,
		   struct pyt_iface_info *info);
/* An address on this interface whose subnet is the route's; or false. */
bool rtnl_is_connected(const struct pyt_stack *stack,
		       const struct pyt_route *route, struct pyt_ip *src);

/* To an address of IPv4 without a subnet: Linux has that in "local" alone. */
bool rtnl_is_itself(const struct pyt_stack *stack,
		    const struct pyt_route *route);

int rtnl_get_link(struct nl_request *request);
int rtnl_set_link(struct nl_request *request);
bool rtnl_dump_links(struct nl_request *request, unsigned *cursor);

int rtnl_new_address(struct nl_request *request);
int rtnl_delete_address(struct nl_request *request);
bool rtnl_dump_addresses(struct nl_request *request, unsigned *cursor);

struct rtnl_route_request {
	struct rtmsg body;
	struct nl_value value[RTA_TABLE + 1];
	struct pyt_route route; /* of a change */
	bool v4;
};
/* All but its route; -EINVAL, -EAFNOSUPPORT. */
int rtnl_parse_route(const struct nl_request *request,
		     struct rtnl_route_request *r);

int rtnl_get_route(struct nl_request *request);
int rtnl_new_route(struct nl_request *request);
int rtnl_delete_route(struct nl_request *request);
bool rtnl_dump_routes(struct nl_request *request, unsigned *cursor);

int rtnl_get_neighbour(struct nl_request *request);
int rtnl_new_neighbour(struct nl_request *request);
int rtnl_delete_neighbour(struct nl_request *request);
bool rtnl_dump_neighbours(struct nl_request *request, unsigned *cursor);

int rtnl_get_label(struct nl_request *request);
int rtnl_new_label(struct nl_request *request);
int rtnl_delete_label(struct nl_request *request);
bool rtnl_dump_labels(struct nl_request *request, unsigned *cursor);

bool rtnl_dump_neighbour_tables(struct nl_request *request, unsigned *cursor);
int rtnl_set_neighbour_table(struct nl_request *request);

int rtnl_get_stats(struct nl_request *request);
bool rtnl_dump_stats(struct nl_request *request, unsigned *cursor);

bool rtnl_dump_rules(struct nl_request *request, unsigned *cursor);
int rtnl_new_rule(struct nl_request *request);
int rtnl_delete_rule(struct nl_request *request);

int rtnl_get_netconf(struct nl_request *request);
bool rtnl_dump_netconf(struct nl_request *request, unsigned *cursor);
bool rtnl_dump_qdiscs(struct nl_request *request, unsigned *cursor);

#endif
