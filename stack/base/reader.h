/*
 * Bounds-checked reading of a received header. A short buffer sets failed
 * and every later read gives 0, so one check at the end is enough.
 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
	const uint8_t *at;
	size_t left; /* bytes from at to the end */
	bool failed;
};

static inline struct reader reader_init(const void *bytes, size_t len)
{
	return (struct reader){ .at = bytes, .left = len };
}

/* The next len bytes, or NULL and failed. */
static inline const uint8_t *reader_bytes(struct reader *r, size_t len)
{
	const uint8_t *at = r->at;

	if (r->failed || r->left < len) {
		r->failed = true;
		return NULL;
	}
	r->at += len;
	r->left -= len;
	return at;
}

static inline uint8_t reader_u8(struct reader *r)
{
	const uint8_t *b = reader_bytes(r, 1);

	return b ? b[0] : 0;
}

static inline uint16_t reader_u16(struct reader *r)
{
	const uint8_t *b = reader_bytes(r, 2);

	return b ? (uint16_t)(b[0] << 8 | b[1]) : 0;
}

static inline uint32_t reader_u32(struct reader *r)
{
	const uint8_t *b = reader_bytes(r, 4);

	return b ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
			       (uint32_t)b[2] << 8 | b[3]
		 : 0;
}

static inline void reader_copy(struct reader *r, void *to, size_t len)
{
	const uint8_t *b = reader_bytes(r, len);

	if (b)
		memcpy(to, b, len);
	else
		memset(to, 0, len);
}

/* A reader of the next len bytes alone; r goes on behind them. */
static inline struct reader reader_split(struct reader *r, size_t len)
{
	const uint8_t *b = reader_bytes(r, len);

	return (struct reader){ .at = b, .left = b ? len : 0, .failed = !b };
}

#endif
