/*
 * Which name servers, which search list, which options: resolv.conf(5) and
 * what overrides it. Read anew for each lookup, so that a change counts at
 * once.
 */
#ifndef SHIM_RESOLVER_CONFIG_H
#define SHIM_RESOLVER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include <pyt/addr.h>

#define RESOLVER_SERVERS_MAX 8 /* c-ares reports 16 sockets at most */
#define RESOLVER_SEARCH_MAX 32
#define RESOLVER_SEARCH_TEXT_MAX 1024
#define RESOLVER_PORT 53

enum resolver_source {
	RESOLVER_SOURCE_NONE,
	RESOLVER_SOURCE_FILES, /* /etc/hosts */
	RESOLVER_SOURCE_DNS,
};

#define RESOLVER_SOURCES 2

struct resolver_config {
	struct pyt_sockaddr server[RESOLVER_SERVERS_MAX];
	size_t server_count;
	bool servers_given; /* not from resolv.conf */
	const char *search[RESOLVER_SEARCH_MAX]; /* in search_text */
	size_t search_count;
	char search_text[RESOLVER_SEARCH_TEXT_MAX];
	int ndots;
	int timeout_ms; /* per attempt */
	int attempts;
	bool rotate, use_tcp, edns0, no_aaaa;
	enum resolver_source source[RESOLVER_SOURCES]; /* in order */
	const char *hosts_path;
	/* Called once, before a server is asked: it may wait for one. */
	void (*before_dns)(struct resolver_config *config);
	/* To tell the user; may be NULL. name is what was asked for. */
	void (*on_no_server)(const char *name);
	void (*on_silence)(const struct resolver_config *config,
			   const char *name);
};

/* What comes from outside; NULL texts are not given. */
struct resolver_paths {
	const char *resolv_conf, *nsswitch, *hosts;
};

/* glibc's defaults, then the files, then the program's environment. */
void resolver_config_read(struct resolver_config *config,
			  const struct resolver_paths *paths);

/* Before DNS is used, where it may not be used after all. */
void resolver_config_prepare(struct resolver_config *config);

/*
 * Replaces the list: addresses with an optional port ("10.0.0.1:5353",
 * "[fd77::1]:53"), separated by commas or blanks. False: a bad one.
 */
bool resolver_config_set_servers(struct resolver_config *config,
				 const char *list);
/* Replaces the search list; names separated by commas or blanks. */
void resolver_config_set_search(struct resolver_config *config,
				const char *list);

#endif
