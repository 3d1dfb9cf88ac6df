/*
 * rtnetlink: what each link is set to (ip netconf), its queueing discipline,
 * which is none; and the rules, which say that there is one table.
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/netconf.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "rtnl.h"

#define OTHERS 2 /* "all" and "default", behind the links */

static unsigned link_count(const struct pyt_stack *stack)
{
	struct pyt_iface_info iface;
	int count = 0;

	while (pyt_iface_get(stack, count, &iface) == 0)
		count++;
	return (unsigned)count;
}

/* A host forwards nothing, for nobody. */
static bool put_netconf(struct nl_request *request, int family, int ifindex)
{
	struct nl_writer *w = request->out;
	struct netconfmsg *body =
		nl_begin(w, RTM_NEWNETCONF, request->answer_flags,
			 request->header->nlmsg_seq, request->socket->pid,
			 sizeof(*body));

	if (body)
		body->ncm_family = (uint8_t)family;
	nl_put_u32(w, NETCONFA_IFINDEX, (uint32_t)ifindex);
	nl_put_u32(w, NETCONFA_FORWARDING, 0);
	if (family == AF_INET) {
		nl_put_u32(w, NETCONFA_RP_FILTER, 0);
		nl_put_u32(w, NETCONFA_BC_FORWARDING, 0);
	}
	nl_put_u32(w, NETCONFA_MC_FORWARDING, 0);
	nl_put_u32(w, NETCONFA_PROXY_NEIGH, 0);
	nl_put_u32(w, NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN, 0);
	return nl_end(w);
}

bool rtnl_dump_netconf(struct nl_request *request, unsigned *cursor)
{
	const struct pyt_stack *stack = request->server->stack;
	unsigned links = link_count(stack), each = links + OTHERS;
	unsigned at = *cursor % each;
	int family = *cursor < each ? AF_INET : AF_INET6;
	int asked = request->body_len ? request->body[0] : AF_UNSPEC;
	struct pyt_iface_info iface = { .ifindex = NETCONFA_IFINDEX_ALL };

	if (*cursor >= 2 * each)
		return false;
	if (asked != AF_UNSPEC && asked != family) {
		++*cursor;
		return true;
	}
	if (at == links + 1)
		iface.ifindex = NETCONFA_IFINDEX_DEFAULT;
	else if (at < links)
		pyt_iface_get(stack, (int)at, &iface);
	*cursor += put_netconf(request, family, iface.ifindex);
	return true;
}

int rtnl_get_netconf(struct nl_request *request)
{
	struct nl_value value[NETCONFA_IFINDEX + 1];
	struct pyt_iface_info iface;
	const struct netconfmsg *body = (const void *)request->body;
	int ifindex;

	if (request->body_len < sizeof(*body) ||
	    !nl_parse(request->body + NLMSG_ALIGN(sizeof(*body)),
		      request->body_len > NLMSG_ALIGN(sizeof(*body))
			      ? request->body_len - NLMSG_ALIGN(sizeof(*body))
			      : 0,
		      value, NETCONFA_IFINDEX) ||
	    !value[NETCONFA_IFINDEX].data)
		return -EINVAL;
	ifindex = (int)nl_u32(&value[NETCONFA_IFINDEX], 0);
	if (ifindex != NETCONFA_IFINDEX_ALL &&
	    ifindex != NETCONFA_IFINDEX_DEFAULT &&
	    rtnl_find_link(request->server->stack, ifindex, "", &iface) < 0)
		return -ENODEV;
	put_netconf(request, body->ncm_family, ifindex);
	return 0;
}

bool rtnl_dump_qdiscs(struct nl_request *request, unsigned *cursor)
{
	struct nl_writer *w = request->out;
	struct pyt_iface_info iface;
	struct tcmsg *body, asked = { 0 };

	if (pyt_iface_get(request->server->stack, (int)*cursor, &iface) < 0)
		return false;
	if (request->body_len >= sizeof(asked))
		memcpy(&asked, request->body, sizeof(asked));
	if (asked.tcm_ifindex && asked.tcm_ifindex != iface.ifindex) {
		++*cursor;
		return true;
	}
	body = nl_begin(w, RTM_NEWQDISC, request->answer_flags,
			request->header->nlmsg_seq, request->socket->pid,
			sizeof(*body));
	if (body) {
		body->tcm_ifindex = iface.ifindex;
		body->tcm_parent = TC_H_ROOT;
		body->tcm_info = 2; /* references: Linux's for any device */
	}
	nl_put_text(w, TCA_KIND, "noqueue");
	*cursor += nl_end(w);
	return true;
}

/* Linux's three of IPv4 and two of IPv6; others cannot be made. */
bool rtnl_dump_rules(struct nl_request *request, unsigned *cursor)
{
	static const struct {
		uint8_t family, table;
		uint32_t priority;
	} rules[] = {
		{ AF_INET, RT_TABLE_LOCAL, 0 },
		{ AF_INET, RT_TABLE_MAIN, 32766 },
		{ AF_INET, RT_TABLE_DEFAULT, 32767 },
		{ AF_INET6, RT_TABLE_LOCAL, 0 },
		{ AF_INET6, RT_TABLE_MAIN, 32766 },
	};
	uint8_t family = request->body_len ? request->body[0] : 0;
	struct nl_writer *w = request->out;
	struct fib_rule_hdr *body;

	if (*cursor >= sizeof(rules) / sizeof(*rules))
		return false;
	if (family && family != rules[*cursor].family) {
		++*cursor;
		return true;
	}
	body = nl_begin(w, RTM_NEWRULE, request->answer_flags,
			request->header->nlmsg_seq, request->socket->pid,
			sizeof(*body));
	if (body) {
		body->family = rules[*cursor].family;
		body->table = rules[*cursor].table;
		body->action = FR_ACT_TO_TBL;
	}
	nl_put_u32(w, FRA_TABLE, rules[*cursor].table);
	nl_put_u32(w, FRA_SUPPRESS_PREFIXLEN, UINT32_MAX);
	nl_put_u8(w, FRA_PROTOCOL, RTPROT_KERNEL);
	if (rules[*cursor].priority)
		nl_put_u32(w, FRA_PRIORITY, rules[*cursor].priority);
	*cursor += nl_end(w);
	return true;
}

/* As a kernel without policy routing: its rules are those that are shown. */
int rtnl_new_rule(struct nl_request *request)
{
	request->reason = "a stack has one table, and no rules to choose one";
	return -EOPNOTSUPP;
}

int rtnl_delete_rule(struct nl_request *request)
{
	struct nl_value value[FRA_PRIORITY + 1];
	uint32_t priority = 0;

	if (request->body_len < sizeof(struct fib_rule_hdr))
		return -EINVAL;
	if (nl_parse(request->body + sizeof(struct fib_rule_hdr),
		     request->body_len - sizeof(struct fib_rule_hdr), value,
		     FRA_PRIORITY))
		priority = nl_u32(&value[FRA_PRIORITY], 0);
	if (priority != 0 && priority != 32766 && priority != 32767)
		return -ENOENT;
	return rtnl_new_rule(request);
}
