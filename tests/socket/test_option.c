#include "host.h"

#include <limits.h>
#include <time.h>

#include <linux/net_tstamp.h>

START_TEST(numbers_and_flags_are_remembered)
{
	int handle = udp(a);

	ck_assert_int_eq(get_int(a, handle, SOL_SOCKET, SO_REUSEADDR), 0);
	ck_assert_int_eq(set_int(a, handle, SOL_SOCKET, SO_REUSEADDR, 7), 0);
	ck_assert_int_eq(get_int(a, handle, SOL_SOCKET, SO_REUSEADDR), 1);
	ck_assert_int_eq(get_int(a, handle, IPPROTO_IP, IP_TTL), 64);
	ck_assert_int_eq(set_int(a, handle, IPPROTO_IP, IP_TTL, 5), 0);
	ck_assert_int_eq(get_int(a, handle, IPPROTO_IP, IP_TTL), 5);
	ck_assert_int_eq(set_int(a, handle, IPPROTO_IP, IP_TTL, -1), 0);
	ck_assert_int_eq(get_int(a, handle, IPPROTO_IP, IP_TTL), 64);
	ck_assert_int_eq(get_int(a, handle, IPPROTO_IP, IP_MULTICAST_TTL), 1);
}
END_TEST

START_TEST(values_out_of_range_are_refused)
{
	int handle = udp(a);
	char byte = 9;

	ck_assert_int_eq(set_int(a, handle, IPPROTO_IP, IP_TTL, 0), -EINVAL);
	ck_assert_int_eq(set_int(a, handle, IPPROTO_IP, IP_TTL, 256), -EINVAL);
	ck_assert_int_eq(set_int(a, handle, IPPROTO_IP, IP_MTU_DISCOVER, 9),
			 -EINVAL);
	ck_assert_int_eq(pyt_socket_set_option(a, handle, SOL_SOCKET,
					       SO_BROADCAST, &byte, 1,
					       sim.now_us),
			 -EINVAL);
	ck_assert_int_eq(pyt_socket_set_option(a, handle, IPPROTO_IP, IP_TTL,
					       &byte, 1, sim.now_us),
			 0);
	ck_assert_int_eq(get_int(a, handle, IPPROTO_IP, IP_TTL), 9);
}
END_TEST

START_TEST(zero_copy_is_kept_for_who_sends)
{
	int handle = tcp(a);
	int ping = pyt_socket_open(a, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);

	ck_assert_int_eq(get_int(a, handle, SOL_SOCKET, SO_ZEROCOPY), 0);
	ck_assert_int_eq(set_int(a, handle, SOL_SOCKET, SO_ZEROCOPY, 2),
			 -EINVAL);
	ck_assert_int_eq(set_int(a, handle, SOL_SOCKET, SO_ZEROCOPY, 1), 0);
	ck_assert_int_eq(get_int(a, handle, SOL_SOCKET, SO_ZEROCOPY), 1);
	ck_assert_int_eq(set_int(a, ping, SOL_SOCKET, SO_ZEROCOPY, 1),
			 -EOPNOTSUPP);
}
END_TEST

START_TEST(times_to_send_at_are_of_a_clock_that_there_is)
{
	int handle = udp(a);
	struct sock_txtime asked = { CLOCK_TAI, SOF_TXTIME_DEADLINE_MODE };
	struct sock_txtime got = { 0 };

	ck_assert_int_eq(pyt_socket_set_option(a, handle, SOL_SOCKET, SO_TXTIME,
					       &asked, sizeof(asked),
					       sim.now_us),
			 0);
	ck_assert_int_eq(pyt_socket_get_option(a, handle, SOL_SOCKET, SO_TXTIME,
					       &got, sizeof(got), sim.now_us),
			 sizeof(got));
	ck_assert_mem_eq(&got, &asked, sizeof(got));
	asked.clockid = CLOCK_PROCESS_CPUTIME_ID;
	ck_assert_int_eq(pyt_socket_set_option(a, handle, SOL_SOCKET, SO_TXTIME,
					       &asked, sizeof(asked),
					       sim.now_us),
			 -EINVAL);
}
END_TEST

START_TEST(of_two_versions_of_a_time_the_last_one_counts)
{
	int handle = udp(a);

	set_int(a, handle, SOL_SOCKET, SO_TIMESTAMP_NEW, 1);
	ck_assert_int_eq(get_int(a, handle, SOL_SOCKET, SO_TIMESTAMP_NEW), 1);
	ck_assert_int_eq(get_int(a, handle, SOL_SOCKET, SO_TIMESTAMP), 0);
	set_int(a, handle, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	ck_assert_int_eq(get_int(a, handle, SOL_SOCKET, SO_TIMESTAMPNS), 1);
	ck_assert_int_eq(get_int(a, handle, SOL_SOCKET, SO_TIMESTAMP_NEW), 0);
}
END_TEST

START_TEST(unknown_options_are_not_protocol_options)
{
	int datagram = udp(a), stream = tcp(a);

	ck_assert_int_eq(set_int(a, datagram, SOL_SOCKET, 9999, 1),
			 -ENOPROTOOPT);
	ck_assert_int_eq(get_int(a, datagram, SOL_SOCKET, 9999), -ENOPROTOOPT);
	ck_assert_int_eq(set_int(a, datagram, IPPROTO_TCP, TCP_NODELAY, 1),
			 -ENOPROTOOPT);
	ck_assert_int_eq(set_int(a, stream, IPPROTO_UDP, UDP_CORK, 1),
			 -ENOPROTOOPT);
	ck_assert_int_eq(set_int(a, stream, IPPROTO_IPV6, IPV6_V6ONLY, 1),
			 -ENOPROTOOPT);
	ck_assert_int_eq(set_int(a, stream, IPPROTO_TCP, 9999, 1),
			 -ENOPROTOOPT);
	ck_assert_int_eq(set_int(a, stream, IPPROTO_TCP, TCP_NODELAY, 1), 0);
	ck_assert_int_eq(get_int(a, stream, IPPROTO_TCP, TCP_NODELAY), 1);
}
END_TEST

START_TEST(getsockopt_of_an_unknown_level_is_not_supported)
{
	int datagram = udp(a), stream = tcp(a);

	ck_assert_int_eq(get_int(a, stream, 99, 1), -EOPNOTSUPP);
	ck_assert_int_eq(get_int(a, datagram, IPPROTO_TCP, 1), -EOPNOTSUPP);
	ck_assert_int_eq(get_int(a, stream, IPPROTO_IPV6, 99), -EOPNOTSUPP);
	ck_assert_int_eq(get_int(a, stream, IPPROTO_TCP, 9999), -ENOPROTOOPT);
	ck_assert_int_eq(set_int(a, stream, 99, 1, 1), -ENOPROTOOPT);
}
END_TEST

START_TEST(buffers_are_doubled_and_bounded)
{
	int handles[] = { udp(a), tcp(a) };

	for (int i = 0; i < 2; i++) {
		int h = handles[i];

		set_int(a, h, SOL_SOCKET, SO_RCVBUF, 10000);
		ck_assert_int_eq(get_int(a, h, SOL_SOCKET, SO_RCVBUF), 20000);
		set_int(a, h, SOL_SOCKET, SO_RCVBUF, 1);
		ck_assert_int_eq(get_int(a, h, SOL_SOCKET, SO_RCVBUF), 2304);
		set_int(a, h, SOL_SOCKET, SO_SNDBUF, 100000000);
		ck_assert_int_eq(get_int(a, h, SOL_SOCKET, SO_SNDBUF), 425984);
	}
	ck_assert_int_eq(get_int(a, udp(a), SOL_SOCKET, SO_RCVBUF), 212992);
}
END_TEST

START_TEST(what_a_socket_is_can_be_read)
{
	int handle = udp(a), listener = tcp(a);

	ck_assert_int_eq(get_int(a, handle, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	ck_assert_int_eq(get_int(a, handle, SOL_SOCKET, SO_DOMAIN), AF_INET);
	ck_assert_int_eq(get_int(a, handle, SOL_SOCKET, SO_PROTOCOL),
			 IPPROTO_UDP);
	ck_assert_int_eq(get_int(a, listener, SOL_SOCKET, SO_ACCEPTCONN), 0);
	ck_assert_int_eq(pyt_socket_listen(a, listener, 5), 0);
	ck_assert_int_eq(get_int(a, listener, SOL_SOCKET, SO_ACCEPTCONN), 1);
	ck_assert_int_eq(get_int(a, handle, IPPROTO_IP, IP_MTU), -ENOTCONN);
	connect_to(a, handle, B_IP, 9);
	ck_assert_int_eq(get_int(a, handle, IPPROTO_IP, IP_MTU), 1500);
}
END_TEST

START_TEST(a_device_is_bound_by_its_name)
{
	char name[16] = "";
	int handle = udp(a);

	ck_assert_int_eq(pyt_socket_set_option(a, handle, SOL_SOCKET,
					       SO_BINDTODEVICE, "none", 5,
					       sim.now_us),
			 -ENODEV);
	ck_assert_int_eq(pyt_socket_set_option(a, handle, SOL_SOCKET,
					       SO_BINDTODEVICE, "sim0", 5,
					       sim.now_us),
			 0);
	ck_assert_int_eq(pyt_socket_get_option(a, handle, SOL_SOCKET,
					       SO_BINDTODEVICE, name,
					       sizeof(name), sim.now_us),
			 5);
	ck_assert_str_eq(name, "sim0");
}
END_TEST

START_TEST(kinds_of_sockets_are_those_of_linux)
{
	ck_assert_int_eq(pyt_socket_open(a, AF_UNIX, SOCK_STREAM, 0),
			 -EAFNOSUPPORT);
	ck_assert_int_eq(pyt_socket_open(a, AF_INET, SOCK_STREAM, IPPROTO_UDP),
			 -EPROTONOSUPPORT);
	ck_assert_int_eq(pyt_socket_open(a, AF_INET, SOCK_DGRAM, IPPROTO_TCP),
			 -EPROTONOSUPPORT);
	ck_assert_int_eq(pyt_socket_open(a, AF_INET, SOCK_RAW, 0),
			 -EPROTONOSUPPORT);
	ck_assert_int_eq(pyt_socket_open(a, AF_INET, SOCK_SEQPACKET, 0),
			 -ESOCKTNOSUPPORT);
	ck_assert_int_eq(pyt_socket_open(a, AF_INET, SOCK_STREAM, 1000),
			 -EINVAL);
}
END_TEST

START_TEST(sysctls_have_linux_names_and_bounds)
{
	char value[64];

	ck_assert_int_gt(pyt_sysctl_get(a, "net.ipv4.ip_local_port_range",
					value, sizeof(value)),
			 0);
	ck_assert_str_eq(value, "32768\t60999");
	ck_assert_int_eq(
		pyt_sysctl_set(a, "net.ipv4.ip_local_port_range", "5000 4000"),
		-EINVAL);
	ck_assert_int_eq(
		pyt_sysctl_set(a, "net.ipv4.ip_local_port_range", "5000"),
		-EINVAL);
	ck_assert_int_eq(pyt_sysctl_set(a, "net.core.rmem_max", "x"), -EINVAL);
	ck_assert_int_eq(pyt_sysctl_set(a, "net.core.rmem_max", "1"), -ERANGE);
	ck_assert_int_eq(pyt_sysctl_set(a, "net.core.nothing", "1"), -ENOENT);
	ck_assert_int_eq(pyt_sysctl_set(a, "net.ipv4.tcp_sack", "0"), 0);
	ck_assert_int_eq(pyt_sysctl_set(a, "net.ipv4.ip_default_ttl", "9"), 0);
	ck_assert_int_eq(get_int(a, udp(a), IPPROTO_IP, IP_TTL), 9);
}
END_TEST

/* Two rooms know these names: neither may refuse what the other takes. */
START_TEST(buffers_and_backlogs_are_as_great_as_an_int)
{
	static const char *const names[] = { "net.core.rmem_max",
					     "net.core.wmem_max",
					     "net.core.rmem_default",
					     "net.core.wmem_default",
					     "net.core.somaxconn" };
	const int most = INT_MAX / 2 * 2;
	int socket;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		ck_assert_int_eq(pyt_sysctl_set(a, names[i], "2147483647"), 0);
	socket = udp(a);
	ck_assert_int_eq(get_int(a, socket, SOL_SOCKET, SO_RCVBUF), INT_MAX);
	ck_assert_int_eq(set_int(a, socket, SOL_SOCKET, SO_RCVBUF, INT_MAX), 0);
	ck_assert_int_eq(get_int(a, socket, SOL_SOCKET, SO_RCVBUF), most);
	ck_assert_int_eq(set_int(a, socket, SOL_SOCKET, SO_SNDBUF, INT_MAX), 0);
	ck_assert_int_eq(get_int(a, socket, SOL_SOCKET, SO_SNDBUF), most);
	socket = tcp(a);
	ck_assert_int_eq(pyt_socket_listen(a, socket, INT_MAX), 0);
}
END_TEST

START_TEST(a_handle_is_not_used_again_soon)
{
	int first = udp(a), again = -1;

	pyt_socket_close(a, first, sim.now_us);
	for (int i = 0; i < 32767; i++) {
		again = udp(a);
		ck_assert_int_ne(again, first);
		pyt_socket_close(a, again, sim.now_us);
	}
	ck_assert_int_eq(pyt_socket_close(a, first, sim.now_us), -EBADF);
	ck_assert_int_eq(pyt_socket_close(a, -1, sim.now_us), -EBADF);
	ck_assert_int_eq(pyt_socket_close(a, 1 << 30, sim.now_us), -EBADF);
}
END_TEST

START_TEST(sockets_are_bounded_and_all_memory_comes_back)
{
	size_t before = sim.memory_len;
	int handle = 0, opened = 0;

	sim.memory_limit = before + (1 << 20);
	while (handle >= 0) {
		handle = pyt_socket_open(a, AF_INET, SOCK_DGRAM, 0);
		opened += handle >= 0;
	}
	ck_assert_int_eq(handle, -ENOBUFS);
	ck_assert_int_gt(opened, 500);
}
END_TEST

UNIT_MAIN_WITH("socket options", set_up, tear_down,
	       zero_copy_is_kept_for_who_sends,
	       times_to_send_at_are_of_a_clock_that_there_is,
	       of_two_versions_of_a_time_the_last_one_counts,
	       numbers_and_flags_are_remembered,
	       values_out_of_range_are_refused,
	       unknown_options_are_not_protocol_options,
	       getsockopt_of_an_unknown_level_is_not_supported,
	       buffers_are_doubled_and_bounded, what_a_socket_is_can_be_read,
	       a_device_is_bound_by_its_name,
	       kinds_of_sockets_are_those_of_linux,
	       sysctls_have_linux_names_and_bounds,
	       buffers_and_backlogs_are_as_great_as_an_int,
	       a_handle_is_not_used_again_soon,
	       sockets_are_bounded_and_all_memory_comes_back)
