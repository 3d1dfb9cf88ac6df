/* rtnetlink: the counters of links alone, ip-stats(8). */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "ifaces.h"
#include "rtnl.h"

static bool put_stats(struct nl_request *request,
		      const struct pyt_iface_info *iface, uint32_t mask)
{
	struct rtnl_link_stats64 stats = ifaces_statistics(iface);
	struct nl_writer *w = request->out;
	struct if_stats_msg *body =
		nl_begin(w, RTM_NEWSTATS, request->answer_flags,
			 request->header->nlmsg_seq, request->socket->pid,
			 sizeof(*body));

	if (body) {
		body->ifindex = (uint32_t)iface->ifindex;
		body->filter_mask = mask;
	}
	if (mask & IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64))
		nl_put(w, IFLA_STATS_LINK_64, &stats, sizeof(stats));
	return nl_end(w);
}

static int parse(struct nl_request *request, struct if_stats_msg *asked)
{
	if (request->body_len < sizeof(*asked))
		return -EINVAL;
	memcpy(asked, request->body, sizeof(*asked));
	if (asked->filter_mask)
		return 0;
	request->reason = "Filter mask must be set for stats dump";
	return -EINVAL;
}

int rtnl_get_stats(struct nl_request *request)
{
	struct pyt_iface_info iface;
	struct if_stats_msg asked;
	int result = parse(request, &asked);

	if (result == 0 && !asked.ifindex)
		result = -EINVAL;
	if (result == 0)
		result = rtnl_find_link(request->server->stack,
					(int)asked.ifindex, "", &iface);
	if (result == 0)
		put_stats(request, &iface, asked.filter_mask);
	return result;
}

bool rtnl_dump_stats(struct nl_request *request, unsigned *cursor)
{
	struct pyt_iface_info iface;
	struct if_stats_msg asked;

	if (parse(request, &asked) < 0 ||
	    pyt_iface_get(request->server->stack, (int)*cursor, &iface) < 0)
		return false;
	*cursor += put_stats(request, &iface, asked.filter_mask);
	return true;
}
