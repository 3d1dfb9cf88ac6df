/*
 * Socket options that are a number: a table of level, name, place and range.
 * The others are in socket_option_other.c. socket(7), ip(7), ipv6(7), udp(7).
 */
#include "socket/socket_option.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "socket/socket.h"
#include "socket/socket_cork.h"
#include "socket/socket_place.h"

#ifndef SO_RCVMARK
#define SO_RCVMARK 75 /* since 6.0 */
#endif
#define IP_TOS_ECN 3 /* TCP's own: Linux keeps them from the program */
/* linux/in6.h, which quarrels with libc's */
#define IPV6_FLOWINFO 11
#define IPV6_FLOWINFO_SEND 33
#ifndef IPV6_RECVERR_RFC4884
#define IPV6_RECVERR_RFC4884 31
#endif
#ifndef IPV6_ROUTER_ALERT_ISOLATE
#define IPV6_ROUTER_ALERT_ISOLATE 30
#endif

enum kinds {
	TCP = 1 << SOCKET_TCP,
	UDP = 1 << SOCKET_UDP,
	PING = 1 << SOCKET_PING,
	RAW = 1 << SOCKET_RAW,
	DATAGRAMS = UDP | PING | RAW,
	ANY = TCP | DATAGRAMS,
};

enum rule_flags {
	READ_ONLY = 1 << 0,
	FLAG = 1 << 1, /* anything but 0 is 1 */
};

struct rule {
	int level, name;
	uint16_t offset;
	uint8_t size;
	uint8_t kinds; /* set of enum kinds: the others ENOPROTOOPT */
	uint8_t flags;
	int min, max; /* outside: -EINVAL */
};

#define PLACE(member)                            \
	offsetof(struct socket_options, member), \
		sizeof(((struct socket_options *)0)->member)
#define FLAG_RULE(level, name, member, kinds)                             \
	{                                                                 \
		level, name, PLACE(member), kinds, FLAG, INT_MIN, INT_MAX \
	}
#define RULE(level, name, member, kinds, min, max)             \
	{                                                      \
		level, name, PLACE(member), kinds, 0, min, max \
	}

static const struct rule rules[] = {
	FLAG_RULE(SOL_SOCKET, SO_DEBUG, debug, ANY),
	FLAG_RULE(SOL_SOCKET, SO_REUSEADDR, reuse_addr, ANY),
	FLAG_RULE(SOL_SOCKET, SO_REUSEPORT, reuse_port, ANY),
	FLAG_RULE(SOL_SOCKET, SO_BROADCAST, broadcast, ANY),
	FLAG_RULE(SOL_SOCKET, SO_DONTROUTE, dont_route, ANY),
	FLAG_RULE(SOL_SOCKET, SO_NO_CHECK, no_check, ANY),
	FLAG_RULE(SOL_SOCKET, SO_KEEPALIVE, keepalive, DATAGRAMS),
	FLAG_RULE(SOL_SOCKET, SO_OOBINLINE, oob_inline, DATAGRAMS),
	FLAG_RULE(SOL_SOCKET, SO_RXQ_OVFL, rxq_overflow, ANY),
	FLAG_RULE(SOL_SOCKET, SO_WIFI_STATUS, wifi_status, ANY),
	FLAG_RULE(SOL_SOCKET, SO_NOFCS, no_fcs, ANY),
	FLAG_RULE(SOL_SOCKET, SO_PREFER_BUSY_POLL, prefer_busy_poll, ANY),
	FLAG_RULE(SOL_SOCKET, SO_RCVMARK, recv_mark, ANY),
	FLAG_RULE(SOL_SOCKET, SO_SELECT_ERR_QUEUE, select_err_queue, ANY),
	RULE(SOL_SOCKET, SO_PRIORITY, priority, ANY, INT_MIN, INT_MAX),
	RULE(SOL_SOCKET, SO_MARK, mark, ANY, INT_MIN, INT_MAX),
	RULE(SOL_SOCKET, SO_BUSY_POLL, busy_poll, ANY, 0, INT_MAX),
	RULE(SOL_SOCKET, SO_INCOMING_CPU, incoming_cpu, ANY, INT_MIN, INT_MAX),
	RULE(SOL_SOCKET, SO_PEEK_OFF, peek_off, UDP, INT_MIN, INT_MAX),

	FLAG_RULE(IPPROTO_IP, IP_RECVERR, recv_err, ANY),
	RULE(IPPROTO_IP, IP_RECVERR_RFC4884, recv_err_rfc4884, ANY, 0, 1),
	FLAG_RULE(IPPROTO_IP, IP_PKTINFO, pktinfo, ANY),
	FLAG_RULE(IPPROTO_IP, IP_RECVTTL, recv_ttl, ANY),
	FLAG_RULE(IPPROTO_IP, IP_RECVTOS, recv_tos, ANY),
	FLAG_RULE(IPPROTO_IP, IP_RECVOPTS, recv_opts, ANY),
	FLAG_RULE(IPPROTO_IP, IP_RETOPTS, ret_opts, ANY),
	FLAG_RULE(IPPROTO_IP, IP_RECVORIGDSTADDR, recv_orig_dst, ANY),
	FLAG_RULE(IPPROTO_IP, IP_RECVFRAGSIZE, recv_fragsize, UDP | PING | RAW),
	FLAG_RULE(IPPROTO_IP, IP_PASSSEC, ip_pass_sec, ANY),
	FLAG_RULE(IPPROTO_IP, IP_FREEBIND, freebind, ANY),
	FLAG_RULE(IPPROTO_IP, IP_TRANSPARENT, transparent, ANY),
	FLAG_RULE(IPPROTO_IP, IP_NODEFRAG, node_frag, RAW),
	FLAG_RULE(IPPROTO_IP, IP_CHECKSUM, checksum, ANY),
	FLAG_RULE(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, bind_no_port, ANY),
	FLAG_RULE(IPPROTO_IP, IP_HDRINCL, header_included, RAW),
	FLAG_RULE(IPPROTO_IP, IP_MULTICAST_LOOP, multicast_loop, ANY),
	FLAG_RULE(IPPROTO_IP, IP_MULTICAST_ALL, multicast_all, ANY),
	RULE(IPPROTO_IP, IP_TOS, tos, ANY, INT_MIN, INT_MAX),
	RULE(IPPROTO_IP, IP_TTL, ttl, ANY, -1, 255),
	RULE(IPPROTO_IP, IP_MINTTL, min_ttl, ANY, 0, 255),
	RULE(IPPROTO_IP, IP_MTU_DISCOVER, mtu_discover, ANY, IP_PMTUDISC_DONT,
	     IP_PMTUDISC_OMIT),
	RULE(IPPROTO_IP, IP_MULTICAST_TTL, multicast_ttl, DATAGRAMS, -1, 255),

	FLAG_RULE(IPPROTO_IPV6, IPV6_RECVPKTINFO, recv_pktinfo6, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, recv_hoplimit, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_RECVTCLASS, recv_tclass, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_RECVERR, recv_err6, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_DONTFRAG, dont_frag6, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_FLOWINFO_SEND, flowinfo_send, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, auto_flowlabel, ANY),
	RULE(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, multicast_loop6, ANY, 0, 1),
	FLAG_RULE(IPPROTO_IPV6, IPV6_MULTICAST_ALL, multicast_all6, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_FREEBIND, freebind, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_TRANSPARENT, transparent, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_RECVORIGDSTADDR, recv_orig_dst6, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_RECVPATHMTU, recv_path_mtu, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_FLOWINFO, recv_flowinfo, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_2292PKTINFO, recv_pktinfo2292, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_2292HOPLIMIT, recv_hoplimit2292, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_2292HOPOPTS, recv_hop_opts2292, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_2292DSTOPTS, recv_dst_opts2292, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_2292RTHDR, recv_rthdr2292, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_RECVHOPOPTS, recv_hop_opts, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_RECVDSTOPTS, recv_dst_opts, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_RECVRTHDR, recv_rthdr, ANY),
	RULE(IPPROTO_IPV6, IPV6_RECVERR_RFC4884, recv_err6_rfc4884, ANY, 0, 1),
	FLAG_RULE(IPPROTO_IPV6, IPV6_RECVFRAGSIZE, recv_fragsize6, ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_ROUTER_ALERT_ISOLATE, router_alert_isolate,
		  ANY),
	FLAG_RULE(IPPROTO_IPV6, IPV6_HDRINCL, header_included, RAW),
	RULE(IPPROTO_IPV6, IPV6_UNICAST_HOPS, hoplimit, ANY, -1, 255),
	RULE(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, multicast_hops, DATAGRAMS, -1,
	     255),
	RULE(IPPROTO_IPV6, IPV6_TCLASS, tclass, ANY, -1, 255),
	RULE(IPPROTO_IPV6, IPV6_MINHOPCOUNT, min_hoplimit, ANY, 0, 255),
	RULE(IPPROTO_IPV6, IPV6_MTU_DISCOVER, mtu_discover6, ANY,
	     IPV6_PMTUDISC_DONT, IPV6_PMTUDISC_OMIT),

	FLAG_RULE(IPPROTO_UDP, UDP_CORK, udp_cork, UDP),
	FLAG_RULE(IPPROTO_UDP, UDP_GRO, udp_gro, UDP),
	FLAG_RULE(IPPROTO_UDP, UDP_NO_CHECK6_TX, udp_no_check6_tx, UDP),
	FLAG_RULE(IPPROTO_UDP, UDP_NO_CHECK6_RX, udp_no_check6_rx, UDP),
	RULE(IPPROTO_UDP, UDP_SEGMENT, udp_segment, UDP, 0, UINT16_MAX),
};

/* Raw sockets of IPv6 know nothing of IPv4, others may speak it. */
static bool is_foreign(const struct socket *socket, int level)
{
	return level == IPPROTO_IP && socket->kind == SOCKET_RAW &&
	       socket->family == AF_INET6;
}

static const struct rule *rule_for(const struct socket *socket, int level,
				   int name)
{
	if (level == IPPROTO_IPV6 && socket->family != AF_INET6)
		return NULL;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (rules[i].level == level && rules[i].name == name &&
		    (rules[i].kinds & 1 << socket->kind))
			return &rules[i];
	return NULL;
}

int socket_option_int(const void *value, uint32_t value_len, int *number)
{
	if (value_len >= sizeof(int)) {
		memcpy(number, value, sizeof(int));
		return 0;
	}
	if (value_len == 0)
		return -EINVAL;
	*number = *(const uint8_t *)value;
	return 0;
}

int socket_option_put(void *value, uint32_t value_len, const void *bytes,
		      uint32_t len)
{
	if (value_len < len)
		len = value_len;
	memcpy(value, bytes, len);
	return (int)len;
}

static int store(struct socket *socket, const struct rule *rule, int number)
{
	struct socket_options *own = socket_options_own(socket);
	int16_t half = (int16_t)number;
	uint8_t *at;

	if (!own)
		return -ENOBUFS;
	at = (uint8_t *)own + rule->offset;
	if (rule->size == sizeof(uint8_t))
		*at = (uint8_t)number;
	else if (rule->size == sizeof(half))
		memcpy(at, &half, sizeof(half));
	else
		memcpy(at, &number, sizeof(number));
	return 0;
}

static int load(const struct socket *socket, const struct rule *rule)
{
	const uint8_t *at = (const uint8_t *)socket->options + rule->offset;
	int16_t half;
	int number;

	if (rule->size == sizeof(uint8_t))
		return *at;
	if (rule->size == sizeof(half)) {
		memcpy(&half, at, sizeof(half));
		return rule->max > INT16_MAX ? (uint16_t)half : half;
	}
	memcpy(&number, at, sizeof(number));
	return number;
}

/* -1 stands for the default where a default is not -1 itself. */
static int normalised(const struct rule *rule, int number)
{
	if (rule->flags & FLAG)
		return number != 0;
	if (number == -1 && rule->level == IPPROTO_IP &&
	    rule->name == IP_MULTICAST_TTL)
		return 1;
	if (number == -1 && rule->level == IPPROTO_IPV6 &&
	    (rule->name == IPV6_MULTICAST_HOPS || rule->name == IPV6_TCLASS))
		return rule->name == IPV6_TCLASS ? 0 : 1;
	return number;
}

/* TCP puts them into each segment: a copy of these two is with it. */
void socket_tell_tcp(struct socket *socket)
{
	const struct pyt_ip *ip =
		socket->connected ? &socket->peer.ip : &socket->local.ip;
	const struct socket_options *o = socket->options;
	bool v4 = socket_speaks_v4(socket, ip);
	int ttl = v4 ? o->ttl : o->hoplimit;

	if (ttl < 0)
		ttl = v4 ? socket->room->limits.default_ttl : 0; /* link's */
	if (socket->tcp)
		tcp_set_tos_ttl(socket->tcp, v4 ? o->tos : o->tclass,
				(uint8_t)ttl);
}

/* At level IPPROTO_IP nothing at all stands for 0, but for these. */
static bool wants_a_byte(int name)
{
	return name == IP_FREEBIND || name == IP_TRANSPARENT ||
	       name == IP_MINTTL || name == IP_TTL;
}

static bool is_error_queue(int level, int name)
{
	return level == IPPROTO_IP
		       ? name == IP_RECVERR
		       : level == IPPROTO_IPV6 && name == IPV6_RECVERR;
}

/* Too short stands for 0, as Linux forgot to look. */
static bool is_lenient(int level, int name)
{
	return level == IPPROTO_IPV6 &&
	       (name == IPV6_DONTFRAG || name == IPV6_AUTOFLOWLABEL ||
		name == IPV6_RECVFRAGSIZE);
}

/* -1 is the default of IPv6's alone. */
static bool has_ecn_bits(int level, int name, int number)
{
	return level == IPPROTO_IP ? name == IP_TOS
				   : level == IPPROTO_IPV6 &&
					     name == IPV6_TCLASS && number > 0;
}

int socket_option_set(struct socket *socket, int level, int name,
		      const void *value, uint32_t value_len, int64_t now_us)
{
	const struct rule *rule = rule_for(socket, level, name);
	int number, error;

	if (is_foreign(socket, level))
		return -ENOPROTOOPT;
	if (!rule)
		return socket_option_set_other(socket, level, name, value,
					       value_len, now_us);
	if (level != IPPROTO_IP && value_len < sizeof(int) &&
	    !is_lenient(level, name))
		return -EINVAL;
	error = socket_option_int(value, value_len, &number);
	if ((value_len == 0 && !wants_a_byte(name)) ||
	    (value_len < sizeof(int) && is_lenient(level, name)))
		error = number = 0;
	if (error)
		return error;
	if (number < rule->min || number > rule->max ||
	    (level == IPPROTO_IP && name == IP_TTL && number == 0))
		return -EINVAL;
	if (socket->tcp && has_ecn_bits(level, name, number))
		number &= ~IP_TOS_ECN;
	error = store(socket, rule, normalised(rule, number));
	if (error)
		return error;
	if (level == SOL_SOCKET &&
	    (name == SO_REUSEADDR || name == SO_REUSEPORT))
		socket_place_recount(socket);
	if (!number && is_error_queue(level, name))
		socket_message_drop_errors(socket);
	if (level == IPPROTO_IP
		    ? name == IP_TOS || name == IP_TTL
		    : level == IPPROTO_IPV6 && (name == IPV6_TCLASS ||
						name == IPV6_UNICAST_HOPS))
		socket_tell_tcp(socket);
	if (level == IPPROTO_UDP && name == UDP_CORK)
		return socket_cork_switched(socket, now_us);
	return 0;
}

int socket_option_get(struct socket *socket, int level, int name, void *value,
		      uint32_t value_len, int64_t now_us)
{
	const struct rule *rule = rule_for(socket, level, name);
	int number;

	if (is_foreign(socket, level))
		return -ENOPROTOOPT;
	if (!rule)
		return socket_option_get_other(socket, level, name, value,
					       value_len, now_us);
	number = load(socket, rule);
	if (number == -1 && (name == IP_TTL || name == IPV6_UNICAST_HOPS) &&
	    level != SOL_SOCKET)
		number = socket->room->limits.default_ttl;
	if (level == IPPROTO_IP)
		return socket_option_put_ip(value, value_len, number);
	return socket_option_put(value, value_len, &number, sizeof(number));
}
