#include "unit.h"

#include <pyt/addr.h>

START_TEST(both_families_parse_and_format)
{
	static const char *const texts[] = { "10.77.0.1", "fe80::1",
					     "::", "255.255.255.255" };
	char text[PYT_IP_TEXT_MAX];
	struct pyt_ip ip;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		ck_assert(pyt_ip_parse(texts[i], &ip));
		ck_assert_str_eq(pyt_ip_format(&ip, text), texts[i]);
	}
	ck_assert(!pyt_ip_parse("10.77.0", &ip));
	ck_assert(!pyt_ip_parse("", &ip));
}
END_TEST

START_TEST(prefixes_count_bits_of_the_family)
{
	struct pyt_ip net, inside, outside, six;

	ck_assert(pyt_ip_parse("10.77.0.0", &net));
	ck_assert(pyt_ip_parse("10.77.1.255", &inside));
	ck_assert(pyt_ip_parse("10.77.2.0", &outside));
	ck_assert(pyt_ip_parse("fd77::2", &six));
	ck_assert(pyt_ip_in_prefix(&inside, &net, 23));
	ck_assert(!pyt_ip_in_prefix(&outside, &net, 23));
	ck_assert(pyt_ip_in_prefix(&outside, &net, 0));
	ck_assert(!pyt_ip_in_prefix(&six, &net, 0));
	ck_assert(pyt_ip_in_prefix(&net, &net, 32));
}
END_TEST

START_TEST(common_prefixes_count_bits_of_the_128)
{
	struct pyt_ip a, b;

	ck_assert(pyt_ip_parse("fd77::2", &a));
	ck_assert(pyt_ip_parse("fd77::3", &b));
	ck_assert_uint_eq(pyt_ip_common_prefix_len(&a, &b), 127);
	ck_assert_uint_eq(pyt_ip_common_prefix_len(&a, &a), 128);
	ck_assert(pyt_ip_parse("7d77::2", &b));
	ck_assert_uint_eq(pyt_ip_common_prefix_len(&a, &b), 0);
	ck_assert(pyt_ip_parse("10.77.0.2", &a));
	ck_assert(pyt_ip_parse("10.78.0.2", &b));
	ck_assert_uint_eq(pyt_ip_common_prefix_len(&a, &b), 96 + 14);
}
END_TEST

UNIT_MAIN("addr", both_families_parse_and_format,
	  prefixes_count_bits_of_the_family,
	  common_prefixes_count_bits_of_the_128)
