/* rtnetlink: the policy table of RFC 6724 for sources, ip-addrlabel(8). */
#include <errno.h>
#include <linux/if_addrlabel.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "rtnl.h"

static bool put_label(struct nl_request *request, const struct pyt_label *label,
		      const struct pyt_ip *prefix, unsigned prefix_len)
{
	struct nl_writer *w = request->out;
	struct ifaddrlblmsg *body =
		nl_begin(w, RTM_NEWADDRLABEL, request->answer_flags,
			 request->header->nlmsg_seq, request->socket->pid,
			 sizeof(*body));

	if (body) {
		body->ifal_family = AF_INET6;
		body->ifal_prefixlen = (uint8_t)prefix_len;
		body->ifal_index = (uint32_t)label->ifindex;
	}
	nl_put(w, IFAL_ADDRESS, prefix->bytes, sizeof(prefix->bytes));
	nl_put_u32(w, IFAL_LABEL, label->label);
	return nl_end(w);
}

bool rtnl_dump_labels(struct nl_request *request, unsigned *cursor)
{
	struct pyt_label label;

	if (request->body_len && request->body[0] != AF_UNSPEC &&
	    request->body[0] != AF_INET6)
		return false;
	if (pyt_label_get(request->server->stack, (int)*cursor, &label) < 0)
		return false;
	*cursor += put_label(request, &label, &label.prefix, label.prefix_len);
	return true;
}

static int parse(const struct nl_request *request, struct pyt_label *label)
{
	struct nl_value value[IFAL_LABEL + 1];
	struct ifaddrlblmsg body;

	if (request->body_len < sizeof(body))
		return -EINVAL;
	memcpy(&body, request->body, sizeof(body));
	if (body.ifal_family != AF_INET6)
		return -EOPNOTSUPP;
	if (!nl_parse(request->body + sizeof(body),
		      request->body_len - sizeof(body), value, IFAL_LABEL))
		return -EINVAL;
	*label = (struct pyt_label){
		.prefix_len = body.ifal_prefixlen,
		.ifindex = (int)body.ifal_index,
		.label = nl_u32(&value[IFAL_LABEL], UINT32_MAX),
	};
	return nl_ip(&value[IFAL_ADDRESS], AF_INET6, &label->prefix) ? 0
								     : -EINVAL;
}

/* The label of one address. */
int rtnl_get_label(struct nl_request *request)
{
	struct pyt_label asked, found;
	int result = parse(request, &asked);

	if (result == 0)
		result = pyt_label_find(request->server->stack, &asked.prefix,
					asked.ifindex, &found);
	if (result < 0)
		return result == -ENOENT ? -ESRCH : result;
	put_label(request, &found, &asked.prefix, 128);
	return 0;
}

int rtnl_new_label(struct nl_request *request)
{
	struct pyt_label label;
	int result = parse(request, &label);

	if (result < 0)
		return result;
	return pyt_label_add(request->server->stack, &label,
			     request->header->nlmsg_flags & NLM_F_REPLACE);
}

int rtnl_delete_label(struct nl_request *request)
{
	struct pyt_label label;
	int result = parse(request, &label);

	if (result == 0)
		result = pyt_label_remove(request->server->stack, &label);
	return result == -ENOENT ? -ESRCH : result;
}
