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
	return until_us > now_us ? (uint32_t)((until_us - now_us) / 1000000)
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

static void put_broadcast(struct nl_writer *w,
			  const struct pyt_address_info *address)
{
	uint32_t own = pyt_ip_to_v4(&address->ip);
	struct pyt_ip broadcast;

	if (address->prefix_len > 30) /* RFC 3021 */
		return;
	broadcast = pyt_ip_from_v4(
		own | (uint32_t)(0xffffffffull >> address->prefix_len));
	nl_put_ip(w, IFA_BROADCAST, &broadcast);
}

static uint32_t flags_of(const struct pyt_address_info *address, int64_t now_us)
{
	uint32_t flags = 0;

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

bool rtnl_put_address(struct nl_writer *w, const struct rtnl_header *header,
		      const struct pyt_address_info *address, const char *label,
		      bool on_loopback, int64_t now_us)
{
	bool v4 = pyt_ip_is_v4(&address->ip);
	uint32_t flags = flags_of(address, now_us);
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
		nl_put_text(w, IFA_LABEL, label);
	}
	nl_put_u32(w, IFA_FLAGS, flags);
	put_times(w, address, now_us);
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
	    rtnl_put_address(request->out, &header, &address, iface.config.name,
			     iface.config.medium == PYT_MEDIUM_LOOPBACK,
			     request->server->now_us))
		++*cursor;
	return true;
}

/* ------------------------------------------------------------------ change */

struct address_request {
	struct ifaddrmsg body;
	struct nl_value value[IFA_FLAGS + 1];
	struct pyt_ip ip;
};

static int parse(struct nl_request *request, struct address_request *address)
{
	const struct nl_value *local = &address->value[IFA_LOCAL];
	struct pyt_iface_info iface;

	if (request->body_len < sizeof(address->body))
		return -EINVAL;
	memcpy(&address->body, request->body, sizeof(address->body));
	if (!nl_parse(request->body + sizeof(address->body),
		      request->body_len - sizeof(address->body), address->value,
		      IFA_FLAGS))
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

static bool has_end(const struct address_request *address)
{
	const struct nl_value *value = &address->value[IFA_CACHEINFO];
	struct ifa_cacheinfo info;

	if (!value->data || value->len < sizeof(info))
		return false;
	memcpy(&info, value->data, sizeof(info));
	return info.ifa_valid != FOREVER;
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

int rtnl_new_address(struct nl_request *request)
{
	struct server *server = request->server;
	uint16_t flags = request->header->nlmsg_flags;
	struct address_request address;
	struct pyt_address_info old;
	int result = parse(request, &address);

	if (result < 0)
		return result;
	if (has_end(&address)) {
		request->reason = "addresses that are set do not end";
		return -EOPNOTSUPP;
	}
	if (find(server->stack, &address, &old) == 0) {
		if (!(flags & NLM_F_REPLACE)) {
			request->reason = "ipv4: Address already assigned";
			if (address.body.ifa_family == AF_INET6)
				request->reason =
					"ipv6: address already assigned";
			return -EEXIST;
		}
		if (old.prefix_len == address.body.ifa_prefixlen)
			return 0;
		pyt_address_remove(server->stack, old.ifindex, &old.ip,
				   server->now_us);
	} else if (flags & NLM_F_REPLACE && !(flags & NLM_F_CREATE)) {
		return -ENOENT;
	}
	return pyt_address_add(server->stack, (int)address.body.ifa_index,
			       &address.ip, address.body.ifa_prefixlen,
			       server->now_us);
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
