/* Control messages of datagrams from the program: sendmsg(2), RFC 3542, 6. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <string.h>

#include "ancillary.h"

/* linux/in6.h, which quarrels with libc's */
#define IPV6_FLOWINFO 11
#define IP_PROTOCOL 52
#define IP4_OPTIONS_LEN 40u

/* The program's message while it is being read. */
struct taking {
	struct pyt_message *message;
	const uint8_t **header; /* by enum pyt_extension */
};

static bool copy_value(const struct cmsghdr *cmsg, void *value, size_t len)
{
	if (cmsg->cmsg_len < CMSG_LEN(len))
		return false;
	memcpy(value, CMSG_DATA((struct cmsghdr *)cmsg), len);
	return true;
}

/* An int, neither shorter nor longer; of IPv6 -1 stands for the default. */
static bool copy_in_range(const struct cmsghdr *cmsg, int *value, int min,
			  int max)
{
	return cmsg->cmsg_len == CMSG_LEN(sizeof(*value)) &&
	       copy_value(cmsg, value, sizeof(*value)) && *value >= min &&
	       *value <= max;
}

/* It may be one byte, ip(7). */
static bool take_tos(const struct cmsghdr *cmsg, struct pyt_message *message)
{
	uint8_t byte;

	if (cmsg->cmsg_len != CMSG_LEN(sizeof(byte)))
		return copy_in_range(cmsg, &message->tos, 0, 255);
	copy_value(cmsg, &byte, sizeof(byte));
	message->tos = byte;
	return true;
}

/* Padded where they stand, as each control message is; what is too much is
 * left, as Linux does. */
static bool take_options(const struct cmsghdr *cmsg, struct taking *t)
{
	size_t len = cmsg->cmsg_len - CMSG_LEN(0);

	t->header[PYT_EXTENSION_IP4_OPTIONS] =
		CMSG_DATA((struct cmsghdr *)cmsg);
	t->message->extension_len[PYT_EXTENSION_IP4_OPTIONS] =
		(uint16_t)(len < IP4_OPTIONS_LEN ? len : IP4_OPTIONS_LEN);
	return true;
}

static bool take_ip(const struct cmsghdr *cmsg, struct taking *t)
{
	struct pyt_message *message = t->message;
	struct in_pktinfo info;
	int protocol;

	switch (cmsg->cmsg_type) {
	case IP_PKTINFO:
		if (cmsg->cmsg_len != CMSG_LEN(sizeof(info)) ||
		    !copy_value(cmsg, &info, sizeof(info)))
			return false;
		if (info.ipi_spec_dst.s_addr)
			message->local =
				pyt_ip_from_v4(ntohl(info.ipi_spec_dst.s_addr));
		message->ifindex = info.ipi_ifindex;
		return true;
	case IP_TTL:
		return copy_in_range(cmsg, &message->ttl, 1, 255);
	case IP_TOS:
		return take_tos(cmsg, message);
	case IP_RETOPTS:
		return take_options(cmsg, t);
	case IP_PROTOCOL: /* of raw sockets without one: we have none */
		return copy_in_range(cmsg, &protocol, 1, 255);
	default:
		return false;
	}
}

static bool take_pktinfo6(const struct cmsghdr *cmsg,
			  struct pyt_message *message)
{
	struct in6_pktinfo info;

	if (!copy_value(cmsg, &info, sizeof(info)))
		return false;
	memcpy(message->local.bytes, &info.ipi6_addr,
	       sizeof(message->local.bytes));
	message->ifindex = (int)info.ipi6_ifindex;
	return true;
}

/* An extension header is as long as it says itself. RFC 3542, 7 to 9. */
static bool take_header(const struct cmsghdr *cmsg, struct taking *t,
			enum pyt_extension which)
{
	const uint8_t *at = CMSG_DATA((struct cmsghdr *)cmsg);
	uint16_t *len = &t->message->extension_len[which];

	if (cmsg->cmsg_len < CMSG_LEN(2) ||
	    cmsg->cmsg_len < CMSG_LEN((at[1] + 1u) * 8))
		return false;
	t->header[which] = at;
	*len = (uint16_t)((at[1] + 1u) * 8);
	return true;
}

/* RFC 2292, 4.4.2: what came before it is for the stops on the way, too. */
static bool take_routing2292(const struct cmsghdr *cmsg, struct taking *t)
{
	uint16_t *len = t->message->extension_len;

	if (!take_header(cmsg, t, PYT_EXTENSION_ROUTING))
		return false;
	if (len[PYT_EXTENSION_DESTINATION]) {
		t->header[PYT_EXTENSION_BEFORE_ROUTING] =
			t->header[PYT_EXTENSION_DESTINATION];
		len[PYT_EXTENSION_BEFORE_ROUTING] =
			len[PYT_EXTENSION_DESTINATION];
		len[PYT_EXTENSION_DESTINATION] = 0;
	}
	return true;
}

static bool take_extension(const struct cmsghdr *cmsg, struct taking *t)
{
	const uint16_t *len = t->message->extension_len;

	switch (cmsg->cmsg_type) {
	case IPV6_2292HOPOPTS:
	case IPV6_HOPOPTS:
		return !len[PYT_EXTENSION_HOP_BY_HOP] &&
		       take_header(cmsg, t, PYT_EXTENSION_HOP_BY_HOP);
	case IPV6_2292DSTOPTS:
		return !len[PYT_EXTENSION_DESTINATION] &&
		       take_header(cmsg, t, PYT_EXTENSION_DESTINATION);
	case IPV6_DSTOPTS:
		return take_header(cmsg, t, PYT_EXTENSION_DESTINATION);
	case IPV6_RTHDRDSTOPTS:
		return take_header(cmsg, t, PYT_EXTENSION_BEFORE_ROUTING);
	case IPV6_RTHDR:
		return take_header(cmsg, t, PYT_EXTENSION_ROUTING);
	case IPV6_2292RTHDR:
		return take_routing2292(cmsg, t);
	default:
		return false;
	}
}

static bool take_ipv6(const struct cmsghdr *cmsg, struct taking *t)
{
	struct pyt_message *message = t->message;
	uint32_t flow_info;
	int number;

	switch (cmsg->cmsg_type) {
	case IPV6_PKTINFO:
	case IPV6_2292PKTINFO:
		return take_pktinfo6(cmsg, message);
	case IPV6_HOPLIMIT:
	case IPV6_2292HOPLIMIT:
		return copy_in_range(cmsg, &message->ttl, -1, 255);
	case IPV6_TCLASS:
		return copy_in_range(cmsg, &message->tos, -1, 255);
	case IPV6_DONTFRAG:
		if (!copy_in_range(cmsg, &number, 0, 1))
			return false;
		message->dont_fragment = (uint8_t)(number + 1);
		return true;
	case IPV6_FLOWINFO:
		if (!copy_value(cmsg, &flow_info, sizeof(flow_info)))
			return false;
		message->flow_info = ntohl(flow_info);
		message->flow_info_from = PYT_FLOW_INFO_CONTROL;
		return true;
	default:
		return take_extension(cmsg, t);
	}
}

/* By a socket of IPv6 to an IPv4 host: no more of IPv6 has a meaning. */
static bool take_mapped(const struct cmsghdr *cmsg, struct pyt_message *message)
{
	return cmsg->cmsg_type != IPV6_PKTINFO ||
	       (take_pktinfo6(cmsg, message) && pyt_ip_is_v4(&message->local));
}

/*
 * Any kind of socket's: Linux lets AF_UNIX's pass, which mean nothing; marks
 * and wishes for time stamps change nothing here, nor does a time to send at,
 * which only who has set SO_TXTIME may give.
 */
static bool is_of_sockets(const struct cmsghdr *cmsg, unsigned levels)
{
	switch (cmsg->cmsg_type) {
	case SCM_RIGHTS:
	case SCM_CREDENTIALS:
		return true;
	case SO_MARK:
	case SO_TIMESTAMPING:
		return cmsg->cmsg_len == CMSG_LEN(sizeof(uint32_t));
	case SCM_TXTIME:
		return levels & ANCILLARY_TIME &&
		       cmsg->cmsg_len == CMSG_LEN(sizeof(uint64_t));
	default:
		return false;
	}
}

static bool take_one(const struct cmsghdr *cmsg, unsigned levels,
		     struct taking *t)
{
	uint16_t size;

	switch (cmsg->cmsg_level) {
	case IPPROTO_IP:
		return !(levels & ANCILLARY_IP4) || take_ip(cmsg, t);
	case IPPROTO_IPV6:
		if (levels & ANCILLARY_MAPPED)
			return take_mapped(cmsg, t->message);
		return !(levels & ANCILLARY_IP6) || take_ipv6(cmsg, t);
	case IPPROTO_UDP:
		if (cmsg->cmsg_type != UDP_SEGMENT ||
		    cmsg->cmsg_len != CMSG_LEN(sizeof(size)) ||
		    !copy_value(cmsg, &size, sizeof(size)))
			return false;
		t->message->gso_size = size;
		return true;
	case SOL_SOCKET:
		return is_of_sockets(cmsg, levels);
	default:
		return true;
	}
}

static bool is_whole(const struct msghdr *in, const struct cmsghdr *cmsg)
{
	size_t before =
		(size_t)((const char *)cmsg - (const char *)in->msg_control);

	return cmsg->cmsg_len >= sizeof(*cmsg) &&
	       cmsg->cmsg_len <= in->msg_controllen - before;
}

int ancillary_take(const struct msghdr *from, unsigned levels,
		   struct pyt_message *message,
		   const uint8_t *header[PYT_EXTENSIONS])
{
	struct taking t = { .message = message, .header = header };
	struct msghdr walk = *from;

	if (!walk.msg_control || walk.msg_controllen < sizeof(struct cmsghdr))
		return 0;
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(&walk); cmsg;
	     cmsg = CMSG_NXTHDR(&walk, cmsg)) {
		if (!is_whole(&walk, cmsg) || !take_one(cmsg, levels, &t))
			return -EINVAL;
	}
	return 0;
}

int ancillary_check(const struct msghdr *message, unsigned levels)
{
	struct msghdr walk = *message;

	if (!walk.msg_control || walk.msg_controllen < sizeof(struct cmsghdr))
		return 0;
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(&walk); cmsg;
	     cmsg = CMSG_NXTHDR(&walk, cmsg)) {
		if (!is_whole(&walk, cmsg) || (cmsg->cmsg_level == SOL_SOCKET &&
					       !is_of_sockets(cmsg, levels)))
			return -EINVAL;
	}
	return 0;
}
