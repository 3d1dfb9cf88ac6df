#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "wire/tcp_header.h"

static bool parse(const void *bytes, size_t len, struct tcp_header *header)
{
	struct reader r = reader_init(bytes, len);

	return tcp_header_parse(&r, header);
}

START_TEST(what_is_built_is_parsed)
{
	struct tcp_header in = {
		.src_port = 1234,
		.dst_port = 80,
		.seq = 0xfffffff0,
		.ack = 7,
		.flags = TCP_ACK | TCP_PSH,
		.window = 4096,
		.urgent = 3,
		.has_timestamp = true,
		.ts_value = 0x80000001,
		.ts_echo = 9,
		.sack_count = 3,
		.sack = { { 1, 2 }, { 3, 4 }, { 5, 6 } },
	};
	uint8_t bytes[TCP_HEADER_LEN_MAX];
	struct tcp_header out;
	size_t len = tcp_header_build(&in, bytes);

	ck_assert_uint_eq(len, 60);
	ck_assert(parse(bytes, len, &out));
	ck_assert_int_eq(memcmp(&in, &out, sizeof(in)), 0);
}
END_TEST

START_TEST(blocks_that_find_no_room_are_left_out)
{
	struct tcp_header in = { .flags = TCP_ACK,
				 .has_timestamp = true,
				 .sack_count = 4 };
	uint8_t bytes[TCP_HEADER_LEN_MAX];
	struct tcp_header out;

	ck_assert_uint_eq(tcp_header_build(&in, bytes), 60);
	ck_assert(parse(bytes, 60, &out));
	ck_assert_uint_eq(out.sack_count, 3);
}
END_TEST

START_TEST(syn_options_stand_in_linux_order)
{
	static const uint8_t expected[] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0,
					    0, 1, 0, 0,	  0, 0, 1, 3,  3, 7 };
	struct tcp_header in = { .flags = TCP_SYN,
				 .mss = 1460,
				 .sack_permitted = true,
				 .has_timestamp = true,
				 .ts_value = 1,
				 .has_wscale = true,
				 .wscale = 7 };
	uint8_t bytes[TCP_HEADER_LEN_MAX];

	ck_assert_uint_eq(tcp_header_build(&in, bytes), 40);
	ck_assert_int_eq(memcmp(bytes + 20, expected, sizeof(expected)), 0);
}
END_TEST

START_TEST(impossible_option_lengths_end_the_options)
{
	static const uint8_t options[][4] = {
		{ 2, 0, 5, 180 }, /* length 0 */
		{ 2, 1, 5, 180 }, /* shorter than itself */
		{ 2, 8, 5, 180 }, /* beyond the header */
		{ 1, 1, 1, 2 }, /* no length byte */
	};
	uint8_t bytes[24] = { [12] = 6 << 4, [13] = TCP_SYN };
	struct tcp_header header;

	for (size_t i = 0; i < 4; i++) {
		memcpy(bytes + 20, options[i], 4);
		ck_assert(parse(bytes, sizeof(bytes), &header));
		ck_assert_uint_eq(header.mss, 0);
	}
}
END_TEST

START_TEST(short_headers_are_refused)
{
	uint8_t bytes[60] = { [12] = 5 << 4 };
	struct tcp_header header = { .seq = 77 };

	ck_assert(!parse(bytes, 19, &header));
	ck_assert_uint_eq(header.seq, 77);
	ck_assert(parse(bytes, 20, &header));
	bytes[12] = 4 << 4;
	ck_assert(!parse(bytes, 60, &header));
	bytes[12] = 15 << 4;
	ck_assert(!parse(bytes, 59, &header));
	ck_assert(parse(bytes, 60, &header));
}
END_TEST

START_TEST(random_bytes_do_no_harm)
{
	uint8_t *bytes = malloc(60);
	struct tcp_header header;

	srand(1);
	for (int i = 0; i < 100000; i++) {
		for (int j = 0; j < 60; j++)
			bytes[j] = (uint8_t)rand();
		bytes[12] |= 0x50;
		parse(bytes, 60, &header);
		ck_assert_uint_le(header.sack_count, TCP_SACK_BLOCKS_MAX);
	}
	free(bytes);
}
END_TEST

START_TEST(eight_quoted_bytes_name_the_connection)
{
	static const uint8_t bytes[8] = { 0, 80, 1, 0, 0, 0, 1, 0 };
	struct reader r = reader_init(bytes, 8), s = reader_init(bytes, 7);
	struct tcp_header header;

	ck_assert(tcp_header_parse_quoted(&r, &header));
	ck_assert_uint_eq(header.src_port, 80);
	ck_assert_uint_eq(header.dst_port, 256);
	ck_assert_uint_eq(header.seq, 256);
	ck_assert(!tcp_header_parse_quoted(&s, &header));
}
END_TEST

START_TEST(signature_options_come_first_and_leave_room_for_the_others)
{
	static const uint8_t md5[] = { 1, 1, 19, 18 };
	static const uint8_t ao[] = { 29, 16, 7, 9 };
	struct tcp_header in = { .flags = TCP_ACK,
				 .has_timestamp = true,
				 .auth = { .kind = TCP_AUTH_AO,
					   .mac_len = 12,
					   .key_id = 7,
					   .next_key_id = 9 },
				 .sack_count = 4 };
	uint8_t bytes[TCP_HEADER_LEN_MAX];
	struct tcp_header out;

	ck_assert_uint_eq(tcp_header_build(&in, bytes), 60);
	ck_assert_mem_eq(bytes + 20, ao, 4);
	ck_assert(parse(bytes, 60, &out));
	ck_assert_int_eq(out.auth.kind, TCP_AUTH_AO);
	ck_assert_uint_eq(out.auth.at, TCP_HEADER_MAC_OFFSET);
	ck_assert_uint_eq(out.auth.mac_len, 12);
	ck_assert_uint_eq(out.auth.next_key_id, 9);
	ck_assert_uint_eq(out.sack_count, 1);

	in.auth =
		(struct tcp_auth_option){ .kind = TCP_AUTH_MD5, .mac_len = 16 };
	in.has_timestamp = false;
	ck_assert_uint_eq(tcp_header_build(&in, bytes), 60);
	ck_assert_mem_eq(bytes + 20, md5, 4);
	ck_assert(parse(bytes, 60, &out));
	ck_assert_int_eq(out.auth.kind, TCP_AUTH_MD5);
	ck_assert_uint_eq(out.sack_count, 2);
}
END_TEST

START_TEST(a_second_signature_is_seen)
{
	uint8_t bytes[TCP_HEADER_LEN_MAX] = {
		[12] = 0xf0, [13] = TCP_ACK, [20] = 19, [21] = 18,
		[38] = 29,   [39] = 16,	     [54] = 29, [55] = 3
	};
	struct tcp_header out;

	ck_assert(parse(bytes, 60, &out));
	ck_assert_uint_eq(out.auth.count, 2);
}
END_TEST

START_TEST(accecn_fields_have_two_orders_and_any_count)
{
	static const uint8_t first[] = { 1, 172, 11, 0x01, 0x02, 0x03,
					 4, 5,	 6,  0xff, 0xff, 0xfe };
	static const uint8_t second[] = { 1, 1, 1, 174, 5, 0xff, 0xff, 0xfe };
	struct tcp_header in = {
		.flags = TCP_ACK,
		.accecn = { .present = true,
			    .count = 3,
			    .bytes = { 0x10203, 0x40506, 0xfffffe } },
	};
	uint8_t bytes[TCP_HEADER_LEN_MAX];
	struct tcp_header out;

	ck_assert_uint_eq(tcp_header_build(&in, bytes), 32);
	ck_assert_mem_eq(bytes + 20, first, sizeof(first));
	ck_assert(parse(bytes, 32, &out));
	ck_assert_mem_eq(&out.accecn, &in.accecn, sizeof(in.accecn));

	in.accecn.ect1_first = true;
	in.accecn.count = 1;
	ck_assert_uint_eq(tcp_header_build(&in, bytes), 28);
	ck_assert_mem_eq(bytes + 20, second, sizeof(second));
	ck_assert(parse(bytes, 28, &out));
	ck_assert_uint_eq(out.accecn.bytes[TCP_ACCECN_ECT1], 0xfffffe);
	ck_assert_uint_eq(out.accecn.count, 1);

	bytes[24] = 2; /* the empty option */
	ck_assert(parse(bytes, 28, &out));
	ck_assert(out.accecn.present);
	ck_assert_uint_eq(out.accecn.count, 0);
}
END_TEST

UNIT_MAIN("tcp_header", what_is_built_is_parsed,
	  signature_options_come_first_and_leave_room_for_the_others,
	  a_second_signature_is_seen,
	  accecn_fields_have_two_orders_and_any_count,
	  blocks_that_find_no_room_are_left_out,
	  syn_options_stand_in_linux_order,
	  impossible_option_lengths_end_the_options, short_headers_are_refused,
	  random_bytes_do_no_harm, eight_quoted_bytes_name_the_connection)
