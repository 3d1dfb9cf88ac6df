#include "host.h"

#include <netinet/icmp6.h>

#include <pyt/view.h>

#define A6 "fd00::1"
#define B6 "fd00::2"

static void set_up6(void)
{
	struct sim_link link = { .delay_us = 100 };
	struct sim_config config = { .seed = 1,
				     .link = { link, link },
				     .ip6 = true };

	sim_init(&sim, &config);
	a = sim.host[0].stack;
	b = sim.host[1].stack;
	pass(5 * SEC); /* detection of duplicates is over */
}

static int open6(struct pyt_stack *stack, int type, int protocol)
{
	int handle = pyt_socket_open(stack, AF_INET6, type, protocol);

	ck_assert_int_ge(handle, 0);
	return handle;
}

static void expect_ip(const struct pyt_ip *ip, const char *wanted)
{
	char text[PYT_IP_TEXT_MAX];

	ck_assert_str_eq(pyt_ip_format(ip, text), wanted);
}

/* b listens on :: and port 80; the handle of what a's connect() brings. */
static int accept_from(int client, const char *address)
{
	int listener = open6(b, SOCK_STREAM, 0), child;

	ck_assert_int_eq(bind_to(b, listener, "::", 80), 0);
	ck_assert_int_eq(pyt_socket_listen(b, listener, 5), 0);
	ck_assert_int_eq(connect_to(a, client, address, 80), -EINPROGRESS);
	pass(10 * MS);
	child = pyt_socket_accept(b, listener, sim.now_us);
	ck_assert_int_ge(child, 0);
	return child;
}

START_TEST(a_connection_is_made_over_ipv6)
{
	int client = open6(a, SOCK_STREAM, 0);
	int child = accept_from(client, B6);
	struct pyt_socket_status status = status_of(b, child);

	expect_ip(&status.peer.ip, A6);
	expect_ip(&status.local.ip, B6);
	status = status_of(a, client);
	ck_assert_int_eq(status.tcp_state, TCP_STATE_ESTABLISHED);
	expect_ip(&status.local.ip, A6);
	/* 1500 less 40 and 20, and 12 of timestamps */
	ck_assert_int_eq(get_int(a, client, IPPROTO_TCP, TCP_MAXSEG), 1428);
}
END_TEST

/* What waited in the connection follows what waited for the neighbour. */
START_TEST(the_neighbours_answer_lets_the_connection_go_on)
{
	int client = open6(a, SOCK_STREAM, 0);
	int child = accept_from(client, B6);
	struct pyt_ip peer = at(B6, 0).ip;
	struct iovec iov[8];
	size_t len = 0;
	int pieces;

	pass(120 * SEC); /* no timer is near that would do it */
	ck_assert_int_eq(pyt_neighbour_set(a, sim.host[0].ifindex, &peer, NULL,
					   sim.now_us),
			 0);
	ck_assert_int_ge(pyt_socket_send_space(a, client, iov, 8), 1);
	pyt_socket_send_commit(a, client, 10000, 0, sim.now_us);
	pass(10 * MS);
	pieces = pyt_socket_recv_view(b, child, iov, 8);
	for (int i = 0; i < pieces; i++)
		len += iov[i].iov_len;
	ck_assert_uint_eq(len, 10000);
}
END_TEST

START_TEST(a_listener_of_both_families_shows_ipv4_as_mapped)
{
	int client = tcp(a);
	int child = accept_from(client, B_IP);
	struct pyt_socket_status status = status_of(b, child);

	ck_assert_int_eq(status.family, AF_INET6);
	expect_ip(&status.peer.ip, A_IP);
}
END_TEST

START_TEST(v6only_refuses_ipv4)
{
	int listener = open6(b, SOCK_STREAM, 0), client = tcp(a);

	ck_assert_int_eq(set_int(b, listener, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0);
	ck_assert_int_eq(bind_to(b, listener, "::", 80), 0);
	ck_assert_int_eq(pyt_socket_listen(b, listener, 5), 0);
	connect_to(a, client, B_IP, 80);
	pass(10 * MS);
	ck_assert_int_eq(pyt_socket_take_error(a, client), ECONNREFUSED);
}
END_TEST

START_TEST(a_link_local_peer_needs_its_link)
{
	struct pyt_sockaddr peer = at("fe80::ff:fe00:2", 80);
	int client = open6(a, SOCK_STREAM, 0),
	    listener = open6(b, SOCK_STREAM, 0);
	struct pyt_socket_status status;
	int child;

	ck_assert_int_eq(bind_to(b, listener, "::", 80), 0);
	ck_assert_int_eq(pyt_socket_listen(b, listener, 5), 0);
	ck_assert_int_eq(pyt_socket_connect(a, client, &peer, sim.now_us),
			 -EINVAL);
	peer.scope_id = (uint32_t)sim.host[0].ifindex;
	ck_assert_int_eq(pyt_socket_connect(a, client, &peer, sim.now_us),
			 -EINPROGRESS);
	pass(10 * MS);
	child = pyt_socket_accept(b, listener, sim.now_us);
	ck_assert_int_ge(child, 0);
	status = status_of(b, child);
	ck_assert_int_eq(status.peer.scope_id, sim.host[1].ifindex);
	expect_ip(&status.peer.ip, "fe80::ff:fe00:1");
	ck_assert_int_eq(
		bind_to(a, open6(a, SOCK_DGRAM, 0), "fe80::ff:fe00:1", 9),
		-EINVAL);
}
END_TEST

START_TEST(datagrams_tell_where_they_came_from_and_how)
{
	int from = open6(a, SOCK_DGRAM, 0), to = open6(b, SOCK_DGRAM, 0);
	struct pyt_message message;

	ck_assert_int_eq(bind_to(b, to, "::", 53), 0);
	ck_assert_int_eq(set_int(a, from, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 33),
			 0);
	ck_assert_int_eq(set_int(a, from, IPPROTO_IPV6, IPV6_TCLASS, 0xb8), 0);
	ck_assert_int_eq(send_to(a, from, B6, 53, "hello"), 5);
	pass(MS);
	ck_assert_str_eq(received(b, to, &message), "hello");
	expect_ip(&message.peer.ip, A6);
	expect_ip(&message.local, B6);
	ck_assert_int_eq(message.ttl, 33);
	ck_assert_int_eq(message.tos, 0xb8);
	ck_assert_int_eq(message.ifindex, sim.host[1].ifindex);
}
END_TEST

START_TEST(long_datagrams_are_fragmented_and_put_together)
{
	static char text[20001];
	int from = open6(a, SOCK_DGRAM, 0), to = open6(b, SOCK_DGRAM, 0);

	memset(text, 'x', 20000);
	ck_assert_int_eq(bind_to(b, to, "::", 53), 0);
	ck_assert_int_eq(send_to(a, from, B6, 53, text), 20000);
	pass(10 * MS);
	ck_assert_str_eq(received(b, to, NULL), text);
	ck_assert_uint_eq(counter(b, "Ip6ReasmOKs"), 1);
	ck_assert_int_eq(set_int(a, from, IPPROTO_IPV6, IPV6_DONTFRAG, 1), 0);
	ck_assert_int_eq(send_to(a, from, B6, 53, text), -EMSGSIZE);
}
END_TEST

START_TEST(ipv6_mtu_says_where_to_cut)
{
	static char text[1401];
	int from = open6(a, SOCK_DGRAM, 0), to = open6(b, SOCK_DGRAM, 0);

	memset(text, 'x', 1400);
	ck_assert_int_eq(bind_to(b, to, "::", 53), 0);
	ck_assert_int_eq(set_int(a, from, IPPROTO_IPV6, IPV6_MTU, 1279),
			 -EINVAL);
	ck_assert_int_eq(set_int(a, from, IPPROTO_IPV6, IPV6_MTU, 1280), 0);
	ck_assert_int_eq(send_to(a, from, B6, 53, text), 1400);
	pass(MS);
	ck_assert_str_eq(received(b, to, NULL), text);
	ck_assert_uint_eq(counter(a, "Ip6FragCreates"), 2);
}
END_TEST

START_TEST(nobody_at_the_port_is_told_with_ipv6s_words)
{
	struct pyt_sockaddr peer = at(B6, 9);
	int from = open6(a, SOCK_DGRAM, 0);
	struct pyt_message message;
	struct iovec iov;

	ck_assert_int_eq(set_int(a, from, IPPROTO_IPV6, IPV6_RECVERR, 1), 0);
	ck_assert_int_eq(pyt_socket_connect(a, from, &peer, sim.now_us), 0);
	ck_assert_int_eq(send_to(a, from, B6, 9, "x"), 1);
	pass(MS);
	ck_assert_int_eq(pyt_socket_take_error(a, from), ECONNREFUSED);
	ck_assert_int_eq(
		pyt_socket_view_message(a, from, true, &message, &iov, 1), 1);
	ck_assert_uint_eq(message.ee_origin, 3); /* SO_EE_ORIGIN_ICMP6 */
	ck_assert_uint_eq(message.ee_type, 1);
	ck_assert_uint_eq(message.ee_code, 4);
	expect_ip(&message.offender, B6);
}
END_TEST

START_TEST(a_ping_socket_is_answered)
{
	static const uint8_t echo[] = { 128, 0, 0, 0, 0, 0, 0, 1, 'h', 'i' };
	struct pyt_message message = { .peer = at(B6, 0),
				       .ttl = -1,
				       .tos = -1 };
	struct iovec iov = { (void *)(uintptr_t)echo, sizeof(echo) };
	int handle = open6(a, SOCK_DGRAM, IPPROTO_ICMPV6);

	ck_assert_int_eq(pyt_socket_open(a, AF_INET6, SOCK_DGRAM, IPPROTO_ICMP),
			 -EPROTONOSUPPORT);
	ck_assert_int_eq(pyt_socket_send_message(a, handle, &message, &iov, 1,
						 sim.now_us),
			 (ssize_t)sizeof(echo));
	pass(MS);
	ck_assert_int_eq(
		pyt_socket_view_message(a, handle, false, &message, &iov, 1),
		1);
	ck_assert_uint_eq(((uint8_t *)iov.iov_base)[0], 129);
	ck_assert_uint_eq(iov.iov_len, sizeof(echo));
	expect_ip(&message.peer.ip, B6);
}
END_TEST

START_TEST(raw_icmpv6_has_its_sum_made_and_its_types_filtered)
{
	static const uint8_t echo[] = { 128, 0, 0, 0, 0, 7, 0, 1 };
	struct pyt_message message = { .peer = at(B6, 0),
				       .ttl = -1,
				       .tos = -1 };
	struct iovec iov = { (void *)(uintptr_t)echo, sizeof(echo) };
	int handle = open6(a, SOCK_RAW, IPPROTO_ICMPV6);
	struct icmp6_filter filter;

	ICMP6_FILTER_SETBLOCKALL(&filter);
	ck_assert_int_eq(pyt_socket_set_option(a, handle, IPPROTO_ICMPV6,
					       ICMP6_FILTER, &filter,
					       sizeof(filter), sim.now_us),
			 0);
	pyt_socket_send_message(a, handle, &message, &iov, 1, sim.now_us);
	pass(MS);
	ck_assert_ptr_null(received(a, handle, NULL));
	ck_assert_uint_eq(counter(b, "Icmp6InEchos"), 1);
	ICMP6_FILTER_SETPASS(129, &filter);
	pyt_socket_set_option(a, handle, IPPROTO_ICMPV6, ICMP6_FILTER, &filter,
			      sizeof(filter), sim.now_us);
	message.peer = at(B6, 0);
	pyt_socket_send_message(a, handle, &message, &iov, 1, sim.now_us);
	pass(MS);
	ck_assert_ptr_nonnull(received(a, handle, NULL));
}
END_TEST

START_TEST(a_mapped_connection_can_become_ipv4s)
{
	int client = open6(a, SOCK_STREAM, 0);
	int child = accept_from(client, B_IP);
	struct pyt_socket_status status;

	ck_assert_int_eq(
		set_int(b, child, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET6),
		-EINVAL);
	ck_assert_int_eq(
		set_int(b, child, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET), 0);
	status = status_of(b, child);
	ck_assert_int_eq(status.family, AF_INET);
	ck_assert_int_eq(set_int(b, child, IPPROTO_IPV6, IPV6_V6ONLY, 1),
			 -ENOPROTOOPT);
}
END_TEST

/* A message that nobody asked for, which discovery itself passes over. */
START_TEST(a_raw_socket_hears_what_discovery_refuses)
{
	int raw = open6(b, SOCK_RAW, IPPROTO_ICMPV6);
	int from = open6(a, SOCK_RAW, IPPROTO_ICMPV6);
	uint8_t bytes[24] = { 136, [4] = 0x40, [8] = 0xfd, [23] = 0x99 };
	struct pyt_message message = { .peer = at(B6, 0),
				       .ttl = 255,
				       .tos = -1 };
	struct iovec iov = { bytes, sizeof(bytes) };
	struct icmp6_filter filter;
	struct pyt_message got;

	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(136, &filter);
	ICMP6_FILTER_SETPASS(134, &filter);
	pyt_socket_set_option(b, raw, IPPROTO_ICMPV6, ICMP6_FILTER, &filter,
			      sizeof(filter), sim.now_us);
	/* as ping(8) and ndisc6(8) ask for the sum that is made anyway */
	ck_assert_int_eq(set_int(a, from, 255, IPV6_CHECKSUM, 2), 0);
	ck_assert_int_eq(
		pyt_socket_send_message(a, from, &message, &iov, 1, sim.now_us),
		sizeof(bytes));
	pass(MS);
	ck_assert_ptr_nonnull(received(b, raw, &got));
	ck_assert_int_eq(got.ttl, 255);
	ck_assert_ptr_null(received(b, raw, NULL));
}
END_TEST

START_TEST(what_is_not_mapped_stays)
{
	int client = open6(a, SOCK_STREAM, 0);
	static const uint8_t label[32]; /* struct in6_flowlabel_req */

	ck_assert_int_eq(
		set_int(a, client, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET),
		-ENOTCONN);
	accept_from(client, B6);
	ck_assert_int_eq(
		set_int(a, client, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET),
		-EADDRNOTAVAIL);
	/* labels are the stack's to give */
	ck_assert_int_eq(pyt_socket_set_option(a, client, IPPROTO_IPV6, 32,
					       label, sizeof(label),
					       sim.now_us),
			 -EPERM);
}
END_TEST

START_TEST(packets_from_too_far_are_dropped)
{
	int client = open6(a, SOCK_STREAM, 0);
	int child = accept_from(client, B6);
	struct iovec iov;

	ck_assert_int_eq(set_int(b, child, IPPROTO_IPV6, IPV6_MINHOPCOUNT, 65),
			 0);
	ck_assert_int_eq(pyt_socket_send_space(a, client, &iov, 1), 1);
	pyt_socket_send_commit(a, client, 1, 0, sim.now_us);
	pass(MS);
	ck_assert_uint_eq(counter(b, "TCPMinTTLDrop"), 1);
	ck_assert_uint_eq(status_of(b, child).receive_queued, 0);
	ck_assert_int_eq(set_int(b, child, IPPROTO_IPV6, IPV6_MINHOPCOUNT, 64),
			 0);
	pass(5 * SEC);
	ck_assert_uint_eq(status_of(b, child).receive_queued, 1);
}
END_TEST

START_TEST(headers_of_a_socket_stand_in_its_packets)
{
	static const uint8_t options[8] = { 0, 0, 0x1e, 4 };
	static const uint8_t wanted[8] = { 0, 0, 0x9e, 4 };
	int from = open6(a, SOCK_DGRAM, 0), to = open6(b, SOCK_DGRAM, 0);
	uint8_t back[16];

	ck_assert_int_eq(bind_to(b, to, "::", 53), 0);
	ck_assert_int_eq(pyt_socket_set_option(a, from, IPPROTO_IPV6,
					       IPV6_DSTOPTS, options, 7,
					       sim.now_us),
			 -EINVAL);
	ck_assert_int_eq(pyt_socket_set_option(a, from, IPPROTO_IPV6,
					       IPV6_DSTOPTS, options, 8,
					       sim.now_us),
			 0);
	ck_assert_int_eq(pyt_socket_get_option(a, from, IPPROTO_IPV6,
					       IPV6_DSTOPTS, back, sizeof(back),
					       sim.now_us),
			 8);
	ck_assert_mem_eq(back, options, 8);
	ck_assert_int_eq(send_to(a, from, B6, 53, "x"), 1);
	pass(MS);
	ck_assert_str_eq(received(b, to, NULL), "x");
	/* one that the receiver does not know and is to complain of */
	pyt_socket_set_option(a, from, IPPROTO_IPV6, IPV6_DSTOPTS, wanted, 8,
			      sim.now_us);
	ck_assert_int_eq(send_to(a, from, B6, 53, "x"), 1);
	pass(MS);
	ck_assert_uint_eq(counter(b, "ip6_bad_option"), 1);
	ck_assert_uint_eq(counter(a, "Icmp6InParmProblems"), 1);
	ck_assert_int_eq(pyt_socket_set_option(a, from, IPPROTO_IPV6,
					       IPV6_DSTOPTS, NULL, 0,
					       sim.now_us),
			 0);
	ck_assert_int_eq(send_to(a, from, B6, 53, "y"), 1);
	pass(MS);
	ck_assert_str_eq(received(b, to, NULL), "y");
}
END_TEST

/* As Linux; where there is no route that is said first. */
static void expect_only_ipv4(int type, const char *bound)
{
	struct pyt_socket_status status;
	int one = open6(a, type, 0);

	ck_assert_int_eq(bind_to(a, one, bound, 0), 0);
	ck_assert_int_eq(connect_to(a, one, B6, 80), -EAFNOSUPPORT);
	ck_assert_int_eq(connect_to(a, one, "2001:db8::1", 80), -ENETUNREACH);
	if (type == SOCK_DGRAM)
		ck_assert_int_eq(send_to(a, one, B6, 53, "x"), -EAFNOSUPPORT);
	pyt_socket_close(a, one, sim.now_us);
	one = open6(a, type, 0);
	ck_assert_int_eq(bind_to(a, one, bound, 0), 0);
	ck_assert_int_ge(connect_to(a, one, "::", 80), -EINPROGRESS);
	status = status_of(a, one);
	expect_ip(&status.peer.ip, "127.0.0.1");
}

START_TEST(who_is_bound_to_ipv4s_address_reaches_ipv4_alone)
{
	int type[] = { SOCK_STREAM, SOCK_DGRAM };

	for (size_t i = 0; i < 2; i++) {
		expect_only_ipv4(type[i], "::ffff:0.0.0.0");
		expect_only_ipv4(type[i], "::ffff:127.0.0.1");
	}
}
END_TEST

START_TEST(who_is_connected_over_ipv4_stays_there)
{
	int one = open6(a, SOCK_DGRAM, 0);

	ck_assert_int_eq(connect_to(a, one, "::ffff:10.0.0.2", 53), 0);
	ck_assert_int_eq(connect_to(a, one, B6, 53), -EAFNOSUPPORT);
	ck_assert_int_eq(send_to(a, one, B6, 53, "x"), -EAFNOSUPPORT);
	ck_assert_int_eq(pyt_socket_disconnect(a, one, sim.now_us), 0);
	ck_assert_int_eq(connect_to(a, one, B6, 53), 0);
}
END_TEST

UNIT_MAIN_WITH("ip6_socket", set_up6, tear_down, a_connection_is_made_over_ipv6,
	       the_neighbours_answer_lets_the_connection_go_on,
	       a_listener_of_both_families_shows_ipv4_as_mapped,
	       v6only_refuses_ipv4, a_link_local_peer_needs_its_link,
	       datagrams_tell_where_they_came_from_and_how,
	       long_datagrams_are_fragmented_and_put_together,
	       ipv6_mtu_says_where_to_cut,
	       nobody_at_the_port_is_told_with_ipv6s_words,
	       a_ping_socket_is_answered,
	       raw_icmpv6_has_its_sum_made_and_its_types_filtered,
	       a_mapped_connection_can_become_ipv4s,
	       a_raw_socket_hears_what_discovery_refuses,
	       what_is_not_mapped_stays, packets_from_too_far_are_dropped,
	       headers_of_a_socket_stand_in_its_packets,
	       who_is_bound_to_ipv4s_address_reaches_ipv4_alone,
	       who_is_connected_over_ipv4_stays_there)
