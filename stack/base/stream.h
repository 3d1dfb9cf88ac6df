/*
 * A window on a byte stream, kept in chunks: what TCP has to send and what
 * it has received. Positions are 64-bit offsets from the stream's start.
 * Memory follows the content: a chunk is taken when it is first touched and
 * given back when all of it lies before head. An empty stream holds none.
 */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/engine.h"

#define STREAM_CHUNK_LEN 16384

struct stream {
	uint64_t head; /* first byte still kept */
	union {
		uint8_t **table; /* circular, by chunk number */
		uint8_t *only; /* one chunk needs no table */
	};
	uint32_t chunk_slots; /* of the table, a power of two; 1: only */
};

void stream_init(struct stream *stream);
void stream_clear(struct stream *stream, struct engine *engine);
/* Places for [offset, offset + len), offset >= head; pieces or -ENOMEM. */
int stream_space(struct stream *stream, struct engine *engine, uint64_t offset,
		 size_t len, struct iovec *iov, int iov_max);
/* How many of len bytes from offset on, offset >= head, have their place. */
size_t stream_placed(const struct stream *stream, uint64_t offset, size_t len);
/* Copies in; -ENOMEM writes nothing that counts. */
int stream_write(struct stream *stream, struct engine *engine, uint64_t offset,
		 const void *bytes, size_t len);
/*
 * Pieces of [offset, offset + len), all of which has been written; fewer
 * bytes when iov_max is too small.
 */
int stream_view(const struct stream *stream, uint64_t offset, size_t len,
		struct iovec *iov, int iov_max);
/* head moves to offset; frees the chunks before it. */
void stream_discard(struct stream *stream, struct engine *engine,
		    uint64_t offset);
/* Frees all chunks: what lies behind head is forgotten, head stays. */
void stream_release(struct stream *stream, struct engine *engine);

/* Free chunks are kept for the next stream; this gives them back. */
void stream_cache_clear(struct engine *engine);

#endif
