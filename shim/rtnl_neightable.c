/*
 * rtnetlink: what the caches of neighbours are set to, ip-ntable(8). These
 * are the settings net.ipv4.neigh.* and net.ipv6.neigh.* by other names.
 */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rtnl.h"

#define NAME_LEN 96
#define VALUE_LEN 32
#define NESTED_LEN 256
#define PARAMETER_MAX NDTPA_MCAST_REPROBES

/* A parameter and the setting that it is; unit: how many of ours in one. */
struct parameter {
	uint16_t type;
	const char *setting;
	unsigned unit;
	bool is_long; /* 64 bits */
};

/* Milliseconds; queues and probes are numbers. */
static const struct parameter parameters[] = {
	{ NDTPA_QUEUE_LEN, "unres_qlen", 1, false },
	{ NDTPA_QUEUE_LENBYTES, "unres_qlen_bytes", 1, false },
	{ NDTPA_UCAST_PROBES, "ucast_solicit", 1, false },
	{ NDTPA_MCAST_PROBES, "mcast_solicit", 1, false },
	{ NDTPA_BASE_REACHABLE_TIME, "base_reachable_time_ms", 1, true },
	{ NDTPA_RETRANS_TIME, "retrans_time_ms", 1, true },
	{ NDTPA_GC_STALETIME, "gc_stale_time", 1000, true },
	{ NDTPA_DELAY_PROBE_TIME, "delay_first_probe_time", 1000, true },
	{ NDTPA_LOCKTIME, "locktime", 10, true },
};
#define PARAMETERS (sizeof(parameters) / sizeof(*parameters))

/* What a host without proxies and helpers has: Linux's own values. */
static const struct parameter fixed[] = {
	{ NDTPA_APP_PROBES, NULL, 0, false },
	{ NDTPA_MCAST_REPROBES, NULL, 0, false },
	{ NDTPA_PROXY_QLEN, NULL, 64, false },
	{ NDTPA_ANYCAST_DELAY, NULL, 1000, true },
	{ NDTPA_PROXY_DELAY, NULL, 800, true },
};
#define FIXED (sizeof(fixed) / sizeof(*fixed))

static const struct {
	uint16_t type;
	const char *setting;
	unsigned unit;
} of_table[] = {
	{ NDTA_THRESH1, "gc_thresh1", 1 },
	{ NDTA_THRESH2, "gc_thresh2", 1 },
	{ NDTA_THRESH3, "gc_thresh3", 1 },
};

/* A cache, or what one link has set for it. */
struct table {
	int family;
	const char *link; /* NULL: the cache itself */
	int ifindex;
};

static const char *name_of(int family)
{
	return family == AF_INET ? "arp_cache" : "ndisc_cache";
}

static void setting_name(const struct table *table, const char *setting,
			 char name[NAME_LEN])
{
	snprintf(name, NAME_LEN, "net.%s.neigh.%s.%s",
		 table->family == AF_INET ? "ipv4" : "ipv6",
		 table->link ? table->link : "default", setting);
}

static uint64_t value_of(const struct pyt_stack *stack,
			 const struct table *table, const char *setting)
{
	char name[NAME_LEN], value[VALUE_LEN];

	setting_name(table, setting, name);
	if (pyt_sysctl_get(stack, name, value, sizeof(value)) < 0)
		return 0;
	return strtoull(value, NULL, 10);
}

/* ------------------------------------------------------------------- write */

static void put_number(struct nl_writer *w, const struct parameter *parameter,
		       uint64_t value)
{
	if (parameter->is_long)
		nl_put(w, parameter->type, &value, sizeof(value));
	else
		nl_put_u32(w, parameter->type, (uint32_t)value);
}

static void put_parameters(struct nl_writer *w, const struct pyt_stack *stack,
			   const struct table *table)
{
	struct parameter reachable = { NDTPA_REACHABLE_TIME, NULL, 1, true };
	uint8_t bytes[NESTED_LEN];
	struct nl_writer nested;

	nl_writer_init(&nested, bytes, sizeof(bytes));
	nl_put_u32(&nested, NDTPA_REFCNT, 1);
	if (table->ifindex)
		nl_put_u32(&nested, NDTPA_IFINDEX, (uint32_t)table->ifindex);
	/* Linux's of now lies somewhere between half and one and a half */
	put_number(&nested, &reachable,
		   value_of(stack, table, "base_reachable_time_ms"));
	for (size_t i = 0; i < PARAMETERS; i++)
		put_number(&nested, &parameters[i],
			   value_of(stack, table, parameters[i].setting) *
				   parameters[i].unit);
	for (size_t i = 0; i < FIXED; i++)
		put_number(&nested, &fixed[i], fixed[i].unit);
	nl_put(w, NDTA_PARMS, bytes, nested.len);
}

static void put_of_table(struct nl_writer *w, const struct pyt_stack *stack,
			 const struct table *table)
{
	uint64_t interval_ms =
		value_of(stack, table, "gc_interval") * (uint64_t)1000;

	nl_put(w, NDTA_GC_INTERVAL, &interval_ms, sizeof(interval_ms));
	for (size_t i = 0; i < sizeof(of_table) / sizeof(*of_table); i++)
		nl_put_u32(
			w, of_table[i].type,
			(uint32_t)value_of(stack, table, of_table[i].setting));
}

static bool put_table(struct nl_request *request, const struct table *table)
{
	const struct pyt_stack *stack = request->server->stack;
	struct nl_writer *w = request->out;
	struct ndtmsg *body =
		nl_begin(w, RTM_NEWNEIGHTBL, request->answer_flags,
			 request->header->nlmsg_seq, request->socket->pid,
			 sizeof(*body));

	if (body)
		body->ndtm_family = (uint8_t)table->family;
	nl_put_text(w, NDTA_NAME, name_of(table->family));
	if (!table->link)
		put_of_table(w, stack, table);
	put_parameters(w, stack, table);
	return nl_end(w);
}

/* Each cache, then its links, the latest first as Linux has them. */
bool rtnl_dump_neighbour_tables(struct nl_request *request, unsigned *cursor)
{
	int asked = request->body_len ? request->body[0] : AF_UNSPEC;
	struct pyt_iface_info iface;
	unsigned links = 0, at;
	struct table table = { .family = AF_INET };

	while (pyt_iface_get(request->server->stack, (int)links, &iface) == 0)
		links++;
	if (*cursor >= 2 * (links + 1))
		return false;
	at = *cursor % (links + 1);
	if (*cursor > links)
		table.family = AF_INET6;
	if (asked != AF_UNSPEC && asked != table.family) {
		++*cursor;
		return true;
	}
	if (at > 0) {
		pyt_iface_get(request->server->stack, (int)(links - at),
			      &iface);
		table.link = iface.config.name;
		table.ifindex = iface.ifindex;
	}
	*cursor += put_table(request, &table);
	return true;
}

/* ------------------------------------------------------------------ change */

static int set(struct pyt_stack *stack, const struct table *table,
	       const char *setting, uint64_t value)
{
	char name[NAME_LEN], text[VALUE_LEN];

	setting_name(table, setting, name);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return pyt_sysctl_set(stack, name, text);
}

static uint64_t number_of(const struct nl_value *value)
{
	uint64_t number = 0;

	if (value->len >= sizeof(number))
		memcpy(&number, value->data, sizeof(number));
	else
		number = nl_u32(value, 0);
	return number;
}

static int set_parameters(struct nl_request *request, const struct table *table,
			  const struct nl_value *value)
{
	for (size_t i = 0; i < FIXED; i++)
		if (value[fixed[i].type].data &&
		    number_of(&value[fixed[i].type]) != fixed[i].unit) {
			request->reason = "a stack has no proxies and helpers "
					  "for neighbours";
			return -EOPNOTSUPP;
		}
	for (size_t i = 0; i < PARAMETERS; i++) {
		const struct nl_value *new = &value[parameters[i].type];
		int result = 0;

		if (new->data)
			result = set(request->server->stack, table,
				     parameters[i].setting,
				     number_of(new) / parameters[i].unit);
		if (result < 0)
			return result;
	}
	return 0;
}

static int set_of_table(struct pyt_stack *stack, const struct table *table,
			const struct nl_value *value)
{
	int result = 0;

	if (value[NDTA_GC_INTERVAL].data)
		result = set(stack, table, "gc_interval",
			     number_of(&value[NDTA_GC_INTERVAL]) / 1000);
	for (size_t i = 0; i < sizeof(of_table) / sizeof(*of_table); i++)
		if (result == 0 && value[of_table[i].type].data)
			result = set(stack, table, of_table[i].setting,
				     number_of(&value[of_table[i].type]));
	return result;
}

/* By its name, as ip(8) gives no family. */
static bool has_name(const struct nl_value *value, struct table *table)
{
	char name[16];

	if (!nl_text(value, name, sizeof(name)))
		return false;
	table->family =
		strcmp(name, name_of(AF_INET)) == 0 ? AF_INET : AF_INET6;
	return strcmp(name, name_of(table->family)) == 0;
}

int rtnl_set_neighbour_table(struct nl_request *request)
{
	struct nl_value value[NDTA_GC_INTERVAL + 1];
	struct nl_value of_link[PARAMETER_MAX + 1];
	const struct nl_value *nested = &value[NDTA_PARMS];
	struct table table = { .family = AF_INET };
	struct pyt_iface_info iface;
	int result;

	if (request->body_len < sizeof(struct ndtmsg) ||
	    !nl_parse(request->body + sizeof(struct ndtmsg),
		      request->body_len - sizeof(struct ndtmsg), value,
		      NDTA_GC_INTERVAL) ||
	    !value[NDTA_NAME].data)
		return -EINVAL;
	if (!has_name(&value[NDTA_NAME], &table))
		return -ENOENT;
	if (!nested->data)
		return set_of_table(request->server->stack, &table, value);
	if (!nl_parse(nested->data, nested->len, of_link, PARAMETER_MAX))
		return -EINVAL;
	table.ifindex = (int)nl_u32(&of_link[NDTPA_IFINDEX], 0);
	if (table.ifindex) {
		result = rtnl_find_link(request->server->stack, table.ifindex,
					"", &iface);
		if (result < 0)
			return -ENOENT;
		table.link = iface.config.name;
	}
	result = set_parameters(request, &table, of_link);
	return result < 0 ? result
			  : set_of_table(request->server->stack, &table, value);
}
