/*
 * Names to addresses and back, in the order of nsswitch.conf: the hosts file,
 * the search list, the name servers.
 */
#ifndef SHIM_NAMES_H
#define SHIM_NAMES_H

#include "resolver.h"

/* What a name stands for. All of it lies in memory of malloc. */
struct names_answer {
	char *name; /* canonical; NULL: none yet */
	char **alias;
	size_t alias_count;
	struct pyt_ip *ip;
	size_t ip_count;
};

enum names_family {
	NAMES_V4 = 1 << 0,
	NAMES_V6 = 1 << 1,
};

/* False: no memory; the answer stays as it was. */
bool names_set_name(struct names_answer *answer, const char *name);
bool names_add_alias(struct names_answer *answer, const char *name);
bool names_add_ip(struct names_answer *answer, const struct pyt_ip *ip);
void names_clear(struct names_answer *answer);

/* 0, or as h_errno. families is a set of enum names_family. */
int names_by_name(struct resolver_config *config,
		  const struct resolver_sockets *sockets, const char *name,
		  unsigned families, struct names_answer *answer);
int names_by_ip(struct resolver_config *config,
		const struct resolver_sockets *sockets, const struct pyt_ip *ip,
		struct names_answer *answer);

/*
 * The candidates of a name as res_search(3) tries them: ask() until it does
 * not say "not here". Its result and that of the whole are as h_errno.
 */
struct names_search {
	int (*ask)(void *context, const char *absolute_name);
	void *context;
};

int names_search(const struct resolver_config *config, const char *name,
		 const struct names_search *search);

#endif
