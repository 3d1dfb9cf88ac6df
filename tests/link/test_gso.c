#include "frames.h"

#include <errno.h>

#include "link/gso.h"

#define SIZE 2048

static uint8_t payload[65536], out[SIZE];
static struct pyt_frame frame;
static struct gso gso;

START_TEST(segments_carry_all_the_payload_in_order)
{
	uint32_t at = 0;
	int len, count = 0;

	tcp_frame(&frame, payload, 10000, 1460);
	gso_init(&gso, &frame, PYT_MEDIUM_ETHERNET);
	while ((len = gso_next(&gso, out, SIZE)) > 0) {
		uint32_t n = (uint32_t)len - FRAME_HEADER_LEN;

		ck_assert_uint_le(n, 1460);
		ck_assert_mem_eq(out + FRAME_HEADER_LEN, payload + at, n);
		ck_assert_uint_eq(get_u32(out + 38),
				  (uint32_t)(FRAME_SEQ + at));
		at += n;
		count++;
	}
	ck_assert_uint_eq(at, 10000);
	ck_assert_int_eq(count, 7);
	ck_assert_int_eq(gso_next(&gso, out, SIZE), 0);
}
END_TEST

START_TEST(segments_have_right_lengths_and_checksums)
{
	uint32_t id = 0xffff;
	int len;

	tcp_frame(&frame, payload, 4001, 1001);
	gso_init(&gso, &frame, PYT_MEDIUM_ETHERNET);
	while ((len = gso_next(&gso, out, SIZE)) > 0) {
		ck_assert_uint_eq(get_u16(out + 16), (uint32_t)len - 14);
		ck_assert_uint_eq(get_u16(out + 18), id);
		id = (id + 1) & 0xffff;
		ck_assert_uint_eq(ip_sum(out), 0);
		ck_assert_uint_eq(transport_sum(out, (uint32_t)len), 0);
	}
}
END_TEST

START_TEST(flags_stand_on_the_segments_that_they_belong_to)
{
	static const uint8_t flags[] = { 0x90, 0x10, 0x19 };

	tcp_frame(&frame, payload, 300, 100);
	frame.gso_ecn = true;
	gso_init(&gso, &frame, PYT_MEDIUM_ETHERNET);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(gso_next(&gso, out, SIZE), 154);
		ck_assert_uint_eq(out[47], flags[i]);
	}
	ck_assert_int_eq(gso_next(&gso, out, SIZE), 0);
}
END_TEST

START_TEST(a_plain_frame_gets_its_checksum_and_stays_whole)
{
	struct pyt_ip src, dst;
	uint16_t pseudo;

	tcp_frame(&frame, payload, 101, 0);
	src = pyt_ip_from_v4(get_u32(frame.headers + 26));
	dst = pyt_ip_from_v4(get_u32(frame.headers + 30));
	pseudo = checksum_fold(checksum_pseudo_header(&src, &dst, 6, 121));
	frame.headers[50] = (uint8_t)(pseudo >> 8);
	frame.headers[51] = (uint8_t)pseudo;
	gso_init(&gso, &frame, PYT_MEDIUM_ETHERNET);
	ck_assert_int_eq(gso_next(&gso, out, SIZE), 155);
	ck_assert_uint_eq(transport_sum(out, 155), 0);
	ck_assert_int_eq(gso_next(&gso, out, SIZE), 0);
}
END_TEST

/* With every value of two bytes the sum takes every value, zero included. */
START_TEST(no_tcp_checksum_is_all_ones)
{
	int zeroes = 0;

	for (uint32_t i = 0; i < 65536; i++) {
		tcp_frame(&frame, payload, 4, 2);
		payload[0] = (uint8_t)(i >> 8);
		payload[1] = (uint8_t)i;
		gso_init(&gso, &frame, PYT_MEDIUM_ETHERNET);
		ck_assert_int_gt(gso_next(&gso, out, SIZE), 0);
		ck_assert_uint_ne(get_u16(out + 50), 0xffff);
		zeroes += get_u16(out + 50) == 0;
	}
	ck_assert_int_gt(zeroes, 0);
}
END_TEST

START_TEST(udp_datagrams_are_cut_with_headers_of_their_own)
{
	int len, count = 0;

	tcp_frame(&frame, payload, 2500, 1000);
	frame.headers[23] = 17;
	frame.gso = PYT_GSO_UDP;
	frame.csum_offset = 6;
	gso_init(&gso, &frame, PYT_MEDIUM_ETHERNET);
	while ((len = gso_next(&gso, out, SIZE)) > 0) {
		ck_assert_uint_eq(get_u16(out + 38), (uint32_t)len - 34);
		ck_assert_uint_eq(transport_sum(out, (uint32_t)len), 0);
		count++;
	}
	ck_assert_int_eq(count, 3); /* 2512 bytes behind the UDP header */
}
END_TEST

START_TEST(ip6_over_tun_is_cut_too)
{
	uint8_t bytes[40 + 20 + 250] = { [0] = 0x60, [6] = 6, [7] = 64 };
	struct pyt_frame six = { .part_count = 1, .len = sizeof(bytes) };
	struct pyt_ip src, dst;
	uint64_t sum;
	int len, count = 0;

	bytes[23] = 1;
	bytes[39] = 2;
	bytes[40 + 12] = 0x50;
	six.part[0].iov_base = bytes;
	six.part[0].iov_len = sizeof(bytes);
	six.csum = PYT_CSUM_PARTIAL;
	six.csum_start = 40;
	six.csum_offset = 16;
	six.gso = PYT_GSO_TCP6;
	six.gso_size = 100;
	gso_init(&gso, &six, PYT_MEDIUM_IP);
	while ((len = gso_next(&gso, out, SIZE)) > 0) {
		ck_assert_uint_eq(get_u16(out + 4), (uint32_t)len - 40);
		memcpy(src.bytes, out + 8, 16);
		memcpy(dst.bytes, out + 24, 16);
		sum = checksum_pseudo_header(&src, &dst, 6, (uint32_t)len - 40);
		sum = checksum_add(sum, out + 40, (size_t)len - 40);
		ck_assert_uint_eq(checksum_finish(sum), 0);
		count++;
	}
	ck_assert_int_eq(count, 3);
}
END_TEST

START_TEST(facts_that_contradict_the_bytes_leave_the_frame_whole)
{
	static uint8_t big[PYT_FRAME_LEN_MAX];

	for (int variant = 0; variant < 4; variant++) {
		tcp_frame(&frame, payload, 3000, 1000);
		if (variant == 0)
			frame.csum_start = 60000;
		if (variant == 1)
			frame.headers[46] = 0xf0;
		if (variant == 2)
			frame.headers[46] = 0x10;
		if (variant == 3)
			frame.csum_start = 20;
		gso_init(&gso, &frame, PYT_MEDIUM_ETHERNET);
		ck_assert_int_eq(gso_next(&gso, big, sizeof(big)), 3054);
		ck_assert_int_eq(gso_next(&gso, big, sizeof(big)), 0);
	}
}
END_TEST

START_TEST(what_does_not_fit_is_skipped)
{
	tcp_frame(&frame, payload, 1500, 1000);
	gso_init(&gso, &frame, PYT_MEDIUM_ETHERNET);
	ck_assert_int_eq(gso_next(&gso, out, 1000), -EMSGSIZE);
	ck_assert_int_eq(gso_next(&gso, out, 1000), 554);
	ck_assert_int_eq(gso_next(&gso, out, 1000), 0);
}
END_TEST

UNIT_MAIN("gso", segments_carry_all_the_payload_in_order,
	  segments_have_right_lengths_and_checksums,
	  flags_stand_on_the_segments_that_they_belong_to,
	  a_plain_frame_gets_its_checksum_and_stays_whole,
	  no_tcp_checksum_is_all_ones,
	  udp_datagrams_are_cut_with_headers_of_their_own,
	  ip6_over_tun_is_cut_too,
	  facts_that_contradict_the_bytes_leave_the_frame_whole,
	  what_does_not_fit_is_skipped)
