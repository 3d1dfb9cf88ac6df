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
#include "base/setting.h"
#include "iface/iface.h"
#include "wire/ip4.h"

struct group;
struct pyt_group_info;
struct pyt_label;
struct ip_path;
struct ip; /* interfaces, routes, reassembly, rate limits, path MTUs */

/* With the interface "lo" (index 1, 127.0.0.1/8, ::1). NULL: no memory. */
struct ip *ip_create(struct engine *engine, int64_t now_us);
void ip_destroy(struct ip *ip);

/* As the pyt_ functions of the same name. */
int ip_iface_add(struct ip *ip, const struct pyt_iface_config *config,
		 int64_t now_us);
int ip_iface_get(const struct ip *ip, int ordinal, struct pyt_iface_info *info);
int ip_address_add(struct ip *ip, int ifindex, const struct pyt_ip *address,
		   unsigned prefix_len, int64_t now_us);
/* One that a method of configuration gives. */
struct ip_new_address {
	struct pyt_ip ip;
	unsigned prefix_len;
	enum pyt_method method;
	int64_t preferred_until_us, valid_until_us; /* TIME_NEVER: no end */
	bool waits; /* until nobody has objected */
	bool yields; /* goes at the second conflict */
	bool temporary; /* RFC 8981 */
	bool no_route; /* it does not say what is on the link: RFC 5942 */
	uint32_t metric; /* of the route that it brings */
	bool no_dad;
};
/* As pyt_address_put(). */
int ip_address_set(struct ip *ip, const struct pyt_address_info *info,
		   int64_t now_us);
/*
 * As ip_address_add(); one that the method has put there already gets the new
 * lifetimes. -EEXIST: it is another's.
 */
int ip_address_put(struct ip *ip, int ifindex,
		   const struct ip_new_address *address, int64_t now_us);
int ip_address_remove(struct ip *ip, int ifindex, const struct pyt_ip *address,
		      int64_t now_us);
/* As the pyt_ functions of the same name. */
int ip_label_get(const struct ip *ip, int ordinal, struct pyt_label *label);
int ip_label_find(const struct ip *ip, const struct pyt_ip *address,
		  int ifindex, struct pyt_label *label);
int ip_label_add(struct ip *ip, const struct pyt_label *label, bool replaces);
int ip_label_remove(struct ip *ip, const struct pyt_label *label);
int ip_address_get(const struct ip *ip, int ordinal,
		   struct pyt_address_info *info);
int ip_route_add(struct ip *ip, const struct pyt_route *route);
int ip_route_remove(struct ip *ip, const struct pyt_route *route);
/* For route->owners: it is there, or also theirs from now on. */
int ip_route_claim(struct ip *ip, const struct pyt_route *route);
/* They do not want it any more; it goes if nobody else does. */
void ip_route_disclaim(struct ip *ip, const struct pyt_route *route);
int ip_route_get(const struct ip *ip, int ordinal, struct pyt_route *info);
int ip_neighbour_get(const struct ip *ip, int ordinal,
		     struct pyt_neighbour_info *info);
/* Packets of ours that wait for a neighbour's address. */
int ip_waiting_count(const struct ip *ip);
/* Those that wait for their time of departure. */
int ip_held_count(const struct ip *ip);
/* A static entry; mac NULL removes the entry. -ENODEV, -ENOENT, -ENOBUFS. */
int ip_neighbour_set(struct ip *ip, int ifindex, const struct pyt_ip *address,
		     const uint8_t mac[6], int64_t now_us);
/* Forgets all but static entries. */
void ip_neighbour_flush(struct ip *ip, int64_t now_us);
/* net.ipv4.{ip_*,icmp_*,ipfrag_*,neigh.*,conf.*}, net.ipv6.*; -ENOENT: not
 * IP's. */
int ip_sysctl_set(struct ip *ip, const char *name, const char *value);
int ip_sysctl_get(const struct ip *ip, const char *name, char *value,
		  size_t value_len);

/* All of their names. */
const struct setting_tree *ip_setting_trees(size_t *count);

/* What it holds now: entries, packets, bytes. */
struct ip_sizes {
	uint64_t neighbours, neighbours_waiting, routes, redirects, path_mtus;
	uint64_t groups;
	uint64_t fragment_bytes;
};
void ip_sizes(const struct ip *ip, struct ip_sizes *sizes);

/* The group number ordinal that somebody is in, or NULL. */
const struct group *ip_group_at(const struct ip *ip, int ordinal);
/* Its administrator changed it: up, down, MTU. */
void ip_on_iface_change(struct ip *ip, struct iface *iface);
/* Its wire is in again: nobody is known there, who is being asked is at once */
void ip_on_iface_replug(struct ip *ip, const struct iface *iface,
			int64_t now_us);
uint32_t ip_neighbour_changes(const struct ip *ip);
/* As neighbour_wait() and its like; of the path's next hop. */
struct neighbour_waiter;
void ip_neighbour_wait(struct ip *ip, const struct ip_path *path,
		       struct neighbour_waiter *waiter);
void ip_neighbour_wake_all(struct ip *ip);
struct neighbour_waiter *ip_neighbour_next_woken(struct ip *ip);
bool ip_gateway_is_dead(const struct ip *ip, int ifindex,
			const struct pyt_ip *gateway);
/* See struct pyt_way; of a path whose source was chosen without wishes. */
int ip_source_rule(const struct ip *ip, const struct ip_path *path,
		   int64_t now_us);
/* The route that decides; -ENETUNREACH. */
int ip_route_find(const struct ip *ip, const struct pyt_ip *dst, int ifindex,
		  struct pyt_route *route);

/* The interface with this index, or NULL. lo has index 1. */
struct iface *ip_iface(const struct ip *ip, int ifindex);

int64_t ip_next_deadline(const struct ip *ip);
void ip_run_timers(struct ip *ip, int64_t now_us);

/* PYT_EVENT_ADDRESS_CONFLICT, each once: RFC 5227. 1 and *event, or 0. */
int ip_next_event(struct ip *ip, struct pyt_event *event);

/* What one socket wants of a group: RFC 3376, 2. */
struct ip_filter {
	bool exclude; /* all but the sources; else these alone */
	uint32_t count;
	const struct pyt_ip *sources; /* each once */
};

/*
 * A socket wanted old (NULL: nothing) and now wants new (NULL: nothing).
 * Reports go out if that changes what the interface wants. -ENODEV,
 * -EINVAL (no group), -EADDRNOTAVAIL (nobody is in it), -ENOBUFS.
 */
int ip_group_change(struct ip *ip, int ifindex, const struct pyt_ip *group,
		    const struct ip_filter *old, const struct ip_filter *new,
		    int64_t now_us);
/* The same from and to all sources; ifindex 0: by the route. */
int ip_group_join(struct ip *ip, int ifindex, const struct pyt_ip *group,
		  int64_t now_us);
int ip_group_leave(struct ip *ip, int ifindex, const struct pyt_ip *group,
		   int64_t now_us);

/* Where a packet goes and from which address. */
struct ip_path {
	struct iface *iface;
	struct pyt_ip src, dst;
	struct pyt_ip next_hop;
	uint32_t mtu; /* of the path: link MTU or lower (RFC 1191) */
	bool mtu_locked; /* path below min_pmtu: never dont_fragment */
	bool local; /* to one of our own addresses: by lo */
	bool redirected; /* next_hop is not the route's */
	bool broadcast, multicast;
};

/* The next hop is being asked for, and packets wait for its answer. */
bool ip_is_awaited(const struct ip *ip, const struct ip_path *path);

/*
 * Longest prefix, then metric. src unspecified: chosen (RFC 6724, RFC 1122
 * 3.3.4.3). ifindex 0: any; of a link-local dst without one src says the link.
 * 0, -ENETUNREACH, -EADDRNOTAVAIL (src is not ours), -EINVAL (scope).
 */
int ip_route(struct ip *ip, const struct pyt_ip *dst, const struct pyt_ip *src,
	     int ifindex, int64_t now_us, struct ip_path *path);

/*
 * The same, with wishes about the source: IPV6_PREFER_SRC_TMP or _PUBLIC, or 0
 * (RFC 5014).
 */
int ip_route_preferring(struct ip *ip, const struct pyt_ip *dst,
			const struct pyt_ip *src, int ifindex, int wishes,
			int64_t now_us, struct ip_path *path);
/* Whether an interface's temporary addresses are taken rather than public
 * ones: use_tempaddr 2. */
void ip_prefer_temporary(struct ip *ip, int ifindex, bool prefer);

/*
 * A router has advertised a prefix: packets from its addresses leave by that
 * router if they can, RFC 8028, 3. until_us in the past takes it away.
 */
void ip_router_prefix_put(struct ip *ip, int ifindex,
			  const struct pyt_ip *router,
			  const struct pyt_ip *prefix, unsigned prefix_len,
			  int64_t until_us, int64_t now_us);
/* All that were advertised on an interface. */
void ip_router_forget(struct ip *ip, int ifindex);
/*
 * What stands behind "all.", "default." (*ifindex 0) or an interface's name;
 * or "". What is set for all is set for each interface, and each new one.
 */
const char *ip_sysctl_behind_iface(const struct ip *ip, const char *name,
				   int *ifindex);

/* As pyt_source_get(). */
void ip_source_get(struct ip *ip, const struct pyt_ip *dst,
		   struct pyt_source *source, int64_t now_us);

/* Another number than before: ip_route() may have other answers. */
uint32_t ip_route_changes(const struct ip *ip);

/* What stands in the IP header besides addresses. */
struct ip_fields {
	uint8_t protocol;
	uint8_t ttl; /* 0: the default (of the link, for IPv6) */
	uint8_t tos; /* DSCP and ECN */
	bool dont_fragment;
	bool router_alert;
	bool not_to_us; /* a broadcast that we need not hear ourselves */
	bool multicast_loop; /* IP_MULTICAST_LOOP: our members hear it too */
	bool own_flow_label; /* IPv6: flow_label as it is, else by flow */
	uint32_t flow_label;
	const struct ip_extensions *extensions; /* or NULL */
};

/* Extension headers, or IPv4 options, of a packet as a program gives them. */
struct ip_extensions {
	const uint8_t *header[PYT_EXTENSIONS]; /* by enum pyt_extension */
	uint16_t len[PYT_EXTENSIONS]; /* 0: none */
	/* A source route begins with it, and ends at path->dst. */
	bool detours;
	struct pyt_ip first_hop;
	uint8_t ip4[IP4_OPTIONS_LEN_MAX]; /* where header[] may point to */
};

/* Bytes that they take in a packet. */
static inline uint32_t ip_extensions_len(const struct ip_extensions *e)
{
	return (uint32_t)e->len[0] + e->len[1] + e->len[2] + e->len[3];
}

/*
 * A program's IPv4 options, len a multiple of 4: false, or what is for us to
 * fill in is 0 then. As Linux's ip_options_compile() for the superuser.
 */
bool ip4_options_accept(uint8_t *options, uint8_t len);
/* The first stop of a source route; false: there is none. */
bool ip4_options_first_hop(const uint8_t *options, uint8_t len,
			   struct pyt_ip *hop, bool *strict);
/* Those of a received packet, our own entry in them. Bytes, or 0. */
uint8_t ip4_options_received(const struct packet_in *packet,
			     uint8_t to[IP4_OPTIONS_LEN_MAX]);
/*
 * What of them an answer has, as a program would give it: record route and
 * timestamp with the entry of us, a source route reversed. A multiple of 4.
 */
uint8_t ip4_options_echo(const struct packet_in *packet, uint32_t us,
			 uint8_t to[IP4_OPTIONS_LEN_MAX]);
/* A packet of ours gets these, a multiple of 4, and goes where they lead. */
void ip4_options_take(struct ip_extensions *e, const uint8_t *options,
		      uint8_t len);

/*
 * Sends a transport packet (L4 header and payload in *packet, owned by IP
 * from now on). Fragments where it may and must. CSUM_PARTIAL is finished
 * in software where the link cannot. 0 (queued, or waiting for the
 * neighbour), -EMSGSIZE, -ENOBUFS, -EHOSTUNREACH.
 */
int ip_send(struct ip *ip, const struct ip_path *path,
	    const struct ip_fields *fields, struct packet_out *packet,
	    int64_t now_us);

/*
 * IP_HDRINCL, raw(7): the IP header stands in *packet; its length and sum
 * are always filled in, its source and ID when they are zero. Never
 * fragmented: -EMSGSIZE. -EINVAL: no header.
 */
int ip_send_with_header(struct ip *ip, const struct ip_path *path,
			struct packet_out *packet, int64_t now_us);

/* IPV6_HDRINCL: as it is, but for being too long (-EMSGSIZE) or none. */
int ip6_send_with_header(struct ip *ip, const struct ip_path *path,
			 struct packet_out *packet, int64_t now_us);

enum ip_ready {
	IP_READY, /* headers are in place */
	IP_RESOLVING, /* the neighbour is being asked; try later */
	IP_UNREACHABLE, /* it did not answer */
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
/* What ip_frame() would answer for the neighbour; who is not known is asked. */
enum ip_ready ip_frame_look(struct ip *ip, const struct ip_path *path,
			    int64_t now_us);

/*
 * First half of the way in: link header, ARP, IP header and options,
 * address check, reassembly, ICMP. Fills *packet for a transport protocol.
 */
enum ip_verdict {
	IP_DELIVER, /* packet->payload is for packet->protocol */
	IP_ICMP_ERROR, /* *error is for the quoted packet's socket */
	IP_DONE, /* consumed (ARP, a fragment kept) */
	IP_DROP, /* *reason is set and counted */
};

/* An ICMP error that quotes a packet of ours. */
struct ip_error {
	uint8_t type, code; /* of ICMPv4 or ICMPv6 */
	uint32_t info; /* next-hop MTU, pointer ...*/
	struct pyt_ip offender; /* who sent the error */
	uint8_t ttl, tos; /* as it came */
	int ifindex;
	int error; /* errno for the socket; Linux's map */
	bool hard; /* fatal in Linux's table */
	/* of the quoted packet: ours is src */
	struct pyt_ip src, dst;
	uint8_t protocol;
	struct reader payload; /* quoted transport header and more */
	const uint8_t *quote; /* the quoted packet; its first byte */
	uint16_t quote_len; /* as RFC 4884 tells it; 0: it does not */
};

/*
 * ICMP: an echo request has been answered when IP_DELIVER is returned for
 * it. For every ICMP message, errors included, packet->payload is the whole
 * message and packet->protocol IPPROTO_ICMP: raw and ping sockets take it
 * from there. Nobody taking it is no error. The same holds for IGMP.
 * packet->payload and error->payload are valid until the next call.
 */
enum ip_verdict ip_input(struct ip *ip, struct packet_in *packet,
			 struct ip_error *error, enum counter *reason);

/*
 * Errors that arose here: the neighbour of a queued packet did not answer
 * (EHOSTUNREACH, as if a router had said so). 1 and *error, valid until the
 * next call; or 0. To be asked after ip_input() and ip_run_timers().
 */
int ip_next_error(struct ip *ip, struct ip_error *error, int64_t now_us);

/*
 * RFC 1191: the way to error->dst carries error->info bytes only. Called by
 * who has matched the quoted packet with a socket, so that nobody can lower
 * it blindly (RFC 5927, 7.2).
 */
void ip_lower_mtu(struct ip *ip, const struct ip_error *error, int64_t now_us);

/* No socket wants it: the ICMP error that says so, rate-limited. */
enum ip_refusal {
	IP_NO_PROTOCOL,
	IP_NO_PORT,
};
void ip_unreachable(struct ip *ip, const struct packet_in *packet,
		    enum ip_refusal why, int64_t now_us);

/* The transport heard from dst through path: RFC 4861, 7.3.1. */
void ip_confirm_reachable(struct ip *ip, const struct ip_path *path,
			  int64_t now_us);

/* A router has told of a better first hop to dst. */
struct ip_redirect {
	struct iface *iface;
	struct pyt_ip router; /* who says so */
	struct pyt_ip src, dst; /* of the packet that it is about */
	struct pyt_ip gateway; /* dst itself: it is on the link */
};
/* 0, -EINVAL: no such gateway; -EPERM: not who we send to; -ENOBUFS. */
int ip_redirect(struct ip *ip, const struct ip_redirect *told, int64_t now_us);

/* -------- anycast.c, RFC 4291, 2.6: as Linux's IPV6_JOIN_ANYCAST. */
/* ifindex 0: by route; the one that it is. -EINVAL: a group, or ours alone;
 * -ENODEV; -EADDRNOTAVAIL: not on the link; -ENOSPC. */
int ip_anycast_join(struct ip *ip, int ifindex, const struct pyt_ip *address,
		    int64_t now_us);
/* One user less. */
void ip_anycast_leave(struct ip *ip, int ifindex, const struct pyt_ip *address,
		      int64_t now_us);
bool ip_anycast_is_on(const struct iface *iface, const struct pyt_ip *address);
/* Where it is ours, or NULL. */
struct iface *ip_anycast_iface(const struct ip *ip,
			       const struct pyt_ip *address);
/* As pyt_anycast_get(). */
int ip_anycast_get(const struct ip *ip, int ordinal,
		   struct pyt_group_info *info);

/* Owner of the address, or NULL. Conflicting ones are nobody's. */
struct iface *ip_owner(const struct ip *ip, const struct pyt_ip *address);
bool ip_is_local(const struct ip *ip, const struct pyt_ip *address);

#endif
