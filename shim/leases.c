/*
 * Lease files: PYT_LEASES/<link>.<method>, lines of "key value". Written
 * beside and renamed, so that there never is half of one. What they say is
 * checked as if a server had said it now.
 */
#include "leases.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "kernel.h"

#define VERSION "pyt-lease 1"

static const char *const names[PYT_METHODS] = {
	[PYT_METHOD_DHCP4] = "dhcp4",
	[PYT_METHOD_DHCP6] = "dhcp6",
};

/* -------------------------------------------------------------------- text */

static void print_hex(char *to, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 15];
	}
	*to = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes up to the end of the line, or -1. */
static int parse_hex(const char *text, uint8_t *to, size_t max)
{
	size_t len = 0;

	while (*text && *text != '\n') {
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0 || len == max)
			return -1;
		to[len++] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	return (int)len;
}

size_t lease_print(const struct pyt_lease *lease, const uint8_t mac[6],
		   int64_t obtained_s, char text[LEASE_TEXT_MAX])
{
	char own[13], router_mac[13], router[PYT_IP_TEXT_MAX];
	char message[2 * PYT_LEASE_MESSAGE_MAX + 1];
	int len;

	if (lease->message_len > PYT_LEASE_MESSAGE_MAX)
		return 0;
	print_hex(own, mac, 6);
	print_hex(router_mac, lease->router_mac, 6);
	print_hex(message, lease->message, lease->message_len);
	len = snprintf(text, LEASE_TEXT_MAX,
		       VERSION "\nmac %s\nobtained %lld\nrouter %s\n"
			       "router-mac %s\nmessage %s\n",
		       own, (long long)obtained_s,
		       pyt_ip_format(&lease->router, router), router_mac,
		       message);
	return len > 0 && len < LEASE_TEXT_MAX ? (size_t)len : 0;
}

/* What follows "key " on its line, or NULL. */
static const char *value_of(const char *text, const char *key)
{
	size_t len = strlen(key);

	while (*text) {
		if (strncmp(text, key, len) == 0 && text[len] == ' ')
			return text + len + 1;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return NULL;
}

static bool parse_mac(const char *text, const char *key, uint8_t mac[6])
{
	const char *value = value_of(text, key);

	return value && parse_hex(value, mac, 6) == 6;
}

static bool parse_router(const char *text, struct pyt_ip *router)
{
	const char *value = value_of(text, "router");
	char ip[PYT_IP_TEXT_MAX];
	size_t len = value ? strcspn(value, "\n") : 0;

	if (!len || len >= sizeof(ip))
		return false;
	memcpy(ip, value, len);
	ip[len] = '\0';
	return pyt_ip_parse(ip, router);
}

bool lease_parse(const char *text, const uint8_t mac[6],
		 struct pyt_lease *lease, int64_t *obtained_s)
{
	const char *obtained = value_of(text, "obtained");
	const char *message = value_of(text, "message");
	uint8_t own[6];
	char *end;
	int len;

	if (strncmp(text, VERSION "\n", strlen(VERSION) + 1) != 0 ||
	    !parse_mac(text, "mac", own) || memcmp(own, mac, 6) != 0 ||
	    !parse_mac(text, "router-mac", lease->router_mac) ||
	    !parse_router(text, &lease->router) || !obtained || !message)
		return false;
	*obtained_s = strtoll(obtained, &end, 10);
	len = parse_hex(message, lease->message, sizeof(lease->message));
	if (*end != '\n' || *obtained_s < 0 ||
	    *obtained_s > INT64_MAX / 2000000 || len <= 0)
		return false;
	lease->message_len = (uint32_t)len;
	return true;
}

/* ------------------------------------------------------------------- files */

static int64_t wall_clock_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

/* "tap:pyt0" stands in a file's name as "tap-pyt0", slashes as hyphens, too. */
static void path_of(const struct server *server, const struct server_link *link,
		    enum pyt_method method, const char *suffix,
		    char path[CONFIG_PATH_MAX + 128])
{
	size_t start = strlen(server->leases) + 1;

	snprintf(path, CONFIG_PATH_MAX + 128, "%s/%s.%s%s", server->leases,
		 link->text, names[method], suffix);
	for (size_t i = start; i < start + strlen(link->text); i++) {
		if (path[i] == ':' || path[i] == '/')
			path[i] = '-';
	}
}

static void load(struct server *server, const struct server_link *link,
		 enum pyt_method method)
{
	char path[CONFIG_PATH_MAX + 128], text[LEASE_TEXT_MAX + 1];
	struct pyt_lease lease = { .ifindex = link->ifindex, .method = method };
	struct pyt_iface_info iface;
	int64_t obtained_s;
	ssize_t len;
	int fd;

	path_of(server, link, method, "", path);
	fd = kernel_open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return;
	len = kernel_read(fd, text, LEASE_TEXT_MAX);
	kernel_close(fd);
	if (len <= 0 ||
	    pyt_iface_get(server->stack, link->ifindex - 1, &iface) < 0)
		return;
	text[len] = '\0';
	if (!lease_parse(text, iface.config.mac, &lease, &obtained_s))
		return;
	lease.obtained_us =
		server->now_us - (wall_clock_s() - obtained_s) * 1000000;
	pyt_lease_put(server->stack, &lease);
}

void leases_load(struct server *server, const struct server_link *link)
{
	for (int i = 0; i < PYT_METHODS; i++) {
		if (server->leases[0] && names[i])
			load(server, link, (enum pyt_method)i);
	}
}

/* mkdir -p; errors show when the file is made. */
static void make_folders(const char *path)
{
	char folder[CONFIG_PATH_MAX];

	size_t len = strlen(path);

	for (size_t i = 1; i <= len && i < sizeof(folder); i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(folder, path, i);
		folder[i] = '\0';
		kernel_call(SYS_mkdirat, AT_FDCWD, (long)folder, 0700, 0, 0, 0);
	}
}

static int create(const char *path)
{
	return (int)kernel_call(SYS_openat, AT_FDCWD, (long)path,
				O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
					O_NOFOLLOW,
				0600, 0, 0);
}

static void write_file(struct server *server, const struct server_link *link,
		       enum pyt_method method, const char *text, size_t len)
{
	char path[CONFIG_PATH_MAX + 128], fresh[CONFIG_PATH_MAX + 128];
	ssize_t written;
	int fd;

	path_of(server, link, method, "", path);
	path_of(server, link, method, ".new", fresh);
	fd = create(fresh);
	if (fd < 0) {
		make_folders(server->leases);
		fd = create(fresh);
	}
	if (fd < 0) {
		log_line(&server->log, PYT_LOG_INFO, NULL,
			 "%s: the lease is not kept: error %d", fresh, -fd);
		return;
	}
	written = kernel_write(fd, text, len);
	kernel_close(fd);
	if (written == (ssize_t)len)
		kernel_call(SYS_renameat2, AT_FDCWD, (long)fresh, AT_FDCWD,
			    (long)path, 0, 0);
	else
		kernel_call(SYS_unlinkat, AT_FDCWD, (long)fresh, 0, 0, 0, 0);
}

void leases_save(struct server *server, int ifindex, enum pyt_method method)
{
	const struct server_link *link = server_link_of(server, ifindex);
	char path[CONFIG_PATH_MAX + 128], text[LEASE_TEXT_MAX];
	struct pyt_iface_info iface;
	struct pyt_lease lease;
	int64_t age_us;
	size_t len;

	if (!server->leases[0] || !names[method] ||
	    pyt_lease_get(server->stack, ifindex, method, &lease) < 0 ||
	    pyt_iface_get(server->stack, ifindex - 1, &iface) < 0)
		return;
	if (lease.message_len == 0) {
		path_of(server, link, method, "", path);
		kernel_call(SYS_unlinkat, AT_FDCWD, (long)path, 0, 0, 0, 0);
		return;
	}
	age_us = server->now_us - lease.obtained_us;
	len = lease_print(&lease, iface.config.mac,
			  wall_clock_s() - age_us / 1000000, text);
	if (len)
		write_file(server, link, method, text, len);
}
