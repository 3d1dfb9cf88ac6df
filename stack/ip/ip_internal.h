/* What the rooms of ip share; nobody else includes it. */
#ifndef IP_IP_INTERNAL_H
#define IP_IP_INTERNAL_H

#include <pyt/view.h>

#include "base/table.h"
#include "iface/neighbour.h"
#include "iface/traffic.h"
#include "ip/group.h"
#include "ip/ip.h"
#include "ip/reassembly.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ip6_chain.h"

#define IP_LO_INDEX 1
#define IP_ID_BUCKETS 256 /* a power of two */
#define IP_ROUTES_MAX 1024

/* net.ipv4.*: Linux's names, units and defaults. */
struct ip_settings {
	int default_ttl;
	int no_pmtu_disc;
	int min_pmtu;
	int pmtu_expires; /* route.mtu_expires, seconds */
	int accept_source_route;
	int redirect_expires; /* route.gc_timeout, seconds */
	int icmp_echo_ignore_all, icmp_echo_ignore_broadcasts;
	int icmp_ratelimit; /* ms between errors to one host */
	int icmp_ratemask; /* bit per ICMP type */
	int icmp_msgs_per_sec, icmp_msgs_burst;
};

/* net.ipv6.*; what has no name of Linux's says so in ip_sysctl.c. */
struct ip6_settings {
	int pmtu_expires; /* route.mtu_expires, seconds */
	int auto_flowlabels; /* 0: none; 1, 2: unless switched off; 3: always */
	int icmp_ratelimit; /* ms between errors to one host */
	int echo_ignore_all, echo_ignore_multicast;
	struct ip6_chain_limits chain;
};

#define ICMP_HOST_BUCKETS 256

/* Token buckets of ICMP errors: one for all, many for hosts by hash. */
struct icmp_limit {
	int64_t filled_us; /* of the one for all */
	int64_t credit; /* messages: two settings may be added up */
	struct {
		int64_t filled_us;
		int64_t credit_us; /* a message costs icmp_ratelimit */
	} host[ICMP_HOST_BUCKETS];
};

/* Who has advertised what: RFC 8028. */
#define ROUTER_PREFIXES_MAX 64
struct router_prefix {
	int ifindex;
	struct pyt_ip router, prefix;
	unsigned prefix_len;
	int64_t until_us;
};

struct ip {
	struct engine *engine;
	struct ip_settings settings;
	struct ip6_settings settings6;
	struct iface *iface[IFACE_MAX];
	int iface_count;
	struct neighbour_cache *neighbours;
	struct pyt_route *routes; /* longest prefix first, then metric */
	int route_count, route_size;
	uint32_t route_changes; /* of what ip_route() may answer */
	struct groups groups;
	struct table redirects; /* struct redirect by destination */
	struct router_prefix router_prefix[ROUTER_PREFIXES_MAX];
	int router_prefix_count;
	bool prefers_temporary[IFACE_MAX + 1]; /* by ifindex */
	struct table mtus; /* struct path_mtu by destination */
	struct icmp_limit icmp_limit;
	struct reassembly reassembly;
	uint16_t id[IP_ID_BUCKETS]; /* next ID by source, destination */
	struct packet_out *lent; /* quoted by the last ip_next_error() */
	bool no_route_told; /* the log says it once */
	struct pyt_label label[PYT_LABELS_MAX];
	int label_count;
};

/* -------- address.c: those of the administrator's that end */
int64_t address_next_deadline(const struct iface *iface);
void address_run_timers(struct ip *ip, const struct iface *iface,
			int64_t now_us);

/* -------- label.c */
void label_init(struct ip *ip);
/* Of an address on this interface; 0: any. UINT32_MAX: no row is its. */
uint32_t label_number(const struct ip *ip, const struct pyt_ip *address,
		      int ifindex);

/* -------- route.c */
/* Best route; ifindex 0: any interface. NULL: none. */
/* An address is gone: those from it go, too, but IPv6's choose another. */
void route_forget_source(struct ip *ip, const struct pyt_ip *address);
const struct pyt_route *route_find(const struct ip *ip,
				   const struct pyt_ip *dst, int ifindex);

/* -------- router.c: as route_find(), from src (or unspecified): IPv6 */
const struct pyt_route *router_choose(const struct ip *ip,
				      const struct pyt_ip *dst,
				      const struct pyt_ip *src, int ifindex,
				      int64_t now_us);
/* Whether that router has advertised a prefix with this address. */
bool router_advertises(const struct ip *ip, int ifindex,
		       const struct pyt_ip *router,
		       const struct pyt_ip *address, int64_t now_us);

/* -------- source.c: RFC 6724, 5; NULL: there is none */
const struct pyt_ip *source_choose(const struct ip *ip,
				   const struct ip_path *path, int wishes,
				   int64_t now_us);

/* -------- gateway.c */
bool gateway_is_dead(const struct iface *iface, const struct pyt_ip *gateway);
/* Nothing is sent to a dead one, so nothing else would ask whether it is
 * back. */
void gateway_ask_again(const struct ip *ip, const struct pyt_route *route,
		       const struct pyt_ip *src, int64_t now_us);
/* first, or another one of its prefix if its gateway is dead. */
const struct pyt_route *gateway_choose(const struct ip *ip,
				       const struct pyt_route *first,
				       const struct pyt_ip *src, int ifindex,
				       int64_t now_us);

/* -------- redirect.c */
int redirect_init(struct ip *ip);
void redirect_clear(struct ip *ip);
/* path->next_hop becomes what a router has told of path->dst. */
void redirect_apply(struct ip *ip, struct ip_path *path, int64_t now_us);

/* -------- pmtu.c */
int pmtu_init(struct ip *ip);
void pmtu_clear(struct ip *ip);
/* path->mtu falls to what path->dst is known to be reached with. */
void pmtu_apply(struct ip *ip, struct ip_path *path, int64_t now_us);

/* -------- ip4_in.c: frame->part[0] from the IP header on. */
enum ip_verdict ip4_input(struct ip *ip, struct packet_in *packet,
			  struct reader bytes, struct ip_error *error,
			  enum counter *reason);

/* -------- ip4_options.c */
/*
 * Checks the options of a received packet; RFC 791, 3.1. *fault_at: offset
 * in the header of what is wrong, for ICMP parameter problem. *dst becomes
 * the end of a source route.
 */
enum counter ip4_options_check(const struct ip *ip,
			       const struct ip4_header *header,
			       uint8_t *fault_at, uint32_t *dst);
/* A program's, just before they leave from us for dst. */
void ip4_options_fill(uint8_t *options, uint8_t len, uint32_t us, uint32_t dst,
		      int64_t now_us);
/* What of them stands in the second and later fragments. */
uint8_t ip4_options_copied(const uint8_t *options, uint8_t len,
			   uint8_t to[IP4_OPTIONS_LEN_MAX]);

/* -------- ip4_out.c */
int ip4_send(struct ip *ip, const struct ip_path *path,
	     const struct ip_fields *fields, struct packet_out *packet,
	     int64_t now_us);
/* The IP header is in front: the link's comes, loops, resolution. */
int ip4_transmit(struct ip *ip, const struct ip_path *path,
		 const struct ip4_header *header, struct packet_out *packet,
		 int64_t now_us);
/* The link header, or the neighbour is asked for it. */
int ip_to_link(struct ip *ip, const struct ip_path *path,
	       struct packet_out *packet, int64_t now_us);
/* NULL: no memory. */
struct packet_out *ip_copy(struct ip *ip, const struct packet_out *packet);
/* RFC 6864: 0 for atomic datagrams, else not repeated soon; the first of as
 * many as a super-frame has segments of gso_size. */
uint16_t ip4_id(struct ip *ip, const struct ip4_header *header,
		uint16_t gso_size);
/* The header that fields ask for; len and flags of an unfragmented one. */
bool ip4_header_for(const struct ip *ip, const struct ip_path *path,
		    const struct ip_fields *fields, uint32_t payload_len,
		    int64_t now_us, uint8_t options[IP4_OPTIONS_LEN_MAX],
		    struct ip4_header *header);

/* -------- ip4_frag.c: consumes packet. */
int ip4_send_fragments(struct ip *ip, const struct ip_path *path,
		       struct ip4_header *header, struct packet_out *packet,
		       int64_t now_us);

/* -------- segment.c: consumes packet. */
int ip_send_segments(struct ip *ip, const struct ip_path *path,
		     const struct ip_fields *fields, struct packet_out *packet,
		     int64_t now_us);

/* -------- icmp4_in.c */
enum ip_verdict icmp4_input(struct ip *ip, struct packet_in *packet,
			    struct ip_error *error, enum counter *reason);
/* From the quoted packet on; false: not of ours, or nonsense. */
bool icmp4_parse_quote(struct reader quote, struct ip_error *error);
/* errno and hard from type and code; false: no such code. */
bool icmp4_error_of(uint8_t type, uint8_t code, struct ip_error *error);

/* -------- icmp4_out.c */
/* An error about *packet, unless RFC 1122, 3.2.2 forbids it. */
void icmp4_send_error(struct ip *ip, const struct packet_in *packet,
		      uint8_t type, uint8_t code, uint32_t rest,
		      int64_t now_us);
void icmp4_reply(struct ip *ip, const struct packet_in *packet,
		 const struct icmp4_header *reply, int64_t now_us);

/* -------- icmp_limit.c */
void icmp_limit_init(struct ip *ip, int64_t now_us);
bool icmp4_limit_allows(struct ip *ip, uint8_t type, uint8_t code,
			const struct pyt_ip *dst, int64_t now_us);

bool icmp6_limit_allows(struct ip *ip, uint8_t type, const struct pyt_ip *dst,
			int64_t now_us);

/* -------- ip6.c: what IPv6 brings to interfaces */
/* The link-local address, or ::1 on lo, unless IPv6 is not wanted. */
void ip6_iface_start(struct ip *ip, struct iface *iface, int64_t now_us);
/* RFC 4861, 7.2.1: the group that is asked for an address; not for IPv4. */
void ip6_join_solicited(struct ip *ip, const struct iface *iface,
			const struct pyt_ip *address, int64_t now_us);
void ip6_leave_solicited(struct ip *ip, const struct iface *iface,
			 const struct pyt_ip *address, int64_t now_us);
/* disable_ipv6 has changed. */
void ip6_switched(struct ip *ip);
uint8_t ip6_hop_limit(const struct iface *iface);
/* RFC 6437, 3: a hash of the flow's five parts. l4: from the ports on. */
uint32_t ip6_flow_label(const struct ip *ip, const struct ip_path *path,
			const struct ip_fields *fields, const uint8_t *l4,
			uint32_t l4_len);

/* -------- ip6_in.c: frame->part[0] from the IP header on. */
enum ip_verdict ip6_input(struct ip *ip, struct packet_in *packet,
			  struct reader bytes, struct ip_error *error,
			  enum counter *reason);
/* RFC 8200, 4.5: the first fragment's source hears that the rest is missing. */
void ip6_tell_expired(struct ip *ip, const struct reassembled *expired,
		      int64_t now_us);

/* -------- ip6_out.c, ip6_frag.c: consume packet. */
int ip6_send(struct ip *ip, const struct ip_path *path,
	     const struct ip_fields *fields, struct packet_out *packet,
	     int64_t now_us);
/* The header that fields ask for; false: too long. */
bool ip6_header_for(const struct ip *ip, const struct ip_path *path,
		    const struct ip_fields *fields, const uint8_t *l4,
		    uint32_t l4_len, uint32_t payload_len,
		    struct ip6_header *header);
/* header: without a fragment header; unfragmentable_len of *packet's bytes
 * stand in front of each, their last next-header field at next_at. */
int ip6_send_fragments(struct ip *ip, const struct ip_path *path,
		       const struct ip6_header *header,
		       struct packet_out *packet, uint32_t unfragmentable_len,
		       uint32_t next_at, int64_t now_us);
int ip6_transmit(struct ip *ip, const struct ip_path *path,
		 const struct ip6_header *header, struct packet_out *packet,
		 int64_t now_us);

/* -------- icmp6_in.c */
enum ip_verdict icmp6_input(struct ip *ip, struct packet_in *packet,
			    struct ip_error *error, enum counter *reason);
/* From the quoted packet on; false: not of ours, or nonsense. */
bool icmp6_parse_quote(struct reader quote, struct ip_error *error);
/* errno and hard from type and code. */
void icmp6_error_of(uint8_t type, uint8_t code, struct ip_error *error);

/* -------- icmp6_out.c */
/* An error about *packet, unless RFC 4443, 2.4 (e) forbids it. */
void icmp6_send_error(struct ip *ip, const struct packet_in *packet,
		      uint8_t type, uint8_t code, uint32_t rest,
		      int64_t now_us);
void icmp6_unreachable(struct ip *ip, const struct packet_in *packet,
		       enum ip_refusal why, int64_t now_us);
void icmp6_reply(struct ip *ip, const struct packet_in *packet,
		 const struct icmp6_header *reply, int64_t now_us);

/* -------- nd_in.c: a message of ND, its sum right. Counted. */
enum counter nd_input(struct ip *ip, const struct packet_in *packet,
		      const struct icmp6_header *icmp);

static inline enum traffic_to ip_traffic_to(const struct ip_path *path)
{
	if (path->multicast)
		return TRAFFIC_TO_GROUP;
	return path->broadcast ? TRAFFIC_TO_ALL : TRAFFIC_TO_ONE;
}

/* Came, and is sound: what is counted of its marks and destination. */
static inline void ip_count_marks(struct ip *ip, const struct packet_in *packet)
{
	bool v4 = pyt_ip_is_v4(&packet->dst);
	uint32_t size = packet->frame->gso_size;
	enum traffic_to to = packet->dst_multicast   ? TRAFFIC_TO_GROUP
			     : packet->dst_broadcast ? TRAFFIC_TO_ALL
						     : TRAFFIC_TO_ONE;

	traffic_mark(&ip->engine->counters, v4, to, packet->ip_len,
		     packet->tos & 3,
		     size ? (packet->ip_len + size - 1) / size : 1);
}

/* ICMP that leaves, whoever has made it. */
void icmp4_count_out(struct ip *ip, uint8_t type);
void icmp6_count_out(struct ip *ip, uint8_t type);

#endif
