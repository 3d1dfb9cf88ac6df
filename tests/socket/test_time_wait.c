#include "host.h"

#include "socket/socket_place.h"
#include "socket/socket_time_wait.h"

static int listener(struct pyt_stack *stack, const char *ip)
{
	int handle = tcp(stack);

	set_int(stack, handle, SOL_SOCKET, SO_REUSEADDR, 1);
	ck_assert_int_eq(bind_to(stack, handle, ip, 80), 0);
	ck_assert_int_eq(pyt_socket_listen(stack, handle, 512), 0);
	return handle;
}

/* One connection to b, which client closes first; client's port. */
static uint16_t leave_one(int server, int client)
{
	uint16_t port;
	int accepted;

	ck_assert_int_eq(connect_to(a, client, B_IP, 80), -EINPROGRESS);
	pass(5 * MS);
	accepted = pyt_socket_accept(b, server, sim.now_us);
	ck_assert_int_ge(accepted, 0);
	port = status_of(a, client).local.port;
	pyt_socket_close(a, client, sim.now_us);
	pass(5 * MS);
	pyt_socket_close(b, accepted, sim.now_us);
	pass(5 * MS);
	return port;
}

static uint32_t waiting(const struct pyt_stack *stack)
{
	return socket_time_wait_count(&stack->sockets);
}

START_TEST(a_connection_in_time_wait_takes_two_hundred_bytes)
{
	int server = listener(b, B_IP);
	size_t before;

	leave_one(server, tcp(a));
	before = sim.memory_len;
	for (int i = 0; i < 300; i++)
		leave_one(server, tcp(a));
	ck_assert_uint_eq(waiting(a), 301);
	ck_assert_int_eq(a->sockets.socket_count, 0);
	/* each has a port of its own here, which is a record too */
	ck_assert_uint_le((sim.memory_len - before) / 300,
			  200 + sizeof(struct socket_port) + 16 +
				  sizeof(struct socket_place) + 16);
}
END_TEST

START_TEST(what_waits_for_the_peers_fin_is_a_record_for_fin_timeout)
{
	int server = listener(b, B_IP), client = tcp(a), accepted;

	pyt_sysctl_set(a, "net.ipv4.tcp_fin_timeout", "20");
	leave_one(server, tcp(a)); /* ends after a minute */
	ck_assert_int_eq(connect_to(a, client, B_IP, 80), -EINPROGRESS);
	pass(5 * MS);
	accepted = pyt_socket_accept(b, server, sim.now_us);
	pyt_socket_close(a, client, sim.now_us);
	pass(5 * MS);
	ck_assert_int_eq(a->sockets.socket_count, 0);
	ck_assert_uint_eq(waiting(a), 2);
	pass(19 * SEC);
	ck_assert_uint_eq(waiting(a), 2);
	pass(SEC);
	ck_assert_uint_eq(waiting(a), 1);
	pyt_socket_close(b, accepted, sim.now_us);
}
END_TEST

START_TEST(it_ends_after_a_minute)
{
	int server = listener(b, B_IP);

	leave_one(server, tcp(a));
	ck_assert_uint_eq(waiting(a), 1);
	pass(59 * SEC);
	ck_assert_uint_eq(waiting(a), 1);
	pass(SEC);
	ck_assert_uint_eq(waiting(a), 0);
	ck_assert_uint_eq(counter(a, "TW"), 1);
	ck_assert_uint_eq(a->sockets.ports.count, 0);
}
END_TEST

START_TEST(there_are_no_more_of_them_than_max_tw_buckets)
{
	int server = listener(b, B_IP);

	pyt_sysctl_set(a, "net.ipv4.tcp_max_tw_buckets", "3");
	for (int i = 0; i < 5; i++)
		leave_one(server, tcp(a));
	ck_assert_uint_eq(waiting(a), 3);
	ck_assert_uint_eq(counter(a, "TCPTimeWaitOverflow"), 2);
	ck_assert_int_eq(a->sockets.socket_count, 0);
}
END_TEST

START_TEST(port_can_be_bound_again_with_reuse_addr_alone)
{
	int server = listener(b, B_IP), client = tcp(a);
	int again;

	set_int(a, client, SOL_SOCKET, SO_REUSEADDR, 1);
	ck_assert_int_eq(bind_to(a, client, A_IP, 5000), 0);
	leave_one(server, client);
	again = tcp(a);
	ck_assert_int_eq(bind_to(a, again, A_IP, 5000), -EADDRINUSE);
	set_int(a, again, SOL_SOCKET, SO_REUSEADDR, 1);
	ck_assert_int_eq(bind_to(a, again, A_IP, 5000), 0);
	ck_assert_int_eq(pyt_socket_listen(a, again, 1), 0);
}
END_TEST

/* From the port that was left, to the same server. */
static int connect_again(uint16_t port)
{
	int client = tcp(a);

	set_int(a, client, SOL_SOCKET, SO_REUSEADDR, 1);
	ck_assert_int_eq(bind_to(a, client, A_IP, port), 0);
	return connect_to(a, client, B_IP, 80);
}

START_TEST(same_addresses_are_not_connected_again)
{
	int server = listener(b, B_IP), client = tcp(a);

	set_int(a, client, SOL_SOCKET, SO_REUSEADDR, 1);
	ck_assert_int_eq(bind_to(a, client, A_IP, 5000), 0);
	leave_one(server, client);
	pass(2 * SEC);
	ck_assert_int_eq(connect_again(5000), -EADDRNOTAVAIL);
	ck_assert_uint_eq(waiting(a), 1);
}
END_TEST

START_TEST(tw_reuse_connects_them_again_after_a_second)
{
	int server = listener(b, B_IP), client = tcp(a);

	pyt_sysctl_set(a, "net.ipv4.tcp_tw_reuse", "1");
	set_int(a, client, SOL_SOCKET, SO_REUSEADDR, 1);
	ck_assert_int_eq(bind_to(a, client, A_IP, 5000), 0);
	leave_one(server, client);
	ck_assert_int_eq(connect_again(5000), -EADDRNOTAVAIL);
	pass(2 * SEC);
	ck_assert_int_eq(connect_again(5000), -EINPROGRESS);
	pass(5 * MS);
	ck_assert_int_ge(pyt_socket_accept(b, server, sim.now_us), 0);
	ck_assert_uint_eq(waiting(a), 0);
	ck_assert_uint_eq(counter(a, "TWRecycled"), 1);
}
END_TEST

/* Held by its program for most of its time, it becomes a record late. */
START_TEST(one_that_was_held_for_long_ends_before_those_that_came_earlier)
{
	int server = listener(b, B_IP), client = tcp(a), accepted;

	connect_to(a, client, B_IP, 80);
	pass(5 * MS);
	accepted = pyt_socket_accept(b, server, sim.now_us);
	pyt_socket_shutdown(a, client, SHUT_WR, sim.now_us);
	pass(5 * MS);
	pyt_socket_close(b, accepted, sim.now_us);
	pass(50 * SEC);
	for (int i = 0; i < 50; i++)
		leave_one(server, tcp(a));
	ck_assert_uint_eq(waiting(a), 50);
	pyt_socket_close(a, client, sim.now_us);
	ck_assert_uint_eq(waiting(a), 51);
	pass(11 * SEC);
	ck_assert_uint_eq(waiting(a), 50);
	pass(50 * SEC);
	ck_assert_uint_eq(waiting(a), 0);
}
END_TEST

/* As if its last ACK had been lost: the peer says its FIN again. */
START_TEST(fin_that_comes_again_is_answered)
{
	int server = listener(b, B_IP), client = tcp(a), accepted;
	int64_t ends_us;

	connect_to(a, client, B_IP, 80);
	pass(5 * MS);
	accepted = pyt_socket_accept(b, server, sim.now_us);
	pyt_socket_close(a, client, sim.now_us);
	pass(5 * MS);
	sim.host[0].link.loss = 1000000;
	pyt_socket_close(b, accepted, sim.now_us);
	pass(5 * MS);
	sim.host[0].link.loss = 0;
	ck_assert_uint_eq(waiting(a), 1);
	ck_assert_int_eq(b->sockets.socket_count, 2);
	ends_us = socket_time_wait_next_deadline(&a->sockets);
	pass(SEC);
	ck_assert_int_eq(b->sockets.socket_count, 1);
	ck_assert_int_gt(socket_time_wait_next_deadline(&a->sockets), ends_us);
}
END_TEST

UNIT_MAIN_WITH("time_wait", set_up, tear_down,
	       a_connection_in_time_wait_takes_two_hundred_bytes,
	       what_waits_for_the_peers_fin_is_a_record_for_fin_timeout,
	       it_ends_after_a_minute,
	       there_are_no_more_of_them_than_max_tw_buckets,
	       port_can_be_bound_again_with_reuse_addr_alone,
	       same_addresses_are_not_connected_again,
	       tw_reuse_connects_them_again_after_a_second,
	       one_that_was_held_for_long_ends_before_those_that_came_earlier,
	       fin_that_comes_again_is_answered)
