#include "unit.h"

#include "ip/special4.h"

START_TEST(ordinary_addresses_have_no_entry)
{
	ck_assert_ptr_null(special4_find(0x08080808));
	ck_assert_ptr_null(special4_find(0xc0000100));
	ck_assert_ptr_null(special4_find(0x64800000));
}
END_TEST

START_TEST(the_first_and_the_last_of_a_range_are_in_it)
{
	ck_assert_str_eq(special4_find(0x0a000000)->name, "private use");
	ck_assert_str_eq(special4_find(0x0affffff)->name, "private use");
	ck_assert_ptr_null(special4_find(0x0b000000));
	ck_assert_str_eq(special4_find(0x647fffff)->name,
			 "shared address space");
	ck_assert_str_eq(special4_find(0xc613ffff)->name, "benchmarking");
	ck_assert_ptr_null(special4_find(0xc6140000));
}
END_TEST

START_TEST(the_most_specific_of_nested_ranges_counts)
{
	ck_assert_str_eq(special4_find(0xc0000007)->name, "DS-Lite");
	ck_assert_str_eq(special4_find(0xc0000008)->name,
			 "protocol assignments");
	ck_assert_str_eq(special4_find(0xffffffff)->name, "limited broadcast");
	ck_assert_str_eq(special4_find(0xfffffffe)->name, "reserved");
}
END_TEST

START_TEST(what_is_never_a_source_on_a_link_is_martian)
{
	static const uint32_t martians[] = { 0x00000001, 0x7f000001, 0xe0000001,
					     0xf0000001, 0xffffffff };
	static const uint32_t welcome[] = { 0x0a000001, 0xc0000201, 0xa9fe0101,
					    0x64400001, 0xc6120001 };

	for (int i = 0; i < 5; i++) {
		ck_assert(special4_find(martians[i])->martian);
		ck_assert(!special4_find(welcome[i])->martian);
	}
}
END_TEST

UNIT_MAIN("special4", ordinary_addresses_have_no_entry,
	  the_first_and_the_last_of_a_range_are_in_it,
	  the_most_specific_of_nested_ranges_counts,
	  what_is_never_a_source_on_a_link_is_martian)
