/* The chain of extension headers. RFC 8200, 4; RFC 8504, 5.3; RFC 5095. */
#include "wire/ip6_chain.h"

#define OPTION_PAD1 0
#define OPTION_PADN 1
#define OPTION_ROUTER_ALERT 5 /* RFC 2711 */
#define PADDING_MAX 7 /* RFC 8504, 5.3: in a row */

bool ip6_is_extension(uint8_t next_header)
{
	switch (next_header) {
	case IP6_HOP_BY_HOP:
	case IP6_ROUTING:
	case IP6_FRAGMENT:
	case IP6_AUTHENTICATION:
	case IP6_DESTINATION:
	case IP6_MOBILITY:
	case IP6_HIP:
	case IP6_SHIM6:
		return true;
	default:
		return false;
	}
}

uint32_t ip6_extension_len(uint8_t next_header, uint8_t len_field)
{
	if (next_header == IP6_FRAGMENT)
		return IP6_FRAGMENT_LEN;
	if (next_header == IP6_AUTHENTICATION) /* RFC 4302, 2.2 */
		return (len_field + 2u) * 4;
	return (len_field + 1u) * 8;
}

/* Header while it is being walked through. */
struct walk {
	struct ip6_chain *chain;
	struct reader r; /* at the header */
	uint16_t at; /* its offset */
	uint8_t kind;
	int count;
	bool first; /* right behind the IPv6 header */
};

static enum ip6_chain_end option_fault(struct ip6_chain *chain, uint8_t type,
				       uint16_t at)
{
	chain->fault_type = type;
	chain->fault_at = at;
	return IP6_CHAIN_BAD_OPTION;
}

/* Sensible padding is zero and no longer than alignment needs it. */
static bool padding_is_sound(const uint8_t *bytes, uint8_t len)
{
	for (uint8_t i = 0; i < len; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

static bool take_router_alert(struct ip6_chain *chain, struct reader value)
{
	if (value.left != 2)
		return false;
	chain->router_alert = true;
	chain->router_alert_value = reader_u16(&value);
	return true;
}

struct options {
	int count, padding;
};

/* IP6_CHAIN_TRANSPORT: go on. */
static enum ip6_chain_end walk_option(struct walk *w, struct reader *r,
				      struct options *seen, uint16_t at)
{
	struct ip6_chain *chain = w->chain;
	uint8_t type = reader_u8(r), len;
	struct reader value;

	if (type == OPTION_PAD1)
		return ++seen->padding > PADDING_MAX ? IP6_CHAIN_TOO_LONG
						     : IP6_CHAIN_TRANSPORT;
	len = reader_u8(r);
	value = reader_split(r, len);
	if (r->failed)
		return IP6_CHAIN_SHORT;
	if (type == OPTION_PADN) {
		seen->padding += len + 2;
		if (seen->padding > PADDING_MAX ||
		    !padding_is_sound(value.at, len))
			return IP6_CHAIN_TOO_LONG;
		return IP6_CHAIN_TRANSPORT;
	}
	seen->padding = 0;
	if (++seen->count > (w->kind == IP6_HOP_BY_HOP
				     ? chain->limits.hop_by_hop_options_max
				     : chain->limits.destination_options_max))
		return IP6_CHAIN_TOO_LONG;
	if (type == OPTION_ROUTER_ALERT && w->kind == IP6_HOP_BY_HOP)
		return take_router_alert(chain, value)
			       ? IP6_CHAIN_TRANSPORT
			       : option_fault(chain, type, at);
	if (ip6_option_action(type) == IP6_OPTION_SKIP)
		return IP6_CHAIN_TRANSPORT;
	return option_fault(chain, type, at);
}

static enum ip6_chain_end walk_options(struct walk *w, struct reader header)
{
	const uint8_t *start = header.at;
	struct options seen = { 0 };
	enum ip6_chain_end end = IP6_CHAIN_TRANSPORT;
	int max = w->kind == IP6_HOP_BY_HOP
			  ? w->chain->limits.hop_by_hop_len_max
			  : w->chain->limits.destination_len_max;

	if (header.left > (size_t)max)
		return IP6_CHAIN_TOO_LONG;
	reader_u16(&header); /* next header, length */
	while (header.left > 0 && end == IP6_CHAIN_TRANSPORT)
		end = walk_option(w, &header, &seen,
				  (uint16_t)(w->at + (header.at - start)));
	return end;
}

/*
 * RFC 8200, 4.4: with segments left it would be ours to pass on. Type 0 is
 * as unknown as the others (RFC 5095, 3).
 */
static enum ip6_chain_end walk_routing(struct walk *w, struct reader header)
{
	uint8_t segments_left;

	reader_bytes(&header, 3);
	segments_left = reader_u8(&header);
	if (segments_left == 0)
		return IP6_CHAIN_TRANSPORT;
	w->chain->fault_at = (uint16_t)(w->at + 2);
	return IP6_CHAIN_BAD_ROUTING;
}

static void note(struct walk *w)
{
	struct ip6_chain *chain = w->chain;

	if (w->kind == IP6_HOP_BY_HOP)
		chain->hop_by_hop_at = w->at;
	else if (w->kind == IP6_ROUTING)
		chain->routing_at = w->at;
	else if (w->kind == IP6_DESTINATION)
		chain->destination_at[chain->destination_at[0] != 0] = w->at;
}

static enum ip6_chain_end look_at(struct walk *w, struct reader header)
{
	note(w);
	switch (w->kind) {
	case IP6_HOP_BY_HOP:
		if (!w->first) {
			w->chain->fault_at = w->chain->next_header_at;
			return IP6_CHAIN_BAD_ORDER;
		}
		return walk_options(w, header);
	case IP6_DESTINATION:
		return walk_options(w, header);
	case IP6_ROUTING:
		return walk_routing(w, header);
	default:
		return IP6_CHAIN_TRANSPORT;
	}
}

/* What is handed up: none of these is a header to be skipped by us. */
static bool is_ours_to_walk(uint8_t kind)
{
	return kind == IP6_HOP_BY_HOP || kind == IP6_DESTINATION ||
	       kind == IP6_ROUTING || kind == IP6_FRAGMENT;
}

/* False: the chain ended, *end says how. */
static bool walk_one(struct walk *w, enum ip6_chain_end *end)
{
	struct ip6_chain *chain = w->chain;
	struct reader peek = w->r, header;
	uint8_t next = reader_u8(&peek);
	uint32_t len = ip6_extension_len(w->kind, reader_u8(&peek));

	header = reader_split(&w->r, len);
	if (peek.failed || w->r.failed) {
		*end = IP6_CHAIN_SHORT;
		return false;
	}
	if (++w->count > chain->limits.headers_max) {
		*end = IP6_CHAIN_TOO_LONG;
		return false;
	}
	*end = look_at(w, header);
	if (*end != IP6_CHAIN_TRANSPORT)
		return false;
	chain->next_header_at = w->at;
	w->kind = next;
	w->at = (uint16_t)(w->at + len);
	w->first = false;
	return true;
}

static enum ip6_chain_end stop_at_fragment(struct walk *w)
{
	struct ip6_chain *chain = w->chain;

	chain->fragment_at = w->at;
	if (!ip6_fragment_parse(&w->r, &chain->fragment))
		return IP6_CHAIN_SHORT;
	chain->protocol = chain->fragment.next_header;
	chain->payload = w->r;
	return IP6_CHAIN_FRAGMENT;
}

static enum ip6_chain_end run(struct walk *w)
{
	enum ip6_chain_end end;

	while (is_ours_to_walk(w->kind)) {
		if (w->kind == IP6_FRAGMENT)
			return stop_at_fragment(w);
		if (!walk_one(w, &end))
			return end;
	}
	w->chain->protocol = w->kind;
	w->chain->payload = w->r;
	return w->kind == IP6_NONE ? IP6_CHAIN_NOTHING : IP6_CHAIN_TRANSPORT;
}

enum ip6_chain_end ip6_chain_walk(struct reader packet, uint8_t next_header,
				  struct ip6_chain *chain)
{
	struct walk w = {
		.chain = chain,
		.r = packet,
		.at = IP6_HEADER_LEN,
		.kind = next_header,
		.first = true,
	};

	*chain = (struct ip6_chain){
		.limits = chain->limits,
		.next_header_at = 6,
	};
	return run(&w);
}

enum ip6_chain_end ip6_chain_resume(struct ip6_chain *chain, uint16_t at)
{
	struct walk w = {
		.chain = chain,
		.r = chain->payload,
		.at = at,
		.kind = chain->protocol,
	};

	return run(&w);
}
