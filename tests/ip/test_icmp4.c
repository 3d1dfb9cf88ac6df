#include "host.h"

static enum ip_verdict input_icmp(struct host *host, uint32_t dst,
				  struct icmp4_header icmp, const void *rest,
				  uint32_t rest_len)
{
	struct ip4_header header = { .protocol = IPPROTO_ICMP,
				     .src = PEER_IP,
				     .dst = dst };
	uint8_t message[2000];

	icmp4_header_build(message, &icmp);
	memcpy(message + ICMP4_HEADER_LEN, rest, rest_len);
	icmp4_set_checksum(message, ICMP4_HEADER_LEN + rest_len);
	return host_input_ip(host, host_mac, header, message,
			     ICMP4_HEADER_LEN + rest_len);
}

/* The next ICMP message that the host sends; false: none. */
static bool sent_icmp(struct host *host, struct icmp4_header *icmp,
		      struct reader *rest)
{
	if (!host_sent(host, ETH0))
		return false;
	ck_assert_int_eq(host_sent_ip(host, rest).protocol, IPPROTO_ICMP);
	ck_assert_uint_eq(
		checksum_finish(checksum_add(0, rest->at, rest->left)), 0);
	ck_assert(icmp4_header_parse(rest, icmp));
	return true;
}

START_TEST(an_echo_is_answered_and_still_seen_by_raw_sockets)
{
	struct icmp4_header icmp = { .type = ICMP4_ECHO, .rest = 0x12340001 };
	struct host host;
	struct reader r;

	host_init(&host, 1500);
	host_knows_peer(&host);
	ck_assert_int_eq(input_icmp(&host, HOST_IP, icmp, "abcdefg", 7),
			 IP_DELIVER);
	ck_assert_int_eq(host.packet.protocol, IPPROTO_ICMP);
	ck_assert_uint_eq(host.packet.payload.left, 15);
	ck_assert(sent_icmp(&host, &icmp, &r));
	ck_assert_int_eq(icmp.type, ICMP4_ECHO_REPLY);
	ck_assert_uint_eq(icmp.rest, 0x12340001);
	ck_assert_uint_eq(r.left, 7);
	ck_assert_mem_eq(r.at, "abcdefg", 7);
	host_clear(&host);
}
END_TEST

START_TEST(echoes_to_many_are_ignored_unless_asked_for)
{
	struct icmp4_header icmp = { .type = ICMP4_ECHO };
	struct host host;
	struct reader r;

	host_init(&host, 1500);
	host_knows_peer(&host);
	input_icmp(&host, 0x0a0000ff, icmp, "", 0);
	ck_assert(!sent_icmp(&host, &icmp, &r));
	ck_assert_uint_eq(host_count(&host, COUNTER_ICMP4_ECHO_IGNORED), 1);
	ip_sysctl_set(host.ip, "net.ipv4.icmp_echo_ignore_broadcasts", "0");
	input_icmp(&host, 0x0a0000ff, (struct icmp4_header){ ICMP4_ECHO, 0, 0 },
		   "", 0);
	ck_assert(sent_icmp(&host, &icmp, &r));
	ip_sysctl_set(host.ip, "net.ipv4.icmp_echo_ignore_all", "1");
	input_icmp(&host, HOST_IP, (struct icmp4_header){ ICMP4_ECHO, 0, 0 },
		   "", 0);
	ck_assert(!sent_icmp(&host, &icmp, &r));
	host_clear(&host);
}
END_TEST

START_TEST(record_route_comes_back_with_our_entry)
{
	static const uint8_t options[12] = { 7, 11, 4 };
	struct ip4_header header = { .protocol = IPPROTO_ICMP,
				     .src = PEER_IP,
				     .dst = HOST_IP,
				     .options = options,
				     .options_len = 12 };
	/* one for coming in, one for going out, as on Linux */
	static const uint8_t expected[] = {
		7, 11, 12, 10, 0, 0, 2, 10, 0, 0, 2
	};
	uint8_t message[8];
	struct host host;
	struct reader r;

	host_init(&host, 1500);
	host_knows_peer(&host);
	icmp4_header_build(message, &(struct icmp4_header){ ICMP4_ECHO, 0, 0 });
	icmp4_set_checksum(message, 8);
	host_input_ip(&host, host_mac, header, message, 8);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	header = host_sent_ip(&host, &r);
	ck_assert_uint_eq(header.options_len, 12);
	ck_assert_mem_eq(header.options, expected, sizeof(expected));
	host_clear(&host);
}
END_TEST

START_TEST(a_source_route_is_reversed_in_the_reply)
{
	/* the sender in front: RFC 1812, 5.3.13.4 wants no loop of it */
	static const uint8_t options[16] = { 131, 15, 16, 10, 0, 0, 9, 192,
					     0,	  2,  1,  10, 0, 0, 1 };
	static const uint8_t expected[] = { 131, 11, 4, 192, 0, 2,
					    1,	 10, 0, 0,   9, 0 };
	struct ip4_header header = { .protocol = IPPROTO_ICMP,
				     .src = PEER_IP,
				     .dst = HOST_IP,
				     .options = options,
				     .options_len = sizeof(options) };
	uint8_t message[8];
	struct host host;
	struct reader r;

	host_init(&host, 1500);
	host_knows_peer(&host);
	host_input_arp(&host, ARP_REQUEST, peer_mac, GATEWAY_IP, HOST_IP);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	ip_sysctl_set(host.ip, "net.ipv4.conf.all.accept_source_route", "1");
	icmp4_header_build(message, &(struct icmp4_header){ ICMP4_ECHO, 0, 0 });
	icmp4_set_checksum(message, 8);
	host_input_ip(&host, host_mac, header, message, 8);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	header = host_sent_ip(&host, &r);
	ck_assert_uint_eq(header.dst, GATEWAY_IP);
	ck_assert_uint_eq(header.options_len, sizeof(expected));
	ck_assert_mem_eq(header.options, expected, sizeof(expected));
	host_clear(&host);
}
END_TEST

/* A packet of ours to the peer, quoted: IP header and 8 bytes. */
static uint32_t quote(uint8_t *bytes, uint32_t src, uint16_t len)
{
	struct ip4_header header = { .protocol = IPPROTO_UDP,
				     .len = len,
				     .ttl = 1,
				     .src = src,
				     .dst = PEER_IP };

	ip4_header_build(bytes, &header);
	memset(bytes + IP4_HEADER_LEN, 7, 8);
	return IP4_HEADER_LEN + 8;
}

START_TEST(errors_are_parsed_with_linux_errno)
{
	static const struct {
		uint8_t type, code;
		int error;
		bool hard;
	} cases[] = {
		{ 3, 0, ENETUNREACH, false },  { 3, 1, EHOSTUNREACH, false },
		{ 3, 2, ENOPROTOOPT, true },   { 3, 3, ECONNREFUSED, true },
		{ 3, 4, EMSGSIZE, false },     { 3, 7, EHOSTDOWN, true },
		{ 3, 13, EHOSTUNREACH, true }, { 11, 0, EHOSTUNREACH, false },
		{ 12, 0, EPROTO, true },
	};
	uint8_t bytes[28];
	struct host host;

	host_init(&host, 1500);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct icmp4_header icmp = { cases[i].type, cases[i].code,
					     1400 };
		uint32_t len = quote(bytes, HOST_IP, 1500);

		ck_assert_int_eq(input_icmp(&host, HOST_IP, icmp, bytes, len),
				 IP_ICMP_ERROR);
		ck_assert_int_eq(host.error.error, cases[i].error);
		ck_assert_int_eq(host.error.hard, cases[i].hard);
		ck_assert_uint_eq(pyt_ip_to_v4(&host.error.dst), PEER_IP);
		ck_assert_uint_eq(host.error.payload.left, 8);
		if (cases[i].code == 4)
			ck_assert_uint_eq(host.error.info, 1400);
	}
	host_clear(&host);
}
END_TEST

START_TEST(a_missing_mtu_is_guessed_from_the_plateaus)
{
	static const uint16_t cases[][2] = {
		{ 1500, 1492 },
		{ 1492, 1006 },
		{ 60000, 32000 },
		{ 296, 68 },
	};
	uint8_t bytes[28];
	struct host host;

	host_init(&host, 1500);
	for (size_t i = 0; i < 4; i++) {
		struct icmp4_header icmp = { 3, 4, 0 };
		uint32_t len = quote(bytes, HOST_IP, cases[i][0]);

		input_icmp(&host, HOST_IP, icmp, bytes, len);
		ck_assert_uint_eq(host.error.info, cases[i][1]);
	}
	host_clear(&host);
}
END_TEST

START_TEST(errors_that_quote_nothing_of_ours_are_dropped)
{
	struct icmp4_header icmp = { 3, 3, 0 };
	uint8_t bytes[28];
	struct host host;
	uint32_t len;

	host_init(&host, 1500);
	len = quote(bytes, 0x0a000003, 100);
	ck_assert_int_eq(input_icmp(&host, HOST_IP, icmp, bytes, len), IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_ICMP4_QUOTE);
	ck_assert_int_eq(input_icmp(&host, HOST_IP, icmp, bytes, 12), IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_ICMP4_QUOTE);
	len = quote(bytes, HOST_IP, 100);
	ck_assert_int_eq(input_icmp(&host, 0x0a0000ff, icmp, bytes, len),
			 IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_ICMP4_BROADCAST);
	icmp.code = 16;
	ck_assert_int_eq(input_icmp(&host, HOST_IP, icmp, bytes, len), IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_ICMP4_UNKNOWN_CODE);
	host_clear(&host);
}
END_TEST

START_TEST(deprecated_messages_are_dropped)
{
	static const uint8_t types[] = { 4, 15, 16, 17, 18 };
	struct host host;

	host_init(&host, 1500);
	for (size_t i = 0; i < sizeof(types); i++) {
		struct icmp4_header icmp = { types[i], 0, 0 };

		ck_assert_int_eq(input_icmp(&host, HOST_IP, icmp, "", 0),
				 IP_DROP);
		ck_assert_int_eq(host.reason, COUNTER_ICMP4_DEPRECATED);
	}
	host_clear(&host);
}
END_TEST

/* A UDP datagram that no socket wants. */
static void unwanted(struct host *host, struct ip4_header header, uint32_t len)
{
	static const uint8_t zeros[1400];

	if (!header.protocol)
		header.protocol = IPPROTO_UDP;
	if (!header.src)
		header.src = PEER_IP;
	if (!header.dst)
		header.dst = HOST_IP;
	ck_assert_int_eq(host_input_ip(host, host_mac, header, zeros, len),
			 IP_DELIVER);
	ip_unreachable(host->ip, &host->packet, IP_NO_PORT, host->now_us);
}

START_TEST(an_unreachable_port_is_told_with_a_quote_of_576_bytes_at_most)
{
	struct icmp4_header icmp;
	struct host host;
	struct reader r;

	host_init(&host, 1500);
	host_knows_peer(&host);
	unwanted(&host, (struct ip4_header){ 0 }, 1400);
	ck_assert(sent_icmp(&host, &icmp, &r));
	ck_assert_int_eq(icmp.type, ICMP4_UNREACHABLE);
	ck_assert_int_eq(icmp.code, ICMP4_PORT_UNREACHABLE);
	ck_assert_uint_eq(host.sent.len, 14 + 576);
	unwanted(&host, (struct ip4_header){ 0 }, 30);
	ck_assert(sent_icmp(&host, &icmp, &r));
	ck_assert_uint_eq(r.left, 50);
	host_clear(&host);
}
END_TEST

START_TEST(no_error_is_sent_about_errors_or_what_went_to_many)
{
	static const uint32_t many[] = { 0xffffffff, 0x0a0000ff, 0xe0000001 };
	struct host host;

	host_init(&host, 1500);
	host_knows_peer(&host);
	for (size_t i = 0; i < 3; i++)
		unwanted(&host, (struct ip4_header){ .dst = many[i] }, 30);
	/* type 3: "zeros" are echo replies, which are queries */
	host.packet.dst_broadcast = false;
	host.packet.dst_multicast = false;
	host.packet.protocol = IPPROTO_IGMP;
	ip_unreachable(host.ip, &host.packet, IP_NO_PROTOCOL, host.now_us);
	ck_assert_ptr_null(host_sent(&host, ETH0));
	ck_assert_uint_eq(host_count(&host, COUNTER_ICMP_OUT_SUPPRESSED), 4);
	host_clear(&host);
}
END_TEST

START_TEST(errors_to_one_host_are_limited_to_one_a_second_after_six)
{
	struct host host;
	int sent = 0;

	host_init(&host, 1500);
	host_knows_peer(&host);
	for (int i = 0; i < 20; i++)
		unwanted(&host, (struct ip4_header){ 0 }, 30);
	while (host_sent(&host, ETH0))
		sent++;
	ck_assert_int_eq(sent, 6);
	ck_assert_uint_eq(host_count(&host, COUNTER_ICMP_OUT_RATE_LIMIT_HOST),
			  14);
	host.now_us += 1 * SEC;
	unwanted(&host, (struct ip4_header){ 0 }, 30);
	unwanted(&host, (struct ip4_header){ 0 }, 30);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	ck_assert_ptr_null(host_sent(&host, ETH0));
	host_clear(&host);
}
END_TEST

/* A hundred packets for nobody, each of another host. Errors sent. */
static int errors_to_a_hundred(struct host *host)
{
	uint64_t before = host_count(host, COUNTER_ICMP_OUT_DEST_UNREACHS);

	for (uint32_t i = 10; i < 110; i++)
		unwanted(host, (struct ip4_header){ .src = 0x0a000000 + i },
			 30);
	return (int)(host_count(host, COUNTER_ICMP_OUT_DEST_UNREACHS) - before);
}

static void between(int value, int low, int high)
{
	ck_assert_int_ge(value, low);
	ck_assert_int_le(value, high);
}

START_TEST(errors_to_all_hosts_share_a_limit)
{
	struct host host;

	host_init(&host, 1500);
	ip_sysctl_set(host.ip, "net.ipv4.icmp_ratelimit", "0");
	between(errors_to_a_hundred(&host), 30, 70); /* some 50 */
	host.now_us += 10 * MS;
	between(errors_to_a_hundred(&host), 4, 25); /* some 10 */
	host_clear(&host);
}
END_TEST

/* CVE-2020-25705: who counts what is left of it learns of others' packets. */
START_TEST(how_many_share_it_cannot_be_told_exactly)
{
	struct host host;
	int first, others = 0;

	host_init(&host, 1500);
	ip_sysctl_set(host.ip, "net.ipv4.icmp_ratelimit", "0");
	first = errors_to_a_hundred(&host);
	for (int i = 0; i < 8; i++) {
		host.now_us += SEC;
		others += errors_to_a_hundred(&host) != first;
	}
	ck_assert_int_gt(others, 3);
	host_clear(&host);
}
END_TEST

/* RFC 792: the high bit says that it is not the time of day. */
START_TEST(a_timestamp_request_is_answered_with_our_time)
{
	static const uint8_t times[12] = { 1, 2, 3, 4 };
	struct icmp4_header icmp = { .type = ICMP4_TIMESTAMP, .rest = 77 };
	struct host host;
	uint32_t ms;
	struct reader r;

	host_init(&host, 1500);
	host_knows_peer(&host);
	ms = 0x80000000 | (uint32_t)(host.now_us / 1000);
	ck_assert_int_eq(input_icmp(&host, HOST_IP, icmp, times, sizeof(times)),
			 IP_DELIVER);
	ck_assert(sent_icmp(&host, &icmp, &r));
	ck_assert_int_eq(icmp.type, ICMP4_TIMESTAMP_REPLY);
	ck_assert_uint_eq(icmp.rest, 77);
	ck_assert_uint_eq(reader_u32(&r), 0x01020304);
	ck_assert_uint_eq(reader_u32(&r), ms);
	ck_assert_uint_eq(reader_u32(&r), ms);
	host_clear(&host);
}
END_TEST

START_TEST(a_timestamp_request_that_is_cut_is_dropped)
{
	struct icmp4_header icmp = { .type = ICMP4_TIMESTAMP };
	struct host host;

	host_init(&host, 1500);
	host_knows_peer(&host);
	ck_assert_int_eq(input_icmp(&host, HOST_IP, icmp, "abc", 3), IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_ICMP4_SHORT);
	host_clear(&host);
}
END_TEST

START_TEST(the_limit_may_be_as_high_as_a_number_can)
{
	struct host host;

	host_init(&host, 1500);
	ip_sysctl_set(host.ip, "net.ipv4.icmp_ratelimit", "0");
	ip_sysctl_set(host.ip, "net.ipv4.icmp_msgs_burst", "2147483647");
	ip_sysctl_set(host.ip, "net.ipv4.icmp_msgs_per_sec", "2147483647");
	for (int i = 1; i <= 3; i++) {
		host.now_us += SEC;
		unwanted(&host, (struct ip4_header){ .src = 0x0a000010 }, 30);
		ck_assert_uint_eq(
			host_count(&host, COUNTER_ICMP_OUT_DEST_UNREACHS),
			(uint64_t)i);
	}
	host_clear(&host);
}
END_TEST

START_TEST(a_damaged_message_is_dropped_unless_the_link_vouches)
{
	struct ip4_header header = { .protocol = IPPROTO_ICMP,
				     .src = PEER_IP,
				     .dst = HOST_IP };
	uint8_t message[8] = { ICMP4_ECHO };
	struct host host;

	host_init(&host, 1500);
	ck_assert_int_eq(host_input_ip(&host, host_mac, header, message, 8),
			 IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_ICMP4_CHECKSUM);
	ck_assert_int_eq(host_input_ip(&host, host_mac, header, message, 7),
			 IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_ICMP4_SHORT);
	host_clear(&host);
}
END_TEST

UNIT_MAIN("icmp4", an_echo_is_answered_and_still_seen_by_raw_sockets,
	  echoes_to_many_are_ignored_unless_asked_for,
	  record_route_comes_back_with_our_entry,
	  a_source_route_is_reversed_in_the_reply,
	  errors_are_parsed_with_linux_errno,
	  a_missing_mtu_is_guessed_from_the_plateaus,
	  errors_that_quote_nothing_of_ours_are_dropped,
	  deprecated_messages_are_dropped,
	  an_unreachable_port_is_told_with_a_quote_of_576_bytes_at_most,
	  no_error_is_sent_about_errors_or_what_went_to_many,
	  errors_to_one_host_are_limited_to_one_a_second_after_six,
	  errors_to_all_hosts_share_a_limit,
	  how_many_share_it_cannot_be_told_exactly,
	  the_limit_may_be_as_high_as_a_number_can,
	  a_timestamp_request_is_answered_with_our_time,
	  a_timestamp_request_that_is_cut_is_dropped,
	  a_damaged_message_is_dropped_unless_the_link_vouches)
