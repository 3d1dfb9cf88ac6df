#include <pyt/view.h>

#include "host.h"

static int listen_on(struct pyt_stack *stack, const char *ip, uint16_t port)
{
	int handle = tcp(stack);

	ck_assert_int_eq(bind_to(stack, handle, ip, port), 0);
	ck_assert_int_eq(pyt_socket_listen(stack, handle, 5), 0);
	return handle;
}

static size_t write_text(struct pyt_stack *stack, int handle, const char *text)
{
	struct iovec iov;
	size_t len = strlen(text);

	if (pyt_socket_send_space(stack, handle, &iov, 1) != 1)
		return 0;
	ck_assert_int_ge(iov.iov_len, len);
	memcpy(iov.iov_base, text, len);
	pyt_socket_send_commit(stack, handle, len, 0, sim.now_us);
	return len;
}

static const char *read_text(struct pyt_stack *stack, int handle)
{
	static char text[4096];
	struct iovec iov;
	size_t len;

	if (pyt_socket_recv_view(stack, handle, &iov, 1) != 1)
		return "";
	len = iov.iov_len < sizeof(text) ? iov.iov_len : sizeof(text) - 1;
	memcpy(text, iov.iov_base, len);
	text[len] = '\0';
	pyt_socket_recv_consume(stack, handle, len, sim.now_us);
	return text;
}

START_TEST(a_connection_carries_bytes_both_ways)
{
	int listener = listen_on(b, "0.0.0.0", 80), client = tcp(a), server;

	ck_assert_int_eq(connect_to(a, client, B_IP, 80), -EINPROGRESS);
	ck_assert_int_eq(connect_to(a, client, B_IP, 80), -EALREADY);
	ck_assert_int_eq(pyt_socket_accept(b, listener, sim.now_us), -EAGAIN);
	pass(10 * MS);
	ck_assert_int_eq(connect_to(a, client, B_IP, 80), -EISCONN);
	ck_assert(pyt_socket_ready(a, client) & PYT_READY_WRITE);
	ck_assert(pyt_socket_ready(b, listener) & PYT_READY_ACCEPT);
	server = pyt_socket_accept(b, listener, sim.now_us);
	ck_assert_int_ge(server, 0);
	write_text(a, client, "question");
	pass(10 * MS);
	ck_assert_str_eq(read_text(b, server), "question");
	write_text(b, server, "answer");
	pass(10 * MS);
	ck_assert_str_eq(read_text(a, client), "answer");
	ck_assert_int_eq(status_of(b, server).tcp_state, 1);
	ck_assert_int_eq(status_of(b, server).peer.port,
			 status_of(a, client).local.port);
}
END_TEST

START_TEST(a_closed_port_refuses)
{
	int client = tcp(a), local = tcp(a);

	connect_to(a, client, B_IP, 80);
	pass(10 * MS);
	ck_assert(pyt_socket_ready(a, client) & PYT_READY_ERROR);
	ck_assert_int_eq(pyt_socket_take_error(a, client), ECONNREFUSED);
	ck_assert_int_eq(connect_to(a, local, "127.0.0.1", 80), -EINPROGRESS);
	ck_assert_int_eq(pyt_socket_take_error(a, local), ECONNREFUSED);
}
END_TEST

START_TEST(after_a_refusal_the_socket_may_try_again)
{
	int client = tcp(a);

	set_int(a, client, IPPROTO_TCP, TCP_NODELAY, 1);
	connect_to(a, client, B_IP, 80);
	pass(10 * MS);
	ck_assert_int_eq(pyt_socket_take_error(a, client), ECONNREFUSED);
	listen_on(b, "0.0.0.0", 80);
	ck_assert_int_eq(connect_to(a, client, B_IP, 80), -EINPROGRESS);
	pass(10 * MS);
	ck_assert_int_eq(status_of(a, client).tcp_state, 1);
	ck_assert_int_eq(get_int(a, client, IPPROTO_TCP, TCP_NODELAY), 1);
}
END_TEST

START_TEST(no_neighbour_is_no_route_to_host)
{
	int client = tcp(a);

	connect_to(a, client, "10.0.0.9", 80);
	pass(20 * SEC);
	ck_assert_int_eq(pyt_socket_take_error(a, client), EHOSTUNREACH);
}
END_TEST

static int frames_of_ip4(void)
{
	int ifindex = sim.host[0].ifindex, count = 0;
	struct pyt_frame frame;

	while (pyt_output(a, ifindex, &frame, sim.now_us) > 0) {
		const uint8_t *bytes = frame.part[0].iov_base;

		count += bytes[12] == 8 && bytes[13] == 0;
	}
	return count;
}

/* As Linux: what waits for a neighbour is not sent a second time. */
START_TEST(a_neighbour_that_answers_late_gets_one_syn)
{
	struct pyt_ip ip = at("10.0.0.9", 0).ip;
	uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	int client = tcp(a), ifindex = sim.host[0].ifindex;

	connect_to(a, client, "10.0.0.9", 80);
	pass(1500 * MS); /* a second SYN was due after 1 s */
	ck_assert_int_eq(pyt_neighbour_set(a, ifindex, &ip, mac, sim.now_us),
			 0);
	ck_assert_int_eq(frames_of_ip4(), 1);
	sim.now_us += 490 * MS;
	pyt_run_timers(a, sim.now_us);
	ck_assert_int_eq(frames_of_ip4(), 0);
	sim.now_us += 20 * MS;
	pyt_run_timers(a, sim.now_us);
	ck_assert_int_eq(frames_of_ip4(), 1);
}
END_TEST

START_TEST(closing_a_listener_resets_what_waits)
{
	int listener = listen_on(b, "0.0.0.0", 80), client = tcp(a);

	connect_to(a, client, B_IP, 80);
	pass(10 * MS);
	pyt_socket_close(b, listener, sim.now_us);
	pass(10 * MS);
	ck_assert_int_eq(pyt_socket_take_error(a, client), ECONNRESET);
	ck_assert_int_eq(b->sockets.socket_count, 0);
}
END_TEST

START_TEST(the_closer_waits_and_the_port_is_free_with_reuseaddr)
{
	int listener = listen_on(b, "0.0.0.0", 80), client = tcp(a), server;
	int again = tcp(b);

	connect_to(a, client, B_IP, 80);
	pass(10 * MS);
	server = pyt_socket_accept(b, listener, sim.now_us);
	pyt_socket_close(b, listener, sim.now_us);
	pyt_socket_close(b, server, sim.now_us);
	pass(10 * MS);
	ck_assert(pyt_socket_ready(a, client) & PYT_READY_READ_END);
	pyt_socket_close(a, client, sim.now_us);
	pass(10 * MS);
	ck_assert_int_eq(pyt_unfinished_count(b), 0);
	ck_assert_int_eq(b->sockets.socket_count, 1); /* a record is left */
	ck_assert_int_eq(bind_to(b, again, "0.0.0.0", 80), -EADDRINUSE);
	pass(70 * SEC);
	ck_assert_int_eq(bind_to(b, again, "0.0.0.0", 80), 0);
	ck_assert_int_eq(b->sockets.socket_count, 1);
}
END_TEST

START_TEST(data_of_a_closed_socket_still_arrives)
{
	int listener = listen_on(b, "0.0.0.0", 80), client = tcp(a), server;

	connect_to(a, client, B_IP, 80);
	pass(10 * MS);
	server = pyt_socket_accept(b, listener, sim.now_us);
	write_text(a, client, "last words");
	pyt_socket_close(a, client, sim.now_us);
	ck_assert_int_eq(pyt_unfinished_count(a), 1);
	pass(10 * MS);
	ck_assert_str_eq(read_text(b, server), "last words");
	ck_assert(pyt_socket_ready(b, server) & PYT_READY_READ_END);
	ck_assert_int_eq(pyt_unfinished_count(a), 0);
}
END_TEST

START_TEST(lo_carries_a_connection_without_the_caller)
{
	int listener = listen_on(a, "127.0.0.1", 80), client = tcp(a), server;

	ck_assert_int_eq(connect_to(a, client, "0.0.0.0", 80), -EINPROGRESS);
	server = pyt_socket_accept(a, listener, sim.now_us);
	ck_assert_int_ge(server, 0);
	write_text(a, client, "self");
	ck_assert_str_eq(read_text(a, server), "self");
	pyt_socket_close(a, client, sim.now_us);
	ck_assert(pyt_socket_ready(a, server) & PYT_READY_READ_END);
}
END_TEST

/* As much as there is room for. */
static size_t pour(struct pyt_stack *stack, int handle, size_t most)
{
	struct iovec iov[8];
	size_t len = 0;
	int pieces = pyt_socket_send_space(stack, handle, iov, 8);

	for (int i = 0; i < pieces; i++)
		len += iov[i].iov_len;
	if (len > most)
		len = most;
	if (len > 0)
		pyt_socket_send_commit(stack, handle, len, 0, sim.now_us);
	return len;
}

static size_t drink(struct pyt_stack *stack, int handle)
{
	struct iovec iov[8];
	size_t len = 0;
	int pieces = pyt_socket_recv_view(stack, handle, iov, 8);

	for (int i = 0; i < pieces; i++)
		len += iov[i].iov_len;
	if (len > 0)
		pyt_socket_recv_consume(stack, handle, len, sim.now_us);
	return len;
}

START_TEST(lo_carries_much_without_frames_of_the_caller)
{
	int listener = listen_on(a, "127.0.0.1", 80), client = tcp(a), server;
	size_t total = 64 << 20, sent = 0, got = 0;
	uint64_t frames;

	pass(20 * SEC); /* the address has been announced */
	frames = sim.host[0].wire.sent;
	connect_to(a, client, "127.0.0.1", 80);
	server = pyt_socket_accept(a, listener, sim.now_us);
	for (int turns = 0; got < total; turns++) {
		ck_assert_int_lt(turns, 100000);
		sent += pour(a, client, total - sent);
		got += drink(a, server);
		if (sent > got && pyt_next_deadline(a) <= sim.now_us + SEC)
			pass(pyt_next_deadline(a) - sim.now_us);
	}
	ck_assert_uint_eq(got, total);
	ck_assert_uint_eq(sim.host[0].wire.sent, frames);
}
END_TEST

START_TEST(time_wait_gives_way_to_a_new_connection)
{
	int listener = listen_on(b, "0.0.0.0", 80), client, server;

	for (int i = 0; i < 3; i++) {
		client = tcp(a);
		set_int(a, client, SOL_SOCKET, SO_REUSEADDR, 1);
		ck_assert_int_eq(bind_to(a, client, A_IP, 5000), 0);
		ck_assert_int_eq(connect_to(a, client, B_IP, 80), -EINPROGRESS);
		pass(10 * MS);
		ck_assert_int_eq(status_of(a, client).tcp_state, 1);
		server = pyt_socket_accept(b, listener, sim.now_us);
		ck_assert_int_ge(server, 0);
		pyt_socket_close(b, server, sim.now_us);
		pass(10 * MS);
		pyt_socket_close(a, client, sim.now_us);
		pass(100 * MS);
	}
	ck_assert_int_eq(b->sockets.socket_count, 1);
	ck_assert_uint_eq(counter(b, "TWRecycled"), 2);
}
END_TEST

START_TEST(listeners_of_a_group_share_connections)
{
	int listener[2], count[2] = { 0 };

	for (int i = 0; i < 2; i++) {
		listener[i] = tcp(b);
		set_int(b, listener[i], SOL_SOCKET, SO_REUSEPORT, 1);
		ck_assert_int_eq(bind_to(b, listener[i], "0.0.0.0", 80), 0);
		ck_assert_int_eq(pyt_socket_listen(b, listener[i], 64), 0);
	}
	for (int i = 0; i < 32; i++)
		connect_to(a, tcp(a), B_IP, 80);
	pass(100 * MS);
	for (int i = 0; i < 2; i++)
		while (pyt_socket_accept(b, listener[i], sim.now_us) >= 0)
			count[i]++;
	ck_assert_int_eq(count[0] + count[1], 32);
	ck_assert_int_gt(count[0], 4);
	ck_assert_int_gt(count[1], 4);
}
END_TEST

START_TEST(disconnect_resets_and_frees_the_socket)
{
	int listener = listen_on(b, "0.0.0.0", 80), client = tcp(a), server;

	connect_to(a, client, B_IP, 80);
	pass(10 * MS);
	server = pyt_socket_accept(b, listener, sim.now_us);
	ck_assert_int_eq(pyt_socket_disconnect(a, client, sim.now_us), 0);
	pass(10 * MS);
	ck_assert_int_eq(pyt_socket_take_error(b, server), ECONNRESET);
	ck_assert_int_eq(connect_to(a, client, B_IP, 80), -EINPROGRESS);
	pass(10 * MS);
	ck_assert_int_eq(status_of(a, client).tcp_state, 1);
}
END_TEST

START_TEST(groups_and_strange_families_cannot_be_connected)
{
	ck_assert_int_eq(connect_to(a, tcp(a), "224.0.0.1", 80), -ENETUNREACH);
	ck_assert_int_eq(connect_to(a, tcp(a), "10.0.0.255", 80), -ENETUNREACH);
	ck_assert_int_eq(connect_to(a, tcp(a), "fd77::1", 80), -EAFNOSUPPORT);
	ck_assert_int_eq(
		connect_to(a, pyt_socket_open(a, AF_INET6, SOCK_STREAM, 0),
			   "fd77::1", 80),
		-ENETUNREACH);
}
END_TEST

START_TEST(ten_thousand_idle_connections_are_small)
{
	int listener = listen_on(a, "127.0.0.1", 80);
	size_t before = sim.memory_len;

	pyt_socket_listen(a, listener, 4096);
	for (int i = 0; i < 5000; i++) {
		ck_assert_int_eq(connect_to(a, tcp(a), "127.0.0.1", 80),
				 -EINPROGRESS);
		ck_assert_int_ge(pyt_socket_accept(a, listener, sim.now_us), 0);
	}
	ck_assert_int_lt((sim.memory_len - before) / 10000, 2000);
}
END_TEST

START_TEST(shutdown_of_a_listener_frees_its_port)
{
	int handle = tcp(b), other = tcp(b), client = tcp(a);
	uint16_t port;

	ck_assert_int_eq(pyt_socket_listen(b, handle, 5), 0);
	port = status_of(b, handle).local.port;
	ck_assert_int_eq(pyt_socket_shutdown(b, handle, SHUT_WR, sim.now_us),
			 0);
	ck_assert_int_eq(get_int(b, handle, SOL_SOCKET, SO_ACCEPTCONN), 1);
	ck_assert_int_eq(pyt_socket_shutdown(b, handle, SHUT_RD, sim.now_us),
			 0);
	ck_assert_int_eq(get_int(b, handle, SOL_SOCKET, SO_ACCEPTCONN), 0);
	ck_assert_int_eq(pyt_socket_accept(b, handle, sim.now_us), -EINVAL);
	connect_to(a, client, B_IP, port);
	pass(100000);
	ck_assert_int_eq(pyt_socket_take_error(a, client), ECONNREFUSED);
	ck_assert_int_eq(bind_to(b, other, "0.0.0.0", port), 0);
}
END_TEST

/* The server's end of a fresh connection from a to b. */
static int connected(int client)
{
	int listener = listen_on(b, "0.0.0.0", 80), server;

	connect_to(a, client, B_IP, 80);
	pass(10 * MS);
	server = pyt_socket_accept(b, listener, sim.now_us);
	ck_assert_int_ge(server, 0);
	return server;
}

START_TEST(less_than_the_low_water_mark_is_not_enough)
{
	int client = tcp(a), server = connected(client);

	set_int(b, server, SOL_SOCKET, SO_RCVLOWAT, 5);
	write_text(a, client, "four");
	pass(10 * MS);
	ck_assert_int_eq(status_of(b, server).receive_queued, 4);
	ck_assert_int_eq(pyt_socket_ready(b, server) & PYT_READY_ENOUGH, 0);
	write_text(a, client, "!");
	pass(10 * MS);
	ck_assert_int_eq(pyt_socket_ready(b, server) & PYT_READY_ENOUGH,
			 PYT_READY_ENOUGH);
	ck_assert_str_eq(read_text(b, server), "four!");
	write_text(a, client, "end");
	pyt_socket_shutdown(a, client, SHUT_WR, sim.now_us);
	pass(10 * MS);
	ck_assert_int_eq(pyt_socket_ready(b, server) & PYT_READY_ENOUGH,
			 PYT_READY_ENOUGH);
}
END_TEST

START_TEST(a_window_that_closes_counts_as_the_low_water_mark)
{
	int client = tcp(a), server = connected(client);
	struct iovec iov;

	set_int(b, server, SOL_SOCKET, SO_RCVBUF, 4096);
	set_int(b, server, SOL_SOCKET, SO_RCVLOWAT, 1000000);
	ck_assert_int_eq(get_int(b, server, SOL_SOCKET, SO_RCVLOWAT), 4096);
	set_int(b, server, SOL_SOCKET, SO_RCVBUF, 2048);
	for (int i = 0; i < 300; i++) {
		ck_assert_int_eq(pyt_socket_send_space(a, client, &iov, 1), 1);
		pyt_socket_send_commit(a, client, iov.iov_len, 0, sim.now_us);
		pass(10 * MS);
		if (pyt_socket_ready(b, server) & PYT_READY_ENOUGH)
			return;
	}
	ck_abort_msg("what came is never shown");
}
END_TEST

START_TEST(the_buffer_grows_for_the_low_water_mark)
{
	int client = tcp(a), server = connected(client);

	set_int(b, server, SOL_SOCKET, SO_RCVLOWAT, 1000000);
	ck_assert_int_ge(get_int(b, server, SOL_SOCKET, SO_RCVBUF), 1000000);
	set_int(b, server, SOL_SOCKET, SO_RCVLOWAT, -1);
	ck_assert_int_eq(get_int(b, server, SOL_SOCKET, SO_RCVLOWAT),
			 6291456 / 2);
}
END_TEST

UNIT_MAIN_WITH("tcp sockets", set_up, tear_down,
	       less_than_the_low_water_mark_is_not_enough,
	       a_window_that_closes_counts_as_the_low_water_mark,
	       the_buffer_grows_for_the_low_water_mark,
	       a_connection_carries_bytes_both_ways, a_closed_port_refuses,
	       after_a_refusal_the_socket_may_try_again,
	       no_neighbour_is_no_route_to_host,
	       a_neighbour_that_answers_late_gets_one_syn,
	       closing_a_listener_resets_what_waits,
	       the_closer_waits_and_the_port_is_free_with_reuseaddr,
	       data_of_a_closed_socket_still_arrives,
	       lo_carries_a_connection_without_the_caller,
	       lo_carries_much_without_frames_of_the_caller,
	       time_wait_gives_way_to_a_new_connection,
	       listeners_of_a_group_share_connections,
	       disconnect_resets_and_frees_the_socket,
	       groups_and_strange_families_cannot_be_connected,
	       shutdown_of_a_listener_frees_its_port,
	       ten_thousand_idle_connections_are_small)
