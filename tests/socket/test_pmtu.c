/* Whole stacks over a hop that carries less than they think. */
#include "host.h"

#define HOP_MTU 1100
#define HEADERS 52 /* IP, TCP, timestamps */
#define LEN 300000

static int client, server;

static void connect_over(bool is_silent, const char *probing)
{
	int listener = tcp(b);

	for (int i = 0; i < 2; i++) {
		sim.host[i].link.mtu = HOP_MTU;
		sim.host[i].link.is_silent = is_silent;
		ck_assert_int_eq(pyt_sysctl_set(sim.host[i].stack,
						"net.ipv4.tcp_mtu_probing",
						probing),
				 0);
	}
	client = tcp(a);
	ck_assert_int_eq(bind_to(b, listener, "0.0.0.0", 80), 0);
	ck_assert_int_eq(pyt_socket_listen(b, listener, 5), 0);
	ck_assert_int_eq(connect_to(a, client, B_IP, 80), -EINPROGRESS);
	pass(10 * MS);
	server = pyt_socket_accept(b, listener, sim.now_us);
	ck_assert_int_ge(server, 0);
}

static size_t write_some(size_t left)
{
	struct iovec iov;
	size_t len;

	if (pyt_socket_send_space(a, client, &iov, 1) != 1)
		return 0;
	len = iov.iov_len < left ? iov.iov_len : left;
	memset(iov.iov_base, 'x', len);
	pyt_socket_send_commit(a, client, len, 0, sim.now_us);
	return len;
}

static size_t read_some(void)
{
	struct iovec iov;

	if (pyt_socket_recv_view(b, server, &iov, 1) != 1)
		return 0;
	pyt_socket_recv_consume(b, server, iov.iov_len, sim.now_us);
	return iov.iov_len;
}

static int64_t transfer(void)
{
	int64_t start_us = sim.now_us;
	size_t written = 0, got = 0, len;

	while (got < LEN) {
		while ((len = write_some(LEN - written)) > 0)
			written += len;
		pass(1 * MS);
		while ((len = read_some()) > 0)
			got += len;
		ck_assert_int_lt(sim.now_us - start_us, 60 * SEC);
	}
	return sim.now_us - start_us;
}

static int mtu(void)
{
	return get_int(a, client, IPPROTO_TCP, TCP_MAXSEG) + HEADERS;
}

START_TEST(a_hop_that_tells_is_obeyed_without_a_timeout)
{
	connect_over(false, "0");
	ck_assert_int_lt(transfer(), 190 * MS);
	ck_assert_int_eq(mtu(), HOP_MTU);
	ck_assert_uint_eq(counter(a, "TCPTimeouts"), 0);
}
END_TEST

START_TEST(a_silent_hop_is_found_once_data_times_out)
{
	connect_over(true, "1");
	transfer();
	ck_assert_int_le(mtu(), HOP_MTU);
	ck_assert_int_gt(mtu(), HOP_MTU - 30);
}
END_TEST

START_TEST(a_silent_hop_is_found_by_probes_without_a_timeout)
{
	connect_over(true, "2");
	ck_assert_int_lt(transfer(), 500 * MS);
	ck_assert_int_gt(mtu(), HOP_MTU - 30);
	ck_assert_uint_eq(counter(a, "TCPTimeouts"), 0);
	ck_assert_uint_ge(counter(a, "TCPMTUPFail"), 1);
}
END_TEST

UNIT_MAIN_WITH("pmtu", set_up, tear_down,
	       a_hop_that_tells_is_obeyed_without_a_timeout,
	       a_silent_hop_is_found_once_data_times_out,
	       a_silent_hop_is_found_by_probes_without_a_timeout)
