/* Paths below /proc and /sys that show a network. */
#include "view_path.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/*
 * What of /proc/net is not the stack's: of other families, and of the machine.
 * All the rest is, and what the stack does not have (packet filters, tunnels)
 * is not there, as on a Linux without.
 */
static const char *const kernel_files[] = {
	"psched", "connector", "pnp",	    "vsock",	"can",	   "bluetooth",
	"l2cap",  "rfcomm",    "sco",	    "hci",	"bnep",	   "atm",
	"ax25",	  "x25",       "llc",	    "vlan",	"bonding", "netrom",
	"rose",	  "nfs",       "nfsfs",	    "rpc",	"fscache", "qrtr",
	"kcm",	  "phonet",    "appletalk", "ipconfig",
};

/* Behind prefix and slashes, or NULL. A directory's own name counts. */
static const char *skip(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(path, prefix, len) != 0 ||
	    (path[len] != '/' && path[len] != '\0'))
		return NULL;
	path += len;
	while (*path == '/')
		path++;
	return path;
}

/* "123/", "123/task/456/", "self/", "thread-self/": behind it, or NULL. */
static const char *skip_process(const char *path)
{
	const char *rest = skip(path, "self");

	if (!rest)
		rest = skip(path, "thread-self");
	if (!rest && isdigit((unsigned char)*path)) {
		while (isdigit((unsigned char)*path))
			path++;
		rest = skip(path, "");
	}
	if (rest && skip(rest, "task"))
		return skip_process(skip(rest, "task"));
	return rest;
}

static bool is_net_file(const char *name)
{
	size_t len = strcspn(name, "/");

	for (size_t i = 0; i < sizeof(kernel_files) / sizeof(*kernel_files);
	     i++)
		if (strlen(kernel_files[i]) == len &&
		    strncmp(kernel_files[i], name, len) == 0)
			return false;
	return len > 0;
}

/* Joins, leaves out what slashes are too many; no ".." may be in it. */
static bool join(char name[VIEW_PATH_MAX], const char *prefix, const char *rest)
{
	size_t len = strlen(prefix);

	memcpy(name, prefix, len);
	for (; *rest; rest++) {
		if (rest[0] == '/' && (rest[1] == '/' || !rest[1]))
			continue;
		if (len + 1 >= VIEW_PATH_MAX)
			return false;
		name[len++] = *rest;
	}
	name[len] = '\0';
	return !strstr(name, "/..") && !strstr(name, "/./");
}

/* Where Linux has the links, and where it has what the links point to. */
static const char *skip_class(const char *path)
{
	const char *rest = skip(path, "class");

	if (rest)
		return skip(rest, "net");
	rest = skip(path, "devices");
	rest = rest ? skip(rest, "virtual") : NULL;
	return rest ? skip(rest, "net") : NULL;
}

bool view_path_look(const char *path, char name[VIEW_PATH_MAX])
{
	const char *rest = skip(path, "/sys"), *net;

	rest = rest ? skip_class(rest) : NULL;
	if (rest)
		return join(name, "/sys/class/net/", rest);
	path = skip(path, "/proc");
	if (!path)
		return false;
	rest = skip(path, "sys");
	rest = rest ? skip(rest, "net") : NULL; /* "/proc/sys//net": sysctl */
	if (rest)
		return join(name, "/proc/sys/net/", rest);
	net = skip(path, "net");
	rest = net ? NULL : skip_process(path);
	if (rest)
		net = skip(rest, "net");
	return net && is_net_file(net) && join(name, "/proc/net/", net);
}

bool view_path_setting(const char *name, char setting[VIEW_PATH_MAX])
{
	const char *rest = skip(name, "/sys/class/net");
	bool is_class = rest && *rest;

	if (!is_class)
		rest = skip(name, "/proc/sys/net");
	if (!rest || !*rest)
		return false;
	if (snprintf(setting, VIEW_PATH_MAX, "%s%s",
		     is_class ? "class/" : "net.", rest) >= VIEW_PATH_MAX)
		return false;
	for (; *setting && !is_class; setting++)
		if (*setting == '/')
			*setting = '.';
	return true;
}
