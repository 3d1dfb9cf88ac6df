#include "unit.h"

#include "wire/ip4.h"

static const uint8_t options[8] = { IP4_OPTION_RECORD_ROUTE, 7, 4 };

static struct ip4_header some_header(void)
{
	return (struct ip4_header){ .tos = 0x2a,
				    .len = 32,
				    .id = 0x1234,
				    .flags = IP4_MORE_FRAGMENTS,
				    .fragment_offset = 1480,
				    .ttl = 63,
				    .protocol = 17,
				    .src = 0x0a000001,
				    .dst = 0x0a000002,
				    .options = options,
				    .options_len = 8 };
}

START_TEST(a_header_is_parsed_as_it_was_built)
{
	struct ip4_header built = some_header(), parsed;
	uint8_t bytes[40];
	struct reader r = reader_init(bytes, sizeof(bytes));

	ip4_header_build(bytes, &built);
	ck_assert_int_eq(ip4_header_parse(&r, &parsed), IP4_FAULT_NONE);
	ck_assert_uint_eq(parsed.tos, built.tos);
	ck_assert_uint_eq(parsed.id, built.id);
	ck_assert_uint_eq(parsed.flags, built.flags);
	ck_assert_uint_eq(parsed.fragment_offset, built.fragment_offset);
	ck_assert_uint_eq(parsed.ttl, built.ttl);
	ck_assert_uint_eq(parsed.protocol, built.protocol);
	ck_assert_uint_eq(parsed.src, built.src);
	ck_assert_uint_eq(parsed.dst, built.dst);
	ck_assert_uint_eq(parsed.options_len, 8);
	ck_assert_mem_eq(parsed.options, options, 8);
	ck_assert_uint_eq(r.left, 4); /* padding of the link is cut */
}
END_TEST

static enum ip4_fault fault_with(int at, uint8_t value, size_t len, bool sum)
{
	struct ip4_header header = some_header();
	uint8_t bytes[40];
	struct reader r = reader_init(bytes, len);

	ip4_header_build(bytes, &header);
	bytes[at] = value;
	if (sum)
		ip4_header_set_checksum(bytes, 28);
	return ip4_header_parse(&r, &header);
}

START_TEST(each_fault_is_told_apart)
{
	ck_assert_int_eq(fault_with(0, 0x47, 19, true), IP4_FAULT_SHORT);
	ck_assert_int_eq(fault_with(0, 0x57, 40, true), IP4_FAULT_VERSION);
	ck_assert_int_eq(fault_with(0, 0x44, 40, true), IP4_FAULT_HEADER_LEN);
	ck_assert_int_eq(fault_with(0, 0x4f, 40, true), IP4_FAULT_HEADER_LEN);
	ck_assert_int_eq(fault_with(8, 1, 40, false), IP4_FAULT_CHECKSUM);
	ck_assert_int_eq(fault_with(3, 27, 40, true), IP4_FAULT_LEN);
	ck_assert_int_eq(fault_with(3, 41, 40, true), IP4_FAULT_SHORT);
}
END_TEST

START_TEST(a_quoted_header_may_be_cut_short)
{
	struct ip4_header built = some_header(), parsed;
	uint8_t bytes[40];
	struct reader r = reader_init(bytes, 30);

	ip4_header_build(bytes, &built);
	bytes[10] ^= 0xff; /* its sum is not looked at */
	ck_assert(ip4_header_parse_quoted(&r, &parsed));
	ck_assert_uint_eq(r.left, 2);
	r = reader_init(bytes, 27);
	ck_assert(!ip4_header_parse_quoted(&r, &parsed));
}
END_TEST

UNIT_MAIN("ip4", a_header_is_parsed_as_it_was_built, each_fault_is_told_apart,
	  a_quoted_header_may_be_cut_short)
