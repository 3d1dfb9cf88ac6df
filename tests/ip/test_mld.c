#include "host6.h"

static const struct pyt_ip group6 = { { 0xff, 5, [15] = 0x77 } };
static const struct pyt_ip all_nodes = { { 0xff, 2, [15] = 1 } };
static const struct pyt_ip router = { { 0xfe, 0x80, [15] = 1 } };

static struct host host;

/* Nothing is left of what the interface's own addresses had to say. */
static void set_up(void)
{
	host6_init(&host, 1500);
	host_quiet(&host);
}

static void tear_down(void)
{
	host_clear(&host);
}

struct sent {
	struct ip6_header header;
	struct reader message;
	uint8_t type, record;
	uint32_t count;
};

/* The next MLD message. */
static bool sent_mld(struct sent *sent)
{
	const uint8_t *frame;

	while ((frame = host_sent(&host, ETH0)) != NULL) {
		struct reader r = reader_init(frame, host.sent.len);
		struct ethernet_header ethernet;

		ethernet_header_parse(&r, &ethernet);
		if (ethernet.type != ETHERNET_TYPE_IP6 ||
		    ip6_header_parse(&r, &sent->header) != IP6_FAULT_NONE ||
		    sent->header.next_header != IP6_HOP_BY_HOP)
			continue;
		/* RFC 3810, 5: router alert, one hop */
		ck_assert_uint_eq(r.at[0], IP6_ICMP);
		ck_assert_uint_eq(r.at[2], 5);
		ck_assert_uint_eq(sent->header.hop_limit, 1);
		reader_bytes(&r, 8);
		ck_assert(icmp6_checksum_is_right(
			r.at, r.left, &sent->header.src, &sent->header.dst));
		sent->message = r;
		sent->type = r.at[0];
		sent->record = sent->type == MLD_REPORT_V2 ? r.at[8] : 0;
		return true;
	}
	return false;
}

static enum ip_verdict input(const struct pyt_ip *src, uint8_t hop_limit,
			     uint8_t *message, uint32_t len,
			     const struct pyt_ip *dst)
{
	uint8_t bytes[100] = { IP6_ICMP, 0, 5, 2, 0, 0, 1, 0 };
	struct packet6 p = { .header = { .next_header = IP6_HOP_BY_HOP,
					 .hop_limit = hop_limit,
					 .src = *src,
					 .dst = *dst },
			     .payload = bytes,
			     .len = 8 + len };

	icmp6_set_checksum(message, len, src, dst);
	memcpy(bytes + 8, message, len);
	return host6_input(&host, p);
}

static enum ip_verdict query(uint16_t response_ms, uint32_t len)
{
	uint8_t message[28] = { MLD_QUERY };

	message[4] = (uint8_t)(response_ms >> 8);
	message[5] = (uint8_t)response_ms;
	return input(&router, 1, message, len, &all_nodes);
}

START_TEST(joining_and_leaving_are_each_reported_twice)
{
	struct sent sent;

	ck_assert_int_eq(ip_group_join(host.ip, ETH0, &group6, host.now_us), 0);
	host_run_until(&host, host.now_us + SEC);
	for (int i = 0; i < 2; i++) {
		ck_assert(sent_mld(&sent));
		ck_assert_uint_eq(sent.type, MLD_REPORT_V2);
		ck_assert_uint_eq(sent.record, MEMBERSHIP_TO_EXCLUDE);
		ck_assert_uint_eq(sent.header.dst.bytes[15], 0x16);
		ck_assert(ip6_is_link_local(&sent.header.src));
		ck_assert_mem_eq(sent.message.at + 12, group6.bytes, 16);
	}
	ck_assert(!sent_mld(&sent));
	ip_group_leave(host.ip, ETH0, &group6, host.now_us);
	host_run_until(&host, host.now_us + SEC);
	for (int i = 0; i < 2; i++) {
		ck_assert(sent_mld(&sent));
		ck_assert_uint_eq(sent.record, MEMBERSHIP_TO_INCLUDE);
	}
	ck_assert(!sent_mld(&sent));
}
END_TEST

START_TEST(a_query_is_answered_with_all_groups_in_one_report)
{
	struct sent sent;

	ip_group_join(host.ip, ETH0, &group6, host.now_us);
	host_quiet(&host);
	ck_assert_int_eq(query(2000, 28), IP_DELIVER);
	host_run_until(&host, host.now_us + 2 * SEC);
	ck_assert(sent_mld(&sent));
	ck_assert_uint_eq(sent.record, MEMBERSHIP_IS_EXCLUDE);
	/* the solicited-node group of both addresses, and ours */
	ck_assert_uint_eq(sent.message.at[7], 2);
	ck_assert(!sent_mld(&sent));
}
END_TEST

START_TEST(an_old_querier_hears_of_each_group_and_who_is_done)
{
	uint8_t report[24] = { MLD_REPORT_V1 };
	struct sent sent;
	int reports = 0;

	ip_group_join(host.ip, ETH0, &group6, host.now_us);
	host_quiet(&host);
	query(1000, 24);
	host_run_until(&host, host.now_us + SEC);
	while (sent_mld(&sent)) {
		ck_assert_uint_eq(sent.type, MLD_REPORT_V1);
		ck_assert(pyt_ip_is_multicast(&sent.header.dst));
		reports++;
	}
	ck_assert_int_eq(reports, 2);
	/* a neighbour has told it: it says so when it leaves, not we */
	memcpy(report + 8, group6.bytes, 16);
	input(&peer6, 1, report, sizeof(report), &group6);
	ck_assert_uint_eq(host_count(&host, COUNTER_MLD_NOT_OF_LINK), 1);
	ip_group_leave(host.ip, ETH0, &group6, host.now_us);
	ck_assert(sent_mld(&sent));
	ck_assert_uint_eq(sent.type, MLD_DONE_V1);
	ck_assert_uint_eq(sent.header.dst.bytes[15], 2);
	ip_group_join(host.ip, ETH0, &group6, host.now_us);
	host_quiet(&host);
	input(&router, 1, report, sizeof(report), &group6);
	ip_group_leave(host.ip, ETH0, &group6, host.now_us);
	ck_assert(!sent_mld(&sent));
}
END_TEST

START_TEST(only_a_router_of_the_link_may_ask)
{
	uint8_t message[28] = { MLD_QUERY };
	struct sent sent;

	ck_assert_int_eq(input(&peer6, 1, message, 28, &all_nodes), IP_DROP);
	ck_assert_int_eq(input(&router, 2, message, 28, &all_nodes), IP_DROP);
	ck_assert_uint_eq(host_count(&host, COUNTER_MLD_NOT_OF_LINK), 2);
	ck_assert_int_eq(input(&router, 1, message, 26, &all_nodes), IP_DROP);
	message[8] = 0xfe; /* asks for what is no group */
	ck_assert_int_eq(input(&router, 1, message, 28, &all_nodes), IP_DROP);
	ck_assert_uint_eq(host_count(&host, COUNTER_MLD_MALFORMED), 2);
	host_run_until(&host, host.now_us + 20 * SEC);
	ck_assert(!sent_mld(&sent));
}
END_TEST

/* RFC 3810, 6.2: or it is no MLD query; value 0 says so (RFC 2711, 2.1). */
START_TEST(a_query_without_a_router_alert_is_dropped)
{
	uint8_t message[28] = { MLD_QUERY };
	uint8_t other[36] = { IP6_ICMP, 0, 5, 2, 0, 1, 1, 0 };
	struct packet6 p = { .header = { .next_header = IP6_HOP_BY_HOP,
					 .hop_limit = 1,
					 .src = router,
					 .dst = all_nodes },
			     .payload = other,
			     .len = sizeof(other) };

	ck_assert_int_eq(host6_input_icmp(&host, router, all_nodes, 1, message,
					  sizeof(message)),
			 IP_DROP);
	ck_assert_uint_eq(host_count(&host, COUNTER_MLD_NOT_OF_LINK), 1);
	memcpy(other + 8, message, sizeof(message));
	ck_assert_int_eq(host6_input(&host, p), IP_DROP);
	ck_assert_uint_eq(host_count(&host, COUNTER_MLD_NOT_OF_LINK), 2);
}
END_TEST

START_TEST(groups_that_stay_on_the_host_are_not_told)
{
	static const struct pyt_ip own = { { 0xff, 1, [15] = 0x77 } };
	struct sent sent;

	ip_group_join(host.ip, ETH0, &own, host.now_us);
	ip_group_join(host.ip, ETH0, &all_nodes, host.now_us);
	host_run_until(&host, host.now_us + 5 * SEC);
	ck_assert(!sent_mld(&sent));
	query(1000, 28);
	host_run_until(&host, host.now_us + 2 * SEC);
	while (sent_mld(&sent)) {
		ck_assert_mem_ne(sent.message.at + 12, own.bytes, 16);
		ck_assert_mem_ne(sent.message.at + 12, all_nodes.bytes, 16);
	}
}
END_TEST

START_TEST(a_version_can_be_forced)
{
	struct sent sent;

	host6_set(&host, "net.ipv6.conf.all.force_mld_version", "1");
	ip_group_join(host.ip, ETH0, &group6, host.now_us);
	ck_assert(sent_mld(&sent));
	ck_assert_uint_eq(sent.type, MLD_REPORT_V1);
}
END_TEST

UNIT_MAIN_WITH("mld", set_up, tear_down,
	       joining_and_leaving_are_each_reported_twice,
	       a_query_is_answered_with_all_groups_in_one_report,
	       an_old_querier_hears_of_each_group_and_who_is_done,
	       only_a_router_of_the_link_may_ask,
	       a_query_without_a_router_alert_is_dropped,
	       groups_that_stay_on_the_host_are_not_told,
	       a_version_can_be_forced)
