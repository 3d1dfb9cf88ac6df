/*
 * getaddrinfo(3): the steps, checks and results of glibc's. RFC 3493, 6.1.
 * A node and its address are one piece of malloc, as in glibc: either
 * freeaddrinfo() can free them.
 */
#include "addrinfo.h"
#include "addrinfo_sort.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN_FLAGS                                                     \
	(AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_ADDRCONFIG |   \
	 AI_V4MAPPED | AI_IDN | AI_CANONIDN | AI_NUMERICSERV | AI_ALL | \
	 IDN_FLAGS_OF_OLD)
#define IDN_FLAGS_OF_OLD 0x300 /* AI_IDN_ALLOW_UNASSIGNED and its sibling */

static const struct addrinfo default_hints = {
	.ai_flags = AI_V4MAPPED | AI_ADDRCONFIG,
	.ai_family = AF_UNSPEC,
};

struct request {
	const struct addrinfo_host *host;
	const char *name, *service; /* NULL: not given */
	const struct addrinfo *hints;
	int family; /* hints', then narrowed */
	struct names_answer answer;
};

static int check(const struct request *request)
{
	const struct addrinfo *hints = request->hints;

	if (!request->name && !request->service)
		return EAI_NONAME;
	if (hints->ai_flags & ~KNOWN_FLAGS)
		return EAI_BADFLAGS;
	if ((hints->ai_flags & AI_CANONNAME) && !request->name)
		return EAI_BADFLAGS;
	if (hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET &&
	    hints->ai_family != AF_INET6)
		return EAI_FAMILY;
	return 0;
}

static unsigned families_of(const struct addrinfo_host *host)
{
	struct pyt_address_info own[ADDRINFO_ADDRESSES_MAX];
	size_t count = host->addresses(own, ADDRINFO_ADDRESSES_MAX);
	unsigned families = host->pending ? host->pending() : 0;

	for (size_t i = 0; i < count; i++)
		if (!pyt_ip_is_loopback(&own[i].ip))
			families |=
				pyt_ip_is_v4(&own[i].ip) ? NAMES_V4 : NAMES_V6;
	return families;
}

/* AI_ADDRCONFIG: only families of which the stack has an address. */
static int narrow_family(struct request *request)
{
	unsigned families;

	request->family = request->hints->ai_family;
	if (!(request->hints->ai_flags & AI_ADDRCONFIG))
		return 0;
	families = families_of(request->host);
	if (request->family == AF_INET && !(families & NAMES_V4))
		return EAI_NONAME;
	if (request->family == AF_INET6 && !(families & NAMES_V6))
		return EAI_NONAME;
	if (request->family == AF_UNSPEC && families == NAMES_V4)
		request->family = AF_INET;
	if (request->family == AF_UNSPEC && families == NAMES_V6)
		request->family = AF_INET6;
	return 0;
}

/*
 * Socket types, protocols and port: a list for one numeric address, which
 * glibc makes without any network.
 */
static int socket_types(const struct request *request, struct addrinfo **types)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST |
			    (request->hints->ai_flags & AI_NUMERICSERV),
		.ai_family = AF_INET,
		.ai_socktype = request->hints->ai_socktype,
		.ai_protocol = request->hints->ai_protocol,
	};

	return request->host->libc_getaddrinfo("127.0.0.1", request->service,
					       &hints, types);
}

/* ------------------------------------------------------------ addresses */

/* Without a name: this host, to bind to or to connect to. */
static bool take_own(struct request *request)
{
	bool is_passive = request->hints->ai_flags & AI_PASSIVE;
	struct pyt_ip six = { .bytes = { [15] = !is_passive } };
	struct pyt_ip four =
		pyt_ip_from_v4(is_passive ? INADDR_ANY : INADDR_LOOPBACK);

	if (request->family != AF_INET && !names_add_ip(&request->answer, &six))
		return false;
	return request->family == AF_INET6 ||
	       names_add_ip(&request->answer, &four);
}

static struct pyt_ip ip_of(const struct sockaddr *address)
{
	const struct sockaddr_in6 *six = (const void *)address;
	const struct sockaddr_in *four = (const void *)address;
	struct pyt_ip ip;

	if (address->sa_family == AF_INET)
		return pyt_ip_from_v4(ntohl(four->sin_addr.s_addr));
	memcpy(ip.bytes, &six->sin6_addr, sizeof(ip.bytes));
	return ip;
}

/* 0: it was a number. EAI_NONAME: it is none. */
static int take_number(struct request *request, uint32_t *scope_id)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST |
			    (request->hints->ai_flags & AI_V4MAPPED),
		.ai_family = request->family,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *list;
	struct pyt_ip ip;
	int error = request->host->libc_getaddrinfo(request->name, NULL, &hints,
						    &list);

	if (error)
		return error;
	ip = ip_of(list->ai_addr);
	request->family = list->ai_family; /* ::ffff:1.2.3.4 stays IPv6 */
	if (list->ai_family == AF_INET6)
		*scope_id = ((struct sockaddr_in6 *)(void *)list->ai_addr)
				    ->sin6_scope_id;
	request->host->libc_freeaddrinfo(list);
	if (!names_add_ip(&request->answer, &ip) ||
	    !names_set_name(&request->answer, request->name))
		return EAI_MEMORY;
	return 0;
}

static int error_from_status(int status)
{
	switch (status) {
	case 0:
		return 0;
	case TRY_AGAIN:
		return EAI_AGAIN;
	case NO_DATA:
		return EAI_NODATA;
	case NETDB_INTERNAL:
		return EAI_MEMORY;
	default:
		return EAI_NONAME;
	}
}

static int ask(struct request *request)
{
	const struct addrinfo_host *host = request->host;
	int flags = request->hints->ai_flags;
	struct resolver_config config;
	unsigned families = request->family == AF_INET	  ? NAMES_V4
			    : request->family == AF_INET6 ? NAMES_V6
							  : NAMES_V4 | NAMES_V6;
	int status;

	host->read_config(&config, request->name);
	status = names_by_name(&config, &host->sockets, request->name, families,
			       &request->answer);
	if (request->family == AF_INET6 && (flags & AI_V4MAPPED) &&
	    (status != 0 || (flags & AI_ALL))) {
		int mapped =
			names_by_name(&config, &host->sockets, request->name,
				      NAMES_V4, &request->answer);
		if (mapped == 0)
			status = 0;
	}
	return error_from_status(status);
}

static void sort(struct request *request)
{
	struct names_answer *answer = &request->answer;
	struct pyt_source *sources = calloc(answer->ip_count, sizeof(*sources));
	struct policy policy;

	if (!sources)
		return; /* the servers' order does, too */
	request->host->sources(answer->ip, answer->ip_count, sources);
	policy_read(&policy, request->host->gai_conf);
	addrinfo_sort(answer->ip, answer->ip_count, sources, &policy);
	free(sources);
}

static int find_addresses(struct request *request, uint32_t *scope_id)
{
	int error;

	if (request->name) {
		error = take_number(request, scope_id);
		if (error == EAI_NONAME && !strchr(request->name, ':') &&
		    !(request->hints->ai_flags & AI_NUMERICHOST))
			error = ask(request);
	} else {
		error = take_own(request) ? 0 : EAI_MEMORY;
	}
	if (error || request->answer.ip_count < 2)
		return error;
	sort(request);
	return 0;
}

/* --------------------------------------------------------------- results */

static socklen_t fill_address(struct sockaddr *address, bool as_v6,
			      const struct pyt_ip *ip, in_port_t port,
			      uint32_t scope_id)
{
	struct sockaddr_in6 *six = (void *)address;
	struct sockaddr_in *four = (void *)address;

	if (as_v6) {
		*six = (struct sockaddr_in6){ .sin6_family = AF_INET6,
					      .sin6_port = port,
					      .sin6_scope_id = scope_id };
		memcpy(&six->sin6_addr, ip->bytes, 16);
		return sizeof(*six);
	}
	*four = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port };
	memcpy(&four->sin_addr, ip->bytes + 12, 4);
	return sizeof(*four);
}

/* A result of one address and one socket type. */
static struct addrinfo *node_create(const struct request *request,
				    const struct pyt_ip *ip, uint32_t scope_id,
				    const struct addrinfo *type)
{
	const struct sockaddr_in *numeric = (const void *)type->ai_addr;
	bool as_v6 = request->family == AF_INET6 || !pyt_ip_is_v4(ip);
	struct addrinfo *node =
		calloc(1, sizeof(*node) + sizeof(struct sockaddr_in6));

	if (!node)
		return NULL;
	node->ai_addr = (void *)(node + 1);
	node->ai_addrlen = fill_address(node->ai_addr, as_v6, ip,
					numeric->sin_port, scope_id);
	node->ai_flags = request->hints->ai_flags;
	node->ai_family = as_v6 ? AF_INET6 : AF_INET;
	node->ai_socktype = type->ai_socktype;
	node->ai_protocol = type->ai_protocol;
	return node;
}

/* Address by address, each with all its socket types. */
static int build_list(const struct request *request, uint32_t scope_id,
		      const struct addrinfo *types, struct addrinfo **list)
{
	struct addrinfo **end = list;

	*list = NULL;
	for (size_t i = 0; i < request->answer.ip_count; i++) {
		for (const struct addrinfo *type = types; type;
		     type = type->ai_next) {
			*end = node_create(request, &request->answer.ip[i],
					   scope_id, type);
			if (!*end)
				return EAI_MEMORY;
			end = &(*end)->ai_next;
		}
	}
	if (*list && (request->hints->ai_flags & AI_CANONNAME)) {
		(*list)->ai_canonname = strdup(request->answer.name);
		if (!(*list)->ai_canonname)
			return EAI_MEMORY;
	}
	return *list ? 0 : EAI_NONAME;
}

static int answer_request(struct request *request, struct addrinfo **result)
{
	struct addrinfo *types = NULL, *list = NULL;
	uint32_t scope_id = 0;
	int error = socket_types(request, &types);

	if (error)
		return error;
	error = find_addresses(request, &scope_id);
	if (!error)
		error = build_list(request, scope_id, types, &list);
	if (error)
		addrinfo_free(list);
	else
		*result = list;
	names_clear(&request->answer);
	request->host->libc_freeaddrinfo(types);
	return error;
}

static const char *unless_star(const char *text)
{
	return text && strcmp(text, "*") != 0 ? text : NULL;
}

int addrinfo_get(const struct addrinfo_host *host, const char *name,
		 const char *service, const struct addrinfo *hints,
		 struct addrinfo **result)
{
	struct request request = {
		.host = host,
		.name = unless_star(name),
		.service = unless_star(service),
		.hints = hints ? hints : &default_hints,
	};
	int error = check(&request);

	if (!error)
		error = narrow_family(&request);
	return error ? error : answer_request(&request, result);
}

void addrinfo_free(struct addrinfo *list)
{
	while (list) {
		struct addrinfo *next = list->ai_next;

		free(list->ai_canonname);
		free(list);
		list = next;
	}
}
