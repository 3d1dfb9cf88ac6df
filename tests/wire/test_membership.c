#include "unit.h"

#include "wire/membership.h"

START_TEST(a_query_of_each_version_of_igmp_is_told_by_its_length_and_code)
{
	uint8_t bytes[12] = { 0x11, 100, 0, 0, 0, 0, 0, 0, 0x0b, 130, 0, 0 };
	struct membership_query query;

	ck_assert(membership_parse_igmp(reader_init(bytes, 8), &query));
	ck_assert_int_eq(query.version, MEMBERSHIP_V2);
	ck_assert_int_eq(query.response_us, 10000000);
	ck_assert(membership_parse_igmp(reader_init(bytes, 12), &query));
	ck_assert_int_eq(query.version, MEMBERSHIP_V3);
	ck_assert_int_eq(query.robustness, 3);
	ck_assert_int_eq(query.interval_us, 144000000);
	bytes[1] = 0;
	ck_assert(membership_parse_igmp(reader_init(bytes, 8), &query));
	ck_assert_int_eq(query.version, MEMBERSHIP_V1);
	ck_assert_int_eq(query.response_us, 10000000);
	for (size_t len = 0; len < 12; len++)
		ck_assert_int_eq(
			membership_parse_igmp(reader_init(bytes, len), &query),
			len == 8);
}
END_TEST

START_TEST(large_codes_are_floating_point_numbers)
{
	uint8_t igmp[12] = { 0x11, 0xff };
	uint8_t mld[28] = { 130, 0, 0, 0, 0xff, 0xff };
	struct membership_query query;

	ck_assert(membership_parse_igmp(reader_init(igmp, 12), &query));
	ck_assert_int_eq(query.response_us, 31744ll * 100000);
	ck_assert(membership_parse_mld(reader_init(mld, 28), &query));
	ck_assert_int_eq(query.response_us, 8387584ll * 1000);
	/* MLDv1 takes the field as it is */
	ck_assert(membership_parse_mld(reader_init(mld, 24), &query));
	ck_assert_int_eq(query.version, MEMBERSHIP_V2);
	ck_assert_int_eq(query.response_us, 65535ll * 1000);
}
END_TEST

START_TEST(sources_are_all_there_or_there_is_no_query)
{
	uint8_t bytes[20] = { 0x11, 1, 0, 0, 224, 0, 0, 9, 0, 0,
			      0,    2, 1, 2, 3,	  4, 5, 6, 7, 8 };
	struct membership_query query;
	struct pyt_ip source;

	ck_assert(!membership_parse_igmp(reader_init(bytes, 19), &query));
	ck_assert(membership_parse_igmp(reader_init(bytes, 20), &query));
	ck_assert_uint_eq(query.source_count, 2);
	membership_next_source(&query);
	source = membership_next_source(&query);
	ck_assert_uint_eq(pyt_ip_to_v4(&source), 0x05060708);
}
END_TEST

UNIT_MAIN("membership_wire",
	  a_query_of_each_version_of_igmp_is_told_by_its_length_and_code,
	  large_codes_are_floating_point_numbers,
	  sources_are_all_there_or_there_is_no_query)
