/*
 * Files that show the stack where the kernel's show the kernel's network:
 * below /proc/net, /proc/sys/net and /sys/class/net. Made when they are
 * opened, in a memfd.
 */
#ifndef SHIM_PROC_FILE_H
#define SHIM_PROC_FILE_H

#include <pyt/view.h>

#include "server.h"

/* Text on its way into the file. */
struct proc_text {
	struct server *server;
	int fd;
	char *bytes; /* server->answer */
	size_t len;
	int error; /* -errno of a write that failed */
};

void proc_print(struct proc_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* path begins with /proc/net/, /proc/sys/net/ or /sys/class/net/. A
 * descriptor, or -ENOENT: no such file here; -EISDIR; -EMFILE ... */
int proc_file_make(struct server *server, const char *path);
/*
 * The names in a directory, each with its type ('d', 'f') in front and a zero
 * behind; the ordinal to go on with, or 0. -ENOENT, -ENOTDIR.
 */
int proc_file_list(struct server *server, const char *path, int from,
		   char *names, size_t room, uint32_t *len);

/* ------------------------------------------------- proc_sockets.c */
void proc_tcp(struct proc_text *text);
void proc_tcp6(struct proc_text *text);
void proc_udp(struct proc_text *text);
void proc_udp6(struct proc_text *text);
void proc_udplite(struct proc_text *text);
void proc_udplite6(struct proc_text *text);
void proc_raw(struct proc_text *text);
void proc_raw6(struct proc_text *text);
void proc_icmp(struct proc_text *text);
void proc_icmp6(struct proc_text *text);
void proc_packet(struct proc_text *text);
void proc_netlink(struct proc_text *text);
void proc_unix(struct proc_text *text);

/* -------------------------------------------------- proc_ifaces.c */
void proc_dev(struct proc_text *text);
void proc_route(struct proc_text *text);
void proc_ipv6_route(struct proc_text *text);
void proc_arp(struct proc_text *text);
void proc_if_inet6(struct proc_text *text);

/* -------------------------------------------------- proc_groups.c */
void proc_igmp(struct proc_text *text);
void proc_igmp6(struct proc_text *text);
void proc_mcfilter(struct proc_text *text);
void proc_anycast6(struct proc_text *text);
void proc_mcfilter6(struct proc_text *text);
void proc_dev_mcast(struct proc_text *text);

/* ----------------------------------------------------- proc_fib.c */
void proc_fib_trie(struct proc_text *text);
void proc_fib_triestat(struct proc_text *text);
void proc_rt6_stats(struct proc_text *text);

/* ----------------------------------------------- proc_protocols.c */
void proc_protocols(struct proc_text *text);
void proc_ptype(struct proc_text *text);
void proc_softnet_stat(struct proc_text *text);
void proc_ip6_flowlabel(struct proc_text *text);
void proc_ip_mr_cache(struct proc_text *text);
void proc_ip_mr_vif(struct proc_text *text);
void proc_ip6_mr_cache(struct proc_text *text);
void proc_ip6_mr_vif(struct proc_text *text);
void proc_rt_cache(struct proc_text *text);
void proc_stat_rt_cache(struct proc_text *text);

/* ------------------------------------------------ proc_counters.c */
void proc_snmp(struct proc_text *text);
void proc_snmp6(struct proc_text *text);
void proc_netstat(struct proc_text *text);
void proc_sockstat(struct proc_text *text);
void proc_sockstat6(struct proc_text *text);

/* ------------------------------------- proc_tree.c, proc_class.c */
/* rest: behind the prefix. 0 or -errno. */
int proc_setting(struct proc_text *text, const char *rest);
int proc_class_net(struct proc_text *text, const char *rest);
/* value NULL: only whether it can be set. 0; -EACCES: not this one. */
int proc_class_set(struct pyt_stack *stack, const char *rest,
		   const char *value);
int proc_settings_list(struct server *server, const char *rest, int from,
		       char *names, size_t room, uint32_t *len);
int proc_class_net_list(struct server *server, const char *rest, int from,
			char *names, size_t room, uint32_t *len);

#endif
