/* IPv4's options as a program gives and gets them. ip(7); RFC 791, 3.1. */
#include "host.h"

#include "wire/ethernet.h"
#include "wire/ip4.h"
#include "wire/tcp_header.h"

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
	/* a listener's are not its connections', the SYN's are */
	ck_assert_int_eq(pyt_socket_get_option(b, child, IPPROTO_IP, IP_OPTIONS,
					       back, sizeof(back), sim.now_us),
			 12);
	ck_assert_uint_eq(back[2], 12); /* two entries in it: a's and b's */
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

/* What the other host has sent last, from its IP header on. */
static struct {
	uint8_t bytes[100];
	uint32_t len;
} answer;

static void on_answer(struct sim *s, int host, const struct pyt_frame *frame,
		      bool is_input)
{
	(void)s;
	if (host != 1 || is_input || frame->len > sizeof(answer.bytes))
		return;
	answer.len = 0;
	for (int i = 0; i < frame->part_count; i++) {
		memcpy(answer.bytes + answer.len, frame->part[i].iov_base,
		       frame->part[i].iov_len);
		answer.len += (uint32_t)frame->part[i].iov_len;
	}
}

#define FAR_IP "192.0.2.7"

static const uint8_t passed[12] = { 131, 11, 12, 10, 9, 9, 9, 10, 0, 0, 1 };
static const uint8_t reversed[12] = { 131, 11, 4, 10, 0, 0, 1, 10, 9, 9, 9 };

static uint32_t address_of(const char *text)
{
	struct pyt_sockaddr address = at(text, 0);

	return pyt_ip_to_v4(&address.ip);
}

/* To b's port 80, on the way that has been passed. */
static void far_segment(struct tcp_header tcp)
{
	struct ip4_header ip = { .ttl = 64,
				 .protocol = IPPROTO_TCP,
				 .src = address_of(FAR_IP),
				 .dst = address_of(B_IP),
				 .options = passed,
				 .options_len = sizeof(passed) };
	struct ethernet_header ethernet = { .type = ETHERNET_TYPE_IP4 };
	struct pyt_frame frame = { .part_count = 1, .csum = PYT_CSUM_VALID };
	struct pyt_iface_info info;
	uint8_t bytes[200];
	uint32_t at_tcp = ETHERNET_HEADER_LEN + ip4_header_len(&ip), len;

	ck_assert_int_eq(pyt_iface_get(b, 1, &info), 0);
	memcpy(ethernet.dst, info.config.mac, sizeof(ethernet.dst));
	ethernet_header_build(bytes, &ethernet);
	tcp.src_port = 7000;
	tcp.dst_port = 80;
	tcp.window = 10000;
	len = (uint32_t)tcp_header_build(&tcp, bytes + at_tcp);
	ip.len = (uint16_t)(ip4_header_len(&ip) + len);
	ip4_header_build(bytes + ETHERNET_HEADER_LEN, &ip);
	frame.part[0] = (struct iovec){ bytes, at_tcp + len };
	frame.len = at_tcp + len;
	pyt_input(b, 2, &frame, sim.now_us);
	pass(MS);
}

static struct tcp_header header_of_answer(struct ip4_header *ip)
{
	struct reader r = reader_init(answer.bytes + IP_AT, answer.len - IP_AT);
	struct tcp_header tcp = { 0 };

	ck_assert_int_eq(ip4_header_parse(&r, ip), IP4_FAULT_NONE);
	ck_assert(tcp_header_parse(&r, &tcp));
	return tcp;
}

static int far_listener(void)
{
	int listener = tcp(b);

	ck_assert_int_eq(pyt_sysctl_set(b,
					"net.ipv4.conf.all."
					"accept_source_route",
					"1"),
			 0);
	ck_assert_int_eq(bind_to(b, listener, B_IP, 80), 0);
	ck_assert_int_eq(pyt_socket_listen(b, listener, 5), 0);
	ck_assert_int_eq(send_to(b, udp(b), A_IP, 9, "x"), 1); /* ARP */
	pass(MS);
	sim.observer.on_frame = on_answer;
	return listener;
}

/* The way back to FAR_IP is known from the option alone. */
static void check_way_back(const struct ip4_header *ip)
{
	static const uint8_t ahead[12] = {
		131, 11, 4, 10, 9, 9, 9, 192, 0, 2, 7
	};

	ck_assert_uint_eq(ip->dst, address_of(A_IP));
	ck_assert_uint_eq(ip->options_len, sizeof(ahead));
	ck_assert_mem_eq(ip->options, ahead, sizeof(ahead));
}

static int far_connection(int listener)
{
	struct tcp_header syn_ack;
	struct ip4_header ip;
	int child;

	far_segment((struct tcp_header){ .flags = TCP_SYN, .seq = 99 });
	syn_ack = header_of_answer(&ip);
	ck_assert_uint_eq(syn_ack.flags, TCP_SYN | TCP_ACK);
	check_way_back(&ip);
	far_segment((struct tcp_header){
		.flags = TCP_ACK, .seq = 100, .ack = syn_ack.seq + 1 });
	child = pyt_socket_accept(b, listener, sim.now_us);
	ck_assert_int_ge(child, 0);
	return child;
}

START_TEST(a_server_answers_on_the_way_that_the_syn_came)
{
	int child = far_connection(far_listener());
	struct iovec space[4];
	struct ip4_header ip;
	uint8_t got[40];

	ck_assert_int_eq(pyt_socket_get_option(b, child, IPPROTO_IP, IP_OPTIONS,
					       got, sizeof(got), sim.now_us),
			 sizeof(reversed));
	ck_assert_mem_eq(got, reversed, sizeof(reversed));
	ck_assert_int_gt(pyt_socket_send_space(b, child, space, 4), 0);
	memset(space[0].iov_base, 'x', 10);
	pyt_socket_send_commit(b, child, 10, 0, sim.now_us);
	pass(MS);
	header_of_answer(&ip);
	check_way_back(&ip);
}
END_TEST

START_TEST(a_cookie_finds_the_way_back_too)
{
	int listener = far_listener();

	ck_assert_int_eq(pyt_sysctl_set(b, "net.ipv4.tcp_syncookies", "2"), 0);
	far_connection(listener);
}
END_TEST

START_TEST(nobody_listening_says_so_on_the_way_that_the_syn_came)
{
	struct ip4_header ip;

	pyt_socket_close(b, far_listener(), sim.now_us);
	far_segment((struct tcp_header){ .flags = TCP_SYN, .seq = 99 });
	ck_assert(header_of_answer(&ip).flags & TCP_RST);
	check_way_back(&ip);
}
END_TEST

UNIT_MAIN_WITH("ip4_options", set_up, tear_down,
	       the_sender_is_the_first_in_a_recorded_route,
	       a_source_route_leads_by_its_stop_to_the_destination,
	       a_timestamp_is_put_where_there_is_room,
	       they_count_in_what_a_datagram_can_hold,
	       each_segment_of_tcp_has_them_from_the_syn_on,
	       a_server_answers_on_the_way_that_the_syn_came,
	       a_cookie_finds_the_way_back_too,
	       nobody_listening_says_so_on_the_way_that_the_syn_came)
