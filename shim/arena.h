/*
 * All memory of the stack: one mapping with a published cap (PYT_MEMORY).
 * Never the host's malloc: the stack must work while another thread of the
 * program holds malloc's lock, and alone after a step-out. One caller at a
 * time.
 */
#ifndef SHIM_ARENA_H
#define SHIM_ARENA_H

#include <stddef.h>

struct arena;

/* NULL: no address space. cap_len is rounded up to 1 MiB. */
struct arena *arena_create(size_t cap_len);
/* Also when it holds this very structure and everything in it. */
void arena_destroy(struct arena *arena);

/* Zeroed, aligned to 16 bytes; NULL: the cap is reached. */
void *arena_alloc(struct arena *arena, size_t len);
/* len as it was asked for. NULL is fine. */
void arena_free(struct arena *arena, void *memory, size_t len);

size_t arena_used_len(const struct arena *arena);	/* handed out, bytes */
size_t arena_len(const struct arena *arena);		/* of the mapping */

#endif
