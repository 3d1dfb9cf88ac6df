/*
 * Segmentation in software: a super-frame becomes the frames that a wire
 * would carry, a partial checksum becomes a whole one.
 */
#ifndef LINK_GSO_H
#define LINK_GSO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pyt/frame.h>
#include <pyt/stack.h>

/* Walks over the segments of one frame, which must stay valid meanwhile. */
struct gso {
	const struct pyt_frame *frame;
	uint32_t link_len; /* of the link header: 14 or 0 */
	uint32_t transport; /* offset of the TCP or UDP header */
	uint32_t header_len; /* all headers; 0: the frame stays whole */
	uint32_t size; /* payload bytes of a segment */
	uint32_t offset; /* of the next payload byte in the frame */
	uint32_t index; /* of the next segment */
};

/* A frame whose facts contradict its bytes is handed out as it is. */
void gso_init(struct gso *gso, const struct pyt_frame *frame,
	      enum pyt_medium medium);

/*
 * Writes the next segment, all its checksums in the bytes, to "to": its
 * length; 0 after the last one; -EMSGSIZE if it is longer than size, and
 * then it is skipped.
 */
int gso_next(struct gso *gso, uint8_t *to, size_t size);

/* Copies len bytes from this offset of the frame, over its parts. */
void gso_gather(const struct pyt_frame *frame, uint32_t offset, uint8_t *to,
		uint32_t len);

#endif
