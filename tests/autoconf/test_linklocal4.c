/* RFC 3927, alone and behind DHCP. */
#include "dhcp_server.h"

static struct host host;
static struct request request;

static void set_up(void)
{
	host_create(&host, 1);
	host_sysctl(&host, "net.ipv4.conf.all.arp_conflict_detection", "1");
}

static void tear_down(void)
{
	host_destroy(&host);
}

/* The address of 169.254/16 that the interface has, or 0. */
static uint32_t own_address(void)
{
	struct pyt_address_info info;

	for (int i = 0; pyt_address_get(host.stack, i, &info) == 0; i++) {
		if (info.ifindex == ETH0 &&
		    pyt_ip_to_v4(&info.ip) >> 16 == 0xa9fe)
			return pyt_ip_to_v4(&info.ip);
	}
	return 0;
}

static enum pyt_configured configured(void)
{
	return pyt_configured(host.stack, AF_INET);
}

/* The time until the next ARP packet. */
static int64_t next_arp(struct arp_packet *arp)
{
	int64_t start_us = host.now_us;

	while (!host_sent_arp(&host, arp))
		host_run_until(&host, pyt_next_deadline(host.stack));
	return host.now_us - start_us;
}

START_TEST(it_is_probed_three_times_then_announced_twice)
{
	struct arp_packet arp;
	uint32_t ip;

	ck_assert_int_eq(host_start(&host, METHOD(LINKLOCAL4)), 0);
	ip = own_address();
	ck_assert_uint_ge(ip, 0xa9fe0100);
	ck_assert_uint_le(ip, 0xa9fefeff);
	assert_between(next_arp(&arp), 0, SEC);
	for (int i = 0; i < 3; i++) {
		if (i > 0)
			assert_between(next_arp(&arp), SEC, 2 * SEC);
		ck_assert_uint_eq(arp.sender_ip, 0);
		ck_assert_uint_eq(arp.target_ip, ip);
		ck_assert_int_eq(configured(), PYT_CONFIGURED_PENDING);
	}
	ck_assert_int_eq(next_arp(&arp), 2 * SEC);
	ck_assert_uint_eq(arp.sender_ip, ip);
	ck_assert_uint_eq(arp.target_ip, ip);
	ck_assert_int_eq(configured(), PYT_CONFIGURED_READY);
	ck_assert_int_eq(next_arp(&arp), 2 * SEC);
	ck_assert_uint_eq(arp.sender_ip, ip);
	ck_assert_int_eq(pyt_next_deadline(host.stack), 1010 * SEC);
}
END_TEST

START_TEST(the_same_mac_chooses_the_same_address)
{
	uint32_t ip;

	host_start(&host, METHOD(LINKLOCAL4));
	ip = own_address();
	host_destroy(&host);
	host_create(&host, 99);
	host_start(&host, METHOD(LINKLOCAL4));
	ck_assert_uint_eq(own_address(), ip);
}
END_TEST

START_TEST(one_that_somebody_has_is_replaced_at_once)
{
	uint32_t ip;

	host_start(&host, METHOD(LINKLOCAL4));
	ip = own_address();
	host_input_arp(&host, ARP_REPLY, peer_mac, ip, ip);
	ck_assert(host_event(&host, PYT_EVENT_ADDRESS_CONFLICT));
	host_event(&host, PYT_EVENT_SOCKET);
	ck_assert_uint_ne(own_address(), ip);
	ck_assert_uint_ne(own_address(), 0);
}
END_TEST

/* RFC 3927, 2.2.1: two hosts that probe the same one at once. */
START_TEST(a_probe_of_somebody_else_is_a_conflict_too)
{
	uint32_t ip;

	host_start(&host, METHOD(LINKLOCAL4));
	ip = own_address();
	host_input_arp(&host, ARP_REQUEST, peer_mac, 0, ip);
	ck_assert(host_event(&host, PYT_EVENT_ADDRESS_CONFLICT));
	host_event(&host, PYT_EVENT_SOCKET);
	ck_assert_uint_ne(own_address(), ip);
}
END_TEST

START_TEST(after_ten_conflicts_it_tries_once_a_minute)
{
	int64_t failed_us;

	host_start(&host, METHOD(LINKLOCAL4));
	for (int i = 0; i < 10; i++) {
		uint32_t ip = own_address();

		ck_assert_uint_ne(ip, 0);
		host_input_arp(&host, ARP_REPLY, peer_mac, ip, ip);
		while (host_event(&host, PYT_EVENT_ADDRESS_CONFLICT))
			;
	}
	ck_assert_uint_eq(own_address(), 0);
	ck_assert_int_eq(configured(), PYT_CONFIGURED_FAILED);
	failed_us = host.now_us;
	host_run_until(&host, failed_us + 60 * SEC - 1);
	ck_assert_uint_eq(own_address(), 0);
	host_run_until(&host, failed_us + 60 * SEC);
	ck_assert_uint_ne(own_address(), 0);
	ck_assert_uint_eq(host_count(&host, COUNTER_LINKLOCAL4_CONFLICTS), 10);
}
END_TEST

/* RFC 3927, 2.5 (b) */
START_TEST(it_is_defended_once_then_given_up)
{
	uint32_t ip;

	host_start(&host, METHOD(LINKLOCAL4));
	host_run_until(&host, host.now_us + 15 * SEC);
	ip = own_address();
	host_input_arp(&host, ARP_REQUEST, peer_mac, ip, ip);
	host_event(&host, PYT_EVENT_SOCKET);
	ck_assert_uint_eq(own_address(), ip);
	host_input_arp(&host, ARP_REQUEST, peer_mac, ip, ip);
	host_event(&host, PYT_EVENT_SOCKET);
	ck_assert_uint_ne(own_address(), ip);
}
END_TEST

/* RFC 3927, 2.5: replies too. */
START_TEST(its_arp_packets_are_all_broadcast)
{
	struct arp_packet arp;
	uint32_t ip;

	host_start(&host, METHOD(LINKLOCAL4));
	host_run_until(&host, host.now_us + 15 * SEC);
	while (host_sent(&host))
		;
	ip = own_address();
	host_input_arp(&host, ARP_REQUEST, peer_mac, 0xa9fe0101, ip);
	ck_assert(host_sent_arp(&host, &arp));
	ck_assert_int_eq(arp.operation, ARP_REPLY);
	ck_assert_int_eq(memcmp(host.sent, ethernet_broadcast, 6), 0);
}
END_TEST

START_TEST(beside_dhcp_it_waits_until_that_is_silent)
{
	host_start(&host, METHOD(DHCP4) | METHOD(LINKLOCAL4));
	host_run_until(&host, host.now_us + 2500 * MS - 1);
	ck_assert_uint_eq(own_address(), 0);
	host_run_until(&host, host.now_us + 1);
	ck_assert_uint_ne(own_address(), 0);
	ck_assert_int_eq(configured(), PYT_CONFIGURED_PENDING);
	host_run_until(&host, host.now_us + 7 * SEC);
	ck_assert_int_eq(configured(), PYT_CONFIGURED_READY);
}
END_TEST

START_TEST(it_goes_when_dhcp_has_an_address_and_comes_back)
{
	host_start(&host, METHOD(DHCP4) | METHOD(LINKLOCAL4));
	host_run_until(&host, host.now_us + 12 * SEC);
	ck_assert_uint_ne(own_address(), 0);
	while (host_sent_dhcp(&host, &request))
		;
	while (!host_sent_dhcp(&host, &request))
		host_run_until(&host, pyt_next_deadline(host.stack));
	server_reply(&host, &request, DHCP4_OFFER, USUAL_LEASE);
	host_sent_dhcp(&host, &request);
	server_reply(&host, &request, DHCP4_ACK, USUAL_LEASE);
	ck_assert(host_has_ip(&host, LEASED_IP));
	ck_assert_uint_eq(own_address(), 0);
	ck_assert_int_eq(configured(), PYT_CONFIGURED_READY);
	host_run_until(&host, host.now_us + 3601 * SEC);
	ck_assert_uint_eq(own_address(), 0);
	host_run_until(&host, host.now_us + 3 * SEC);
	ck_assert_uint_ne(own_address(), 0);
}
END_TEST

START_TEST(with_a_quick_server_there_never_is_one)
{
	host_start(&host, METHOD(DHCP4) | METHOD(LINKLOCAL4));
	server_grant(&host, &request, USUAL_LEASE);
	host_run_until(&host, host.now_us + 60 * SEC);
	ck_assert_uint_eq(own_address(), 0);
}
END_TEST

START_TEST(an_ipv6_only_network_has_none)
{
	struct reply_options only6 = USUAL_LEASE;

	only6.ipv6_only_s = 600;
	host_start(&host, METHOD(DHCP4) | METHOD(LINKLOCAL4) | METHOD(SLAAC));
	host_sent_dhcp(&host, &request);
	server_reply(&host, &request, DHCP4_OFFER, only6);
	host_run_until(&host, host.now_us + 60 * SEC);
	ck_assert_uint_eq(own_address(), 0);
}
END_TEST

UNIT_MAIN_WITH("linklocal4", set_up, tear_down,
	       it_is_probed_three_times_then_announced_twice,
	       the_same_mac_chooses_the_same_address,
	       one_that_somebody_has_is_replaced_at_once,
	       a_probe_of_somebody_else_is_a_conflict_too,
	       after_ten_conflicts_it_tries_once_a_minute,
	       it_is_defended_once_then_given_up,
	       its_arp_packets_are_all_broadcast,
	       beside_dhcp_it_waits_until_that_is_silent,
	       it_goes_when_dhcp_has_an_address_and_comes_back,
	       with_a_quick_server_there_never_is_one,
	       an_ipv6_only_network_has_none)
