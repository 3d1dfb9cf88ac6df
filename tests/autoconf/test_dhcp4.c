/* The exchange, the timers and the end of a lease. RFC 2131. */
#include "dhcp_server.h"

static struct host host;
static struct request request;

static void set_up(void)
{
	host_create(&host, 1);
}

static void tear_down(void)
{
	host_destroy(&host);
}

static void start(void)
{
	ck_assert_int_eq(host_start(&host, METHOD(DHCP4)), 0);
}

START_TEST(four_messages_bring_an_address_a_route_and_a_name_server)
{
	struct pyt_name_server server;
	struct pyt_search_domain domain;
	struct pyt_ip far = pyt_ip_from_v4(0x08080808);
	struct ip_path path;

	start();
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_PENDING);
	server_grant(&host, &request, USUAL_LEASE);
	ck_assert(host_has_ip(&host, LEASED_IP));
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_READY);
	ck_assert(host_event(&host, PYT_EVENT_CONFIGURED));
	ck_assert_int_eq(host.event.family, AF_INET);
	ck_assert_int_eq(
		ip_route(host.stack->ip, &far, NULL, 0, host.now_us, &path), 0);
	ck_assert_uint_eq(pyt_ip_to_v4(&path.next_hop), SERVER_IP);
	ck_assert_int_eq(pyt_name_server_get(host.stack, 0, &server), 0);
	ck_assert_uint_eq(pyt_ip_to_v4(&server.ip), SERVER_IP);
	ck_assert_int_eq(pyt_search_domain_get(host.stack, 0, &domain), 0);
	ck_assert_str_eq(domain.name, "lan.example");
}
END_TEST

START_TEST(its_routes_are_dhcps_and_go_behind_those_by_hand)
{
	struct pyt_ip far = pyt_ip_from_v4(0x08080808);
	struct pyt_route route, by_hand;

	start();
	server_grant(&host, &request, USUAL_LEASE);
	ck_assert_int_eq(ip_route_find(host.stack->ip, &far, 0, &route), 0);
	ck_assert_uint_eq(route.owners, PYT_ROUTE_OF_DHCP);
	ck_assert_uint_eq(pyt_ip_to_v4(&route.src), LEASED_IP);
	ck_assert_uint_eq(route.metric, PYT_METRIC_DHCP);
	by_hand = (struct pyt_route){ .prefix = pyt_ip_from_v4(0),
				      .gateway = pyt_ip_from_v4(0x0a000009) };
	ck_assert_int_eq(ip_route_add(host.stack->ip, &by_hand), 0);
	ck_assert_int_eq(ip_route_find(host.stack->ip, &far, 0, &route), 0);
	ck_assert_uint_eq(route.owners, PYT_ROUTE_BY_HAND);
}
END_TEST

/* RFC 2131, table 5; RFC 3442: 121 before 3. */
START_TEST(discover_says_who_we_are_and_what_we_wish)
{
	uint8_t bytes[64];
	int len;

	start();
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_DISCOVER);
	ck_assert_uint_eq(request.ip.src, 0);
	ck_assert_uint_eq(request.ip.dst, UINT32_MAX);
	ck_assert_int_eq(memcmp(request.ethernet.dst, ethernet_broadcast, 6),
			 0);
	ck_assert_uint_eq(request.message.header.ciaddr, 0);
	ck_assert_uint_eq(request.message.header.flags, 0);
	ck_assert_uint_eq(request.server_id, 0);
	ck_assert_uint_eq(request.requested_ip, 0);
	len = dhcp4_get(&request.message, DHCP4_CLIENT_ID, bytes, 64);
	ck_assert_int_eq(len, 15); /* RFC 4361: 255, IAID, DUID-LL */
	ck_assert_int_eq(memcmp(bytes, "\xff\0\0\0\2\0\3\0\1\2\0\0\0\0\2", 15),
			 0);
	len = dhcp4_get(&request.message, DHCP4_PARAMETERS, bytes, 64);
	ck_assert_int_gt(len, 0);
	ck_assert_ptr_nonnull(memchr(bytes, DHCP4_SUBNET_MASK, (size_t)len));
	ck_assert(
		(uint8_t *)memchr(bytes, DHCP4_CLASSLESS_ROUTES, (size_t)len) <
		(uint8_t *)memchr(bytes, DHCP4_ROUTERS, (size_t)len));
	ck_assert_ptr_null(memchr(bytes, DHCP4_IPV6_ONLY, (size_t)len));
	len = dhcp4_get(&request.message, DHCP4_LEN_MAX_OPTION, bytes, 64);
	ck_assert_int_eq(len, 2);
	ck_assert_uint_eq(bytes[0] << 8 | bytes[1], 1500);
	ck_assert_int_lt(dhcp4_get(&request.message, DHCP4_FQDN, bytes, 64), 0);
}
END_TEST

START_TEST(request_names_the_server_and_the_address_that_it_offers)
{
	uint32_t xid;

	start();
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_DISCOVER);
	xid = request.message.header.xid;
	server_reply(&host, &request, DHCP4_OFFER, USUAL_LEASE);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_REQUEST);
	ck_assert_uint_eq(request.message.header.xid, xid);
	ck_assert_uint_eq(request.server_id, SERVER_IP);
	ck_assert_uint_eq(request.requested_ip, LEASED_IP);
	ck_assert_uint_eq(request.message.header.ciaddr, 0);
	ck_assert_uint_eq(request.ip.src, 0);
	ck_assert_uint_eq(request.ip.dst, UINT32_MAX);
}
END_TEST

START_TEST(answers_to_the_address_that_is_not_ours_yet_are_heard)
{
	struct reply_options unicast = USUAL_LEASE;

	unicast.dst = LEASED_IP;
	start();
	server_grant(&host, &request, unicast);
	ck_assert(host_has_ip(&host, LEASED_IP));
}
END_TEST

START_TEST(other_datagrams_to_foreign_addresses_are_not_heard)
{
	start();
	host_input_udp(&host, SERVER_IP, 0x0a000077, 67, 69, "x", 1);
	ck_assert_str_eq(host.drop_reason, "ip4_not_ours");
	pyt_autoconf_stop(host.stack, ETH0, false, host.now_us);
	host_input_udp(&host, SERVER_IP, 0x0a000077, 67, 68, "x", 1);
	ck_assert_str_eq(host.drop_reason, "ip4_not_ours");
}
END_TEST

START_TEST(discover_is_repeated_with_doubled_times_up_to_a_minute)
{
	int64_t delay_us = SEC;

	start();
	next_message(&host, &request, DHCP4_DISCOVER);
	for (int i = 0; i < 9; i++) {
		int64_t range_us = delay_us < 4 * SEC ? delay_us / 4 : SEC;

		assert_between(next_message(&host, &request, DHCP4_DISCOVER),
			       delay_us - range_us, delay_us + range_us);
		delay_us = delay_us < 64 * SEC ? 2 * delay_us : delay_us;
	}
	ck_assert_uint_eq(request.message.header.secs,
			  (host.now_us - 1000 * SEC) / SEC);
}
END_TEST

START_TEST(the_first_repetition_follows_the_sysctl)
{
	host_sysctl(&host, "net.pyt.dhcp_retry_ms", "4000");
	start();
	next_message(&host, &request, DHCP4_DISCOVER);
	assert_between(next_message(&host, &request, DHCP4_DISCOVER), 3 * SEC,
		       5 * SEC);
}
END_TEST

START_TEST(who_is_not_heard_asks_for_broadcasts)
{
	start();
	next_message(&host, &request, DHCP4_DISCOVER);
	ck_assert_uint_eq(request.message.header.flags, 0);
	next_message(&host, &request, DHCP4_DISCOVER);
	next_message(&host, &request, DHCP4_DISCOVER);
	ck_assert_uint_eq(request.message.header.flags, DHCP4_BROADCAST);
}
END_TEST

START_TEST(a_family_without_a_server_has_failed_after_the_timeout)
{
	host_sysctl(&host, "net.pyt.configure_timeout_ms", "3000");
	start();
	host_run_until(&host, host.now_us + 3 * SEC - 1);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_PENDING);
	host_run_until(&host, host.now_us + 1);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_FAILED);
	ck_assert(host_event(&host, PYT_EVENT_CONFIGURE_TIMEOUT));
	ck_assert_int_eq(host.event.family, AF_INET);
	/* and one that comes later is welcome */
	while (host_sent_dhcp(&host, &request))
		;
	next_message(&host, &request, DHCP4_DISCOVER);
	server_reply(&host, &request, DHCP4_OFFER, USUAL_LEASE);
	host_sent_dhcp(&host, &request);
	server_reply(&host, &request, DHCP4_ACK, USUAL_LEASE);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_READY);
	ck_assert(host_event(&host, PYT_EVENT_CONFIGURED));
}
END_TEST

START_TEST(a_request_is_repeated_four_times_then_it_begins_anew)
{
	start();
	next_message(&host, &request, DHCP4_DISCOVER);
	server_reply(&host, &request, DHCP4_OFFER, USUAL_LEASE);
	for (int i = 0; i < 4; i++)
		next_message(&host, &request, DHCP4_REQUEST);
	next_message(&host, &request, DHCP4_DISCOVER);
}
END_TEST

/* ------------------------------------------------------------------ renewal */

START_TEST(renewal_is_asked_of_the_server_alone_at_half_of_the_time)
{
	int64_t bound_us;

	start();
	server_grant(&host, &request, USUAL_LEASE);
	bound_us = host.now_us;
	next_message(&host, &request, DHCP4_REQUEST);
	assert_between(host.now_us - bound_us, 1764 * SEC, 1836 * SEC);
	ck_assert_uint_eq(request.ip.src, LEASED_IP);
	ck_assert_uint_eq(request.ip.dst, SERVER_IP);
	ck_assert_uint_eq(request.message.header.ciaddr, LEASED_IP);
	ck_assert_uint_eq(request.server_id, 0);
	ck_assert_uint_eq(request.requested_ip, 0);

	server_reply(&host, &request, DHCP4_ACK, USUAL_LEASE);
	ck_assert(!host_event(&host, PYT_EVENT_ADDRESS_LOST));
	bound_us = host.now_us;
	next_message(&host, &request, DHCP4_REQUEST);
	assert_between(host.now_us - bound_us, 1764 * SEC, 1836 * SEC);
}
END_TEST

START_TEST(renewal_is_repeated_after_half_of_what_is_left)
{
	int64_t left_us;

	start();
	server_grant(&host, &request, USUAL_LEASE);
	next_message(&host, &request, DHCP4_REQUEST);
	left_us = client_of(&host)->t2_us - host.now_us;
	ck_assert_int_eq(next_message(&host, &request, DHCP4_REQUEST),
			 left_us / 2);
}
END_TEST

START_TEST(rebinding_asks_everybody_and_takes_any_server)
{
	struct reply_options other = USUAL_LEASE;
	int64_t bound_us;

	other.server_id = 0x0a000063;
	start();
	server_grant(&host, &request, USUAL_LEASE);
	bound_us = host.now_us;
	do {
		next_message(&host, &request, DHCP4_REQUEST);
	} while (request.ip.dst == SERVER_IP);
	assert_between(host.now_us - bound_us, 3087 * SEC, 3213 * SEC);
	ck_assert_uint_eq(request.ip.dst, UINT32_MAX);
	ck_assert_uint_eq(request.ip.src, LEASED_IP);
	ck_assert_uint_eq(request.message.header.ciaddr, LEASED_IP);
	server_reply(&host, &request, DHCP4_ACK, other);
	ck_assert_ptr_null(host.drop_reason);
	ck_assert_uint_eq(client_of(&host)->lease.server_id, 0x0a000063);
}
END_TEST

START_TEST(a_lease_that_nobody_renews_is_over_in_time)
{
	struct pyt_name_server server;
	int64_t end_us;

	start();
	end_us = host.now_us + 3600 * SEC;
	server_grant(&host, &request, USUAL_LEASE);
	host_run_until(&host, end_us - 1);
	ck_assert(host_has_ip(&host, LEASED_IP));
	host_run_until(&host, end_us);
	ck_assert(!host_has_ip(&host, LEASED_IP));
	ck_assert(host_event(&host, PYT_EVENT_ADDRESS_LOST));
	ck_assert_uint_eq(pyt_ip_to_v4(&host.event.ip), LEASED_IP);
	ck_assert_int_eq(pyt_name_server_get(host.stack, 0, &server), -ENOENT);
	while (host_sent_dhcp(&host, &request))
		;
	ck_assert_int_eq(next_message(&host, &request, DHCP4_DISCOVER) >= 0, 1);
	ck_assert_uint_eq(request.requested_ip, LEASED_IP);
}
END_TEST

START_TEST(the_time_counts_from_the_first_request)
{
	start();
	next_message(&host, &request, DHCP4_DISCOVER);
	server_reply(&host, &request, DHCP4_OFFER, USUAL_LEASE);
	next_message(&host, &request, DHCP4_REQUEST);
	host_run_until(&host, host.now_us + SEC / 2);
	server_reply(&host, &request, DHCP4_ACK, USUAL_LEASE);
	ck_assert_int_eq(client_of(&host)->end_us,
			 host.now_us - SEC / 2 + 3600 * SEC);
}
END_TEST

START_TEST(an_endless_lease_has_no_timers)
{
	struct reply_options endless = USUAL_LEASE;

	endless.lease_s = UINT32_MAX;
	start();
	server_grant(&host, &request, endless);
	host_run_until(&host, host.now_us + 60 * SEC);
	ck_assert_int_eq(pyt_next_deadline(host.stack), TIME_NEVER);
}
END_TEST

START_TEST(a_short_lease_is_renewed_within_its_time)
{
	struct reply_options brief = USUAL_LEASE;

	brief.lease_s = 20;
	start();
	server_grant(&host, &request, brief);
	assert_between(next_message(&host, &request, DHCP4_REQUEST),
		       98 * SEC / 10, 102 * SEC / 10);
	ck_assert_uint_eq(request.ip.dst, SERVER_IP);
	assert_between(next_message(&host, &request, DHCP4_REQUEST),
		       64 * SEC / 10, 76 * SEC / 10);
	ck_assert_uint_eq(request.ip.dst, UINT32_MAX);
}
END_TEST

START_TEST(a_refused_renewal_takes_the_address_away_at_once)
{
	start();
	server_grant(&host, &request, USUAL_LEASE);
	next_message(&host, &request, DHCP4_REQUEST);
	server_reply(&host, &request, DHCP4_NAK, (struct reply_options){ 0 });
	ck_assert(!host_has_ip(&host, LEASED_IP));
	ck_assert(host_event(&host, PYT_EVENT_ADDRESS_LOST));
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_DISCOVER);
	ck_assert_uint_eq(request.requested_ip, 0);
}
END_TEST

/* ----------------------------------------------------------- end, conflicts */

START_TEST(a_released_lease_is_told_to_the_server)
{
	start();
	server_grant(&host, &request, USUAL_LEASE);
	pyt_autoconf_stop(host.stack, ETH0, true, host.now_us);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_RELEASE);
	ck_assert_uint_eq(request.ip.dst, SERVER_IP);
	ck_assert_uint_eq(request.ip.src, LEASED_IP);
	ck_assert_uint_eq(request.message.header.ciaddr, LEASED_IP);
	ck_assert_uint_eq(request.server_id, SERVER_IP);
	ck_assert_int_eq(memcmp(request.ethernet.dst, peer_mac, 6), 0);
	ck_assert(!host_has_ip(&host, LEASED_IP));
}
END_TEST

START_TEST(without_release_nobody_is_told)
{
	start();
	server_grant(&host, &request, USUAL_LEASE);
	pyt_autoconf_stop(host.stack, ETH0, false, host.now_us);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), 0);
}
END_TEST

START_TEST(an_address_that_somebody_has_is_declined_and_asked_anew_later)
{
	struct arp_packet arp;
	int64_t start_us;

	host_sysctl(&host, "net.ipv4.conf.all.arp_conflict_detection", "1");
	start();
	server_grant(&host, &request, USUAL_LEASE);
	host_run_until(&host, host.now_us + SEC);
	ck_assert(host_sent_arp(&host, &arp));
	ck_assert_uint_eq(arp.sender_ip, 0);
	ck_assert_uint_eq(arp.target_ip, LEASED_IP);
	host_input_arp(&host, ARP_REPLY, peer_mac, LEASED_IP, 0);
	ck_assert(host_event(&host, PYT_EVENT_ADDRESS_CONFLICT));
	ck_assert(!host_event(&host, PYT_EVENT_SOCKET));
	start_us = host.now_us;
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_DECLINE);
	ck_assert_uint_eq(request.requested_ip, LEASED_IP);
	ck_assert_uint_eq(request.server_id, SERVER_IP);
	ck_assert_uint_eq(request.ip.src, 0);
	ck_assert(!host_has_ip(&host, LEASED_IP));
	next_message(&host, &request, DHCP4_DISCOVER);
	ck_assert_int_eq(host.now_us - start_us, 10 * SEC);
	ck_assert_uint_eq(request.requested_ip, 0);
}
END_TEST

START_TEST(with_probes_waited_for_it_is_ready_when_nobody_objected)
{
	host_sysctl(&host, "net.ipv4.conf.all.arp_conflict_detection", "2");
	start();
	server_grant(&host, &request, USUAL_LEASE);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_PENDING);
	host_run_until(&host, host.now_us + 8 * SEC);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_READY);
}
END_TEST

UNIT_MAIN_WITH("dhcp4", set_up, tear_down,
	       four_messages_bring_an_address_a_route_and_a_name_server,
	       its_routes_are_dhcps_and_go_behind_those_by_hand,
	       discover_says_who_we_are_and_what_we_wish,
	       request_names_the_server_and_the_address_that_it_offers,
	       answers_to_the_address_that_is_not_ours_yet_are_heard,
	       other_datagrams_to_foreign_addresses_are_not_heard,
	       discover_is_repeated_with_doubled_times_up_to_a_minute,
	       the_first_repetition_follows_the_sysctl,
	       who_is_not_heard_asks_for_broadcasts,
	       a_family_without_a_server_has_failed_after_the_timeout,
	       a_request_is_repeated_four_times_then_it_begins_anew,
	       renewal_is_asked_of_the_server_alone_at_half_of_the_time,
	       renewal_is_repeated_after_half_of_what_is_left,
	       rebinding_asks_everybody_and_takes_any_server,
	       a_lease_that_nobody_renews_is_over_in_time,
	       the_time_counts_from_the_first_request,
	       an_endless_lease_has_no_timers,
	       a_short_lease_is_renewed_within_its_time,
	       a_refused_renewal_takes_the_address_away_at_once,
	       a_released_lease_is_told_to_the_server,
	       without_release_nobody_is_told,
	       an_address_that_somebody_has_is_declined_and_asked_anew_later,
	       with_probes_waited_for_it_is_ready_when_nobody_objected)
