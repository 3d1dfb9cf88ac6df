/*
 * A frame on its way between a link and the engine, with the offload facts
 * that let one 64 KiB super-frame stand for 45 small ones.
 */
#ifndef PYT_FRAME_H
#define PYT_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define PYT_FRAME_HEADERS_MAX 192 /* Ethernet, IP and TCP with options */
#define PYT_FRAME_PARTS_MAX 20 /* 64 KiB in 4 KiB pieces, headers */
#define PYT_FRAME_LEN_MAX (65535 + 14) /* IP's own limit, Ethernet header */

enum pyt_csum {
	PYT_CSUM_NONE, /* in the bytes; the receiver verifies it */
	PYT_CSUM_PARTIAL, /* field holds the pseudo-header's sum only */
	PYT_CSUM_VALID, /* verified by the link; received frames only */
};

enum pyt_gso {
	PYT_GSO_NONE,
	PYT_GSO_TCP4,
	PYT_GSO_TCP6,
	PYT_GSO_UDP, /* UDP segmentation, either family */
};

/*
 * Into the engine: part[0] alone, the whole frame, contiguous; it is read
 * during the call only.
 * Out of the engine: part[0] lies in headers[], the others point into the
 * engine's buffers and stay valid until the next call into that engine.
 */
struct pyt_frame {
	struct iovec part[PYT_FRAME_PARTS_MAX];
	int part_count;
	uint32_t len; /* sum of the parts, bytes */
	enum pyt_csum csum;
	uint16_t csum_start; /* PARTIAL: where summing begins */
	uint16_t csum_offset; /* PARTIAL: field, from csum_start */
	enum pyt_gso gso;
	bool gso_ecn; /* CWR is on the first segment only */
	uint16_t gso_size; /* payload bytes per segment */
	uint16_t gso_header_len; /* from the link to the TCP/UDP one */
	const char *drop_reason; /* why the engine dropped it; or NULL */
	uint8_t headers[PYT_FRAME_HEADERS_MAX];
};

/* What a link does for the engine; a set of these bits. */
enum pyt_offload {
	PYT_OFFLOAD_CSUM = 1 << 0, /* takes and gives PYT_CSUM_PARTIAL */
	PYT_OFFLOAD_TSO4 = 1 << 1, /* takes PYT_GSO_TCP4 */
	PYT_OFFLOAD_TSO6 = 1 << 2,
	PYT_OFFLOAD_TSO_ECN = 1 << 3,
	PYT_OFFLOAD_USO = 1 << 4,
};

#endif
