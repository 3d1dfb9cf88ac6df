#include "unit.h"

#include "wire/arp.h"
#include "wire/ethernet.h"

START_TEST(ethernet_2_is_parsed_as_it_was_built)
{
	struct ethernet_header built = { .dst = { 1, 2, 3, 4, 5, 6 },
					 .src = { 8, 9, 10, 11, 12, 13 },
					 .type = ETHERNET_TYPE_IP4 };
	struct ethernet_header parsed;
	uint8_t frame[20] = { 0 };
	struct reader r = reader_init(frame, sizeof(frame));

	ethernet_header_build(frame, &built);
	ck_assert(ethernet_header_parse(&r, &parsed));
	ck_assert_mem_eq(&parsed, &built, sizeof(built));
	ck_assert_uint_eq(r.left, 6);
}
END_TEST

START_TEST(snap_is_accepted_and_its_padding_cut)
{
	uint8_t frame[60] = { [12] = 0, [13] = 12, 0xaa, 0xaa, 3, 0, 0,
			      0,	8,	   0,	 1,    2, 3, 4 };
	struct reader r = reader_init(frame, sizeof(frame));
	struct ethernet_header header;

	ck_assert(ethernet_header_parse(&r, &header));
	ck_assert_uint_eq(header.type, ETHERNET_TYPE_IP4);
	ck_assert_uint_eq(r.left, 4);
	ck_assert_uint_eq(r.at[0], 1);
}
END_TEST

START_TEST(other_llc_frames_and_short_ones_are_refused)
{
	uint8_t frame[60] = { [12] = 0, [13] = 12, 0x42, 0x42, 3 };
	uint8_t longer[20] = { [12] = 5, [13] = 0, 0xaa, 0xaa, 3 };
	struct ethernet_header header;
	struct reader r = reader_init(frame, sizeof(frame));

	ck_assert(!ethernet_header_parse(&r, &header));
	r = reader_init(longer, sizeof(longer));
	ck_assert(!ethernet_header_parse(&r, &header));
	r = reader_init(frame, 13);
	ck_assert(!ethernet_header_parse(&r, &header));
	ck_assert_uint_eq(r.left, 13);
}
END_TEST

START_TEST(groups_map_to_their_low_23_bits)
{
	static const uint8_t expected[] = { 1, 0, 0x5e, 0x7f, 0xff, 0xfa };
	uint8_t mac[6];

	ethernet_from_group4(0xeffffffa, mac);
	ck_assert_mem_eq(mac, expected, 6);
}
END_TEST

START_TEST(arp_is_parsed_as_it_was_built)
{
	struct arp_packet built, parsed;
	uint8_t bytes[ARP_LEN];
	struct reader r = reader_init(bytes, sizeof(bytes));

	memset(&built, 0, sizeof(built));
	memset(&parsed, 0, sizeof(parsed));
	built.operation = ARP_REPLY;
	built.sender_ip = 0x0a000001;
	built.target_ip = 0x0a000002;
	memcpy(built.sender_mac, "sender", 6);
	memcpy(built.target_mac, "target", 6);
	arp_build(bytes, &built);
	ck_assert(arp_parse(&r, &parsed));
	ck_assert_uint_eq(parsed.operation, built.operation);
	ck_assert_uint_eq(parsed.sender_ip, built.sender_ip);
	ck_assert_uint_eq(parsed.target_ip, built.target_ip);
	ck_assert_mem_eq(parsed.sender_mac, "sender", 6);
	ck_assert_mem_eq(parsed.target_mac, "target", 6);
}
END_TEST

START_TEST(arp_of_other_kinds_is_refused)
{
	static const int places[] = { 1, 3, 4, 5 };
	struct arp_packet arp = { .operation = ARP_REQUEST };
	uint8_t bytes[ARP_LEN];

	for (size_t i = 0; i < 4; i++) {
		struct reader r = reader_init(bytes, sizeof(bytes));

		arp_build(bytes, &arp);
		bytes[places[i]] ^= 0x21;
		ck_assert(!arp_parse(&r, &arp));
	}
}
END_TEST

UNIT_MAIN("ethernet", ethernet_2_is_parsed_as_it_was_built,
	  snap_is_accepted_and_its_padding_cut,
	  other_llc_frames_and_short_ones_are_refused,
	  groups_map_to_their_low_23_bits, arp_is_parsed_as_it_was_built,
	  arp_of_other_kinds_is_refused)
