/*
 * /proc/net/protocols, ptype, softnet_stat, and files of what the stack does
 * not do: their headings, as on a Linux that has none of it.
 */
#include <netinet/in.h>
#include <string.h>

#include "netlink_server.h"
#include "packet_tap.h"
#include "proc_file.h"
#include "rtnl.h"

#define PAGE 4096
#define ETHERTYPE_ALL 3

/* --------------------------------------------------------------- protocols */

/* Which calls each protocol has is the same everywhere: Linux's columns. */
static const struct protocol {
	const char *name;
	int family, type, protocol; /* protocol 0: any */
	const char *calls;
} protocols[] = {
	{ "PINGv6", AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6,
	  "y  y  y  n  n  y  n  n  y  y  y  y  y  y  n  y  y  n" },
	{ "RAWv6", AF_INET6, SOCK_RAW, 0,
	  "y  y  y  n  y  y  y  n  y  y  y  y  y  y  y  y  n  n" },
	{ "UDPv6", AF_INET6, SOCK_DGRAM, IPPROTO_UDP,
	  "y  y  y  n  y  y  y  n  y  y  y  y  n  n  y  y  y  n" },
	{ "TCPv6", AF_INET6, SOCK_STREAM, 0,
	  "y  y  y  y  y  y  y  y  y  y  y  y  n  y  y  y  y  y" },
	{ "PING", AF_INET, SOCK_DGRAM, IPPROTO_ICMP,
	  "y  y  y  n  n  y  n  n  y  y  y  y  y  y  n  y  y  n" },
	{ "RAW", AF_INET, SOCK_RAW, 0,
	  "y  y  y  n  y  y  y  n  y  y  y  y  y  y  y  y  n  n" },
	{ "UDP", AF_INET, SOCK_DGRAM, IPPROTO_UDP,
	  "y  y  y  n  y  y  y  n  y  y  y  y  n  n  y  y  y  n" },
	{ "TCP", AF_INET, SOCK_STREAM, 0,
	  "y  y  y  y  y  y  y  y  y  y  y  y  n  y  y  y  y  y" },
};

#define PROTOCOLS (sizeof(protocols) / sizeof(*protocols))
#define NO_CALLS "n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n"

struct counts {
	unsigned sockets[PROTOCOLS];
	uint64_t bytes[PROTOCOLS];
};

static bool count(void *context, const struct pyt_socket_view *view)
{
	struct counts *counts = context;

	for (size_t i = 0; i < PROTOCOLS && view->handle >= 0; i++) {
		const struct protocol *p = &protocols[i];

		if (view->status.family != p->family ||
		    view->status.type != p->type ||
		    (p->protocol && view->status.protocol != p->protocol))
			continue;
		counts->sockets[i]++;
		counts->bytes[i] +=
			view->send_used + view->status.receive_queued;
	}
	return true;
}

static unsigned views(const struct server *server, bool packets)
{
	const struct view *view;
	unsigned found = 0;

	LIST_FOREACH (view, &server->views, link)
		found += packets ? view->tap != NULL : view->netlink != NULL;
	return found;
}

/* size: of the stack's sockets, which share their memory, there is none. */
static void put_protocol(struct proc_text *text, const char *name,
			 unsigned sockets, long pages, bool is_tcp,
			 const char *calls)
{
	proc_print(text, "%-9s %4u %6u  %6ld   %-3s %6u   %-3s  %-10s  %s\n",
		   name, 0u, sockets, pages, is_tcp ? "no" : "NI",
		   is_tcp ? 192u : 0u, "no", "libpyt", calls);
}

void proc_protocols(struct proc_text *text)
{
	struct server *server = text->server;
	struct counts counts = { 0 };

	pyt_sockets_visit(server->stack, 0, count, &counts, server->now_us);
	proc_print(
		text,
		"protocol  size sockets  memory press maxhdr  slab module  "
		"   cl co di ac io in de sh ss gs se re bi br ha uh gp em\n");
	put_protocol(text, "PACKET", views(server, true), -1, false, NO_CALLS);
	for (size_t i = 0; i < PROTOCOLS; i++) {
		bool is_tcp = protocols[i].type == SOCK_STREAM;
		bool counts_memory =
			is_tcp || protocols[i].protocol == IPPROTO_UDP;

		put_protocol(
			text, protocols[i].name, counts.sockets[i],
			counts_memory
				? (long)((counts.bytes[i] + PAGE - 1) / PAGE)
				: -1,
			is_tcp, protocols[i].calls);
	}
	put_protocol(text, "NETLINK", views(server, false), -1, false,
		     NO_CALLS);
}

/* ------------------------------------------------------------------- links */

static void put_taps(struct proc_text *text, bool of_all)
{
	const struct server *server = text->server;
	const struct view *view;
	struct pyt_iface_info iface;

	LIST_FOREACH (view, &server->views, link) {
		const char *device = "";

		if (!view->tap ||
		    (view->tap->protocol == ETHERTYPE_ALL) != of_all)
			continue;
		if (packet_tap_ifindex(view->tap) &&
		    rtnl_find_link(server->stack, packet_tap_ifindex(view->tap),
				   "", &iface) == 0)
			device = iface.config.name;
		if (of_all)
			proc_print(text, "ALL  %-8s packet_rcv\n", device);
		else
			proc_print(text, "%04x %-8s packet_rcv\n",
				   view->tap->protocol, device);
	}
}

void proc_ptype(struct proc_text *text)
{
	proc_print(text, "Type Device      Function\n");
	put_taps(text, true);
	proc_print(text, "0800          ip_rcv\n");
	put_taps(text, false);
	proc_print(text, "0806          arp_rcv\n86dd          ipv6_rcv\n");
}

/* One thread does it all. */
void proc_softnet_stat(struct proc_text *text)
{
	struct pyt_iface_info iface;
	uint64_t frames = 0, dropped = 0;

	for (int i = 0; pyt_iface_get(text->server->stack, i, &iface) == 0;
	     i++) {
		frames += iface.rx_packets;
		dropped += iface.rx_dropped;
	}
	proc_print(text, "%08x %08x", (uint32_t)frames, (uint32_t)dropped);
	for (int i = 0; i < 13; i++)
		proc_print(text, " %08x", 0);
	proc_print(text, "\n");
}

/* ---------------------------------------------------------------- headings */

void proc_ip6_flowlabel(struct proc_text *text)
{
	proc_print(text, "%-5s %-1s %-6s %-6s %-6s %-8s %-32s %s\n", "Label",
		   "S", "Owner", "Users", "Linger", "Expires", "Dst", "Opt");
}

void proc_ip_mr_cache(struct proc_text *text)
{
	proc_print(text, "Group    Origin   Iif     Pkts    Bytes    Wrong "
			 "Oifs\n");
}

void proc_ip_mr_vif(struct proc_text *text)
{
	proc_print(text, "Interface      BytesIn  PktsIn  BytesOut PktsOut "
			 "Flags Local    Remote\n");
}

void proc_ip6_mr_cache(struct proc_text *text)
{
	proc_print(text, "%-32s %-32s Iif      Pkts  Bytes     Wrong  Oifs\n",
		   "Group", "Origin");
}

void proc_ip6_mr_vif(struct proc_text *text)
{
	proc_print(text, "Interface      BytesIn  PktsIn  BytesOut PktsOut "
			 "Flags\n");
}

void proc_rt_cache(struct proc_text *text)
{
	proc_print(text, "%-127s\n",
		   "Iface\tDestination\tGateway \tFlags\t\tRefCnt\tUse\tMetric"
		   "\tSource\t\tMTU\tWindow\tIRTT\tTOS\tHHRef\tHHUptod\t"
		   "SpecDst");
}

/* Linux's has no cache of routes any more either: all of it is 0. */
void proc_stat_rt_cache(struct proc_text *text)
{
	proc_print(text,
		   "entries  in_hit   in_slow_tot in_slow_mc in_no_route "
		   "in_brd   in_martian_dst in_martian_src out_hit  "
		   "out_slow_tot out_slow_mc gc_total gc_ignored gc_goal_miss "
		   "gc_dst_overflow in_hlist_search out_hlist_search\n");
	proc_print(
		text,
		"%08x %08x %08x    %08x   %08x    %08x %08x       %08x       "
		"%08x %08x     %08x    %08x %08x   %08x     %08x        "
		"%08x        %08x\n",
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
