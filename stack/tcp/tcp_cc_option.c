/*
 * The congestion control of one socket, by name: of a listener for its
 * children, of a connection at once, with the windows as they are.
 */
#include "tcp/tcp_cc_option.h"

#include <errno.h>
#include <string.h>

#include "tcp/tcp_cwnd.h"
#include "tcp/tcp_options.h"

int tcp_cc_option_set(struct tcp_connection *tcp, const void *value,
		      uint32_t value_len, int64_t now_us)
{
	const struct tcp_cc_added *added = &tcp->context->cc_added;
	char name[PYT_CC_NAME_MAX] = "";
	const struct pyt_cc_ops *ops;

	if (value_len < 1)
		return -EINVAL;
	if (value_len > sizeof(name) - 1)
		value_len = sizeof(name) - 1;
	memcpy(name, value, value_len);
	ops = tcp_cc_find(added, name);
	if (!ops)
		return -ENOENT;
	if (!tcp_cc_is_allowed(added, ops) && ops != tcp->options.cc)
		return -EPERM;
	tcp->options.cc = ops;
	if (tcp->cc.ops && tcp->cc.ops != ops)
		tcp_cwnd_start(tcp, ops, now_us);
	return 0;
}

int tcp_cc_option_get(const struct tcp_connection *tcp, int name, void *value,
		      uint32_t value_len)
{
	const struct pyt_cc_ops *ops = tcp->cc.ops;
	char text[PYT_CC_NAME_MAX] = "";
	uint64_t info[PYT_CC_INFO_MAX / 8] = { 0 };
	uint32_t len = 0;

	if (name == TCP_CONGESTION) {
		memcpy(text, tcp->options.cc->name,
		       strnlen(tcp->options.cc->name, sizeof(text) - 1));
		return tcp_options_give(value, value_len, text, sizeof(text));
	}
	if (name != TCP_CC_INFO)
		return -ENOPROTOOPT;
	if (ops && ops->get_info)
		len = ops->get_info(&tcp->cc, info);
	if (len > sizeof(info))
		len = sizeof(info);
	return tcp_options_give(value, value_len, info, len);
}
