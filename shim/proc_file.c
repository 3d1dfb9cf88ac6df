/* The files of /proc/net by name, and the memfd that each becomes. */
#include "proc_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel.h"

#define PROC_NET "/proc/net/"
#define PROC_SYS_NET "/proc/sys/net/"
#define CLASS_NET "/sys/class/net/"
#define LINE_MAX_LEN 512

static const struct {
	const char *name;
	void (*write)(struct proc_text *text);
} files[] = {
	{ "anycast6", proc_anycast6 },
	{ "arp", proc_arp },
	{ "dev", proc_dev },
	{ "dev_mcast", proc_dev_mcast },
	{ "fib_trie", proc_fib_trie },
	{ "fib_triestat", proc_fib_triestat },
	{ "icmp", proc_icmp },
	{ "icmp6", proc_icmp6 },
	{ "if_inet6", proc_if_inet6 },
	{ "igmp", proc_igmp },
	{ "igmp6", proc_igmp6 },
	{ "ip6_flowlabel", proc_ip6_flowlabel },
	{ "ip6_mr_cache", proc_ip6_mr_cache },
	{ "ip6_mr_vif", proc_ip6_mr_vif },
	{ "ip_mr_cache", proc_ip_mr_cache },
	{ "ip_mr_vif", proc_ip_mr_vif },
	{ "ipv6_route", proc_ipv6_route },
	{ "mcfilter", proc_mcfilter },
	{ "mcfilter6", proc_mcfilter6 },
	{ "netlink", proc_netlink },
	{ "netstat", proc_netstat },
	{ "packet", proc_packet },
	{ "protocols", proc_protocols },
	{ "ptype", proc_ptype },
	{ "raw", proc_raw },
	{ "raw6", proc_raw6 },
	{ "route", proc_route },
	{ "rt6_stats", proc_rt6_stats },
	{ "rt_cache", proc_rt_cache },
	{ "snmp", proc_snmp },
	{ "snmp6", proc_snmp6 },
	{ "sockstat", proc_sockstat },
	{ "sockstat6", proc_sockstat6 },
	{ "softnet_stat", proc_softnet_stat },
	{ "stat/rt_cache", proc_stat_rt_cache },
	{ "tcp", proc_tcp },
	{ "tcp6", proc_tcp6 },
	{ "udp", proc_udp },
	{ "udp6", proc_udp6 },
	{ "udplite", proc_udplite },
	{ "udplite6", proc_udplite6 },
	{ "unix", proc_unix },
};

/* -------------------------------------------------------------------- text */

static void flush(struct proc_text *text)
{
	size_t at = 0;

	while (at < text->len && text->error == 0) {
		ssize_t written = kernel_write(text->fd, text->bytes + at,
					       text->len - at);

		if (written < 0)
			text->error = (int)written;
		else
			at += (size_t)written;
	}
	text->len = 0;
}

void proc_print(struct proc_text *text, const char *format, ...)
{
	va_list list;
	int len;

	if (ANSWER_LEN - text->len < LINE_MAX_LEN)
		flush(text);
	va_start(list, format);
	len = vsnprintf(text->bytes + text->len, LINE_MAX_LEN, format, list);
	va_end(list);
	if (len > 0)
		text->len +=
			(size_t)(len < LINE_MAX_LEN ? len : LINE_MAX_LEN - 1);
}

/* ------------------------------------------------------------------- files */

static const char *behind(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(path, prefix, len) == 0)
		return path + len;
	/* the directory itself */
	if (strncmp(path, prefix, len - 1) == 0 && path[len - 1] == '\0')
		return "";
	return NULL;
}

static int write_net(struct proc_text *text, const char *name)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (strcmp(files[i].name, name) == 0) {
			files[i].write(text);
			return 0;
		}
	}
	return -ENOENT;
}

static int write_any(struct proc_text *text, const char *path)
{
	const char *rest;

	rest = behind(path, PROC_NET);
	if (rest)
		return write_net(text, rest);
	rest = behind(path, PROC_SYS_NET);
	if (rest)
		return proc_setting(text, rest);
	rest = behind(path, CLASS_NET);
	return rest ? proc_class_net(text, rest) : -ENOENT;
}

int proc_file_make(struct server *server, const char *path)
{
	struct proc_text text = { .server = server };
	int result;

	if (!server->answer)
		server->answer = arena_alloc(server->arena, ANSWER_LEN);
	if (!server->answer)
		return -ENOMEM;
	text.bytes = (char *)server->answer;
	text.fd = (int)kernel_call(SYS_memfd_create, (long)path, MFD_CLOEXEC, 0,
				   0, 0, 0);
	if (text.fd < 0)
		return text.fd;
	result = write_any(&text, path);
	flush(&text);
	if (result == 0)
		result = text.error;
	if (result == 0)
		kernel_call(SYS_lseek, text.fd, 0, SEEK_SET, 0, 0, 0);
	if (result == 0)
		return text.fd;
	kernel_close(text.fd);
	return result;
}

/* The only directory of /proc/net with something in it. */
static int list_stat(const char *rest, int from, char *names, size_t room,
		     uint32_t *len)
{
	static const char entry[] = "frt_cache";

	if (strcmp(rest, "stat") != 0 || room < sizeof(entry))
		return -ENOENT;
	if (from == 0) {
		memcpy(names, entry, sizeof(entry));
		*len = sizeof(entry);
	}
	return 0;
}

int proc_file_list(struct server *server, const char *path, int from,
		   char *names, size_t room, uint32_t *len)
{
	const char *rest = behind(path, PROC_SYS_NET);

	*len = 0;
	if (behind(path, PROC_NET))
		return list_stat(behind(path, PROC_NET), from, names, room,
				 len);
	if (rest)
		return proc_settings_list(server, rest, from, names, room, len);
	rest = behind(path, CLASS_NET);
	if (rest)
		return proc_class_net_list(server, rest, from, names, room,
					   len);
	return -ENOENT;
}
