/*
 * Control messages of datagrams to the program, cmsg(3), ip(7), ipv6(7),
 * udp(7); from it: ancillary_take.c.
 */
#include "ancillary.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "address.h"
#include "libc_real.h"

/* linux/in6.h, which quarrels with libc's */
#define IPV6_FLOWINFO 11

#define TIMESTAMPS                                             \
	(PYT_ANCILLARY_TIMESTAMP | PYT_ANCILLARY_TIMESTAMPNS | \
	 PYT_ANCILLARY_TIMESTAMPING)

static const struct {
	int level, name;
	uint32_t bit;
} options[] = {
	{ IPPROTO_IP, IP_PKTINFO, PYT_ANCILLARY_PKTINFO },
	{ IPPROTO_IP, IP_RECVTTL, PYT_ANCILLARY_TTL },
	{ IPPROTO_IP, IP_RECVTOS, PYT_ANCILLARY_TOS },
	{ IPPROTO_IP, IP_RECVOPTS, PYT_ANCILLARY_OPTIONS },
	{ IPPROTO_IP, IP_RETOPTS, PYT_ANCILLARY_RETURN_OPTIONS },
	{ IPPROTO_IP, IP_RECVORIGDSTADDR, PYT_ANCILLARY_ORIGINAL },
	{ IPPROTO_IPV6, IPV6_RECVORIGDSTADDR, PYT_ANCILLARY_ORIGINAL6 },
	{ IPPROTO_IPV6, IPV6_RECVPKTINFO, PYT_ANCILLARY_PKTINFO6 },
	{ IPPROTO_IPV6, IPV6_RECVHOPLIMIT, PYT_ANCILLARY_HOPLIMIT },
	{ IPPROTO_IPV6, IPV6_RECVTCLASS, PYT_ANCILLARY_TCLASS },
	{ IPPROTO_IP, IP_RECVFRAGSIZE, PYT_ANCILLARY_FRAGSIZE },
	{ IPPROTO_IPV6, IPV6_RECVFRAGSIZE, PYT_ANCILLARY_FRAGSIZE6 },
	{ IPPROTO_IPV6, IPV6_FLOWINFO, PYT_ANCILLARY_FLOW_INFO },
	{ IPPROTO_IPV6, IPV6_RECVHOPOPTS, PYT_ANCILLARY_HOP_OPTS },
	{ IPPROTO_IPV6, IPV6_RECVDSTOPTS, PYT_ANCILLARY_DST_OPTS },
	{ IPPROTO_IPV6, IPV6_RECVRTHDR, PYT_ANCILLARY_RTHDR },
	{ IPPROTO_IPV6, IPV6_2292PKTINFO, PYT_ANCILLARY_PKTINFO2292 },
	{ IPPROTO_IPV6, IPV6_2292HOPLIMIT, PYT_ANCILLARY_HOPLIMIT2292 },
	{ IPPROTO_IPV6, IPV6_2292HOPOPTS, PYT_ANCILLARY_HOP_OPTS2292 },
	{ IPPROTO_IPV6, IPV6_2292DSTOPTS, PYT_ANCILLARY_DST_OPTS2292 },
	{ IPPROTO_IPV6, IPV6_2292RTHDR, PYT_ANCILLARY_RTHDR2292 },
	{ SOL_SOCKET, SO_TIMESTAMP, PYT_ANCILLARY_TIMESTAMP },
	{ SOL_SOCKET, SO_TIMESTAMPNS, PYT_ANCILLARY_TIMESTAMPNS },
	{ SOL_SOCKET, SO_TIMESTAMPING, PYT_ANCILLARY_TIMESTAMPING },
	{ SOL_SOCKET, SO_TXTIME, PYT_ANCILLARY_TXTIME },
	{ SOL_SOCKET, SO_TIMESTAMP_NEW, PYT_ANCILLARY_TIMESTAMP },
	{ SOL_SOCKET, SO_TIMESTAMPNS_NEW, PYT_ANCILLARY_TIMESTAMPNS },
	{ SOL_SOCKET, SO_TIMESTAMPING_NEW, PYT_ANCILLARY_TIMESTAMPING },
	{ IPPROTO_UDP, UDP_GRO, PYT_ANCILLARY_GRO },
	{ IPPROTO_TCP, TCP_INQ, PYT_ANCILLARY_INQ },
};

uint32_t ancillary_of_option(int level, int name)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		if (options[i].level == level && options[i].name == name)
			return options[i].bit;
	}
	return 0;
}

/* The version that was asked for last counts for all of them. */
static uint32_t with_version(uint32_t now, uint32_t bit, int name, int value)
{
	bool is_new = name == SO_TIMESTAMP_NEW || name == SO_TIMESTAMPNS_NEW ||
		      name == SO_TIMESTAMPING_NEW;

	if (!(bit & TIMESTAMPS) ||
	    (!value && bit != PYT_ANCILLARY_TIMESTAMPING))
		return now;
	return is_new ? now | PYT_ANCILLARY_TIMESTAMP_NEW
		      : now & ~(uint32_t)PYT_ANCILLARY_TIMESTAMP_NEW;
}

uint32_t ancillary_after(uint32_t now, int level, int name, int value)
{
	uint32_t bit = ancillary_of_option(level, name);

	now = with_version(now, bit, name, value);

	/* One switch with two forms: either puts the other out. */
	if (bit & (PYT_ANCILLARY_TIMESTAMP | PYT_ANCILLARY_TIMESTAMPNS))
		now &= ~(uint32_t)(PYT_ANCILLARY_TIMESTAMP |
				   PYT_ANCILLARY_TIMESTAMPNS);
	if (bit == PYT_ANCILLARY_TXTIME)
		value = 1; /* a clock; there is no way back */
	if (bit == PYT_ANCILLARY_TIMESTAMPING)
		value &= SOF_TIMESTAMPING_SOFTWARE;
	return value ? now | bit : now & ~bit;
}

/* -------------------------------------------------------- to the program */

/* The program's buffer while it is being filled. */
struct room {
	struct msghdr *to;
	size_t used;
};

/* As the kernel's put_cmsg(): cut, and MSG_CTRUNC, where it does not fit. */
static void put(struct room *room, int level, int type, const void *value,
		size_t value_len)
{
	size_t left = room->to->msg_controllen - room->used;
	struct cmsghdr header = { .cmsg_len = CMSG_LEN(value_len),
				  .cmsg_level = level,
				  .cmsg_type = type };
	size_t step = CMSG_SPACE(value_len);
	char *at;

	if (!room->to->msg_control || left < sizeof(header)) {
		room->to->msg_flags |= MSG_CTRUNC;
		return;
	}
	at = (char *)room->to->msg_control + room->used;
	if (left < header.cmsg_len) {
		room->to->msg_flags |= MSG_CTRUNC;
		header.cmsg_len = left;
	}
	memcpy(at, &header, sizeof(header));
	memcpy(at + sizeof(header), value, header.cmsg_len - sizeof(header));
	room->used += left < step ? left : step;
}

static void put_int(struct room *room, int level, int type, int value)
{
	put(room, level, type, &value, sizeof(value));
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The engine's clock is CLOCK_MONOTONIC, the program's the calendar's. */
static void put_timestamp(struct room *room, uint32_t wanted,
			  int64_t received_us)
{
	int64_t ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC) +
		     received_us * 1000;
	struct timespec exact = { ns / 1000000000, ns % 1000000000 };
	struct timeval coarse = { exact.tv_sec, exact.tv_nsec / 1000 };
	struct scm_timestamping all = { .ts = { exact } };
	bool is_new = wanted & PYT_ANCILLARY_TIMESTAMP_NEW;

	if (wanted & PYT_ANCILLARY_TIMESTAMPNS)
		put(room, SOL_SOCKET,
		    is_new ? SO_TIMESTAMPNS_NEW : SO_TIMESTAMPNS, &exact,
		    sizeof(exact));
	if (wanted & PYT_ANCILLARY_TIMESTAMP)
		put(room, SOL_SOCKET, is_new ? SO_TIMESTAMP_NEW : SO_TIMESTAMP,
		    &coarse, sizeof(coarse));
	if (wanted & PYT_ANCILLARY_TIMESTAMPING)
		put(room, SOL_SOCKET,
		    is_new ? SO_TIMESTAMPING_NEW : SO_TIMESTAMPING, &all,
		    sizeof(all));
}

static void put_pktinfo(struct room *room, const struct pyt_message *message)
{
	struct in_pktinfo info = { .ipi_ifindex = message->ifindex };

	info.ipi_addr.s_addr = htonl(pyt_ip_to_v4(&message->local));
	if (!message->ee_errno) /* of an error nothing is to be answered */
		info.ipi_spec_dst.s_addr =
			htonl(pyt_ip_to_v4(&message->offender));
	put(room, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
}

static void put_pktinfo6(struct room *room, int type,
			 const struct pyt_message *message)
{
	struct in6_pktinfo info = { .ipi6_ifindex =
					    (unsigned)message->ifindex };

	memcpy(&info.ipi6_addr, message->local.bytes, sizeof(info.ipi6_addr));
	put(room, IPPROTO_IPV6, type, &info, sizeof(info));
}

/* Of a packet that has any; an answer may have none of them. */
static void put_options(struct room *room, uint32_t wanted,
			const struct pyt_message *message)
{
	const uint16_t *len = message->extension_len;

	if (len[PYT_EXTENSION_IP4_OPTIONS] == 0)
		return;
	if (wanted & PYT_ANCILLARY_OPTIONS)
		put(room, IPPROTO_IP, IP_RECVOPTS, message->extensions,
		    len[PYT_EXTENSION_IP4_OPTIONS]);
	if (wanted & PYT_ANCILLARY_RETURN_OPTIONS)
		put(room, IPPROTO_IP, IP_RETOPTS,
		    message->extensions + len[PYT_EXTENSION_IP4_OPTIONS],
		    len[PYT_EXTENSION_IP4_ECHO]);
}

static void put_v4(struct room *room, uint32_t wanted,
		   const struct pyt_message *message,
		   const struct pyt_sockaddr *local)
{
	uint8_t tos = (uint8_t)message->tos;
	struct sockaddr_storage name;

	if (wanted & PYT_ANCILLARY_PKTINFO)
		put_pktinfo(room, message);
	if (wanted & PYT_ANCILLARY_TTL)
		put_int(room, IPPROTO_IP, IP_TTL, message->ttl);
	if (wanted & PYT_ANCILLARY_TOS)
		put(room, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	put_options(room, wanted, message);
	if (wanted & PYT_ANCILLARY_ORIGINAL) {
		socklen_t len = address_format(AF_INET, local, &name);

		put(room, IPPROTO_IP, IP_ORIGDSTADDR, &name, len);
	}
	if (wanted & PYT_ANCILLARY_FRAGSIZE && message->fragment_size)
		put_int(room, IPPROTO_IP, IP_RECVFRAGSIZE,
			message->fragment_size);
}

/* One extension header, if it came and is asked for. */
static void put_header(struct room *room, int type,
		       const struct pyt_message *message,
		       enum pyt_extension which)
{
	const uint8_t *at = message->extensions;

	if (message->extension_len[which] == 0)
		return;
	for (int i = 0; i < (int)which; i++)
		at += message->extension_len[i];
	put(room, IPPROTO_IPV6, type, at, message->extension_len[which]);
}

static void put_headers(struct room *room, uint32_t wanted,
			const struct pyt_message *message)
{
	if (wanted & PYT_ANCILLARY_HOP_OPTS)
		put_header(room, IPV6_HOPOPTS, message,
			   PYT_EXTENSION_HOP_BY_HOP);
	if (wanted & PYT_ANCILLARY_DST_OPTS)
		put_header(room, IPV6_DSTOPTS, message,
			   PYT_EXTENSION_BEFORE_ROUTING);
	if (wanted & PYT_ANCILLARY_RTHDR)
		put_header(room, IPV6_RTHDR, message, PYT_EXTENSION_ROUTING);
	if (wanted & PYT_ANCILLARY_DST_OPTS)
		put_header(room, IPV6_DSTOPTS, message,
			   PYT_EXTENSION_DESTINATION);
}

static void put_2292(struct room *room, uint32_t wanted,
		     const struct pyt_message *message)
{
	if (wanted & PYT_ANCILLARY_PKTINFO2292)
		put_pktinfo6(room, IPV6_2292PKTINFO, message);
	if (wanted & PYT_ANCILLARY_HOPLIMIT2292)
		put_int(room, IPPROTO_IPV6, IPV6_2292HOPLIMIT, message->ttl);
	if (wanted & PYT_ANCILLARY_HOP_OPTS2292)
		put_header(room, IPV6_2292HOPOPTS, message,
			   PYT_EXTENSION_HOP_BY_HOP);
	if (wanted & PYT_ANCILLARY_DST_OPTS2292)
		put_header(room, IPV6_2292DSTOPTS, message,
			   PYT_EXTENSION_BEFORE_ROUTING);
	if (wanted & PYT_ANCILLARY_RTHDR2292)
		put_header(room, IPV6_2292RTHDR, message,
			   PYT_EXTENSION_ROUTING);
	if (wanted & PYT_ANCILLARY_DST_OPTS2292)
		put_header(room, IPV6_2292DSTOPTS, message,
			   PYT_EXTENSION_DESTINATION);
}

/* In the order of Linux. */
static void put_v6(struct room *room, uint32_t wanted,
		   const struct pyt_message *message,
		   const struct pyt_sockaddr *local)
{
	struct sockaddr_storage name;
	uint32_t flow_info = htonl(message->flow_info);

	if (wanted & PYT_ANCILLARY_HOPLIMIT)
		put_int(room, IPPROTO_IPV6, IPV6_HOPLIMIT, message->ttl);
	if (wanted & PYT_ANCILLARY_TCLASS)
		put_int(room, IPPROTO_IPV6, IPV6_TCLASS, message->tos);
	if (wanted & PYT_ANCILLARY_FLOW_INFO && flow_info)
		put(room, IPPROTO_IPV6, IPV6_FLOWINFO, &flow_info,
		    sizeof(flow_info));
	put_headers(room, wanted, message);
	put_2292(room, wanted, message);
	if (wanted & PYT_ANCILLARY_ORIGINAL6) {
		socklen_t len = address_format(AF_INET6, local, &name);

		put(room, IPPROTO_IPV6, IPV6_ORIGDSTADDR, &name, len);
	}
	if (wanted & PYT_ANCILLARY_FRAGSIZE6 && message->fragment_size)
		put_int(room, IPPROTO_IPV6, IPV6_RECVFRAGSIZE,
			message->fragment_size);
}

static void put_ip(struct room *room, uint32_t wanted,
		   const struct pyt_message *message,
		   const struct pyt_sockaddr *local)
{
	if (wanted & PYT_ANCILLARY_PKTINFO6)
		put_pktinfo6(room, IPV6_PKTINFO, message);
	if (pyt_ip_is_v4(&message->local))
		put_v4(room, wanted, message, local);
	else
		put_v6(room, wanted, message, local);
}

void ancillary_give(struct msghdr *to, uint32_t wanted,
		    const struct pyt_message *message,
		    const struct pyt_sockaddr *local)
{
	struct room room = { .to = to };

	if (wanted & TIMESTAMPS)
		put_timestamp(&room, wanted, message->received_us);
	if (wanted & PYT_ANCILLARY_GRO && message->gso_size)
		put_int(&room, IPPROTO_UDP, UDP_GRO, message->gso_size);
	put_ip(&room, wanted, message, local);
	to->msg_controllen = room.used;
}

void ancillary_give_path_mtu(struct msghdr *to,
			     const struct pyt_message *message)
{
	struct room room = { .to = to };
	struct ip6_mtuinfo info = { .ip6m_mtu = message->path_mtu };

	info.ip6m_addr.sin6_family = AF_INET6;
	info.ip6m_addr.sin6_scope_id = message->peer.scope_id;
	memcpy(&info.ip6m_addr.sin6_addr, message->peer.ip.bytes,
	       sizeof(info.ip6m_addr.sin6_addr));
	put(&room, IPPROTO_IPV6, IPV6_PATHMTU, &info, sizeof(info));
	to->msg_controllen = room.used;
}

void ancillary_give_stream(struct msghdr *to, uint32_t wanted,
			   int64_t received_us, int left_len)
{
	struct room room = { .to = to };

	if (wanted & TIMESTAMPS && received_us)
		put_timestamp(&room, wanted, received_us);
	if (wanted & PYT_ANCILLARY_INQ)
		put_int(&room, IPPROTO_TCP, TCP_CM_INQ, left_len);
	to->msg_controllen = room.used;
}

/* What arose here came by nobody, and with no packet. */
static bool is_of_network(const struct pyt_message *message)
{
	return message->ee_origin == SO_EE_ORIGIN_ICMP ||
	       message->ee_origin == SO_EE_ORIGIN_ICMP6;
}

static socklen_t format_offender(int family, const struct pyt_message *message,
				 struct sockaddr_storage *name)
{
	struct pyt_sockaddr offender = { .ip = message->offender };
	socklen_t len = address_format(family, &offender, name);

	if (!is_of_network(message))
		memset(name, 0, sizeof(*name));
	return len;
}

void ancillary_give_error(struct msghdr *to, uint32_t wanted, int family,
			  const struct pyt_message *message,
			  const struct pyt_sockaddr *local)
{
	struct room room = { .to = to };
	struct sockaddr_storage name;
	struct {
		struct sock_extended_err error;
		char offender[sizeof(struct sockaddr_in6)];
	} value = { .error = { .ee_errno = message->ee_errno,
			       .ee_origin = message->ee_origin,
			       .ee_type = message->ee_type,
			       .ee_code = message->ee_code,
			       .ee_info = message->ee_info,
			       .ee_data = message->ee_data } };
	socklen_t len = format_offender(family, message, &name);

	memcpy(value.offender, &name, len);
	if (is_of_network(message))
		put_ip(&room, wanted, message, local);
	if (family == AF_INET)
		put(&room, IPPROTO_IP, IP_RECVERR, &value,
		    sizeof(value.error) + len);
	else
		put(&room, IPPROTO_IPV6, IPV6_RECVERR, &value,
		    sizeof(value.error) + len);
	to->msg_controllen = room.used;
}
