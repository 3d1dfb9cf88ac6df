#include "unit.h"

#include "base/checksum.h"

/* RFC 1071, 4.1: 16 bits at a time. */
static uint16_t reference(const uint8_t *bytes, size_t len)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? bytes[i] : (uint64_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

START_TEST(the_example_of_rfc_1071_sums_up)
{
	static const uint8_t bytes[] = { 0x00, 0x01, 0xf2, 0x03,
					 0xf4, 0xf5, 0xf6, 0xf7 };

	ck_assert_uint_eq(checksum_fold(checksum_add(0, bytes, 8)), 0xddf2);
	ck_assert_uint_eq(checksum_finish(checksum_add(0, bytes, 8)), 0x220d);
}
END_TEST

START_TEST(every_length_and_alignment_agrees_with_the_reference)
{
	uint8_t bytes[300];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 151 + 0xf0);
	for (size_t start = 0; start < 9; start++) {
		for (size_t len = 0; len < 280; len++)
			ck_assert_uint_eq(checksum_fold(checksum_add(
						  0, bytes + start, len)),
					  reference(bytes + start, len));
	}
}
END_TEST

START_TEST(carries_of_all_ones_come_back_in)
{
	uint8_t bytes[256];

	memset(bytes, 0xff, sizeof(bytes));
	for (size_t len = 2; len <= sizeof(bytes); len += 2)
		ck_assert_uint_eq(checksum_fold(checksum_add(0, bytes, len)),
				  0xffff);
}
END_TEST

START_TEST(partial_sums_add_in_any_order)
{
	static const uint8_t bytes[] = "partial sums fold and add";
	uint64_t whole = checksum_add(0, bytes, 24);
	uint64_t parts = checksum_add(0, bytes + 10, 14);

	parts = checksum_add(parts, bytes, 10);
	ck_assert_uint_eq(checksum_fold(whole), checksum_fold(parts));
}
END_TEST

START_TEST(pseudo_headers_of_both_families_count)
{
	struct pyt_ip a4 = pyt_ip_from_v4(0x0a000001);
	struct pyt_ip b4 = pyt_ip_from_v4(0x0a000002);
	struct pyt_ip a6, b6;

	ck_assert(pyt_ip_parse("fd00::1", &a6));
	ck_assert(pyt_ip_parse("fd00::2", &b6));
	ck_assert_uint_eq(
		checksum_fold(checksum_pseudo_header(&a4, &b4, 6, 20)),
		0x1400 + 3 + 6 + 20);
	ck_assert_uint_eq(
		checksum_fold(checksum_pseudo_header(&a6, &b6, 6, 20)),
		(0xfd00 * 2 + 3 + 6 + 20) % 0xffff);
}
END_TEST

UNIT_MAIN("checksum", the_example_of_rfc_1071_sums_up,
	  every_length_and_alignment_agrees_with_the_reference,
	  carries_of_all_ones_come_back_in, partial_sums_add_in_any_order,
	  pseudo_headers_of_both_families_count)
