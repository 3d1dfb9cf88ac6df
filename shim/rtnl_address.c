/* rtnetlink: the addresses. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "rtnl.h"

#define FOREVER UINT32_MAX

/* ------------------------------------------------------------------- write */

static uint8_t scope_of(const struct pyt_ip *ip, bool on_loopback)
{
	if (on_loopback || pyt_ip_is_loopback(ip))
		return RT_SCOPE_HOST;
	if (!pyt_ip_is_v4(ip) && ip->bytes[0] == 0xfe &&
	    (ip->bytes[1] & 0xc0) == 0x80)
		return RT_SCOPE_LINK;
	return RT_SCOPE_UNIVERSE;
}

static uint32_t seconds_left(int64_t until_us, int64_t now_us)
{
	if (until_us == TIME_NEVER)
		return FOREVER;
	/* as Linux, which counts the seconds that are over */
	return until_us > now_us
		       ? (uint32_t)((until_us - now_us + 999999) / 1000000)
		       : 0;
}

static void put_times(struct nl_writer *w,
		      const struct pyt_address_info *address, int64_t now_us)
{
	struct ifa_cacheinfo info = {
		.ifa_prefered =
			seconds_left(address->preferred_until_us, now_us),
		.ifa_valid = seconds_left(address->valid_until_us, now_us),
	};

	nl_put(w, IFA_CACHEINFO, &info, sizeof(info));
}

/* False: the subnet has none, RFC 3021. */
static bool broadcast_of(const struct pyt_ip *ip, unsigned prefix_len,
			 struct pyt_ip *broadcast)
{
	if (prefix_len > 30)
		return false;
	*broadcast = pyt_ip_from_v4(pyt_ip_to_v4(ip) |
				    (uint32_t)(0xffffffffull >> prefix_len));
	return true;
}

static void put_broadcast(struct nl_writer *w,
			  const struct pyt_address_info *address)
{
	struct pyt_ip broadcast;

	if (!(address->flags & PYT_ADDRESS_NO_BROADCAST) &&
	    broadcast_of(&address->ip, address->prefix_len, &broadcast))
		nl_put_ip(w, IFA_BROADCAST, &broadcast);
}

static const struct {
	unsigned ours;
	uint32_t linux_flag;
} flag_names[] = {
	{ PYT_ADDRESS_NO_DAD, IFA_F_NODAD },
	{ PYT_ADDRESS_HOME, IFA_F_HOMEADDRESS },
	{ PYT_ADDRESS_NO_ROUTE, IFA_F_NOPREFIXROUTE },
	{ PYT_ADDRESS_TEMPORARIES, IFA_F_MANAGETEMPADDR },
};

static uint32_t flags_of(const struct pyt_address_info *address, int64_t now_us)
{
	uint32_t flags = 0;

	for (size_t i = 0; i < sizeof(flag_names) / sizeof(*flag_names); i++)
		if (address->flags & flag_names[i].ours)
			flags |= flag_names[i].linux_flag;
	if (address->valid_until_us == TIME_NEVER)
		flags |= IFA_F_PERMANENT;
	if (address->preferred_until_us <= now_us)
		flags |= IFA_F_DEPRECATED;
	/* of IPv4 Linux does not know these: RFC 5227 is not its own */
	if (address->is_tentative && !pyt_ip_is_v4(&address->ip))
		flags |= IFA_F_TENTATIVE;
	if (address->is_taken && !pyt_ip_is_v4(&address->ip))
		flags |= IFA_F_TENTATIVE | IFA_F_DADFAILED;
	if (address->is_temporary)
		flags |= IFA_F_TEMPORARY;
	else if (address->is_autonomous)
		flags |= IFA_F_MANAGETEMPADDR;
	return flags;
}

/* As Linux has it: of IPv4 a subnet on an interface has one that came first. */
static bool is_secondary(const struct pyt_stack *stack,
			 const struct pyt_address_info *address)
{
	struct pyt_address_info other;

	for (int i = 0; pyt_ip_is_v4(&address->ip) &&
			pyt_address_get(stack, i, &other) == 0;
	     i++) {
		if (other.ifindex != address->ifindex)
			continue; /* which may have the same address */
		if (pyt_ip_equal(&other.ip, &address->ip))
			return false;
		if (other.prefix_len == address->prefix_len &&
		    pyt_ip_is_v4(&other.ip) &&
		    pyt_ip_in_prefix(&other.ip, &address->ip,
				     address->prefix_len))
			return true;
	}
	return false;
}

static uint32_t all_flags(const struct server *server,
			  const struct pyt_address_info *address)
{
	return flags_of(address, server->now_us) |
	       (is_secondary(server->stack, address) ? IFA_F_SECONDARY : 0);
}

bool rtnl_put_address(struct nl_writer *w, const struct rtnl_header *header,
		      const struct server *server,
		      const struct pyt_address_info *address,
		      const struct pyt_iface_info *iface)
{
	bool on_loopback = iface->config.medium == PYT_MEDIUM_LOOPBACK;
	bool v4 = pyt_ip_is_v4(&address->ip);
	uint32_t flags = all_flags(server, address);
	struct ifaddrmsg *body =
		nl_begin(w, header->type, header->flags, header->seq,
			 header->pid, sizeof(*body));

	if (body) {
		body->ifa_family = v4 ? AF_INET : AF_INET6;
		body->ifa_prefixlen = (uint8_t)address->prefix_len;
		body->ifa_flags = (uint8_t)flags;
		body->ifa_scope = scope_of(&address->ip, on_loopback);
		body->ifa_index = (uint32_t)address->ifindex;
	}
	nl_put_ip(w, IFA_ADDRESS, &address->ip);
	if (v4) {
		nl_put_ip(w, IFA_LOCAL, &address->ip);
		if (!on_loopback)
			put_broadcast(w, address);
		nl_put_text(w, IFA_LABEL,
			    address->label[0] ? address->label
					      : iface->config.name);
	}
	nl_put_u32(w, IFA_FLAGS, flags);
	if (address->metric)
		nl_put_u32(w, IFA_RT_PRIORITY, address->metric);
	put_times(w, address, server->now_us);
	return nl_end(w);
}

/* -------------------------------------------------------------------- dump */

static bool wants(const struct nl_request *request,
		  const struct pyt_address_info *address)
{
	struct ifaddrmsg body = { 0 };
	int family = pyt_ip_is_v4(&address->ip) ? AF_INET : AF_INET6;

	if (request->body_len < sizeof(body))
		return true;
	memcpy(&body, request->body, sizeof(body));
	if (body.ifa_family && body.ifa_family != family)
		return false;
	return !request->socket->strict || !body.ifa_index ||
	       (int)body.ifa_index == address->ifindex;
}

/* All of IPv4, then those of IPv6: the order of Linux. */
bool rtnl_dump_addresses(struct nl_request *request, unsigned *cursor)
{
	const struct pyt_stack *stack = request->server->stack;
	struct rtnl_header header = rtnl_answer(request, RTM_NEWADDR);
	struct pyt_address_info address;
	struct pyt_iface_info iface;
	unsigned count = 0, ordinal;

	while (pyt_address_get(stack, (int)count, &address) == 0)
		count++;
	if (*cursor >= 2 * count)
		return false;
	ordinal = *cursor % count;
	if (pyt_address_get(stack, (int)ordinal, &address) < 0 ||
	    pyt_ip_is_v4(&address.ip) != (*cursor < count) ||
	    !wants(request, &address) ||
	    rtnl_find_link(stack, address.ifindex, "", &iface) < 0 ||
	    rtnl_put_address(request->out, &header, request->server, &address,
			     &iface))
		++*cursor;
	return true;
}

/* ------------------------------------------------------------------ change */

struct address_request {
	struct ifaddrmsg body;
	struct nl_value value[IFA_RT_PRIORITY + 1];
	struct pyt_ip ip;
};

/* An address on a link of two, with the other end's. */
static bool has_peer(const struct address_request *address)
{
	const struct nl_value *value = address->value;
	struct pyt_ip local, peer;

	return nl_ip(&value[IFA_LOCAL], address->body.ifa_family, &local) &&
	       nl_ip(&value[IFA_ADDRESS], address->body.ifa_family, &peer) &&
	       !pyt_ip_equal(&local, &peer);
}

static int parse(struct nl_request *request, struct address_request *address)
{
	const struct nl_value *local = &address->value[IFA_LOCAL];
	struct pyt_iface_info iface;

	if (request->body_len < sizeof(address->body))
		return -EINVAL;
	memcpy(&address->body, request->body, sizeof(address->body));
	if (!nl_parse(request->body + sizeof(address->body),
		      request->body_len - sizeof(address->body), address->value,
		      IFA_RT_PRIORITY))
		return -EINVAL;
	if (address->body.ifa_family != AF_INET &&
	    address->body.ifa_family != AF_INET6)
		return -EAFNOSUPPORT;
	if (!local->data)
		local = &address->value[IFA_ADDRESS];
	if (!nl_ip(local, address->body.ifa_family, &address->ip)) {
		request->reason = "no address is given";
		return -EINVAL;
	}
	return rtnl_find_link(request->server->stack,
			      (int)address->body.ifa_index, "", &iface);
}

/* The one that stands there already; -ENOENT. */
static int find(const struct pyt_stack *stack,
		const struct address_request *address,
		struct pyt_address_info *info)
{
	for (int i = 0; pyt_address_get(stack, i, info) == 0; i++)
		if (info->ifindex == (int)address->body.ifa_index &&
		    pyt_ip_equal(&info->ip, &address->ip))
			return 0;
	return -ENOENT;
}

static int64_t end_of(uint32_t seconds, int64_t now_us)
{
	return seconds == FOREVER ? TIME_NEVER : now_us + seconds * 1000000ll;
}

static int read_times(struct nl_request *request,
		      const struct address_request *address,
		      struct pyt_address_info *info)
{
	const struct nl_value *value = &address->value[IFA_CACHEINFO];
	int64_t now_us = request->server->now_us;
	struct ifa_cacheinfo times;

	info->preferred_until_us = info->valid_until_us = TIME_NEVER;
	if (!value->data || value->len < sizeof(times))
		return 0;
	memcpy(&times, value->data, sizeof(times));
	if (!times.ifa_valid || times.ifa_prefered > times.ifa_valid) {
		request->reason = address->body.ifa_family == AF_INET
					  ? "ipv4: address lifetime invalid"
					  : "ipv6: address lifetime invalid";
		return -EINVAL;
	}
	info->preferred_until_us = end_of(times.ifa_prefered, now_us);
	info->valid_until_us = end_of(times.ifa_valid, now_us);
	return 0;
}

static int read_broadcast(struct nl_request *request,
			  const struct address_request *address,
			  struct pyt_address_info *info)
{
	struct pyt_ip given, own;

	if (address->body.ifa_family != AF_INET)
		return 0;
	if (!nl_ip(&address->value[IFA_BROADCAST], AF_INET, &given)) {
		info->flags |= PYT_ADDRESS_NO_BROADCAST;
		return 0;
	}
	if (broadcast_of(&info->ip, info->prefix_len, &own) &&
	    pyt_ip_equal(&given, &own))
		return 0;
	request->reason = "the broadcast address follows from the subnet";
	return -EOPNOTSUPP;
}

/* As on Linux, an address of IPv4 that is there keeps these. */
static void keep_old(struct pyt_address_info *info,
		     const struct pyt_address_info *old)
{
	info->flags = old->flags;
	memcpy(info->label, old->label, sizeof(info->label));
}

/* What is asked for, with all that Linux takes. */
static int read_request(struct nl_request *request,
			const struct address_request *address,
			struct pyt_address_info *info)
{
	const struct nl_value *value = address->value;
	uint32_t flags = nl_u32(&value[IFA_FLAGS], address->body.ifa_flags);
	int result;

	*info = (struct pyt_address_info){
		.ifindex = (int)address->body.ifa_index,
		.ip = address->ip,
		.prefix_len = address->body.ifa_prefixlen,
		.metric = nl_u32(&value[IFA_RT_PRIORITY], 0),
	};
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(*flag_names); i++)
		if (flags & flag_names[i].linux_flag)
			info->flags |= flag_names[i].ours;
	nl_text(&value[IFA_LABEL], info->label, sizeof(info->label));
	if (info->prefix_len >
	    (address->body.ifa_family == AF_INET ? 32u : 128u)) {
		request->reason = "Invalid prefix length";
		return -EINVAL;
	}
	if (has_peer(address)) {
		request->reason = "a stack's addresses have no peer";
		return -EOPNOTSUPP;
	}
	result = read_times(request, address, info);
	return result < 0 ? result : read_broadcast(request, address, info);
}

int rtnl_new_address(struct nl_request *request)
{
	struct server *server = request->server;
	uint16_t flags = request->header->nlmsg_flags;
	struct address_request address;
	struct pyt_address_info old = { 0 }, new = { 0 };
	bool made_room = false;
	int result = parse(request, &address);

	if (result < 0)
		return result;
	result = read_request(request, &address, &new);
	if (result < 0)
		return result;
	if (find(server->stack, &address, &old) == 0) {
		if (!(flags & NLM_F_REPLACE)) {
			request->reason = "ipv4: Address already assigned";
			if (address.body.ifa_family == AF_INET6)
				request->reason =
					"ipv6: address already assigned";
			return -EEXIST;
		}
		made_room = old.prefix_len != new.prefix_len;
		if (made_room)
			pyt_address_remove(server->stack, old.ifindex, &old.ip,
					   server->now_us);
		else if (address.body.ifa_family == AF_INET)
			keep_old(&new, &old);
	}
	result = pyt_address_put(server->stack, &new, server->now_us);
	if (result < 0 && made_room)
		pyt_address_put(server->stack, &old, server->now_us);
	return result;
}

int rtnl_delete_address(struct nl_request *request)
{
	struct server *server = request->server;
	struct address_request address;
	struct pyt_address_info old;
	int result = parse(request, &address);

	if (result < 0)
		return result;
	if (find(server->stack, &address, &old) < 0 ||
	    (address.value[IFA_ADDRESS].data &&
	     old.prefix_len != address.body.ifa_prefixlen)) {
		request->reason = address.body.ifa_family == AF_INET
					  ? "ipv4: Address not found"
					  : "ipv6: address not found";
		return -EADDRNOTAVAIL;
	}
	return pyt_address_remove(server->stack, old.ifindex, &old.ip,
				  server->now_us);
}
