#include "unit.h"

#include "wire/dhcp4.h"

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 2 };
static uint8_t bytes[2048];
static struct writer w;

/* A reply's fixed part; options follow. */
static void begin(void)
{
	struct dhcp4_header header = { .xid = 0x12345678,
				       .secs = 7,
				       .flags = DHCP4_BROADCAST,
				       .ciaddr = 1,
				       .yiaddr = 0x0a000005 };

	memcpy(header.mac, mac, 6);
	w = writer_init(bytes, sizeof(bytes));
	dhcp4_put_header(&w, &header);
	bytes[0] = 2;
}

static bool parse(struct dhcp4_message *message)
{
	return dhcp4_parse(reader_init(bytes, w.len), message);
}

START_TEST(what_is_built_is_parsed_again)
{
	struct dhcp4_message message;
	uint32_t value;

	begin();
	dhcp4_put_u32(&w, DHCP4_LEASE_TIME, 3600);
	dhcp4_put_end(&w);
	ck_assert_uint_eq(w.len, DHCP4_LEN_MIN);
	ck_assert(parse(&message));
	ck_assert_uint_eq(message.header.xid, 0x12345678);
	ck_assert_uint_eq(message.header.secs, 7);
	ck_assert_uint_eq(message.header.flags, DHCP4_BROADCAST);
	ck_assert_uint_eq(message.header.yiaddr, 0x0a000005);
	ck_assert_int_eq(memcmp(message.header.mac, mac, 6), 0);
	ck_assert(dhcp4_get_u32(&message, DHCP4_LEASE_TIME, &value));
	ck_assert_uint_eq(value, 3600);
	ck_assert(!dhcp4_get_u32(&message, DHCP4_T1, &value));
}
END_TEST

START_TEST(any_cut_of_a_message_is_refused_or_parsed_within_its_bounds)
{
	struct dhcp4_message message;
	size_t whole;

	begin();
	for (int i = 0; i < 20; i++)
		dhcp4_put_u32(&w, DHCP4_LEASE_TIME, 1);
	dhcp4_put_end(&w);
	whole = w.len;
	for (size_t len = 0; len < whole; len++) {
		uint8_t *copy = malloc(len ? len : 1);

		memcpy(copy, bytes, len);
		if (dhcp4_parse(reader_init(copy, len), &message))
			dhcp4_get(&message, DHCP4_LEASE_TIME, copy, len);
		free(copy);
	}
}
END_TEST

START_TEST(requests_other_hardware_and_bad_cookies_are_refused)
{
	struct dhcp4_message message;
	static const int offsets[] = { 0, 1, 2, 236, 239 };

	for (size_t i = 0; i < 5; i++) {
		begin();
		dhcp4_put_end(&w);
		ck_assert(parse(&message));
		bytes[offsets[i]] ^= 1;
		ck_assert(!parse(&message));
	}
}
END_TEST

START_TEST(a_truncated_option_makes_the_message_malformed)
{
	struct dhcp4_message message;

	begin();
	writer_u8(&w, DHCP4_LEASE_TIME);
	writer_u8(&w, 4);
	writer_u8(&w, 0);
	ck_assert(!parse(&message));
}
END_TEST

START_TEST(a_missing_end_is_borne_and_pads_are_skipped)
{
	struct dhcp4_message message;
	uint32_t value;

	begin();
	writer_u8(&w, DHCP4_PAD);
	dhcp4_put_u32(&w, DHCP4_T1, 5);
	ck_assert(parse(&message));
	ck_assert(dhcp4_get_u32(&message, DHCP4_T1, &value));
}
END_TEST

/* RFC 3396, 5 */
START_TEST(long_options_are_split_and_joined)
{
	uint8_t value[700], got[800];
	struct dhcp4_message message;

	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = (uint8_t)(i * 7);
	begin();
	dhcp4_put(&w, DHCP4_CLASSLESS_ROUTES, value, sizeof(value));
	dhcp4_put_end(&w);
	ck_assert(parse(&message));
	ck_assert_int_eq(
		dhcp4_get(&message, DHCP4_CLASSLESS_ROUTES, got, sizeof(got)),
		sizeof(value));
	ck_assert_int_eq(memcmp(got, value, sizeof(value)), 0);
	/* too small a buffer gets the beginning and the whole length */
	memset(got, 0xaa, sizeof(got));
	ck_assert_int_eq(dhcp4_get(&message, DHCP4_CLASSLESS_ROUTES, got, 300),
			 sizeof(value));
	ck_assert_int_eq(memcmp(got, value, 300), 0);
	ck_assert_uint_eq(got[300], 0xaa);
}
END_TEST

#define SNAME_AT 44
#define FILE_AT 108

/* RFC 2131, 4.1: options, then file, then sname. */
START_TEST(overloaded_fields_are_read_in_order)
{
	struct dhcp4_message message;
	uint8_t three = 3, got[8];

	begin();
	dhcp4_put(&w, DHCP4_OVERLOAD, &three, 1);
	dhcp4_put(&w, DHCP4_DOMAIN_NAME, "ab", 2);
	dhcp4_put_end(&w);
	memcpy(bytes + FILE_AT,
	       "\x0f\x02"
	       "cd\xff",
	       5);
	memcpy(bytes + SNAME_AT,
	       "\x0f\x02"
	       "ef\xff",
	       5);
	ck_assert(parse(&message));
	ck_assert_int_eq(dhcp4_get(&message, DHCP4_DOMAIN_NAME, got, 8), 6);
	ck_assert_int_eq(memcmp(got, "abcdef", 6), 0);
}
END_TEST

START_TEST(fields_that_are_not_overloaded_hold_no_options)
{
	struct dhcp4_message message;
	uint8_t one = 1, got[8];

	begin();
	dhcp4_put(&w, DHCP4_OVERLOAD, &one, 1);
	dhcp4_put_end(&w);
	memcpy(bytes + FILE_AT,
	       "\x0f\x02"
	       "cd\xff",
	       5);
	memcpy(bytes + SNAME_AT,
	       "\x0f\x02"
	       "ef\xff",
	       5);
	ck_assert(parse(&message));
	ck_assert_int_eq(dhcp4_get(&message, DHCP4_DOMAIN_NAME, got, 8), 2);
}
END_TEST

START_TEST(a_bad_overload_or_broken_field_is_malformed)
{
	struct dhcp4_message message;
	uint8_t overload = 4;

	begin();
	dhcp4_put(&w, DHCP4_OVERLOAD, &overload, 1);
	dhcp4_put_end(&w);
	ck_assert(!parse(&message));

	overload = 1;
	begin();
	dhcp4_put(&w, DHCP4_OVERLOAD, &overload, 1);
	dhcp4_put_end(&w);
	memset(bytes + FILE_AT, 0x0f, 128);
	ck_assert(!parse(&message));
}
END_TEST

UNIT_MAIN("dhcp4_wire", what_is_built_is_parsed_again,
	  any_cut_of_a_message_is_refused_or_parsed_within_its_bounds,
	  requests_other_hardware_and_bad_cookies_are_refused,
	  a_truncated_option_makes_the_message_malformed,
	  a_missing_end_is_borne_and_pads_are_skipped,
	  long_options_are_split_and_joined,
	  overloaded_fields_are_read_in_order,
	  fields_that_are_not_overloaded_hold_no_options,
	  a_bad_overload_or_broken_field_is_malformed)
