/* rtnetlink: the links, and the table of all requests. */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "ifaces.h"
#include "rtnl.h"

#define MTU_LEAST 68
#define MTU_MOST 65535
#define TX_QUEUE_LEN 1000
#define SEGMENTS_MOST 65535 /* Linux's GSO_MAX_SEGS */
#define SUPER_FRAME 65536 /* and GSO_MAX_SIZE */
#define OPER_UNKNOWN 0
#define OPER_DOWN 2
#define OPER_UP 6

struct rtnl_header rtnl_answer(const struct nl_request *request, uint16_t type)
{
	return (struct rtnl_header){ type, request->answer_flags,
				     request->header->nlmsg_seq,
				     request->socket->pid };
}

int rtnl_find_link(const struct pyt_stack *stack, int ifindex, const char *name,
		   struct pyt_iface_info *info)
{
	for (int i = 0; pyt_iface_get(stack, i, info) == 0; i++)
		if (ifindex ? info->ifindex == ifindex
			    : strcmp(info->config.name, name) == 0)
			return 0;
	return -ENODEV;
}

/* ------------------------------------------------------------------- write */

static void put_statistics(struct nl_writer *w,
			   const struct pyt_iface_info *iface)
{
	struct rtnl_link_stats64 long_ones = ifaces_statistics(iface);
	struct rtnl_link_stats short_ones = {
		.rx_packets = (uint32_t)iface->rx_packets,
		.tx_packets = (uint32_t)iface->tx_packets,
		.rx_bytes = (uint32_t)iface->rx_bytes,
		.tx_bytes = (uint32_t)iface->tx_bytes,
		.rx_dropped = (uint32_t)iface->rx_dropped,
		.tx_dropped = (uint32_t)iface->tx_dropped,
	};

	nl_put(w, IFLA_STATS64, &long_ones, sizeof(long_ones));
	nl_put(w, IFLA_STATS, &short_ones, sizeof(short_ones));
}

static void put_hardware(struct nl_writer *w,
			 const struct pyt_iface_info *iface)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const uint8_t none[6];

	if (iface->config.medium == PYT_MEDIUM_IP)
		return;
	nl_put(w, IFLA_ADDRESS, iface->config.mac, 6);
	nl_put(w, IFLA_BROADCAST,
	       iface->config.medium == PYT_MEDIUM_ETHERNET ? all : none, 6);
}

/* What ip -d shows. */
static void put_details(struct nl_writer *w, const struct pyt_iface_info *iface)
{
	bool is_loopback = iface->config.medium == PYT_MEDIUM_LOOPBACK;

	nl_put_u32(w, IFLA_MIN_MTU, is_loopback ? 0 : MTU_LEAST);
	nl_put_u32(w, IFLA_MAX_MTU, is_loopback ? 0 : MTU_MOST);
	nl_put_u32(w, IFLA_GROUP, 0);
	nl_put_u32(w, IFLA_PROMISCUITY, 0);
	nl_put_u32(w, IFLA_ALLMULTI, 0);
	nl_put_u32(w, IFLA_NUM_TX_QUEUES, 1);
	nl_put_u32(w, IFLA_NUM_RX_QUEUES, 1);
	nl_put_u32(w, IFLA_GSO_MAX_SIZE, SUPER_FRAME);
	nl_put_u32(w, IFLA_GSO_MAX_SEGS, SEGMENTS_MOST);
	nl_put_u32(w, IFLA_TSO_MAX_SIZE, SUPER_FRAME);
	nl_put_u32(w, IFLA_TSO_MAX_SEGS, SEGMENTS_MOST);
	nl_put_u32(w, IFLA_GRO_MAX_SIZE, SUPER_FRAME);
	nl_put_u32(w, IFLA_CARRIER_CHANGES, 0);
}

bool rtnl_put_link(struct nl_writer *w, const struct rtnl_header *header,
		   const struct pyt_stack *stack,
		   const struct pyt_iface_info *iface)
{
	bool up = iface->is_up;
	bool is_loopback = iface->config.medium == PYT_MEDIUM_LOOPBACK;
	struct ifinfomsg *body =
		nl_begin(w, header->type, header->flags, header->seq,
			 header->pid, sizeof(*body));

	if (body) {
		body->ifi_type = ifaces_hardware_type(iface);
		body->ifi_index = iface->ifindex;
		body->ifi_flags = ifaces_flags(iface);
	}
	nl_put_text(w, IFLA_IFNAME, iface->config.name);
	nl_put_u32(w, IFLA_TXQLEN, TX_QUEUE_LEN);
	nl_put_u8(w, IFLA_OPERSTATE,
		  !up		? OPER_DOWN
		  : is_loopback ? OPER_UNKNOWN
				: OPER_UP);
	nl_put_u8(w, IFLA_LINKMODE, 0);
	nl_put_u32(w, IFLA_MTU, iface->config.mtu);
	put_details(w, iface);
	nl_put_u8(w, IFLA_CARRIER, up);
	nl_put_text(w, IFLA_QDISC, "noqueue");
	put_hardware(w, iface);
	put_statistics(w, iface);
	rtnl_put_af_spec(w, stack, iface);
	return nl_end(w);
}

/* -------------------------------------------------------------------- read */

/* ifinfomsg and its attributes, and the link that they name. */
struct link_request {
	struct ifinfomsg body;
	struct nl_value value[IFLA_ALT_IFNAME + 1];
	struct pyt_iface_info iface;
};

static int parse(struct nl_request *request, struct link_request *link)
{
	char name[IFNAMSIZ] = "";

	if (request->body_len < sizeof(link->body))
		return -EINVAL;
	memcpy(&link->body, request->body, sizeof(link->body));
	if (!nl_parse(request->body + sizeof(link->body),
		      request->body_len - sizeof(link->body), link->value,
		      IFLA_ALT_IFNAME))
		return -EINVAL;
	if (!link->body.ifi_index &&
	    !nl_text(&link->value[IFLA_IFNAME], name, sizeof(name)))
		nl_text(&link->value[IFLA_ALT_IFNAME], name, sizeof(name));
	if (link->body.ifi_index < 0 || (!link->body.ifi_index && !name[0])) {
		request->reason = "no link is named";
		return -EINVAL;
	}
	return rtnl_find_link(request->server->stack, link->body.ifi_index,
			      name, &link->iface);
}

int rtnl_get_link(struct nl_request *request)
{
	struct link_request link;
	struct rtnl_header header = rtnl_answer(request, RTM_NEWLINK);
	int result = parse(request, &link);

	if (result < 0)
		return result;
	rtnl_put_link(request->out, &header, request->server->stack,
		      &link.iface);
	return 0;
}

/* Bridges and other families of links: there are none. */
static bool is_other_family(const struct nl_request *request)
{
	return request->body_len > 0 && request->body[0] != AF_UNSPEC &&
	       request->body[0] != AF_PACKET && request->body[0] != AF_INET &&
	       request->body[0] != AF_INET6;
}

bool rtnl_dump_links(struct nl_request *request, unsigned *cursor)
{
	const struct pyt_stack *stack = request->server->stack;
	struct rtnl_header header = rtnl_answer(request, RTM_NEWLINK);
	struct pyt_iface_info iface;

	if (is_other_family(request) ||
	    pyt_iface_get(stack, (int)*cursor, &iface) < 0)
		return false;
	if (request->body_len > 0 && request->body[0] == AF_INET6
		    ? rtnl_put_link6(request->out, &header, stack, &iface)
		    : rtnl_put_link(request->out, &header, stack, &iface))
		++*cursor;
	return true;
}

/* ------------------------------------------------------------------ change */

/* What would be kept and change nothing is refused instead. */
static const char *why_not(const struct link_request *link)
{
	/* taken: a stack hears all that comes anyway */
	const unsigned harmless = IFF_UP | IFF_PROMISC | IFF_ALLMULTI;
	const struct nl_value *value = link->value;
	unsigned now = ifaces_flags(&link->iface);

	if ((now ^ link->body.ifi_flags) & link->body.ifi_change & ~harmless)
		return "a stack's links have their flags by themselves";
	if (nl_u32(&value[IFLA_TXQLEN], TX_QUEUE_LEN) != TX_QUEUE_LEN)
		return "a stack's queues have a length of their own";
	if (nl_u32(&value[IFLA_GROUP], 0))
		return "a stack's links are in no group";
	if (value[IFLA_IFALIAS].data || value[IFLA_PROP_LIST].data)
		return "a stack's links have no second name";
	if (value[IFLA_PROTO_DOWN].data)
		return "a stack's links have no port to hold down";
	if (value[IFLA_AF_SPEC].data)
		return "interface identifiers: "
		       "net.ipv6.conf.LINK.addr_gen_mode";
	if (value[IFLA_MASTER].data || value[IFLA_NET_NS_FD].data ||
	    value[IFLA_NET_NS_PID].data)
		return "a stack has no bridges and no namespaces";
	return NULL;
}

static int check_change(struct nl_request *request, struct link_request *link)
{
	char name[IFNAMSIZ];

	if (nl_text(&link->value[IFLA_IFNAME], name, sizeof(name)) &&
	    strcmp(name, link->iface.config.name) != 0) {
		request->reason = "the link's name is where programs meet";
		return -EOPNOTSUPP;
	}
	request->reason = why_not(link);
	return request->reason ? -EOPNOTSUPP : 0;
}

static int set_mtu(struct nl_request *request, int ifindex, uint32_t mtu)
{
	int result = pyt_iface_set_mtu(request->server->stack, ifindex, mtu);

	if (result == -EINVAL)
		request->reason = mtu < MTU_LEAST
					  ? "mtu less than device minimum"
					  : "mtu greater than device "
					    "maximum";
	return result;
}

static int change(struct nl_request *request, const struct link_request *link)
{
	struct server *server = request->server;
	int ifindex = link->iface.ifindex;
	const struct nl_value *mac = &link->value[IFLA_ADDRESS];
	uint32_t mtu = nl_u32(&link->value[IFLA_MTU], 0);
	int result = 0;

	if (mac->data && mac->len != 6)
		return -EINVAL;
	if (mac->data)
		result = pyt_iface_set_mac(server->stack, ifindex, mac->data);
	if (result == 0 && link->value[IFLA_MTU].data)
		result = set_mtu(request, ifindex, mtu);
	/* ip(8) sets the bits to change; old programs none, and all count */
	if (result == 0 && (link->body.ifi_change & IFF_UP ||
			    (!link->body.ifi_change && link->body.ifi_flags)))
		result = pyt_iface_set_up(server->stack, ifindex,
					  link->body.ifi_flags & IFF_UP,
					  server->now_us);
	return result;
}

int rtnl_set_link(struct nl_request *request)
{
	uint16_t flags = request->header->nlmsg_flags;
	struct link_request link;
	int result = parse(request, &link);

	if ((result == -ENODEV || result == -EINVAL) && flags & NLM_F_CREATE) {
		request->reason = "pyt link add gives a stack links";
		return -EOPNOTSUPP;
	}
	if (result == 0 && flags & NLM_F_CREATE && flags & NLM_F_EXCL)
		return -EEXIST;
	/* ip(8) names none to ask whether netlink sets links at all */
	if (result == -EINVAL && request->reason)
		return -ENODEV;
	if (result == 0)
		result = check_change(request, &link);
	return result < 0 ? result : change(request, &link);
}

static int delete_link(struct nl_request *request)
{
	struct link_request link;
	int result = parse(request, &link);

	if (result < 0)
		return result;
	request->reason = "a stack keeps its links until it ends";
	return -EOPNOTSUPP;
}

/* No name for any namespace: none is known here. */
static int get_namespace(struct nl_request *request)
{
	struct rtnl_header header = rtnl_answer(request, RTM_NEWNSID);

	nl_begin(request->out, header.type, header.flags, header.seq,
		 header.pid, sizeof(struct rtgenmsg));
	nl_put_u32(request->out, NETNSA_NSID,
		   (uint32_t)NETNSA_NSID_NOT_ASSIGNED);
	nl_end(request->out);
	return 0;
}

static bool dump_nothing(struct nl_request *request, unsigned *cursor)
{
	return false;
}

static int refuse_discipline(struct nl_request *request)
{
	request->reason = "a stack has no queueing disciplines";
	return -EOPNOTSUPP;
}

const struct nl_handler rtnl_handlers[] = {
	{ RTM_GETLINK, rtnl_get_link, rtnl_dump_links },
	{ RTM_NEWLINK, rtnl_set_link, NULL },
	{ RTM_SETLINK, rtnl_set_link, NULL },
	{ RTM_DELLINK, delete_link, NULL },
	{ RTM_GETADDR, NULL, rtnl_dump_addresses },
	{ RTM_NEWADDR, rtnl_new_address, NULL },
	{ RTM_DELADDR, rtnl_delete_address, NULL },
	{ RTM_GETROUTE, rtnl_get_route, rtnl_dump_routes },
	{ RTM_NEWROUTE, rtnl_new_route, NULL },
	{ RTM_DELROUTE, rtnl_delete_route, NULL },
	{ RTM_GETNEIGH, rtnl_get_neighbour, rtnl_dump_neighbours },
	{ RTM_NEWNEIGH, rtnl_new_neighbour, NULL },
	{ RTM_DELNEIGH, rtnl_delete_neighbour, NULL },
	{ RTM_GETADDRLABEL, rtnl_get_label, rtnl_dump_labels },
	{ RTM_NEWADDRLABEL, rtnl_new_label, NULL },
	{ RTM_DELADDRLABEL, rtnl_delete_label, NULL },
	{ RTM_GETNEIGHTBL, NULL, rtnl_dump_neighbour_tables },
	{ RTM_SETNEIGHTBL, rtnl_set_neighbour_table, NULL },
	{ RTM_GETSTATS, rtnl_get_stats, rtnl_dump_stats },
	{ RTM_GETMDB, NULL, dump_nothing },
	{ RTM_GETRULE, NULL, rtnl_dump_rules },
	{ RTM_NEWRULE, rtnl_new_rule, NULL },
	{ RTM_DELRULE, rtnl_delete_rule, NULL },
	{ RTM_GETNSID, get_namespace, dump_nothing },
	{ RTM_GETNETCONF, rtnl_get_netconf, rtnl_dump_netconf },
	{ RTM_GETQDISC, NULL, rtnl_dump_qdiscs },
	{ RTM_NEWQDISC, refuse_discipline, NULL },
	{ RTM_DELQDISC, refuse_discipline, NULL },
	{ RTM_NEWTCLASS, refuse_discipline, NULL },
	{ RTM_NEWTFILTER, refuse_discipline, NULL },
	{ RTM_GETTCLASS, NULL, dump_nothing },
	{ RTM_GETTFILTER, NULL, dump_nothing },
	{ RTM_GETNEXTHOP, NULL, dump_nothing },
	{ 0 },
};
