#include "unit.h"

#include <string.h>

#include "wire/ip6.h"
#include "wire/ip6_chain.h"

static const struct ip6_chain_limits limits = {
	.headers_max = 8,
	.hop_by_hop_options_max = 8,
	.destination_options_max = 8,
	.hop_by_hop_len_max = 2048,
	.destination_len_max = 2048,
};

static enum ip6_chain_end walk(uint8_t first, const uint8_t *bytes, size_t len,
			       struct ip6_chain *chain)
{
	*chain = (struct ip6_chain){ .limits = limits };
	return ip6_chain_walk(reader_init(bytes, len), first, chain);
}

START_TEST(a_header_that_was_built_is_read_back)
{
	struct ip6_header header = { .tclass = 0xb9,
				     .flow_label = 0xfabcd,
				     .payload_len = 3,
				     .next_header = 17,
				     .hop_limit = 64,
				     .src = { { 0xfd, [15] = 1 } },
				     .dst = { { 0xfe, 0x80, [15] = 2 } } };
	uint8_t bytes[IP6_HEADER_LEN + 8] = { 0 };
	struct reader r = reader_init(bytes, sizeof(bytes));
	struct ip6_header parsed;

	ip6_header_build(bytes, &header);
	ck_assert_int_eq(ip6_header_parse(&r, &parsed), IP6_FAULT_NONE);
	ck_assert_uint_eq(parsed.tclass, 0xb9);
	ck_assert_uint_eq(parsed.flow_label, 0xfabcd);
	ck_assert_uint_eq(parsed.next_header, 17);
	ck_assert_uint_eq(parsed.hop_limit, 64);
	ck_assert(pyt_ip_equal(&parsed.src, &header.src));
	ck_assert(pyt_ip_equal(&parsed.dst, &header.dst));
	ck_assert_uint_eq(r.left, 3); /* padding is cut */
}
END_TEST

START_TEST(a_broken_header_is_named)
{
	uint8_t bytes[IP6_HEADER_LEN + 4] = { 0x60, [5] = 4, [6] = 59 };
	struct ip6_header header;
	struct reader r;

	for (size_t len = 0; len < sizeof(bytes); len++) {
		r = reader_init(bytes, len);
		ck_assert_int_eq(ip6_header_parse(&r, &header),
				 IP6_FAULT_SHORT);
		ck_assert_uint_eq(r.left, len);
	}
	r = reader_init(bytes, sizeof(bytes));
	ck_assert_int_eq(ip6_header_parse(&r, &header), IP6_FAULT_NONE);
	bytes[0] = 0x50;
	r = reader_init(bytes, sizeof(bytes));
	ck_assert_int_eq(ip6_header_parse(&r, &header), IP6_FAULT_VERSION);
	bytes[0] = 0x60;
	bytes[5] = bytes[6] = 0; /* length 0, hop-by-hop: RFC 2675 */
	r = reader_init(bytes, sizeof(bytes));
	ck_assert_int_eq(ip6_header_parse(&r, &header), IP6_FAULT_JUMBO);
}
END_TEST

START_TEST(a_chain_ends_at_the_transport)
{
	static const uint8_t bytes[] = {
		60, 0, 1, 4, 0, 0, 0, 0, /* hop-by-hop, PadN */
		43, 0, 1, 4, 0, 0, 0, 0, /* destination */
		60, 0, 0, 0, 0, 0, 0, 0, /* routing, all segments done */
		17, 0, 1, 4, 0, 0, 0, 0, /* destination */
		1,  2,
	};
	struct ip6_chain chain;

	ck_assert_int_eq(walk(IP6_HOP_BY_HOP, bytes, sizeof(bytes), &chain),
			 IP6_CHAIN_TRANSPORT);
	ck_assert_uint_eq(chain.protocol, 17);
	ck_assert_uint_eq(chain.payload.left, 2);
	ck_assert_uint_eq(chain.hop_by_hop_at, 40);
	ck_assert_uint_eq(chain.destination_at[0], 48);
	ck_assert_uint_eq(chain.routing_at, 56);
	ck_assert_uint_eq(chain.destination_at[1], 64);
	ck_assert_uint_eq(chain.next_header_at, 64);
	for (size_t len = 0; len < sizeof(bytes) - 2; len++)
		ck_assert_int_eq(walk(IP6_HOP_BY_HOP, bytes, len, &chain),
				 IP6_CHAIN_SHORT);
	ck_assert_int_eq(walk(IP6_NONE, bytes, 2, &chain), IP6_CHAIN_NOTHING);
}
END_TEST

START_TEST(hop_by_hop_options_come_first_or_not_at_all)
{
	static const uint8_t bytes[] = { 0,  0, 1, 4, 0, 0, 0, 0,
					 17, 0, 1, 4, 0, 0, 0, 0 };
	struct ip6_chain chain;

	ck_assert_int_eq(walk(IP6_DESTINATION, bytes, sizeof(bytes), &chain),
			 IP6_CHAIN_BAD_ORDER);
	ck_assert_uint_eq(chain.fault_at, 40); /* what names it */
}
END_TEST

START_TEST(an_options_high_bits_say_what_to_do)
{
	uint8_t bytes[] = { 17, 0, 0, 0, 0x1e, 2, 0, 0 };
	struct ip6_chain chain;

	ck_assert_int_eq(walk(IP6_DESTINATION, bytes, sizeof(bytes), &chain),
			 IP6_CHAIN_TRANSPORT);
	for (unsigned action = 1; action < 4; action++) {
		bytes[4] = (uint8_t)(action << 6 | 0x1e);
		ck_assert_int_eq(
			walk(IP6_DESTINATION, bytes, sizeof(bytes), &chain),
			IP6_CHAIN_BAD_OPTION);
		ck_assert_uint_eq(ip6_option_action(chain.fault_type), action);
		ck_assert_uint_eq(chain.fault_at, 44);
	}
}
END_TEST

START_TEST(a_router_alert_is_noticed_in_hop_by_hop_options)
{
	static const uint8_t bytes[] = { 17, 0, 5, 2, 0, 7, 1, 0 };
	struct ip6_chain chain;

	ck_assert_int_eq(walk(IP6_HOP_BY_HOP, bytes, sizeof(bytes), &chain),
			 IP6_CHAIN_TRANSPORT);
	ck_assert(chain.router_alert);
	ck_assert_uint_eq(chain.router_alert_value, 7);
	walk(IP6_DESTINATION, bytes, sizeof(bytes), &chain);
	ck_assert(!chain.router_alert);
}
END_TEST

START_TEST(segments_left_are_not_for_a_host)
{
	uint8_t bytes[] = { 17, 0, 0, 1, 0, 0, 0, 0 };
	struct ip6_chain chain;

	for (unsigned type = 0; type < 256; type++) {
		bytes[2] = (uint8_t)type;
		bytes[3] = 1;
		ck_assert_int_eq(
			walk(IP6_ROUTING, bytes, sizeof(bytes), &chain),
			IP6_CHAIN_BAD_ROUTING);
		ck_assert_uint_eq(chain.fault_at, 42); /* the type */
		bytes[3] = 0;
		ck_assert_int_eq(
			walk(IP6_ROUTING, bytes, sizeof(bytes), &chain),
			IP6_CHAIN_TRANSPORT);
	}
}
END_TEST

static enum ip6_chain_end walk_destinations(int count)
{
	uint8_t bytes[8 * 20] = { 0 };
	struct ip6_chain chain;

	for (int i = 0; i < count; i++) {
		bytes[8 * i] = i + 1 < count ? IP6_DESTINATION : 17;
		bytes[8 * i + 2] = 1; /* PadN */
		bytes[8 * i + 3] = 4;
	}
	return walk(IP6_DESTINATION, bytes, (size_t)count * 8, &chain);
}

START_TEST(the_number_of_headers_is_bounded)
{
	ck_assert_int_eq(walk_destinations(8), IP6_CHAIN_TRANSPORT);
	ck_assert_int_eq(walk_destinations(9), IP6_CHAIN_TOO_LONG);
}
END_TEST

/* count options of 2 bytes, in one header. */
static enum ip6_chain_end walk_options(int count, uint8_t type)
{
	uint8_t bytes[8 * 8] = { 17 };
	uint8_t len = (uint8_t)((2 + 2 * count + 7) / 8);
	struct ip6_chain chain;

	bytes[1] = (uint8_t)(len - 1);
	for (int i = 0; i < count; i++)
		bytes[2 + 2 * i] = type;
	return walk(IP6_DESTINATION, bytes, len * 8u, &chain);
}

START_TEST(the_number_of_options_is_bounded)
{
	ck_assert_int_eq(walk_options(7, 0x1e), IP6_CHAIN_TRANSPORT);
	ck_assert_int_eq(walk_options(8, 0x1e), IP6_CHAIN_TRANSPORT);
	ck_assert_int_eq(walk_options(9, 0x1e), IP6_CHAIN_TOO_LONG);
}
END_TEST

START_TEST(padding_is_short_and_zero)
{
	static const uint8_t covert[] = { 17, 0, 1, 4, 0, 9, 0, 0 };
	static const uint8_t long_one[] = { 17, 1, 1, 12, 0, 0, 0, 0,
					    0,	0, 0, 0,  0, 0, 0, 0 };
	struct ip6_chain chain;

	ck_assert_int_eq(walk(IP6_DESTINATION, covert, sizeof(covert), &chain),
			 IP6_CHAIN_TOO_LONG);
	ck_assert_int_eq(
		walk(IP6_DESTINATION, long_one, sizeof(long_one), &chain),
		IP6_CHAIN_TOO_LONG);
}
END_TEST

START_TEST(a_fragment_header_stops_the_walk_and_lets_it_resume)
{
	static const uint8_t bytes[] = {
		44, 0, 1,    4,	   0, 0, 0, 0, /* destination */
		60, 0, 0x12, 0x31, 1, 2, 3, 4, /* fragment */
		6,  0, 1,    4,	   0, 0, 0, 0, 9,
	};
	struct ip6_chain chain;

	ck_assert_int_eq(walk(IP6_DESTINATION, bytes, sizeof(bytes), &chain),
			 IP6_CHAIN_FRAGMENT);
	ck_assert_uint_eq(chain.fragment.offset, 0x1230);
	ck_assert(chain.fragment.more);
	ck_assert_uint_eq(chain.fragment.id, 0x01020304);
	ck_assert_uint_eq(chain.fragment_at, 48);
	ck_assert_uint_eq(chain.protocol, IP6_DESTINATION);
	ck_assert_int_eq(ip6_chain_resume(&chain, 56), IP6_CHAIN_TRANSPORT);
	ck_assert_uint_eq(chain.protocol, 6);
	ck_assert_uint_eq(chain.payload.left, 1);
}
END_TEST

START_TEST(addresses_are_told_by_their_form)
{
	static const uint8_t mac[6] = { 0x02, 1, 2, 3, 4, 5 };
	char text[PYT_IP_TEXT_MAX];
	struct pyt_ip ip = ip6_link_local_of_mac(mac);

	ck_assert_str_eq(pyt_ip_format(&ip, text), "fe80::1:2ff:fe03:405");
	ck_assert(ip6_is_link_local(&ip));
	ck_assert(ip6_needs_zone(&ip));
	ip = ip6_solicited_node(&ip);
	ck_assert_str_eq(pyt_ip_format(&ip, text), "ff02::1:ff03:405");
	ck_assert(ip6_needs_zone(&ip));
	ck_assert_int_eq(ip6_scope(&ip), IP6_SCOPE_LINK);
	ck_assert(pyt_ip_parse("ff0e::1", &ip));
	ck_assert(!ip6_needs_zone(&ip));
	ck_assert_int_eq(ip6_scope(&ip), IP6_SCOPE_GLOBAL);
	ck_assert(pyt_ip_parse("fd00::1", &ip));
	ck_assert_int_eq(ip6_scope(&ip), IP6_SCOPE_GLOBAL);
	ck_assert(pyt_ip_parse("fec0::1", &ip));
	ck_assert(!ip6_is_link_local(&ip));
}
END_TEST

UNIT_MAIN("ip6", a_header_that_was_built_is_read_back, a_broken_header_is_named,
	  a_chain_ends_at_the_transport,
	  hop_by_hop_options_come_first_or_not_at_all,
	  an_options_high_bits_say_what_to_do,
	  a_router_alert_is_noticed_in_hop_by_hop_options,
	  segments_left_are_not_for_a_host, the_number_of_headers_is_bounded,
	  the_number_of_options_is_bounded, padding_is_short_and_zero,
	  a_fragment_header_stops_the_walk_and_lets_it_resume,
	  addresses_are_told_by_their_form)
