#include "host.h"

#define GROUP 0xe00000fbu /* 224.0.0.251 */

static const uint8_t group_mac[6] = { 1, 0, 0x5e, 0, 0, 0xfb };

static bool sent_igmp(struct host *host, uint32_t dst, uint8_t message[16])
{
	struct ip4_header header;
	struct reader r;

	if (!host_sent(host, ETH0))
		return false;
	header = host_sent_ip(host, &r);
	ck_assert_int_eq(header.protocol, IPPROTO_IGMP);
	ck_assert_uint_eq(header.ttl, 1);
	ck_assert_uint_eq(header.dst, dst);
	ck_assert_uint_eq(header.options[0], IP4_OPTION_ROUTER_ALERT);
	ck_assert_uint_eq(checksum_finish(checksum_add(0, r.at, r.left)), 0);
	memcpy(message, r.at, r.left < 16 ? r.left : 16);
	return true;
}

static enum ip_verdict input_to_group(struct host *host)
{
	struct ip4_header header = { .protocol = IPPROTO_UDP,
				     .src = PEER_IP,
				     .dst = GROUP };

	return host_input_ip(host, group_mac, header, "hello", 5);
}

static void query(struct host *host, uint8_t code, uint32_t len)
{
	struct ip4_header header = { .protocol = IPPROTO_IGMP,
				     .src = GATEWAY_IP,
				     .dst = 0xe0000001 };
	uint8_t message[12] = { 0x11, code };

	icmp4_set_checksum(message, len);
	ck_assert_int_eq(
		host_input_ip(host, ethernet_broadcast, header, message, len),
		IP_DELIVER);
}

START_TEST(a_joined_group_is_received_until_the_last_leaves)
{
	struct pyt_ip group = pyt_ip_from_v4(GROUP);
	struct host host;

	host_init(&host, 1500);
	ck_assert_int_eq(input_to_group(&host), IP_DROP);
	ck_assert_int_eq(ip_group_join(host.ip, ETH0, &group, host.now_us), 0);
	ck_assert_int_eq(ip_group_join(host.ip, 0, &group, host.now_us), 0);
	ck_assert_int_eq(input_to_group(&host), IP_DELIVER);
	ck_assert_int_eq(ip_group_leave(host.ip, ETH0, &group, host.now_us), 0);
	ck_assert_int_eq(input_to_group(&host), IP_DELIVER);
	ck_assert_int_eq(ip_group_leave(host.ip, 0, &group, host.now_us), 0);
	ck_assert_int_eq(input_to_group(&host), IP_DROP);
	ck_assert_int_eq(ip_group_leave(host.ip, 0, &group, host.now_us),
			 -EADDRNOTAVAIL);
	host_clear(&host);
}
END_TEST

START_TEST(joining_and_leaving_are_each_reported_twice)
{
	struct pyt_ip group = pyt_ip_from_v4(GROUP);
	uint8_t message[16];
	struct host host;

	host_init(&host, 1500);
	ip_group_join(host.ip, ETH0, &group, host.now_us);
	host_run_until(&host, host.now_us + 5 * SEC);
	for (int i = 0; i < 2; i++) {
		ck_assert(sent_igmp(&host, 0xe0000016, message));
		ck_assert_uint_eq(message[0], 0x22);
		ck_assert_uint_eq(message[8], 4);
		ck_assert_uint_eq(message[15], 0xfb);
	}
	ck_assert(!sent_igmp(&host, 0, message));
	ip_group_leave(host.ip, ETH0, &group, host.now_us);
	for (int i = 0; i < 2; i++) {
		ck_assert(sent_igmp(&host, 0xe0000016, message));
		ck_assert_uint_eq(message[8], 3);
		host_run_until(&host, host.now_us + SEC);
	}
	ck_assert(!sent_igmp(&host, 0, message));
	ck_assert_int_eq(ip_next_deadline(host.ip), TIME_NEVER);
	host_clear(&host);
}
END_TEST

START_TEST(a_query_is_answered_within_its_time)
{
	struct pyt_ip group = pyt_ip_from_v4(GROUP);
	uint8_t message[16];
	struct host host;

	host_init(&host, 1500);
	ip_group_join(host.ip, ETH0, &group, host.now_us);
	host_run_until(&host, host.now_us + 5 * SEC);
	while (host_sent(&host, ETH0))
		;
	query(&host, 20, 12);
	host_run_until(&host, host.now_us + 2 * SEC);
	ck_assert(sent_igmp(&host, 0xe0000016, message));
	ck_assert_uint_eq(message[8], 2);

	query(&host, 20, 8); /* an old querier */
	host_run_until(&host, host.now_us + 2 * SEC);
	ck_assert(sent_igmp(&host, GROUP, message));
	ck_assert_uint_eq(message[0], 0x16);
	host_clear(&host);
}
END_TEST

START_TEST(members_hear_what_we_send_if_the_socket_wants_it)
{
	struct pyt_ip group = pyt_ip_from_v4(GROUP);
	struct ip_fields fields = { .ttl = 1, .multicast_loop = true };
	struct host host;

	host_init(&host, 1500);
	ip_group_join(host.ip, ETH0, &group, host.now_us);
	while (host_sent(&host, ETH0))
		;
	host_send(&host, GROUP, fields, 8);
	ck_assert_mem_eq(host_sent(&host, ETH0), group_mac, 6);
	ck_assert_int_eq(host_input(&host, IP_LO_INDEX,
				    host_sent(&host, IP_LO_INDEX),
				    host.sent.len),
			 IP_DELIVER);
	ck_assert(host.packet.dst_multicast);
	fields.multicast_loop = false;
	host_send(&host, GROUP, fields, 8);
	ck_assert_ptr_null(host_sent(&host, IP_LO_INDEX));
	host_clear(&host);
}
END_TEST

/* -------------------------------------------------------- old versions */

static void hear_report(struct host *host, uint8_t type)
{
	struct ip4_header header = { .protocol = IPPROTO_IGMP,
				     .src = PEER_IP,
				     .dst = GROUP };
	uint8_t message[8] = { type, 0, 0, 0, 0xe0, 0, 0, 0xfb };

	icmp4_set_checksum(message, sizeof(message));
	host_input_ip(host, group_mac, header, message, sizeof(message));
}

START_TEST(an_old_querier_is_obeyed_for_its_time_and_then_forgotten)
{
	struct pyt_ip group = pyt_ip_from_v4(GROUP);
	uint8_t message[16];
	struct host host;
	int64_t until_us;

	host_init(&host, 1500);
	query(&host, 0, 8); /* IGMPv1 */
	until_us = host.now_us + 2 * 125 * SEC + 10 * SEC;
	ip_group_join(host.ip, ETH0, &group, host.now_us);
	ck_assert(sent_igmp(&host, GROUP, message));
	ck_assert_uint_eq(message[0], IGMP_REPORT_V1);
	host_quiet(&host);
	ip_group_leave(host.ip, ETH0, &group, host.now_us);
	ck_assert(!sent_igmp(&host, 0, message)); /* v1 knows no leave */
	host_run_until(&host, until_us - 1);
	ip_group_join(host.ip, ETH0, &group, host.now_us);
	ck_assert(sent_igmp(&host, GROUP, message));
	host_quiet(&host);
	ip_group_leave(host.ip, ETH0, &group, host.now_us);
	ck_assert(sent_igmp(&host, 0xe0000016, message));
	ck_assert_uint_eq(message[0], IGMP_REPORT_V3);
	host_clear(&host);
}
END_TEST

START_TEST(in_version_2_who_told_last_says_that_it_leaves)
{
	struct pyt_ip group = pyt_ip_from_v4(GROUP);
	uint8_t message[16];
	struct host host;

	host_init(&host, 1500);
	query(&host, 100, 8);
	ip_group_join(host.ip, ETH0, &group, host.now_us);
	ck_assert(sent_igmp(&host, GROUP, message));
	ck_assert_uint_eq(message[0], IGMP_REPORT_V2);
	/* again within igmpv2_unsolicited_report_interval */
	host_run_until(&host, host.now_us + 10 * SEC);
	ck_assert(sent_igmp(&host, GROUP, message));
	ck_assert(!sent_igmp(&host, 0, message));
	ip_group_leave(host.ip, ETH0, &group, host.now_us);
	ck_assert(sent_igmp(&host, 0xe0000002, message));
	ck_assert_uint_eq(message[0], IGMP_LEAVE_V2);

	ip_group_join(host.ip, ETH0, &group, host.now_us);
	host_quiet(&host);
	hear_report(&host, IGMP_REPORT_V2);
	ip_group_leave(host.ip, ETH0, &group, host.now_us);
	ck_assert(!sent_igmp(&host, 0, message));
	host_clear(&host);
}
END_TEST

START_TEST(a_neighbours_report_saves_ours)
{
	struct pyt_ip group = pyt_ip_from_v4(GROUP);
	uint8_t message[16];
	struct host host;

	host_init(&host, 1500);
	ip_group_join(host.ip, ETH0, &group, host.now_us);
	host_quiet(&host);
	query(&host, 100, 8);
	hear_report(&host, IGMP_REPORT_V2);
	host_run_until(&host, host.now_us + 20 * SEC);
	ck_assert(!sent_igmp(&host, 0, message));
	host_clear(&host);
}
END_TEST

START_TEST(a_change_of_version_cancels_what_was_to_be_told)
{
	struct pyt_ip group = pyt_ip_from_v4(GROUP);
	uint8_t message[16];
	struct host host;

	host_init(&host, 1500);
	ip_group_join(host.ip, ETH0, &group, host.now_us);
	ck_assert(sent_igmp(&host, 0xe0000016, message));
	query(&host, 1, 8);
	host_run_until(&host, host.now_us + 20 * SEC);
	ck_assert(sent_igmp(&host, GROUP, message)); /* the answer */
	ck_assert(!sent_igmp(&host, 0, message));
	host_clear(&host);
}
END_TEST

START_TEST(a_version_can_be_forced)
{
	struct pyt_ip group = pyt_ip_from_v4(GROUP);
	uint8_t message[16];
	struct host host;

	host_init(&host, 1500);
	ck_assert_int_eq(ip_sysctl_set(host.ip,
				       "net.ipv4.conf.all.force_igmp_version",
				       "2"),
			 0);
	ip_group_join(host.ip, ETH0, &group, host.now_us);
	ck_assert(sent_igmp(&host, GROUP, message));
	ck_assert_uint_eq(message[0], IGMP_REPORT_V2);
	host_clear(&host);
}
END_TEST

START_TEST(link_local_groups_are_told_unless_the_sysctl_says_no)
{
	struct pyt_ip group = pyt_ip_from_v4(GROUP), other;
	uint8_t message[16];
	struct host host;

	host_init(&host, 1500);
	ck_assert_int_eq(ip_sysctl_set(host.ip,
				       "net.ipv4.igmp_link_local_mcast_reports",
				       "0"),
			 0);
	ip_group_join(host.ip, ETH0, &group, host.now_us);
	host_quiet(&host);
	query(&host, 10, 12);
	host_run_until(&host, host.now_us + 2 * SEC);
	ck_assert(!sent_igmp(&host, 0, message));
	other = pyt_ip_from_v4(0xef010203);
	ip_group_join(host.ip, ETH0, &other, host.now_us);
	ck_assert(sent_igmp(&host, 0xe0000016, message));
	ip_group_leave(host.ip, ETH0, &group, host.now_us);
	host_clear(&host);
}
END_TEST

/* RFC 3376, 5: every router knows who is in it. */
START_TEST(the_group_of_all_hosts_is_never_told)
{
	struct pyt_ip all = pyt_ip_from_v4(0xe0000001);
	uint8_t message[16];
	struct host host;

	host_init(&host, 1500);
	ip_group_join(host.ip, ETH0, &all, host.now_us);
	host_run_until(&host, host.now_us + 5 * SEC);
	ck_assert(!sent_igmp(&host, 0, message));
	query(&host, 10, 12);
	host_run_until(&host, host.now_us + 2 * SEC);
	ck_assert(!sent_igmp(&host, 0, message));
	ip_group_leave(host.ip, ETH0, &all, host.now_us);
	ck_assert(!sent_igmp(&host, 0, message));
	host_clear(&host);
}
END_TEST

START_TEST(nonsense_is_dropped_and_counted)
{
	struct ip4_header header = { .protocol = IPPROTO_IGMP,
				     .src = PEER_IP,
				     .dst = 0xe0000001 };
	uint8_t message[16] = { 0x11, 10 };
	struct host host;

	host_init(&host, 1500);
	host_input_ip(&host, ethernet_broadcast, header, message, 7);
	host_input_ip(&host, ethernet_broadcast, header, message, 8); /* sum */
	icmp4_set_checksum(message, 10);
	host_input_ip(&host, ethernet_broadcast, header, message, 10);
	message[11] = 9; /* sources that are not there */
	icmp4_set_checksum(message, 16);
	host_input_ip(&host, ethernet_broadcast, header, message, 16);
	ck_assert_uint_eq(host_count(&host, COUNTER_IGMP_MALFORMED), 4);
	message[11] = 0;
	icmp4_set_checksum(message, 12);
	header.dst = HOST_IP;
	host_input_ip(&host, host_mac, header, message, 12);
	ck_assert_uint_eq(host_count(&host, COUNTER_IGMP_MISDIRECTED), 1);
	host_clear(&host);
}
END_TEST

UNIT_MAIN("group", a_joined_group_is_received_until_the_last_leaves,
	  joining_and_leaving_are_each_reported_twice,
	  a_query_is_answered_within_its_time,
	  members_hear_what_we_send_if_the_socket_wants_it,
	  an_old_querier_is_obeyed_for_its_time_and_then_forgotten,
	  in_version_2_who_told_last_says_that_it_leaves,
	  a_neighbours_report_saves_ours,
	  a_change_of_version_cancels_what_was_to_be_told,
	  a_version_can_be_forced,
	  link_local_groups_are_told_unless_the_sysctl_says_no,
	  the_group_of_all_hosts_is_never_told, nonsense_is_dropped_and_counted)
