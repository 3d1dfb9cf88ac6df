/*
 * What sockets and the two paths use of IP: routes, sending, and the parsed
 * way in. Which room does what: route.c (table and lookup), ip4_in.c,
 * ip4_out.c, ip4_frag.c (fragmentation), ip4_reassembly.c, icmp4_in.c,
 * icmp4_out.c (errors with rate limits), pmtu.c.
 */
#ifndef IP_IP_H
#define IP_IP_H

#include <pyt/stack.h>

#include "base/engine.h"
#include "base/packet.h"
#include "iface/iface.h"

struct ip;	/* routes, reassembly queues, rate limits, path MTUs */

/* Where a packet goes and from which address. */
struct ip_path {
	struct iface *iface;
	struct pyt_ip src, dst;
	struct pyt_ip next_hop;
	uint32_t mtu;		/* of the path: link MTU or lower (RFC 1191) */
	bool local;		/* to one of our own addresses: by lo */
	bool broadcast, multicast;
};

/*
 * Longest prefix, then metric. src unspecified: chosen (RFC 6724, RFC 1122
 * 3.3.4.3). ifindex 0: any. 0, -ENETUNREACH, -EADDRNOTAVAIL (src is not
 * ours), -EINVAL (scope).
 */
int ip_route(struct ip *ip, const struct pyt_ip *dst, const struct pyt_ip *src,
	     int ifindex, int64_t now_us, struct ip_path *path);

/* What stands in the IP header besides addresses. */
struct ip_fields {
	uint8_t protocol;
	uint8_t ttl;
	uint8_t tos;		/* DSCP and ECN */
	bool dont_fragment;
	bool router_alert;
	const uint8_t *options;	/* IPv4 options, padded to 4; or NULL */
	uint8_t options_len;
};

/*
 * Sends a transport packet (L4 header and payload in *packet, owned by IP
 * from now on). Fragments where it may and must. CSUM_PARTIAL is finished
 * in software where the link cannot. 0 (queued, or waiting for the
 * neighbour), -EMSGSIZE, -ENOBUFS, -EHOSTUNREACH.
 */
int ip_send(struct ip *ip, const struct ip_path *path,
	    const struct ip_fields *fields, struct packet_out *packet,
	    int64_t now_us);

enum ip_ready {
	IP_READY,		/* headers are in place */
	IP_RESOLVING,		/* the neighbour is being asked; try later */
	IP_UNREACHABLE,		/* it did not answer */
};

/*
 * For path_out: puts IP and link headers in front of L4 headers that lie at
 * frame->headers + PACKET_HEADROOM (l4_len bytes of header, payload_len
 * bytes in the other parts): sets part[0] and len, fixes csum_start and
 * gso_header_len. IP_RESOLVING has started resolution.
 */
enum ip_ready ip_frame(struct ip *ip, const struct ip_path *path,
		       const struct ip_fields *fields, uint32_t l4_len,
		       uint32_t payload_len, struct pyt_frame *frame,
		       int64_t now_us);

/*
 * First half of the way in: link header, ARP, IP header and options,
 * address check, reassembly, ICMP. Fills *packet for a transport protocol.
 */
enum ip_verdict {
	IP_DELIVER,	/* packet->payload is for packet->protocol */
	IP_ICMP_ERROR,	/* packet->payload: what *error describes, quoted */
	IP_DONE,	/* consumed (ARP, echo request, a fragment kept) */
	IP_DROP,	/* *reason is set and counted */
};

/* An ICMP error that quotes a packet of ours. */
struct ip_error {
	uint8_t type, code;		/* of ICMPv4 or ICMPv6 */
	uint32_t info;			/* next-hop MTU, pointer ...*/
	struct pyt_ip offender;		/* who sent the error */
	int error;			/* errno for the socket; Linux's map */
	bool hard;			/* Linux's fatal ones (icmp_err_convert) */
	/* of the quoted packet: ours is src */
	struct pyt_ip src, dst;
	uint8_t protocol;
	struct reader payload;		/* quoted transport header and more */
};

/* Raw and ping sockets see ICMP through IP_DELIVER of a copy: see
 * ip_input()'s icmp_also. */
enum ip_verdict ip_input(struct ip *ip, struct packet_in *packet,
			 struct ip_error *error, enum counter *reason);

/* No socket wants it: ICMP port or protocol unreachable, rate-limited. */
void ip_unreachable(struct ip *ip, const struct packet_in *packet,
		    uint8_t code, int64_t now_us);

/* The transport heard from dst through path: RFC 4861, 7.3.1. */
void ip_confirm_reachable(struct ip *ip, const struct ip_path *path,
			  int64_t now_us);

bool ip_is_local(const struct ip *ip, const struct pyt_ip *address);

#endif
