/*
 * The arena is cut into units of 64 KiB. Up to half a unit comes from a unit
 * that holds objects of one size class (a slab); more is a run of units, found
 * by halves of powers of two (a buddy heap), of which what is too much is
 * given back at once. Descriptors stand apart from the units, so that memory
 * which nobody uses is never touched.
 */
#include "arena.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>

#include "kernel.h"

#define UNIT_SHIFT 16
#define UNIT_LEN ((size_t)1 << UNIT_SHIFT)
#define ORDERS 18 /* runs of up to 8 GiB */
#define NONE UINT32_MAX
#define OBJECT_MAX (UNIT_LEN / 2)
#define CLASSES 41 /* see class_of() */
#define DIRTY_UNITS_MAX 64 /* free and not yet given back */

enum unit_state {
	UNIT_INSIDE, /* not the first of whatever it belongs to */
	UNIT_FREE, /* first of a free block of 2^order */
	UNIT_SLAB,
	UNIT_RUN,
};

struct unit {
	uint32_t prev, next; /* in a free list or in a class's list */
	uint16_t used; /* slab: objects handed out */
	uint16_t carved; /* slab: objects ever handed out */
	uint16_t free; /* slab: first free object + 1; 0: none */
	uint8_t state; /* enum unit_state */
	uint8_t class_or_order;
	bool dirty; /* may hold old content: not zeroes */
};

struct arena {
	size_t len; /* of the whole mapping */
	size_t used_len;
	uint32_t unit_count;
	uint32_t dirty_units; /* free ones */
	uint32_t free_block[ORDERS];
	uint32_t open_slab[CLASSES]; /* slabs that have a free object */
	uint8_t *base; /* unit 0 */
	struct unit unit[];
};

/* 16 to 128 by 16, then four steps to each doubling, to 32768. */
static unsigned class_of(size_t len)
{
	unsigned top;

	if (len <= 128)
		return len ? (unsigned)(len + 15) / 16 : 1;
	top = 63 - (unsigned)__builtin_clzl(len - 1); /* 2^top < len */
	return 9 + (top - 7) * 4 + (unsigned)((len - 1) >> (top - 2) & 3);
}

static size_t class_len(unsigned class)
{
	if (class <= 8)
		return (size_t) class * 16;
	return (size_t)(5 + (class - 9) % 4) << (5 + (class - 9) / 4);
}

static void list_add(struct arena *arena, uint32_t *list, uint32_t index)
{
	struct unit *unit = &arena->unit[index];

	unit->prev = NONE;
	unit->next = *list;
	if (*list != NONE)
		arena->unit[*list].prev = index;
	*list = index;
}

static void list_remove(struct arena *arena, uint32_t *list, uint32_t index)
{
	struct unit *unit = &arena->unit[index];

	if (unit->prev != NONE)
		arena->unit[unit->prev].next = unit->next;
	else
		*list = unit->next;
	if (unit->next != NONE)
		arena->unit[unit->next].prev = unit->prev;
}

static uint8_t *unit_bytes(const struct arena *arena, uint32_t index)
{
	return arena->base + ((size_t)index << UNIT_SHIFT);
}

/* ------------------------------------------------------------ runs of units */

/* A free block of 2^order; merges with its other half, and so on. */
static void put_block(struct arena *arena, uint32_t index, unsigned order,
		      bool dirty)
{
	struct unit *unit;

	if (dirty)
		arena->dirty_units += 1u << order;
	while (order + 1 < ORDERS) {
		uint32_t other = index ^ 1u << order;

		if (other >= arena->unit_count ||
		    arena->unit[other].state != UNIT_FREE ||
		    arena->unit[other].class_or_order != order)
			break;
		list_remove(arena, &arena->free_block[order], other);
		arena->unit[other].state = UNIT_INSIDE;
		if (arena->unit[other].dirty != dirty)
			arena->dirty_units += 1u << order;
		dirty |= arena->unit[other].dirty;
		index &= ~(1u << order);
		order++;
	}
	unit = &arena->unit[index];
	unit->state = UNIT_FREE;
	unit->class_or_order = (uint8_t)order;
	unit->dirty = dirty;
	list_add(arena, &arena->free_block[order], index);
}

/* Any range: cut into the largest aligned blocks. */
static void put_range(struct arena *arena, uint32_t index, uint32_t count,
		      bool dirty)
{
	while (count) {
		unsigned order = 31 - (unsigned)__builtin_clz(count);

		if (index && (unsigned)__builtin_ctz(index) < order)
			order = (unsigned)__builtin_ctz(index);
		if (order >= ORDERS)
			order = ORDERS - 1;
		arena->unit[index].state = UNIT_INSIDE;
		put_block(arena, index, order, dirty);
		index += 1u << order;
		count -= 1u << order;
	}
}

/* First of count units, or NONE. *dirty: the bytes are not zeroes. */
static uint32_t take_range(struct arena *arena, uint32_t count, bool *dirty)
{
	unsigned wanted =
		count > 1 ? 32 - (unsigned)__builtin_clz(count - 1) : 0;
	unsigned order = wanted;
	uint32_t index;

	while (order < ORDERS && arena->free_block[order] == NONE)
		order++;
	if (order >= ORDERS)
		return NONE;

	index = arena->free_block[order];
	list_remove(arena, &arena->free_block[order], index);
	*dirty = arena->unit[index].dirty;
	if (*dirty)
		arena->dirty_units -= 1u << order;
	arena->unit[index].state = UNIT_INSIDE;
	put_range(arena, index + count, (1u << order) - count, *dirty);
	return index;
}

/* Gives the kernel the pages back; they read as zeroes afterwards. */
static void clean_range(struct arena *arena, uint32_t index, uint32_t count)
{
	kernel_madvise(unit_bytes(arena, index), (size_t)count << UNIT_SHIFT,
		       MADV_DONTNEED);
}

static void *alloc_run(struct arena *arena, size_t len)
{
	uint32_t count = (uint32_t)((len + UNIT_LEN - 1) >> UNIT_SHIFT);
	uint32_t index;
	bool dirty;

	index = take_range(arena, count, &dirty);
	if (index == NONE)
		return NULL;
	if (dirty)
		clean_range(arena, index, count);
	arena->unit[index].state = UNIT_RUN;
	return unit_bytes(arena, index);
}

static void free_run(struct arena *arena, uint32_t index, size_t len)
{
	uint32_t count = (uint32_t)((len + UNIT_LEN - 1) >> UNIT_SHIFT);

	clean_range(arena, index, count);
	put_range(arena, index, count, false);
}

/* ------------------------------------------------------------------- slabs */

/* A free object's first two bytes: the next free one + 1. */
static uint16_t *object_at(const struct arena *arena, uint32_t index,
			   unsigned class, unsigned object)
{
	return (uint16_t *)(unit_bytes(arena, index) +
			    object * class_len(class));
}

static uint32_t slab_open(struct arena *arena, unsigned class)
{
	struct unit *unit;
	uint32_t index;
	bool dirty;

	index = take_range(arena, 1, &dirty);
	if (index == NONE)
		return NONE;
	unit = &arena->unit[index];
	*unit = (struct unit){ .state = UNIT_SLAB,
			       .class_or_order = (uint8_t) class,
			       .dirty = dirty };
	list_add(arena, &arena->open_slab[class], index);
	return index;
}

static bool slab_is_full(const struct unit *unit)
{
	return !unit->free &&
	       unit->carved == UNIT_LEN / class_len(unit->class_or_order);
}

static void *alloc_object(struct arena *arena, unsigned class)
{
	uint32_t index = arena->open_slab[class];
	uint16_t *object;
	struct unit *unit;
	bool zero = true;

	if (index == NONE)
		index = slab_open(arena, class);
	if (index == NONE)
		return NULL;

	unit = &arena->unit[index];
	if (unit->free) {
		object = object_at(arena, index, class, unit->free - 1u);
		unit->free = *object;
	} else {
		object = object_at(arena, index, class, unit->carved++);
		zero = unit->dirty;
	}
	unit->used++;
	if (slab_is_full(unit))
		list_remove(arena, &arena->open_slab[class], index);
	if (zero)
		memset(object, 0, class_len(class));
	return object;
}

static void slab_close(struct arena *arena, uint32_t index)
{
	struct unit *unit = &arena->unit[index];
	bool dirty = arena->dirty_units < DIRTY_UNITS_MAX;

	list_remove(arena, &arena->open_slab[unit->class_or_order], index);
	if (!dirty)
		clean_range(arena, index, 1);
	put_range(arena, index, 1, dirty);
}

static void free_object(struct arena *arena, uint32_t index, void *memory)
{
	struct unit *unit = &arena->unit[index];
	unsigned class = unit->class_or_order;
	size_t offset = (size_t)((uint8_t *)memory - unit_bytes(arena, index));

	if (slab_is_full(unit))
		list_add(arena, &arena->open_slab[class], index);
	*(uint16_t *)memory = unit->free;
	unit->free = (uint16_t)(offset / class_len(class) + 1);
	unit->used--;
	/* The last open one stays: a lone object often comes back. */
	if (!unit->used &&
	    (unit->next != NONE || arena->open_slab[class] != index))
		slab_close(arena, index);
}

/* ------------------------------------------------ what goes along with us */

#define KEPT_MAX 64

/* Of this process; a slot is free while begin is 0. */
static struct {
	_Atomic uintptr_t begin;
	_Atomic size_t len;
} kept[KEPT_MAX];

bool arena_keep(void *memory, size_t len)
{
	for (int i = 0; i < KEPT_MAX; i++) {
		uintptr_t none = 0;

		if (!atomic_compare_exchange_strong(&kept[i].begin, &none,
						    (uintptr_t)memory))
			continue;
		kept[i].len = len;
		return true;
	}
	return false;
}

static void forget(const void *memory)
{
	for (int i = 0; i < KEPT_MAX; i++) {
		if (kept[i].begin == (uintptr_t)memory)
			kept[i].begin = 0;
	}
}

void *arena_map(size_t len)
{
	void *memory =
		kernel_mmap(len, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);

	if (!kernel_mapped(memory))
		return NULL;
	if (arena_keep(memory, len))
		return memory;
	kernel_munmap(memory, len);
	return NULL;
}

static int memfd_of(const char *name, size_t len)
{
	int fd = (int)kernel_call(SYS_memfd_create, (long)name,
				  MFD_CLOEXEC | MFD_ALLOW_SEALING, 0, 0, 0, 0);
	long result;

	if (fd < 0)
		return fd;
	result = kernel_call(SYS_ftruncate, fd, (long)len, 0, 0, 0, 0);
	if (result == 0)
		result = kernel_call(SYS_fcntl, fd, F_ADD_SEALS,
				     F_SEAL_SHRINK | F_SEAL_GROW, 0, 0, 0);
	if (result == 0)
		return fd;
	kernel_close(fd);
	return (int)result;
}

int arena_share(const char *name, size_t len, void **memory)
{
	int fd = memfd_of(name, len);
	void *mapped;

	if (fd < 0)
		return fd;
	mapped = kernel_mmap(len, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	if (kernel_mapped(mapped) && arena_keep(mapped, len)) {
		*memory = mapped;
		return fd;
	}
	if (kernel_mapped(mapped))
		kernel_munmap(mapped, len);
	kernel_close(fd);
	return -ENOMEM;
}

void arena_unmap(void *memory, size_t len)
{
	forget(memory);
	kernel_munmap(memory, len);
}

void arena_visit_kept(void (*visit)(void *context, uintptr_t begin,
				    uintptr_t end),
		      void *context)
{
	for (int i = 0; i < KEPT_MAX; i++) {
		uintptr_t begin = kept[i].begin;

		if (begin)
			visit(context, begin, begin + kept[i].len);
	}
}

/* ----------------------------------------------------------------- outside */

struct arena *arena_create(size_t cap_len)
{
	size_t units = (cap_len + (1 << 20) - 1) >> 20 << (20 - UNIT_SHIFT);
	size_t head_len = sizeof(struct arena) + units * sizeof(struct unit);
	struct arena *arena;
	size_t len;

	if (units == 0 || units >= (size_t)1 << (ORDERS - 1))
		return NULL;
	head_len = (head_len + UNIT_LEN - 1) & ~(UNIT_LEN - 1);
	len = head_len + (units << UNIT_SHIFT);
	arena = arena_map(len);
	if (!arena)
		return NULL;

	/* Or the first byte of each 2 MiB would cost 2 MiB. */
	kernel_madvise(arena, len, MADV_NOHUGEPAGE);
	arena->len = len;
	arena->unit_count = (uint32_t)units;
	arena->base = (uint8_t *)arena + head_len;
	memset(arena->free_block, 0xff, sizeof(arena->free_block));
	memset(arena->open_slab, 0xff, sizeof(arena->open_slab));
	put_range(arena, 0, arena->unit_count, false);
	return arena;
}

void arena_destroy(struct arena *arena)
{
	arena_unmap(arena, arena->len);
}

void *arena_alloc(struct arena *arena, size_t len)
{
	void *memory;

	if (len > (size_t)arena->unit_count << UNIT_SHIFT)
		return NULL;
	if (len <= OBJECT_MAX)
		memory = alloc_object(arena, class_of(len));
	else
		memory = alloc_run(arena, len);
	if (memory)
		arena->used_len += len;
	return memory;
}

void arena_free(struct arena *arena, void *memory, size_t len)
{
	uint32_t index;

	if (!memory)
		return;
	index = (uint32_t)((size_t)((uint8_t *)memory - arena->base) >>
			   UNIT_SHIFT);
	assert(index < arena->unit_count);
	arena->used_len -= len;
	if (len <= OBJECT_MAX)
		free_object(arena, index, memory);
	else
		free_run(arena, index, len);
}

size_t arena_used_len(const struct arena *arena)
{
	return arena->used_len;
}

size_t arena_len(const struct arena *arena)
{
	return arena->len;
}
