#include "host.h"

/* Enough for handshakes, and short against any timer. */
#define A_WHILE (10 * MS)

static void enable(void)
{
	ck_assert_int_eq(pyt_sysctl_set(a, "net.ipv4.tcp_fastopen", "3"), 0);
	ck_assert_int_eq(pyt_sysctl_set(b, "net.ipv4.tcp_fastopen", "3"), 0);
}

static int listener(void)
{
	int handle = tcp(b);

	enable();
	ck_assert_int_eq(bind_to(b, handle, B_IP, 80), 0);
	ck_assert_int_eq(set_int(b, handle, IPPROTO_TCP, TCP_FASTOPEN, 5), 0);
	ck_assert_int_eq(pyt_socket_listen(b, handle, 8), 0);
	return handle;
}

static int dial(int handle)
{
	struct pyt_sockaddr to = at(B_IP, 80);

	return pyt_socket_connect_fast(a, handle, &to, sim.now_us);
}

static void write_text(struct pyt_stack *stack, int handle, const char *text)
{
	struct iovec iov[4];
	size_t len = strlen(text);

	ck_assert_int_gt(pyt_socket_send_space(stack, handle, iov, 4), 0);
	ck_assert_uint_ge(iov[0].iov_len, len);
	memcpy(iov[0].iov_base, text, len);
	pyt_socket_send_commit(stack, handle, len, 0, sim.now_us);
}

static void learn(int server)
{
	int handle = tcp(a);

	ck_assert_int_eq(dial(handle), -EINPROGRESS);
	pass(A_WHILE);
	ck_assert_int_ge(pyt_socket_accept(b, server, sim.now_us), 0);
}

START_TEST(question_and_answer_take_one_round_trip)
{
	int server = listener(), client, child;
	struct iovec iov[4];
	int64_t start_us;

	learn(server);
	client = tcp(a);
	ck_assert_int_eq(dial(client), 0);
	start_us = sim.now_us;
	write_text(a, client, "question");
	pass(110);
	child = pyt_socket_accept(b, server, sim.now_us);
	ck_assert_int_ge(child, 0);
	ck_assert_int_eq(pyt_socket_recv_view(b, child, iov, 4), 1);
	ck_assert_uint_eq(iov[0].iov_len, 8);
	write_text(b, child, "answer");
	pass(110);
	ck_assert_int_lt(sim.now_us - start_us, 300);
	ck_assert_int_eq(pyt_socket_recv_view(a, client, iov, 4), 1);
	ck_assert_uint_eq(iov[0].iov_len, 6);
}
END_TEST

START_TEST(nobody_listens_is_told_after_the_write)
{
	int server = listener(), client;

	learn(server);
	pyt_socket_close(b, server, sim.now_us);
	client = tcp(a);
	ck_assert_int_eq(dial(client), 0);
	write_text(a, client, "question");
	pass(A_WHILE);
	ck_assert_int_eq(pyt_socket_take_error(a, client), ECONNREFUSED);
}
END_TEST

START_TEST(unaccepted_child_is_reset_with_its_listener)
{
	int server = listener(), client;

	learn(server);
	client = tcp(a);
	dial(client);
	write_text(a, client, "question");
	pass(110);
	pyt_socket_close(b, server, sim.now_us);
	pass(A_WHILE);
	ck_assert_int_eq(pyt_socket_take_error(a, client), ECONNRESET);
}
END_TEST

START_TEST(connected_socket_is_not_opened_again)
{
	int server = listener(), client = tcp(a);

	ck_assert_int_eq(dial(client), -EINPROGRESS);
	ck_assert_int_eq(dial(client), -EALREADY);
	pass(A_WHILE);
	ck_assert_int_eq(dial(client), -EISCONN);
	ck_assert_int_ge(pyt_socket_accept(b, server, sim.now_us), 0);
	ck_assert_int_eq(dial(udp(a)), -EOPNOTSUPP);
}
END_TEST

UNIT_MAIN_WITH("fastopen", set_up, tear_down,
	       question_and_answer_take_one_round_trip,
	       nobody_listens_is_told_after_the_write,
	       unaccepted_child_is_reset_with_its_listener,
	       connected_socket_is_not_opened_again)
