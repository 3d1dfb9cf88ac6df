/*
 * pyt-stats: counters of the stack that runs on the link, and what it holds
 * now, for 'pyt stats'. Asks as any client does; see include/pyt/control.h.
 *
 *     pyt-stats            both
 *     pyt-stats counters   names as nstat(8) has them, where Linux has them
 *     pyt-stats sizes
 */
#include <stdio.h>
#include <string.h>

#include <pyt/control.h>

#include "config.h"
#include "tool.h"

static int ask(int fd, enum pyt_op op, int argument, struct pyt_reply *reply)
{
	struct pyt_request request = { .op = op, .args = { argument } };

	return tool_ask(fd, &request, reply);
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
	int result = 0;

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
	fd = tool_open(config.link[0].text);
	if (fd < 0)
		return 1;
	if (print_all(fd, what) >= 0)
		return 0;
	fprintf(stderr, "pyt: the stack on %s does not answer\n",
		config.link[0].text);
	return 1;
}
