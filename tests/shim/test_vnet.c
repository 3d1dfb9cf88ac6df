#include "unit.h"

#include <string.h>

#include "vnet.h"

static uint8_t bytes[200];
static struct pyt_frame frame;
static struct virtio_net_hdr header;

static void received(uint8_t flags, uint8_t gso_type)
{
	memset(&frame, 0xff, sizeof(frame));
	frame.part[0].iov_base = bytes;
	frame.part[0].iov_len = sizeof(bytes);
	frame.part_count = 1;
	frame.len = sizeof(bytes);
	header.flags = flags;
	header.gso_type = gso_type;
	vnet_to_frame(&header, &frame);
}

START_TEST(facts_survive_the_way_out_and_in)
{
	static const enum pyt_gso kinds[] = { PYT_GSO_TCP4, PYT_GSO_TCP6,
					      PYT_GSO_UDP };

	bytes[34 + 12] = 0x80;
	for (size_t i = 0; i < 3; i++) {
		struct pyt_frame out = { .csum = PYT_CSUM_PARTIAL,
					 .csum_start = 34,
					 .csum_offset = i == 2 ? 6 : 16,
					 .gso = kinds[i],
					 .gso_ecn = i == 0,
					 .gso_size = 1448,
					 .gso_header_len = i == 2 ? 42 : 66 };

		vnet_from_frame(&out, &header);
		received(header.flags, header.gso_type);
		ck_assert_int_eq(frame.csum, PYT_CSUM_PARTIAL);
		ck_assert_uint_eq(frame.csum_start, 34);
		ck_assert_uint_eq(frame.csum_offset, out.csum_offset);
		ck_assert_int_eq(frame.gso, out.gso);
		ck_assert_int_eq(frame.gso_ecn, out.gso_ecn);
		ck_assert_uint_eq(frame.gso_size, 1448);
		ck_assert_uint_eq(frame.gso_header_len, out.gso_header_len);
	}
}
END_TEST

START_TEST(a_plain_frame_has_a_header_of_zeros)
{
	static const struct virtio_net_hdr zeros;
	struct pyt_frame out = { .csum = PYT_CSUM_NONE, .gso_size = 5 };

	memset(&header, 0xff, sizeof(header));
	vnet_from_frame(&out, &header);
	ck_assert_mem_eq(&header, &zeros, sizeof(header));
	received(0, 0);
	ck_assert_int_eq(frame.csum, PYT_CSUM_NONE);
	ck_assert_int_eq(frame.gso, PYT_GSO_NONE);
	ck_assert_uint_eq(frame.gso_size, 0);
	received(VIRTIO_NET_HDR_F_DATA_VALID, 0);
	ck_assert_int_eq(frame.csum, PYT_CSUM_VALID);
}
END_TEST

START_TEST(offsets_behind_the_end_are_not_believed)
{
	header.csum_start = 190;
	header.csum_offset = 9;
	received(VIRTIO_NET_HDR_F_NEEDS_CSUM, 0);
	ck_assert_int_eq(frame.csum, PYT_CSUM_NONE);
	header.csum_start = 0xffff;
	header.csum_offset = 0xffff;
	received(VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_TCPV4);
	ck_assert_int_eq(frame.csum, PYT_CSUM_NONE);
	ck_assert_uint_eq(frame.gso_header_len, 0);
	header.csum_start = 182; /* no room for a TCP header */
	header.csum_offset = 16;
	received(VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_TCPV4);
	ck_assert_uint_eq(frame.gso_header_len, 0);
}
END_TEST

UNIT_MAIN("vnet", facts_survive_the_way_out_and_in,
	  a_plain_frame_has_a_header_of_zeros,
	  offsets_behind_the_end_are_not_believed)
