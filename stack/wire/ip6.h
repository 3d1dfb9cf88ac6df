/* The IPv6 header and its fragment header, RFC 8200, 3 and 4.5. */
#ifndef WIRE_IP6_H
#define WIRE_IP6_H

#include <pyt/addr.h>

#include "base/reader.h"

#define IP6_HEADER_LEN 40
#define IP6_PAYLOAD_LEN_MAX 65535
#define IP6_MTU_MIN 1280 /* RFC 8200, 5: every link carries this */
#define IP6_FRAGMENT_LEN 8
#define IP6_FLOW_LABEL_MASK 0xfffffu

/* What a next-header field may say besides the transports. */
enum ip6_next_header {
	IP6_HOP_BY_HOP = 0,
	IP6_ROUTING = 43,
	IP6_FRAGMENT = 44,
	IP6_AUTHENTICATION = 51,
	IP6_ICMP = 58,
	IP6_NONE = 59,
	IP6_DESTINATION = 60,
	IP6_MOBILITY = 135,
	IP6_HIP = 139,
	IP6_SHIM6 = 140,
};

struct ip6_header {
	uint8_t tclass; /* DSCP and ECN */
	uint32_t flow_label; /* 20 bits */
	uint16_t payload_len; /* all behind these 40 bytes */
	uint8_t next_header;
	uint8_t hop_limit;
	struct pyt_ip src, dst;
};

enum ip6_fault {
	IP6_FAULT_NONE,
	IP6_FAULT_SHORT, /* fewer bytes than the header says */
	IP6_FAULT_VERSION,
	IP6_FAULT_JUMBO, /* length 0: a jumbogram or nothing (RFC 2675) */
};

/* packet goes on to the payload, link padding cut; untouched on a fault. */
enum ip6_fault ip6_header_parse(struct reader *packet,
				struct ip6_header *header);
/* Of the packet that an ICMP message quotes: it may be cut short. */
bool ip6_header_parse_quoted(struct reader *packet, struct ip6_header *header);
/* Writes IP6_HEADER_LEN bytes. */
void ip6_header_build(uint8_t *to, const struct ip6_header *header);

struct ip6_fragment {
	uint8_t next_header;
	uint32_t offset; /* bytes */
	bool more;
	uint32_t id;
};

bool ip6_fragment_parse(struct reader *packet, struct ip6_fragment *fragment);
/* Writes IP6_FRAGMENT_LEN bytes. */
void ip6_fragment_build(uint8_t *to, const struct ip6_fragment *fragment);

/* -------- addresses by their form: RFC 4291, 2 */

static inline bool ip6_is_link_local(const struct pyt_ip *ip)
{
	return ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

/* Of a group: 1 interface, 2 link ... 14 global. RFC 7346, 2. */
enum ip6_scope {
	IP6_SCOPE_INTERFACE = 1,
	IP6_SCOPE_LINK = 2,
	IP6_SCOPE_SITE = 5,
	IP6_SCOPE_GLOBAL = 14,
};

/* Multicast: what it says; unicast: link or global (ULAs are global). */
enum ip6_scope ip6_scope(const struct pyt_ip *ip);
/* Means something on one link only: a zone has to be known. RFC 4007. */
bool ip6_needs_zone(const struct pyt_ip *ip);
/* fe80::/64 and the interface identifier of a MAC: RFC 4291, App. A. */
struct pyt_ip ip6_link_local_of_mac(const uint8_t mac[6]);
/* ff02::1:ffXX:XXXX: RFC 4291, 2.7.1. */
struct pyt_ip ip6_solicited_node(const struct pyt_ip *ip);
/* ff02::1, of all nodes; ff02::2, of all routers. */
extern const struct pyt_ip ip6_all_nodes, ip6_all_routers;

#endif
