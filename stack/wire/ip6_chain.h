/*
 * The chain of extension headers behind an IPv6 header: RFC 8200, 4; how
 * much of it a host puts up with: RFC 8504, 5.3; RFC 7045.
 */
#ifndef WIRE_IP6_CHAIN_H
#define WIRE_IP6_CHAIN_H

#include "wire/ip6.h"

/* RFC 8504, 5.3: what more than this is, is dropped. */
struct ip6_chain_limits {
	int headers_max; /* extension headers of one packet */
	/* of a hop-by-hop and a destination header; without padding */
	int hop_by_hop_options_max, destination_options_max;
	int hop_by_hop_len_max, destination_len_max; /* bytes */
};

enum ip6_chain_end {
	IP6_CHAIN_TRANSPORT, /* protocol and payload are set */
	IP6_CHAIN_FRAGMENT, /* the same, to be put together first */
	IP6_CHAIN_NOTHING, /* "no next header": there is nothing to do */
	IP6_CHAIN_SHORT, /* it ends within a header */
	IP6_CHAIN_TOO_LONG, /* more than the limits */
	IP6_CHAIN_BAD_ORDER, /* hop-by-hop options are not first */
	IP6_CHAIN_BAD_ROUTING, /* unknown type with segments left */
	IP6_CHAIN_BAD_OPTION, /* one whose type wants the packet dropped */
};

/* Offsets are from the IPv6 header's begin; 0: there is none. */
struct ip6_chain {
	struct ip6_chain_limits limits;
	uint8_t protocol; /* what the payload is */
	struct reader payload;
	uint16_t next_header_at; /* of the field that names protocol */
	uint16_t hop_by_hop_at, routing_at;
	uint16_t destination_at[2]; /* before and behind a routing header */
	bool router_alert;
	uint16_t router_alert_value; /* RFC 2711, 2.1 */
	struct ip6_fragment fragment;
	uint16_t fragment_at;
	/* of a fault: */
	uint8_t fault_type; /* option type, its two high bits the action */
	uint16_t fault_at; /* for ICMPv6 parameter problem */
};

/* What an unknown option wants: RFC 8200, 4.2. */
enum ip6_option_action {
	IP6_OPTION_SKIP = 0,
	IP6_OPTION_DROP = 1,
	IP6_OPTION_TELL = 2, /* and tell, whatever the destination */
	IP6_OPTION_TELL_UNICAST = 3,
};

static inline enum ip6_option_action ip6_option_action(uint8_t type)
{
	return (enum ip6_option_action)(type >> 6);
}

/* packet: behind the IPv6 header, at its offset 40. limits is the caller's. */
enum ip6_chain_end ip6_chain_walk(struct reader packet, uint8_t next_header,
				  struct ip6_chain *chain);
/*
 * Goes on behind the header at chain->payload: for a datagram that was put
 * together, and for what ICMP quotes.
 */
enum ip6_chain_end ip6_chain_resume(struct ip6_chain *chain, uint16_t at);

/* Bytes of an extension header from its second byte, in its own units. */
uint32_t ip6_extension_len(uint8_t next_header, uint8_t len_field);
/* One that may stand between the IPv6 header and a transport's. */
bool ip6_is_extension(uint8_t next_header);

#endif
