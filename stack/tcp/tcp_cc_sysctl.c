/*
 * net.ipv4.tcp_congestion_control, tcp_available_congestion_control and
 * tcp_allowed_congestion_control. All are allowed at first: whoever uses the
 * stack has it to himself, where Linux asks for CAP_NET_ADMIN.
 */
#include "tcp/tcp_cc_sysctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "net.ipv4.tcp_"
#define BLANKS " \t\n"

/* A name and a line's end, as from a file. */
static const struct pyt_cc_ops *find_trimmed(const struct tcp_cc_added *added,
					     const char *text)
{
	char name[PYT_CC_NAME_MAX];
	size_t len;

	text += strspn(text, BLANKS);
	len = strcspn(text, BLANKS);
	if (len >= sizeof(name) || text[len + strspn(text + len, BLANKS)])
		return NULL;
	memcpy(name, text, len);
	name[len] = '\0';
	return tcp_cc_find(added, name);
}

static int set_standard(struct tcp_context *context, const char *value)
{
	const struct pyt_cc_ops *ops = find_trimmed(&context->cc_added, value);

	if (!ops)
		return -EINVAL;
	context->cc = ops;
	tcp_cc_allow(&context->cc_added, ops); /* as Linux */
	return 0;
}

/* All of the names are known, or nothing changes. */
static int set_allowed(struct tcp_context *context, const char *value)
{
	struct tcp_cc_added next = context->cc_added;

	tcp_cc_allow_none(&next);
	for (value += strspn(value, BLANKS); *value;
	     value += strspn(value, BLANKS)) {
		char name[PYT_CC_NAME_MAX] = "";
		size_t len = strcspn(value, BLANKS);
		const struct pyt_cc_ops *ops;

		if (len < sizeof(name))
			memcpy(name, value, len);
		ops = tcp_cc_find(&next, name);
		if (!ops)
			return -EINVAL;
		tcp_cc_allow(&next, ops);
		value += len;
	}
	context->cc_added = next;
	return 0;
}

int tcp_cc_sysctl_set(struct tcp_context *context, const char *name,
		      const char *value)
{
	if (strcmp(name, PREFIX "congestion_control") == 0)
		return set_standard(context, value);
	if (strcmp(name, PREFIX "allowed_congestion_control") == 0)
		return set_allowed(context, value);
	return -ENOENT;
}

int tcp_cc_sysctl_get(const struct tcp_context *context, const char *name,
		      char *value, size_t value_len)
{
	if (strcmp(name, PREFIX "congestion_control") == 0)
		return snprintf(value, value_len, "%s", context->cc->name);
	if (strcmp(name, PREFIX "available_congestion_control") == 0)
		return tcp_cc_names(&context->cc_added, false, value,
				    value_len);
	if (strcmp(name, PREFIX "allowed_congestion_control") == 0)
		return tcp_cc_names(&context->cc_added, true, value, value_len);
	return -ENOENT;
}
