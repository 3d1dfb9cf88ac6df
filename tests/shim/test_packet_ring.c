#include "unit.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "packet_ring.h"

static struct packet_ring ring;
static const uint8_t bytes[100] = "frame";

static int open_ring(unsigned block, unsigned blocks, unsigned frame,
		     unsigned frames)
{
	struct tpacket_req asked = { block, blocks, frame, frames };

	return packet_ring_open(&ring, &asked);
}

static bool put(uint32_t len)
{
	struct packet_ring_entry entry = { .bytes = bytes,
					   .header_len = 14,
					   .len = len,
					   .captured = len,
					   .received_ns = 5000000007 };
	struct sockaddr_ll from = { .sll_family = AF_PACKET, .sll_ifindex = 2 };

	return packet_ring_put(&ring, &entry, &from);
}

static void close_ring(void)
{
	packet_ring_close(&ring);
}

START_TEST(a_frame_lies_where_packet_7_says)
{
	const struct tpacket2_hdr *header;
	const struct sockaddr_ll *from;

	ck_assert_int_eq(open_ring(4096, 2, 2048, 4), 0);
	ck_assert(put(60));
	header = (const void *)ring.memory;
	from = (const void *)(ring.memory + TPACKET_ALIGN(sizeof(*header)));
	ck_assert_uint_eq(header->tp_status, TP_STATUS_USER);
	ck_assert_uint_eq(header->tp_len, 60);
	ck_assert_uint_eq(header->tp_snaplen, 60);
	ck_assert_uint_eq(header->tp_net - header->tp_mac, 14);
	ck_assert_uint_eq(header->tp_sec, 5);
	ck_assert_uint_eq(header->tp_nsec, 7);
	ck_assert_int_eq(from->sll_ifindex, 2);
	ck_assert_mem_eq(ring.memory + header->tp_mac, bytes, 60);
}
END_TEST

START_TEST(who_has_its_descriptor_cannot_take_the_memory_away)
{
	ck_assert_int_eq(open_ring(4096, 2, 2048, 4), 0);
	ck_assert_int_eq(ftruncate(ring.fd, 0), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert(put(60));
}
END_TEST

START_TEST(a_full_ring_drops_until_it_is_read)
{
	struct tpacket2_hdr *header;

	ck_assert_int_eq(open_ring(4096, 2, 2048, 4), 0);
	for (int i = 0; i < 4; i++)
		ck_assert(put(60));
	ck_assert(!put(60));
	header = (void *)ring.memory;
	header->tp_status = TP_STATUS_KERNEL;
	ck_assert(put(61));
	ck_assert_uint_eq(header->tp_len, 61);
	ck_assert(!put(60));
}
END_TEST

START_TEST(what_does_not_fit_a_frame_is_cut)
{
	const struct tpacket2_hdr *header;

	ck_assert_int_eq(open_ring(4096, 1, 128, 32), 0);
	ck_assert(put(100));
	header = (const void *)ring.memory;
	ck_assert_uint_eq(header->tp_len, 100);
	ck_assert_uint_eq(header->tp_snaplen, 128 - header->tp_mac);
}
END_TEST

START_TEST(the_program_is_woken_once)
{
	ck_assert_int_eq(open_ring(4096, 1, 2048, 2), 0);
	ck_assert(packet_ring_wakes(&ring));
	ck_assert(!packet_ring_wakes(&ring));
	packet_ring_control(ring.memory, ring.len)->sleeps = 1;
	ck_assert(packet_ring_wakes(&ring));
}
END_TEST

START_TEST(rings_that_linux_refuses_are_refused)
{
	ck_assert_int_eq(open_ring(4095, 1, 2048, 1), -EINVAL);
	ck_assert_int_eq(open_ring(4096, 1, 2047, 2), -EINVAL);
	ck_assert_int_eq(open_ring(4096, 1, 2048, 3), -EINVAL);
	ck_assert_int_eq(open_ring(4096, 1, 32, 128), -EINVAL);
	ck_assert_int_eq(open_ring(4096, 1, 8192, 1), -EINVAL);
	ck_assert_int_eq(open_ring(0, 1, 2048, 2), -EINVAL);
	ck_assert_int_eq(open_ring(1 << 20, 64, 2048, 512 * 64), 0);
	close_ring();
	ck_assert_int_eq(open_ring(1 << 20, 65, 2048, 512 * 65), -ENOMEM);
	ck_assert_int_eq(open_ring(0, 0, 0, 0), 0);
}
END_TEST

UNIT_MAIN_WITH("packet_ring", NULL, close_ring,
	       a_frame_lies_where_packet_7_says,
	       who_has_its_descriptor_cannot_take_the_memory_away,
	       a_full_ring_drops_until_it_is_read,
	       what_does_not_fit_a_frame_is_cut, the_program_is_woken_once,
	       rings_that_linux_refuses_are_refused)
