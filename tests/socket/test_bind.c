#include "host.h"

START_TEST(a_port_has_one_owner_unless_both_reuse_it)
{
	int first = udp(a), second = udp(a), third = udp(a);

	ck_assert_int_eq(bind_to(a, first, "0.0.0.0", 53), 0);
	ck_assert_int_eq(bind_to(a, second, A_IP, 53), -EADDRINUSE);
	set_int(a, second, SOL_SOCKET, SO_REUSEADDR, 1);
	ck_assert_int_eq(bind_to(a, second, A_IP, 53), -EADDRINUSE);
	set_int(a, first, SOL_SOCKET, SO_REUSEADDR, 1);
	ck_assert_int_eq(bind_to(a, second, A_IP, 53), 0);
	ck_assert_int_eq(bind_to(a, third, "127.0.0.1", 53), -EADDRINUSE);
}
END_TEST

START_TEST(different_addresses_share_a_port)
{
	int first = tcp(a), second = tcp(a), other_kind = udp(a);

	ck_assert_int_eq(bind_to(a, first, A_IP, 80), 0);
	ck_assert_int_eq(bind_to(a, second, "127.0.0.1", 80), 0);
	ck_assert_int_eq(bind_to(a, other_kind, A_IP, 80), 0);
}
END_TEST

START_TEST(only_own_and_group_addresses_may_be_bound)
{
	ck_assert_int_eq(bind_to(a, udp(a), B_IP, 1), -EADDRNOTAVAIL);
	ck_assert_int_eq(bind_to(a, udp(a), "10.0.0.255", 1), 0);
	ck_assert_int_eq(bind_to(a, udp(a), "224.0.0.5", 1), 0);
	ck_assert_int_eq(bind_to(a, udp(a), "127.9.8.7", 1), 0);
	ck_assert_int_eq(bind_to(a, udp(a), "::1", 1), -EAFNOSUPPORT);
}
END_TEST

START_TEST(a_socket_is_bound_once)
{
	int handle = udp(a);

	ck_assert_int_eq(bind_to(a, handle, "0.0.0.0", 0), 0);
	ck_assert_int_eq(bind_to(a, handle, "0.0.0.0", 0), -EINVAL);
	ck_assert_int_ge(status_of(a, handle).local.port, 32768);
	ck_assert_int_le(status_of(a, handle).local.port, 60999);
}
END_TEST

START_TEST(closing_gives_the_port_back)
{
	int handle = udp(a);

	ck_assert_int_eq(bind_to(a, handle, "0.0.0.0", 53), 0);
	ck_assert_int_eq(pyt_socket_close(a, handle, sim.now_us), 0);
	ck_assert_int_eq(bind_to(a, udp(a), "0.0.0.0", 53), 0);
	ck_assert_int_eq(bind_to(a, handle, "0.0.0.0", 54), -EBADF);
}
END_TEST

START_TEST(low_ports_are_refused_where_a_sysctl_says_so)
{
	ck_assert_int_eq(bind_to(a, udp(a), "0.0.0.0", 80), 0);
	ck_assert_int_eq(pyt_sysctl_set(a,
					"net.ipv4.ip_unprivileged_port_start",
					"1024"),
			 0);
	ck_assert_int_eq(bind_to(a, udp(a), "0.0.0.0", 81), -EACCES);
	ck_assert_int_eq(bind_to(a, udp(a), "0.0.0.0", 1024), 0);
}
END_TEST

START_TEST(ephemeral_ports_are_random_and_run_out)
{
	uint16_t first, second;
	int handle;

	pyt_sysctl_set(a, "net.ipv4.ip_local_port_range", "40000 40099");
	handle = udp(a);
	bind_to(a, handle, "0.0.0.0", 0);
	first = status_of(a, handle).local.port;
	handle = udp(a);
	bind_to(a, handle, "0.0.0.0", 0);
	second = status_of(a, handle).local.port;
	ck_assert_int_ne(first + 1, second);
	for (int i = 2; i < 100; i++)
		ck_assert_int_eq(bind_to(a, udp(a), "0.0.0.0", 0), 0);
	ck_assert_int_eq(bind_to(a, udp(a), "0.0.0.0", 0), -EADDRINUSE);
	ck_assert_int_eq(connect_to(a, udp(a), B_IP, 1), -EAGAIN);
}
END_TEST

START_TEST(connecting_ports_are_shared_by_peer_and_run_out)
{
	pyt_sysctl_set(a, "net.ipv4.ip_local_port_range", "40000 40003");
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(connect_to(a, tcp(a), B_IP, 80), -EINPROGRESS);
	ck_assert_int_eq(connect_to(a, tcp(a), B_IP, 80), -EADDRNOTAVAIL);
	ck_assert_int_eq(connect_to(a, tcp(a), B_IP, 81), -EINPROGRESS);
}
END_TEST

/* As Linux 6.18: also again, when who had bound it is gone. */
START_TEST(a_port_that_bind_took_is_not_shared_by_peer)
{
	int first = tcp(a), bound = tcp(a);

	pyt_sysctl_set(a, "net.ipv4.ip_local_port_range", "40000 40000");
	ck_assert_int_eq(connect_to(a, first, B_IP, 80), -EINPROGRESS);
	ck_assert_int_eq(bind_to(a, bound, "127.0.0.1", 40000), 0);
	ck_assert_int_eq(connect_to(a, tcp(a), B_IP, 81), -EADDRNOTAVAIL);
	ck_assert_int_eq(pyt_socket_close(a, bound, sim.now_us), 0);
	ck_assert_int_eq(connect_to(a, tcp(a), B_IP, 81), -EINPROGRESS);
}
END_TEST

START_TEST(two_listeners_need_reuseport)
{
	int first = tcp(a), second = tcp(a), third = tcp(a);

	set_int(a, first, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(a, second, SOL_SOCKET, SO_REUSEADDR, 1);
	ck_assert_int_eq(bind_to(a, first, "0.0.0.0", 80), 0);
	ck_assert_int_eq(bind_to(a, second, "0.0.0.0", 80), 0);
	ck_assert_int_eq(pyt_socket_listen(a, first, 5), 0);
	ck_assert_int_eq(pyt_socket_listen(a, second, 5), -EADDRINUSE);
	set_int(a, third, SOL_SOCKET, SO_REUSEADDR, 1);
	ck_assert_int_eq(bind_to(a, third, "0.0.0.0", 80), -EADDRINUSE);

	first = tcp(a);
	second = tcp(a);
	set_int(a, first, SOL_SOCKET, SO_REUSEPORT, 1);
	set_int(a, second, SOL_SOCKET, SO_REUSEPORT, 1);
	ck_assert_int_eq(bind_to(a, first, "0.0.0.0", 81), 0);
	ck_assert_int_eq(bind_to(a, second, "0.0.0.0", 81), 0);
	ck_assert_int_eq(pyt_socket_listen(a, first, 5), 0);
	ck_assert_int_eq(pyt_socket_listen(a, second, 5), 0);
}
END_TEST

/* One that gives SO_REUSEADDR up is found among those that have it. */
START_TEST(all_connections_of_a_port_must_reuse_it)
{
	int listener = tcp(a), first = tcp(a), second = tcp(a), third = tcp(a);

	set_int(a, listener, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(a, first, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(a, second, SOL_SOCKET, SO_REUSEADDR, 1);
	ck_assert_int_eq(bind_to(a, listener, "0.0.0.0", 80), 0);
	ck_assert_int_eq(bind_to(a, first, "0.0.0.0", 80), 0);
	ck_assert_int_eq(bind_to(a, second, "0.0.0.0", 80), 0);
	ck_assert_int_eq(bind_to(a, third, "0.0.0.0", 80), -EADDRINUSE);
	set_int(a, third, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(a, first, SOL_SOCKET, SO_REUSEADDR, 0);
	ck_assert_int_eq(bind_to(a, third, "0.0.0.0", 80), -EADDRINUSE);
	set_int(a, first, SOL_SOCKET, SO_REUSEADDR, 1);
	ck_assert_int_eq(pyt_socket_listen(a, listener, 5), 0);
	ck_assert_int_eq(bind_to(a, third, "0.0.0.0", 80), -EADDRINUSE);
	ck_assert_int_eq(pyt_socket_close(a, listener, sim.now_us), 0);
	ck_assert_int_eq(bind_to(a, third, "0.0.0.0", 80), 0);
}
END_TEST

START_TEST(both_families_meet_unless_v6only)
{
	int four = tcp(a);
	int six = pyt_socket_open(a, AF_INET6, SOCK_STREAM, 0);
	int only = pyt_socket_open(a, AF_INET6, SOCK_STREAM, 0);

	ck_assert_int_eq(bind_to(a, four, "0.0.0.0", 80), 0);
	ck_assert_int_eq(bind_to(a, six, "::", 80), -EADDRINUSE);
	set_int(a, only, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	ck_assert_int_eq(bind_to(a, only, "::ffff:10.0.0.1", 80), -EINVAL);
	ck_assert_int_eq(bind_to(a, only, "::", 80), 0);
	ck_assert_int_eq(set_int(a, only, IPPROTO_IPV6, IPV6_V6ONLY, 0),
			 -EINVAL);
}
END_TEST

UNIT_MAIN_WITH("bind", set_up, tear_down,
	       a_port_has_one_owner_unless_both_reuse_it,
	       different_addresses_share_a_port,
	       only_own_and_group_addresses_may_be_bound,
	       a_socket_is_bound_once, closing_gives_the_port_back,
	       low_ports_are_refused_where_a_sysctl_says_so,
	       ephemeral_ports_are_random_and_run_out,
	       connecting_ports_are_shared_by_peer_and_run_out,
	       a_port_that_bind_took_is_not_shared_by_peer,
	       two_listeners_need_reuseport,
	       all_connections_of_a_port_must_reuse_it,
	       both_families_meet_unless_v6only)
