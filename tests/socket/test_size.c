#include "host.h"

static uint64_t size_of(struct pyt_stack *stack, const char *wanted)
{
	struct pyt_size size[PYT_SIZES_MAX];
	int count = pyt_sizes_get(stack, size);

	for (int i = 0; i < count; i++)
		if (strcmp(size[i].name, wanted) == 0)
			return size[i].value;
	ck_abort_msg("no size %s", wanted);
	return 0;
}

static int listener(struct pyt_stack *stack, uint16_t port)
{
	int handle = tcp(stack);

	ck_assert_int_eq(bind_to(stack, handle, B_IP, port), 0);
	ck_assert_int_eq(pyt_socket_listen(stack, handle, 8), 0);
	return handle;
}

static void write_bytes(struct pyt_stack *stack, int handle, size_t len)
{
	struct iovec iov[4];

	ck_assert_int_gt(pyt_socket_send_space(stack, handle, iov, 4), 0);
	ck_assert_uint_ge(iov[0].iov_len, len);
	memset(iov[0].iov_base, 'x', len);
	pyt_socket_send_commit(stack, handle, len, 0, sim.now_us);
}

START_TEST(every_socket_is_counted_under_its_state)
{
	int client = tcp(a);

	listener(b, 80);
	ck_assert_uint_eq(size_of(b, "tcp_listen"), 1);
	ck_assert_uint_eq(size_of(a, "tcp_closed"), 1);
	ck_assert_int_eq(connect_to(a, client, B_IP, 80), -EINPROGRESS);
	ck_assert_uint_eq(size_of(a, "tcp_syn_sent"), 1);
	pass(10 * 1000);
	ck_assert_uint_eq(size_of(a, "tcp_established"), 1);
	ck_assert_uint_eq(size_of(b, "tcp_established"), 1);
	ck_assert_uint_eq(size_of(b, "tcp_half_open"), 0);
	ck_assert_uint_eq(size_of(a, "neighbours"), 1);
	udp(a);
	ck_assert_uint_eq(size_of(a, "datagram_sockets"), 1);
	ck_assert_uint_eq(size_of(a, "socket_handles"), 2);
}
END_TEST

START_TEST(a_connection_that_was_closed_is_counted_until_time_wait_ends)
{
	int client = tcp(a), server = listener(b, 80), accepted;

	connect_to(a, client, B_IP, 80);
	pass(10 * 1000);
	accepted = pyt_socket_accept(b, server, sim.now_us);
	ck_assert_int_ge(accepted, 0);
	pyt_socket_close(a, client, sim.now_us);
	pass(10 * 1000);
	ck_assert_uint_eq(size_of(a, "tcp_orphans"), 0); /* as Linux: small */
	ck_assert_uint_eq(size_of(a, "tcp_fin_wait_2"), 1);
	ck_assert_uint_eq(size_of(a, "tcp_time_wait"), 0);
	ck_assert_uint_eq(size_of(b, "tcp_close_wait"), 1);
	pyt_socket_close(b, accepted, sim.now_us);
	pass(10 * 1000);
	ck_assert_uint_eq(size_of(a, "tcp_time_wait"), 1);
	ck_assert_uint_eq(size_of(b, "sockets"), 1);
	pass(61 * 1000000);
	ck_assert_uint_eq(size_of(a, "tcp_time_wait"), 0);
	ck_assert_uint_eq(size_of(a, "sockets"), 0);
	ck_assert_uint_eq(size_of(a, "socket_flows"), 0);
}
END_TEST

START_TEST(bytes_that_nobody_has_taken_are_counted)
{
	int client = tcp(a), server = listener(b, 80), receiver = udp(b);
	int sender = udp(a);

	connect_to(a, client, B_IP, 80);
	ck_assert_int_eq(bind_to(b, receiver, B_IP, 9), 0);
	pass(10 * 1000);
	ck_assert_int_ge(pyt_socket_accept(b, server, sim.now_us), 0);
	write_bytes(a, client, 1000);
	ck_assert_uint_eq(size_of(a, "tcp_send_bytes"), 1000);
	ck_assert_int_eq(send_to(a, sender, B_IP, 9, "datagram"), 8);
	pass(100 * 1000);
	ck_assert_uint_eq(size_of(a, "tcp_send_bytes"), 0);
	ck_assert_uint_eq(size_of(b, "tcp_receive_bytes"), 1000);
	ck_assert_uint_ge(size_of(b, "datagram_bytes"), 8);
	received(b, receiver, NULL);
	ck_assert_uint_eq(size_of(b, "datagram_bytes"), 0);
}
END_TEST

UNIT_MAIN_WITH("sizes", set_up, tear_down,
	       every_socket_is_counted_under_its_state,
	       a_connection_that_was_closed_is_counted_until_time_wait_ends,
	       bytes_that_nobody_has_taken_are_counted)
