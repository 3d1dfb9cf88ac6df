/* Options of a lease. */
#include "unit.h"

#include "autoconf/dhcp4_lease.h"

static uint8_t bytes[4096];
static struct writer w;
static struct dhcp4_lease lease;

static void begin(uint32_t ip)
{
	struct dhcp4_header header = { .yiaddr = ip };

	w = writer_init(bytes, sizeof(bytes));
	dhcp4_put_header(&w, &header);
	bytes[0] = 2;
	dhcp4_put_u32(&w, DHCP4_SERVER_ID, 0x0a000001);
	dhcp4_put_u32(&w, DHCP4_LEASE_TIME, 1000);
}

static bool parse(void)
{
	struct dhcp4_message message;

	dhcp4_put_end(&w);
	ck_assert(!w.failed);
	return dhcp4_parse(reader_init(bytes, w.len), &message) &&
	       dhcp4_lease_parse(&message, true, &lease);
}

START_TEST(without_a_mask_the_class_counts)
{
	begin(0x0a000005);
	ck_assert(parse());
	ck_assert_uint_eq(lease.prefix_len, 8);
	begin(0xac100005);
	ck_assert(parse());
	ck_assert_uint_eq(lease.prefix_len, 16);
	begin(0xc0a80005);
	ck_assert(parse());
	ck_assert_uint_eq(lease.prefix_len, 24);
}
END_TEST

START_TEST(a_mask_with_holes_does_not_count)
{
	begin(0xc0a80005);
	dhcp4_put_u32(&w, DHCP4_SUBNET_MASK, 0xff00ff00);
	ck_assert(parse());
	ck_assert_uint_eq(lease.prefix_len, 24);
	begin(0xc0a80005);
	dhcp4_put_u32(&w, DHCP4_SUBNET_MASK, 0xfffffff8);
	ck_assert(parse());
	ck_assert_uint_eq(lease.prefix_len, 29);
}
END_TEST

START_TEST(a_31_and_a_32_have_no_broadcast)
{
	begin(0x0a000000);
	dhcp4_put_u32(&w, DHCP4_SUBNET_MASK, 0xfffffffe);
	ck_assert(parse());
	begin(0x0a0000ff);
	dhcp4_put_u32(&w, DHCP4_SUBNET_MASK, 0xffffffff);
	ck_assert(parse());
	begin(0x0a0000ff);
	dhcp4_put_u32(&w, DHCP4_SUBNET_MASK, 0xffffff00);
	ck_assert(!parse());
}
END_TEST

START_TEST(times_are_half_and_seven_eighths_if_not_told_or_confused)
{
	begin(0x0a000005);
	ck_assert(parse());
	ck_assert_uint_eq(lease.t1_s, 500);
	ck_assert_uint_eq(lease.t2_s, 875);
	begin(0x0a000005);
	dhcp4_put_u32(&w, DHCP4_T1, 100);
	dhcp4_put_u32(&w, DHCP4_T2, 200);
	ck_assert(parse());
	ck_assert_uint_eq(lease.t1_s, 100);
	ck_assert_uint_eq(lease.t2_s, 200);
	begin(0x0a000005);
	dhcp4_put_u32(&w, DHCP4_T1, 900);
	dhcp4_put_u32(&w, DHCP4_T2, 200);
	ck_assert(parse());
	ck_assert_uint_eq(lease.t1_s, 500);
	ck_assert_uint_eq(lease.t2_s, 875);
}
END_TEST

/* RFC 3442's own examples. */
START_TEST(classless_routes_are_read_and_outdo_routers)
{
	static const uint8_t routes[] = {
		0,  10, 0,   0, 1, /* default */
		8,  10, 10,  0, 0,   2, /* 10/8 */
		24, 10, 0,   0, 10,  0, 0, 3, /* 10.0.0/24 */
		25, 10, 229, 0, 128, 0, 0, 0, 0, /* on the link */
	};

	begin(0x0a000005);
	dhcp4_put(&w, DHCP4_CLASSLESS_ROUTES, routes, sizeof(routes));
	dhcp4_put_u32(&w, DHCP4_ROUTERS, 0x0a0000fe);
	ck_assert(parse());
	ck_assert_int_eq(lease.route_count, 4);
	ck_assert_uint_eq(lease.route[0].prefix_len, 0);
	ck_assert_uint_eq(lease.route[0].gateway, 0x0a000001);
	ck_assert_uint_eq(lease.route[1].prefix, 0x0a000000);
	ck_assert_uint_eq(lease.route[1].prefix_len, 8);
	ck_assert_uint_eq(lease.route[2].prefix_len, 24);
	ck_assert_uint_eq(lease.route[3].prefix, 0x0ae50080);
	ck_assert_uint_eq(lease.route[3].gateway, 0);
}
END_TEST

START_TEST(a_classless_route_that_is_cut_ends_the_list)
{
	static const uint8_t routes[] = { 0, 10, 0, 0, 1, 24, 10, 0 };
	static const uint8_t wide[] = { 0, 10, 0, 0, 1, 33, 1, 2, 3, 4, 5, 6 };

	begin(0x0a000005);
	dhcp4_put(&w, DHCP4_CLASSLESS_ROUTES, routes, sizeof(routes));
	ck_assert(parse());
	ck_assert_int_eq(lease.route_count, 1);
	begin(0x0a000005);
	dhcp4_put(&w, DHCP4_CLASSLESS_ROUTES, wide, sizeof(wide));
	ck_assert(parse());
	ck_assert_int_eq(lease.route_count, 1);
}
END_TEST

START_TEST(routers_are_routes_in_their_order_but_not_ourselves)
{
	static const uint8_t routers[] = { 10, 0, 0, 9, 10, 0, 0, 5,
					   10, 0, 0, 8, 0,  0, 0, 0 };

	begin(0x0a000005);
	dhcp4_put(&w, DHCP4_ROUTERS, routers, sizeof(routers));
	ck_assert(parse());
	ck_assert_int_eq(lease.route_count, 2);
	ck_assert_uint_eq(lease.route[0].gateway, 0x0a000009);
	ck_assert_uint_eq(lease.route[1].gateway, 0x0a000008);
}
END_TEST

START_TEST(more_than_there_is_room_for_is_left_out)
{
	uint8_t many[4 * 60];

	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = (uint8_t)(i % 4 == 3 ? 10 + i / 4 : 10);
	begin(0x0a000005);
	dhcp4_put(&w, DHCP4_ROUTERS, many, sizeof(many));
	dhcp4_put(&w, DHCP4_NAME_SERVERS, many, sizeof(many));
	ck_assert(parse());
	ck_assert_int_eq(lease.route_count, DHCP4_ROUTES_MAX);
	ck_assert_int_eq(lease.server_count, DHCP4_SERVERS_MAX);
}
END_TEST

/* RFC 3397, 3's example, compressed. */
START_TEST(a_search_list_is_read_with_its_pointers)
{
	static const uint8_t list[] = "\3eng\5apple\3com\0"
				      "\7marketing\xc0\4";
	uint8_t bytes_of_list[sizeof(list) + 2];

	memcpy(bytes_of_list, list, 15);
	bytes_of_list[15] = 9;
	memcpy(bytes_of_list + 16, "marketing\xc0\4", 11);
	begin(0x0a000005);
	dhcp4_put(&w, DHCP4_DOMAIN_SEARCH, bytes_of_list, 27);
	dhcp4_put(&w, DHCP4_DOMAIN_NAME, "other", 5);
	ck_assert(parse());
	ck_assert_int_eq(lease.domain_count, 2);
	ck_assert_str_eq(lease.domain[0], "eng.apple.com");
	ck_assert_str_eq(lease.domain[1], "marketing.apple.com");
}
END_TEST

START_TEST(a_search_list_that_points_at_itself_ends)
{
	static const uint8_t loop[] = { 0xc0, 0, 0xc0, 0 };
	static const uint8_t longer[] = { 1, 'a', 0xc0, 0 };

	begin(0x0a000005);
	dhcp4_put(&w, DHCP4_DOMAIN_SEARCH, loop, sizeof(loop));
	ck_assert(parse());
	ck_assert_int_eq(lease.domain_count, 0);
	begin(0x0a000005);
	dhcp4_put(&w, DHCP4_DOMAIN_SEARCH, longer, sizeof(longer));
	ck_assert(parse());
	ck_assert_int_eq(lease.domain_count, 0);
}
END_TEST

START_TEST(names_with_strange_bytes_are_left_out)
{
	static const char *const bad[] = { "a b", "a;rm", "..", "\n", "a..b" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		begin(0x0a000005);
		dhcp4_put(&w, DHCP4_DOMAIN_NAME, bad[i], strlen(bad[i]));
		ck_assert(parse());
		ck_assert_int_eq(lease.domain_count, 0);
	}
	begin(0x0a000005);
	dhcp4_put(&w, DHCP4_DOMAIN_NAME, "lan.example.\0", 13);
	ck_assert(parse());
	ck_assert_str_eq(lease.domain[0], "lan.example");
}
END_TEST

START_TEST(a_portals_uri_is_printable_or_not_there)
{
	begin(0x0a000005);
	dhcp4_put(&w, DHCP4_CAPTIVE_PORTAL, "https://p.example/", 18);
	ck_assert(parse());
	ck_assert_str_eq(lease.uri, "https://p.example/");
	begin(0x0a000005);
	dhcp4_put(&w, DHCP4_CAPTIVE_PORTAL, "https://\x1b[2J", 12);
	ck_assert(parse());
	ck_assert_str_eq(lease.uri, "");
}
END_TEST

START_TEST(the_time_without_ipv4_is_five_minutes_at_least)
{
	begin(0x0a000005);
	dhcp4_put_u32(&w, DHCP4_IPV6_ONLY, 0);
	ck_assert(parse());
	ck_assert(lease.has_ipv6_only);
	ck_assert_uint_eq(lease.ipv6_only_s, 300);
}
END_TEST

UNIT_MAIN("dhcp4_lease", without_a_mask_the_class_counts,
	  a_mask_with_holes_does_not_count, a_31_and_a_32_have_no_broadcast,
	  times_are_half_and_seven_eighths_if_not_told_or_confused,
	  classless_routes_are_read_and_outdo_routers,
	  a_classless_route_that_is_cut_ends_the_list,
	  routers_are_routes_in_their_order_but_not_ourselves,
	  more_than_there_is_room_for_is_left_out,
	  a_search_list_is_read_with_its_pointers,
	  a_search_list_that_points_at_itself_ends,
	  names_with_strange_bytes_are_left_out,
	  a_portals_uri_is_printable_or_not_there,
	  the_time_without_ipv4_is_five_minutes_at_least)
