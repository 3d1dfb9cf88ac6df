/* IPv4 options: checked, reflected, copied. RFC 791, 3.1; RFC 7126. */
#include <string.h>

#include "base/writer.h"
#include "ip/ip_internal.h"

#define ROUTE_POINTER_MIN 4
#define STAMP_POINTER_MIN 5
#define STAMP_ONLY 0 /* flags of the timestamp option */
#define STAMP_AND_ADDRESS 1
#define STAMP_PRESPECIFIED 3

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

static bool is_well_formed(const struct option *option)
{
	switch (option->kind) {
	case IP4_OPTION_RECORD_ROUTE:
		return option->len >= 3 &&
		       option->start[2] >= ROUTE_POINTER_MIN;
	case IP4_OPTION_TIMESTAMP:
		return option->len >= 4 &&
		       option->start[2] >= STAMP_POINTER_MIN;
	case IP4_OPTION_ROUTER_ALERT:
		return option->len == 4;
	default:
		return true; /* RFC 1122, 3.2.1.8: others are ignored */
	}
}

enum counter ip4_options_check(const struct ip *ip,
			       const struct ip4_header *header,
			       uint8_t *fault_at)
{
	uint8_t options[IP4_OPTIONS_LEN_MAX];
	struct option option;
	uint8_t at = 0;
	bool fault;

	memcpy(options, header->options, header->options_len);
	while (next_option(options, header->options_len, &at, &option,
			   &fault)) {
		if ((option.kind == IP4_OPTION_LOOSE_SOURCE_ROUTE ||
		     option.kind == IP4_OPTION_STRICT_SOURCE_ROUTE) &&
		    !ip->settings.accept_source_route)
			return COUNTER_IP4_SOURCE_ROUTE;
		if (!is_well_formed(&option)) {
			*fault_at = (uint8_t)(IP4_HEADER_LEN + at - option.len);
			return COUNTER_IP4_BAD_OPTION;
		}
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
	uint8_t entry_len = flag == STAMP_ONLY ? 4 : 8;
	uint8_t *at = option->start + pointer - 1;

	if (pointer < STAMP_POINTER_MIN ||
	    pointer + entry_len - 1 > option->len) {
		/* overflow counts, up to 15, who found no room */
		if (option->start[3] >> 4 < 15)
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

uint8_t ip4_options_reflect(const struct ip4_header *header, uint32_t us,
			    int64_t now_us, uint8_t to[IP4_OPTIONS_LEN_MAX])
{
	uint8_t from[IP4_OPTIONS_LEN_MAX];
	struct option option;
	uint8_t at = 0, len = 0;
	bool fault;

	memcpy(from, header->options, header->options_len);
	memset(to, 0, IP4_OPTIONS_LEN_MAX);
	while (next_option(from, header->options_len, &at, &option, &fault)) {
		if (option.kind != IP4_OPTION_RECORD_ROUTE &&
		    option.kind != IP4_OPTION_TIMESTAMP)
			continue;
		if (option.kind == IP4_OPTION_RECORD_ROUTE)
			record_route(&option, us);
		else
			record_time(&option, us, now_us);
		memcpy(to + len, option.start, option.len);
		len = (uint8_t)(len + option.len);
	}
	return (uint8_t)((len + 3) & ~3);
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
