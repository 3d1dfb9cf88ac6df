/*
 * Ranges and byte streams against a simple model: a bit for each position,
 * and all bytes. Memory may run out at any time; then nothing may be wrong,
 * only missing.
 */
#include <errno.h>
#include <string.h>

#include "base/ranges.h"
#include "base/reader.h"
#include "base/stream.h"
#include "fuzz.h"

#define POSITIONS 2048u /* of ranges */
#define STREAM_LEN 131072u /* eight chunks */
#define RANGES_MAX 24

struct model {
	struct engine engine;
	size_t allocated, limit; /* bytes; limit 0: none */
	struct ranges ranges;
	struct stream stream;
	bool is_kept[POSITIONS]; /* in ranges */
	uint8_t bytes[STREAM_LEN]; /* of the stream */
	uint8_t is_written[STREAM_LEN];
	uint32_t range_head, stream_head;
};

static void *model_alloc(void *context, size_t len)
{
	struct model *model = context;

	if (model->limit && model->allocated + len > model->limit)
		return NULL;
	model->allocated += len;
	return calloc(1, len);
}

static void model_free(void *context, void *memory, size_t len)
{
	struct model *model = context;

	model->allocated -= len;
	free(memory);
}

/* ---------------------------------------------------------------- ranges */

static uint32_t runs_of(const struct model *model)
{
	uint32_t runs = 0;

	for (uint32_t i = 0; i < POSITIONS; i++)
		runs += model->is_kept[i] && (!i || !model->is_kept[i - 1]);
	return runs;
}

static void check_ranges(const struct model *model)
{
	const struct ranges *ranges = &model->ranges;
	const struct range *range = ranges_first(ranges);
	const struct range *before = NULL;
	uint32_t position = 0, count = 0;

	FUZZ_CLAIM(ranges->count == runs_of(model));
	for (; range; range = ranges_next(range), count++) {
		FUZZ_CLAIM(range->start < range->end);
		FUZZ_CLAIM(!before || range->start > before->end);
		FUZZ_CLAIM(ranges_previous(range) == before);
		before = range;
		for (; position < range->start; position++)
			FUZZ_CLAIM(!model->is_kept[position]);
		for (; position < range->end; position++)
			FUZZ_CLAIM(model->is_kept[position]);
	}
	FUZZ_CLAIM(count == ranges->count && before == ranges_last(ranges));
	for (; position < POSITIONS; position++)
		FUZZ_CLAIM(!model->is_kept[position]);
}

static void add(struct model *model, struct range range)
{
	int64_t before = 0, result;

	for (uint64_t i = range.start; i < range.end; i++)
		before += model->is_kept[i];
	result = ranges_add(&model->ranges, &model->engine, range, RANGES_MAX);
	if (result < 0) {
		FUZZ_CLAIM(result == -ENOSPC || model->limit);
		FUZZ_CLAIM(result != -ENOSPC ||
			   model->ranges.count >= RANGES_MAX);
		return;
	}
	FUZZ_CLAIM(result == (int64_t)(range.end - range.start) - before);
	for (uint64_t i = range.start; i < range.end; i++)
		model->is_kept[i] = true;
}

static void look(const struct model *model, struct range range)
{
	const struct range *at = ranges_search(&model->ranges, range.start);
	const struct range *before =
		at ? ranges_previous(at) : ranges_last(&model->ranges);
	bool is_covered = true;

	for (uint64_t i = range.start; i < range.end; i++)
		is_covered = is_covered && model->is_kept[i];
	FUZZ_CLAIM(ranges_cover(&model->ranges, range) == is_covered);
	FUZZ_CLAIM(!at || at->end > range.start);
	FUZZ_CLAIM(!before || before->end <= range.start);
}

/* ---------------------------------------------------------------- stream */

static size_t len_of(const struct iovec *iov, int pieces)
{
	size_t len = 0;

	for (int i = 0; i < pieces; i++)
		len += iov[i].iov_len;
	return len;
}

static void write_bytes(struct model *model, struct range range, uint8_t salt)
{
	size_t len = (size_t)(range.end - range.start);
	uint8_t *bytes = malloc(len ? len : 1);
	int result;

	if (!bytes)
		abort();
	memset(bytes, salt, len);
	if (len)
		bytes[len / 2] = (uint8_t)~salt;
	result = stream_write(&model->stream, &model->engine, range.start,
			      bytes, len);
	FUZZ_CLAIM(result == 0 || model->limit);
	/* What failed may have written some of it: it counts not. */
	memset(model->is_written + range.start, result == 0, len);
	memcpy(model->bytes + range.start, bytes, len);
	free(bytes);
}

static void space(struct model *model, struct range range, uint8_t salt)
{
	size_t len = (size_t)(range.end - range.start), given;
	struct iovec iov[3];
	int pieces = stream_space(&model->stream, &model->engine, range.start,
				  len, iov, 3);
	uint64_t at = range.start;

	FUZZ_CLAIM(pieces >= 0 || model->limit);
	given = pieces > 0 ? len_of(iov, pieces) : 0;
	FUZZ_CLAIM(given <= len);
	for (int i = 0; i < pieces; i++) {
		memset(iov[i].iov_base, salt, iov[i].iov_len);
		memset(model->bytes + at, salt, iov[i].iov_len);
		memset(model->is_written + at, true, iov[i].iov_len);
		at += iov[i].iov_len;
	}
}

/* The bytes that were written, up to the first that were not. */
static void view(const struct model *model, struct range range)
{
	struct iovec iov[6];
	const uint8_t *written = model->is_written + range.start;
	size_t len = (size_t)(range.end - range.start);
	const uint8_t *hole = memchr(written, 0, len);
	uint64_t at = range.start;
	uint64_t end = hole ? at + (uint64_t)(hole - written) : range.end;
	int pieces;

	pieces = stream_view(&model->stream, at, (size_t)(end - at), iov, 6);
	FUZZ_CLAIM(len_of(iov, pieces) == end - at || pieces == 6);
	for (int i = 0; i < pieces; i++) {
		FUZZ_CLAIM(memcmp(iov[i].iov_base, model->bytes + at,
				  iov[i].iov_len) == 0);
		at += iov[i].iov_len;
	}
}

static void move_heads(struct model *model, uint32_t range_head,
		       uint32_t stream_head)
{
	ranges_trim(&model->ranges, &model->engine, range_head);
	memset(model->is_kept, false, range_head);
	model->range_head = range_head;
	stream_discard(&model->stream, &model->engine, stream_head);
	model->stream_head = stream_head;
}

/* ------------------------------------------------------------------ input */

static void forget_all(struct model *model)
{
	stream_release(&model->stream, &model->engine);
	ranges_clear(&model->ranges, &model->engine);
	memset(model->is_kept, false, sizeof(model->is_kept));
	memset(model->is_written, false, sizeof(model->is_written));
}

static struct range clamp(uint32_t start, uint32_t len, uint32_t head,
			  uint32_t most)
{
	struct range range;

	if (start < head)
		start = head;
	if (start > most)
		start = most;
	range.start = start;
	range.end = start + len < most ? start + len : most;
	return range;
}

static void step(struct model *model, struct reader *in)
{
	uint8_t what = reader_u8(in);
	uint32_t start = reader_u16(in), len = reader_u16(in);
	struct range range = clamp(start % POSITIONS, len % 128,
				   model->range_head, POSITIONS);
	struct range part =
		clamp(start * 2, len, model->stream_head, STREAM_LEN);

	if (what & 128)
		range.end = clamp((uint32_t)range.start, len % POSITIONS, 0,
				  POSITIONS)
				    .end;
	switch (what % 10) {
	case 0:
	case 1:
		add(model, range);
		break;
	case 2:
	case 3:
		look(model, range);
		break;
	case 4:
	case 5:
		write_bytes(model, part, what);
		break;
	case 6:
		space(model, part, what);
		break;
	case 7:
		view(model, part);
		break;
	case 8:
		move_heads(model, (uint32_t)range.start, (uint32_t)part.start);
		break;
	default:
		if (what < 40)
			forget_all(model);
		else
			model->limit = what < 150 ? 0 : len * 4ul;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader in = reader_init(data, size);
	static struct model model;
	unsigned steps = 0;

	memset(&model, 0, sizeof(model));
	model.engine.allocator =
		(struct pyt_allocator){ model_alloc, model_free, &model };
	ranges_init(&model.ranges);
	stream_init(&model.stream);
	while (in.left >= 5 && steps++ < 200) {
		step(&model, &in);
		if (steps % 16 == 0)
			check_ranges(&model);
	}
	check_ranges(&model);
	view(&model, (struct range){ model.stream_head, STREAM_LEN });
	forget_all(&model);
	stream_cache_clear(&model.engine);
	FUZZ_CLAIM(model.allocated == 0);
	return 0;
}
