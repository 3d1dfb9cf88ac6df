/* /proc/net/igmp and its like: joined groups and anycast addresses. */
#include <string.h>

#include "proc_file.h"
#include "rtnl.h"

#define ALL_SYSTEMS 0xe0000001u
/* Linux's flags of a group: of who asks for it we know nothing more */
#define GROUP_LOADED 0x04u
#define GROUP_NEVER_TOLD 0x08u /* nobody is told of it: RFC 3810, 6 */

static uint32_t word_of(const struct pyt_ip *ip)
{
	uint32_t word;

	memcpy(&word, ip->bytes + 12, sizeof(word));
	return word;
}

static void put_bytes(struct proc_text *text, const struct pyt_ip *ip)
{
	for (int i = 0; i < 16; i++)
		proc_print(text, "%02x", ip->bytes[i]);
}

/* Linux shows the newest first. */
static int group_count(const struct pyt_stack *stack)
{
	struct pyt_group_info group;
	int count = 0;

	while (pyt_group_get(stack, count, &group) == 0)
		count++;
	return count;
}

static void put_igmp(struct proc_text *text, const struct pyt_ip *group,
		     unsigned users)
{
	proc_print(text, "\t\t\t\t%08X %5u %d:%08X\t\t%d\n", word_of(group),
		   users, 0, 0, 0);
}

/* Every host is in 224.0.0.1, without having joined it. */
static void put_igmp_link(struct proc_text *text,
			  const struct pyt_iface_info *iface)
{
	const struct pyt_stack *stack = text->server->stack;
	struct pyt_ip all = pyt_ip_from_v4(ALL_SYSTEMS);
	struct pyt_group_info group;
	int count = 1;

	for (int i = 0; pyt_group_get(stack, i, &group) == 0; i++)
		count += group.ifindex == iface->ifindex &&
			 pyt_ip_is_v4(&group.ip);
	proc_print(text, "%d\t%-10s: %5d %7s\n", iface->ifindex,
		   iface->config.name, count, "V3");
	for (int i = group_count(stack); i-- > 0;)
		if (pyt_group_get(stack, i, &group) == 0 &&
		    group.ifindex == iface->ifindex && pyt_ip_is_v4(&group.ip))
			put_igmp(text, &group.ip, group.users);
	put_igmp(text, &all, 1);
}

void proc_igmp(struct proc_text *text)
{
	struct pyt_iface_info iface;

	proc_print(text, "Idx\tDevice    : Count Querier\tGroup    Users "
			 "Timer\tReporter\n");
	for (int i = 0; pyt_iface_get(text->server->stack, i, &iface) == 0; i++)
		put_igmp_link(text, &iface);
}

static void put_igmp6(struct proc_text *text,
		      const struct pyt_iface_info *iface,
		      const struct pyt_ip *group, unsigned users,
		      unsigned flags)
{
	proc_print(text, "%-4d %-15s ", iface->ifindex, iface->config.name);
	put_bytes(text, group);
	proc_print(text, " %5u %08X %d\n", users, flags, 0);
}

/* Every host is in ff02::1 and ff01::1. */
static void put_all_nodes(struct proc_text *text,
			  const struct pyt_iface_info *iface)
{
	static const struct pyt_ip link = { { 0xff, 2, [15] = 1 } };
	static const struct pyt_ip node = { { 0xff, 1, [15] = 1 } };

	put_igmp6(text, iface, &link, 1, GROUP_LOADED | GROUP_NEVER_TOLD);
	put_igmp6(text, iface, &node, 1, GROUP_NEVER_TOLD);
}

void proc_igmp6(struct proc_text *text)
{
	const struct pyt_stack *stack = text->server->stack;
	struct pyt_iface_info iface;
	struct pyt_group_info group;

	for (int i = 0; pyt_iface_get(stack, i, &iface) == 0; i++) {
		for (int j = group_count(stack); j-- > 0;)
			if (pyt_group_get(stack, j, &group) == 0 &&
			    group.ifindex == iface.ifindex &&
			    !pyt_ip_is_v4(&group.ip))
				put_igmp6(text, &iface, &group.ip, group.users,
					  GROUP_LOADED);
		put_all_nodes(text, &iface);
	}
}

void proc_anycast6(struct proc_text *text)
{
	const struct pyt_stack *stack = text->server->stack;
	struct pyt_group_info anycast;
	struct pyt_iface_info iface;

	for (int i = 0; pyt_anycast_get(stack, i, &anycast) == 0; i++) {
		if (rtnl_find_link(stack, anycast.ifindex, "", &iface) < 0)
			continue;
		proc_print(text, "%-4d %-15s ", iface.ifindex,
			   iface.config.name);
		put_bytes(text, &anycast.ip);
		proc_print(text, " %5u\n", anycast.users);
	}
}

/* ----------------------------------------------------------- source filters */

static void put_filter(struct proc_text *text, const char *name,
		       const struct pyt_group_info *group,
		       const struct pyt_group_source_info *source)
{
	if (pyt_ip_is_v4(&group->ip)) {
		proc_print(text, "%3d %6.6s 0x%08x 0x%08x %6u %6u\n",
			   group->ifindex, name, pyt_ip_to_v4(&group->ip),
			   pyt_ip_to_v4(&source->ip), source->include_count,
			   source->exclude_count);
		return;
	}
	proc_print(text, "%3d %6.6s ", group->ifindex, name);
	put_bytes(text, &group->ip);
	proc_print(text, " ");
	put_bytes(text, &source->ip);
	proc_print(text, " %6u %6u\n", source->include_count,
		   source->exclude_count);
}

static void put_filters(struct proc_text *text, bool v4)
{
	const struct pyt_stack *stack = text->server->stack;
	struct pyt_group_source_info source;
	struct pyt_iface_info iface;
	struct pyt_group_info group;

	for (int i = 0; pyt_group_get(stack, i, &group) == 0; i++) {
		if (pyt_ip_is_v4(&group.ip) != v4 ||
		    rtnl_find_link(stack, group.ifindex, "", &iface) < 0)
			continue;
		for (int j = 0; pyt_group_source_get(stack, i, j, &source) == 0;
		     j++)
			put_filter(text, iface.config.name, &group, &source);
	}
}

void proc_mcfilter(struct proc_text *text)
{
	proc_print(text, "%3s %6s %10s %10s %6s %6s\n", "Idx", "Device", "MCA",
		   "SRC", "INC", "EXC");
	put_filters(text, true);
}

void proc_mcfilter6(struct proc_text *text)
{
	proc_print(text, "%3s %6s %32s %32s %6s %6s\n", "Idx", "Device",
		   "Multicast Address", "Source Address", "INC", "EXC");
	put_filters(text, false);
}

/* ---------------------------------------------------------- link addresses */

/* RFC 1112, 6.4; RFC 2464, 7. */
static void put_mac(struct proc_text *text, const struct pyt_iface_info *iface,
		    const struct pyt_ip *ip, unsigned users)
{
	const uint8_t *b = ip->bytes;

	proc_print(text, "%-4d %-15s %-5u %-5d ", iface->ifindex,
		   iface->config.name, users, 0);
	if (pyt_ip_is_v4(ip))
		proc_print(text, "01005e%02x%02x%02x\n", b[13] & 0x7f, b[14],
			   b[15]);
	else
		proc_print(text, "3333%02x%02x%02x%02x\n", b[12], b[13], b[14],
			   b[15]);
}

void proc_dev_mcast(struct proc_text *text)
{
	const struct pyt_stack *stack = text->server->stack;
	static const struct pyt_ip nodes = { { 0xff, 2, [15] = 1 } };
	struct pyt_ip all = pyt_ip_from_v4(ALL_SYSTEMS);
	struct pyt_iface_info iface;
	struct pyt_group_info group;

	for (int i = 0; pyt_iface_get(stack, i, &iface) == 0; i++) {
		if (iface.config.medium != PYT_MEDIUM_ETHERNET)
			continue;
		put_mac(text, &iface, &nodes, 1);
		put_mac(text, &iface, &all, 1);
		for (int j = 0; pyt_group_get(stack, j, &group) == 0; j++)
			if (group.ifindex == iface.ifindex)
				put_mac(text, &iface, &group.ip, group.users);
	}
}
