#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"

static size_t allocated, limit;

static void *count_alloc(void *context, size_t len)
{
	(void)context;
	if (limit && allocated + len > limit)
		return NULL;
	allocated += len;
	return calloc(1, len);
}

static void count_free(void *context, void *memory, size_t len)
{
	(void)context;
	allocated -= len;
	free(memory);
}

static struct engine engine = { .allocator = { count_alloc, count_free,
					       NULL } };

START_TEST(bytes_come_back_as_they_went_in)
{
	static uint8_t in[200000], out[200000];
	uint64_t at = (1ull << 32) - 7777;
	struct iovec iov[32];
	struct stream stream;
	size_t done = 0;
	int count;

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 31 + (i >> 8));
	stream_init(&stream);
	stream.head = at;
	for (size_t i = 0; i < sizeof(in); i += 1000) /* backwards */
		ck_assert_int_eq(stream_write(&stream, &engine,
					      at + sizeof(in) - 1000 - i,
					      in + sizeof(in) - 1000 - i, 1000),
				 0);
	count = stream_view(&stream, at, sizeof(in), iov, 32);
	for (int i = 0; i < count; i++) {
		memcpy(out + done, iov[i].iov_base, iov[i].iov_len);
		done += iov[i].iov_len;
	}
	ck_assert_uint_eq(done, sizeof(in));
	ck_assert_int_eq(memcmp(in, out, sizeof(in)), 0);
	stream_clear(&stream, &engine);
	stream_cache_clear(&engine);
	ck_assert_uint_eq(allocated, 0);
}
END_TEST

START_TEST(memory_follows_the_content)
{
	struct stream stream;
	struct iovec iov[8];
	uint64_t at = 0;

	stream_init(&stream);
	for (int i = 0; i < 1000; i++) {
		ck_assert_int_gt(
			stream_space(&stream, &engine, at, 50000, iov, 8), 0);
		at += 50000;
		stream_discard(&stream, &engine, at);
		ck_assert_uint_le(allocated, 6 * STREAM_CHUNK_LEN);
	}
	stream_release(&stream, &engine);
	stream_cache_clear(&engine);
	ck_assert_uint_eq(allocated, 0);
	ck_assert_uint_eq(stream.head, at);
}
END_TEST

START_TEST(no_memory_is_an_error_not_a_loss)
{
	uint8_t bytes[100000] = { 1 };
	struct stream stream;

	stream_init(&stream);
	limit = 3 * STREAM_CHUNK_LEN;
	ck_assert_int_eq(
		stream_write(&stream, &engine, 0, bytes, sizeof(bytes)),
		-ENOMEM);
	limit = 0;
	ck_assert_int_eq(
		stream_write(&stream, &engine, 0, bytes, sizeof(bytes)), 0);
	stream_clear(&stream, &engine);
	stream_cache_clear(&engine);
	ck_assert_uint_eq(allocated, 0);
}
END_TEST

START_TEST(what_was_never_written_is_not_shown)
{
	struct iovec iov[4];
	struct stream stream;

	stream_init(&stream);
	ck_assert_int_eq(stream_view(&stream, 0, 100, iov, 4), 0);
}
END_TEST

UNIT_MAIN("stream", bytes_come_back_as_they_went_in, memory_follows_the_content,
	  no_memory_is_an_error_not_a_loss, what_was_never_written_is_not_shown)
