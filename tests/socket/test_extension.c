/* Extension headers out and in, and what else RFC 3542 tells of a packet. */
#include "host.h"

#include <linux/tcp.h>

#include "base/checksum.h"
#include "wire/ip6.h"

#define A6 "fd00::1"
#define B6 "fd00::2"
#define LINK_LEN 14

static const uint8_t pad8[8] = { 0, 0, 1, 4 };
static const uint8_t pad16[16] = { 0, 1, 0x1e, 12 }; /* RFC 4727, 3.1 */

static struct {
	uint8_t bytes[2000];
	uint32_t len;
	int count;
	uint32_t longest;
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
	last.count++;
	if (frame->len > last.longest)
		last.longest = frame->len;
}

static void set_up6(void)
{
	struct sim_link link = { .delay_us = 100 };
	struct sim_config config = { .seed = 1,
				     .link = { link, link },
				     .ip6 = true };

	sim_init(&sim, &config);
	a = sim.host[0].stack;
	b = sim.host[1].stack;
	pass(5 * SEC);
	memset(&last, 0, sizeof(last));
	sim.observer.on_frame = on_frame;
}

static int open6(struct pyt_stack *stack, int type)
{
	int handle = pyt_socket_open(stack, AF_INET6, type, 0);

	ck_assert_int_ge(handle, 0);
	return handle;
}

static int set(int handle, int name, const void *value, uint32_t len)
{
	return pyt_socket_set_option(a, handle, IPPROTO_IPV6, name, value, len,
				     sim.now_us);
}

static int receiver(void)
{
	int to = open6(b, SOCK_DGRAM);

	ck_assert_int_eq(bind_to(b, to, "::", 53), 0);
	return to;
}

static ssize_t send_bytes(int from, const struct pyt_message *message,
			  uint32_t len)
{
	static uint8_t bytes[65536];
	struct iovec iov = { bytes, len };

	return pyt_socket_send_message(a, from, message, &iov, 1, sim.now_us);
}

static struct pyt_message message_to(const char *ip)
{
	return (struct pyt_message){ .peer = at(ip, 53), .ttl = -1, .tos = -1 };
}

START_TEST(sticky_headers_are_sent_in_order_and_seen_by_the_receiver)
{
	int from = open6(a, SOCK_DGRAM), to = receiver();
	struct pyt_message got;
	uint8_t back[16];

	ck_assert_int_eq(set(from, IPV6_DSTOPTS, pad16, 16), 0);
	ck_assert_int_eq(set(from, IPV6_HOPOPTS, pad8, 8), 0);
	/* RFC 3542, 9.1: nothing without a routing header */
	ck_assert_int_eq(set(from, IPV6_RTHDRDSTOPTS, pad8, 8), 0);
	ck_assert_int_eq(pyt_socket_get_option(a, from, IPPROTO_IPV6,
					       IPV6_DSTOPTS, back, sizeof(back),
					       sim.now_us),
			 16);
	ck_assert_mem_eq(back, pad16, 16);
	ck_assert_int_eq(send_to(a, from, B6, 53, "x"), 1);
	pass(MS);
	ck_assert_int_eq(last.bytes[LINK_LEN + 6], IP6_HOP_BY_HOP);
	ck_assert_int_eq(last.bytes[LINK_LEN + 40], IP6_DESTINATION);
	ck_assert_int_eq(last.bytes[LINK_LEN + 48], IPPROTO_UDP);
	ck_assert_uint_eq(last.len, LINK_LEN + 40 + 24 + 8 + 1);

	ck_assert_str_eq(received(b, to, &got), "x");
	ck_assert_uint_eq(got.extension_len[PYT_EXTENSION_HOP_BY_HOP], 8);
	ck_assert_uint_eq(got.extension_len[PYT_EXTENSION_BEFORE_ROUTING], 0);
	ck_assert_uint_eq(got.extension_len[PYT_EXTENSION_DESTINATION], 16);
	ck_assert_uint_eq(got.flow_info, 0x000fffffu & got.flow_info);
	ck_assert_uint_ne(got.flow_info, 0);
}
END_TEST

START_TEST(what_is_no_header_is_refused)
{
	static const uint8_t long_one[8] = { 0, 1 };
	static const uint8_t type0[24] = { 0, 2, 0, 1 };
	static const uint8_t none_left[24] = { 0, 2, 2, 0 };
	static const uint8_t beyond[24] = { 0, 2, 4, 1, 0 };
	static const uint8_t segments[24] = { 0, 2, 4, 0, 0 };
	int from = open6(a, SOCK_DGRAM);
	uint8_t back[16];

	ck_assert_int_eq(set(from, IPV6_HOPOPTS, pad8, 7), -EINVAL);
	ck_assert_int_eq(set(from, IPV6_HOPOPTS, pad16, 12), -EINVAL);
	ck_assert_int_eq(set(from, IPV6_HOPOPTS, long_one, 8), -EINVAL);
	ck_assert_int_eq(set(from, IPV6_RTHDR, type0, 24), -EINVAL);
	ck_assert_int_eq(set(from, IPV6_RTHDR, none_left, 24), -EINVAL);
	ck_assert_int_eq(set(from, IPV6_RTHDR, beyond, 24), -EINVAL);
	ck_assert_int_eq(set(from, IPV6_RTHDR, segments, 24), 0);
	ck_assert_int_eq(set(from, IPV6_RTHDR, NULL, 0), 0);
	ck_assert_int_eq(pyt_socket_get_option(a, from, IPPROTO_IPV6,
					       IPV6_RTHDR, back, sizeof(back),
					       sim.now_us),
			 0);
}
END_TEST

START_TEST(headers_of_a_message_replace_all_sticky_ones)
{
	int from = open6(a, SOCK_DGRAM), to = receiver();
	struct pyt_message message = message_to(B6), got;

	set(from, IPV6_HOPOPTS, pad8, 8);
	message.extension_len[PYT_EXTENSION_DESTINATION] = 16;
	message.extensions = pad16;
	ck_assert_int_eq(send_bytes(from, &message, 1), 1);
	pass(MS);
	ck_assert_ptr_nonnull(received(b, to, &got));
	ck_assert_uint_eq(got.extension_len[PYT_EXTENSION_HOP_BY_HOP], 0);
	ck_assert_uint_eq(got.extension_len[PYT_EXTENSION_DESTINATION], 16);
	message.extensions = pad8; /* which says that it is shorter */
	ck_assert_int_eq(send_bytes(from, &message, 1), -EINVAL);
}
END_TEST

/* Type 2 with one stop; what lies behind the UDP header sums to zero. */
START_TEST(a_routing_header_leads_by_its_stop_to_the_destination)
{
	uint8_t routing[24] = { 0, 2, 2, 1 };
	int from = open6(a, SOCK_DGRAM);
	struct pyt_ip stop = at(B6, 0).ip, end = at("fd00::99", 0).ip;
	const uint8_t *packet = last.bytes + LINK_LEN;
	struct pyt_ip src = at(A6, 0).ip;
	uint64_t sum;

	memcpy(routing + 8, stop.bytes, 16);
	ck_assert_int_eq(set(from, IPV6_RTHDR, routing, sizeof(routing)), 0);
	ck_assert_int_eq(set(from, IPV6_RTHDRDSTOPTS, pad8, 8), 0);
	ck_assert_int_eq(send_to(a, from, "fd00::99", 53, "y"), 1);
	pass(MS);
	ck_assert_mem_eq(packet + 24, stop.bytes, 16);
	ck_assert_int_eq(packet[6], IP6_DESTINATION);
	ck_assert_int_eq(packet[40], IP6_ROUTING);
	ck_assert_mem_eq(packet + 48 + 8, end.bytes, 16);
	sum = checksum_pseudo_header(&src, &end, IPPROTO_UDP, 9);
	ck_assert_uint_eq(checksum_finish(checksum_add(sum, packet + 72, 9)),
			  0);
	/* RFC 8200, 4.4: it is not b's to pass on */
	ck_assert_uint_eq(counter(b, "ip6_routing_header"), 1);
}
END_TEST

START_TEST(segments_are_counted_in_the_mtu_and_stand_in_each_fragment)
{
	int from = open6(a, SOCK_DGRAM), to = receiver();
	struct pyt_message message = message_to(B6), got;

	set(from, IPV6_HOPOPTS, pad8, 8);
	set(from, IPV6_DSTOPTS, pad16, 16);
	ck_assert_int_eq(send_bytes(from, &message, 1500 - 40 - 24 - 8), 1428);
	pass(MS);
	ck_assert_ptr_nonnull(received(b, to, &got));
	ck_assert_uint_eq(got.fragment_size, 0);
	ck_assert_int_eq(send_bytes(from, &message, 1429), 1429);
	pass(MS);
	ck_assert_int_eq(last.bytes[LINK_LEN + 40], IP6_FRAGMENT);
	ck_assert_uint_le(last.longest, 1514);
	ck_assert_ptr_nonnull(received(b, to, &got));
	ck_assert_uint_eq(got.fragment_size, 1496);
	ck_assert_uint_eq(got.extension_len[PYT_EXTENSION_DESTINATION], 16);
}
END_TEST

START_TEST(who_cuts_himself_is_told_the_mtu)
{
	int from = open6(a, SOCK_DGRAM), to = receiver();
	struct pyt_message message = message_to(B6), told;

	ck_assert_int_eq(set_int(a, from, IPPROTO_IPV6, IPV6_RECVPATHMTU, 1),
			 0);
	message.dont_fragment = 2;
	ck_assert_int_eq(send_bytes(from, &message, 1452), 1452);
	ck_assert_int_eq(send_bytes(from, &message, 1453), -EMSGSIZE);
	ck_assert_int_eq(send_bytes(from, &message, 1453), -EMSGSIZE);
	ck_assert_str_eq(received(a, from, &told), "");
	ck_assert_uint_eq(told.path_mtu, 1500);
	ck_assert_ptr_null(received(a, from, &told)); /* the newest counts */
	message.dont_fragment = 1;
	set_int(a, from, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
	ck_assert_int_eq(send_bytes(from, &message, 1453), 1453);
	message.dont_fragment = 0;
	ck_assert_int_eq(send_bytes(from, &message, 1453), -EMSGSIZE);
	pass(MS);
	ck_assert_ptr_nonnull(received(b, to, NULL));
}
END_TEST

START_TEST(a_flow_label_is_the_programs_where_it_gives_one)
{
	int from = open6(a, SOCK_DGRAM), to = receiver();
	struct pyt_message message = message_to(B6), got;

	message.flow_info = 0x0ab12345;
	message.flow_info_from = PYT_FLOW_INFO_CONTROL;
	send_bytes(from, &message, 1);
	message.flow_info_from = PYT_FLOW_INFO_NAME;
	message.tos = 0x20;
	send_bytes(from, &message, 1);
	set_int(a, from, IPPROTO_IPV6, 33 /* IPV6_FLOWINFO_SEND */, 1);
	send_bytes(from, &message, 1);
	pass(MS);
	received(b, to, &got);
	ck_assert_uint_eq(got.flow_info, 0x12345);
	received(b, to, &got);
	ck_assert_uint_ne(got.flow_info & 0xfffff, 0x12345);
	received(b, to, &got);
	ck_assert_uint_eq(got.flow_info, 0x02012345);
}
END_TEST

static uint32_t last_flow_label(void)
{
	const uint8_t *ip = last.bytes + LINK_LEN;

	ck_assert_uint_eq(ip[6], IPPROTO_TCP);
	return (ip[1] & 0xfu) << 16 | (uint32_t)ip[2] << 8 | ip[3];
}

/* Those that are copied on their way out, too: a listener's, late ones. */
START_TEST(segments_have_no_flow_label_where_the_program_wants_none)
{
	int client = open6(b, SOCK_STREAM), listener = open6(a, SOCK_STREAM);
	int child;

	bind_to(a, listener, "::", 80);
	ck_assert_int_eq(pyt_socket_listen(a, listener, 5), 0);
	connect_to(b, client, A6, 80);
	pass(10 * MS);
	ck_assert_uint_ne(last_flow_label(), 0);
	pyt_socket_close(b, client, sim.now_us);
	pass(SEC);

	client = open6(b, SOCK_STREAM);
	set_int(a, listener, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0);
	connect_to(b, client, A6, 80);
	pass(10 * MS);
	ck_assert_uint_eq(last_flow_label(), 0);
	pyt_socket_close(a, pyt_socket_accept(a, listener, sim.now_us),
			 sim.now_us);
	pass(10 * MS);
	child = pyt_socket_accept(a, listener, sim.now_us);
	ck_assert_int_ge(child, 0);
	set_int(a, child, IPPROTO_TCP, TCP_TX_DELAY, 1000);
	memset(last.bytes, 0xff, sizeof(last.bytes));
	ck_assert_int_eq(pyt_socket_shutdown(a, child, SHUT_WR, sim.now_us), 0);
	pass(10 * MS);
	ck_assert_uint_eq(last_flow_label(), 0);
	pyt_socket_close(b, client, sim.now_us);
}
END_TEST

START_TEST(without_a_sum_it_is_for_those_who_want_that)
{
	int from = open6(a, SOCK_DGRAM), to = receiver();

	set_int(a, from, IPPROTO_UDP, 101 /* UDP_NO_CHECK6_TX */, 1);
	send_to(a, from, B6, 53, "x");
	pass(MS);
	ck_assert_int_eq(last.bytes[LINK_LEN + 46], 0);
	ck_assert_int_eq(last.bytes[LINK_LEN + 47], 0);
	ck_assert_ptr_null(received(b, to, NULL));
	ck_assert_uint_eq(counter(b, "udp_checksum"), 1);
	send_to(a, from, B6, 54, "x"); /* nobody: and nobody says so */
	pass(MS);
	ck_assert_uint_eq(counter(b, "udp_checksum"), 2);
	ck_assert_uint_eq(counter(b, "Icmp6OutDestUnreachs"), 0);
	set_int(b, to, IPPROTO_UDP, 102 /* UDP_NO_CHECK6_RX */, 1);
	send_to(a, from, B6, 53, "y");
	pass(MS);
	ck_assert_str_eq(received(b, to, NULL), "y");
}
END_TEST

START_TEST(corked_bytes_leave_with_the_headers_of_the_first)
{
	int from = open6(a, SOCK_DGRAM), to = receiver();
	struct pyt_message message = message_to(B6), got;
	uint8_t given[16];

	memcpy(given, pad16, sizeof(given));
	message.extension_len[PYT_EXTENSION_DESTINATION] = sizeof(given);
	message.extensions = given;
	set_int(a, from, IPPROTO_UDP, UDP_CORK, 1);
	ck_assert_int_eq(send_bytes(from, &message, 3), 3);
	memset(given, 0xff, sizeof(given));
	ck_assert_int_eq(send_bytes(from, &message, 4), 4);
	set_int(a, from, IPPROTO_UDP, UDP_CORK, 0);
	pass(MS);
	ck_assert_ptr_nonnull(received(b, to, &got));
	ck_assert_uint_eq(got.len, 7);
	ck_assert_uint_eq(got.extension_len[PYT_EXTENSION_DESTINATION], 16);
}
END_TEST

/* As long as a packet can be: the headers are not forgotten. */
START_TEST(segments_of_tcp_are_shorter_by_their_headers)
{
	int client = open6(a, SOCK_STREAM), listener = open6(b, SOCK_STREAM);
	struct iovec space[4];
	int child, count;
	size_t len = 0;

	ck_assert_int_eq(bind_to(b, listener, "::", 80), 0);
	ck_assert_int_eq(pyt_socket_listen(b, listener, 5), 0);
	pyt_socket_set_option(b, listener, IPPROTO_IPV6, IPV6_DSTOPTS, pad16,
			      16, sim.now_us);
	ck_assert_int_eq(set(client, IPV6_HOPOPTS, pad8, 8), 0);
	ck_assert_int_eq(connect_to(a, client, B6, 80), -EINPROGRESS);
	pass(10 * MS);
	child = pyt_socket_accept(b, listener, sim.now_us);
	ck_assert_int_ge(child, 0);
	count = pyt_socket_send_space(a, client, space, 4);
	ck_assert_int_gt(count, 0);
	len = space[0].iov_len < 5000 ? space[0].iov_len : 5000;
	memset(space[0].iov_base, 'x', len);
	pyt_socket_send_commit(a, client, len, 0, sim.now_us);
	pass(20 * MS);
	ck_assert_int_eq(last.bytes[LINK_LEN + 6], IP6_HOP_BY_HOP);
	ck_assert_uint_eq(last.longest, 1514);
	ck_assert_uint_eq(status_of(b, child).receive_queued, len);
	ck_assert_uint_eq(status_of(a, client).send_queued, 0);
	/* the child has what its listener has */
	ck_assert_int_eq(pyt_socket_get_option(b, child, IPPROTO_IPV6,
					       IPV6_DSTOPTS, last.bytes, 16,
					       sim.now_us),
			 16);
	pyt_socket_close(b, listener, sim.now_us);
	ck_assert_int_eq(set(client, IPV6_HOPOPTS, NULL, 0), 0);
	pass(MS);
}
END_TEST

UNIT_MAIN_WITH("extension", set_up6, tear_down,
	       sticky_headers_are_sent_in_order_and_seen_by_the_receiver,
	       what_is_no_header_is_refused,
	       headers_of_a_message_replace_all_sticky_ones,
	       a_routing_header_leads_by_its_stop_to_the_destination,
	       segments_are_counted_in_the_mtu_and_stand_in_each_fragment,
	       who_cuts_himself_is_told_the_mtu,
	       a_flow_label_is_the_programs_where_it_gives_one,
	       segments_have_no_flow_label_where_the_program_wants_none,
	       without_a_sum_it_is_for_those_who_want_that,
	       corked_bytes_leave_with_the_headers_of_the_first,
	       segments_of_tcp_are_shorter_by_their_headers)
