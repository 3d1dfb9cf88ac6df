/* Building a header; writing past the end sets failed and writes nothing. */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct writer {
	uint8_t *start;
	size_t len; /* written so far */
	size_t size; /* room in all */
	bool failed;
};

static inline struct writer writer_init(void *bytes, size_t size)
{
	return (struct writer){ .start = bytes, .size = size };
}

static inline uint8_t *writer_space(struct writer *w, size_t len)
{
	uint8_t *at = w->start + w->len;

	if (w->failed || w->size - w->len < len) {
		w->failed = true;
		return NULL;
	}
	w->len += len;
	return at;
}

static inline void writer_u8(struct writer *w, uint8_t value)
{
	uint8_t *b = writer_space(w, 1);

	if (b)
		b[0] = value;
}

static inline void writer_copy(struct writer *w, const void *from, size_t len)
{
	uint8_t *b = writer_space(w, len);

	if (b)
		memcpy(b, from, len);
}

static inline void writer_u16(struct writer *w, uint16_t value)
{
	uint8_t bytes[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	writer_copy(w, bytes, sizeof(bytes));
}

static inline void writer_u32(struct writer *w, uint32_t value)
{
	writer_u16(w, (uint16_t)(value >> 16));
	writer_u16(w, (uint16_t)value);
}

#endif
