/* Beginning and end of a server: rendezvous, link, engine, tables. */
#include "server.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/un.h>

#include "boot_server.h"
#include "config.h"
#include "control_server.h"
#include "controls.h"
#include "endpoint.h"
#include "kernel.h"
#include "last_info.h"
#include "link.h"
#include "liveness.h"
#include "secret.h"
#include "server_links.h"

#define STILL_THERE_US 1000000 /* between looks at sockets without a client */
/* Enough for a program that is awake; see docs/decisions/round-trips.md. */
#define ACK_MERGE_US "50"
#define PROBING "net.ipv4.conf.all.arp_conflict_detection"

/* ------------------------------------------------------------------ tables */

static int open_tables(struct server *server)
{
	struct arena *arena = server->arena;

	server->endpoints =
		arena_alloc(arena, PYT_SLOTS * sizeof(struct endpoint));
	server->by_handle = arena_alloc(arena, PYT_SLOTS * sizeof(uint32_t));
	server->last_infos =
		arena_alloc(arena, LAST_INFOS * sizeof(struct last_info));
	server->clients =
		arena_alloc(arena, CLIENTS_MAX * sizeof(struct client));
	server->scratch = arena_alloc(arena, SCRATCH_LEN);
	server->frame_buffer = arena_alloc(arena, LINK_BUFFER_LEN);
	if (!server->endpoints || !server->by_handle || !server->clients ||
	    !server->last_infos || !server->scratch || !server->frame_buffer)
		return -ENOMEM;
	TAILQ_INIT(&server->ready);
	TAILQ_INIT(&server->held);
	return 0;
}

/* The clients connect to it, too. */
static int publish_stream_name(struct server *server)
{
	struct pyt_slot_table *table = server->slots.table;
	size_t len = server->stream_name_len -
		     offsetof(struct sockaddr_un, sun_path);

	if (len > sizeof(table->stream_name))
		return -ENAMETOOLONG;
	memcpy(table->stream_name, server->stream_name.sun_path, len);
	table->stream_name_len = (uint8_t)len;
	return 0;
}

/* Where stream endpoints are connected to, to get their other end. */
static int open_stream_listener(struct server *server)
{
	sa_family_t family = AF_UNIX; /* and nothing more: autobind */
	int fd = kernel_socket(AF_UNIX,
			       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int result;

	if (fd < 0)
		return fd;
	server->stream_fd = fd;
	result = kernel_bind(fd, &family, sizeof(family));
	if (result == 0)
		result = kernel_listen(fd, SOMAXCONN);
	server->stream_name_len = sizeof(server->stream_name);
	if (result == 0)
		result = kernel_getsockname(fd, &server->stream_name,
					    &server->stream_name_len);
	if (result == 0)
		result = publish_stream_name(server);
	if (result == 0)
		result = kernel_epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd,
					  EPOLLIN,
					  (uint64_t)WATCH_STREAMS << 56);
	return result;
}

static int open_slots(struct server *server)
{
	uint64_t token = 0;

	kernel_call(SYS_getrandom, (long)&token, sizeof(token), 0, 0, 0, 0);
	kernel_call(SYS_getrandom, (long)server->key, sizeof(server->key), 0, 0,
		    0, 0);
	return slots_create(&server->slots, token, (uint32_t)server->host_pid);
}

/* ------------------------------------------------------------------ engine */

static void *engine_take(void *context, size_t len)
{
	return arena_alloc(context, len);
}

static void engine_give(void *context, void *memory, size_t len)
{
	arena_free(context, memory, len);
}

static int create_stack(struct server *server)
{
	struct pyt_stack_config config = {
		.allocator = { engine_take, engine_give, server->arena },
		.log_level = server->log.level,
		.log = log_from_engine,
		.log_context = &server->log,
	};

	kernel_call(SYS_getrandom, (long)config.seed, sizeof(config.seed), 0, 0,
		    0, 0);
	secret_get(server->name, config.secret);
	server->stack = pyt_stack_create(&config, server->now_us);
	return server->stack ? 0 : -ENOMEM;
}

/* "net.ipv4.conf.pyt1.arp_ignore": of one of our links. */
static bool names_link(const char *name, const struct config *config)
{
	const char *at = strstr(name, ".conf.");

	if (!at)
		at = strstr(name, ".neigh.");
	if (!at)
		return false;
	at = strchr(at + 1, '.') + 1;
	for (int i = 0; i < config->link_count; i++) {
		size_t len = strlen(config->link[i].name);

		if (strncmp(at, config->link[i].name, len) == 0 &&
		    at[len] == '.')
			return true;
	}
	return false;
}

static int set_sysctl(struct server *server, const char *name,
		      const char *value)
{
	int result = pyt_sysctl_set(server->stack, name, value);

	if (result >= 0)
		return 0;
	log_line(&server->log, PYT_LOG_ERROR, NULL, "PYT_SYSCTL: %s: %s", name,
		 result == -ENOENT ? "no such setting" : "bad value");
	server->told = true;
	return -EINVAL;
}

/* "name=value;name=value" of PYT_SYSCTL: those of single links, or all others,
 * which interfaces take over when they are made. */
static int set_sysctls(struct server *server, const struct config *config,
		       bool of_links)
{
	const char *text = config->sysctl;
	char name[CONFIG_TEXT_MAX];

	while (*text) {
		size_t len = strcspn(text, ";");
		char *value;
		int result;

		memcpy(name, text, len);
		name[len] = 0;
		text += len + (text[len] == ';');
		if (!len)
			continue;
		value = strchr(name, '=');
		if (value)
			*value++ = 0;
		if (names_link(name, config) != of_links)
			continue;
		result = set_sysctl(server, name, value ? value : "");
		if (result < 0)
			return result;
	}
	return 0;
}

static int configure_links(struct server *server, const struct config *config)
{
	int result = 0;

	for (int i = 0; i < config->link_count && result == 0; i++)
		result = server_link_attach(server, i);
	if (result == 0)
		result = set_sysctls(server, config, true);
	for (int i = 0; i < config->link_count && result == 0; i++)
		result = server_link_configure(server, i, &config->link[i],
					       config->hostname);
	return result;
}

static bool has_socket_link(const struct config *config)
{
	for (int i = 0; i < config->link_count; i++) {
		if (config->link[i].kind == CONFIG_LINK_UNIX)
			return true;
	}
	return false;
}

static int configure_stack(struct server *server, const struct config *config)
{
	char number[12];
	int result = create_stack(server);

	if (result == 0) {
		snprintf(number, sizeof(number), "%d", config->acd);
		result = pyt_sysctl_set(server->stack, PROBING, number);
	}
	/* Behind a socket there may be a passt that forgets bytes which come
	   with the handshake's last ACK (Debian 12's). */
	server->acks_apart = has_socket_link(config);
	if (result == 0 && !server->acks_apart)
		result = pyt_sysctl_set(server->stack, SERVER_ACK_MERGE,
					ACK_MERGE_US);
	if (result == 0)
		controls_add(server->stack, &server->log);
	if (result == 0)
		result = set_sysctls(server, config, false);
	if (result == 0)
		result = configure_links(server, config);
	return result;
}

/* ------------------------------------------------------------ start and end */

static int open_links(struct server *server, const struct config *config)
{
	int result = 0;

	for (int i = 0; i < config->link_count && result == 0; i++)
		result = server_link_open(server, &config->link[i]);
	return result;
}

static int open_steps(struct server *server, const struct config *config)
{
	int result;

	result = open_tables(server);
	if (result == 0)
		result = open_slots(server);
	if (result == 0) {
		server->epoll_fd = kernel_epoll_create();
		result = server->epoll_fd < 0 ? server->epoll_fd : 0;
	}
	if (result == 0)
		result = open_stream_listener(server);
	if (result < 0)
		return result;
	result = open_links(server, config);
	if (result == 0)
		result = configure_stack(server, config);
	for (int i = 0; i < server->link_count && result == 0; i++)
		result = control_listen(server, i);
	return result;
}

int server_start(struct server *server, const struct config *config)
{
	int result;

	server->now_us = server_clock_us();
	server->host_pid = (int32_t)kernel_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
	server->settings = config->settings;
	server->grace_us = config->grace_us;
	memcpy(server->leases, config->leases, sizeof(server->leases));
	server->reply_fd = -1;
	server->holder_fd = -1;
	server->guardian_fd = -1;
	server->liveness_us = TIME_NEVER;
	server->listeners_us = TIME_NEVER;
	server->accept_retry_us = TIME_NEVER;
	server->end_us = TIME_NEVER;
	server->leave_us = TIME_NEVER;
	strcpy(server->name, config->link[0].text);
	result = server_links_take_names(server, config);
	if (result < 0)
		return result;
	result = open_steps(server, config);
	if (result < 0 && !server->told)
		log_line(&server->log, PYT_LOG_ERROR, NULL,
			 "the stack on %s does not start: error %d",
			 server->name, -result);
	if (result < 0)
		server_links_close(server);
	return result;
}

/* Whether a program still holds something, though none is connected. */
static bool is_held(struct server *server)
{
	liveness_check(server);
	for (uint32_t i = 0; i < server->slots.touched; i++) {
		enum endpoint_state state = server->endpoints[i].state;

		if (state != ENDPOINT_FREE && state != ENDPOINT_ENDED)
			return true;
	}
	return false;
}

/*
 * The link goes first, then the name: who finds the name free can have the
 * link. A program that attached in between is cut off before its greeting was
 * answered, and begins again as the owner.
 */
void server_check_end(struct server *server)
{
	if (server->client_count || server->open_count ||
	    server->holder_fd >= 0 || pyt_unfinished_count(server->stack)) {
		server->end_us = TIME_NEVER;
		return;
	}
	if (server->end_us == TIME_NEVER)
		server->end_us = server->now_us + server->grace_us;
	if (server->now_us < server->end_us)
		return;
	control_accept(server);
	if (server->client_count) {
		server->end_us = TIME_NEVER;
		return;
	}
	if (is_held(server)) {
		server->end_us = server->now_us + STILL_THERE_US;
		return;
	}
	boot_end(server);
	server_links_close(server);
	control_unbind(server);
	server->ended = true;
}
