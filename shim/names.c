/* Names by the hosts file, the search list and the name servers. */
#include "names.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "hosts.h"

/* -------------------------------------------------------------- search */

struct search_state {
	int as_is; /* result of the name itself; -2: not asked */
	bool no_data, failed; /* of some candidate */
};

#define NOT_ASKED (-2)

/* Whether the next candidate may be tried; *status is the last one's. */
static bool may_go_on(struct search_state *state, int status)
{
	if (status == NO_DATA)
		state->no_data = true;
	else if (status == TRY_AGAIN)
		state->failed = true;
	return status == NO_DATA || status == HOST_NOT_FOUND;
}

static int ask_in_domains(const struct resolver_config *config,
			  const char *name, const struct names_search *search,
			  struct search_state *state)
{
	char absolute[NS_MAXDNAME];
	int status = HOST_NOT_FOUND;

	for (size_t i = 0; i < config->search_count; i++) {
		int len = snprintf(absolute, sizeof(absolute), "%s.%s", name,
				   config->search[i]);

		if ((size_t)len >= sizeof(absolute))
			continue;
		status = search->ask(search->context, absolute);
		if (status == 0 || !may_go_on(state, status))
			return status;
	}
	return status;
}

static size_t dot_count(const char *name)
{
	size_t count = 0;

	for (; *name; name++)
		count += *name == '.';
	return count;
}

/* Of several failures the one that says most, as res_search(3). */
static int worst(const struct search_state *state, int last)
{
	if (state->as_is != NOT_ASKED)
		return state->as_is;
	if (state->no_data)
		return NO_DATA;
	return state->failed ? TRY_AGAIN : last;
}

int names_search(const struct resolver_config *config, const char *name,
		 const struct names_search *search)
{
	struct search_state state = { .as_is = NOT_ASKED };
	size_t dots = dot_count(name), len = strlen(name);
	bool is_absolute = len > 0 && name[len - 1] == '.';
	int status;

	if (len == 0)
		return HOST_NOT_FOUND;
	if (is_absolute || dots >= (size_t)config->ndots) {
		status = search->ask(search->context, name);
		if (is_absolute || !may_go_on(&state, status))
			return status;
		state.as_is = status;
	}

	status = ask_in_domains(config, name, search, &state);
	if (status == 0)
		return 0;
	if (state.as_is == NOT_ASKED && !state.failed)
		status = search->ask(search->context, name);
	return status ? worst(&state, status) : 0;
}

/* ------------------------------------------------------- name to address */

struct by_name {
	const struct resolver_config *config;
	const struct resolver_sockets *sockets;
	unsigned families;
	struct names_answer *answer;
};

static bool take_ips(const struct hostent *host, struct names_answer *answer)
{
	struct pyt_ip ip;

	for (char **at = host->h_addr_list; *at; at++) {
		if (host->h_addrtype == AF_INET) {
			ip = pyt_ip_from_v4(0);
			memcpy(ip.bytes + 12, *at, 4);
		} else {
			memcpy(ip.bytes, *at, 16);
		}
		if (!names_add_ip(answer, &ip))
			return false;
	}
	return true;
}

/* The names of the first family that answers are those of the answer. */
static bool take_host(const struct hostent *host, struct names_answer *answer)
{
	if (!answer->name) {
		if (!names_set_name(answer, host->h_name))
			return false;
		for (char **at = host->h_aliases; at && *at; at++)
			if (!names_add_alias(answer, *at))
				return false;
	}
	return take_ips(host, answer);
}

static int take_addresses(const struct resolver_question *question,
			  struct names_answer *answer)
{
	struct hostent *host = NULL;
	int error;
	bool ok;

	if (question->status != 0)
		return question->status;
	if (question->type == ns_t_a)
		error = ares_parse_a_reply(question->answer,
					   question->answer_len, &host, NULL,
					   NULL);
	else
		error = ares_parse_aaaa_reply(question->answer,
					      question->answer_len, &host, NULL,
					      NULL);
	if (error == ARES_ENODATA)
		return NO_DATA;
	if (error != ARES_SUCCESS)
		return error == ARES_ENOMEM ? NETDB_INTERNAL : NO_RECOVERY;
	if (!host->h_addr_list[0]) { /* aliases that lead to nothing */
		ares_free_hostent(host);
		return NO_DATA;
	}
	ok = take_host(host, answer);
	ares_free_hostent(host);
	return ok ? 0 : NETDB_INTERNAL;
}

/* One address is enough; else a server's trouble outweighs "no such name". */
static int combine(int a, int b)
{
	static const int rank[] = { NETDB_INTERNAL, 0, TRY_AGAIN, NO_RECOVERY,
				    NO_DATA };

	for (size_t i = 0; i < sizeof(rank) / sizeof(*rank); i++)
		if (a == rank[i] || b == rank[i])
			return rank[i];
	return HOST_NOT_FOUND;
}

/* A and AAAA of one candidate, asked at once. */
static int ask_addresses(void *context, const char *absolute_name)
{
	struct by_name *by = context;
	struct resolver_question q[RESOLVER_QUESTIONS_MAX] = { 0 };
	size_t count = 0;
	int status = HOST_NOT_FOUND;

	if (by->families & NAMES_V4)
		q[count++].type = ns_t_a;
	if ((by->families & NAMES_V6) && !by->config->no_aaaa)
		q[count++].type = ns_t_aaaa;
	if (count == 0)
		return NO_DATA;
	for (size_t i = 0; i < count; i++) {
		q[i].name = absolute_name;
		q[i].class = ns_c_in;
	}

	resolver_ask(by->config, by->sockets, q, count);
	for (size_t i = 0; i < count; i++)
		status = combine(status, take_addresses(&q[i], by->answer));
	resolver_clear(q, count);
	return status;
}

int names_by_name(struct resolver_config *config,
		  const struct resolver_sockets *sockets, const char *name,
		  unsigned families, struct names_answer *answer)
{
	struct by_name by = { config, sockets, families, answer };
	struct names_search search = { ask_addresses, &by };
	int status = HOST_NOT_FOUND;

	for (int i = 0; i < RESOLVER_SOURCES; i++) {
		switch (config->source[i]) {
		case RESOLVER_SOURCE_NONE:
			continue;
		case RESOLVER_SOURCE_FILES:
			status = hosts_by_name(config->hosts_path, name,
					       families, answer);
			break;
		case RESOLVER_SOURCE_DNS:
			resolver_config_prepare(config);
			status = names_search(config, name, &search);
			break;
		}
		if (status == 0 || status == NETDB_INTERNAL)
			return status;
	}
	return status;
}

/* ------------------------------------------------------- address to name */

/* RFC 1035, 3.5 and RFC 3596, 2.5. */
static void reverse_name(const struct pyt_ip *ip, char name[NS_MAXDNAME])
{
	char *at = name;

	if (pyt_ip_is_v4(ip)) {
		sprintf(name, "%u.%u.%u.%u.in-addr.arpa", ip->bytes[15],
			ip->bytes[14], ip->bytes[13], ip->bytes[12]);
		return;
	}
	for (int i = 15; i >= 0; i--)
		at += sprintf(at, "%x.%x.", ip->bytes[i] & 15,
			      ip->bytes[i] >> 4);
	strcpy(at, "ip6.arpa");
}

static int take_names(const struct resolver_question *question,
		      const struct pyt_ip *ip, struct names_answer *answer)
{
	bool is_v4 = pyt_ip_is_v4(ip);
	struct hostent *host = NULL;
	bool ok;
	int error;

	error = ares_parse_ptr_reply(question->answer, question->answer_len,
				     is_v4 ? ip->bytes + 12 : ip->bytes,
				     is_v4 ? 4 : 16, is_v4 ? AF_INET : AF_INET6,
				     &host);
	if (error != ARES_SUCCESS)
		return error == ARES_ENOMEM    ? NETDB_INTERNAL
		       : error == ARES_ENODATA ? NO_DATA
					       : NO_RECOVERY;
	ok = take_host(host, answer);
	ares_free_hostent(host);
	return ok ? 0 : NETDB_INTERNAL;
}

static int ask_name(const struct resolver_config *config,
		    const struct resolver_sockets *sockets,
		    const struct pyt_ip *ip, struct names_answer *answer)
{
	char name[NS_MAXDNAME];
	struct resolver_question question = {
		.name = name,
		.class = ns_c_in,
		.type = ns_t_ptr,
	};
	int status;

	reverse_name(ip, name);
	resolver_ask(config, sockets, &question, 1);
	status = question.status;
	if (status == 0)
		status = take_names(&question, ip, answer);
	resolver_clear(&question, 1);
	return status;
}

int names_by_ip(struct resolver_config *config,
		const struct resolver_sockets *sockets, const struct pyt_ip *ip,
		struct names_answer *answer)
{
	int status = HOST_NOT_FOUND;

	for (int i = 0; i < RESOLVER_SOURCES; i++) {
		switch (config->source[i]) {
		case RESOLVER_SOURCE_NONE:
			continue;
		case RESOLVER_SOURCE_FILES:
			status = hosts_by_ip(config->hosts_path, ip, answer);
			break;
		case RESOLVER_SOURCE_DNS:
			resolver_config_prepare(config);
			status = ask_name(config, sockets, ip, answer);
			break;
		}
		if (status == 0 || status == NETDB_INTERNAL)
			return status;
	}
	return status;
}
