/* Requests about the whole stack: its interfaces, tables and counters. */
#include <errno.h>
#include <stdio.h>

#include "requests.h"

static int put_data(struct request_call *call, int result, const void *data,
		    uint32_t len)
{
	if (result < 0)
		return result;
	memcpy(call->reply->data, data, len);
	call->reply->data_len = len;
	return 0;
}

int request_interfaces(struct request_call *call)
{
	struct pyt_iface_info info = { 0 };
	int result = pyt_iface_get(call->server->stack, call->request->args[0],
				   &info);

	return put_data(call, result, &info, sizeof(info));
}

int request_addresses(struct request_call *call)
{
	struct pyt_address_info info = { 0 };
	int result = pyt_address_get(call->server->stack,
				     call->request->args[0], &info);

	return put_data(call, result, &info, sizeof(info));
}

int request_sources(struct request_call *call)
{
	size_t count = call->request->data_len / sizeof(struct pyt_ip);
	struct pyt_source sources[PYT_SOURCES_MAX];
	struct pyt_ip dst;

	if (count > PYT_SOURCES_MAX)
		return -EINVAL;
	memset(sources, 0, sizeof(sources));
	for (size_t i = 0; i < count; i++) {
		memcpy(&dst, call->request->data + i * sizeof(dst),
		       sizeof(dst));
		pyt_source_get(call->server->stack, &dst, &sources[i],
			       call->server->now_us);
	}
	return put_data(call, 0, sources, (uint32_t)(count * sizeof(*sources)));
}

int request_routes(struct request_call *call)
{
	struct pyt_route route = { 0 };
	int result = pyt_route_get(call->server->stack, call->request->args[0],
				   &route);

	return put_data(call, result, &route, sizeof(route));
}

int request_neighbours(struct request_call *call)
{
	struct pyt_neighbour_info info = { 0 };
	int result = pyt_neighbour_get(call->server->stack,
				       call->request->args[0], &info);

	info.state = NULL; /* a pointer means nothing over there */
	return put_data(call, result, &info, sizeof(info));
}

static void add_search(struct pyt_names *names, const char *domain)
{
	size_t len = strlen(names->search), more = strlen(domain);

	if (len + more + 2 > sizeof(names->search))
		return;
	if (len)
		names->search[len++] = ' ';
	memcpy(names->search + len, domain, more + 1);
}

/* A link-local server has its link as scope: RFC 8106, 5.1. */
static void add_server(struct pyt_names *names,
		       const struct pyt_name_server *server)
{
	bool v4 = pyt_ip_is_v4(&server->ip);

	names->server[names->server_count++] = (struct pyt_sockaddr){
		.ip = server->ip,
		.scope_id = v4 ? 0 : (uint32_t)server->ifindex,
	};
}

int request_names(struct request_call *call)
{
	const struct pyt_stack *stack = call->server->stack;
	struct pyt_names names = { 0 };
	struct pyt_name_server server;
	struct pyt_search_domain domain;

	for (int i = 0; names.server_count < PYT_NAMES_SERVERS_MAX &&
			pyt_name_server_get(stack, i, &server) == 0;
	     i++)
		add_server(&names, &server);
	for (int i = 0; pyt_search_domain_get(stack, i, &domain) == 0; i++)
		add_search(&names, domain.name);
	return put_data(call, 0, &names, sizeof(names));
}

int request_sysctl_get(struct request_call *call)
{
	int result = pyt_sysctl_get(
		call->server->stack, (const char *)call->request->data,
		(char *)call->reply->data, PYT_CONTROL_DATA_MAX);

	if (result >= 0)
		call->reply->data_len = result < PYT_CONTROL_DATA_MAX
						? (uint32_t)result
						: PYT_CONTROL_DATA_MAX - 1;
	return result;
}

int request_sysctl_set(struct request_call *call)
{
	char text[PYT_CONTROL_DATA_MAX + 1];
	char *equals;

	memcpy(text, call->request->data, call->request->data_len);
	text[call->request->data_len] = 0;
	equals = strchr(text, '=');
	if (!equals)
		return -EINVAL;
	*equals = 0;
	return pyt_sysctl_set(call->server->stack, text, equals + 1);
}

/* -------------------------------------------------------------- statistics */

/* Appends "name value\n"; false: there is no room for it. */
static bool put_line(struct pyt_reply *reply, const char *name, uint64_t value)
{
	char *at = (char *)reply->data + reply->data_len;
	size_t room = PYT_CONTROL_DATA_MAX - reply->data_len;
	int len = snprintf(at, room, "%s %llu\n", name,
			   (unsigned long long)value);

	if ((size_t)len >= room)
		return false;
	reply->data_len += (uint32_t)len;
	return true;
}

int request_counters(struct request_call *call)
{
	int ordinal = call->request->args[0];
	const char *name = "";
	uint64_t value;

	while (pyt_counter_get(call->server->stack, ordinal, &name, &value) ==
	       0) {
		if (!put_line(call->reply, name, value))
			return ordinal;
		ordinal++;
	}
	return 0;
}

int request_sizes(struct request_call *call)
{
	const struct server *server = call->server;
	struct pyt_size size[PYT_SIZES_MAX];
	int count = pyt_sizes_get(server->stack, size);

	for (int i = 0; i < count; i++)
		put_line(call->reply, size[i].name, size[i].value);
	put_line(call->reply, "endpoints", server->open_count);
	put_line(call->reply, "slots", server->slots.used);
	put_line(call->reply, "clients", server->client_count);
	put_line(call->reply, "memory_used_bytes",
		 arena_used_len(server->arena));
	put_line(call->reply, "memory_mapped_bytes", arena_len(server->arena));
	return 0;
}
