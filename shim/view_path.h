/* Which paths are the stack's to answer: see proc_file.h. */
#ifndef SHIM_VIEW_PATH_H
#define SHIM_VIEW_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define VIEW_PATH_MAX 192

/* The long way: puts it as proc_file.h wants it. */
bool view_path_look(const char *path, char name[VIEW_PATH_MAX]);

/* For all other paths a few compares. */
static inline bool view_path_match(const char *path, char name[VIEW_PATH_MAX])
{
	if (!path || path[0] != '/')
		return false;
	if (path[1] == 'p' ? path[2] != 'r' || path[3] != 'o'
			   : path[1] != 's' || path[2] != 'y' || path[3] != 's')
		return false;
	return view_path_look(path, name);
}

/* "/proc/sys/net/ipv4/x" -> "net.ipv4.x"; false: not a setting's path. */
bool view_path_setting(const char *name, char setting[VIEW_PATH_MAX]);

#endif
