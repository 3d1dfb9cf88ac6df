#include "host.h"

#include "iface/conflict.h"

static bool sent_arp(struct host *host, struct arp_packet *arp)
{
	const uint8_t *frame = host_sent(host, ETH0);
	struct reader r;

	if (!frame)
		return false;
	r = reader_init(frame + ETHERNET_HEADER_LEN,
			host->sent.len - ETHERNET_HEADER_LEN);
	return frame[12] == 8 && frame[13] == 6 && arp_parse(&r, arp);
}

static enum neighbour_state state_of(struct host *host, uint32_t ip)
{
	struct pyt_ip address = pyt_ip_from_v4(ip);
	struct neighbour *n =
		neighbour_find(host->ip->neighbours, host->eth0, &address);

	ck_assert_ptr_nonnull(n);
	return n->state;
}

START_TEST(a_request_for_our_address_is_answered_and_learnt)
{
	struct arp_packet arp;
	struct host host;

	host_init(&host, 1500);
	ck_assert_int_eq(
		host_input_arp(&host, ARP_REQUEST, peer_mac, PEER_IP, HOST_IP),
		IP_DONE);
	ck_assert(sent_arp(&host, &arp));
	ck_assert_uint_eq(arp.operation, ARP_REPLY);
	ck_assert_uint_eq(arp.sender_ip, HOST_IP);
	ck_assert_mem_eq(arp.sender_mac, host_mac, 6);
	ck_assert_mem_eq(arp.target_mac, peer_mac, 6);
	ck_assert_mem_eq(host.sent.part[0].iov_base, peer_mac, 6);
	ck_assert_int_eq(state_of(&host, PEER_IP), NEIGHBOUR_STALE);
	host_clear(&host);
}
END_TEST

START_TEST(requests_for_others_are_neither_answered_nor_learnt)
{
	struct host host;

	host_init(&host, 1500);
	host_input_arp(&host, ARP_REQUEST, peer_mac, PEER_IP, GATEWAY_IP);
	ck_assert_ptr_null(host_sent(&host, ETH0));
	ck_assert_int_eq(host.ip->neighbours->count, 0);
	host_clear(&host);
}
END_TEST

START_TEST(packets_wait_for_the_answer_and_leave_in_order)
{
	struct arp_packet arp;
	struct host host;
	struct reader r;

	host_init(&host, 1500);
	for (uint32_t i = 1; i <= 3; i++)
		ck_assert_int_eq(
			host_send(&host, PEER_IP, (struct ip_fields){ 0 }, i),
			0);
	ck_assert(sent_arp(&host, &arp));
	ck_assert_uint_eq(arp.target_ip, PEER_IP);
	ck_assert_uint_eq(arp.sender_ip, HOST_IP);
	ck_assert_ptr_null(host_sent(&host, ETH0));

	host_input_arp(&host, ARP_REPLY, peer_mac, PEER_IP, HOST_IP);
	ck_assert_int_eq(state_of(&host, PEER_IP), NEIGHBOUR_REACHABLE);
	for (uint32_t i = 1; i <= 3; i++) {
		ck_assert_mem_eq(host_sent(&host, ETH0), peer_mac, 6);
		host_sent_ip(&host, &r);
		ck_assert_uint_eq(r.left, i);
	}
	host_clear(&host);
}
END_TEST

START_TEST(the_gateway_is_asked_for_far_destinations)
{
	struct arp_packet arp;
	struct host host;

	host_init(&host, 1500);
	host_send(&host, 0x08080808, (struct ip_fields){ 0 }, 1);
	ck_assert(sent_arp(&host, &arp));
	ck_assert_uint_eq(arp.target_ip, GATEWAY_IP);
	host_clear(&host);
}
END_TEST

START_TEST(silence_after_three_requests_is_told_to_the_sender)
{
	struct arp_packet arp;
	struct ip_error error;
	struct host host;
	int64_t start_us;
	int requests = 0;

	host_init(&host, 1500);
	start_us = host.now_us;
	host_send(&host, PEER_IP, (struct ip_fields){ 0 }, 20);
	host_run_until(&host, start_us + 10 * SEC);
	while (sent_arp(&host, &arp))
		requests++;
	ck_assert_int_eq(requests, 3);
	ck_assert_int_eq(state_of(&host, PEER_IP), NEIGHBOUR_FAILED);
	ck_assert_int_eq(ip_next_error(host.ip, &error, host.now_us), 1);
	ck_assert_int_eq(error.error, EHOSTUNREACH);
	ck_assert_uint_eq(pyt_ip_to_v4(&error.dst), PEER_IP);
	ck_assert_uint_eq(pyt_ip_to_v4(&error.src), HOST_IP);
	ck_assert_int_eq(error.protocol, IPPROTO_UDP);
	ck_assert_uint_eq(error.payload.left, 20);
	ck_assert_int_eq(ip_next_error(host.ip, &error, host.now_us), 0);
	host_clear(&host);
}
END_TEST

START_TEST(the_queue_of_a_neighbour_is_bounded_and_keeps_the_newest)
{
	struct host host;

	host_init(&host, 1500);
	ck_assert_int_eq(ip_sysctl_set(host.ip,
				       "net.ipv4.neigh.default.unres_qlen",
				       "2"),
			 0);
	for (uint32_t i = 1; i <= 5; i++)
		host_send(&host, PEER_IP, (struct ip_fields){ 0 }, i);
	ck_assert_uint_eq(host_count(&host, COUNTER_NEIGHBOUR_QUEUE_FULL), 3);
	host_sent(&host, ETH0); /* the request */
	host_input_arp(&host, ARP_REPLY, peer_mac, PEER_IP, HOST_IP);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	ck_assert_uint_eq(host.sent.len, 14 + 20 + 4);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	ck_assert_uint_eq(host.sent.len, 14 + 20 + 5);
	ck_assert_ptr_null(host_sent(&host, ETH0));
	host_clear(&host);
}
END_TEST

START_TEST(an_unused_entry_becomes_stale_and_use_checks_it)
{
	struct arp_packet arp;
	struct host host;

	host_init(&host, 1500);
	host_knows_peer(&host);
	host_run_until(&host, host.now_us + 60 * SEC);
	ck_assert_int_eq(state_of(&host, PEER_IP), NEIGHBOUR_STALE);
	ck_assert_int_eq(ip_next_deadline(host.ip), TIME_NEVER);

	host_send(&host, PEER_IP, (struct ip_fields){ 0 }, 1);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0)); /* used at once */
	ck_assert_int_eq(state_of(&host, PEER_IP), NEIGHBOUR_DELAY);
	host_run_until(&host, host.now_us + 5 * SEC);
	ck_assert_int_eq(state_of(&host, PEER_IP), NEIGHBOUR_PROBE);
	ck_assert(sent_arp(&host, &arp));
	ck_assert_mem_eq(host.sent.part[0].iov_base, peer_mac, 6);
	host_input_arp(&host, ARP_REPLY, peer_mac, PEER_IP, HOST_IP);
	ck_assert_int_eq(state_of(&host, PEER_IP), NEIGHBOUR_REACHABLE);
	host_clear(&host);
}
END_TEST

START_TEST(progress_of_the_transport_confirms_without_a_request)
{
	struct pyt_ip peer = pyt_ip_from_v4(PEER_IP);
	struct ip_path path;
	struct host host;

	host_init(&host, 1500);
	host_knows_peer(&host);
	ck_assert_int_eq(ip_route(host.ip, &peer, NULL, 0, host.now_us, &path),
			 0);
	for (int i = 0; i < 200; i++) {
		host_send(&host, PEER_IP, (struct ip_fields){ 0 }, 1);
		ck_assert_uint_gt((host_sent(&host, ETH0), host.sent.len), 0);
		host_run_until(&host, host.now_us + SEC);
		ip_confirm_reachable(host.ip, &path, host.now_us);
	}
	ck_assert_int_eq(state_of(&host, PEER_IP), NEIGHBOUR_REACHABLE);
	ck_assert_uint_eq(host_count(&host, COUNTER_ARP_OUT_REQUESTS), 0);
	host_clear(&host);
}
END_TEST

START_TEST(the_cache_never_exceeds_its_third_threshold)
{
	struct host host;

	host_init(&host, 1500);
	ip_sysctl_set(host.ip, "net.ipv4.neigh.default.gc_thresh1", "4");
	ip_sysctl_set(host.ip, "net.ipv4.neigh.default.gc_thresh2", "8");
	ip_sysctl_set(host.ip, "net.ipv4.neigh.default.gc_thresh3", "16");
	for (uint32_t i = 10; i < 200; i++) {
		host_send(&host, 0x0a000000 + i, (struct ip_fields){ 0 }, 1);
		ck_assert_int_le(host.ip->neighbours->count, 16);
	}
	ck_assert_uint_gt(host_count(&host, COUNTER_NEIGHBOUR_TABLE_FULL), 0);
	host_run_until(&host, host.now_us + 20 * SEC);
	ck_assert_int_eq(host_send(&host, PEER_IP, (struct ip_fields){ 0 }, 1),
			 0);
	host_clear(&host);
}
END_TEST

START_TEST(a_flood_of_strange_hosts_takes_no_place_of_one_that_answered)
{
	struct host host;

	host_init(&host, 1500);
	ip_sysctl_set(host.ip, "net.ipv4.neigh.default.gc_thresh1", "4");
	ip_sysctl_set(host.ip, "net.ipv4.neigh.default.gc_thresh2", "8");
	ip_sysctl_set(host.ip, "net.ipv4.neigh.default.gc_thresh3", "16");
	host_knows_peer(&host);
	for (uint32_t i = 0; i < 4000; i++) {
		uint32_t other = 0x0a000000 + 20 + i % 200;

		/* asked for, or only heard of: neither proves anything */
		if (i % 3 == 0)
			host_send(&host, other, (struct ip_fields){ 0 }, 1);
		else
			host_input_arp(&host, ARP_REQUEST, peer_mac, other,
				       HOST_IP);
		host_run_until(&host, host.now_us + 10 * MS);
		ck_assert_int_le(host.ip->neighbours->count, 16);
		while (host_sent(&host, ETH0))
			;
	}
	ck_assert_int_ne(state_of(&host, PEER_IP), NEIGHBOUR_FAILED);
	ck_assert_int_ne(state_of(&host, PEER_IP), NEIGHBOUR_INCOMPLETE);
	/* nor are new ones kept out */
	ck_assert_int_eq(
		host_send(&host, 0x0a0000fa, (struct ip_fields){ 0 }, 1), 0);
	ck_assert_int_eq(state_of(&host, 0x0a0000fa), NEIGHBOUR_INCOMPLETE);
	host_clear(&host);
}
END_TEST

START_TEST(the_thresholds_of_a_family_are_its_own)
{
	struct neighbour_cache *cache;
	struct host host;

	host_init(&host, 1500);
	cache = host.ip->neighbours;
	for (uint32_t i = 0; i < 3000; i++) {
		struct pyt_ip ip = { .bytes = { 0xfd, [14] = (uint8_t)(i >> 8),
						[15] = (uint8_t)i } };

		neighbour_add(cache, host.eth0, &ip, host.now_us);
		ck_assert_int_le(cache->family_count[1], 1024);
	}
	ck_assert_int_gt(cache->family_count[1], 500);
	host_knows_peer(&host);
	ck_assert_int_eq(cache->family_count[0], 1);
	ck_assert_int_eq(state_of(&host, PEER_IP), NEIGHBOUR_REACHABLE);
	host_clear(&host);
}
END_TEST

START_TEST(static_entries_ignore_arp_and_survive_a_flush)
{
	static const uint8_t other[6] = { 2, 9, 9, 9, 9, 9 };
	struct pyt_ip peer = pyt_ip_from_v4(PEER_IP);
	struct pyt_neighbour_info info;
	struct host host;

	host_init(&host, 1500);
	ck_assert_int_eq(
		ip_neighbour_set(host.ip, ETH0, &peer, peer_mac, host.now_us),
		0);
	host_input_arp(&host, ARP_REPLY, other, PEER_IP, HOST_IP);
	ip_neighbour_flush(host.ip, host.now_us);
	ck_assert_int_eq(ip_neighbour_get(host.ip, 0, &info), 0);
	ck_assert_mem_eq(info.mac, peer_mac, 6);
	ck_assert_str_eq(info.state, "PERMANENT");
	ck_assert_int_eq(
		ip_neighbour_set(host.ip, ETH0, &peer, NULL, host.now_us), 0);
	ck_assert_int_eq(ip_neighbour_get(host.ip, 0, &info), -ENOENT);
	host_clear(&host);
}
END_TEST

START_TEST(arp_ignore_keeps_answers_to_the_interface_and_subnet)
{
	struct host host;

	host_init(&host, 1500);
	ip_sysctl_set(host.ip, "net.ipv4.conf.all.arp_ignore", "2");
	host_input_arp(&host, ARP_REQUEST, peer_mac, 0xc0a80001, HOST_IP);
	ck_assert_ptr_null(host_sent(&host, ETH0));
	ip_sysctl_set(host.ip, "net.ipv4.conf.eth0.arp_ignore", "8");
	host_input_arp(&host, ARP_REQUEST, peer_mac, PEER_IP, HOST_IP);
	ck_assert_ptr_null(host_sent(&host, ETH0));
	ip_sysctl_set(host.ip, "net.ipv4.conf.all.arp_ignore", "1");
	host_input_arp(&host, ARP_REQUEST, peer_mac, PEER_IP, HOST_IP);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	host_clear(&host);
}
END_TEST

START_TEST(arp_filter_answers_who_is_reached_by_that_interface)
{
	struct pyt_route gateway = { .prefix = pyt_ip_from_v4(0),
				     .gateway = pyt_ip_from_v4(GATEWAY_IP) };
	struct host host;

	host_init(&host, 1500);
	ip_sysctl_set(host.ip, "net.ipv4.conf.all.arp_filter", "1");
	host_input_arp(&host, ARP_REQUEST, peer_mac, PEER_IP, HOST_IP);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	ck_assert_int_eq(ip_route_remove(host.ip, &gateway), 0);
	host_input_arp(&host, ARP_REQUEST, peer_mac, 0xc0a80001, HOST_IP);
	ck_assert_ptr_null(host_sent(&host, ETH0));
	ck_assert_int_eq(host.reason, COUNTER_ARP_FILTERED);
	host_clear(&host);
}
END_TEST

START_TEST(gratuitous_arp_makes_an_entry_only_if_asked_to)
{
	struct host host;

	host_init(&host, 1500);
	host_input_arp(&host, ARP_REQUEST, peer_mac, PEER_IP, PEER_IP);
	ck_assert_int_eq(host.ip->neighbours->count, 0);
	ip_sysctl_set(host.ip, "net.ipv4.conf.all.arp_accept", "1");
	host_input_arp(&host, ARP_REQUEST, peer_mac, PEER_IP, PEER_IP);
	ck_assert_int_eq(state_of(&host, PEER_IP), NEIGHBOUR_STALE);
	host_clear(&host);
}
END_TEST

/* A second address, with detection on. */
static struct iface_address *probed_address(struct host *host, uint32_t ip)
{
	struct pyt_ip address = pyt_ip_from_v4(ip);

	ip_sysctl_set(host->ip, "net.ipv4.conf.all.arp_conflict_detection",
		      "1");
	ck_assert_int_eq(
		ip_address_add(host->ip, ETH0, &address, 24, host->now_us), 0);
	return iface_address_find(host->eth0, &address);
}

/* A gateway outside of every subnet of ours, as clouds have it. */
START_TEST(without_a_subnet_the_asker_is_an_ipv4_address_that_is_ours)
{
	struct pyt_ip old = pyt_ip_from_v4(HOST_IP), own6;
	struct arp_packet arp;
	struct host host;

	host_init(&host, 1500);
	pyt_ip_parse("fd00::9", &own6);
	ip_sysctl_set(host.ip, "net.ipv6.conf.all.disable_ipv6", "0");
	ip_sysctl_set(host.ip, "net.ipv6.conf.eth0.disable_ipv6", "0");
	ip_sysctl_set(host.ip, "net.ipv4.conf.all.arp_announce", "2");
	ck_assert_int_eq(ip_address_remove(host.ip, ETH0, &old, host.now_us),
			 0);
	ck_assert_int_eq(ip_address_add(host.ip, ETH0, &own6, 64, host.now_us),
			 0);
	ck_assert_int_eq(ip_address_add(host.ip, ETH0, &old, 32, host.now_us),
			 0);
	host_quiet(&host);
	host_send(&host, 0x08080808, (struct ip_fields){ 0 }, 10);
	ck_assert(sent_arp(&host, &arp));
	ck_assert_uint_eq(arp.target_ip, GATEWAY_IP);
	ck_assert_uint_eq(arp.sender_ip, HOST_IP);
	host_clear(&host);
}
END_TEST

START_TEST(an_address_is_probed_thrice_and_announced_twice)
{
	int probes = 0, announcements = 0;
	struct iface_address *address;
	struct arp_packet arp;
	struct host host;

	host_init(&host, 1500);
	address = probed_address(&host, 0x0a000003);
	ck_assert_int_eq(address->state, IFACE_ADDRESS_TENTATIVE);
	host_run_until(&host, host.now_us + 20 * SEC);
	while (sent_arp(&host, &arp)) {
		ck_assert_uint_eq(arp.target_ip, 0x0a000003);
		if (arp.sender_ip == 0)
			probes++;
		else
			announcements++;
	}
	ck_assert_int_eq(probes, 3);
	ck_assert_int_eq(announcements, 2);
	ck_assert_int_eq(address->state, IFACE_ADDRESS_VALID);
	ck_assert_int_eq(ip_next_deadline(host.ip), TIME_NEVER);
	host_clear(&host);
}
END_TEST

START_TEST(a_conflict_while_probing_ends_the_use_of_the_address)
{
	struct pyt_ip taken = pyt_ip_from_v4(0x0a000003);
	struct pyt_event event;
	struct host host;

	host_init(&host, 1500);
	probed_address(&host, 0x0a000003);
	ck_assert(ip_is_local(host.ip, &taken));
	host_input_arp(&host, ARP_REPLY, peer_mac, 0x0a000003, HOST_IP);
	ck_assert(!ip_is_local(host.ip, &taken));
	ck_assert_int_eq(ip_next_event(host.ip, &event), 1);
	ck_assert_int_eq(event.type, PYT_EVENT_ADDRESS_CONFLICT);
	ck_assert_int_eq(event.ifindex, ETH0);
	ck_assert(pyt_ip_equal(&event.ip, &taken));
	ck_assert_mem_eq(event.mac, peer_mac, 6);
	ck_assert_int_eq(ip_next_event(host.ip, &event), 0);
	host_clear(&host);
}
END_TEST

START_TEST(a_valid_address_is_defended_once_in_ten_seconds)
{
	struct arp_packet arp;
	struct host host;

	host_init(&host, 1500);
	probed_address(&host, 0x0a000003);
	host_run_until(&host, host.now_us + 20 * SEC);
	while (host_sent(&host, ETH0))
		;
	host_input_arp(&host, ARP_REQUEST, peer_mac, 0x0a000003, PEER_IP);
	ck_assert(sent_arp(&host, &arp));
	ck_assert_uint_eq(arp.sender_ip, 0x0a000003);
	ck_assert_uint_eq(arp.target_ip, 0x0a000003);
	host_input_arp(&host, ARP_REQUEST, peer_mac, 0x0a000003, PEER_IP);
	ck_assert(!sent_arp(&host, &arp));
	host.now_us += 10 * SEC;
	host_input_arp(&host, ARP_REQUEST, peer_mac, 0x0a000003, PEER_IP);
	ck_assert(sent_arp(&host, &arp));
	host_clear(&host);
}
END_TEST

START_TEST(nonsense_is_dropped_with_its_reason)
{
	static const uint8_t group[6] = { 3, 0, 0, 0, 0, 9 };
	struct host host;

	host_init(&host, 1500);
	host_input_arp(&host, ARP_REQUEST, host_mac, PEER_IP, HOST_IP);
	ck_assert_int_eq(host.reason, COUNTER_ARP_OWN_ECHO);
	host_input_arp(&host, ARP_REQUEST, peer_mac, 0xe0000001, HOST_IP);
	ck_assert_int_eq(host.reason, COUNTER_ARP_BAD_SENDER);
	host_input_arp(&host, ARP_REQUEST, group, PEER_IP, HOST_IP);
	ck_assert_int_eq(host.reason, COUNTER_LINK_BAD_SOURCE);
	host_input_arp(&host, (enum arp_operation)9, peer_mac, PEER_IP,
		       HOST_IP);
	ck_assert_int_eq(host.reason, COUNTER_ARP_OPERATION);
	ck_assert_ptr_null(host_sent(&host, ETH0));
	host_clear(&host);
}
END_TEST

START_TEST(a_wire_that_is_in_again_may_have_others_at_its_end)
{
	struct arp_packet arp;
	struct host host;
	struct reader r;

	host_init(&host, 1500);
	host_input_arp(&host, ARP_REQUEST, peer_mac, PEER_IP, HOST_IP);
	ck_assert(sent_arp(&host, &arp));
	ip_on_iface_replug(host.ip, host.eth0, host.now_us);
	ck_assert_int_eq(host.ip->neighbours->count, 0);
	host_send(&host, PEER_IP, (struct ip_fields){ 0 }, 1);
	ck_assert(sent_arp(&host, &arp));
	ck_assert_uint_eq(arp.operation, ARP_REQUEST);
	/* the request was lost; who waits for it need not wait for long */
	ip_on_iface_replug(host.ip, host.eth0, host.now_us);
	ck_assert(sent_arp(&host, &arp));
	ck_assert_uint_eq(arp.target_ip, PEER_IP);
	host_input_arp(&host, ARP_REPLY, peer_mac, PEER_IP, HOST_IP);
	host_sent(&host, ETH0);
	host_sent_ip(&host, &r);
	ck_assert_uint_eq(r.left, 1);
	host_clear(&host);
}
END_TEST

UNIT_MAIN("arp", a_wire_that_is_in_again_may_have_others_at_its_end,
	  a_request_for_our_address_is_answered_and_learnt,
	  requests_for_others_are_neither_answered_nor_learnt,
	  packets_wait_for_the_answer_and_leave_in_order,
	  the_gateway_is_asked_for_far_destinations,
	  silence_after_three_requests_is_told_to_the_sender,
	  the_queue_of_a_neighbour_is_bounded_and_keeps_the_newest,
	  an_unused_entry_becomes_stale_and_use_checks_it,
	  progress_of_the_transport_confirms_without_a_request,
	  the_cache_never_exceeds_its_third_threshold,
	  a_flood_of_strange_hosts_takes_no_place_of_one_that_answered,
	  the_thresholds_of_a_family_are_its_own,
	  static_entries_ignore_arp_and_survive_a_flush,
	  arp_ignore_keeps_answers_to_the_interface_and_subnet,
	  arp_filter_answers_who_is_reached_by_that_interface,
	  gratuitous_arp_makes_an_entry_only_if_asked_to,
	  without_a_subnet_the_asker_is_an_ipv4_address_that_is_ours,
	  an_address_is_probed_thrice_and_announced_twice,
	  a_conflict_while_probing_ends_the_use_of_the_address,
	  a_valid_address_is_defended_once_in_ten_seconds,
	  nonsense_is_dropped_with_its_reason)
