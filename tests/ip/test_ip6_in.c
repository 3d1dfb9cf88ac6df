#include "host6.h"

static enum ip_verdict input(struct host *host, uint8_t next_header,
			     const void *bytes, uint32_t len)
{
	return host6_input(
		host, (struct packet6){ .header = { .next_header = next_header,
						    .src = peer6 },
					.payload = bytes,
					.len = len });
}

static void expect_drop(struct host *host, struct packet6 p, enum counter why)
{
	uint64_t before = host_count(host, why);

	ck_assert_int_eq(host6_input(host, p), IP_DROP);
	ck_assert_str_eq(counter_name(host->reason), counter_name(why));
	ck_assert_uint_eq(host_count(host, why), before + 1);
}

/* An ICMPv6 error comes back; its pointer. */
static uint32_t expect_error(struct host *host, uint8_t type, uint8_t code)
{
	struct icmp6_header icmp;
	struct ip6_header header;
	struct reader r;

	ck_assert_uint_eq(host6_sent_icmp(host, &header, &r), type);
	ck_assert(icmp6_header_parse(&r, &icmp));
	ck_assert_uint_eq(icmp.code, code);
	ck_assert(pyt_ip_equal(&header.dst, &peer6));
	return icmp.rest;
}

static void expect_silence(struct host *host)
{
	ck_assert_ptr_null(host_sent(host, ETH0));
}

START_TEST(what_is_for_us_is_delivered)
{
	static const struct pyt_ip groups[] = {
		{ { 0xff, 2, [15] = 1 } },
		{ { 0xff, 2, [11] = 1, 0xff, [15] = 2 } },
	};
	struct host host;

	host6_init(&host, 1500);
	ck_assert_int_eq(input(&host, IPPROTO_UDP, "12345678", 8), IP_DELIVER);
	ck_assert_uint_eq(host.packet.protocol, IPPROTO_UDP);
	ck_assert_uint_eq(host.packet.payload.left, 8);
	ck_assert_uint_eq(host.packet.ttl, 64);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(
			host6_input(&host,
				    (struct packet6){
					    .header = { .next_header = 17,
							.src = peer6,
							.dst = groups[i] },
					    .payload = "12345678",
					    .len = 8 }),
			IP_DELIVER);
		ck_assert(host.packet.dst_multicast);
	}
	host_clear(&host);
}
END_TEST

START_TEST(addresses_that_may_not_be_are_dropped)
{
	static const struct {
		const char *src, *dst;
		enum counter why;
	} cases[] = {
		{ "ff02::1", "fd00::2", COUNTER_IP6_BAD_SOURCE },
		{ "::ffff:10.0.0.9", "fd00::2", COUNTER_IP6_BAD_SOURCE },
		{ "::1", "fd00::2", COUNTER_IP6_LOOPBACK_ON_LINK },
		{ "fd00::9", "::1", COUNTER_IP6_LOOPBACK_ON_LINK },
		{ "fd00::9", "::ffff:10.0.0.2", COUNTER_IP6_BAD_DESTINATION },
		{ "fd00::9", "fd00::3", COUNTER_IP6_NOT_OURS },
		{ "fd00::9", "ff01::1", COUNTER_IP6_BAD_DESTINATION },
		{ "fd00::9", "ff00::1", COUNTER_IP6_BAD_DESTINATION },
		{ "fd00::9", "ff02::5", COUNTER_IP6_NO_MEMBER },
		{ "fd00::2", "fd00::2", COUNTER_IP6_SOURCE_OURS },
	};
	struct packet6 p = { .header = { .next_header = IPPROTO_UDP },
			     .payload = "12345678",
			     .len = 8 };
	struct host host;

	host6_init(&host, 1500);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert(pyt_ip_parse(cases[i].src, &p.header.src));
		ck_assert(pyt_ip_parse(cases[i].dst, &p.header.dst));
		expect_drop(&host, p, cases[i].why);
	}
	expect_silence(&host);
	host_clear(&host);
}
END_TEST

START_TEST(unknown_options_are_answered_by_their_action_bits)
{
	uint8_t bytes[] = { 17, 0, 0, 0, 0x1e, 2, 0, 0 };
	struct packet6 p = { .header = { .next_header = IP6_DESTINATION,
					 .src = peer6 },
			     .payload = bytes,
			     .len = sizeof(bytes) };
	struct host host;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	bytes[4] = 0x5e; /* 01: drop */
	expect_drop(&host, p, COUNTER_IP6_BAD_OPTION);
	expect_silence(&host);
	bytes[4] = 0x9e; /* 10: tell */
	expect_drop(&host, p, COUNTER_IP6_BAD_OPTION);
	ck_assert_uint_eq(expect_error(&host, ICMP6_PARAMETER_PROBLEM,
				       ICMP6_UNKNOWN_OPTION),
			  44);
	bytes[4] = 0xde; /* 11: tell, if it was for us alone */
	expect_drop(&host, p, COUNTER_IP6_BAD_OPTION);
	expect_error(&host, ICMP6_PARAMETER_PROBLEM, ICMP6_UNKNOWN_OPTION);

	p.header.dst = ip6_all_nodes;
	expect_drop(&host, p, COUNTER_IP6_BAD_OPTION);
	expect_silence(&host);
	bytes[4] = 0x9e; /* even of a group: RFC 4443, 2.4 (e.3) */
	expect_drop(&host, p, COUNTER_IP6_BAD_OPTION);
	expect_error(&host, ICMP6_PARAMETER_PROBLEM, ICMP6_UNKNOWN_OPTION);
	host_clear(&host);
}
END_TEST

START_TEST(a_routing_header_with_segments_left_is_refused)
{
	uint8_t bytes[24] = { 17, 2, 0, 1 };
	struct packet6 p = { .header = { .next_header = IP6_ROUTING,
					 .src = peer6 },
			     .payload = bytes,
			     .len = sizeof(bytes) };
	struct host host;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	expect_drop(&host, p, COUNTER_IP6_ROUTING_HEADER);
	ck_assert_uint_eq(
		expect_error(&host, ICMP6_PARAMETER_PROBLEM, ICMP6_BAD_FIELD),
		42);
	bytes[3] = 0;
	ck_assert_int_eq(host6_input(&host, p), IP_DELIVER);
	host_clear(&host);
}
END_TEST

START_TEST(an_unknown_protocol_is_answered_with_its_place)
{
	static const uint8_t bytes[] = { 253, 0, 1, 4, 0, 0, 0, 0, 1 };
	struct host host;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	ck_assert_int_eq(input(&host, IP6_DESTINATION, bytes, sizeof(bytes)),
			 IP_DELIVER);
	ck_assert_uint_eq(host.packet.protocol, 253);
	ip_unreachable(host.ip, &host.packet, IP_NO_PROTOCOL, host.now_us);
	ck_assert_uint_eq(expect_error(&host, ICMP6_PARAMETER_PROBLEM,
				       ICMP6_UNKNOWN_NEXT_HEADER),
			  40);
	host_clear(&host);
}
END_TEST

/* ------------------------------------------------------------- fragments */

/* Of UDP: bytes of a counting pattern from offset on. */
static enum ip_verdict input_fragment(struct host *host, uint32_t id,
				      uint32_t offset, uint32_t len, bool more)
{
	struct ip6_fragment f = { .next_header = IPPROTO_UDP,
				  .offset = offset,
				  .more = more,
				  .id = id };
	uint8_t bytes[2048];

	ip6_fragment_build(bytes, &f);
	for (uint32_t i = 0; i < len; i++)
		bytes[IP6_FRAGMENT_LEN + i] = (uint8_t)(offset + i);
	return input(host, IP6_FRAGMENT, bytes, IP6_FRAGMENT_LEN + len);
}

START_TEST(fragments_are_put_together_in_any_order)
{
	struct host host;

	host6_init(&host, 1500);
	ck_assert_int_eq(input_fragment(&host, 1, 32, 5, false), IP_DONE);
	ck_assert_int_eq(input_fragment(&host, 1, 0, 16, true), IP_DONE);
	ck_assert_int_eq(input_fragment(&host, 2, 0, 16, true), IP_DONE);
	ck_assert_int_eq(input_fragment(&host, 1, 16, 16, true), IP_DELIVER);
	ck_assert(host.packet.reassembled);
	ck_assert_uint_eq(host.packet.protocol, IPPROTO_UDP);
	ck_assert_uint_eq(host.packet.payload.left, 37);
	for (uint32_t i = 0; i < 37; i++)
		ck_assert_uint_eq(host.packet.payload.at[i], i);
	ck_assert_uint_eq(host.packet.ip_len, 77);
	ck_assert_uint_eq(host.packet.ip_header[6], IPPROTO_UDP);
	ck_assert_uint_eq(host.packet.ip_header[5], 37);
	ck_assert_ptr_eq(host.packet.payload.at, host.packet.ip_header + 40);
	ck_assert_uint_eq(host_count(&host, COUNTER_IP6_REASM_OKS), 1);
	host_clear(&host);
}
END_TEST

START_TEST(an_atomic_fragment_has_nothing_to_do_with_others)
{
	struct host host;

	host6_init(&host, 1500);
	ck_assert_int_eq(input_fragment(&host, 1, 0, 16, true), IP_DONE);
	ck_assert_int_eq(input_fragment(&host, 1, 0, 24, false), IP_DELIVER);
	ck_assert_uint_eq(host.packet.payload.left, 24);
	ck_assert_int_eq(input_fragment(&host, 1, 16, 8, false), IP_DELIVER);
	ck_assert_uint_eq(host.packet.payload.left, 24);
	host_clear(&host);
}
END_TEST

START_TEST(an_overlap_ends_the_datagram)
{
	struct host host;

	host6_init(&host, 1500);
	input_fragment(&host, 1, 0, 16, true);
	ck_assert_int_eq(input_fragment(&host, 1, 8, 16, true), IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_FRAGMENT_OVERLAP);
	ck_assert_int_eq(input_fragment(&host, 1, 16, 8, false), IP_DONE);
	host_clear(&host);
}
END_TEST

START_TEST(the_first_fragment_holds_all_headers)
{
	/* a destination header that ends in the second fragment */
	static const uint8_t bytes[] = { 60, 0, 0,  1, 0, 0, 0, 1,
					 17, 1, 30, 4, 0, 0, 0, 0 };
	struct host host;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	ck_assert_int_eq(input(&host, IP6_FRAGMENT, bytes, sizeof(bytes)),
			 IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_IP6_FIRST_FRAGMENT);
	expect_error(&host, ICMP6_PARAMETER_PROBLEM, ICMP6_INCOMPLETE_CHAIN);
	host_clear(&host);
}
END_TEST

START_TEST(lengths_that_cannot_be_are_told)
{
	struct host host;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	ck_assert_int_eq(input_fragment(&host, 1, 16, 7, true), IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_FRAGMENT_LENGTH);
	ck_assert_uint_eq(
		expect_error(&host, ICMP6_PARAMETER_PROBLEM, ICMP6_BAD_FIELD),
		4);
	ck_assert_int_eq(input_fragment(&host, 1, 65528, 8, false), IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_FRAGMENT_TOO_BIG);
	ck_assert_uint_eq(
		expect_error(&host, ICMP6_PARAMETER_PROBLEM, ICMP6_BAD_FIELD),
		42);
	host_clear(&host);
}
END_TEST

START_TEST(after_a_minute_the_first_fragments_sender_is_told)
{
	struct host host;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	input_fragment(&host, 1, 0, 16, true);
	input_fragment(&host, 2, 16, 16, true); /* the first never came */
	host_run_until(&host, host.now_us + 59 * SEC);
	ck_assert_uint_eq(host_count(&host, COUNTER_IP6_REASM_TIMEOUT), 0);
	host_run_until(&host, host.now_us + 2 * SEC);
	ck_assert_uint_eq(host_count(&host, COUNTER_IP6_REASM_TIMEOUT), 2);
	expect_error(&host, ICMP6_TIME_EXCEEDED,
		     ICMP6_REASSEMBLY_TIME_EXCEEDED);
	ck_assert_uint_eq(host_count(&host, COUNTER_ICMP6_OUT_TIME_EXCDS), 1);
	host_clear(&host);
}
END_TEST

START_TEST(a_disabled_interface_takes_nothing)
{
	struct host host;

	host6_init(&host, 1500);
	host6_set(&host, "net.ipv6.conf.all.disable_ipv6", "1");
	ck_assert_int_eq(input(&host, IPPROTO_UDP, "12345678", 8), IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_IP6_DISABLED);
	host_clear(&host);
}
END_TEST

/* RFC 6085, 3 */
START_TEST(a_group_in_a_frame_of_our_own_is_heard)
{
	struct packet6 p = { .header = { .next_header = IPPROTO_UDP,
					 .src = peer6,
					 .dst = ip6_all_nodes },
			     .dst_mac = host_mac,
			     .payload = "12345678",
			     .len = 8 };
	struct host host;

	host6_init(&host, 1500);
	ck_assert_int_eq(host6_input(&host, p), IP_DELIVER);
	host_clear(&host);
}
END_TEST

UNIT_MAIN("ip6_in", what_is_for_us_is_delivered,
	  addresses_that_may_not_be_are_dropped,
	  unknown_options_are_answered_by_their_action_bits,
	  a_routing_header_with_segments_left_is_refused,
	  an_unknown_protocol_is_answered_with_its_place,
	  fragments_are_put_together_in_any_order,
	  an_atomic_fragment_has_nothing_to_do_with_others,
	  an_overlap_ends_the_datagram, the_first_fragment_holds_all_headers,
	  lengths_that_cannot_be_are_told,
	  after_a_minute_the_first_fragments_sender_is_told,
	  a_disabled_interface_takes_nothing,
	  a_group_in_a_frame_of_our_own_is_heard)
