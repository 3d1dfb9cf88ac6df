/*
 * pyt-link: gives the stack that runs on PYT_LINK the further links of this
 * configuration (PYT_LINK2 ...), for 'pyt link add'.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "link_add.h"
#include "tool.h"

static int add(int fd, const struct config *config, int number)
{
	const struct config_link *link = &config->link[number];
	struct link_add add = {
		.setting = config->settings
				   .value[CONFIG_SETTING_LINK2 + number - 1],
		.link = *link,
	};
	struct pyt_request request = { .op = PYT_OP_LINK_ADD,
				       .args = { number },
				       .data_len = sizeof(add) };
	struct pyt_reply reply = { .data_len = 0 };
	int result;

	memcpy(add.hostname, config->hostname, sizeof(add.hostname));
	memcpy(request.data, &add, sizeof(add));
	result = tool_ask(fd, &request, &reply);
	if (result == -EEXIST) {
		printf("%s: is there already\n", link->text);
		return 0;
	}
	if (result >= 0) {
		printf("%s: added, interface %s, index %d\n", link->text,
		       link->name, result);
		return 0;
	}
	if (result == -EPIPE || !reply.data_len)
		fprintf(stderr, "pyt: %s: %s\n", link->text, strerror(-result));
	else
		fprintf(stderr, "%.*s", (int)reply.data_len,
			(const char *)reply.data);
	return result;
}

int main(int argc, char **argv)
{
	static struct config config;
	int fd, result = 0;

	if (argc != 2 || strcmp(argv[1], "add") != 0) {
		fputs("usage: pyt --link2 LINK [--ip2 ...] link add\n", stderr);
		return 2;
	}
	if (config_load(&config) < 0)
		return 1;
	if (config.link_count < 2) {
		fputs("pyt: which link? --link2 LINK\n", stderr);
		return 2;
	}
	fd = tool_open(config.link[0].text);
	if (fd < 0)
		return 1;
	for (int i = 1; i < config.link_count && result == 0; i++)
		result = add(fd, &config, i);
	close(fd);
	return result < 0;
}
