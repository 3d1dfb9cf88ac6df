/*
 * Byte streams in chunks. Chunks go through a short list of free ones: a new
 * chunk from the allocator is zeroed, which costs as much as filling it.
 */
#include "base/stream.h"

#include <errno.h>
#include <string.h>

#define FREE_CHUNKS_MAX 512 /* 8 MiB */
#define SLOTS_MIN 4 /* of a table */

static uint8_t *chunk_get(struct engine *engine)
{
	void *chunk = engine->free_chunks;

	if (!chunk) {
		chunk = engine_alloc(engine, STREAM_CHUNK_LEN);
		engine->used_chunk_count += chunk != NULL;
		return chunk;
	}
	memcpy(&engine->free_chunks, chunk, sizeof(engine->free_chunks));
	engine->free_chunk_count--;
	engine->used_chunk_count++;
	return chunk;
}

static void chunk_put(struct engine *engine, uint8_t *chunk)
{
	if (!chunk)
		return;
	engine->used_chunk_count--;
	if (engine->free_chunk_count >= FREE_CHUNKS_MAX) {
		engine_free(engine, chunk, STREAM_CHUNK_LEN);
		return;
	}
	memcpy(chunk, &engine->free_chunks, sizeof(engine->free_chunks));
	engine->free_chunks = chunk;
	engine->free_chunk_count++;
}

void stream_cache_clear(struct engine *engine)
{
	while (engine->free_chunks) {
		engine_free(engine, chunk_get(engine), STREAM_CHUNK_LEN);
		engine->used_chunk_count--;
	}
}

static uint8_t **slot_of(const struct stream *stream, uint64_t number)
{
	if (stream->chunk_slots == 1)
		return (uint8_t **)&stream->only;
	return &stream->table[number & (stream->chunk_slots - 1)];
}

void stream_init(struct stream *stream)
{
	*stream = (struct stream){ .chunk_slots = 1 };
}

void stream_release(struct stream *stream, struct engine *engine)
{
	for (uint32_t i = 0; i < stream->chunk_slots; i++) {
		uint8_t **slot = slot_of(stream, i);

		chunk_put(engine, *slot);
		*slot = NULL;
	}
	if (stream->chunk_slots == 1)
		return;
	engine_free(engine, stream->table,
		    stream->chunk_slots * sizeof(*stream->table));
	stream->only = NULL;
	stream->chunk_slots = 1;
}

void stream_clear(struct stream *stream, struct engine *engine)
{
	stream_release(stream, engine);
	stream_init(stream);
}

/* Room in the table for chunks first to last, both included. */
static int reserve(struct stream *stream, struct engine *engine, uint64_t first,
		   uint64_t last)
{
	uint32_t slots = stream->chunk_slots;
	uint8_t **table;
	struct stream old = *stream;

	if (last - first < slots)
		return 0;
	while (last - first >= slots || slots < SLOTS_MIN)
		slots *= 2;
	table = engine_alloc(engine, slots * sizeof(*table));
	if (!table)
		return -ENOMEM;

	for (uint32_t i = 0; i < old.chunk_slots; i++)
		table[(first + i) & (slots - 1)] = *slot_of(&old, first + i);
	if (old.chunk_slots > 1)
		engine_free(engine, old.table,
			    old.chunk_slots * sizeof(*table));
	stream->table = table;
	stream->chunk_slots = slots;
	return 0;
}

/* The bytes from offset to the end of its chunk, at most len. */
static size_t piece_len(uint64_t offset, size_t len)
{
	size_t left = STREAM_CHUNK_LEN - offset % STREAM_CHUNK_LEN;

	return left < len ? left : len;
}

/* Address of the byte at offset; its chunk is taken if need be. */
static uint8_t *touch(struct stream *stream, struct engine *engine,
		      uint64_t offset)
{
	uint8_t **slot = slot_of(stream, offset / STREAM_CHUNK_LEN);

	if (!*slot)
		*slot = chunk_get(engine);
	return *slot ? *slot + offset % STREAM_CHUNK_LEN : NULL;
}

int stream_space(struct stream *stream, struct engine *engine, uint64_t offset,
		 size_t len, struct iovec *iov, int iov_max)
{
	int count = 0;

	if (!len || iov_max <= 0)
		return 0;
	if (reserve(stream, engine, stream->head / STREAM_CHUNK_LEN,
		    (offset + len - 1) / STREAM_CHUNK_LEN) < 0)
		return -ENOMEM;

	while (len && count < iov_max) {
		size_t piece = piece_len(offset, len);
		uint8_t *at = touch(stream, engine, offset);

		if (!at)
			return count ? count : -ENOMEM;
		iov[count++] = (struct iovec){ at, piece };
		offset += piece;
		len -= piece;
	}
	return count;
}

size_t stream_placed(const struct stream *stream, uint64_t offset, size_t len)
{
	uint64_t first = stream->head / STREAM_CHUNK_LEN;
	size_t placed = 0;

	while (placed < len) {
		uint64_t chunk = (offset + placed) / STREAM_CHUNK_LEN;

		if (chunk - first >= stream->chunk_slots ||
		    !*slot_of(stream, chunk))
			break;
		placed += piece_len(offset + placed, len - placed);
	}
	return placed;
}

int stream_write(struct stream *stream, struct engine *engine, uint64_t offset,
		 const void *bytes, size_t len)
{
	const uint8_t *from = bytes;

	if (!len)
		return 0;
	if (reserve(stream, engine, stream->head / STREAM_CHUNK_LEN,
		    (offset + len - 1) / STREAM_CHUNK_LEN) < 0)
		return -ENOMEM;

	while (len) {
		size_t piece = piece_len(offset, len);
		uint8_t *at = touch(stream, engine, offset);

		if (!at)
			return -ENOMEM;
		memcpy(at, from, piece);
		from += piece;
		offset += piece;
		len -= piece;
	}
	return 0;
}

int stream_view(const struct stream *stream, uint64_t offset, size_t len,
		struct iovec *iov, int iov_max)
{
	int count = 0;

	while (len && count < iov_max) {
		size_t piece = piece_len(offset, len);
		uint8_t *chunk = *slot_of(stream, offset / STREAM_CHUNK_LEN);

		if (!chunk)
			break; /* never written: not ours to show */
		iov[count++] =
			(struct iovec){ chunk + offset % STREAM_CHUNK_LEN,
					piece };
		offset += piece;
		len -= piece;
	}
	return count;
}

void stream_discard(struct stream *stream, struct engine *engine,
		    uint64_t offset)
{
	uint64_t number = stream->head / STREAM_CHUNK_LEN;
	uint64_t end = offset / STREAM_CHUNK_LEN;

	if (offset <= stream->head)
		return;
	if (end - number > stream->chunk_slots)
		end = number + stream->chunk_slots;
	for (; number < end; number++) {
		uint8_t **slot = slot_of(stream, number);

		chunk_put(engine, *slot);
		*slot = NULL;
	}
	stream->head = offset;
}
