#include "host.h"

#define PROTOCOL IPPROTO_UDP

static const uint8_t payload[64] = "some payload for a transport";

static struct ip4_header to_host(void)
{
	return (struct ip4_header){ .protocol = PROTOCOL,
				    .src = PEER_IP,
				    .dst = HOST_IP };
}

static enum counter reason_of(struct host *host, struct ip4_header header)
{
	enum ip_verdict verdict =
		host_input_ip(host, host_mac, header, payload, sizeof(payload));

	ck_assert_int_eq(verdict == IP_DROP, host->reason != COUNTER_NONE);
	if (verdict == IP_DROP)
		ck_assert_uint_gt(host_count(host, host->reason), 0);
	return host->reason;
}

START_TEST(a_packet_for_us_is_delivered_with_its_facts)
{
	struct ip4_header header = to_host();
	struct host host;

	host_init(&host, 1500);
	header.tos = 0x2b;
	header.ttl = 7;
	ck_assert_int_eq(host_input_ip(&host, host_mac, header, payload, 10),
			 IP_DELIVER);
	ck_assert_uint_eq(pyt_ip_to_v4(&host.packet.src), PEER_IP);
	ck_assert_uint_eq(pyt_ip_to_v4(&host.packet.dst), HOST_IP);
	ck_assert_int_eq(host.packet.protocol, PROTOCOL);
	ck_assert_int_eq(host.packet.tos, 0x2b);
	ck_assert_int_eq(host.packet.ttl, 7);
	ck_assert_uint_eq(host.packet.payload.left, 10);
	ck_assert_mem_eq(host.packet.payload.at, payload, 10);
	ck_assert_uint_eq(host.eth0->rx_packets, 1);
	host_clear(&host);
}
END_TEST

START_TEST(foreign_and_impossible_sources_are_dropped)
{
	static const struct {
		uint32_t src;
		enum counter reason;
	} cases[] = {
		{ 0xe0000001, COUNTER_IP4_BAD_SOURCE },
		{ 0xffffffff, COUNTER_IP4_BAD_SOURCE },
		{ 0xf0000001, COUNTER_IP4_BAD_SOURCE },
		{ 0x0a0000ff, COUNTER_IP4_BAD_SOURCE },
		{ 0x00000000, COUNTER_IP4_BAD_SOURCE },
		{ 0x00000005, COUNTER_IP4_BAD_SOURCE },
		{ 0x7f000001, COUNTER_IP4_LOOPBACK_ON_LINK },
		{ HOST_IP, COUNTER_IP4_SOURCE_OURS },
		{ 0x08080808, COUNTER_NONE },
	};
	struct host host;

	host_init(&host, 1500);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ip4_header header = to_host();

		header.src = cases[i].src;
		ck_assert_int_eq(reason_of(&host, header), cases[i].reason);
	}
	host_clear(&host);
}
END_TEST

START_TEST(destinations_are_ours_or_many_or_dropped)
{
	static const struct {
		uint32_t dst;
		enum counter reason;
		bool broadcast, multicast;
	} cases[] = {
		{ 0x0a000003, COUNTER_IP4_NOT_OURS, false, false },
		{ 0x7f000001, COUNTER_IP4_LOOPBACK_ON_LINK, false, false },
		{ 0xffffffff, COUNTER_NONE, true, false },
		{ 0x0a0000ff, COUNTER_NONE, true, false },
		{ 0xe0000001, COUNTER_NONE, false, true },
		{ 0xe00000fb, COUNTER_IP4_NO_MEMBER, false, true },
	};
	struct host host;

	host_init(&host, 1500);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ip4_header header = to_host();

		header.dst = cases[i].dst;
		ck_assert_int_eq(reason_of(&host, header), cases[i].reason);
		ck_assert_int_eq(host.packet.dst_broadcast, cases[i].broadcast);
		ck_assert_int_eq(host.packet.dst_multicast, cases[i].multicast);
	}
	host_clear(&host);
}
END_TEST

START_TEST(a_31_bit_prefix_has_no_broadcast)
{
	struct pyt_ip own = pyt_ip_from_v4(0x0a010002);
	struct pyt_ip other = pyt_ip_from_v4(0x0a010003);
	struct ip_path path;
	struct host host;

	host_init(&host, 1500);
	ck_assert_int_eq(ip_address_add(host.ip, ETH0, &own, 31, host.now_us),
			 0);
	ck_assert_int_eq(ip_route(host.ip, &other, NULL, 0, host.now_us, &path),
			 0);
	ck_assert(!path.broadcast);
	ck_assert(pyt_ip_equal(&path.src, &own));
	host_clear(&host);
}
END_TEST

START_TEST(a_unicast_packet_in_a_link_broadcast_is_dropped)
{
	struct host host;

	host_init(&host, 1500);
	ck_assert_int_eq(host_input_ip(&host, ethernet_broadcast, to_host(),
				       payload, 10),
			 IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_IP4_LINK_BROADCAST);
	ck_assert_int_eq(host_input_ip(&host, peer_mac, to_host(), payload, 10),
			 IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_LINK_OTHER_HOST);
	host_clear(&host);
}
END_TEST

START_TEST(source_routes_are_dropped_and_record_route_is_not)
{
	static const uint8_t lsrr[] = { 131, 7, 4, 1, 2, 3, 4, 0 };
	static const uint8_t route[] = { 7, 7, 4, 0, 0, 0, 0, 0 };
	struct ip4_header header = to_host();
	struct host host;

	host_init(&host, 1500);
	header.options_len = 8;
	header.options = lsrr;
	ck_assert_int_eq(reason_of(&host, header), COUNTER_IP4_SOURCE_ROUTE);
	header.options = route;
	ck_assert_int_eq(reason_of(&host, header), COUNTER_NONE);
	host_clear(&host);
}
END_TEST

/* The ICMP message that the host has sent. */
static struct icmp4_header icmp_sent(struct host *host)
{
	struct icmp4_header icmp = { 0 };
	struct reader r;

	ck_assert_ptr_nonnull(host_sent(host, ETH0));
	host_sent_ip(host, &r);
	ck_assert(icmp4_header_parse(&r, &icmp));
	return icmp;
}

START_TEST(a_source_route_ends_here_or_fails)
{
	static const uint8_t done[] = { 131, 7, 8, 1, 2, 3, 4, 0 };
	static const uint8_t ours[] = { 137, 7, 4, 10, 0, 0, 3, 0 };
	static const uint8_t further[] = { 131, 7, 4, 1, 2, 3, 4, 0 };
	static const uint8_t two[] = { 131, 7, 8, 1, 2, 3, 4, 137,
				       7,   8, 1, 2, 3, 4, 0, 0 };
	struct pyt_ip second = pyt_ip_from_v4(0x0a000003);
	struct ip4_header header = to_host();
	struct host host;

	host_init(&host, 1500);
	host_knows_peer(&host);
	ip_sysctl_set(host.ip, "net.ipv4.conf.all.accept_source_route", "1");
	ck_assert_int_eq(
		ip_address_add(host.ip, ETH0, &second, 24, host.now_us), 0);
	header.options_len = 8;
	header.options = done;
	ck_assert_int_eq(reason_of(&host, header), COUNTER_NONE);
	header.options = ours;
	ck_assert_int_eq(reason_of(&host, header), COUNTER_NONE);
	ck_assert(pyt_ip_equal(&host.packet.dst, &second));
	header.options = further;
	ck_assert_int_eq(reason_of(&host, header),
			 COUNTER_IP4_SOURCE_ROUTE_FAILED);
	ck_assert_uint_eq(icmp_sent(&host).code, ICMP4_SOURCE_ROUTE_FAILED);
	header.options = two;
	header.options_len = sizeof(two);
	ck_assert_int_eq(reason_of(&host, header), COUNTER_IP4_BAD_OPTION);
	ck_assert_int_eq(icmp_sent(&host).type, ICMP4_PARAMETER_PROBLEM);
	host_clear(&host);
}
END_TEST

START_TEST(a_bad_option_brings_a_parameter_problem_that_points_at_it)
{
	static const uint8_t bad[] = { 1, 1, 7, 9, 4, 0, 0, 0 };
	struct ip4_header header = to_host();
	struct icmp4_header icmp;
	struct host host;

	host_init(&host, 1500);
	host_knows_peer(&host);
	header.options = bad;
	header.options_len = 8;
	ck_assert_int_eq(reason_of(&host, header), COUNTER_IP4_BAD_OPTION);
	icmp = icmp_sent(&host);
	ck_assert_int_eq(icmp.type, ICMP4_PARAMETER_PROBLEM);
	ck_assert_uint_eq(icmp.rest >> 24, 22);
	host_clear(&host);
}
END_TEST

START_TEST(lo_carries_our_own_packets_back)
{
	const uint8_t *bytes;
	struct host host;

	host_init(&host, 1500);
	ck_assert_int_eq(
		host_send(&host, HOST_IP, (struct ip_fields){ 0 }, 3000), 0);
	bytes = host_sent(&host, IP_LO_INDEX);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_int_eq(host_input(&host, IP_LO_INDEX, bytes, host.sent.len),
			 IP_DELIVER);
	ck_assert_uint_eq(host.packet.payload.left, 3000);
	ck_assert_uint_eq(pyt_ip_to_v4(&host.packet.src), HOST_IP);
	host_clear(&host);
}
END_TEST

UNIT_MAIN("ip4_in", a_packet_for_us_is_delivered_with_its_facts,
	  foreign_and_impossible_sources_are_dropped,
	  destinations_are_ours_or_many_or_dropped,
	  a_31_bit_prefix_has_no_broadcast,
	  a_unicast_packet_in_a_link_broadcast_is_dropped,
	  source_routes_are_dropped_and_record_route_is_not,
	  a_source_route_ends_here_or_fails,
	  a_bad_option_brings_a_parameter_problem_that_points_at_it,
	  lo_carries_our_own_packets_back)
