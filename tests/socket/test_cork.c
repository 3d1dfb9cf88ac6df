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

static ssize_t send_more(int handle, uint16_t port, const char *text)
{
	struct iovec iov = { (void *)text, strlen(text) };
	struct pyt_message message = { .ttl = -1, .tos = -1, .more = true };

	if (port)
		message.peer = at(B_IP, port);
	return pyt_socket_send_message(a, handle, &message, &iov, 1,
				       sim.now_us);
}

START_TEST(more_waits_for_a_write_without_it)
{
	int from = udp(a), to = udp(b);

	ck_assert_int_eq(bind_to(b, to, "0.0.0.0", 7000), 0);
	ck_assert_int_eq(send_more(from, 7000, "one "), 4);
	ck_assert_int_eq(send_more(from, 7001, "two "), 4);
	pass(10 * MS);
	ck_assert_ptr_null(received(b, to, NULL));
	ck_assert_int_eq(send_to(a, from, B_IP, 7002, "three"), 5);
	pass(10 * MS);
	ck_assert_str_eq(received(b, to, NULL), "one two three");
	ck_assert_int_eq(send_to(a, from, B_IP, 7000, "four"), 4);
	pass(10 * MS);
	ck_assert_str_eq(received(b, to, NULL), "four");
}
END_TEST

START_TEST(the_cork_holds_what_more_began)
{
	int from = udp(a), to = udp(b);

	ck_assert_int_eq(bind_to(b, to, "0.0.0.0", 7000), 0);
	ck_assert_int_eq(send_more(from, 7000, "one "), 4);
	ck_assert_int_eq(cork(from, 1), 0);
	ck_assert_int_eq(send_to(a, from, B_IP, 7000, "two"), 3);
	pass(10 * MS);
	ck_assert_ptr_null(received(b, to, NULL));
	ck_assert_int_eq(cork(from, 0), 0);
	pass(10 * MS);
	ck_assert_str_eq(received(b, to, NULL), "one two");
}
END_TEST

START_TEST(what_does_not_fit_is_known_beforehand)
{
	static char text[40001];
	struct pyt_message message = { .ttl = -1, .tos = -1 };
	int from = udp(a);
	int64_t max_len;

	memset(text, 'x', 40000);
	ck_assert_int_eq(send_more(from, 7000, text), 40000);
	ck_assert_int_eq(pyt_socket_check_message(a, from, &message, 25507,
						  &max_len, sim.now_us),
			 0);
	ck_assert_int_eq(pyt_socket_check_message(a, from, &message, 25508,
						  &max_len, sim.now_us),
			 -EMSGSIZE);
	/* and what was kept is gone: this one has no destination */
	ck_assert_int_eq(pyt_socket_check_message(a, from, &message, 1,
						  &max_len, sim.now_us),
			 -EDESTADDRREQ);
}
END_TEST

UNIT_MAIN_WITH("cork", set_up, tear_down, more_waits_for_a_write_without_it,
	       the_cork_holds_what_more_began,
	       what_does_not_fit_is_known_beforehand,
	       what_is_written_meanwhile_leaves_as_one_datagram,
	       what_grows_too_long_is_dropped_and_said,
	       a_closed_socket_takes_its_bytes_along)
