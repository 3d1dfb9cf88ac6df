/* A directory of proc_file.h while its names are gathered. */
#ifndef SHIM_PROC_NAMES_H
#define SHIM_PROC_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include <pyt/stack.h>

#define PROC_DIRECTORIES_MAX 32 /* an interface each, and a few */

struct proc_names {
	char *names;
	size_t room, len;
	int from, count; /* entries */
	bool full, found;
	char seen[PROC_DIRECTORIES_MAX][PYT_IFACE_NAME_MAX]; /* directories */
	int seen_count;
};

/* Whether this directory had its turn; else it has it now. */
bool proc_names_seen(struct proc_names *names, const char *name, size_t len);
/* type: 'd' or 'f'. False: there is no room for it. */
bool proc_names_put(struct proc_names *names, char type, const char *name,
		    size_t len);

#endif
