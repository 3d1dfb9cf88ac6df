#include "unit.h"

#include <stdint.h>
#include <string.h>

#include "../../shim/arena.h"

#define MIB ((size_t)1 << 20)

static bool is_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

START_TEST(memory_is_zero_aligned_and_apart)
{
	struct arena *arena = arena_create(64 * MIB);
	uint8_t *pieces[400];

	for (size_t i = 0; i < 400; i++) {
		size_t len = 1 + i * 97;

		pieces[i] = arena_alloc(arena, len);
		ck_assert_ptr_nonnull(pieces[i]);
		ck_assert_uint_eq((uintptr_t)pieces[i] % 16, 0);
		ck_assert(is_zero(pieces[i], len));
		memset(pieces[i], (int)(i % 255) + 1, len);
	}
	for (size_t i = 0; i < 400; i++) {
		ck_assert_uint_eq(pieces[i][0], i % 255 + 1);
		ck_assert_uint_eq(pieces[i][i * 97], i % 255 + 1);
	}
	arena_destroy(arena);
}
END_TEST

START_TEST(what_comes_back_is_zero_again)
{
	static const size_t lens[] = { 16, 100, 2000, 16384, 65536, 3 * MIB };
	struct arena *arena = arena_create(16 * MIB);

	for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		for (int round = 0; round < 20; round++) {
			uint8_t *a = arena_alloc(arena, lens[i]);
			uint8_t *b = arena_alloc(arena, lens[i]);

			ck_assert(is_zero(a, lens[i]));
			ck_assert(is_zero(b, lens[i]));
			memset(a, 0xff, lens[i]);
			memset(b, 0xff, lens[i]);
			arena_free(arena, a, lens[i]);
			arena_free(arena, b, lens[i]);
		}
	}
	ck_assert_uint_eq(arena_used_len(arena), 0);
	arena_destroy(arena);
}
END_TEST

START_TEST(the_cap_holds_and_all_of_it_is_usable_again)
{
	struct arena *arena = arena_create(8 * MIB);

	for (int round = 0; round < 3; round++) {
		size_t len = round == 0 ? 16384 : round == 1 ? 100000 : 48;
		uint8_t *list = NULL, *piece;
		size_t total = 0;

		while ((piece = arena_alloc(arena, len))) {
			memcpy(piece, &list, sizeof(list));
			list = piece;
			total += len;
		}
		ck_assert_uint_le(total, 8 * MIB);
		ck_assert_uint_ge(total, 6 * MIB);
		while (list) {
			uint8_t *next;

			memcpy(&next, list, sizeof(next));
			arena_free(arena, list, len);
			list = next;
		}
	}
	ck_assert_ptr_nonnull(arena_alloc(arena, MIB));
	ck_assert_ptr_null(arena_alloc(arena, 64 * MIB));
	arena_destroy(arena);
}
END_TEST

/* Random sizes in random order: contents stay, nothing is lost. */
START_TEST(any_order_of_requests_keeps_contents)
{
	struct arena *arena = arena_create(64 * MIB);
	struct {
		uint8_t *at;
		size_t len;
		uint8_t mark;
	} held[256] = { 0 };
	uint32_t random = 1;

	for (int i = 0; i < 200000; i++) {
		unsigned n;

		random = random * 1664525 + 1013904223;
		n = random >> 24;
		if (held[n].at) {
			ck_assert_uint_eq(held[n].at[0], held[n].mark);
			ck_assert_uint_eq(held[n].at[held[n].len - 1],
					  held[n].mark);
			arena_free(arena, held[n].at, held[n].len);
			held[n].at = NULL;
			continue;
		}
		held[n].len = (random >> 4 & 0xfff) + 1;
		if ((random & 15) == 0)
			held[n].len *= 40;
		held[n].at = arena_alloc(arena, held[n].len);
		held[n].mark = (uint8_t)i | 1;
		ck_assert_ptr_nonnull(held[n].at);
		held[n].at[0] = held[n].mark;
		held[n].at[held[n].len - 1] = held[n].mark;
	}
	for (int n = 0; n < 256; n++)
		arena_free(arena, held[n].at, held[n].len);
	ck_assert_uint_eq(arena_used_len(arena), 0);
	ck_assert_ptr_nonnull(arena_alloc(arena, 32 * MIB));
	arena_destroy(arena);
}
END_TEST

static int visits;

static void count_visit(void *context, uintptr_t begin, uintptr_t end)
{
	if (begin == (uintptr_t)context && end > begin)
		visits++;
}

START_TEST(mappings_that_go_along_are_known_until_unmapped)
{
	void *memory = arena_map(8192);

	arena_visit_kept(count_visit, memory);
	ck_assert_int_eq(visits, 1);
	arena_unmap(memory, 8192);
	arena_visit_kept(count_visit, memory);
	ck_assert_int_eq(visits, 1);
}
END_TEST

UNIT_MAIN("arena", memory_is_zero_aligned_and_apart,
	  what_comes_back_is_zero_again,
	  the_cap_holds_and_all_of_it_is_usable_again,
	  any_order_of_requests_keeps_contents,
	  mappings_that_go_along_are_known_until_unmapped)
