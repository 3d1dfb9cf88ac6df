/*
 * All memory of the stack: one mapping with a published cap (PYT_MEMORY).
 * Never the host's malloc: the stack must work while another thread of the
 * program holds malloc's lock, and alone after a step-out. One caller at a
 * time.
 */
#ifndef SHIM_ARENA_H
#define SHIM_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * Zeroed pages outside of any arena, for what lives as long as the link. Like
 * the arena they go along when the stack steps out. NULL: no memory.
 */
void *arena_map(size_t len);
/*
 * The same to share by a descriptor: its number, or -errno. Whoever has it can
 * take none of the memory away, under which we would fall.
 */
int arena_share(const char *name, size_t len, void **memory);
void arena_unmap(void *memory, size_t len);
/* Remembers a mapping that also goes along; false: there are too many. */
bool arena_keep(void *memory, size_t len);
/* Calls visit for each mapping that goes along. */
void arena_visit_kept(void (*visit)(void *context, uintptr_t begin,
				    uintptr_t end),
		      void *context);

/* NULL: no address space. cap_len is rounded up to 1 MiB. */
struct arena *arena_create(size_t cap_len);
/* Also when it holds this very structure and everything in it. */
void arena_destroy(struct arena *arena);

/* Zeroed, aligned to 16 bytes; NULL: the cap is reached. */
void *arena_alloc(struct arena *arena, size_t len);
/* len as it was asked for. NULL is fine. */
void arena_free(struct arena *arena, void *memory, size_t len);

size_t arena_used_len(const struct arena *arena); /* handed out, bytes */
size_t arena_len(const struct arena *arena); /* of the mapping */

#endif
