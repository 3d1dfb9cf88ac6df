/* What was learned for programs: name servers, search list. */
#include <errno.h>
#include <string.h>

#include "autoconf/autoconf_internal.h"

static bool goes_before(enum pyt_method method, int ifindex,
			enum pyt_method other, int other_ifindex)
{
	return method != other ? method < other : ifindex < other_ifindex;
}

/* RFC 8106, 5.3.1: so many of each source are kept, if there are. */
#define SHARE 3

struct source {
	enum pyt_method method;
	int ifindex;
};

static bool same_source(const struct source *a, const struct source *b)
{
	return a->method == b->method && a->ifindex == b->ifindex;
}

static int count_of(const struct source *source, const struct source *of,
		    int count)
{
	int found = 0;

	for (int i = 0; i < count; i++)
		found += same_source(source, &of[i]);
	return found;
}

/* Which of a full list goes for one of source: the last one of who has the
 * most. -1: it has its share, or nobody has more. */
static int dispensable(const struct source *source, const struct source *of,
		       int count)
{
	int most = SHARE, victim = -1;

	if (count_of(source, of, count) >= SHARE)
		return -1;
	for (int i = 0; i < count; i++) {
		int has = count_of(&of[i], of, count);

		if (has < most || (has == SHARE && most == SHARE))
			continue;
		most = has;
		victim = i;
	}
	return victim;
}

/* ---------------------------------------------------------- name servers */

static void server_remove(struct autoconf_results *results, int at)
{
	results->server_count--;
	results->changes++;
	memmove(&results->server[at], &results->server[at + 1],
		(size_t)(results->server_count - at) *
			sizeof(*results->server));
}

static int server_find(const struct autoconf_results *results, int ifindex,
		       enum pyt_method method, const struct pyt_ip *ip)
{
	for (int i = 0; i < results->server_count; i++) {
		const struct pyt_name_server *server = &results->server[i];

		if (server->method == method && server->ifindex == ifindex &&
		    pyt_ip_equal(&server->ip, ip))
			return i;
	}
	return -1;
}

static void server_insert(struct autoconf_results *results,
			  const struct pyt_name_server *server)
{
	int at = 0;

	while (at < results->server_count &&
	       !goes_before(server->method, server->ifindex,
			    results->server[at].method,
			    results->server[at].ifindex))
		at++;
	memmove(&results->server[at + 1], &results->server[at],
		(size_t)(results->server_count - at) * sizeof(*server));
	results->server[at] = *server;
	results->server_count++;
	results->changes++;
}

static bool server_has_room(struct autoconf_results *results,
			    const struct pyt_name_server *server)
{
	struct source source = { server->method, server->ifindex };
	struct source of[AUTOCONF_SERVERS_MAX];
	int victim;

	if (results->server_count < AUTOCONF_SERVERS_MAX)
		return true;
	for (int i = 0; i < results->server_count; i++)
		of[i] = (struct source){ results->server[i].method,
					 results->server[i].ifindex };
	victim = dispensable(&source, of, results->server_count);
	if (victim >= 0)
		server_remove(results, victim);
	return victim >= 0;
}

void autoconf_put_server(struct autoconf_link *link, enum pyt_method method,
			 const struct pyt_ip *ip, int64_t until_us,
			 int64_t now_us)
{
	struct autoconf_results *results = &link->autoconf->results;
	struct pyt_name_server server = {
		.ip = *ip,
		.ifindex = link->iface->ifindex,
		.method = method,
		.until_us = until_us,
	};
	int at = server_find(results, server.ifindex, method, ip);

	if (at >= 0 && until_us > now_us)
		results->server[at].until_us = until_us;
	else if (at >= 0)
		server_remove(results, at);
	else if (until_us <= now_us)
		return;
	else if (server_has_room(results, &server))
		server_insert(results, &server);
	else
		counter_hit(&link->engine->counters, COUNTER_AUTOCONF_FULL);
}

/* --------------------------------------------------------- search domains */

static void domain_remove(struct autoconf_results *results, int at)
{
	results->domain_count--;
	results->changes++;
	memmove(&results->domain[at], &results->domain[at + 1],
		(size_t)(results->domain_count - at) *
			sizeof(*results->domain));
}

static int domain_find(const struct autoconf_results *results, int ifindex,
		       enum pyt_method method, const char *name)
{
	for (int i = 0; i < results->domain_count; i++) {
		const struct pyt_search_domain *domain = &results->domain[i];

		if (domain->method == method && domain->ifindex == ifindex &&
		    strcmp(domain->name, name) == 0)
			return i;
	}
	return -1;
}

static void domain_insert(struct autoconf_results *results,
			  const struct pyt_search_domain *domain)
{
	int at = 0;

	while (at < results->domain_count &&
	       !goes_before(domain->method, domain->ifindex,
			    results->domain[at].method,
			    results->domain[at].ifindex))
		at++;
	memmove(&results->domain[at + 1], &results->domain[at],
		(size_t)(results->domain_count - at) * sizeof(*domain));
	results->domain[at] = *domain;
	results->domain_count++;
	results->changes++;
}

static bool domain_has_room(struct autoconf_results *results,
			    const struct pyt_search_domain *domain)
{
	struct source source = { domain->method, domain->ifindex };
	struct source of[AUTOCONF_DOMAINS_MAX];
	int victim;

	if (results->domain_count < AUTOCONF_DOMAINS_MAX)
		return true;
	for (int i = 0; i < results->domain_count; i++)
		of[i] = (struct source){ results->domain[i].method,
					 results->domain[i].ifindex };
	victim = dispensable(&source, of, results->domain_count);
	if (victim >= 0)
		domain_remove(results, victim);
	return victim >= 0;
}

static bool is_name_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool autoconf_is_domain(const char *name)
{
	size_t label = 0;

	for (; *name; name++) {
		if (*name == '.' ? label == 0 : !is_name_byte((uint8_t)*name))
			return false;
		label = *name == '.' ? 0 : label + 1;
		if (label > AUTOCONF_LABEL_MAX)
			return false;
	}
	return label > 0;
}

void autoconf_put_domain(struct autoconf_link *link, enum pyt_method method,
			 const char *name, int64_t until_us, int64_t now_us)
{
	struct autoconf_results *results = &link->autoconf->results;
	struct pyt_search_domain domain = {
		.ifindex = link->iface->ifindex,
		.method = method,
		.until_us = until_us,
	};
	int at;

	if (strlen(name) >= sizeof(domain.name) || !autoconf_is_domain(name))
		return;
	memcpy(domain.name, name, strlen(name));
	at = domain_find(results, domain.ifindex, method, name);
	if (at >= 0 && until_us > now_us)
		results->domain[at].until_us = until_us;
	else if (at >= 0)
		domain_remove(results, at);
	else if (until_us <= now_us)
		return;
	else if (domain_has_room(results, &domain))
		domain_insert(results, &domain);
	else
		counter_hit(&link->engine->counters, COUNTER_AUTOCONF_FULL);
}

/* --------------------------------------------------------------------- all */

void autoconf_clear_results(struct autoconf_link *link, enum pyt_method method)
{
	struct autoconf_results *results = &link->autoconf->results;
	int ifindex = link->iface->ifindex;

	for (int i = results->server_count - 1; i >= 0; i--) {
		if (results->server[i].method == method &&
		    results->server[i].ifindex == ifindex)
			server_remove(results, i);
	}
	for (int i = results->domain_count - 1; i >= 0; i--) {
		if (results->domain[i].method == method &&
		    results->domain[i].ifindex == ifindex)
			domain_remove(results, i);
	}
	autoconf_put_portal(link, method, "", 0);
}

int64_t autoconf_results_deadline(const struct autoconf *autoconf)
{
	const struct autoconf_results *results = &autoconf->results;
	int64_t deadline_us = TIME_NEVER;

	for (int i = 0; i < results->server_count; i++) {
		if (results->server[i].until_us < deadline_us)
			deadline_us = results->server[i].until_us;
	}
	for (int i = 0; i < results->domain_count; i++) {
		if (results->domain[i].until_us < deadline_us)
			deadline_us = results->domain[i].until_us;
	}
	return deadline_us;
}

void autoconf_results_expire(struct autoconf *autoconf, int64_t now_us)
{
	struct autoconf_results *results = &autoconf->results;

	for (int i = results->server_count - 1; i >= 0; i--) {
		if (results->server[i].until_us <= now_us)
			server_remove(results, i);
	}
	for (int i = results->domain_count - 1; i >= 0; i--) {
		if (results->domain[i].until_us <= now_us)
			domain_remove(results, i);
	}
}

int autoconf_name_server_get(const struct autoconf *autoconf, int ordinal,
			     struct pyt_name_server *server)
{
	if (ordinal < 0 || ordinal >= autoconf->results.server_count)
		return -ENOENT;
	*server = autoconf->results.server[ordinal];
	return 0;
}

int autoconf_search_domain_get(const struct autoconf *autoconf, int ordinal,
			       struct pyt_search_domain *domain)
{
	if (ordinal < 0 || ordinal >= autoconf->results.domain_count)
		return -ENOENT;
	*domain = autoconf->results.domain[ordinal];
	return 0;
}

uint32_t autoconf_changes(const struct autoconf *autoconf)
{
	return autoconf->results.changes;
}
