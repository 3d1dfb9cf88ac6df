#include "host.h"

static uint8_t payload[65536];

static enum ip_verdict fragment(struct host *host, uint16_t id, uint32_t offset,
				uint32_t len, bool more)
{
	struct ip4_header header = {
		.protocol = IPPROTO_UDP,
		.src = PEER_IP,
		.dst = HOST_IP,
		.id = id,
		.fragment_offset = offset,
		.flags = more ? IP4_MORE_FRAGMENTS : 0,
	};

	return host_input_ip(host, host_mac, header, payload + offset, len);
}

static void start(struct host *host)
{
	host_init(host, 1500);
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 + i / 256);
}

START_TEST(fragments_in_any_order_give_the_datagram)
{
	static const int orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 }
	};
	struct host host;

	start(&host);
	for (uint16_t i = 0; i < 6; i++) {
		enum ip_verdict verdict = IP_DROP;

		for (int j = 0; j < 3; j++) {
			int n = orders[i][j];

			verdict = fragment(&host, i, (uint32_t)n * 1480,
					   n == 2 ? 40 : 1480, n < 2);
			ck_assert_int_eq(verdict, j < 2 ? IP_DONE : IP_DELIVER);
		}
		ck_assert(host.packet.reassembled);
		ck_assert_uint_eq(host.packet.payload.left, 3000);
		ck_assert_mem_eq(host.packet.payload.at, payload, 3000);
		ck_assert_uint_eq(host.packet.ip_len, 3020);
	}
	ck_assert_int_eq(ip_next_deadline(host.ip), TIME_NEVER);
	host_clear(&host);
}
END_TEST

START_TEST(an_exact_duplicate_is_ignored)
{
	struct host host;

	start(&host);
	fragment(&host, 1, 0, 800, true);
	ck_assert_int_eq(fragment(&host, 1, 0, 800, true), IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_FRAGMENT_DUPLICATE);
	ck_assert_int_eq(fragment(&host, 1, 800, 8, false), IP_DELIVER);
	host_clear(&host);
}
END_TEST

START_TEST(an_overlap_spoils_the_datagram)
{
	struct host host;

	start(&host);
	fragment(&host, 1, 0, 800, true);
	ck_assert_int_eq(fragment(&host, 1, 792, 800, true), IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_FRAGMENT_OVERLAP);
	ck_assert_int_eq(fragment(&host, 1, 800, 8, false), IP_DONE);
	ck_assert_int_eq(fragment(&host, 2, 800, 8, false), IP_DONE);
	ck_assert_int_eq(fragment(&host, 2, 1600, 8, true), IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_FRAGMENT_OVERLAP);
	host_clear(&host);
}
END_TEST

START_TEST(impossible_fragments_are_dropped)
{
	struct host host;

	start(&host);
	ck_assert_int_eq(fragment(&host, 1, 0, 801, true), IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_FRAGMENT_LENGTH);
	ck_assert_int_eq(fragment(&host, 1, 65528, 8, false), IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_FRAGMENT_TOO_BIG);
	ck_assert_int_eq(fragment(&host, 1, 8, 0, false), IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_FRAGMENT_LENGTH);
	ck_assert_int_eq(host.ip->reassembly.bytes, 0);
	host_clear(&host);
}
END_TEST

START_TEST(tcp_headers_may_not_be_cut_or_overwritten)
{
	struct ip4_header header = { .protocol = IPPROTO_TCP,
				     .src = PEER_IP,
				     .dst = HOST_IP,
				     .id = 1,
				     .flags = IP4_MORE_FRAGMENTS };
	struct host host;

	start(&host);
	ck_assert_int_eq(host_input_ip(&host, host_mac, header, payload, 16),
			 IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_FRAGMENT_TINY);
	header.fragment_offset = 8;
	ck_assert_int_eq(host_input_ip(&host, host_mac, header, payload, 80),
			 IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_FRAGMENT_TINY);
	host_clear(&host);
}
END_TEST

START_TEST(ecn_of_fragments_is_joined_or_refused)
{
	static const struct {
		uint8_t a, b;
		int joined; /* -1: dropped */
	} cases[] = { { 0, 0, 0 }, { 2, 2, 2 },	 { 2, 3, 3 },
		      { 1, 3, 3 }, { 0, 3, -1 }, { 0, 2, -1 } };
	struct host host;

	start(&host);
	for (uint16_t i = 0; i < 6; i++) {
		struct ip4_header header = {
			.protocol = IPPROTO_UDP,
			.src = PEER_IP,
			.dst = HOST_IP,
			.id = i,
			.tos = cases[i].a,
			.flags = IP4_MORE_FRAGMENTS,
		};

		host_input_ip(&host, host_mac, header, payload, 80);
		header.tos = cases[i].b;
		header.flags = 0;
		header.fragment_offset = 80;
		host_input_ip(&host, host_mac, header, payload, 8);
		if (cases[i].joined < 0)
			ck_assert_int_eq(host.reason, COUNTER_FRAGMENT_ECN);
		else
			ck_assert_int_eq(host.packet.tos & 3, cases[i].joined);
	}
	host_clear(&host);
}
END_TEST

START_TEST(after_thirty_seconds_the_source_is_told)
{
	struct icmp4_header icmp;
	struct ip4_header quoted;
	struct host host;
	struct reader r;

	start(&host);
	host_knows_peer(&host);
	fragment(&host, 1, 0, 800, true);
	fragment(&host, 2, 800, 800, true); /* its first never came */
	host_run_until(&host, host.now_us + 29 * SEC);
	while (host_sent(&host, ETH0))
		;
	host_run_until(&host, host.now_us + 1 * SEC);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	host_sent_ip(&host, &r);
	ck_assert(icmp4_header_parse(&r, &icmp));
	ck_assert_int_eq(icmp.type, ICMP4_TIME_EXCEEDED);
	ck_assert_int_eq(icmp.code, ICMP4_REASSEMBLY_TIME_EXCEEDED);
	ck_assert(ip4_header_parse_quoted(&r, &quoted));
	ck_assert_uint_eq(quoted.id, 1);
	ck_assert_ptr_null(host_sent(&host, ETH0));
	ck_assert_uint_eq(host_count(&host, COUNTER_IP_REASM_TIMEOUT), 2);
	ck_assert_int_eq(host.ip->reassembly.bytes, 0);
	host_clear(&host);
}
END_TEST

START_TEST(memory_stays_below_the_threshold_and_the_oldest_go)
{
	struct host host;

	start(&host);
	ip_sysctl_set(host.ip, "net.ipv4.ipfrag_high_thresh", "20000");
	ip_sysctl_set(host.ip, "net.ipv4.ipfrag_low_thresh", "10000");
	for (uint16_t id = 0; id < 60; id++) {
		ck_assert_int_eq(fragment(&host, id, 0, 1480, true), IP_DONE);
		ck_assert_int_le(host.ip->reassembly.bytes, 20000);
	}
	ck_assert_int_eq(fragment(&host, 59, 1480, 8, false), IP_DELIVER);
	ck_assert_int_eq(fragment(&host, 1, 1480, 8, false), IP_DONE);
	host_clear(&host);
}
END_TEST

START_TEST(a_low_threshold_above_the_high_one_counts_as_that)
{
	struct host host;

	start(&host);
	ip_sysctl_set(host.ip, "net.ipv4.ipfrag_high_thresh", "20000");
	for (uint16_t id = 0; id < 60; id++) {
		ck_assert_int_eq(fragment(&host, id, 0, 1480, true), IP_DONE);
		ck_assert_int_le(host.ip->reassembly.bytes, 20000);
	}
	ck_assert_int_eq(fragment(&host, 59, 1480, 8, false), IP_DELIVER);
	host_clear(&host);
}
END_TEST

START_TEST(the_pieces_of_a_datagram_are_bounded)
{
	enum ip_verdict verdict = IP_DONE;
	struct host host;
	uint32_t i;

	start(&host);
	for (i = 0; verdict == IP_DONE && i < 1000; i++)
		verdict = fragment(&host, 1, i * 16, 8, true);
	ck_assert_uint_eq(i, REASSEMBLY_FRAGMENTS_MAX + 1);
	ck_assert_int_eq(host.reason, COUNTER_FRAGMENT_COUNT);
	ck_assert_int_eq(host.ip->reassembly.bytes, 0);
	host_clear(&host);
}
END_TEST

START_TEST(a_datagram_left_far_behind_is_begun_anew)
{
	struct host host;

	start(&host);
	ip_sysctl_set(host.ip, "net.ipv4.ipfrag_max_dist", "4");
	fragment(&host, 1, 0, 800, true);
	for (uint16_t id = 2; id < 8; id++)
		fragment(&host, id, 0, 800, true);
	ck_assert_int_eq(fragment(&host, 1, 800, 8, false), IP_DONE);
	ck_assert_uint_eq(host_count(&host, COUNTER_FRAGMENT_DISTANCE), 1);
	host_clear(&host);
}
END_TEST

UNIT_MAIN("reassembly", fragments_in_any_order_give_the_datagram,
	  an_exact_duplicate_is_ignored, an_overlap_spoils_the_datagram,
	  impossible_fragments_are_dropped,
	  tcp_headers_may_not_be_cut_or_overwritten,
	  ecn_of_fragments_is_joined_or_refused,
	  after_thirty_seconds_the_source_is_told,
	  memory_stays_below_the_threshold_and_the_oldest_go,
	  a_low_threshold_above_the_high_one_counts_as_that,
	  the_pieces_of_a_datagram_are_bounded,
	  a_datagram_left_far_behind_is_begun_anew)
