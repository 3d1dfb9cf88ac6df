#include "host.h"

#include <netinet/ip.h>
#include <netinet/ip_icmp.h>

static ssize_t send_bytes(struct pyt_stack *stack, int handle, const char *ip,
			  const void *bytes, size_t len)
{
	struct pyt_message message = { .peer = at(ip, 0),
				       .ttl = -1,
				       .tos = -1 };
	struct iovec iov = { (void *)(uintptr_t)bytes, len };

	return pyt_socket_send_message(stack, handle, &message, &iov, 1,
				       sim.now_us);
}

START_TEST(a_ping_socket_gets_its_own_answers)
{
	uint8_t echo[12] = { ICMP_ECHO, 0, 0,	0,   0xff, 0xff,
			     0,		7, 'p', 'i', 'n',  'g' };
	int mine = pyt_socket_open(a, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	int other = pyt_socket_open(a, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	struct pyt_message message;
	struct iovec iov;
	const uint8_t *b0;

	ck_assert_int_eq(send_bytes(a, mine, B_IP, echo, 4), -EINVAL);
	ck_assert_int_eq(send_bytes(a, mine, B_IP, echo, sizeof(echo)), 12);
	ck_assert_int_eq(bind_to(a, other, "0.0.0.0", 0), 0);
	pass(10 * MS);
	ck_assert_int_eq(
		pyt_socket_view_message(a, mine, false, &message, &iov, 1), 1);
	b0 = iov.iov_base;
	ck_assert_int_eq(iov.iov_len, 12);
	ck_assert_int_eq(b0[0], ICMP_ECHOREPLY);
	ck_assert_int_eq(b0[7], 7);
	ck_assert_int_eq(b0[4] << 8 | b0[5], status_of(a, mine).local.port);
	ck_assert_mem_eq(b0 + 8, "ping", 4);
	ck_assert(!(pyt_socket_ready(a, other) & PYT_READY_READ));
	echo[0] = ICMP_ECHOREPLY;
	ck_assert_int_eq(send_bytes(a, mine, B_IP, echo, 12), -EINVAL);
}
END_TEST

START_TEST(a_raw_socket_sees_icmp_with_its_ip_header)
{
	uint8_t echo[8] = { ICMP_ECHO, 0, 0xf7, 0xff };
	int raw = pyt_socket_open(a, AF_INET, SOCK_RAW, IPPROTO_ICMP);
	int peer = pyt_socket_open(b, AF_INET, SOCK_RAW, IPPROTO_ICMP);
	struct pyt_message message;
	struct iovec iov;
	const uint8_t *packet;

	ck_assert_int_eq(send_bytes(a, raw, B_IP, echo, 8), 8);
	pass(10 * MS);
	ck_assert_int_eq(
		pyt_socket_view_message(b, peer, false, &message, &iov, 1), 1);
	packet = iov.iov_base;
	ck_assert_int_eq(iov.iov_len, 28);
	ck_assert_int_eq(packet[0], 0x45);
	ck_assert_int_eq(packet[20], ICMP_ECHO);
	ck_assert_int_eq(
		pyt_socket_view_message(a, raw, false, &message, &iov, 1), 1);
	packet = iov.iov_base;
	ck_assert_int_eq(packet[20], ICMP_ECHOREPLY);
}
END_TEST

/* As Linux, where raw sockets come first: ping says "BAD CHECKSUM". */
START_TEST(a_raw_socket_sees_what_icmp_refuses)
{
	static const uint8_t refused[][8] = {
		{ ICMP_ECHO, 0, 0x12, 0x34 }, /* its sum is another */
		{ ICMP_SOURCE_QUENCH, 0, 0xfb, 0xff },
		{ ICMP_ADDRESS, 0, 0xee, 0xff },
		{ ICMP_DEST_UNREACH, 77, 0xfc, 0xb2 },
		{ ICMP_REDIRECT, 1, 0xfa, 0xfe },
	};
	int from = pyt_socket_open(a, AF_INET, SOCK_RAW, IPPROTO_ICMP);
	int to = pyt_socket_open(b, AF_INET, SOCK_RAW, IPPROTO_ICMP);
	struct pyt_message message;
	struct iovec iov;

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		send_bytes(a, from, B_IP, refused[i], 8);
		pass(10 * MS);
		ck_assert_int_eq(pyt_socket_view_message(b, to, false, &message,
							 &iov, 1),
				 1);
		ck_assert_int_eq(iov.iov_len, 28);
		ck_assert_mem_eq((uint8_t *)iov.iov_base + 20, refused[i], 8);
		pyt_socket_drop_message(b, to, false);
	}
	send_bytes(a, from, B_IP, refused[0], 7);
	pass(10 * MS);
	ck_assert(!(pyt_socket_ready(b, to) & PYT_READY_READ));
}
END_TEST

START_TEST(icmp_filter_keeps_types_away)
{
	uint8_t echo[8] = { ICMP_ECHO, 0, 0xf7, 0xff };
	int raw = pyt_socket_open(b, AF_INET, SOCK_RAW, IPPROTO_ICMP);
	int from = pyt_socket_open(a, AF_INET, SOCK_RAW, IPPROTO_ICMP);

	ck_assert_int_eq(set_int(b, raw, 255, 1, 1 << ICMP_ECHO), 0);
	send_bytes(a, from, B_IP, echo, 8);
	pass(10 * MS);
	ck_assert(!(pyt_socket_ready(b, raw) & PYT_READY_READ));
}
END_TEST

START_TEST(hdrincl_sends_the_given_header)
{
	uint8_t packet[24] = { 0x45, 0, 0, 24, 0, 0, 0, 0, 9, 253 };
	int from = pyt_socket_open(a, AF_INET, SOCK_RAW, IPPROTO_RAW);
	int to = pyt_socket_open(b, AF_INET, SOCK_RAW, 253);
	struct pyt_message message;
	struct iovec iov;

	ck_assert_int_eq(get_int(a, from, IPPROTO_IP, IP_HDRINCL), 1);
	inet_pton(AF_INET, B_IP, packet + 16);
	ck_assert_int_eq(send_bytes(a, from, B_IP, packet, 24), 24);
	pass(10 * MS);
	ck_assert_int_eq(
		pyt_socket_view_message(b, to, false, &message, &iov, 1), 1);
	ck_assert_int_eq(message.ttl, 9);
	ck_assert(pyt_ip_equal(&message.peer.ip, &sim.host[0].ip));
}
END_TEST

START_TEST(an_unknown_protocol_is_unreachable)
{
	int from = pyt_socket_open(a, AF_INET, SOCK_RAW, 253);

	ck_assert_int_eq(connect_to(a, from, B_IP, 0), 0);
	ck_assert_int_eq(send_bytes(a, from, B_IP, "x", 1), 1);
	pass(10 * MS);
	ck_assert_int_eq(pyt_socket_take_error(a, from), ENOPROTOOPT);
}
END_TEST

/* As Linux: what one packet met does not keep the next one back. */
START_TEST(a_pending_error_does_not_stop_sending_unless_headers_are_included)
{
	uint8_t packet[20] = { 0x45, 0, 0, 20, 0, 0, 0, 0, 9, 253 };
	int from = pyt_socket_open(a, AF_INET, SOCK_RAW, 253);
	int with_header = pyt_socket_open(a, AF_INET, SOCK_RAW, 253);

	inet_pton(AF_INET, B_IP, packet + 16);
	ck_assert_int_eq(set_int(a, with_header, IPPROTO_IP, IP_HDRINCL, 1), 0);
	ck_assert_int_eq(connect_to(a, from, B_IP, 0), 0);
	ck_assert_int_eq(connect_to(a, with_header, B_IP, 0), 0);
	ck_assert_int_eq(send_bytes(a, from, B_IP, "x", 1), 1);
	ck_assert_int_eq(send_bytes(a, with_header, B_IP, packet, 20), 20);
	pass(10 * MS);
	ck_assert_int_eq(send_bytes(a, from, B_IP, "y", 1), 1);
	ck_assert_int_eq(pyt_socket_take_error(a, from), ENOPROTOOPT);
	ck_assert_int_eq(send_bytes(a, with_header, B_IP, packet, 20),
			 -ENOPROTOOPT);
	ck_assert_int_eq(send_bytes(a, with_header, B_IP, packet, 20), 20);
}
END_TEST

UNIT_MAIN_WITH(
	"raw sockets", set_up, tear_down, a_ping_socket_gets_its_own_answers,
	a_raw_socket_sees_icmp_with_its_ip_header,
	a_raw_socket_sees_what_icmp_refuses, icmp_filter_keeps_types_away,
	hdrincl_sends_the_given_header, an_unknown_protocol_is_unreachable,
	a_pending_error_does_not_stop_sending_unless_headers_are_included)
