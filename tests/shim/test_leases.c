#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "leases.h"

static const uint8_t mac[6] = { 2, 0, 0, 0, 0xab, 0xcd };

static struct pyt_lease some_lease(void)
{
	struct pyt_lease lease = { .ifindex = 2,
				   .method = PYT_METHOD_DHCP4,
				   .router = pyt_ip_from_v4(0x0a000001),
				   .router_mac = { 2, 0, 0, 0, 0, 1 },
				   .message_len = 700 };

	for (uint32_t i = 0; i < lease.message_len; i++)
		lease.message[i] = (uint8_t)(i * 3);
	return lease;
}

START_TEST(what_is_printed_is_read_again)
{
	struct pyt_lease lease = some_lease(), got = { .ifindex = 2 };
	char text[LEASE_TEXT_MAX];
	int64_t obtained_s;

	ck_assert_uint_gt(lease_print(&lease, mac, 1700000000, text), 0);
	ck_assert(lease_parse(text, mac, &got, &obtained_s));
	ck_assert_int_eq(obtained_s, 1700000000);
	ck_assert(pyt_ip_equal(&got.router, &lease.router));
	ck_assert_int_eq(memcmp(got.router_mac, lease.router_mac, 6), 0);
	ck_assert_uint_eq(got.message_len, lease.message_len);
	ck_assert_int_eq(memcmp(got.message, lease.message, 700), 0);
}
END_TEST

START_TEST(the_longest_message_fits)
{
	struct pyt_lease lease = some_lease();
	char text[LEASE_TEXT_MAX];

	lease.message_len = PYT_LEASE_MESSAGE_MAX;
	ck_assert_uint_gt(lease_print(&lease, mac, INT32_MAX, text), 0);
	lease.message_len++;
	ck_assert_uint_eq(lease_print(&lease, mac, INT32_MAX, text), 0);
}
END_TEST

START_TEST(the_lease_of_another_mac_is_not_ours)
{
	static const uint8_t other[6] = { 2, 0, 0, 0, 0xab, 0xce };
	struct pyt_lease lease = some_lease(), got;
	char text[LEASE_TEXT_MAX];
	int64_t obtained_s;

	lease_print(&lease, mac, 1, text);
	ck_assert(!lease_parse(text, other, &got, &obtained_s));
}
END_TEST

START_TEST(broken_files_are_not_read)
{
	struct pyt_lease lease = some_lease(), got;
	char text[LEASE_TEXT_MAX];
	size_t len = lease_print(&lease, mac, 1700000000, text);
	int64_t obtained_s;

	/* cut anywhere before the last bytes' line end, or with a bad byte */
	for (size_t cut = 0; cut < len - 2 * 700 - 1; cut++) {
		char copy[LEASE_TEXT_MAX];

		memcpy(copy, text, len + 1);
		copy[cut] = '\0';
		ck_assert(!lease_parse(copy, mac, &got, &obtained_s));
		memcpy(copy, text, len + 1);
		copy[len - 2] = 'x';
		ck_assert(!lease_parse(copy, mac, &got, &obtained_s));
	}
}
END_TEST

START_TEST(times_that_cannot_be_are_refused)
{
	struct pyt_lease lease = some_lease(), got;
	char text[LEASE_TEXT_MAX];
	int64_t obtained_s;

	lease_print(&lease, mac, -1, text);
	ck_assert(!lease_parse(text, mac, &got, &obtained_s));
	lease_print(&lease, mac, INT64_MAX, text);
	ck_assert(!lease_parse(text, mac, &got, &obtained_s));
}
END_TEST

UNIT_MAIN("leases", what_is_printed_is_read_again, the_longest_message_fits,
	  the_lease_of_another_mac_is_not_ours, broken_files_are_not_read,
	  times_that_cannot_be_are_refused)
