/* A kept lease: INIT-REBOOT (RFC 2131, 3.2) and DNAv4 (RFC 4436). */
#include "dhcp_server.h"

#include <pyt/view.h>

static struct host host;
static struct request request;
static struct pyt_lease kept;

static void tear_down(void)
{
	host_destroy(&host);
}

/* Gets a lease, keeps it, and starts another stack age_us later with it. */
static void reboot(int64_t age_us)
{
	struct pyt_ip router = pyt_ip_from_v4(SERVER_IP);
	struct neighbour *neighbour;
	struct iface *eth0;

	host_create(&host, 1);
	eth0 = ip_iface(host.stack->ip, ETH0);
	host_start(&host, METHOD(DHCP4));
	server_grant(&host, &request, USUAL_LEASE);
	ck_assert(host_event(&host, PYT_EVENT_LEASE));
	/* the router is met: its MAC is kept as well */
	host_input_arp(&host, ARP_REQUEST, peer_mac, SERVER_IP, LEASED_IP);
	neighbour = neighbour_find(eth0->neighbours, eth0, &router);
	ck_assert_ptr_nonnull(neighbour);
	neighbour_confirm(eth0->neighbours, neighbour, host.now_us);
	host_input_arp(&host, ARP_REQUEST, peer_mac, SERVER_IP, LEASED_IP);
	ck_assert_int_eq(
		pyt_lease_get(host.stack, ETH0, PYT_METHOD_DHCP4, &kept), 0);
	host_destroy(&host);

	host_create(&host, 2);
	kept.obtained_us = host.now_us - age_us;
	ck_assert_int_eq(pyt_lease_put(host.stack, &kept), 0);
	host_start(&host, METHOD(DHCP4));
}

static void set_up(void)
{
	reboot(60 * SEC);
}

START_TEST(a_kept_lease_is_asked_for_again_with_one_message)
{
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_REQUEST);
	ck_assert_uint_eq(request.requested_ip, LEASED_IP);
	ck_assert_uint_eq(request.server_id, 0);
	ck_assert_uint_eq(request.message.header.ciaddr, 0);
	ck_assert_uint_eq(request.ip.src, 0);
	ck_assert_uint_eq(request.ip.dst, UINT32_MAX);
	server_reply(&host, &request, DHCP4_ACK, USUAL_LEASE);
	ck_assert(host_has_ip(&host, LEASED_IP));
	ck_assert_int_eq(client_of(&host)->end_us, host.now_us + 3600 * SEC);
}
END_TEST

START_TEST(a_refused_one_is_forgotten_and_asked_anew_at_once)
{
	host_sent_dhcp(&host, &request);
	server_reply(&host, &request, DHCP4_NAK, (struct reply_options){ 0 });
	ck_assert(!host_has_ip(&host, LEASED_IP));
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_DISCOVER);
	ck_assert_uint_eq(request.requested_ip, 0);
	ck_assert(host_event(&host, PYT_EVENT_LEASE));
	pyt_lease_get(host.stack, ETH0, PYT_METHOD_DHCP4, &kept);
	ck_assert_uint_eq(kept.message_len, 0);
}
END_TEST

START_TEST(without_a_server_and_router_it_is_asked_anew)
{
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_REQUEST);
	host_run_until(&host, host.now_us + 2 * SEC);
	ck_assert(!host_has_ip(&host, LEASED_IP));
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_DISCOVER);
	ck_assert_uint_eq(request.requested_ip, LEASED_IP);
}
END_TEST

START_TEST(without_a_server_it_is_used_for_what_is_left_of_it)
{
	int64_t start_us = host.now_us;

	host_input_arp(&host, ARP_REPLY, peer_mac, SERVER_IP, LEASED_IP);
	host_run_until(&host, host.now_us + 4 * SEC);
	ck_assert(host_has_ip(&host, LEASED_IP));
	ck_assert_int_eq(client_of(&host)->end_us,
			 start_us - 60 * SEC + 3600 * SEC);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_READY);
}
END_TEST

START_TEST(one_that_is_over_is_only_a_wish)
{
	host_destroy(&host);
	reboot(3600 * SEC);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_DISCOVER);
	ck_assert_uint_eq(request.requested_ip, LEASED_IP);
}
END_TEST

START_TEST(one_of_the_future_is_not_believed)
{
	host_destroy(&host);
	reboot(-SEC);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_DISCOVER);
}
END_TEST

START_TEST(broken_ones_are_not_believed)
{
	for (uint32_t len = 0; len < kept.message_len; len += 7) {
		struct pyt_lease cut = kept;

		host_destroy(&host);
		host_create(&host, 1);
		cut.message_len = len;
		ck_assert_int_eq(pyt_lease_put(host.stack, &cut), 0);
		ck_assert_int_eq(host_start(&host, METHOD(DHCP4)), 0);
		if (host_sent_dhcp(&host, &request) == DHCP4_REQUEST)
			ck_assert_uint_eq(request.requested_ip, LEASED_IP);
	}
	kept.message_len = PYT_LEASE_MESSAGE_MAX + 1;
	ck_assert_int_eq(pyt_lease_put(host.stack, &kept), -EINVAL);
}
END_TEST

/* RFC 4436, 4.3: asked alone, in the name of the address that was ours. */
START_TEST(the_router_of_before_makes_the_address_usable_at_once)
{
	struct arp_packet arp;

	ck_assert(host_sent_arp(&host, &arp));
	ck_assert_int_eq(arp.operation, ARP_REQUEST);
	ck_assert_uint_eq(arp.sender_ip, LEASED_IP);
	ck_assert_uint_eq(arp.target_ip, SERVER_IP);
	ck_assert_int_eq(memcmp(host.sent, peer_mac, 6), 0);
	ck_assert(!host_has_ip(&host, LEASED_IP));
	host_input_arp(&host, ARP_REPLY, peer_mac, SERVER_IP, LEASED_IP);
	/* in a moment, that is: the server's word would count more */
	host_run_until(&host, host.now_us + 50 * MS - 1);
	ck_assert(!host_has_ip(&host, LEASED_IP));
	host_run_until(&host, host.now_us + 1);
	ck_assert(host_has_ip(&host, LEASED_IP));
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_READY);
	ck_assert_uint_eq(host_count(&host, COUNTER_DHCP4_SAME_LINK), 1);
}
END_TEST

START_TEST(the_servers_word_counts_more_than_the_routers)
{
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_REQUEST);
	host_input_arp(&host, ARP_REPLY, peer_mac, SERVER_IP, LEASED_IP);
	host_run_until(&host, host.now_us + 60 * MS);
	ck_assert(host_has_ip(&host, LEASED_IP));
	server_reply(&host, &request, DHCP4_NAK, (struct reply_options){ 0 });
	ck_assert(!host_has_ip(&host, LEASED_IP));
}
END_TEST

START_TEST(another_router_with_that_address_proves_nothing)
{
	static const uint8_t other[6] = { 2, 0, 0, 0, 0, 0x77 };

	host_input_arp(&host, ARP_REPLY, other, SERVER_IP, LEASED_IP);
	ck_assert(!host_has_ip(&host, LEASED_IP));
}
END_TEST

START_TEST(a_router_that_changes_all_the_time_is_kept_once_a_minute)
{
	struct pyt_ip router = pyt_ip_from_v4(SERVER_IP);
	struct iface *eth0 = ip_iface(host.stack->ip, ETH0);
	uint8_t mac[6] = { 2, 0, 0, 0, 0, 0x40 };
	int events = 0;

	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_REQUEST);
	server_reply(&host, &request, DHCP4_ACK, USUAL_LEASE);
	while (pyt_next_event(host.stack, &host.event))
		;
	for (int i = 0; i < 59; i++) {
		struct neighbour *neighbour;

		mac[5]++;
		host.now_us += SEC;
		host_input_arp(&host, ARP_REQUEST, mac, SERVER_IP, LEASED_IP);
		neighbour = neighbour_find(eth0->neighbours, eth0, &router);
		neighbour_confirm(eth0->neighbours, neighbour, host.now_us);
		host_input_arp(&host, ARP_REQUEST, mac, SERVER_IP, LEASED_IP);
		events += host_event(&host, PYT_EVENT_LEASE);
	}
	ck_assert_int_eq(events, 1);
}
END_TEST

/* RFC 2131, 3.7. */
START_TEST(a_link_that_comes_up_again_is_asked_whether_it_is_the_same)
{
	host_sent_dhcp(&host, &request);
	server_reply(&host, &request, DHCP4_ACK, USUAL_LEASE);
	while (host_sent(&host))
		continue;
	pyt_iface_set_up(host.stack, ETH0, false, host.now_us);
	pyt_iface_set_up(host.stack, ETH0, true, host.now_us);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_REQUEST);
	ck_assert_uint_eq(request.requested_ip, LEASED_IP);
	ck_assert(host_has_ip(&host, LEASED_IP));
	/* nobody says anything: it is used on */
	host_run_until(&host, host.now_us + 4 * SEC);
	ck_assert(host_has_ip(&host, LEASED_IP));
	pyt_iface_set_up(host.stack, ETH0, false, host.now_us);
	pyt_iface_set_up(host.stack, ETH0, true, host.now_us);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_REQUEST);
	server_reply(&host, &request, DHCP4_NAK, (struct reply_options){ 0 });
	ck_assert(!host_has_ip(&host, LEASED_IP));
}
END_TEST

START_TEST(a_wire_that_is_in_again_is_asked_at_once)
{
	uint32_t xid;

	host_sent_dhcp(&host, &request);
	server_reply(&host, &request, DHCP4_ACK, USUAL_LEASE);
	pyt_iface_replug(host.stack, ETH0, host.now_us);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_REQUEST);
	xid = request.message.header.xid;
	pyt_iface_replug(host.stack, ETH0, host.now_us);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_REQUEST);
	ck_assert_uint_ne(request.message.header.xid, xid);
	server_reply(&host, &request, DHCP4_NAK, (struct reply_options){ 0 });
	host_run_until(&host, host.now_us + 2 * SEC);
	while (host_sent(&host))
		continue;
	/* what was asked last was lost with the wire */
	pyt_iface_replug(host.stack, ETH0, host.now_us);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_DISCOVER);
	server_reply(&host, &request, DHCP4_OFFER, USUAL_LEASE);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_REQUEST);
	pyt_iface_replug(host.stack, ETH0, host.now_us);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_DISCOVER);
}
END_TEST

START_TEST(no_wire_is_put_into_what_is_down)
{
	host_sent_dhcp(&host, &request);
	pyt_iface_set_up(host.stack, ETH0, false, host.now_us);
	ck_assert_int_eq(pyt_iface_replug(host.stack, ETH0, host.now_us), 0);
	ck_assert_ptr_null(host_sent(&host));
	ck_assert_int_eq(pyt_iface_replug(host.stack, 99, host.now_us),
			 -ENODEV);
}
END_TEST

UNIT_MAIN_WITH("dhcp4_reboot", set_up, tear_down,
	       a_wire_that_is_in_again_is_asked_at_once,
	       no_wire_is_put_into_what_is_down,
	       a_kept_lease_is_asked_for_again_with_one_message,
	       a_refused_one_is_forgotten_and_asked_anew_at_once,
	       without_a_server_and_router_it_is_asked_anew,
	       without_a_server_it_is_used_for_what_is_left_of_it,
	       one_that_is_over_is_only_a_wish,
	       one_of_the_future_is_not_believed, broken_ones_are_not_believed,
	       the_router_of_before_makes_the_address_usable_at_once,
	       the_servers_word_counts_more_than_the_routers,
	       a_router_that_changes_all_the_time_is_kept_once_a_minute,
	       another_router_with_that_address_proves_nothing,
	       a_link_that_comes_up_again_is_asked_whether_it_is_the_same)
