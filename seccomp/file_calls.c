/* See file_calls.h. */
#include "file_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <pyt/control.h>

#include "config.h"
#include "socket_calls.h"
#include "target.h"
#include "tool.h"
#include "view_path.h"

#define RESOLV_CONF "/etc/resolv.conf"
/* A name server that comes with the address is waited for, 3 s. */
#define PAUSES 60
#define PAUSE_NS 50000000

static void print_server(FILE *file, const struct pyt_ip *server)
{
	char text[PYT_IP_TEXT_MAX];

	fprintf(file, "nameserver %s\n", pyt_ip_format(server, text));
}

/* What the stack has learned. False: no server, or there is no stack. */
static bool learn(const struct config *config, struct pyt_names *names)
{
	struct pyt_request request = { .op = PYT_OP_NAMES };
	struct pyt_reply reply;
	int fd = tool_connect(config->link[0].text);
	bool learned = fd >= 0 && tool_greet(fd) &&
		       tool_ask(fd, &request, &reply) >= 0 &&
		       reply.data_len == sizeof(*names);

	if (fd >= 0)
		close(fd);
	if (!learned)
		return false;
	memcpy(names, reply.data, sizeof(*names));
	return names->server_count > 0;
}

void file_calls_prepare(void)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };
	const struct config *config;
	struct pyt_names names;

	if (config_get(&config) < 0 || config->dns_count > 0 ||
	    !config_methods(config))
		return;
	for (int i = 0; i < PAUSES && !learn(config, &names); i++)
		nanosleep(&pause, NULL);
}

static bool print_learned(FILE *file, const struct config *config)
{
	struct pyt_names names;

	if (!learn(config, &names))
		return false;
	if (names.search[0] && !config->search[0])
		fprintf(file, "search %s\n", names.search);
	for (uint32_t i = 0;
	     i < names.server_count && i < PYT_NAMES_SERVERS_MAX; i++)
		print_server(file, &names.server[i].ip);
	return true;
}

/* A file with whom to ask, or -1: the one on the disk has to do. */
static int make_file(void)
{
	const struct config *config;
	bool has_server;
	FILE *file;
	int fd;

	if (config_get(&config) < 0)
		return -1;
	fd = memfd_create("resolv.conf", MFD_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(dup(fd), "we");
	if (!file)
		return fd;
	if (config->search[0])
		fprintf(file, "search %s\n", config->search);
	for (int i = 0; i < config->dns_count; i++)
		print_server(file, &config->dns[i]);
	has_server = config->dns_count > 0 || print_learned(file, config);
	fclose(file);
	lseek(fd, 0, SEEK_SET);
	if (has_server)
		return fd;
	close(fd);
	return -1;
}

/* Of the stack, which libpyt asks: memory, or a socket for a setting. */
static long open_view(const struct call *call, const char *path, int flags)
{
	int fd = open(path, (flags & ~(O_CREAT | O_EXCL)) | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return socket_calls_answer_with(call, fd, flags & O_CLOEXEC);
}

static long open_names(const struct call *call, int flags)
{
	int fd = (flags & O_ACCMODE) == O_RDONLY ? make_file() : -1;

	if (fd < 0)
		return CALL_CONTINUE;
	return socket_calls_answer_with(call, fd, flags & O_CLOEXEC);
}

static long open_file(const struct call *call, uint64_t path_at, int flags)
{
	char path[VIEW_PATH_MAX], name[VIEW_PATH_MAX];
	ssize_t len = target_read_some(call, path_at, path, sizeof(path));

	if (len <= 0 || !memchr(path, 0, (size_t)len) ||
	    flags & (O_PATH | O_DIRECTORY))
		return CALL_CONTINUE;
	if (strcmp(path, RESOLV_CONF) == 0)
		return open_names(call, flags);
	if (view_path_match(path, name) && name[strlen(name) - 1] != '/')
		return open_view(call, path, flags);
	return CALL_CONTINUE;
}

long file_call_open(struct call *call)
{
	return open_file(call, call->args[0], (int)call->args[1]);
}

long file_call_openat(struct call *call)
{
	return open_file(call, call->args[1], (int)call->args[2]);
}
