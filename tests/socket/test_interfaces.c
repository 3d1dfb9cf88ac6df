/* What goes by which of two links. */
#include "counted.h"
#include "two_links.h"

START_TEST(each_network_is_reached_by_its_link_from_its_address)
{
	listener(b, AF_INET);
	ck_local(a, connected("10.0.0.2", 0, NULL), "10.0.0.1");
	ck_local(a, connected("10.1.0.2", 0, NULL), "10.1.0.1");
}
END_TEST

START_TEST(so_does_ip6)
{
	int server = listener(b, AF_INET6), child;

	ck_local(a, connected("fd00::2", 0, NULL), "fd00::1");
	ck_local(a, connected("fd01::2", 0, NULL), "fd01::1");
	child = pyt_socket_accept(b, server, now_us);
	ck_local(b, child, "fd00::2");
}
END_TEST

START_TEST(link_local_addresses_belong_to_the_link_that_is_named)
{
	int server = listener(b, AF_INET6);
	int handle = connected("fe80::ff:fe00:102", SECOND, NULL);
	struct pyt_socket_status status = status_of(a, handle);

	ck_local(a, handle, "fe80::ff:fe00:101");
	ck_assert_uint_eq(status.local.scope_id, SECOND);
	ck_assert_uint_eq(status.peer.scope_id, SECOND);
	status = status_of(b, pyt_socket_accept(b, server, now_us));
	ck_assert_uint_eq(status.local.scope_id, SECOND);
	ck_assert_uint_eq(status.peer.scope_id, SECOND);

	handle = open_socket(a, AF_INET6, SOCK_STREAM);
	ck_assert_int_eq(connect_to(a, handle, "fe80::ff:fe00:102", 0),
			 -EINVAL);
	/* b's is not on that link */
	ck_assert_int_eq(connect_to(a, handle, "fe80::ff:fe00:102", FIRST),
			 -EINPROGRESS);
	pass(10 * SEC);
	ck_assert_int_eq(status_of(a, handle).error, EHOSTUNREACH);
}
END_TEST

START_TEST(a_datagram_socket_knows_the_link_of_its_peer)
{
	int handle = open_socket(a, AF_INET6, SOCK_DGRAM);

	ck_assert_int_eq(connect_to(a, handle, "fe80::ff:fe00:102", SECOND), 0);
	ck_assert_uint_eq(status_of(a, handle).local.scope_id, SECOND);

	ck_assert_int_eq(connect_to(a, handle, "fd00::2", 0), 0);
	ck_assert_uint_eq(status_of(a, handle).local.scope_id, 0);
	ck_assert_int_eq(connect_to(a, handle, "fe80::ff:fe00:102", SECOND), 0);
	ck_assert_int_eq(pyt_socket_disconnect(a, handle, now_us), 0);
	ck_assert_uint_eq(status_of(a, handle).local.scope_id, 0);
}
END_TEST

/* By lo, but what getsockname(2) tells can be bound again. */
START_TEST(an_address_of_ours_keeps_its_link_when_we_are_the_peer)
{
	const char *own = "fe80::ff:fe00:101";
	int server = listener(a, AF_INET6);
	int client = connected(own, SECOND, NULL);
	int child = pyt_socket_accept(a, server, now_us);
	int other = open_socket(a, AF_INET6, SOCK_STREAM);

	ck_assert_uint_eq(status_of(a, client).local.scope_id, SECOND);
	ck_assert_uint_eq(status_of(a, client).peer.scope_id, SECOND);
	ck_assert_uint_eq(status_of(a, child).local.scope_id, SECOND);
	ck_assert_uint_eq(status_of(a, child).peer.scope_id, SECOND);
	ck_assert_int_eq(bind_to(a, other, own, 9,
				 (int)status_of(a, child).local.scope_id),
			 0);
}
END_TEST

START_TEST(a_link_local_address_is_bound_on_its_own_link_alone)
{
	int handle = open_socket(a, AF_INET6, SOCK_DGRAM);
	const char *second = "fe80::ff:fe00:101";

	ck_assert_int_eq(bind_to(a, handle, second, 9, 0), -EINVAL);
	ck_assert_int_eq(bind_to(a, handle, second, 9, FIRST), -EADDRNOTAVAIL);
	ck_assert_int_eq(bind_to(a, handle, second, 9, 9), -ENODEV);
	ck_assert_int_eq(bind_to(a, handle, second, 9, SECOND), 0);
}
END_TEST

START_TEST(a_link_local_address_is_not_taken_on_another_link)
{
	static const uint8_t mac_of_b[6] = { 2, 0, 0, 0, 0, 2 };
	struct pyt_ip second = ip_of("fe80::ff:fe00:102");
	int handle = open_socket(a, AF_INET6, SOCK_STREAM);
	uint64_t before = counter(b, "ip6_not_ours");

	ck_assert_int_eq(pyt_neighbour_set(a, FIRST, &second, mac_of_b, now_us),
			 0);
	ck_assert_int_eq(connect_to(a, handle, "fe80::ff:fe00:102", FIRST),
			 -EINPROGRESS);
	pass(SEC / 2);
	ck_assert_uint_eq(counter(b, "ip6_not_ours"), before + 1);
}
END_TEST

START_TEST(a_device_that_a_socket_is_bound_to_decides)
{
	int handle;

	listener(b, AF_INET);
	add_default(FIRST, "10.0.0.2", 0);
	/* the other network's host, by the first link's gateway */
	handle = connected("10.1.0.2", 0, "eth0");
	ck_local(a, handle, "10.0.0.1");
	/* without a way there */
	handle = open_socket(a, AF_INET, SOCK_STREAM);
	bind_to_device(a, handle, "eth1");
	ck_assert_int_eq(connect_to(a, handle, "10.0.0.2", 0), -ENETUNREACH);
}
END_TEST

START_TEST(a_server_bound_to_a_device_hears_that_link_alone)
{
	int handle = open_socket(b, AF_INET, SOCK_STREAM);

	bind_to_device(b, handle, "eth1");
	ck_assert_int_eq(bind_to(b, handle, "0.0.0.0", PORT, 0), 0);
	ck_assert_int_eq(pyt_socket_listen(b, handle, 8), 0);
	connected("10.1.0.2", 0, NULL);
	handle = open_socket(a, AF_INET, SOCK_STREAM);
	ck_assert_int_eq(connect_to(a, handle, "10.0.0.2", 0), -EINPROGRESS);
	pass(SEC);
	ck_assert_int_eq(status_of(a, handle).error, ECONNREFUSED);
}
END_TEST

/* a asks for that address on the link where it is not. */
static void seek_on_first_link(const char *address)
{
	struct pyt_route route = { .prefix = ip_of(address),
				   .prefix_len = 32,
				   .gateway = pyt_ip_from_v4(0),
				   .ifindex = FIRST };

	ck_assert_int_eq(pyt_route_add(a, &route), 0);
}

/* RFC 1122, 3.3.4.2, the weak model. */
START_TEST(an_address_of_ip4_is_the_whole_hosts)
{
	seek_on_first_link("10.1.0.2");
	listener(b, AF_INET);
	pulled[1] = true;
	connected("10.1.0.2", 0, NULL); /* b has answered ARP for it, too */
}
END_TEST

START_TEST(the_interface_of_ignore_answers_for_itself)
{
	int handle = open_socket(a, AF_INET, SOCK_STREAM);

	seek_on_first_link("10.1.0.2");
	ck_assert_int_eq(pyt_sysctl_set(b, "net.ipv4.conf.all.arp_ignore", "1"),
			 0);
	listener(b, AF_INET);
	ck_assert_int_eq(connect_to(a, handle, "10.1.0.2", 0), -EINPROGRESS);
	pass(10 * SEC);
	ck_assert_int_eq(status_of(a, handle).error, EHOSTUNREACH);
}
END_TEST

START_TEST(the_lower_metric_wins_and_the_other_link_takes_over)
{
	struct pyt_ip far = ip_of("192.0.2.1");
	int handle;

	listener(b, AF_INET);
	add_default(FIRST, "10.0.0.2", 0);
	add_default(SECOND, "10.1.0.2", PYT_METRICS);
	ck_assert_int_eq(pyt_address_add(b, SECOND, &far, 32, now_us), 0);
	ck_local(a, connected("192.0.2.1", 0, NULL), "10.0.0.1");

	/* its administrator takes the first one down */
	ck_assert_int_eq(pyt_iface_set_up(a, FIRST, false, now_us), 0);
	ck_local(a, connected("192.0.2.1", 0, NULL), "10.1.0.1");
	ck_assert_int_eq(pyt_iface_set_up(a, FIRST, true, now_us), 0);
	ck_local(a, connected("192.0.2.1", 0, NULL), "10.0.0.1");

	/* its cable is pulled, which only silence tells */
	pulled[0] = true;
	handle = open_socket(a, AF_INET, SOCK_STREAM);
	ck_assert_int_eq(connect_to(a, handle, "192.0.2.1", 0), -EINPROGRESS);
	pass(60 * SEC);
	ck_local(a, connected("192.0.2.1", 0, NULL), "10.1.0.1");
}
END_TEST

START_TEST(groups_are_joined_and_sent_to_link_by_link)
{
	struct ip_mreqn join = { .imr_multiaddr.s_addr = htonl(0xef010101),
				 .imr_ifindex = SECOND };
	int receiver = open_socket(b, AF_INET, SOCK_DGRAM);
	int sender = open_socket(a, AF_INET, SOCK_DGRAM);
	struct pyt_message message = { .peer = at("239.1.1.1", 9, 0),
				       .ttl = -1,
				       .tos = -1 };
	struct iovec iov = { (void *)"x", 1 };

	ck_assert_int_eq(bind_to(b, receiver, "0.0.0.0", 9, 0), 0);
	ck_assert_int_eq(pyt_socket_set_option(b, receiver, IPPROTO_IP,
					       IP_ADD_MEMBERSHIP, &join,
					       sizeof(join), now_us),
			 0);
	pass(SEC);
	for (int ifindex = FIRST; ifindex <= SECOND; ifindex++) {
		join.imr_ifindex = ifindex;
		ck_assert_int_eq(pyt_socket_set_option(a, sender, IPPROTO_IP,
						       IP_MULTICAST_IF, &join,
						       sizeof(join), now_us),
				 0);
		ck_assert_int_eq(pyt_socket_send_message(a, sender, &message,
							 &iov, 1, now_us),
				 1);
		pass(SEC);
	}
	/* only what came by the second link */
	ck_assert_int_eq(
		pyt_socket_view_message(b, receiver, false, &message, &iov, 1),
		1);
	ck_assert_int_eq(message.ifindex, SECOND);
	pyt_socket_drop_message(b, receiver, false);
	ck_assert_int_eq(
		pyt_socket_view_message(b, receiver, false, &message, &iov, 1),
		-EAGAIN);
}
END_TEST

START_TEST(a_datagram_leaves_by_the_interface_that_it_names)
{
	int receiver = open_socket(b, AF_INET, SOCK_DGRAM);
	int sender = open_socket(a, AF_INET, SOCK_DGRAM);
	struct pyt_message message = { .peer = at("10.1.0.2", 9, 0),
				       .ifindex = FIRST,
				       .ttl = -1,
				       .tos = -1 };
	struct iovec iov = { (void *)"x", 1 };
	char text[PYT_IP_TEXT_MAX];

	add_default(FIRST, "10.0.0.2", 0);
	ck_assert_int_eq(bind_to(b, receiver, "0.0.0.0", 9, 0), 0);
	pass(30 * SEC);
	memset(frames_of, 0, sizeof(frames_of));
	ck_assert_int_eq(
		pyt_socket_send_message(a, sender, &message, &iov, 1, now_us),
		1);
	pass(SEC);
	ck_assert_int_gt(frames_of[0], 0);
	ck_assert_int_eq(frames_of[1], 0);
	ck_assert_int_eq(
		pyt_socket_view_message(b, receiver, false, &message, &iov, 1),
		1);
	ck_assert_str_eq(pyt_ip_format(&message.peer.ip, text), "10.0.0.1");
}
END_TEST

/* Linux's arp_ignore 0 has each link answer for all our addresses. */
START_TEST(two_links_on_one_network_are_no_conflict_of_addresses)
{
	struct pyt_event event;

	one_lan = true;
	pass(20 * SEC);
	while (pyt_next_event(a, &event))
		ck_assert_int_ne(event.type, PYT_EVENT_ADDRESS_CONFLICT);
	listener(b, AF_INET);
	ck_local(a, connected("10.0.0.2", 0, NULL), "10.0.0.1");
	ck_local(a, connected("10.1.0.2", 0, NULL), "10.1.0.1");
}
END_TEST

START_TEST(nothing_is_forwarded_between_links)
{
	struct pyt_route route = { .prefix = ip_of("10.1.0.0"),
				   .prefix_len = 24,
				   .gateway = ip_of("10.0.0.2"),
				   .ifindex = FIRST,
				   .metric = 1 };
	int handle = open_socket(a, AF_INET, SOCK_DGRAM);
	struct pyt_message message = { .peer = at("10.1.0.77", 9, 0),
				       .ifindex = FIRST,
				       .ttl = -1,
				       .tos = -1 };
	struct iovec iov = { (void *)"x", 1 };
	struct pyt_iface_info before, after;

	ck_assert_int_eq(pyt_route_add(a, &route), 0);
	pass(30 * SEC);
	pyt_iface_get(b, SECOND - 1, &before);
	ck_assert_int_eq(
		pyt_socket_send_message(a, handle, &message, &iov, 1, now_us),
		1);
	pass(SEC);
	pyt_iface_get(b, SECOND - 1, &after);
	ck_assert_uint_eq(after.tx_packets, before.tx_packets);
}
END_TEST

UNIT_MAIN_WITH("interfaces", set_up, tear_down,
	       each_network_is_reached_by_its_link_from_its_address,
	       so_does_ip6,
	       link_local_addresses_belong_to_the_link_that_is_named,
	       a_datagram_socket_knows_the_link_of_its_peer,
	       an_address_of_ours_keeps_its_link_when_we_are_the_peer,
	       a_link_local_address_is_bound_on_its_own_link_alone,
	       a_link_local_address_is_not_taken_on_another_link,
	       a_device_that_a_socket_is_bound_to_decides,
	       a_server_bound_to_a_device_hears_that_link_alone,
	       an_address_of_ip4_is_the_whole_hosts,
	       the_interface_of_ignore_answers_for_itself,
	       the_lower_metric_wins_and_the_other_link_takes_over,
	       groups_are_joined_and_sent_to_link_by_link,
	       a_datagram_leaves_by_the_interface_that_it_names,
	       two_links_on_one_network_are_no_conflict_of_addresses,
	       nothing_is_forwarded_between_links)
