/*
 * pyt-view: what runs, and which way things go, for the launcher.
 *
 *     pyt-view ls                 the stacks of this network namespace
 *     pyt-view why ADDRESS[:PORT] where a destination would go, and why;
 *                                 ADDRESS%LINK: by that link
 */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config.h"
#include "pyt_ask.h"
#include "pyt_why.h"
#include "tool.h"

#define USER_LEN 32
#define LISTENS 0x10000 /* __SO_ACCEPTCON, flag of /proc/net/unix */

/* ------------------------------------------------------------------ asking */

bool ask_item(int fd, enum pyt_op op, int ordinal, void *item, size_t len)
{
	struct pyt_request request = { .op = op, .args = { ordinal } };
	struct pyt_reply reply;

	if (tool_ask(fd, &request, &reply) < 0 || reply.data_len != len)
		return false;
	memcpy(item, reply.data, len);
	return true;
}

bool ask_link(int fd, int ifindex, struct pyt_iface_info *iface)
{
	for (int i = 0;
	     ask_item(fd, PYT_OP_INTERFACES, i, iface, sizeof(*iface)); i++)
		if (iface->ifindex == ifindex)
			return true;
	return false;
}

/* A fork(2)ed child is known by its parent's number until it says something. */
static bool is_new(const uint32_t *pids, size_t count, uint32_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return false;
	return pid != (uint32_t)getpid();
}

size_t ask_processes(int fd, uint32_t pids[ASK_PROCESSES_MAX])
{
	struct pyt_request request = { .op = PYT_OP_VIEW_CLIENTS };
	struct pyt_reply reply;
	size_t count = 0;
	uint32_t pid;

	if (tool_ask(fd, &request, &reply) < 0 ||
	    reply.data_len > sizeof(reply.data))
		return 0;
	for (size_t at = 0;
	     at + sizeof(pid) <= reply.data_len && count < ASK_PROCESSES_MAX;
	     at += sizeof(pid)) {
		memcpy(&pid, reply.data + at, sizeof(pid));
		if (is_new(pids, count, pid))
			pids[count++] = pid;
	}
	return count;
}

void ask_print_process(uint32_t pid)
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

/* ---------------------------------------------------------------------- ls */

static void print_owner(int fd)
{
	struct ucred owner = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(owner);
	const struct passwd *user;

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &len);
	user = getpwuid(owner.uid);
	if (user)
		printf("  %-8.*s", USER_LEN, user->pw_name);
	else
		printf("  %-8u", owner.uid);
}

/*
 * The interface of this link, where a stack has several; false: all are shown.
 * A socket's interface has another name than its link.
 */
static bool iface_of(int fd, const char *link, struct pyt_iface_info *iface)
{
	const char *name = strchr(link, ':');

	for (int i = 0;
	     ask_item(fd, PYT_OP_INTERFACES, i, iface, sizeof(*iface)); i++)
		if (name && strcmp(iface->config.name, name + 1) == 0)
			return true;
	return false;
}

static void print_addresses(int fd, const char *link)
{
	struct pyt_iface_info iface = { .is_up = true };
	bool has_iface = iface_of(fd, link, &iface);
	struct pyt_address_info address;
	char text[PYT_IP_TEXT_MAX];
	int shown = 0;

	for (int i = 0;
	     ask_item(fd, PYT_OP_ADDRESSES, i, &address, sizeof(address));
	     i++) {
		if (address.ifindex == 1 || /* lo */
		    (has_iface && address.ifindex != iface.ifindex))
			continue;
		printf("%s%s/%u%s", shown++ ? "," : "  ",
		       pyt_ip_format(&address.ip, text), address.prefix_len,
		       address.is_taken ? "(taken by another)" : "");
	}
	if (!shown)
		printf("  -");
	if (has_iface && !iface.is_up)
		printf(" (down)");
}

static void print_processes(int fd)
{
	uint32_t pids[ASK_PROCESSES_MAX];
	size_t count = ask_processes(fd, pids);

	for (size_t i = 0; i < count; i++) {
		printf("%s", i ? "," : "  ");
		ask_print_process(pids[i]);
	}
	printf("%s\n", count ? "" : "  -");
}

static void print_stack(const char *link)
{
	int fd = tool_connect(link);
	int result;

	if (fd < 0)
		return; /* it has just ended */
	printf("%-12s", link);
	print_owner(fd);
	fflush(stdout); /* before what is said of one that is stopped */
	result = tool_greet(fd);
	if (result >= 0) {
		print_addresses(fd, link);
		print_processes(fd);
	} else if (result == -EPROTO) {
		printf("  (of another libpyt.so)\n");
	} else if (tool_is_of_another(fd)) {
		printf("  (another user's: ask as that one)\n");
	} else {
		printf("  (does not answer)\n");
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
		    !(flags & LISTENS))
			continue;
		at += strlen(" @" PYT_CONTROL_NAME);
		snprintf(link, sizeof(link), "%.*s", (int)strcspn(at, "\n"),
			 at);
		if (count++ == 0)
			printf("%-12s  %-8s  ADDRESSES  PROCESSES\n", "LINK",
			       "USER");
		print_stack(link);
	}
	if (names)
		fclose(names);
	if (count == 0)
		fputs("pyt: no stack runs in this network namespace\n", stderr);
	return count ? 0 : 1;
}

int main(int argc, char **argv)
{
	static struct config config;

	if (argc == 2 && strcmp(argv[1], "ls") == 0)
		return list();
	if (argc != 3 || strcmp(argv[1], "why") != 0) {
		fputs("usage: pyt ls\n"
		      "       pyt [options] why ADDRESS[%LINK][:PORT]\n",
		      stderr);
		return 2;
	}
	if (config_load(&config) < 0)
		return 1;
	return pyt_why(&config, argv[2]);
}
