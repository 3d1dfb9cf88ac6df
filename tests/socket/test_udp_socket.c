#include "host.h"

START_TEST(a_datagram_arrives_with_its_addresses)
{
	int from = udp(a), to = udp(b);
	struct pyt_message message;

	ck_assert_int_eq(bind_to(b, to, "0.0.0.0", 7000), 0);
	ck_assert_int_eq(send_to(a, from, B_IP, 7000, "hello"), 5);
	pass(10 * MS);
	ck_assert_str_eq(received(b, to, &message), "hello");
	ck_assert_int_eq(message.peer.port, status_of(a, from).local.port);
	ck_assert(pyt_ip_equal(&message.peer.ip, &sim.host[0].ip));
	ck_assert(pyt_ip_equal(&message.local, &sim.host[1].ip));
	ck_assert_int_eq(message.ifindex, sim.host[1].ifindex);
	ck_assert_int_eq(message.ttl, 64);
	ck_assert_ptr_null(received(b, to, NULL));
}
END_TEST

START_TEST(large_datagrams_are_fragmented_and_joined)
{
	static char text[65508];
	int from = udp(a), to = udp(b);
	const char *got;

	memset(text, 'x', 65507);
	ck_assert_int_eq(bind_to(b, to, "0.0.0.0", 7000), 0);
	ck_assert_int_eq(send_to(a, from, B_IP, 7000, text), 65507);
	pass(100 * MS);
	got = received(b, to, NULL);
	ck_assert_ptr_nonnull(got);
	ck_assert_str_eq(got, text);
}
END_TEST

START_TEST(too_long_datagrams_are_refused)
{
	static char text[65509];
	struct pyt_message message;
	struct iovec iov;
	int from = udp(a);

	memset(text, 'x', 65508);
	ck_assert_int_eq(send_to(a, from, B_IP, 7000, text), -EMSGSIZE);
	text[1473] = 0;
	set_int(a, from, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
	set_int(a, from, IPPROTO_IP, IP_RECVERR, 1);
	ck_assert_int_eq(send_to(a, from, B_IP, 7000, text), -EMSGSIZE);
	ck_assert_int_eq(
		pyt_socket_view_message(a, from, true, &message, &iov, 1), 1);
	ck_assert_int_eq(message.ee_errno, EMSGSIZE);
	ck_assert_int_eq(message.ee_info, 1500);
	text[1472] = 0;
	ck_assert_int_eq(send_to(a, from, B_IP, 7000, text), 1472);
}
END_TEST

START_TEST(a_closed_port_is_reported_to_a_connected_socket)
{
	int handle = udp(a), other = udp(a);

	ck_assert_int_eq(connect_to(a, handle, B_IP, 7000), 0);
	ck_assert_int_eq(send_to(a, other, B_IP, 7000, "x"), 1);
	ck_assert_int_eq(send_to(a, handle, B_IP, 7000, "x"), 1);
	pass(10 * MS);
	ck_assert(pyt_socket_ready(a, handle) & PYT_READY_ERROR);
	ck_assert_int_eq(send_to(a, handle, B_IP, 7000, "x"), -ECONNREFUSED);
	ck_assert_int_eq(send_to(a, handle, B_IP, 7000, "x"), 1);
	ck_assert_int_eq(send_to(a, other, B_IP, 7000, "x"), 1);
	ck_assert_int_gt(counter(b, "UdpNoPorts"), 1);
}
END_TEST

START_TEST(recverr_queues_what_the_network_said)
{
	int handle = udp(a);
	struct pyt_message message;
	struct iovec iov;

	set_int(a, handle, IPPROTO_IP, IP_RECVERR, 1);
	ck_assert_int_eq(send_to(a, handle, B_IP, 7000, "hello"), 5);
	pass(10 * MS);
	ck_assert(pyt_socket_ready(a, handle) & PYT_READY_ERROR_QUEUE);
	ck_assert_int_eq(get_int(a, handle, SOL_SOCKET, SO_ERROR),
			 ECONNREFUSED);
	ck_assert_int_eq(
		pyt_socket_view_message(a, handle, true, &message, &iov, 1), 1);
	ck_assert_int_eq(message.ee_errno, ECONNREFUSED);
	ck_assert_int_eq(message.ee_origin, 2);
	ck_assert_int_eq(message.ee_type, 3);
	ck_assert_int_eq(message.ee_code, 3);
	ck_assert_int_eq(message.peer.port, 7000);
	ck_assert(pyt_ip_equal(&message.offender, &sim.host[1].ip));
	ck_assert_mem_eq(iov.iov_base, "hello", 5);
	pyt_socket_drop_message(a, handle, true);
	ck_assert(!(pyt_socket_ready(a, handle) & PYT_READY_ERROR_QUEUE));
}
END_TEST

START_TEST(a_connected_socket_hears_its_peer_alone)
{
	int here = udp(a), peer = udp(b), stranger = udp(b);
	struct pyt_socket_status status;

	ck_assert_int_eq(bind_to(a, here, "0.0.0.0", 7000), 0);
	ck_assert_int_eq(bind_to(b, peer, "0.0.0.0", 7001), 0);
	ck_assert_int_eq(connect_to(a, here, B_IP, 7001), 0);
	status = status_of(a, here);
	ck_assert(pyt_ip_equal(&status.local.ip, &sim.host[0].ip));
	send_to(b, stranger, A_IP, 7000, "stranger");
	send_to(b, peer, A_IP, 7000, "peer");
	pass(10 * MS);
	ck_assert_str_eq(received(a, here, NULL), "peer");
	ck_assert_ptr_null(received(a, here, NULL));

	ck_assert_int_eq(pyt_socket_disconnect(a, here, sim.now_us), 0);
	status = status_of(a, here);
	ck_assert_int_eq(status.local.port, 7000);
	ck_assert(pyt_ip_is_unspecified(&status.local.ip));
	send_to(b, stranger, A_IP, 7000, "stranger");
	pass(10 * MS);
	ck_assert_str_eq(received(a, here, NULL), "stranger");
}
END_TEST

START_TEST(the_more_particular_socket_wins)
{
	int any = udp(b), address = udp(b), connected = udp(b);
	int from = udp(a);

	set_int(b, any, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(b, address, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(b, connected, SOL_SOCKET, SO_REUSEADDR, 1);
	ck_assert_int_eq(bind_to(a, from, A_IP, 5000), 0);
	ck_assert_int_eq(bind_to(b, connected, B_IP, 7000), 0);
	ck_assert_int_eq(bind_to(b, address, B_IP, 7000), 0);
	ck_assert_int_eq(bind_to(b, any, "0.0.0.0", 7000), 0);
	send_to(a, from, B_IP, 7000, "one");
	pass(10 * MS);
	ck_assert_str_eq(received(b, address, NULL), "one");
	ck_assert_int_eq(connect_to(b, connected, A_IP, 5000), 0);
	send_to(a, from, B_IP, 7000, "two");
	pass(10 * MS);
	ck_assert_str_eq(received(b, connected, NULL), "two");
	ck_assert_ptr_null(received(b, any, NULL));
}
END_TEST

START_TEST(a_reuseport_group_shares_flows_and_keeps_each)
{
	int member[4], count[4] = { 0 };

	for (int i = 0; i < 4; i++) {
		member[i] = udp(b);
		set_int(b, member[i], SOL_SOCKET, SO_REUSEPORT, 1);
		ck_assert_int_eq(bind_to(b, member[i], "0.0.0.0", 7000), 0);
	}
	for (int i = 0; i < 64; i++) {
		int from = udp(a);

		send_to(a, from, B_IP, 7000, "1");
		send_to(a, from, B_IP, 7000, "2");
		pass(10 * MS);
		for (int m = 0; m < 4; m++)
			if (received(b, member[m], NULL)) {
				count[m]++;
				ck_assert_str_eq(received(b, member[m], NULL),
						 "2");
			}
		pyt_socket_close(a, from, sim.now_us);
	}
	for (int m = 0; m < 4; m++)
		ck_assert_int_gt(count[m], 4);
}
END_TEST

START_TEST(broadcast_wants_permission_and_reaches_all)
{
	int from = udp(a), first = udp(b), second = udp(b);

	set_int(b, first, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(b, second, SOL_SOCKET, SO_REUSEADDR, 1);
	bind_to(b, first, "0.0.0.0", 7000);
	bind_to(b, second, "0.0.0.0", 7000);
	ck_assert_int_eq(send_to(a, from, "10.0.0.255", 7000, "x"), -EACCES);
	set_int(a, from, SOL_SOCKET, SO_BROADCAST, 1);
	ck_assert_int_eq(send_to(a, from, "10.0.0.255", 7000, "all"), 3);
	pass(10 * MS);
	ck_assert_str_eq(received(b, first, NULL), "all");
	ck_assert_str_eq(received(b, second, NULL), "all");
}
END_TEST

START_TEST(groups_are_joined_and_left)
{
	struct ip_mreqn group = { .imr_ifindex = sim.host[1].ifindex };
	struct ip_mreqn way = { .imr_ifindex = sim.host[0].ifindex };
	int from = udp(a), to = udp(b);

	inet_pton(AF_INET, "239.1.2.3", &group.imr_multiaddr);
	bind_to(b, to, "0.0.0.0", 7000);
	set_int(a, from, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
	ck_assert_int_eq(send_to(a, from, "239.1.2.3", 7000, "none"),
			 -ENETUNREACH);
	ck_assert_int_eq(pyt_socket_set_option(a, from, IPPROTO_IP,
					       IP_MULTICAST_IF, &way,
					       sizeof(way), sim.now_us),
			 0);
	send_to(a, from, "239.1.2.3", 7000, "before");
	pass(10 * MS);
	ck_assert_ptr_null(received(b, to, NULL));
	ck_assert_int_eq(pyt_socket_set_option(b, to, IPPROTO_IP,
					       IP_ADD_MEMBERSHIP, &group,
					       sizeof(group), sim.now_us),
			 0);
	ck_assert_int_eq(pyt_socket_set_option(b, to, IPPROTO_IP,
					       IP_ADD_MEMBERSHIP, &group,
					       sizeof(group), sim.now_us),
			 -EADDRINUSE);
	ck_assert_int_eq(send_to(a, from, "239.1.2.3", 7000, "member"), 6);
	pass(10 * MS);
	ck_assert_str_eq(received(b, to, NULL), "member");
	ck_assert_int_eq(pyt_socket_set_option(b, to, IPPROTO_IP,
					       IP_DROP_MEMBERSHIP, &group,
					       sizeof(group), sim.now_us),
			 0);
	send_to(a, from, "239.1.2.3", 7000, "after");
	pass(10 * MS);
	ck_assert_ptr_null(received(b, to, NULL));
}
END_TEST

/* How many of 100 datagrams of len bytes a socket with SO_RCVBUF keeps. */
static int kept_of(int buffer, uint32_t len)
{
	int from = udp(a), to = udp(b), kept = 0;
	uint64_t errors = counter(b, "UdpRcvbufErrors");
	char text[400] = "";

	memset(text, 'x', len);
	bind_to(b, to, "0.0.0.0", 7000);
	set_int(b, to, SOL_SOCKET, SO_RCVBUF, buffer);
	for (int i = 0; i < 100; i++)
		send_to(a, from, B_IP, 7000, text);
	pass(100 * MS);
	while (received(b, to, NULL))
		kept++;
	ck_assert_uint_eq(counter(b, "UdpRcvbufErrors") - errors,
			  (uint64_t)(100 - kept));
	pyt_socket_close(b, to, sim.now_us);
	return kept;
}

/* Linux charges 768 bytes for the small one and 1,280 for the other. */
START_TEST(the_queue_is_bounded_and_counts_what_it_drops)
{
	ck_assert_int_eq(kept_of(1, 10), 3); /* of 2,304, the least */
	ck_assert_int_eq(kept_of(1, 300), 2);
	ck_assert_int_eq(kept_of(4096, 300), 7);
	ck_assert_int_eq(kept_of(20000, 300), 32);
}
END_TEST

START_TEST(the_unspecified_address_and_lo_lead_to_this_host)
{
	int from = udp(a), to = udp(a), refused = udp(a);

	bind_to(a, to, "0.0.0.0", 7000);
	ck_assert_int_eq(send_to(a, from, "0.0.0.0", 7000, "any"), 3);
	ck_assert_str_eq(received(a, to, NULL), "any");
	ck_assert_int_eq(send_to(a, from, "127.0.0.1", 7000, "lo"), 2);
	ck_assert_str_eq(received(a, to, NULL), "lo");
	ck_assert_int_eq(send_to(a, from, A_IP, 7000, "own"), 3);
	ck_assert_str_eq(received(a, to, NULL), "own");
	ck_assert_int_eq(connect_to(a, refused, "127.0.0.1", 7777), 0);
	ck_assert_int_eq(send_to(a, refused, "127.0.0.1", 7777, "x"), 1);
	ck_assert_int_eq(pyt_socket_take_error(a, refused), ECONNREFUSED);
}
END_TEST

START_TEST(an_event_comes_when_something_becomes_true)
{
	int from = udp(a), to = udp(b);
	struct pyt_event event;

	bind_to(b, to, "0.0.0.0", 7000);
	while (pyt_next_event(b, &event))
		;
	send_to(a, from, B_IP, 7000, "1");
	send_to(a, from, B_IP, 7000, "2");
	pass(10 * MS);
	ck_assert_int_eq(pyt_next_event(b, &event), 1);
	ck_assert_int_eq(event.handle, to);
	ck_assert(event.ready & PYT_READY_READ);
	ck_assert_int_eq(pyt_next_event(b, &event), 0);
	while (received(b, to, NULL))
		;
	send_to(a, from, B_IP, 7000, "3");
	pass(10 * MS);
	ck_assert_int_eq(pyt_next_event(b, &event), 1);
}
END_TEST

START_TEST(segments_of_one_send_arrive_as_datagrams)
{
	int from = udp(a), to = udp(b);

	bind_to(b, to, "0.0.0.0", 7000);
	ck_assert_int_eq(set_int(a, from, IPPROTO_UDP, UDP_SEGMENT, 4), 0);
	ck_assert_int_eq(send_to(a, from, B_IP, 7000, "aaaabbbbcc"), 10);
	pass(10 * MS);
	ck_assert_str_eq(received(b, to, NULL), "aaaa");
	ck_assert_str_eq(received(b, to, NULL), "bbbb");
	ck_assert_str_eq(received(b, to, NULL), "cc");
}
END_TEST

START_TEST(a_dual_stack_socket_speaks_ipv4)
{
	int from = udp(a), to = pyt_socket_open(b, AF_INET6, SOCK_DGRAM, 0);
	struct pyt_message message;

	ck_assert_int_eq(bind_to(b, to, "::", 7000), 0);
	send_to(a, from, B_IP, 7000, "four");
	pass(10 * MS);
	ck_assert_str_eq(received(b, to, &message), "four");
	ck_assert(pyt_ip_is_v4(&message.peer.ip));
	ck_assert_int_eq(connect_to(b, to, "fd77::1", 7000), -ENETUNREACH);
	ck_assert_int_eq(connect_to(b, to, A_IP, 7000), 0);
}
END_TEST

START_TEST(sending_needs_a_destination_and_a_port)
{
	struct pyt_message message = { .peer = at("0.0.0.0", 0),
				       .ttl = -1,
				       .tos = -1 };
	struct iovec iov = { "x", 1 };
	int handle = udp(a);

	ck_assert_int_eq(pyt_socket_send_message(a, handle, &message, &iov, 1,
						 sim.now_us),
			 -EDESTADDRREQ);
	ck_assert_int_eq(send_to(a, handle, B_IP, 0, "x"), -EINVAL);
	ck_assert_int_eq(send_to(a, handle, "192.0.2.1", 9, "x"), -ENETUNREACH);
	ck_assert_int_eq(connect_to(a, handle, B_IP, 9), 0);
	ck_assert_int_eq(pyt_socket_shutdown(a, handle, SHUT_WR, sim.now_us),
			 0);
	ck_assert_int_eq(send_to(a, handle, B_IP, 9, "x"), -EPIPE);
}
END_TEST

START_TEST(shutdown_of_an_unconnected_socket_counts_though_it_fails)
{
	int handle = udp(a);

	ck_assert_int_eq(pyt_socket_shutdown(a, handle, SHUT_RD, sim.now_us),
			 -ENOTCONN);
	ck_assert_uint_eq(pyt_socket_ready(a, handle) & PYT_READY_READ_END,
			  PYT_READY_READ_END);
	ck_assert_int_eq(pyt_socket_shutdown(a, handle, SHUT_WR, sim.now_us),
			 -ENOTCONN);
	ck_assert_int_eq(send_to(a, handle, B_IP, 9, "x"), -EPIPE);
}
END_TEST

START_TEST(a_transparent_socket_sends_from_a_foreign_address)
{
	struct pyt_message message;
	struct pyt_sockaddr foreign;
	int from = udp(a), to = udp(b);

	ck_assert_int_eq(bind_to(b, to, "0.0.0.0", 7000), 0);
	ck_assert_int_eq(bind_to(a, from, "192.0.2.1", 7001), -EADDRNOTAVAIL);
	ck_assert_int_eq(set_int(a, from, IPPROTO_IP, IP_TRANSPARENT, 1), 0);
	ck_assert_int_eq(bind_to(a, from, "192.0.2.1", 7001), 0);
	ck_assert_int_eq(send_to(a, from, B_IP, 7000, "x"), 1);
	pass(10 * MS);
	ck_assert_str_eq(received(b, to, &message), "x");
	foreign = at("192.0.2.1", 0);
	ck_assert(pyt_ip_equal(&message.peer.ip, &foreign.ip));
}
END_TEST

START_TEST(a_free_bind_alone_gives_no_source_of_ipv4)
{
	int from = udp(a);

	ck_assert_int_eq(set_int(a, from, IPPROTO_IP, IP_FREEBIND, 1), 0);
	ck_assert_int_eq(bind_to(a, from, "192.0.2.1", 7001), 0);
	ck_assert_int_eq(send_to(a, from, B_IP, 7000, "x"), -ENETUNREACH);
}
END_TEST

/* udp_mem, tcp(7)'s tcp_mem for UDP: of all sockets together. */
START_TEST(what_waits_in_all_sockets_is_bounded)
{
	int from = udp(a), first = udp(b), second = udp(b);
	char text[1001];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(bind_to(b, first, B_IP, 53), 0);
	ck_assert_int_eq(bind_to(b, second, B_IP, 54), 0);
	ck_assert_int_eq(pyt_sysctl_set(b, "net.ipv4.udp_mem", "2 2 2"), 0);
	for (int i = 0; i < 10; i++) {
		send_to(a, from, B_IP, i % 2 ? 54 : 53, text);
		pass(MS);
	}
	ck_assert_uint_eq(counter(b, "UdpInDatagrams"), 4);
	ck_assert_uint_eq(counter(b, "UdpMemErrors"), 6);
	ck_assert_uint_eq(counter(b, "udp_memory"), 6);
	/* room again, when they are read or their socket is gone */
	ck_assert_ptr_nonnull(received(b, first, NULL));
	send_to(a, from, B_IP, 54, text);
	pass(MS);
	ck_assert_uint_eq(counter(b, "UdpInDatagrams"), 5);
	pyt_socket_close(b, second, sim.now_us);
	send_to(a, from, B_IP, 53, text);
	pass(MS);
	ck_assert_uint_eq(counter(b, "UdpInDatagrams"), 6);
}
END_TEST

UNIT_MAIN_WITH("udp socket", set_up, tear_down,
	       shutdown_of_an_unconnected_socket_counts_though_it_fails,
	       a_transparent_socket_sends_from_a_foreign_address,
	       a_free_bind_alone_gives_no_source_of_ipv4,
	       a_datagram_arrives_with_its_addresses,
	       large_datagrams_are_fragmented_and_joined,
	       too_long_datagrams_are_refused,
	       a_closed_port_is_reported_to_a_connected_socket,
	       recverr_queues_what_the_network_said,
	       a_connected_socket_hears_its_peer_alone,
	       the_more_particular_socket_wins,
	       a_reuseport_group_shares_flows_and_keeps_each,
	       broadcast_wants_permission_and_reaches_all,
	       groups_are_joined_and_left,
	       the_queue_is_bounded_and_counts_what_it_drops,
	       the_unspecified_address_and_lo_lead_to_this_host,
	       an_event_comes_when_something_becomes_true,
	       segments_of_one_send_arrive_as_datagrams,
	       a_dual_stack_socket_speaks_ipv4,
	       sending_needs_a_destination_and_a_port,
	       what_waits_in_all_sockets_is_bounded)
