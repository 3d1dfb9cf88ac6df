#include "frames.h"

#include "link/pcapng.h"

static uint8_t file[2048];

static uint32_t word(size_t at)
{
	uint32_t value;

	ck_assert_uint_eq(at % 4, 0);
	memcpy(&value, file + at, sizeof(value));
	return value;
}

START_TEST(a_file_begins_with_a_section_and_an_interface)
{
	size_t len =
		pcapng_start(file, 256, PYT_MEDIUM_ETHERNET, "pyt0", "libpyt");
	size_t interface = word(4);

	ck_assert_uint_gt(len, 0);
	ck_assert_uint_eq(word(0), 0x0a0d0d0a);
	ck_assert_uint_eq(word(8), 0x1a2b3c4d);
	ck_assert_uint_eq(word(interface - 4), interface);
	ck_assert_uint_eq(word(interface), 1);
	ck_assert_uint_eq(word(interface + 8), 1);
	ck_assert_uint_eq(interface + word(interface + 4), len);
	ck_assert_uint_eq(word(len - 4), word(interface + 4));

	pcapng_start(file, 256, PYT_MEDIUM_IP, "pyt0", "libpyt");
	ck_assert_uint_eq(word(interface + 8), 101);
}
END_TEST

START_TEST(a_packet_is_one_block_with_its_length_at_both_ends)
{
	struct pcapng_packet packet = { .time_ns = 0x123456789abcdef0,
					.is_outbound = true };

	for (packet.len = 0; packet.len < 10; packet.len++) {
		size_t len = pcapng_packet(file, sizeof(file), &packet);

		ck_assert_uint_eq(len % 4, 0);
		ck_assert_uint_eq(word(0), 6);
		ck_assert_uint_eq(word(4), len);
		ck_assert_uint_eq(word(len - 4), len);
		ck_assert_uint_eq(word(12), 0x12345678);
		ck_assert_uint_eq(word(16), 0x9abcdef0);
		ck_assert_uint_eq(word(20), packet.len);
		ck_assert_uint_eq(word(24), packet.len);
	}
}
END_TEST

START_TEST(the_packets_bytes_are_left_where_they_lie)
{
	struct pcapng_packet packet = { .len = 5, .comment = "why" };

	memcpy(file + PCAPNG_HEADER_LEN, "bytes", 5);
	ck_assert_uint_gt(pcapng_packet(file, sizeof(file), &packet), 0);
	ck_assert_mem_eq(file + PCAPNG_HEADER_LEN, "bytes\0\0\0", 8);
	ck_assert_uint_eq(word(36), 2 | 4 << 16); /* direction */
	ck_assert_uint_eq(word(40), 1); /* inbound */
	ck_assert_uint_eq(word(44), 1 | 3 << 16); /* comment */
	ck_assert_mem_eq(file + 48, "why", 4);
	ck_assert_uint_eq(word(52), 0);
}
END_TEST

START_TEST(the_longest_comment_fits_and_a_longer_one_is_cut)
{
	char comment[PCAPNG_COMMENT_MAX * 2 + 1];
	struct pcapng_packet packet = { .len = 61, .comment = comment };

	memset(comment, 'x', sizeof(comment));
	comment[sizeof(comment) - 1] = '\0';
	ck_assert_uint_gt(pcapng_packet(file, 61 + PCAPNG_OVERHEAD, &packet),
			  0);
	ck_assert_uint_eq(pcapng_packet(file, 100, &packet), 0);
}
END_TEST

START_TEST(a_filler_has_the_length_that_was_asked_for)
{
	ck_assert_uint_eq(pcapng_filler(file, sizeof(file), 0), 0);
	ck_assert_uint_eq(pcapng_filler(file, sizeof(file), 8), 0);
	ck_assert_uint_eq(pcapng_filler(file, sizeof(file), 14), 0);
	ck_assert_uint_eq(pcapng_filler(file, 12, 16), 0);
	for (size_t len = PCAPNG_FILLER_MIN; len < 40; len += 4) {
		ck_assert_uint_eq(pcapng_filler(file, sizeof(file), len), len);
		ck_assert_uint_ge(word(0), 0x80000000); /* for local use */
		ck_assert_uint_eq(word(4), len);
		ck_assert_uint_eq(word(len - 4), len);
	}
}
END_TEST

UNIT_MAIN("pcapng", a_file_begins_with_a_section_and_an_interface,
	  a_packet_is_one_block_with_its_length_at_both_ends,
	  the_packets_bytes_are_left_where_they_lie,
	  the_longest_comment_fits_and_a_longer_one_is_cut,
	  a_filler_has_the_length_that_was_asked_for)
