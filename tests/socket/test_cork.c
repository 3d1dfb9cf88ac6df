#include "host.h"

static int cork(int handle, int on)
{
	return pyt_socket_set_option(a, handle, IPPROTO_UDP, UDP_CORK, &on,
				     sizeof(on), sim.now_us);
}

START_TEST(what_is_written_meanwhile_leaves_as_one_datagram)
{
	int from = udp(a), to = udp(b);

	ck_assert_int_eq(bind_to(b, to, "0.0.0.0", 7000), 0);
	ck_assert_int_eq(cork(from, 1), 0);
	ck_assert_int_eq(send_to(a, from, B_IP, 7000, "one "), 4);
	ck_assert_int_eq(send_to(a, from, B_IP, 7001, "two"), 3);
	pass(10 * MS);
	ck_assert_ptr_null(received(b, to, NULL));
	ck_assert_int_eq(cork(from, 0), 0);
	pass(10 * MS);
	ck_assert_str_eq(received(b, to, NULL), "one two");
	ck_assert_ptr_null(received(b, to, NULL));
}
END_TEST

START_TEST(what_grows_too_long_is_dropped_and_said)
{
	static char text[40001];
	int from = udp(a), to = udp(b);

	memset(text, 'x', 40000);
	ck_assert_int_eq(bind_to(b, to, "0.0.0.0", 7000), 0);
	ck_assert_int_eq(cork(from, 1), 0);
	ck_assert_int_eq(send_to(a, from, B_IP, 7000, text), 40000);
	ck_assert_int_eq(send_to(a, from, B_IP, 7000, text), -EMSGSIZE);
	ck_assert_int_eq(cork(from, 0), 0);
	pass(10 * MS);
	ck_assert_ptr_null(received(b, to, NULL));
}
END_TEST

START_TEST(a_closed_socket_takes_its_bytes_along)
{
	int from = udp(a);

	ck_assert_int_eq(cork(from, 1), 0);
	ck_assert_int_eq(send_to(a, from, B_IP, 7000, "lost"), 4);
	ck_assert_int_eq(pyt_socket_close(a, from, sim.now_us), 0);
}
END_TEST

UNIT_MAIN_WITH("cork", set_up, tear_down,
	       what_is_written_meanwhile_leaves_as_one_datagram,
	       what_grows_too_long_is_dropped_and_said,
	       a_closed_socket_takes_its_bytes_along)
