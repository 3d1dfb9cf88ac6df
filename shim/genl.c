/* Generic netlink as the kernel's side of it: what families there are. */
#include "genl.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/tcp_metrics.h>
#include <string.h>

#include <pyt/view.h>

#define ID_TCP_METRICS (GENL_MIN_ID + 1)
#define NESTED_LEN 64
#define VERSION 2

static const struct {
	const char *name;
	uint16_t id;
	uint8_t version;
	uint32_t last_attribute;
} families[] = {
	{ "nlctrl", GENL_ID_CTRL, VERSION, CTRL_ATTR_MAX },
	{ TCP_METRICS_GENL_NAME, ID_TCP_METRICS, TCP_METRICS_GENL_VERSION,
	  TCP_METRICS_ATTR_MAX },
};
#define FAMILIES (sizeof(families) / sizeof(*families))

static bool command_of(const struct nl_request *request,
		       struct genlmsghdr *header)
{
	if (request->body_len < sizeof(*header))
		return false;
	memcpy(header, request->body, sizeof(*header));
	return true;
}

static bool parse(const struct nl_request *request, struct genlmsghdr *header,
		  struct nl_value *value, unsigned max)
{
	return command_of(request, header) &&
	       nl_parse(request->body + GENL_HDRLEN,
			request->body_len - GENL_HDRLEN, value, max);
}

bool genl_is_get(const struct nlmsghdr *header)
{
	const struct genlmsghdr *command = NLMSG_DATA(header);

	return header->nlmsg_type != ID_TCP_METRICS ||
	       header->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN ||
	       command->cmd != TCP_METRICS_CMD_DEL;
}

static void begin(struct nl_request *request, uint16_t type, uint8_t command,
		  uint8_t version)
{
	struct genlmsghdr *body = nl_begin(
		request->out, type, request->answer_flags,
		request->header->nlmsg_seq, request->socket->pid, GENL_HDRLEN);

	if (body)
		*body = (struct genlmsghdr){ .cmd = command,
					     .version = version };
}

/* ---------------------------------------------------------------- families */

static bool put_family(struct nl_request *request, size_t i)
{
	struct nl_writer *w = request->out;

	begin(request, GENL_ID_CTRL, CTRL_CMD_NEWFAMILY, VERSION);
	nl_put_text(w, CTRL_ATTR_FAMILY_NAME, families[i].name);
	nl_put(w, CTRL_ATTR_FAMILY_ID, &families[i].id, sizeof(uint16_t));
	nl_put_u32(w, CTRL_ATTR_VERSION, families[i].version);
	nl_put_u32(w, CTRL_ATTR_HDRSIZE, 0);
	nl_put_u32(w, CTRL_ATTR_MAXATTR, families[i].last_attribute);
	return nl_end(w);
}

static int get_family(struct nl_request *request)
{
	struct nl_value value[CTRL_ATTR_FAMILY_NAME + 1];
	const struct nl_value *number = &value[CTRL_ATTR_FAMILY_ID];
	char name[GENL_NAMSIZ] = "";
	struct genlmsghdr header;
	uint16_t id = 0;

	if (!parse(request, &header, value, CTRL_ATTR_FAMILY_NAME))
		return -EINVAL;
	if (header.cmd != CTRL_CMD_GETFAMILY)
		return -EOPNOTSUPP;
	if (number->data && number->len >= sizeof(id))
		memcpy(&id, number->data, sizeof(id));
	else if (!nl_text(&value[CTRL_ATTR_FAMILY_NAME], name, sizeof(name)))
		return -EINVAL;
	for (size_t i = 0; i < FAMILIES; i++)
		if (id ? families[i].id == id
		       : strcmp(families[i].name, name) == 0) {
			put_family(request, i);
			return 0;
		}
	request->reason = "a stack has no such family";
	return -ENOENT;
}

static bool dump_families(struct nl_request *request, unsigned *cursor)
{
	struct genlmsghdr header;

	if (*cursor >= FAMILIES || !command_of(request, &header) ||
	    header.cmd != CTRL_CMD_GETFAMILY)
		return false;
	*cursor += put_family(request, *cursor);
	return true;
}

/* ------------------------------------------------------------- tcp_metrics */

/* Each stands at one behind its number; Linux keeps eighths and quarters. */
static void put_values(struct nl_writer *w,
		       const struct pyt_tcp_metrics *metrics)
{
	uint32_t rtt = metrics->rtt_us * 8, rttvar = metrics->rttvar_us * 4;
	uint8_t bytes[NESTED_LEN];
	struct nl_writer nested;

	nl_writer_init(&nested, bytes, sizeof(bytes));
	if (rtt) {
		nl_put_u32(&nested, TCP_METRIC_RTT_US + 1, rtt);
		nl_put_u32(&nested, TCP_METRIC_RTT + 1,
			   rtt < 1000 ? 1 : rtt / 1000);
	}
	if (rttvar) {
		nl_put_u32(&nested, TCP_METRIC_RTTVAR_US + 1, rttvar);
		nl_put_u32(&nested, TCP_METRIC_RTTVAR + 1,
			   rttvar < 1000 ? 1 : rttvar / 1000);
	}
	if (metrics->ssthresh)
		nl_put_u32(&nested, TCP_METRIC_SSTHRESH + 1, metrics->ssthresh);
	if (nested.len)
		nl_put(w, TCP_METRICS_ATTR_VALS, bytes, nested.len);
}

static bool put_metrics(struct nl_request *request,
			const struct pyt_tcp_metrics *metrics)
{
	bool v4 = pyt_ip_is_v4(&metrics->peer);
	struct nl_writer *w = request->out;
	uint64_t age_ms = (uint64_t)metrics->age_us / 1000;

	begin(request, ID_TCP_METRICS, TCP_METRICS_CMD_GET,
	      TCP_METRICS_GENL_VERSION);
	nl_put_ip(w,
		  v4 ? TCP_METRICS_ATTR_ADDR_IPV4 : TCP_METRICS_ATTR_ADDR_IPV6,
		  &metrics->peer);
	nl_put_ip(w,
		  v4 ? TCP_METRICS_ATTR_SADDR_IPV4
		     : TCP_METRICS_ATTR_SADDR_IPV6,
		  &metrics->local);
	nl_put(w, TCP_METRICS_ATTR_AGE, &age_ms, sizeof(age_ms));
	put_values(w, metrics);
	return nl_end(w);
}

static bool dump_metrics(struct nl_request *request, unsigned *cursor)
{
	const struct server *server = request->server;
	struct pyt_tcp_metrics metrics;

	if (pyt_tcp_metrics_get(server->stack, (int)*cursor, &metrics,
				server->now_us) < 0)
		return false;
	*cursor += put_metrics(request, &metrics);
	return true;
}

/* True: the attribute of this family is there. */
static bool get_ip(const struct nl_value *value, int v4, int v6,
		   struct pyt_ip *ip)
{
	return nl_ip(&value[v4], AF_INET, ip) ||
	       nl_ip(&value[v6], AF_INET6, ip);
}

static int find_metrics(struct nl_request *request, const struct pyt_ip *local,
			const struct pyt_ip *peer)
{
	const struct server *server = request->server;
	struct pyt_tcp_metrics metrics;

	for (int i = 0; pyt_tcp_metrics_get(server->stack, i, &metrics,
					    server->now_us) == 0;
	     i++)
		if (pyt_ip_equal(&metrics.peer, peer) &&
		    (!local || pyt_ip_equal(&metrics.local, local))) {
			put_metrics(request, &metrics);
			return 0;
		}
	return -ESRCH;
}

static int metrics_command(struct nl_request *request)
{
	struct nl_value value[TCP_METRICS_ATTR_SADDR_IPV6 + 1];
	struct pyt_ip local, peer;
	struct genlmsghdr header;
	bool has_local, has_peer;
	int result;

	if (!parse(request, &header, value, TCP_METRICS_ATTR_SADDR_IPV6))
		return -EINVAL;
	has_peer = get_ip(value, TCP_METRICS_ATTR_ADDR_IPV4,
			  TCP_METRICS_ATTR_ADDR_IPV6, &peer);
	has_local = get_ip(value, TCP_METRICS_ATTR_SADDR_IPV4,
			   TCP_METRICS_ATTR_SADDR_IPV6, &local);
	if (header.cmd == TCP_METRICS_CMD_GET)
		return has_peer ? find_metrics(request,
					       has_local ? &local : NULL, &peer)
				: -EAFNOSUPPORT;
	if (header.cmd != TCP_METRICS_CMD_DEL)
		return -EOPNOTSUPP;
	result = pyt_tcp_metrics_remove(request->server->stack,
					has_local ? &local : NULL,
					has_peer ? &peer : NULL);
	return result == -ENOENT ? -ESRCH : result;
}

const struct nl_handler genl_handlers[] = {
	{ GENL_ID_CTRL, get_family, dump_families },
	{ ID_TCP_METRICS, metrics_command, dump_metrics },
	{ 0 },
};
