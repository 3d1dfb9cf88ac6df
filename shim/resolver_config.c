/* resolv.conf(5), nsswitch.conf(5) and their environment variables. */
#include "resolver_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLANKS " \t\r\n"
#define LINE_LEN_MAX 1024

/* glibc's bounds: RES_MAXNDOTS, RES_MAXRETRANS, RES_MAXRETRY. */
#define NDOTS_MAX 15
#define TIMEOUT_S_MAX 30
#define ATTEMPTS_MAX 5

static bool port_parse(const char *text, uint16_t *port)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value == 0 || value > UINT16_MAX)
		return false;
	*port = (uint16_t)value;
	return true;
}

/* Splits "[v6]:port" and "v4:port" in place; a bare v6 has several colons. */
static bool server_parse(char *text, struct pyt_sockaddr *server)
{
	char *port = NULL, *colon = strchr(text, ':');

	if (text[0] == '[') {
		char *bracket = strchr(text, ']');

		if (!bracket || (bracket[1] && bracket[1] != ':'))
			return false;
		port = bracket[1] ? bracket + 2 : NULL;
		*bracket = '\0';
		text++;
	} else if (colon && !strchr(colon + 1, ':')) {
		*colon = '\0';
		port = colon + 1;
	}

	*server = (struct pyt_sockaddr){ .port = RESOLVER_PORT };
	if (port && !port_parse(port, &server->port))
		return false;
	return pyt_ip_parse(text, &server->ip);
}

bool resolver_config_set_servers(struct resolver_config *config,
				 const char *list)
{
	char text[LINE_LEN_MAX], *rest = text, *word;

	config->server_count = 0;
	config->servers_given = true;
	if ((size_t)snprintf(text, sizeof(text), "%s", list) >= sizeof(text))
		return false;

	while ((word = strsep(&rest, "," BLANKS))) {
		if (!*word)
			continue;
		if (config->server_count == RESOLVER_SERVERS_MAX ||
		    !server_parse(word, &config->server[config->server_count]))
			return false;
		config->server_count++;
	}
	return true;
}

void resolver_config_set_search(struct resolver_config *config,
				const char *list)
{
	char *rest = config->search_text, *word;

	config->search_count = 0;
	snprintf(rest, sizeof(config->search_text), "%s", list);
	while ((word = strsep(&rest, "," BLANKS)) &&
	       config->search_count < RESOLVER_SEARCH_MAX) {
		if (*word)
			config->search[config->search_count++] = word;
	}
}

static int bounded(const char *text, int max)
{
	int value = atoi(text);

	return value < 0 ? 0 : value > max ? max : value;
}

static void option_line(struct resolver_config *config, char *rest)
{
	const char *word;

	while ((word = strsep(&rest, BLANKS))) {
		if (strncmp(word, "ndots:", 6) == 0)
			config->ndots = bounded(word + 6, NDOTS_MAX);
		else if (strncmp(word, "timeout:", 8) == 0)
			config->timeout_ms =
				bounded(word + 8, TIMEOUT_S_MAX) * 1000;
		else if (strncmp(word, "attempts:", 9) == 0)
			config->attempts = bounded(word + 9, ATTEMPTS_MAX);
		else if (strcmp(word, "rotate") == 0)
			config->rotate = true;
		else if (strcmp(word, "use-vc") == 0)
			config->use_tcp = true;
		else if (strcmp(word, "edns0") == 0)
			config->edns0 = true;
		else if (strcmp(word, "no-aaaa") == 0)
			config->no_aaaa = true;
	}
}

static void nameserver_line(struct resolver_config *config, char *rest)
{
	char *word = strsep(&rest, BLANKS);
	char *scope = strchr(word, '%');

	if (scope)
		*scope = '\0'; /* the stack has one link: it is the scope */
	if (config->server_count == RESOLVER_SERVERS_MAX ||
	    !pyt_ip_parse(word, &config->server[config->server_count].ip))
		return;
	config->server[config->server_count++].port = RESOLVER_PORT;
}

static void resolv_conf_line(struct resolver_config *config, char *line)
{
	char *rest = line, *keyword = strsep(&rest, BLANKS);

	if (!rest)
		return;
	rest += strspn(rest, BLANKS);

	if (strcmp(keyword, "nameserver") == 0)
		nameserver_line(config, rest);
	else if (strcmp(keyword, "search") == 0 ||
		 strcmp(keyword, "domain") == 0)
		resolver_config_set_search(config, rest);
	else if (strcmp(keyword, "options") == 0)
		option_line(config, rest);
}

static void add_source(struct resolver_config *config,
		       enum resolver_source source)
{
	for (int i = 0; i < RESOLVER_SOURCES; i++) {
		if (config->source[i] == source)
			return;
		if (config->source[i] == RESOLVER_SOURCE_NONE) {
			config->source[i] = source;
			return;
		}
	}
}

/*
 * Only the order of "files" and "dns" counts. resolve(8) asks a daemon of the
 * kernel's network: what it would answer is asked by DNS instead.
 */
static void nsswitch_line(struct resolver_config *config, char *line)
{
	char *rest = line, *keyword = strsep(&rest, BLANKS);
	const char *word;

	if (strcmp(keyword, "hosts:") != 0)
		return;
	memset(config->source, 0, sizeof(config->source));
	while ((word = strsep(&rest, BLANKS))) {
		if (strcmp(word, "files") == 0)
			add_source(config, RESOLVER_SOURCE_FILES);
		else if (strcmp(word, "dns") == 0 ||
			 strcmp(word, "resolve") == 0)
			add_source(config, RESOLVER_SOURCE_DNS);
	}
}

static void read_lines(struct resolver_config *config, const char *path,
		       void (*on_line)(struct resolver_config *, char *))
{
	FILE *file = path ? fopen(path, "re") : NULL;
	char line[LINE_LEN_MAX];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "#;\n")] = '\0';
		on_line(config, line);
	}
	fclose(file);
}

/* Without a search list: the domain of the machine's own name. */
static void search_own_domain(struct resolver_config *config)
{
	char name[256];
	const char *dot;

	if (gethostname(name, sizeof(name)) < 0)
		return;
	name[sizeof(name) - 1] = '\0';
	dot = strchr(name, '.');
	if (dot && dot[1])
		resolver_config_set_search(config, dot + 1);
}

static void read_environment(struct resolver_config *config)
{
	const char *search = getenv("LOCALDOMAIN");
	const char *options = getenv("RES_OPTIONS");
	char text[LINE_LEN_MAX];

	if (search)
		resolver_config_set_search(config, search);
	if (options) {
		snprintf(text, sizeof(text), "%s", options);
		option_line(config, text);
	}
}

void resolver_config_read(struct resolver_config *config,
			  const struct resolver_paths *paths)
{
	*config = (struct resolver_config){
		.ndots = 1,
		.timeout_ms = 5000,
		.attempts = 2,
		.source = { RESOLVER_SOURCE_FILES, RESOLVER_SOURCE_DNS },
		.hosts_path = paths->hosts,
	};
	search_own_domain(config);
	read_lines(config, paths->resolv_conf, resolv_conf_line);
	read_lines(config, paths->nsswitch, nsswitch_line);
	read_environment(config);
	if (config->attempts == 0)
		config->attempts = 1;
	if (config->timeout_ms == 0)
		config->timeout_ms = 1000;
}

void resolver_config_prepare(struct resolver_config *config)
{
	void (*before_dns)(struct resolver_config *) = config->before_dns;

	config->before_dns = NULL;
	if (before_dns)
		before_dns(config);
}
