#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "addrinfo_sort.h"

static struct pyt_ip ip(const char *text)
{
	struct pyt_ip parsed;

	ck_assert(pyt_ip_parse(text, &parsed));
	return parsed;
}

static int value(const struct policy_table *table, const char *text)
{
	struct pyt_ip address = ip(text);

	return policy_value(table, &address);
}

static void read_text(struct policy *policy, const char *text)
{
	char path[] = "/tmp/test_policy-XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	policy_read(policy, path);
	unlink(path);
}

START_TEST(without_a_file_it_is_the_table_of_the_rfc)
{
	struct policy policy;

	policy_read(&policy, "/nonexistent");
	ck_assert_int_eq(value(&policy.precedence, "::1"), 50);
	ck_assert_int_eq(value(&policy.precedence, "2001:db8::1"), 40);
	ck_assert_int_eq(value(&policy.precedence, "10.0.0.1"), 35);
	ck_assert_int_eq(value(&policy.precedence, "2002::1"), 30);
	ck_assert_int_eq(value(&policy.precedence, "2001::1"), 5);
	ck_assert_int_eq(value(&policy.precedence, "fd00::1"), 3);
	ck_assert_int_eq(value(&policy.precedence, "::2"), 1);
	ck_assert_int_eq(value(&policy.label, "::2"), 3);
	ck_assert_int_eq(value(&policy.label, "fec0::1"), 11);
	ck_assert_int_eq(value(&policy.label, "3ffe::1"), 12);
	ck_assert_int_eq(value(&policy.label, "fc00::1"), 13);
	ck_assert_int_eq(value(&policy.scope4, "169.254.1.1"), 2);
	ck_assert_int_eq(value(&policy.scope4, "127.0.0.1"), 2);
	ck_assert_int_eq(value(&policy.scope4, "192.168.0.1"), 14);
}
END_TEST

START_TEST(lines_of_one_kind_replace_the_table_of_that_kind_alone)
{
	struct policy policy;

	read_text(&policy, "# what people write\n"
			   "precedence ::ffff:0:0/96  100\n"
			   "precedence 2001:db8::/32 7 # later\n"
			   "scopev4 10.0.0.0/8 5\n"
			   "reload yes\nnonsense\nlabel\nlabel x 1\n"
			   "precedence ::/200 9\nprecedence ::/0 x\n");
	ck_assert_int_eq(value(&policy.precedence, "10.0.0.1"), 100);
	ck_assert_int_eq(value(&policy.precedence, "2001:db8::1"), 7);
	ck_assert_int_eq(value(&policy.precedence, "::1"), 0);
	ck_assert_int_eq(value(&policy.label, "2002::1"), 2);
	ck_assert_int_eq(value(&policy.scope4, "10.1.1.1"), 5);
}
END_TEST

START_TEST(rows_are_bounded)
{
	char text[POLICY_ROWS_MAX * 64] = "";
	struct policy policy;

	for (int i = 0; i < POLICY_ROWS_MAX + 1; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "label 2001:db8:%x::/48 %d\n", i, i);
	read_text(&policy, text);
	ck_assert_uint_eq(policy.label.count, POLICY_ROWS_MAX);
}
END_TEST

/* ----------------------------------------------------------- the order */

/* "destination source/len [deprecated]"; source "-": none */
struct way {
	const char *dst, *src;
	unsigned prefix_len;
	bool deprecated;
};

/* The destinations in their order, by spaces. */
static const char *ordered(const struct way *ways, size_t count,
			   const char *config)
{
	static char text[256];
	char one[PYT_IP_TEXT_MAX];
	struct pyt_source sources[8];
	struct pyt_ip ips[8];
	struct policy policy;

	for (size_t i = 0; i < count; i++) {
		ips[i] = ip(ways[i].dst);
		sources[i] =
			(struct pyt_source){ .found = *ways[i].src != '-',
					     .deprecated = ways[i].deprecated,
					     .prefix_len = ways[i].prefix_len };
		if (sources[i].found)
			sources[i].ip = ip(ways[i].src);
	}
	read_text(&policy, config);
	addrinfo_sort(ips, count, sources, &policy);
	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		strcat(text, i ? " " : "");
		strcat(text, pyt_ip_format(&ips[i], one));
	}
	return text;
}

#define ORDER(...)                                            \
	ordered((const struct way[]){ __VA_ARGS__ },          \
		sizeof((const struct way[]){ __VA_ARGS__ }) / \
			sizeof(struct way),                   \
		"")

/* The examples of RFC 6724, 10.2. */
START_TEST(the_examples_of_the_rfc_come_out)
{
	ck_assert_str_eq(ORDER({ "2001:db8:1::1", "2001:db8:1::2", 64 },
			       { "198.51.100.121", "169.254.13.78", 16 }),
			 "2001:db8:1::1 198.51.100.121");
	ck_assert_str_eq(ORDER({ "2001:db8:1::1", "fe80::1", 64 },
			       { "198.51.100.121", "198.51.100.117", 24 }),
			 "198.51.100.121 2001:db8:1::1");
	ck_assert_str_eq(ORDER({ "2001:db8:1::1", "2001:db8:1::2", 64 },
			       { "10.1.2.3", "10.1.2.4", 24 }),
			 "2001:db8:1::1 10.1.2.3");
	ck_assert_str_eq(ORDER({ "2001:db8:1::1", "2001:db8:1::2", 64 },
			       { "fe80::1", "fe80::2", 64 }),
			 "fe80::1 2001:db8:1::1");
	ck_assert_str_eq(ORDER({ "2001:db8:1::1", "2001:db8:1::2", 64, true },
			       { "fe80::1", "fe80::2", 64 }),
			 "fe80::1 2001:db8:1::1");
	ck_assert_str_eq(ORDER({ "2001:db8:1::1", "2001:db8:1::2", 64 },
			       { "2001:db8:3ffe::1", "2001:db8:3f44::2", 64 }),
			 "2001:db8:1::1 2001:db8:3ffe::1");
	ck_assert_str_eq(ORDER({ "2002:c633:6401::1", "2002:c633:6401::2", 64 },
			       { "2001:db8:1::1", "2002:c633:6401::2", 64 }),
			 "2002:c633:6401::1 2001:db8:1::1");
	ck_assert_str_eq(ORDER({ "2002:c633:6401::1", "2002:c633:6401::2", 64 },
			       { "2001:db8:1::1", "2001:db8:1::2", 64 }),
			 "2001:db8:1::1 2002:c633:6401::1");
}
END_TEST

START_TEST(what_leads_nowhere_comes_last_and_deprecated_sources_behind)
{
	ck_assert_str_eq(ORDER({ "2001:db8::1", "-", 0 },
			       { "10.0.0.1", "10.0.0.2", 24 }),
			 "10.0.0.1 2001:db8::1");
	ck_assert_str_eq(ORDER({ "2001:db8:1::1", "2001:db8:1::2", 64, true },
			       { "10.0.0.1", "10.0.0.2", 24 }),
			 "10.0.0.1 2001:db8:1::1");
}
END_TEST

START_TEST(bits_behind_the_sources_prefix_and_off_the_own_subnet_do_not_count)
{
	ck_assert_str_eq(ORDER({ "2001:db8::1", "2001:db8::8", 64 },
			       { "2001:db8::9", "2001:db8::8", 64 }),
			 "2001:db8::1 2001:db8::9");
	ck_assert_str_eq(ORDER({ "192.0.2.1", "10.0.0.2", 24 },
			       { "10.1.0.1", "10.0.0.2", 24 },
			       { "10.0.0.9", "10.0.0.2", 24 }),
			 "10.0.0.9 192.0.2.1 10.1.0.1");
}
END_TEST

START_TEST(the_file_decides)
{
	const struct way ways[] = { { "2001:db8:1::1", "2001:db8:1::2", 64 },
				    { "10.1.2.3", "10.1.2.4", 24 } };

	ck_assert_str_eq(ordered(ways, 2, "precedence ::ffff:0:0/96 100\n"),
			 "10.1.2.3 2001:db8:1::1");
}
END_TEST

UNIT_MAIN("policy", without_a_file_it_is_the_table_of_the_rfc,
	  lines_of_one_kind_replace_the_table_of_that_kind_alone,
	  rows_are_bounded, the_examples_of_the_rfc_come_out,
	  what_leads_nowhere_comes_last_and_deprecated_sources_behind,
	  bits_behind_the_sources_prefix_and_off_the_own_subnet_do_not_count,
	  the_file_decides)
