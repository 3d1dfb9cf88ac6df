/*
 * Blocks of a capture file: pcapng, draft-ietf-opsawg-pcapng. Bytes only; in
 * the byte order of this machine, which the section header tells the reader.
 */
#ifndef LINK_PCAPNG_H
#define LINK_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pyt/stack.h>

#define PCAPNG_HEADER_LEN 28 /* of a packet's block, before its bytes */
#define PCAPNG_COMMENT_MAX 128
/* Most that a packet's block has beside the packet's bytes. */
#define PCAPNG_OVERHEAD \
	(PCAPNG_HEADER_LEN + 3 + 8 + 4 + PCAPNG_COMMENT_MAX + 4 + 4)

/*
 * Section header and one interface, which every file begins with. Returns
 * the length, 0 if size is too small (256 bytes are enough).
 */
size_t pcapng_start(uint8_t *to, size_t size, enum pyt_medium medium,
		    const char *interface, const char *program);

struct pcapng_packet {
	uint32_t len; /* bytes; they lie at to + PCAPNG_HEADER_LEN */
	int64_t time_ns; /* since 1970 */
	bool is_outbound;
	const char *comment; /* longer than the maximum: cut; or NULL */
};

/*
 * Completes the block around bytes that are already in place. Returns the
 * length of all of it, 0 if size is too small.
 */
size_t pcapng_packet(uint8_t *to, size_t size,
		     const struct pcapng_packet *packet);

#define PCAPNG_FILLER_MIN 12

/*
 * A block that says nothing and that readers skip, len bytes in all: at least
 * the minimum, a multiple of 4. Returns len, 0 if that does not go.
 */
size_t pcapng_filler(uint8_t *to, size_t size, size_t len);

#endif
