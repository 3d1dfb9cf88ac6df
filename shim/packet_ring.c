/* The ring of frames in shared memory. */
#include "packet_ring.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>

#include "arena.h"
#include "kernel.h"

#define PAGE_LEN 4096
#define MAC_ROOM 16 /* in front of the network header, at least */

/* packet_set_ring() of Linux, its checks. */
static bool is_possible(const struct packet_ring *ring,
			const struct tpacket_req *asked)
{
	uint32_t per_block;

	if (!asked->tp_block_size || asked->tp_block_size % PAGE_LEN ||
	    asked->tp_frame_size % TPACKET_ALIGNMENT ||
	    asked->tp_frame_size < TPACKET2_HDRLEN + ring->reserve + MAC_ROOM)
		return false;
	per_block = asked->tp_block_size / asked->tp_frame_size;
	return per_block && asked->tp_block_nr <= UINT32_MAX / per_block &&
	       per_block * asked->tp_block_nr == asked->tp_frame_nr;
}

static int map(struct packet_ring *ring, size_t len)
{
	void *memory;
	int fd = arena_share("pyt packet ring", len + PACKET_RING_CONTROL_LEN,
			     &memory);

	if (fd < 0)
		return -ENOMEM;
	ring->fd = fd;
	ring->memory = memory;
	ring->len = len;
	return 0;
}

void packet_ring_close(struct packet_ring *ring)
{
	if (!ring->fd)
		return;
	arena_unmap(ring->memory, ring->len + PACKET_RING_CONTROL_LEN);
	kernel_close(ring->fd);
	ring->fd = 0;
}

int packet_ring_open(struct packet_ring *ring, const struct tpacket_req *asked)
{
	uint64_t len = (uint64_t)asked->tp_block_size * asked->tp_block_nr;
	int result;

	if (asked->tp_block_nr == 0) {
		packet_ring_close(ring);
		return asked->tp_frame_nr ? -EINVAL : 0;
	}
	if (ring->fd)
		return -EBUSY;
	if (!is_possible(ring, asked))
		return -EINVAL;
	if (len > PACKET_RING_MAX)
		return -ENOMEM;
	result = map(ring, (size_t)len);
	if (result < 0)
		return result;
	ring->block_size = asked->tp_block_size;
	ring->frame_size = asked->tp_frame_size;
	ring->frames_per_block = asked->tp_block_size / asked->tp_frame_size;
	ring->frame_count = asked->tp_frame_nr;
	ring->next = 0;
	packet_ring_control(ring->memory, ring->len)->sleeps = 1;
	packet_ring_control(ring->memory, ring->len)->last = 0;
	return 0;
}

/* Not what the program wrote there: only our own numbers are believed. */
static uint8_t *frame_at(const struct packet_ring *ring, uint32_t frame)
{
	return ring->memory +
	       (size_t)(frame / ring->frames_per_block) * ring->block_size +
	       (size_t)(frame % ring->frames_per_block) * ring->frame_size;
}

static uint32_t network_offset(const struct packet_ring *ring,
			       uint32_t header_len)
{
	uint32_t room = header_len < MAC_ROOM ? MAC_ROOM : header_len;

	return (uint32_t)TPACKET_ALIGN(TPACKET2_HDRLEN + room) + ring->reserve;
}

bool packet_ring_put(struct packet_ring *ring,
		     const struct packet_ring_entry *entry,
		     const struct sockaddr_ll *from)
{
	uint8_t *frame = frame_at(ring, ring->next);
	struct tpacket2_hdr *header = (void *)frame;
	_Atomic uint32_t *status = (void *)&header->tp_status;
	uint32_t net = network_offset(ring, entry->header_len);
	uint32_t mac = net - entry->header_len;
	uint32_t captured = entry->captured;

	if (atomic_load_explicit(status, memory_order_acquire) !=
	    TP_STATUS_KERNEL)
		return false;
	if (mac >= ring->frame_size)
		captured = 0;
	else if (captured > ring->frame_size - mac)
		captured = ring->frame_size - mac;
	memset((uint8_t *)header + sizeof(header->tp_status), 0,
	       sizeof(*header) - sizeof(header->tp_status));
	header->tp_len = entry->len;
	header->tp_snaplen = captured;
	header->tp_mac = (uint16_t)mac;
	header->tp_net = (uint16_t)net;
	header->tp_sec = (uint32_t)(entry->received_ns / 1000000000);
	header->tp_nsec = (uint32_t)(entry->received_ns % 1000000000);
	memcpy(frame + TPACKET_ALIGN(sizeof(*header)), from, sizeof(*from));
	memcpy(frame + mac, entry->bytes, captured);
	atomic_store_explicit(status, TP_STATUS_USER | entry->status,
			      memory_order_release);
	atomic_store(&packet_ring_control(ring->memory, ring->len)->last,
		     (uint32_t)(frame - ring->memory));
	ring->next = (ring->next + 1) % ring->frame_count;
	return true;
}

bool packet_ring_wakes(struct packet_ring *ring)
{
	return atomic_exchange(
		&packet_ring_control(ring->memory, ring->len)->sleeps, 0);
}
