/* rtnetlink: the neighbours. */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "rtnl.h"

/* ------------------------------------------------------------------- write */

static uint16_t state_of(const struct pyt_neighbour_info *neighbour)
{
	static const struct {
		const char *name;
		uint16_t state;
	} states[] = {
		{ "INCOMPLETE", NUD_INCOMPLETE },
		{ "REACHABLE", NUD_REACHABLE },
		{ "STALE", NUD_STALE },
		{ "DELAY", NUD_DELAY },
		{ "PROBE", NUD_PROBE },
		{ "UNREACHABLE", NUD_PROBE }, /* which it is, for longer */
		{ "FAILED", NUD_FAILED },
		{ "PERMANENT", NUD_PERMANENT },
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (strcmp(states[i].name, neighbour->state) == 0)
			return states[i].state;
	return NUD_NONE;
}

bool rtnl_put_neighbour(struct nl_writer *w, const struct rtnl_header *header,
			const struct pyt_neighbour_info *neighbour)
{
	struct nda_cacheinfo cache = { .ndm_refcnt = 0 };
	uint16_t state = state_of(neighbour);
	struct ndmsg *body = nl_begin(w, header->type, header->flags,
				      header->seq, header->pid, sizeof(*body));

	if (body) {
		body->ndm_family =
			pyt_ip_is_v4(&neighbour->ip) ? AF_INET : AF_INET6;
		body->ndm_ifindex = neighbour->ifindex;
		body->ndm_state = state;
		body->ndm_type = RTN_UNICAST;
		body->ndm_flags = neighbour->is_router ? NTF_ROUTER : 0;
	}
	nl_put_ip(w, NDA_DST, &neighbour->ip);
	if (!(state & (NUD_INCOMPLETE | NUD_FAILED | NUD_NONE)))
		nl_put(w, NDA_LLADDR, neighbour->mac, sizeof(neighbour->mac));
	nl_put(w, NDA_CACHEINFO, &cache, sizeof(cache));
	nl_put_u32(w, NDA_PROBES, 0);
	return nl_end(w);
}

/* -------------------------------------------------------------------- read */

struct neighbour_request {
	struct ndmsg body;
	struct nl_value value[NDA_IFINDEX + 1];
	struct pyt_ip ip;
};

static int parse(const struct nl_request *request, struct neighbour_request *n)
{
	struct pyt_iface_info iface;

	if (request->body_len < sizeof(n->body))
		return -EINVAL;
	memcpy(&n->body, request->body, sizeof(n->body));
	if (!nl_parse(request->body + sizeof(n->body),
		      request->body_len - sizeof(n->body), n->value,
		      NDA_IFINDEX))
		return -EINVAL;
	if (n->body.ndm_family != AF_INET && n->body.ndm_family != AF_INET6)
		return -EAFNOSUPPORT;
	if (!nl_ip(&n->value[NDA_DST], n->body.ndm_family, &n->ip))
		return -EINVAL;
	if (n->body.ndm_flags & NTF_PROXY)
		return -EOPNOTSUPP;
	return rtnl_find_link(request->server->stack, n->body.ndm_ifindex, "",
			      &iface);
}

static int find(const struct pyt_stack *stack,
		const struct neighbour_request *n,
		struct pyt_neighbour_info *info)
{
	for (int i = 0; pyt_neighbour_get(stack, i, info) == 0; i++)
		if (info->ifindex == n->body.ndm_ifindex &&
		    pyt_ip_equal(&info->ip, &n->ip))
			return 0;
	return -ENOENT;
}

int rtnl_get_neighbour(struct nl_request *request)
{
	struct rtnl_header header = rtnl_answer(request, RTM_NEWNEIGH);
	struct pyt_neighbour_info info;
	struct neighbour_request n;
	int result = parse(request, &n);

	if (result == 0)
		result = find(request->server->stack, &n, &info);
	if (result == 0)
		rtnl_put_neighbour(request->out, &header, &info);
	return result;
}

static bool wants(const struct nl_request *request,
		  const struct pyt_neighbour_info *info)
{
	int family = pyt_ip_is_v4(&info->ip) ? AF_INET : AF_INET6;
	struct nl_value value[NDA_IFINDEX + 1];
	struct ndmsg body;

	if (request->body_len && request->body[0] && request->body[0] != family)
		return false;
	if (request->body_len < sizeof(body))
		return true;
	memcpy(&body, request->body, sizeof(body));
	if (body.ndm_flags & NTF_PROXY)
		return false;
	return !nl_parse(request->body + sizeof(body),
			 request->body_len - sizeof(body), value,
			 NDA_IFINDEX) ||
	       (int)nl_u32(&value[NDA_IFINDEX], (uint32_t)info->ifindex) ==
		       info->ifindex;
}

bool rtnl_dump_neighbours(struct nl_request *request, unsigned *cursor)
{
	struct rtnl_header header = rtnl_answer(request, RTM_NEWNEIGH);
	struct pyt_neighbour_info info;

	if (pyt_neighbour_get(request->server->stack, (int)*cursor, &info) < 0)
		return false;
	if (!wants(request, &info) ||
	    rtnl_put_neighbour(request->out, &header, &info))
		++*cursor;
	return true;
}

/* ------------------------------------------------------------------ change */

int rtnl_new_neighbour(struct nl_request *request)
{
	struct server *server = request->server;
	uint16_t flags = request->header->nlmsg_flags;
	struct pyt_neighbour_info old;
	struct neighbour_request n;
	const struct nl_value *mac;
	bool exists;
	int result = parse(request, &n);

	if (result < 0)
		return result;
	mac = &n.value[NDA_LLADDR];
	exists = find(server->stack, &n, &old) == 0;
	if (exists && flags & NLM_F_EXCL)
		return -EEXIST;
	if (!exists && !(flags & NLM_F_CREATE))
		return -ENOENT;
	if (!(n.body.ndm_state & NUD_PERMANENT)) {
		request->reason = "what is set is permanent here";
		return -EOPNOTSUPP;
	}
	if (!mac->data || mac->len != 6)
		return -EINVAL;
	return pyt_neighbour_set(server->stack, n.body.ndm_ifindex, &n.ip,
				 mac->data, server->now_us);
}

int rtnl_delete_neighbour(struct nl_request *request)
{
	struct neighbour_request n;
	int result = parse(request, &n);

	if (result < 0)
		return result;
	return pyt_neighbour_set(request->server->stack, n.body.ndm_ifindex,
				 &n.ip, NULL, request->server->now_us);
}
