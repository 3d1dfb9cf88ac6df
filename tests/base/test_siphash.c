#include "unit.h"

#include "base/siphash.h"

START_TEST(values_are_those_of_the_reference)
{
	/* Key 00 01 .. 0f, message 00 01 .. of each length. */
	static const struct {
		size_t len;
		uint64_t value;
	} known[] = {
		{ 0, 0x726fdb47dd0e0e31 },
		{ 1, 0x74f839c593dc67fd },
		{ 8, 0x93f5f5799a932462 },
		{ 15, 0xa129ca6149be45e5 },
	};
	uint8_t bytes[SIPHASH_KEY_LEN];

	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		ck_assert_uint_eq(siphash(bytes, bytes, known[i].len),
				  known[i].value);
}
END_TEST

START_TEST(another_key_gives_other_values)
{
	uint8_t a[SIPHASH_KEY_LEN] = { 1 }, b[SIPHASH_KEY_LEN] = { 2 };

	ck_assert_uint_ne(siphash(a, "text", 4), siphash(b, "text", 4));
}
END_TEST

UNIT_MAIN("siphash", values_are_those_of_the_reference,
	  another_key_gives_other_values)
