/* Paths below /proc and /sys that show a network. */
#include "view_path.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* What of /proc/net the stack has; the rest (unix ...) is the kernel's. */
static const char *const net_files[] = {
	"anycast6", "arp",	 "dev",	     "dev_mcast", "icmp",
	"icmp6",    "if_inet6",	 "igmp",     "igmp6",	  "ipv6_route",
	"mcfilter", "mcfilter6", "netlink",  "netstat",	  "packet",
	"raw",	    "raw6",	 "route",    "snmp",	  "snmp6",
	"sockstat", "sockstat6", "tcp",	     "tcp6",	  "udp",
	"udp6",	    "udplite",	 "udplite6",
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
	for (size_t i = 0; i < sizeof(net_files) / sizeof(*net_files); i++)
		if (strcmp(net_files[i], name) == 0)
			return true;
	return false;
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

bool view_path_look(const char *path, char name[VIEW_PATH_MAX])
{
	const char *rest, *net;

	rest = skip(path, "/sys/class/net");
	if (rest)
		return join(name, "/sys/class/net/", rest);
	path = skip(path, "/proc");
	if (!path)
		return false;
	rest = skip(path, "sys/net");
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
	const char *rest = skip(name, "/proc/sys/net");

	if (!rest || !*rest)
		return false;
	if (snprintf(setting, VIEW_PATH_MAX, "net.%s", rest) >= VIEW_PATH_MAX)
		return false;
	for (; *setting; setting++)
		if (*setting == '/')
			*setting = '.';
	return true;
}
