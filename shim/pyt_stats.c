/*
 * pyt-stats: counters of the stack that runs on the link, and what it holds
 * now, for 'pyt stats'. Asks as any client does; see include/pyt/control.h.
 *
 *     pyt-stats            both
 *     pyt-stats counters   names as nstat(8) has them, where Linux has them
 *     pyt-stats sizes
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <pyt/control.h>

#include "config.h"

#define HEADER_LEN offsetof(struct pyt_request, data)

static int connect_to_stack(const struct config *config)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int len = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
			   PYT_CONTROL_NAME "%s:%s",
			   config->link == CONFIG_LINK_TUN ? "tun" : "tap",
			   config->link_name);

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&name,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				(size_t)len)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The reply's result; -1: the stack has gone. */
static int ask(int fd, enum pyt_op op, int argument, struct pyt_reply *reply)
{
	struct pyt_request request = { .op = op, .args = { argument } };
	ssize_t len;

	if (send(fd, &request, HEADER_LEN, MSG_NOSIGNAL) < 0)
		return -1;
	len = recv(fd, reply, sizeof(*reply), 0);
	if (len < (ssize_t)offsetof(struct pyt_reply, data) ||
	    reply->data_len > PYT_CONTROL_DATA_MAX)
		return -1;
	return reply->result;
}

static void print_lines(struct pyt_reply *reply)
{
	char *line, *rest;

	if (reply->data_len == PYT_CONTROL_DATA_MAX)
		reply->data_len--;
	reply->data[reply->data_len] = 0;
	for (line = strtok_r((char *)reply->data, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		size_t len = strcspn(line, " ");

		printf("%-32.*s%s\n", (int)len, line, line + len);
	}
}

static int print_counters(int fd)
{
	struct pyt_reply reply;
	int next = 0;

	do {
		next = ask(fd, PYT_OP_COUNTERS, next, &reply);
		if (next >= 0)
			print_lines(&reply);
	} while (next > 0);
	return next;
}

static int print_sizes(int fd)
{
	struct pyt_reply reply;
	int result = ask(fd, PYT_OP_SIZES, 0, &reply);

	if (result >= 0)
		print_lines(&reply);
	return result;
}

static int print_all(int fd, const char *what)
{
	struct pyt_reply reply;
	int result = ask(fd, PYT_OP_HELLO, PYT_CONTROL_VERSION, &reply);

	if (result >= 0 && strcmp(what, "sizes") != 0)
		result = print_counters(fd);
	if (result >= 0 && strcmp(what, "counters") != 0)
		result = print_sizes(fd);
	return result;
}

int main(int argc, char **argv)
{
	static struct config config;
	const char *what = argc > 1 ? argv[1] : "";
	int fd;

	if (argc > 2 || (*what && strcmp(what, "sizes") != 0 &&
			 strcmp(what, "counters") != 0)) {
		fputs("usage: pyt stats [counters | sizes]\n", stderr);
		return 2;
	}
	if (config_load(&config) < 0)
		return 1;
	fd = connect_to_stack(&config);
	if (fd < 0) {
		fprintf(stderr, "pyt: no stack runs on %s: %s\n",
			config.link_name, strerror(errno));
		return 1;
	}
	if (print_all(fd, what) >= 0)
		return 0;
	fprintf(stderr, "pyt: the stack on %s does not answer\n",
		config.link_name);
	return 1;
}
