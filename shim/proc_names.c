/* Names of a directory, as many as fit a reply. */
#include "proc_names.h"

#include <string.h>

bool proc_names_seen(struct proc_names *g, const char *name, size_t len)
{
	for (int i = 0; i < g->seen_count; i++)
		if (strncmp(g->seen[i], name, len) == 0 && !g->seen[i][len])
			return true;
	if (g->seen_count == PROC_DIRECTORIES_MAX || len >= sizeof(*g->seen))
		return false;
	memcpy(g->seen[g->seen_count], name, len);
	g->seen[g->seen_count++][len] = '\0';
	return false;
}

bool proc_names_put(struct proc_names *g, char type, const char *name,
		    size_t len)
{
	if (g->count++ < g->from)
		return true;
	if (g->room - g->len < len + 2) {
		g->count--;
		g->full = true;
		return false;
	}
	g->names[g->len] = type;
	memcpy(g->names + g->len + 1, name, len);
	g->names[g->len + 1 + len] = '\0';
	g->len += len + 2;
	return true;
}
