/* The congestion controls there are, and what they share. */
#include "tcp/tcp_cc.h"

#include <stddef.h>
#include <string.h>

static const struct tcp_cc_ops *const controls[] = { &tcp_cubic, &tcp_reno };

const struct tcp_cc_ops *tcp_cc_find(const char *name)
{
	for (size_t i = 0; i < sizeof(controls) / sizeof(*controls); i++)
		if (strcmp(controls[i]->name, name) == 0)
			return controls[i];
	return NULL;
}

const char *tcp_cc_names(void)
{
	return "reno cubic";
}

void tcp_cc_start(struct tcp_cc *cc, const struct tcp_cc_ops *ops,
		  int64_t now_us)
{
	memset(cc->state, 0, sizeof(cc->state));
	cc->ops = ops;
	if (ops->init)
		ops->init(cc, now_us);
}

uint32_t tcp_cc_slow_start(struct tcp_cc *cc, uint32_t acked)
{
	uint32_t room = cc->ssthresh - cc->cwnd;
	uint32_t used = acked < room ? acked : room;

	cc->cwnd += used;
	if (cc->cwnd > TCP_CC_CWND_MAX)
		cc->cwnd = TCP_CC_CWND_MAX;
	return acked - used;
}
