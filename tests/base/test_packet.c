#include "engine.h"

#include "base/checksum.h"
#include "base/packet.h"

START_TEST(headers_come_in_front_and_the_sum_stays_at_its_byte)
{
	struct test_memory memory;
	struct packet_out *packet;
	struct engine engine;

	test_engine_init(&engine, &memory);
	packet = packet_create(&engine, 8);
	packet->csum = PYT_CSUM_PARTIAL;
	packet->csum_offset = 6;
	memcpy(packet->data, "\0\1\0\2\0\3\0\4", 8);
	ck_assert_ptr_nonnull(packet_push(packet, 20));
	ck_assert_uint_eq(packet->csum_start, 20);
	ck_assert_uint_eq(packet->len, 28);
	packet_finish_checksum(packet);
	ck_assert_uint_eq(packet->data[26] << 8 | packet->data[27],
			  (uint16_t) ~(1 + 2 + 3 + 4));
	ck_assert_int_eq(packet->csum, PYT_CSUM_NONE);
	ck_assert_ptr_null(packet_push(packet, PACKET_HEADROOM - 20 + 1));
	packet_destroy(&engine, packet);
	ck_assert_uint_eq(memory.bytes, 0);
}
END_TEST

START_TEST(every_counter_has_a_name_of_its_own)
{
	for (int i = 0; i < COUNTERS; i++) {
		ck_assert_ptr_nonnull(counter_name((enum counter)i));
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(counter_name((enum counter)i),
					 counter_name((enum counter)j));
	}
}
END_TEST

UNIT_MAIN("packet", headers_come_in_front_and_the_sum_stays_at_its_byte,
	  every_counter_has_a_name_of_its_own)
