/*
 * IPv4 options: checked, reflected, copied, and those that a program sends.
 * RFC 791, 3.1; RFC 7126; ip(7), IP_OPTIONS.
 */
#include <string.h>

#include "base/writer.h"
#include "ip/ip_internal.h"

#define ROUTE_POINTER_MIN 4
#define STAMP_POINTER_MIN 5
#define STAMP_ONLY 0 /* flags of the timestamp option */
#define STAMP_AND_ADDRESS 1
#define STAMP_PRESPECIFIED 3
#define SOURCE_ROUTE_LEN_MIN 7

/* One option with kind, length byte and value: start[0..len). */
struct option {
	uint8_t *start;
	uint8_t kind;
	uint8_t len;
};

/* The next option at *at; false: end, or (*fault) nonsense. */
static bool next_option(uint8_t *options, uint8_t len, uint8_t *at,
			struct option *option, bool *fault)
{
	uint8_t left = (uint8_t)(len - *at);

	*fault = false;
	if (left == 0 || options[*at] == IP4_OPTION_END)
		return false;
	option->start = options + *at;
	option->kind = options[*at];
	option->len = 1;
	if (option->kind != IP4_OPTION_NOP) {
		if (left < 2 || options[*at + 1] < 2 ||
		    options[*at + 1] > left) {
			*fault = true;
			return false;
		}
		option->len = options[*at + 1];
	}
	*at = (uint8_t)(*at + option->len);
	return true;
}

/* Of one entry; 0: nobody knows what such flags mean. */
static uint8_t stamp_len(const struct option *option)
{
	switch (option->start[3] & 15) {
	case STAMP_ONLY:
		return 4;
	case STAMP_AND_ADDRESS:
	case STAMP_PRESPECIFIED:
		return 8;
	default:
		return 0;
	}
}

/* It is full if the pointer is behind it; no entry is cut. */
static bool route_is_sound(const struct option *option)
{
	return option->len >= 3 && option->start[2] >= ROUTE_POINTER_MIN &&
	       (option->start[2] > option->len ||
		option->start[2] + 3 <= option->len);
}

static bool stamp_is_sound(const struct option *option)
{
	const uint8_t *start = option->start;

	if (option->len < 4 || start[2] < STAMP_POINTER_MIN)
		return false;
	if (start[2] > option->len)
		return (start[3] & 15) == STAMP_PRESPECIFIED ||
		       start[3] >> 4 < 15;
	return start[2] + 3 <= option->len &&
	       start[2] + stamp_len(option) - 1 <= option->len;
}

/* RFC 791, 3.1: room for less than an entry is an error. */
static bool is_well_formed(const struct option *option)
{
	switch (option->kind) {
	case IP4_OPTION_RECORD_ROUTE:
	case IP4_OPTION_LOOSE_SOURCE_ROUTE:
	case IP4_OPTION_STRICT_SOURCE_ROUTE:
		return route_is_sound(option);
	case IP4_OPTION_TIMESTAMP:
		return stamp_is_sound(option);
	case IP4_OPTION_ROUTER_ALERT:
		return option->len >= 4;
	default:
		return true; /* RFC 1122, 3.2.1.8: others are ignored */
	}
}

static bool is_source_route(const struct option *option)
{
	return option->kind == IP4_OPTION_LOOSE_SOURCE_ROUTE ||
	       option->kind == IP4_OPTION_STRICT_SOURCE_ROUTE;
}

/* Once each: record route, timestamp, and one of the source routes. */
static bool is_repeated(const struct option *option, unsigned *seen)
{
	unsigned bit = is_source_route(option)			 ? 1
		       : option->kind == IP4_OPTION_RECORD_ROUTE ? 2
		       : option->kind == IP4_OPTION_TIMESTAMP	 ? 4
								 : 0;
	bool repeated = *seen & bit;

	*seen |= bit;
	return repeated;
}

static uint32_t address_at(const uint8_t *at)
{
	struct reader r = reader_init(at, 4);

	return reader_u32(&r);
}

/*
 * The stops that are ours as well are passed at once, and not recorded. What
 * has others before it ends here: a host does not forward.
 */
static enum counter follow_source_route(const struct ip *ip,
					const struct option *option,
					uint32_t *dst)
{
	struct pyt_ip stop;

	for (unsigned at = option->start[2]; at + 3 <= option->len; at += 4) {
		*dst = address_at(option->start + at - 1);
		stop = pyt_ip_from_v4(*dst);
		if (!ip_is_local(ip, &stop))
			return COUNTER_IP4_SOURCE_ROUTE_FAILED;
	}
	return COUNTER_NONE;
}

enum counter ip4_options_check(const struct ip *ip,
			       const struct ip4_header *header,
			       uint8_t *fault_at, uint32_t *dst)
{
	uint8_t options[IP4_OPTIONS_LEN_MAX];
	enum counter why = COUNTER_NONE;
	struct option option;
	unsigned seen = 0;
	uint8_t at = 0;
	bool fault;

	memcpy(options, header->options, header->options_len);
	while (next_option(options, header->options_len, &at, &option,
			   &fault)) {
		if (is_source_route(&option) &&
		    !ip->settings.accept_source_route)
			return COUNTER_IP4_SOURCE_ROUTE;
		if (!is_well_formed(&option) || is_repeated(&option, &seen)) {
			*fault_at = (uint8_t)(IP4_HEADER_LEN + at - option.len);
			return COUNTER_IP4_BAD_OPTION;
		}
		if (is_source_route(&option))
			why = follow_source_route(ip, &option, dst);
		if (why != COUNTER_NONE)
			return why;
	}
	*fault_at = (uint8_t)(IP4_HEADER_LEN + at);
	return fault ? COUNTER_IP4_BAD_OPTION : COUNTER_NONE;
}

static void put_u32(uint8_t *to, uint32_t value)
{
	struct writer w = writer_init(to, 4);

	writer_u32(&w, value);
}

/* Our entry, if there is room; the pointer counts from 1. */
static void record_route(struct option *option, uint32_t us)
{
	uint8_t pointer = option->start[2];

	if (pointer < ROUTE_POINTER_MIN || pointer + 3 > option->len)
		return;
	put_u32(option->start + pointer - 1, us);
	option->start[2] = (uint8_t)(pointer + 4);
}

static void record_time(struct option *option, uint32_t us, int64_t now_us)
{
	uint8_t pointer = option->start[2];
	uint8_t flag = option->start[3] & 15;
	uint8_t entry_len = stamp_len(option);
	uint8_t *at = option->start + pointer - 1;

	if (entry_len == 0)
		return;
	if (pointer < STAMP_POINTER_MIN ||
	    pointer + entry_len - 1 > option->len) {
		/* overflow counts, up to 15, who found no room */
		if (flag != STAMP_PRESPECIFIED && option->start[3] >> 4 < 15)
			option->start[3] = (uint8_t)(option->start[3] + 16);
		return;
	}
	if (flag == STAMP_PRESPECIFIED) {
		uint8_t own[4];

		put_u32(own, us);
		if (memcmp(at, own, sizeof(own)) != 0)
			return;
	} else if (flag == STAMP_AND_ADDRESS) {
		put_u32(at, us);
	}
	/* not the time of day, which the engine does not know: high bit */
	put_u32(at + entry_len - 4, 0x80000000 | (uint32_t)(now_us / 1000));
	option->start[2] = (uint8_t)(pointer + entry_len);
}

/*
 * The stops that were passed, the last one first, without the sender, which
 * some put in front. RFC 1122, 3.2.2.6, 4.2.3.8; RFC 1812, 5.3.13.4. Bytes,
 * or 0: it came straight.
 */
static uint8_t reverse_source_route(const struct option *option, uint32_t src,
				    uint8_t *to)
{
	uint8_t end = option->start[2] - 1; /* behind the last one passed */
	uint8_t len = 3;

	if (end > option->len)
		end = option->len;
	end = (uint8_t)(end - (end - 3) % 4); /* a full one may end anywhere */
	for (; end >= 7; end = (uint8_t)(end - 4)) {
		if (end == 7 && address_at(option->start + 3) == src)
			break;
		memcpy(to + len, option->start + end - 4, 4);
		len = (uint8_t)(len + 4);
	}
	to[0] = option->kind;
	to[1] = len;
	to[2] = ROUTE_POINTER_MIN;
	return len > 3 ? len : 0;
}

/* Bytes of to[] that the answer's has; 0: nothing. */
static uint8_t reflect(struct option *option, const struct packet_in *packet,
		       uint32_t us, uint8_t *to)
{
	if (is_source_route(option))
		return reverse_source_route(option, pyt_ip_to_v4(&packet->src),
					    to);
	if (option->kind == IP4_OPTION_RECORD_ROUTE)
		record_route(option, us);
	else if (option->kind == IP4_OPTION_TIMESTAMP)
		record_time(option, us, packet->now_us);
	else
		return 0;
	memcpy(to, option->start, option->len);
	return option->len;
}

uint8_t ip4_options_copied(const uint8_t *options, uint8_t len,
			   uint8_t to[IP4_OPTIONS_LEN_MAX])
{
	uint8_t from[IP4_OPTIONS_LEN_MAX];
	struct option option;
	uint8_t at = 0, copied = 0;
	bool fault;

	memset(to, 0, IP4_OPTIONS_LEN_MAX);
	if (len == 0)
		return 0;
	memcpy(from, options, len);
	while (next_option(from, len, &at, &option, &fault)) {
		if (!(option.kind & IP4_OPTION_COPIED))
			continue;
		memcpy(to + copied, option.start, option.len);
		copied = (uint8_t)(copied + option.len);
	}
	return (uint8_t)((copied + 3) & ~3);
}

/* ----------------------------------------------------- those of a program */

static bool source_route_is_sound(const struct option *option)
{
	return option->len >= SOURCE_ROUTE_LEN_MIN &&
	       (option->len - 3) % 4 == 0 &&
	       option->start[2] == ROUTE_POINTER_MIN;
}

static bool is_sound(const struct option *option)
{
	if (is_source_route(option))
		return source_route_is_sound(option);
	/* labels: nobody has said what they mean */
	return option->kind != IP4_OPTION_CIPSO && is_well_formed(option);
}

/* Ours to fill: the next entry, but for an address that the program gives. */
static void clear_entry(const struct option *option)
{
	uint8_t at = option->start[2];
	uint8_t len = 4;

	if (option->kind == IP4_OPTION_TIMESTAMP)
		len = stamp_len(option);
	if (option->kind == IP4_OPTION_TIMESTAMP &&
	    (option->start[3] & 15) == STAMP_PRESPECIFIED)
		return;
	if (at <= option->len)
		memset(option->start + at - 1, 0, len);
}

bool ip4_options_accept(uint8_t *options, uint8_t len)
{
	struct option option;
	unsigned seen = 0;
	uint8_t at = 0;
	bool fault;

	if (len % 4 || len > IP4_OPTIONS_LEN_MAX)
		return false;
	while (next_option(options, len, &at, &option, &fault)) {
		if (!is_sound(&option) || is_repeated(&option, &seen))
			return false;
		if (option.kind == IP4_OPTION_RECORD_ROUTE ||
		    option.kind == IP4_OPTION_TIMESTAMP)
			clear_entry(&option);
	}
	memset(options + at, 0, (size_t)(len - at));
	return !fault;
}

bool ip4_options_first_hop(const uint8_t *options, uint8_t len,
			   struct pyt_ip *hop, bool *strict)
{
	uint8_t bytes[IP4_OPTIONS_LEN_MAX];
	struct option option;
	uint8_t at = 0;
	bool fault;

	if (len)
		memcpy(bytes, options, len);
	while (next_option(bytes, len, &at, &option, &fault)) {
		if (!is_source_route(&option))
			continue;
		*hop = pyt_ip_from_v4(address_at(option.start + 3));
		*strict = option.kind == IP4_OPTION_STRICT_SOURCE_ROUTE;
		return true;
	}
	return false;
}

/* The first stop is in the header, the last one is where it ends. */
static void turn_source_route(struct option *option, uint32_t dst)
{
	memmove(option->start + 3, option->start + 7, option->len - 7u);
	put_u32(option->start + option->len - 4, dst);
}

/* The sender is the first of those who record. */
static void record(struct option *option, uint32_t us, int64_t now_us)
{
	if (option->kind == IP4_OPTION_RECORD_ROUTE)
		record_route(option, us);
	else if (option->kind == IP4_OPTION_TIMESTAMP)
		record_time(option, us, now_us);
}

void ip4_options_fill(uint8_t *options, uint8_t len, uint32_t us, uint32_t dst,
		      int64_t now_us)
{
	struct option option;
	uint8_t at = 0;
	bool fault;

	while (next_option(options, len, &at, &option, &fault)) {
		if (is_source_route(&option))
			turn_source_route(&option, dst);
		/* a full one is none that we found no room in */
		else if (option.len > 2 && option.start[2] <= option.len)
			record(&option, us, now_us);
	}
}

static bool parse(const struct packet_in *packet, struct ip4_header *header)
{
	struct reader bytes =
		reader_init(packet->ip_header, packet->ip_header_len);

	return packet->ip_header_len > IP4_HEADER_LEN &&
	       ip4_header_parse_quoted(&bytes, header);
}

uint8_t ip4_options_received(const struct packet_in *packet,
			     uint8_t to[IP4_OPTIONS_LEN_MAX])
{
	struct ip4_header header;
	struct option option;
	uint8_t at = 0;
	bool fault;

	if (!parse(packet, &header))
		return 0;
	memcpy(to, header.options, header.options_len);
	while (next_option(to, header.options_len, &at, &option, &fault))
		record(&option, header.dst, packet->now_us);
	return header.options_len;
}

uint8_t ip4_options_echo(const struct packet_in *packet, uint32_t us,
			 uint8_t to[IP4_OPTIONS_LEN_MAX])
{
	uint8_t from[IP4_OPTIONS_LEN_MAX];
	struct ip4_header header;
	struct option option;
	uint8_t at = 0, len = 0;
	bool fault;

	if (!parse(packet, &header))
		return 0;
	memset(to, 0, IP4_OPTIONS_LEN_MAX);
	memcpy(from, header.options, header.options_len);
	while (next_option(from, header.options_len, &at, &option, &fault))
		len = (uint8_t)(len + reflect(&option, packet, us, to + len));
	return (uint8_t)((len + 3) & ~3);
}

void ip4_options_take(struct ip_extensions *e, const uint8_t *options,
		      uint8_t len)
{
	bool strict;

	if (len == 0)
		return;
	memcpy(e->ip4, options, len);
	e->header[PYT_EXTENSION_IP4_OPTIONS] = e->ip4;
	e->len[PYT_EXTENSION_IP4_OPTIONS] = len;
	e->detours = ip4_options_first_hop(e->ip4, len, &e->first_hop, &strict);
}
