#include "host.h"

#define SYN_LEN (20u + 40u) /* IPv4, TCP with five options */
#define ETHERNET_LEN 14u

/* A connection accepted from a listener with this value of TCP_SAVE_SYN. */
static int accepted_with(int value)
{
	int server = tcp(b), child;

	ck_assert_int_eq(bind_to(b, server, B_IP, 80), 0);
	ck_assert_int_eq(set_int(b, server, IPPROTO_TCP, TCP_SAVE_SYN, value),
			 0);
	ck_assert_int_eq(pyt_socket_listen(b, server, 8), 0);
	connect_to(a, tcp(a), B_IP, 80);
	pass(10 * MS);
	child = pyt_socket_accept(b, server, sim.now_us);
	ck_assert_int_ge(child, 0);
	return child;
}

static int saved(int handle, uint8_t *bytes, uint32_t len)
{
	return pyt_socket_get_option(b, handle, IPPROTO_TCP, TCP_SAVED_SYN,
				     bytes, len, sim.now_us);
}

START_TEST(headers_of_the_syn_are_handed_out_once)
{
	uint8_t bytes[200];
	int child = accepted_with(1);

	ck_assert_int_eq(saved(child, bytes, 10), -EINVAL);
	ck_assert_int_eq(saved(child, bytes, sizeof(bytes)), SYN_LEN);
	ck_assert_uint_eq(bytes[0], 0x45);
	ck_assert_uint_eq(bytes[9], IPPROTO_TCP);
	ck_assert_uint_eq(bytes[20 + 13], 2); /* SYN */
	ck_assert_int_eq(saved(child, bytes, sizeof(bytes)), 0);
}
END_TEST

START_TEST(two_begins_with_the_link)
{
	uint8_t bytes[200];
	int child = accepted_with(2);

	ck_assert_int_eq(saved(child, bytes, sizeof(bytes)),
			 ETHERNET_LEN + SYN_LEN);
	ck_assert_uint_eq(bytes[12] << 8 | bytes[13], 0x0800);
	ck_assert_uint_eq(bytes[ETHERNET_LEN], 0x45);
}
END_TEST

START_TEST(nothing_is_saved_unless_it_was_asked_for)
{
	uint8_t bytes[200];
	int child = accepted_with(0);

	ck_assert_int_eq(saved(child, bytes, sizeof(bytes)), 0);
	ck_assert_int_eq(set_int(b, child, IPPROTO_TCP, TCP_SAVE_SYN, 3),
			 -EINVAL);
}
END_TEST

UNIT_MAIN_WITH("saved_syn", set_up, tear_down,
	       headers_of_the_syn_are_handed_out_once, two_begins_with_the_link,
	       nothing_is_saved_unless_it_was_asked_for)
