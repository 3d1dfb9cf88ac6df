#include "unit.h"

#include <netinet/in.h>

#include "base/checksum.h"
#include "udp/udp.h"

static void *test_alloc(void *context, size_t len)
{
	return calloc(1, len);
}

static void test_free(void *context, void *memory, size_t len)
{
	free(memory);
}

static struct engine engine = {
	.allocator = { .alloc = test_alloc, .free = test_free },
};
static struct pyt_frame frame;

/* A packet as IP delivers it, from 10.0.0.1 to 10.0.0.2. */
static struct packet_in packet_of(const uint8_t *bytes, size_t len)
{
	return (struct packet_in){
		.frame = &frame,
		.src = pyt_ip_from_v4(0x0a000001),
		.dst = pyt_ip_from_v4(0x0a000002),
		.protocol = IPPROTO_UDP,
		.payload = reader_init(bytes, len),
	};
}

/* What the wire carries: the checksum finished. */
static struct packet_out *built(const char *text)
{
	struct iovec iov = { (void *)(uintptr_t)text, strlen(text) };
	struct udp_output output = {
		.src = pyt_ip_from_v4(0x0a000001),
		.dst = pyt_ip_from_v4(0x0a000002),
		.src_port = 1000,
		.dst_port = 53,
		.iov = &iov,
		.iov_count = 1,
		.len = (uint32_t)strlen(text),
	};
	struct packet_out *packet = udp_build(&engine, &output);
	uint16_t sum;

	ck_assert_ptr_nonnull(packet);
	ck_assert_int_eq(packet->csum, PYT_CSUM_PARTIAL);
	sum = checksum_finish(checksum_add(0, packet->data, packet->len));
	packet->data[6] = (uint8_t)(sum >> 8);
	packet->data[7] = (uint8_t)sum;
	return packet;
}

START_TEST(what_is_built_is_accepted)
{
	struct packet_out *out = built("hello");
	struct packet_in in = packet_of(out->data, out->len);
	struct udp_datagram datagram;

	ck_assert_int_eq(udp_input(&in, &datagram), COUNTER_NONE);
	ck_assert_int_eq(datagram.header.src_port, 1000);
	ck_assert_int_eq(datagram.header.dst_port, 53);
	ck_assert_int_eq(datagram.payload.left, 5);
	ck_assert_mem_eq(datagram.payload.at, "hello", 5);
	packet_destroy(&engine, out);
}
END_TEST

START_TEST(one_wrong_bit_fails_the_checksum)
{
	struct packet_out *out = built("hello");
	struct packet_in in = packet_of(out->data, out->len);
	struct udp_datagram datagram;

	out->data[9] ^= 1;
	ck_assert_int_eq(udp_input(&in, &datagram), COUNTER_UDP_CHECKSUM);
	in.csum_trusted = true;
	ck_assert_int_eq(udp_input(&in, &datagram), COUNTER_NONE);
	packet_destroy(&engine, out);
}
END_TEST

START_TEST(zero_checksum_is_none)
{
	struct packet_out *out = built("hello");
	struct packet_in in = packet_of(out->data, out->len);
	struct udp_datagram datagram;

	out->data[6] = out->data[7] = 0;
	ck_assert_int_eq(udp_input(&in, &datagram), COUNTER_NONE);
	ck_assert(datagram.unchecked);
	in.csum_trusted = true;
	ck_assert_int_eq(udp_input(&in, &datagram), COUNTER_NONE);
	ck_assert(!datagram.unchecked);
	packet_destroy(&engine, out);
}
END_TEST

START_TEST(impossible_lengths_are_dropped_and_padding_is_cut)
{
	struct packet_out *out = built("hello");
	struct packet_in in = packet_of(out->data, 7);
	struct udp_datagram datagram;
	uint8_t padded[32] = { 0 };

	ck_assert_int_eq(udp_input(&in, &datagram), COUNTER_UDP_SHORT);
	in = packet_of(out->data, out->len - 1);
	ck_assert_int_eq(udp_input(&in, &datagram), COUNTER_UDP_LENGTH);

	memcpy(padded, out->data, out->len);
	in = packet_of(padded, sizeof(padded));
	ck_assert_int_eq(udp_input(&in, &datagram), COUNTER_NONE);
	ck_assert_int_eq(datagram.payload.left, 5);
	padded[5] = 7;
	ck_assert_int_eq(udp_input(&in, &datagram), COUNTER_UDP_LENGTH);
	packet_destroy(&engine, out);
}
END_TEST

START_TEST(gather_skips_and_joins_pieces)
{
	struct iovec iov[] = { { "abc", 3 }, { "", 0 }, { "defg", 4 } };
	uint8_t to[4] = { 0 };

	udp_gather(to, iov, 3, 2, 4);
	ck_assert_mem_eq(to, "cdef", 4);
	udp_gather(to, iov, 3, 3, 2);
	ck_assert_mem_eq(to, "deef", 4);
}
END_TEST

UNIT_MAIN("udp", what_is_built_is_accepted, one_wrong_bit_fails_the_checksum,
	  zero_checksum_is_none,
	  impossible_lengths_are_dropped_and_padding_is_cut,
	  gather_skips_and_joins_pieces)
