#include "unit.h"

#include <string.h>
#include <sys/socket.h>

#include "netlink.h"

static uint8_t room[256] __attribute__((aligned(8)));
static struct nl_writer w;

START_TEST(what_is_written_is_found_again)
{
	struct nl_value value[8];
	const struct nlmsghdr *header = (const void *)room;
	char text[8];

	nl_writer_init(&w, room, sizeof(room));
	nl_begin(&w, 20, NLM_F_MULTI, 7, 9, 4);
	nl_put_u32(&w, 3, 0xdeadbeef);
	nl_put_text(&w, 5, "pyt0");
	ck_assert(nl_end(&w));
	ck_assert_uint_eq(header->nlmsg_len, w.len);
	ck_assert_uint_eq(header->nlmsg_type, 20);
	ck_assert_uint_eq(header->nlmsg_seq, 7);
	ck_assert_uint_eq(header->nlmsg_pid, 9);
	ck_assert(nl_parse(room + NLMSG_HDRLEN + 4,
			   header->nlmsg_len - NLMSG_HDRLEN - 4, value, 7));
	ck_assert_uint_eq(nl_u32(&value[3], 0), 0xdeadbeef);
	ck_assert(nl_text(&value[5], text, sizeof(text)));
	ck_assert_str_eq(text, "pyt0");
	ck_assert_uint_eq(nl_u32(&value[4], 42), 42);
}
END_TEST

START_TEST(a_message_that_does_not_fit_leaves_nothing)
{
	size_t before;

	nl_writer_init(&w, room, 64);
	nl_begin(&w, 1, 0, 0, 0, 0);
	ck_assert(nl_end(&w));
	before = w.len;
	nl_begin(&w, 2, 0, 0, 0, 16);
	nl_put(&w, 1, room, 100);
	nl_put_u32(&w, 2, 1);
	ck_assert(!nl_end(&w));
	ck_assert_uint_eq(w.len, before);
	nl_begin(&w, 3, 0, 0, 0, 0);
	ck_assert(nl_end(&w));
}
END_TEST

START_TEST(an_attribute_longer_than_the_message_is_refused)
{
	uint8_t bytes[8] = { 12, 0, 1, 0 };
	struct nl_value value[4];

	ck_assert(!nl_parse(bytes, sizeof(bytes), value, 3));
	bytes[0] = 3;
	ck_assert(!nl_parse(bytes, sizeof(bytes), value, 3));
	bytes[0] = 8;
	ck_assert(nl_parse(bytes, sizeof(bytes), value, 3));
	ck_assert_uint_eq(value[1].len, 4);
}
END_TEST

START_TEST(types_beyond_the_table_are_left_out)
{
	uint8_t bytes[8] = { 8, 0, 200, 0 };
	struct nl_value value[4];

	ck_assert(nl_parse(bytes, sizeof(bytes), value, 3));
	for (int i = 0; i < 4; i++)
		ck_assert_ptr_null(value[i].data);
}
END_TEST

START_TEST(addresses_have_the_length_of_their_family)
{
	static const uint8_t bytes[16] = { 10, 77, 0, 2 };
	struct nl_value four = { bytes, 4 }, six = { bytes, 16 };
	struct pyt_ip ip;

	ck_assert(nl_ip(&four, AF_INET, &ip));
	ck_assert_uint_eq(pyt_ip_to_v4(&ip), 0x0a4d0002);
	ck_assert(!nl_ip(&four, AF_INET6, &ip));
	ck_assert(!nl_ip(&six, AF_INET, &ip));
	ck_assert(nl_ip(&six, AF_INET6, &ip));
	ck_assert(!pyt_ip_is_v4(&ip));
}
END_TEST

START_TEST(a_name_without_its_zero_is_cut_at_its_length)
{
	struct nl_value value = { "pyt0xx", 4 };
	char text[5], small[4];

	ck_assert(nl_text(&value, text, sizeof(text)));
	ck_assert_str_eq(text, "pyt0");
	ck_assert(!nl_text(&value, small, sizeof(small)));
}
END_TEST

UNIT_MAIN("netlink", what_is_written_is_found_again,
	  a_message_that_does_not_fit_leaves_nothing,
	  an_attribute_longer_than_the_message_is_refused,
	  types_beyond_the_table_are_left_out,
	  addresses_have_the_length_of_their_family,
	  a_name_without_its_zero_is_cut_at_its_length)
