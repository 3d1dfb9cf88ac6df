/*
 * Options that a socket remembers, as Linux's setsockopt(2) takes them. What
 * a plain number is, is one line in a table of socket_option.c.
 */
#ifndef SOCKET_SOCKET_OPTION_H
#define SOCKET_SOCKET_OPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "ip/ip.h"

struct socket;
struct sockets;

struct socket_options {
	uint32_t sharers; /* sockets that have these: changed only by one */
	/* flags: 0 or 1 */
	uint8_t reuse_addr, reuse_port, broadcast, dont_route, debug;
	uint8_t no_check, timestamp, timestamp_ns, rxq_overflow;
	uint8_t keepalive, oob_inline, select_err_queue, recv_mark;
	uint8_t wifi_status, no_fcs, lock_filter, prefer_busy_poll, tx_rehash;
	uint8_t recv_err, recv_err_rfc4884, pktinfo, recv_ttl, recv_tos;
	uint8_t recv_opts, ret_opts, recv_orig_dst, recv_fragsize;
	uint8_t freebind, transparent, router_alert, node_frag, checksum;
	uint8_t bind_no_port, header_included, ip_pass_sec;
	uint8_t v6only, recv_pktinfo6, recv_hoplimit, recv_tclass, recv_err6;
	uint8_t dont_frag6, flowinfo_send, auto_flowlabel, multicast_loop6;
	uint8_t multicast_loop, multicast_all, multicast_all6;
	uint8_t recv_orig_dst6, recv_path_mtu, recv_flowinfo;
	uint8_t recv_hop_opts, recv_dst_opts, recv_rthdr;
	/* the same as RFC 2292 called them */
	uint8_t recv_pktinfo2292, recv_hoplimit2292, recv_hop_opts2292;
	uint8_t recv_dst_opts2292, recv_rthdr2292;
	uint8_t recv_err6_rfc4884, recv_fragsize6, router_alert_isolate;
	uint8_t zerocopy, timestamp_new, tx_time, tx_time_flags;
	uint8_t udp_cork, udp_gro, udp_no_check6_tx, udp_no_check6_rx;
	/* numbers */
	uint8_t tos, tclass, buf_lock;
	uint8_t min_ttl, min_hoplimit;
	uint8_t mtu_discover, mtu_discover6;
	uint8_t multicast_ttl;
	int16_t ttl, hoplimit; /* -1: the system's default */
	int16_t multicast_hops;
	uint16_t udp_segment;
	uint16_t mtu6; /* IPV6_MTU: what is longer is fragmented; 0: path's */
	int priority, mark, busy_poll, incoming_cpu;
	int receive_low_water, timestamping, tx_time_clock;
	int peek_off; /* kept for who reads */
	uint32_t port_range; /* IP_LOCAL_PORT_RANGE: low | high << 16 */
	uint64_t max_pacing_rate; /* bytes a second; of datagrams, unused */
	int unicast_ifindex, unicast_ifindex6;
	int sticky_ifindex6; /* IPV6_PKTINFO's */
	int source_wishes; /* IPV6_PREFER_SRC_TMP, _PUBLIC, or 0: RFC 5014 */
	uint8_t source_care_of; /* remembered, without effect */
	int send_buffer, receive_buffer; /* bytes, doubled as in Linux */
	struct socket_extensions *extensions; /* sticky ones; or NULL */
	uint8_t ip_options_len; /* IP_OPTIONS: a multiple of 4 */
	uint8_t ip_options[IP4_OPTIONS_LEN_MAX];
};

/* Linux's defaults; false: no memory. */
bool socket_options_init(struct socket *socket);
/* As a listener's child has them. */
void socket_options_inherit(struct socket *socket, const struct socket *from);
/* To write to; NULL: no memory. */
struct socket_options *socket_options_own(struct socket *socket);
void socket_options_clear(struct socket *socket);
void socket_options_clear_defaults(struct sockets *room);
int socket_option_set(struct socket *socket, int level, int name,
		      const void *value, uint32_t value_len, int64_t now_us);
/* Length written, or -errno. */
int socket_option_get(struct socket *socket, int level, int name, void *value,
		      uint32_t value_len, int64_t now_us);

/* An int, or one byte where Linux takes one (level IPPROTO_IP). */
int socket_option_int(const void *value, uint32_t value_len, int *number);
/* Cut to value_len, as Linux does. Length. */
int socket_option_put(void *value, uint32_t value_len, const void *bytes,
		      uint32_t len);
/* The same of a number at level IPPROTO_IP. */
int socket_option_put_ip(void *value, uint32_t value_len, int number);

/* SOL_SOCKET's that are more than a number. */
int socket_option_set_socket(struct socket *socket, int name, const void *value,
			     uint32_t value_len, int64_t now_us);
int socket_option_get_socket(struct socket *socket, int name, void *value,
			     uint32_t value_len, int64_t now_us);
/* All others; -ENOPROTOOPT: not here either. */
int socket_option_set_other(struct socket *socket, int level, int name,
			    const void *value, uint32_t value_len,
			    int64_t now_us);
int socket_option_get_other(struct socket *socket, int level, int name,
			    void *value, uint32_t value_len, int64_t now_us);

/* Of level IPPROTO_IPV6, and ICMPV6's filter; -ENOPROTOOPT: not here. */
int socket_option_set_ip6(struct socket *socket, int level, int name,
			  const void *value, uint32_t value_len);
int socket_option_get_ip6(const struct socket *socket, int level, int name,
			  void *value, uint32_t value_len, int64_t now_us);

#endif
