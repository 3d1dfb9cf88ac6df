#include "unit.h"

#include <stdio.h>

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

/* Options of SYNs that Linux 6.18 sent, with the sysctls given. */
static const struct {
	struct tcp_header header;
	const char *options; /* as captured */
} linux_syns[] = {
	{ { .mss = 1460,
	    .sack_permitted = true,
	    .has_timestamp = true,
	    .ts_value = 0xe0fb02fe,
	    .has_wscale = true,
	    .wscale = 10 },
	  "020405b40402080ae0fb02fe000000000103030a" },
	{ { .mss = 1460,
	    .sack_permitted = true,
	    .has_timestamp = true,
	    .ts_value = 0x6509a21c,
	    .ts_echo = 0xe0fb02fe,
	    .has_wscale = true,
	    .wscale = 10 }, /* a SYN-ACK */
	  "020405b40402080a6509a21ce0fb02fe0103030a" },
	{ { .mss = 1460,
	    .sack_permitted = true,
	    .has_wscale = true,
	    .wscale = 10 }, /* tcp_timestamps=0 */
	  "020405b4010104020103030a" },
	{ { .mss = 1460, .has_wscale = true, .wscale = 10 },
	  "020405b40103030a" }, /* and tcp_sack=0 */
	{ { .mss = 1460 }, "020405b4" }, /* tcp_window_scaling=0 */
	{ { .mss = 1460, .has_timestamp = true, .ts_value = 0x155ada37 },
	  "020405b40101080a155ada3700000000" },
	{ { .mss = 1460,
	    .has_timestamp = true,
	    .ts_value = 0xa2c7759f,
	    .has_wscale = true,
	    .wscale = 10 }, /* tcp_sack=0 */
	  "020405b40101080aa2c7759f000000000103030a" },
	{ { .mss = 1460,
	    .sack_permitted = true,
	    .has_timestamp = true,
	    .ts_value = 0x0e8c027f },
	  "020405b40402080a0e8c027f00000000" },
	{ { .mss = 1460,
	    .sack_permitted = true,
	    .has_timestamp = true,
	    .ts_value = 0xa58f835b,
	    .has_wscale = true,
	    .wscale = 10,
	    .has_fastopen = true }, /* asks for a cookie */
	  "020405b40402080aa58f835b000000000103030a22020101" },
	{ { .mss = 1460,
	    .sack_permitted = true,
	    .has_timestamp = true,
	    .ts_value = 0xbb8b0579,
	    .has_wscale = true,
	    .wscale = 10,
	    .has_fastopen = true,
	    .fastopen_len = 8,
	    .fastopen = { 0xc5, 0xac, 0x59, 0xa5, 0xfe, 0x2b, 0xd6, 0x5b } },
	  "020405b40402080abb8b0579000000000103030a"
	  "220ac5ac59a5fe2bd65b0101" },
};

START_TEST(syns_look_as_those_of_linux)
{
	for (size_t i = 0; i < sizeof(linux_syns) / sizeof(*linux_syns); i++) {
		struct tcp_header header = linux_syns[i].header;
		uint8_t bytes[TCP_HEADER_LEN_MAX];
		char text[2 * TCP_HEADER_LEN_MAX + 1] = "";
		size_t len;

		header.flags = TCP_SYN;
		len = tcp_header_build(&header, bytes);
		for (size_t j = TCP_HEADER_LEN_MIN; j < len; j++)
			sprintf(text + 2 * (j - TCP_HEADER_LEN_MIN), "%02x",
				bytes[j]);
		ck_assert_str_eq(text, linux_syns[i].options);
		ck_assert_uint_eq(bytes[12] >> 4, len / 4);
	}
}
END_TEST

START_TEST(cookies_of_impossible_lengths_are_none)
{
	static const uint8_t lengths[] = { 3, 4, 5, 7, 19, 20 };

	for (size_t i = 0; i < sizeof(lengths); i++) {
		uint8_t bytes[44] = { [12] = 11 << 4,
				      [13] = TCP_SYN,
				      [20] = 34,
				      [21] = lengths[i] };
		struct tcp_header header;

		ck_assert(parse(bytes, sizeof(bytes), &header));
		ck_assert(!header.has_fastopen);
	}
}
END_TEST

START_TEST(longest_cookie_still_fits_a_syn)
{
	struct tcp_header in = { .flags = TCP_SYN,
				 .mss = 1460,
				 .sack_permitted = true,
				 .has_timestamp = true,
				 .has_wscale = true,
				 .has_fastopen = true,
				 .fastopen_len = 16 };
	uint8_t bytes[TCP_HEADER_LEN_MAX];
	struct tcp_header out;

	ck_assert_uint_eq(tcp_header_build(&in, bytes), TCP_HEADER_LEN_MAX);
	ck_assert(parse(bytes, TCP_HEADER_LEN_MAX, &out));
	ck_assert_uint_eq(out.fastopen_len, 16);
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
	  syn_options_stand_in_linux_order, syns_look_as_those_of_linux,
	  cookies_of_impossible_lengths_are_none,
	  longest_cookie_still_fits_a_syn,
	  impossible_option_lengths_end_the_options, short_headers_are_refused,
	  random_bytes_do_no_harm, eight_quoted_bytes_name_the_connection)
