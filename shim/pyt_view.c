/*
 * pyt-view: what runs, and which way things go, for the launcher.
 *
 *     pyt-view ls                 the stacks of this network namespace
 *     pyt-view why ADDRESS[:PORT] where a destination would go, and why;
 *                                 ADDRESS%LINK: by that link
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <pyt/control.h>
#include <pyt/view.h>

#include "config.h"
#include "tool.h"

/* ------------------------------------------------------------------ asking */

static bool get_item(int fd, enum pyt_op op, int ordinal, void *item,
		     size_t len)
{
	struct pyt_request request = { .op = op, .args = { ordinal } };
	struct pyt_reply reply;

	if (tool_ask(fd, &request, &reply) < 0 || reply.data_len != len)
		return false;
	memcpy(item, reply.data, len);
	return true;
}

static bool link_named(int fd, int ifindex, struct pyt_iface_info *iface)
{
	for (int i = 0;
	     get_item(fd, PYT_OP_INTERFACES, i, iface, sizeof(*iface)); i++)
		if (iface->ifindex == ifindex)
			return true;
	return false;
}

/* ---------------------------------------------------------------------- ls */

static void print_owner(int fd)
{
	struct ucred owner = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(owner);

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &len);
	printf("  %u", owner.uid);
}

/*
 * The interface of this link, where a stack has several; 0: all are shown. A
 * socket's interface has another name than its link.
 */
static int ifindex_of(int fd, const char *link)
{
	const char *name = strchr(link, ':');
	struct pyt_iface_info iface;

	for (int i = 0;
	     get_item(fd, PYT_OP_INTERFACES, i, &iface, sizeof(iface)); i++)
		if (name && strcmp(iface.config.name, name + 1) == 0)
			return iface.ifindex;
	return 0;
}

static void print_addresses(int fd, const char *link)
{
	struct pyt_address_info address;
	int ifindex = ifindex_of(fd, link);
	char text[PYT_IP_TEXT_MAX];
	int shown = 0;

	for (int i = 0;
	     get_item(fd, PYT_OP_ADDRESSES, i, &address, sizeof(address));
	     i++) {
		if (address.ifindex == 1 || /* lo */
		    (ifindex && address.ifindex != ifindex))
			continue;
		printf("%s%s/%u", shown++ ? "," : "  ",
		       pyt_ip_format(&address.ip, text), address.prefix_len);
	}
	if (!shown)
		printf("  -");
}

static void print_process(unsigned pid)
{
	char path[32], name[32] = "?";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	file = fopen(path, "re");
	if (file && fgets(name, sizeof(name), file))
		name[strcspn(name, "\n")] = '\0';
	if (file)
		fclose(file);
	printf("%u(%s)", pid, name);
}

static void print_processes(int fd)
{
	struct pyt_request request = { .op = PYT_OP_VIEW_CLIENTS };
	struct pyt_reply reply;
	uint32_t pid;
	int shown = 0;

	if (tool_ask(fd, &request, &reply) < 0 ||
	    reply.data_len > sizeof(reply.data))
		reply.data_len = 0;
	for (size_t at = 0; at + sizeof(pid) <= reply.data_len;
	     at += sizeof(pid)) {
		memcpy(&pid, reply.data + at, sizeof(pid));
		if (pid == (uint32_t)getpid())
			continue;
		printf("%s", shown++ ? "," : "  ");
		print_process(pid);
	}
	printf("%s\n", shown ? "" : "  -");
}

static void print_stack(const char *link)
{
	int fd = tool_connect(link);

	if (fd < 0)
		return; /* it has just ended */
	printf("%s", link);
	print_owner(fd);
	if (tool_greet(fd)) {
		print_addresses(fd, link);
		print_processes(fd);
	} else {
		printf("  (another user's)\n");
	}
	close(fd);
}

/* Abstract names of listening sockets: this namespace's rendezvous. */
static int list(void)
{
	FILE *names = fopen("/proc/net/unix", "re");
	char line[256];
	int count = 0;

	while (names && fgets(line, sizeof(line), names)) {
		const char *at = strstr(line, " @" PYT_CONTROL_NAME);
		char link[CONFIG_LINK_MAX];
		unsigned flags = 0;

		if (!at || sscanf(line, "%*s %*s %*s %x", &flags) != 1 ||
		    !(flags & 0x10000)) /* __SO_ACCEPTCON */
			continue;
		at += strlen(" @" PYT_CONTROL_NAME);
		snprintf(link, sizeof(link), "%.*s", (int)strcspn(at, "\n"),
			 at);
		if (count++ == 0)
			printf("LINK  UID  ADDRESSES  PROCESSES\n");
		print_stack(link);
	}
	if (names)
		fclose(names);
	if (count == 0)
		fputs("pyt: no stack runs in this network namespace\n", stderr);
	return count ? 0 : 1;
}

/* --------------------------------------------------------------------- why */

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

/* "%pyt1" behind the address: cut off; the link's name, or NULL. */
static const char *cut_link(char *destination)
{
	char *percent = strchr(destination, '%');

	if (!percent)
		return NULL;
	*percent = '\0';
	return percent + 1;
}

static bool find_link(int fd, const char *name, struct pyt_sockaddr *to)
{
	struct pyt_iface_info iface;

	for (int i = 0;
	     get_item(fd, PYT_OP_INTERFACES, i, &iface, sizeof(iface)); i++) {
		if (strcmp(iface.config.name, name) != 0)
			continue;
		to->scope_id = (uint32_t)iface.ifindex;
		return true;
	}
	fprintf(stderr, "pyt: the stack has no link %s\n", name);
	return false;
}

static int explain_way(int fd, const struct pyt_sockaddr *to, const char *link)
{
	struct pyt_request request = { .op = PYT_OP_VIEW_WAY, .address = *to };
	struct pyt_iface_info iface = { .ifindex = 0 };
	char text[PYT_IP_TEXT_MAX];
	struct pyt_reply reply;
	struct pyt_way way;
	int result = tool_ask(fd, &request, &reply);

	printf("by:     the stack on %s\n", link);
	if (result < 0) {
		printf("way:    none: %s\n", strerror(-result));
		return 1;
	}
	memcpy(&way, reply.data, sizeof(way));
	link_named(fd, way.ifindex, &iface);
	printf("link:   %s\n", iface.config.name);
	if (!way.local && !pyt_ip_equal(&way.next_hop, &to->ip))
		printf("next:   %s\n", pyt_ip_format(&way.next_hop, text));
	print_rule(&way);
	printf("source: %s\n", pyt_ip_format(&way.src, text));
	printf("mtu:    %u\n", way.mtu);
	return 0;
}

static int why(const struct config *config, char *destination)
{
	const char *link = cut_link(destination);
	char text[PYT_IP_TEXT_MAX];
	struct pyt_sockaddr to = { .port = 0 };
	int fd, result;

	if (!parse_destination(destination, &to)) {
		fprintf(stderr, "pyt: %s: no address, and no address:port\n",
			destination);
		return 2;
	}
	printf("to:     %s", pyt_ip_format(&to.ip, text));
	if (link)
		printf(" by %s", link);
	printf(to.port ? " port %u\n" : "\n", to.port);
	if (config_bypasses(config, &to)) {
		printf("by:     the kernel\nrule:   PYT_BYPASS names it\n");
		return 0;
	}
	fd = tool_connect(config->link[0].text);
	if (fd < 0 || !tool_greet(fd)) {
		fprintf(stderr, "pyt: no stack of yours runs on %s\n",
			config->link[0].text);
		return 1;
	}
	result = link && !find_link(fd, link, &to)
			 ? 1
			 : explain_way(fd, &to, config->link[0].text);
	close(fd);
	return result;
}

int main(int argc, char **argv)
{
	static struct config config;

	if (argc == 2 && strcmp(argv[1], "ls") == 0)
		return list();
	if (argc != 3 || strcmp(argv[1], "why") != 0) {
		fputs("usage: pyt ls | pyt why ADDRESS[:PORT] | pyt why "
		      "ADDRESS%LINK\n",
		      stderr);
		return 2;
	}
	if (config_load(&config) < 0)
		return 1;
	return why(&config, argv[2]);
}
