/* What /proc/net/snmp and netstat count of IP, ICMP, UDP and segments. */
#include "host.h"

START_TEST(bytes_and_marks_of_packets_are_counted)
{
	int from = udp(a), to = udp(b);

	ck_assert_int_eq(bind_to(b, to, "0.0.0.0", 7000), 0);
	set_int(a, from, IPPROTO_IP, IP_TOS, 2); /* ECT(0) */
	ck_assert_int_eq(send_to(a, from, B_IP, 7000, "hello"), 5);
	pass(10 * MS);
	ck_assert_uint_eq(counter(a, "IpOutRequests"), 1);
	ck_assert_uint_eq(counter(a, "IpExtOutOctets"), 20 + 8 + 5);
	ck_assert_uint_eq(counter(b, "IpExtInOctets"), 20 + 8 + 5);
	ck_assert_uint_eq(counter(b, "IpExtInECT0Pkts"), 1);
	ck_assert_uint_eq(counter(b, "IpExtInNoECTPkts"), 0);
	ck_assert_uint_eq(counter(a, "UdpOutDatagrams"), 1);
	ck_assert_uint_eq(counter(b, "UdpInDatagrams"), 1);
}
END_TEST

START_TEST(packets_to_many_are_counted_apart)
{
	int from = udp(a);

	set_int(a, from, SOL_SOCKET, SO_BROADCAST, 1);
	set_int(a, from, SOL_SOCKET, SO_BINDTOIFINDEX, sim.host[0].ifindex);
	send_to(a, from, "224.0.0.99", 7000, "x");
	send_to(a, from, "255.255.255.255", 7000, "x");
	pass(10 * MS);
	ck_assert_uint_ge(counter(a, "IpExtOutMcastPkts"), 1);
	ck_assert_uint_ge(counter(a, "IpExtOutMcastOctets"), 29);
	ck_assert_uint_eq(counter(a, "IpExtOutBcastPkts"), 1);
	ck_assert_uint_eq(counter(a, "IpExtOutBcastOctets"), 29);
	ck_assert_uint_eq(counter(b, "IpExtInBcastPkts"), 1);
}
END_TEST

START_TEST(udp_of_ipv6_has_counters_of_its_own)
{
	struct sim_config config = { .seed = 1, .ip6 = true };
	int from;

	tear_down();
	sim_init(&sim, &config);
	a = sim.host[0].stack;
	b = sim.host[1].stack;
	pass(5 * SEC); /* detection of duplicates is over */
	from = pyt_socket_open(a, AF_INET6, SOCK_DGRAM, 0);
	ck_assert_int_eq(send_to(a, from, "fd00::2", 7000, "x"), 1);
	pass(10 * MS);
	ck_assert_uint_eq(counter(a, "Udp6OutDatagrams"), 1);
	ck_assert_uint_eq(counter(b, "Udp6NoPorts"), 1);
	ck_assert_uint_eq(counter(a, "UdpOutDatagrams"), 0);
	ck_assert_uint_ge(counter(b, "Ip6InOctets"), 49);
	ck_assert_uint_ge(counter(b, "Ip6InNoECTPkts"), 1);
}
END_TEST

START_TEST(what_a_ping_sends_is_counted_by_its_type)
{
	int ping = pyt_socket_open(a, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	struct pyt_message message = { .peer = at(B_IP, 0),
				       .ttl = -1,
				       .tos = -1 };
	uint8_t echo[8] = { 8 };
	struct iovec iov = { echo, sizeof(echo) };

	ck_assert_int_eq(
		pyt_socket_send_message(a, ping, &message, &iov, 1, sim.now_us),
		sizeof(echo));
	pass(10 * MS);
	ck_assert_uint_eq(counter(a, "IcmpOutEchos"), 1);
	ck_assert_uint_eq(counter(a, "IcmpInEchoReps"), 1);
	ck_assert_uint_eq(counter(b, "IcmpOutEchoReps"), 1);
	ck_assert_uint_eq(counter(b, "IcmpOutMsgs"), 1);
}
END_TEST

UNIT_MAIN_WITH("counters", set_up, tear_down,
	       bytes_and_marks_of_packets_are_counted,
	       packets_to_many_are_counted_apart,
	       udp_of_ipv6_has_counters_of_its_own,
	       what_a_ping_sends_is_counted_by_its_type)
