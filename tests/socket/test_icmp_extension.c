/* What routers add to the packets that they quote: RFC 4884. */
/* before what calls a host "b" */
#include "base/writer.h"

#include "host.h"

#include <linux/errqueue.h>

#include "wire/icmp4.h"
#include "wire/ip4.h"

#define QUOTE_LEN 128u
#define HEADERS_LEN 28u /* of the quoted packet: IP, UDP */
#define EXTENSION_LEN 12u

/* b tells that a's datagram from port 7000 to 9 has lived too long; words:
 * of the quoted packet's length, as the message says; object_len: what the
 * extension's only object says of itself. */
static void tell(uint8_t words, uint16_t object_len)
{
	struct ip4_header quoted = { .len = 40,
				     .ttl = 1,
				     .protocol = IPPROTO_UDP,
				     .src = pyt_ip_to_v4(&sim.host[0].ip),
				     .dst = pyt_ip_to_v4(&sim.host[1].ip) };
	struct icmp4_header icmp = { .type = ICMP4_TIME_EXCEEDED,
				     .rest = (uint32_t)words << 16 };
	uint8_t bytes[ICMP4_HEADER_LEN + QUOTE_LEN + EXTENSION_LEN] = { 0 };
	uint8_t *quote = bytes + ICMP4_HEADER_LEN;
	struct writer w = writer_init(quote + IP4_HEADER_LEN, 8);
	struct pyt_message message = { .peer = at(A_IP, 0),
				       .ttl = -1,
				       .tos = -1 };
	struct iovec iov = { bytes, sizeof(bytes) };
	int raw = pyt_socket_open(b, AF_INET, SOCK_RAW, IPPROTO_ICMP);

	icmp4_header_build(bytes, &icmp);
	ip4_header_build(quote, &quoted);
	writer_u16(&w, 7000);
	writer_u16(&w, 9);
	writer_u32(&w, 20u << 16);
	w = writer_init(quote + QUOTE_LEN, EXTENSION_LEN);
	writer_u32(&w, 0x20000000); /* version 2, no sum */
	writer_u16(&w, object_len);
	writer_u16(&w, 0x0101); /* RFC 4950: a stack of labels */
	icmp4_set_checksum(bytes, sizeof(bytes));
	ck_assert_int_ge(
		pyt_socket_send_message(b, raw, &message, &iov, 1, sim.now_us),
		0);
	pyt_socket_close(b, raw, sim.now_us);
	pass(10 * MS);
}

static int asking(int wanted)
{
	int handle = udp(a);

	ck_assert_int_eq(bind_to(a, handle, A_IP, 7000), 0);
	set_int(a, handle, IPPROTO_IP, IP_RECVERR, 1);
	set_int(a, handle, IPPROTO_IP, IP_RECVERR_RFC4884, wanted);
	return handle;
}

static struct sock_ee_data_rfc4884 told(int handle)
{
	struct sock_ee_data_rfc4884 found;
	struct pyt_message message;
	struct iovec iov;

	ck_assert_int_eq(
		pyt_socket_view_message(a, handle, true, &message, &iov, 1), 1);
	ck_assert_uint_eq(message.ee_type, ICMP4_TIME_EXCEEDED);
	memcpy(&found, &message.ee_data, sizeof(found));
	pyt_socket_drop_message(a, handle, true);
	return found;
}

START_TEST(who_asks_is_told_where_the_extension_begins)
{
	int handle = asking(1);
	struct sock_ee_data_rfc4884 found;

	tell(QUOTE_LEN / 4, 8);
	found = told(handle);
	ck_assert_uint_eq(found.len, QUOTE_LEN - HEADERS_LEN);
	ck_assert_uint_eq(found.flags, 0);
}
END_TEST

START_TEST(what_is_wrong_with_it_is_told_as_well)
{
	int handle = asking(1);

	tell(QUOTE_LEN / 4, 9); /* longer than what is there */
	ck_assert_uint_eq(told(handle).flags, SO_EE_RFC4884_FLAG_INVALID);
	tell(QUOTE_LEN / 4, 3);
	ck_assert_uint_eq(told(handle).flags, SO_EE_RFC4884_FLAG_INVALID);
}
END_TEST

START_TEST(without_a_length_there_is_none)
{
	int handle = asking(1);

	tell(0, 8);
	ck_assert_uint_eq(told(handle).len, 0);
	tell(31, 8); /* less than 128 bytes: RFC 4884, 4.6 */
	ck_assert_uint_eq(told(handle).len, 0);
	tell(35, 8); /* no header behind it */
	ck_assert_uint_eq(told(handle).len, 0);
}
END_TEST

START_TEST(who_does_not_ask_is_told_nothing)
{
	int handle = asking(0);

	tell(QUOTE_LEN / 4, 8);
	ck_assert_uint_eq(told(handle).len, 0);
}
END_TEST

UNIT_MAIN_WITH("icmp_extension", set_up, tear_down,
	       who_asks_is_told_where_the_extension_begins,
	       what_is_wrong_with_it_is_told_as_well,
	       without_a_length_there_is_none, who_does_not_ask_is_told_nothing)
