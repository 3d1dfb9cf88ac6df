/* IPv4's options as a program gives and gets them. ip(7); RFC 791, 3.1. */
#include "host.h"

#include "wire/ip4.h"

#define IP_AT 14 /* behind Ethernet's header */
#define OPTIONS_AT (IP_AT + IP4_HEADER_LEN)

static const uint8_t route[12] = { 7, 11, 4 };

static struct {
	uint8_t bytes[2000];
	uint32_t len, longest;
	uint8_t syn_header_len;
} last; /* frame that a has sent */

static void on_frame(struct sim *s, int host, const struct pyt_frame *frame,
		     bool is_input)
{
	uint32_t at = 0;

	(void)s;
	if (host != 0 || is_input || frame->len > sizeof(last.bytes))
		return;
	for (int i = 0; i < frame->part_count; i++) {
		memcpy(last.bytes + at, frame->part[i].iov_base,
		       frame->part[i].iov_len);
		at += (uint32_t)frame->part[i].iov_len;
	}
	last.len = frame->len;
	if (!last.syn_header_len && last.bytes[IP_AT] >> 4 == 4)
		last.syn_header_len = (last.bytes[IP_AT] & 15) * 4;
	if (frame->len > last.longest)
		last.longest = frame->len;
}

static int sender(const uint8_t *options, uint32_t len)
{
	int handle = udp(a);

	ck_assert_int_eq(send_to(a, handle, B_IP, 9, "x"), 1); /* ARP */
	pass(MS);
	memset(&last, 0, sizeof(last));
	sim.observer.on_frame = on_frame;
	ck_assert_int_eq(pyt_socket_set_option(a, handle, IPPROTO_IP,
					       IP_OPTIONS, options, len,
					       sim.now_us),
			 0);
	return handle;
}

START_TEST(the_sender_is_the_first_in_a_recorded_route)
{
	struct pyt_ip us = at(A_IP, 0).ip;
	int from = sender(route, sizeof(route)), to = udp(b);
	const uint8_t *options = last.bytes + OPTIONS_AT;
	struct pyt_message got;

	ck_assert_int_eq(bind_to(b, to, B_IP, 53), 0);
	ck_assert_int_eq(send_to(a, from, B_IP, 53, "x"), 1);
	pass(MS);
	ck_assert_uint_eq(last.bytes[IP_AT] & 15, 8);
	ck_assert_uint_eq(options[2], 8);
	ck_assert_mem_eq(options + 3, us.bytes + 12, 4);
	/* the receiver's own entry is in what its program hears */
	ck_assert_str_eq(received(b, to, &got), "x");
	ck_assert_uint_eq(got.extension_len[PYT_EXTENSION_IP4_OPTIONS], 12);
	ck_assert_uint_eq(got.extension_len[PYT_EXTENSION_IP4_ECHO], 12);
	/* and gone when they are taken away */
	ck_assert_int_eq(pyt_socket_set_option(a, from, IPPROTO_IP, IP_OPTIONS,
					       NULL, 0, sim.now_us),
			 0);
	ck_assert_int_eq(send_to(a, from, B_IP, 53, "x"), 1);
	pass(MS);
	ck_assert_uint_eq(last.bytes[IP_AT] & 15, 5);
}
END_TEST

START_TEST(a_source_route_leads_by_its_stop_to_the_destination)
{
	struct pyt_ip stop = at(B_IP, 0).ip, end = at("192.0.2.9", 0).ip;
	uint8_t loose[8] = { 131, 7, 4 };
	int from;

	memcpy(loose + 3, stop.bytes + 12, 4);
	from = sender(loose, sizeof(loose));
	ck_assert_int_eq(send_to(a, from, "192.0.2.9", 53, "x"), 1);
	pass(MS);
	ck_assert_mem_eq(last.bytes + IP_AT + 16, stop.bytes + 12, 4);
	ck_assert_mem_eq(last.bytes + OPTIONS_AT + 3, end.bytes + 12, 4);
	ck_assert_uint_eq(last.bytes[OPTIONS_AT + 2], 4);
	/* RFC 7126, 4.3: who gets it does not take it */
	ck_assert_uint_eq(counter(b, "ip4_source_route"), 1);
}
END_TEST

START_TEST(a_timestamp_is_put_where_there_is_room)
{
	static const uint8_t stamp[8] = { 68, 8, 5 };
	int from = sender(stamp, sizeof(stamp));

	ck_assert_int_eq(send_to(a, from, B_IP, 53, "x"), 1);
	pass(MS);
	ck_assert_uint_eq(last.bytes[OPTIONS_AT + 2], 9);
	ck_assert_uint_eq(last.bytes[OPTIONS_AT + 4] & 0x80, 0x80);
}
END_TEST

START_TEST(they_count_in_what_a_datagram_can_hold)
{
	static uint8_t bytes[65507];
	int from = sender(route, sizeof(route));
	struct pyt_message message = { .peer = at(B_IP, 53),
				       .ttl = -1,
				       .tos = -1 };
	struct iovec iov = { bytes, sizeof(bytes) };

	ck_assert_int_eq(
		pyt_socket_send_message(a, from, &message, &iov, 1, sim.now_us),
		-EMSGSIZE);
	iov.iov_len -= sizeof(route);
	ck_assert_int_eq(
		pyt_socket_send_message(a, from, &message, &iov, 1, sim.now_us),
		(ssize_t)iov.iov_len);
	pass(100 * MS);
	ck_assert_uint_le(last.longest, 1514);
}
END_TEST

START_TEST(each_segment_of_tcp_has_them_from_the_syn_on)
{
	int client = tcp(a), listener = tcp(b), child;
	uint8_t back[40];
	struct iovec space[4];
	size_t len;

	sender(route, sizeof(route));
	ck_assert_int_eq(bind_to(b, listener, B_IP, 80), 0);
	ck_assert_int_eq(pyt_socket_listen(b, listener, 5), 0);
	pyt_socket_set_option(b, listener, IPPROTO_IP, IP_OPTIONS, route, 12,
			      sim.now_us);
	ck_assert_int_eq(pyt_socket_set_option(a, client, IPPROTO_IP,
					       IP_OPTIONS, route, 12,
					       sim.now_us),
			 0);
	ck_assert_int_eq(connect_to(a, client, B_IP, 80), -EINPROGRESS);
	pass(10 * MS);
	ck_assert_uint_eq(last.syn_header_len, 32);
	child = pyt_socket_accept(b, listener, sim.now_us);
	ck_assert_int_ge(child, 0);
	/* a listener's are not its connections' */
	ck_assert_int_eq(pyt_socket_get_option(b, child, IPPROTO_IP, IP_OPTIONS,
					       back, sizeof(back), sim.now_us),
			 0);
	ck_assert_int_gt(pyt_socket_send_space(a, client, space, 4), 0);
	len = space[0].iov_len < 5000 ? space[0].iov_len : 5000;
	memset(space[0].iov_base, 'x', len);
	pyt_socket_send_commit(a, client, len, 0, sim.now_us);
	pass(20 * MS);
	ck_assert_uint_eq(last.bytes[IP_AT] & 15, 8);
	ck_assert_uint_eq(last.longest, 1514);
	ck_assert_uint_eq(status_of(b, child).receive_queued, len);
}
END_TEST

UNIT_MAIN_WITH("ip4_options", set_up, tear_down,
	       the_sender_is_the_first_in_a_recorded_route,
	       a_source_route_leads_by_its_stop_to_the_destination,
	       a_timestamp_is_put_where_there_is_room,
	       they_count_in_what_a_datagram_can_hold,
	       each_segment_of_tcp_has_them_from_the_syn_on)
