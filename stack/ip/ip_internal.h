/* What the rooms of ip share; nobody else includes it. */
#ifndef IP_IP_INTERNAL_H
#define IP_IP_INTERNAL_H

#include "base/table.h"
#include "iface/neighbour.h"
#include "ip/group.h"
#include "ip/ip.h"
#include "ip/reassembly.h"
#include "wire/icmp4.h"
#include "wire/ip4.h"

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
	int icmp_echo_ignore_all, icmp_echo_ignore_broadcasts;
	int icmp_ratelimit; /* ms between errors to one host */
	int icmp_ratemask; /* bit per ICMP type */
	int icmp_msgs_per_sec, icmp_msgs_burst;
};

#define ICMP_HOST_BUCKETS 256

/* Token buckets of ICMP errors: one for all, many for hosts by hash. */
struct icmp_limit {
	int64_t filled_us; /* of the one for all */
	int credit; /* messages */
	struct {
		int64_t filled_us;
		int64_t credit_us; /* a message costs icmp_ratelimit */
	} host[ICMP_HOST_BUCKETS];
};

struct ip {
	struct engine *engine;
	struct ip_settings settings;
	struct iface *iface[IFACE_MAX];
	int iface_count;
	struct neighbour_cache *neighbours;
	struct pyt_route *routes; /* longest prefix first, then metric */
	int route_count, route_size;
	uint32_t route_changes; /* of what ip_route() may answer */
	struct groups groups;
	struct table mtus; /* struct path_mtu by destination */
	struct icmp_limit icmp_limit;
	struct reassembly reassembly;
	uint16_t id[IP_ID_BUCKETS]; /* next ID by source, destination */
	struct packet_out *lent; /* quoted by the last ip_next_error() */
	bool no_route_told; /* the log says it once */
};

/* Owner of the address, or NULL. Conflicting ones are nobody's. */
struct iface *ip_owner(const struct ip *ip, const struct pyt_ip *address);

/* -------- route.c */
int route_insert(struct ip *ip, const struct pyt_route *route);
int route_delete(struct ip *ip, const struct pyt_route *route);
/* Best route; ifindex 0: any interface. NULL: none. */
const struct pyt_route *route_find(const struct ip *ip,
				   const struct pyt_ip *dst, int ifindex);

/* -------- ip_sysctl.c: what stands behind "all.", "eth0." ...; or "" */
const char *ip_sysctl_behind_iface(const struct ip *ip, const char *name);

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
 * in the header of what is wrong, for ICMP parameter problem.
 */
enum counter ip4_options_check(const struct ip *ip,
			       const struct ip4_header *header,
			       uint8_t *fault_at);
/*
 * Options of the answer to an echo request, with our entry in record route
 * and timestamp: RFC 1122, 3.2.2.6. Bytes written, a multiple of 4.
 */
uint8_t ip4_options_reflect(const struct ip4_header *header, uint32_t us,
			    int64_t now_us, uint8_t to[IP4_OPTIONS_LEN_MAX]);
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
/* RFC 6864: 0 for atomic datagrams, else not repeated soon. */
uint16_t ip4_id(struct ip *ip, const struct ip4_header *header);
/* The header that fields ask for; len and flags of an unfragmented one. */
bool ip4_header_for(const struct ip *ip, const struct ip_path *path,
		    const struct ip_fields *fields, uint32_t payload_len,
		    uint8_t options[IP4_OPTIONS_LEN_MAX],
		    struct ip4_header *header);

/* -------- ip4_frag.c, ip4_segment.c: both consume packet. */
int ip4_send_fragments(struct ip *ip, const struct ip_path *path,
		       struct ip4_header *header, struct packet_out *packet,
		       int64_t now_us);
int ip4_send_segments(struct ip *ip, const struct ip_path *path,
		      const struct ip_fields *fields, struct packet_out *packet,
		      int64_t now_us);

/* -------- icmp4_in.c */
enum ip_verdict icmp4_input(struct ip *ip, struct packet_in *packet,
			    const struct ip4_header *header,
			    struct ip_error *error, enum counter *reason);
/* From the quoted packet on; false: not of ours, or nonsense. */
bool icmp4_parse_quote(struct reader quote, struct ip_error *error);
/* errno and hard from type and code; false: no such code. */
bool icmp4_error_of(uint8_t type, uint8_t code, struct ip_error *error);

/* -------- icmp4_out.c, icmp4_limit.c */
/* An error about *packet, unless RFC 1122, 3.2.2 forbids it. */
void icmp4_send_error(struct ip *ip, const struct packet_in *packet,
		      uint8_t type, uint8_t code, uint32_t rest,
		      int64_t now_us);
void icmp4_reply(struct ip *ip, const struct packet_in *packet,
		 const struct ip4_header *header,
		 const struct icmp4_header *reply, int64_t now_us);
void icmp4_limit_init(struct ip *ip, int64_t now_us);
bool icmp4_limit_allows(struct ip *ip, uint8_t type, uint8_t code,
			const struct pyt_ip *dst, int64_t now_us);

#endif
