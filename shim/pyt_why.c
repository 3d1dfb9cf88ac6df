/* pyt why: from a destination to what the stack would do with it. */
#include "pyt_why.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pyt_ask.h"
#include "tool.h"
#include "view_way.h"

/* ------------------------------------------------------------- destination */

/* "10.0.0.1", "10.0.0.1:80", "fd00::1", "[fd00::1]:80" */
static bool parse_destination(const char *text, struct pyt_sockaddr *to)
{
	char host[PYT_IP_TEXT_MAX + 2];
	const char *port = NULL;
	size_t len = strlen(text);
	char *end;
	long number = 0;

	if (text[0] == '[' && strchr(text, ']')) {
		len = (size_t)(strchr(text, ']') - text) - 1;
		text++;
		port = text[len + 1] == ':' ? text + len + 2 : NULL;
	} else if (strchr(text, ':') &&
		   strchr(text, ':') == strrchr(text, ':')) {
		len = (size_t)(strchr(text, ':') - text);
		port = text + len + 1;
	}
	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (port) {
		number = strtol(port, &end, 10);
		if (end == port || *end || number < 0 || number > 65535)
			return false;
	}
	to->port = (uint16_t)number;
	return pyt_ip_parse(host, &to->ip);
}

/* "%pyt1" behind the address, a port may follow: taken out into link. */
static bool cut_link(char *destination, char link[PYT_IFACE_NAME_MAX])
{
	char *percent = strchr(destination, '%');
	size_t len;

	if (!percent)
		return false;
	len = strcspn(percent + 1, "]:");
	snprintf(link, PYT_IFACE_NAME_MAX, "%.*s", (int)len, percent + 1);
	memmove(percent, percent + 1 + len, strlen(percent + 1 + len) + 1);
	return true;
}

static bool find_link(int fd, const char *name, struct pyt_sockaddr *to)
{
	struct pyt_iface_info iface;

	for (int i = 0;
	     ask_item(fd, PYT_OP_INTERFACES, i, &iface, sizeof(iface)); i++) {
		if (strcmp(iface.config.name, name) != 0)
			continue;
		to->scope_id = (uint32_t)iface.ifindex;
		return true;
	}
	fprintf(stderr, "pyt: the stack has no link %s\n", name);
	return false;
}

/* ------------------------------------------------------------------ rules */

static void print_rule(const struct pyt_way *way)
{
	char text[PYT_IP_TEXT_MAX];

	if (way->local)
		printf("rule:   an address of the stack itself\n");
	else if (way->has_route && way->route.prefix_len == 0)
		printf("rule:   route default, metric %u\n", way->route.metric);
	else if (way->has_route)
		printf("rule:   route %s/%u, metric %u\n",
		       pyt_ip_format(&way->route.prefix, text),
		       way->route.prefix_len, way->route.metric);
	else
		printf("rule:   %s\n",
		       way->multicast
			       ? "a group: by the source's link, or the first"
			       : "broadcast on the link");
}

static void print_source(const struct pyt_way *way)
{
	static const char *const rules[] = {
		NULL,
		"it is the destination",
		"the smallest scope that is enough",
		"it is not deprecated, and known to be ours",
		"a home address",
		"it is of the link, or of the router, that leads there",
		"the same label",
		"temporary or public, as wanted",
		"the longest match",
	};
	size_t rule = (size_t)way->source_rule;
	char text[PYT_IP_TEXT_MAX];

	printf("source: %s", pyt_ip_format(&way->src, text));
	if (rule > 0 && rule < sizeof(rules) / sizeof(*rules))
		printf(" (RFC 6724, 5, rule %d: %s)", way->source_rule,
		       rules[rule]);
	printf("\n");
}

/* Whether the next one is there, as far as is known. */
static void print_neighbour(const struct pyt_way *way,
			    const struct pyt_iface_info *iface)
{
	if (way->local || way->multicast || way->broadcast ||
	    iface->config.medium != PYT_MEDIUM_ETHERNET)
		return;
	printf("there:  %s%s\n",
	       way->neighbour[0] ? way->neighbour : "nobody has asked yet",
	       way->gateway_is_dead ? ", given up; no other leads there" : "");
}

static void print_way(const struct pyt_sockaddr *to, const struct pyt_way *way,
		      const struct pyt_iface_info *iface)
{
	char text[PYT_IP_TEXT_MAX];

	printf("link:   %s%s\n", iface->config.name,
	       iface->is_up ? "" : " (down)");
	if (!way->local && !pyt_ip_equal(&way->next_hop, &to->ip))
		printf("next:   %s\n", pyt_ip_format(&way->next_hop, text));
	print_neighbour(way, iface);
	print_rule(way);
	print_source(way);
	printf("mtu:    %u%s\n", way->mtu,
	       way->mtu_is_learned ? " (the path's, it was told so)" : "");
}

/* ------------------------------------------------------------------- hears */

static bool has_socket(uint32_t pid, uint64_t inode)
{
	char path[300], target[64], wanted[64];
	const struct dirent *entry;
	bool found = false;
	DIR *directory;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	snprintf(wanted, sizeof(wanted), "socket:[%llu]",
		 (unsigned long long)inode);
	directory = opendir(path);
	while (directory && !found && (entry = readdir(directory))) {
		snprintf(path, sizeof(path), "/proc/%u/fd/%s", pid,
			 entry->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		found = len > 0 && strncmp(target, wanted, (size_t)len) == 0 &&
			wanted[len] == '\0';
	}
	if (directory)
		closedir(directory);
	return found;
}

static void print_hearer(int fd, const char *protocol,
			 const struct view_hearer *hearer)
{
	uint32_t pids[ASK_PROCESSES_MAX];
	size_t count = hearer->exists ? ask_processes(fd, pids) : 0;
	char text[PYT_IP_TEXT_MAX];
	int shown = 0;

	printf("%s:    ", protocol);
	if (!hearer->exists) {
		printf("nobody hears on that port\n");
		return;
	}
	printf("a socket of %s", pyt_ip_is_unspecified(&hearer->ip)
					 ? "any address"
					 : pyt_ip_format(&hearer->ip, text));
	for (size_t i = 0; i < count; i++) {
		if (!has_socket(pids[i], hearer->inode))
			continue;
		printf("%s", shown++ ? "," : ", ");
		ask_print_process(pids[i]);
	}
	printf("\n");
}

/* ----------------------------------------------------------------- explain */

static int explain(int fd, const struct pyt_sockaddr *to, const char *link)
{
	struct pyt_request request = { .op = PYT_OP_VIEW_WAY, .address = *to };
	struct pyt_iface_info iface = { .ifindex = 0 };
	struct pyt_reply reply;
	struct view_way answer;
	int result = tool_ask(fd, &request, &reply);

	printf("by:     the stack on %s\n", link);
	if (result < 0) {
		printf("way:    none: %s\n", strerror(-result));
		return 1;
	}
	memcpy(&answer, reply.data, sizeof(answer));
	ask_link(fd, answer.way.ifindex, &iface);
	print_way(to, &answer.way, &iface);
	if (answer.way.local && to->port) {
		print_hearer(fd, "tcp", &answer.tcp);
		print_hearer(fd, "udp", &answer.udp);
	}
	return 0;
}

static int ask_stack(const struct config *config, const char *link_name,
		     struct pyt_sockaddr *to)
{
	const char *link = config->link[0].text;
	int fd, result;

	fflush(stdout);
	fd = tool_open(link);
	if (fd < 0)
		return 1;
	if (link_name && !find_link(fd, link_name, to))
		result = 1;
	else
		result = explain(fd, to, link);
	close(fd);
	return result;
}

int pyt_why(const struct config *config, char *destination)
{
	char link_name[PYT_IFACE_NAME_MAX];
	bool has_link = cut_link(destination, link_name);
	struct pyt_sockaddr to = { .port = 0 };
	char text[PYT_IP_TEXT_MAX];

	if (!parse_destination(destination, &to)) {
		fprintf(stderr,
			"pyt: %s: no address, and no address:port; for a name: "
			"pyt getent ahosts %s\n",
			destination, destination);
		return 2;
	}
	printf("to:     %s", pyt_ip_format(&to.ip, text));
	if (has_link)
		printf(" by %s", link_name);
	printf(to.port ? " port %u\n" : "\n", to.port);
	if (config_bypasses(config, &to)) {
		printf("by:     the kernel\nrule:   PYT_BYPASS names it\n");
		return 0;
	}
	return ask_stack(config, has_link ? link_name : NULL, &to);
}
