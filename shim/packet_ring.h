/*
 * PACKET_RX_RING with TPACKET_V2: frames in memory that is shared with the
 * program, without which libpcap does not capture. Behind the kernel's layout
 * stands one word more: whether the program wants to be woken.
 */
#ifndef SHIM_PACKET_RING_H
#define SHIM_PACKET_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr_ll;
struct tpacket_req;

#define PACKET_RING_MAX (64u << 20) /* bytes of one ring */

/* At the end of the mapping, on a page of its own; the program writes it. */
struct packet_ring_control {
	_Atomic uint32_t sleeps; /* the next frame is to wake it */
	_Atomic uint32_t last; /* where the last written frame lies */
};
#define PACKET_RING_CONTROL_LEN 4096

struct packet_ring {
	int fd; /* of the memory; 0: there is no ring */
	uint8_t *memory;
	size_t len; /* without the control page */
	uint32_t block_size, frame_size, frames_per_block, frame_count;
	uint32_t reserve; /* PACKET_RESERVE */
	uint32_t next; /* frame to be written */
};

struct packet_ring_entry {
	const uint8_t *bytes; /* from the link header on, or behind it */
	uint32_t header_len; /* of the link, of these bytes */
	uint32_t len, captured;
	uint32_t status; /* TP_STATUS_ */
	int64_t received_ns;
};

/* 0 frames: the ring goes. 0, -EINVAL, -ENOMEM, -EMFILE. */
int packet_ring_open(struct packet_ring *ring, const struct tpacket_req *asked);
void packet_ring_close(struct packet_ring *ring);
/* Where the mapping's control page lies. */
static inline struct packet_ring_control *packet_ring_control(
	const uint8_t *memory, size_t len)
{
	return (struct packet_ring_control *)(uintptr_t)(memory + len);
}
/* False: the program has not read the frame that stands there: a drop. */
bool packet_ring_put(struct packet_ring *ring,
		     const struct packet_ring_entry *entry,
		     const struct sockaddr_ll *from);
/* Whether it must be woken; then only once. */
bool packet_ring_wakes(struct packet_ring *ring);

#endif
