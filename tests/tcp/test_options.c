#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "pair.h"
#include "tcp/tcp_iss.h"

static struct pair pair;
static const struct pair_network network = { .delay_us = 5 * MS };

static int set(int level, int name, int value)
{
	return tcp_set_option(pair.end[0].tcp, level, name, &value,
			      sizeof(value), pair.now_us);
}

static int get(int level, int name)
{
	int value = -1;

	ck_assert_int_eq(tcp_get_option(pair.end[0].tcp, level, name, &value,
					sizeof(value), pair.now_us),
			 sizeof(value));
	return value;
}

START_TEST(defaults_are_those_of_linux)
{
	pair_init(&pair, 1, &network);
	ck_assert_int_eq(get(IPPROTO_TCP, TCP_NODELAY), 0);
	ck_assert_int_eq(get(IPPROTO_TCP, TCP_KEEPIDLE), 7200);
	ck_assert_int_eq(get(IPPROTO_TCP, TCP_KEEPINTVL), 75);
	ck_assert_int_eq(get(IPPROTO_TCP, TCP_KEEPCNT), 9);
	ck_assert_int_eq(get(IPPROTO_TCP, TCP_SYNCNT), 6);
	ck_assert_int_eq(get(IPPROTO_TCP, TCP_LINGER2), 60);
	ck_assert_int_eq(get(IPPROTO_TCP, TCP_MAXSEG), 536);
	ck_assert_int_eq(get(SOL_SOCKET, SO_RCVBUF), 131072);
	pair_clear(&pair);
}
END_TEST

START_TEST(buffer_sizes_are_doubled_and_bounded)
{
	pair_init(&pair, 2, &network);
	ck_assert_int_eq(set(SOL_SOCKET, SO_RCVBUF, 10000), 0);
	ck_assert_int_eq(get(SOL_SOCKET, SO_RCVBUF), 20000);
	set(SOL_SOCKET, SO_SNDBUF, 100000000);
	ck_assert_int_eq(get(SOL_SOCKET, SO_SNDBUF), 425984);
	set(SOL_SOCKET, SO_SNDBUF, 1);
	ck_assert_int_eq(get(SOL_SOCKET, SO_SNDBUF), 4608);
	pair_clear(&pair);
}
END_TEST

START_TEST(values_out_of_range_are_refused)
{
	pair_init(&pair, 3, &network);
	ck_assert_int_eq(set(IPPROTO_TCP, TCP_KEEPCNT, 128), -EINVAL);
	ck_assert_int_eq(set(IPPROTO_TCP, TCP_KEEPIDLE, 0), -EINVAL);
	ck_assert_int_eq(set(IPPROTO_TCP, TCP_MAXSEG, 87), -EINVAL);
	ck_assert_int_eq(set(IPPROTO_TCP, 999, 1), -ENOPROTOOPT);
	ck_assert_int_eq(set(IPPROTO_IP, 1, 1), -ENOPROTOOPT);
	ck_assert_int_eq(tcp_set_option(pair.end[0].tcp, IPPROTO_TCP,
					TCP_NODELAY, "", 1, 0),
			 -EINVAL);
	pair_clear(&pair);
}
END_TEST

START_TEST(congestion_control_is_chosen_by_name)
{
	char name[PYT_CC_NAME_MAX] = "";

	pair_init(&pair, 4, &network);
	ck_assert_int_eq(tcp_set_option(pair.end[0].tcp, IPPROTO_TCP,
					TCP_CONGESTION, "vegas", 5, 0),
			 -ENOENT);
	ck_assert_int_eq(tcp_set_option(pair.end[0].tcp, IPPROTO_TCP,
					TCP_CONGESTION, "reno", 4, 0),
			 0);
	tcp_get_option(pair.end[0].tcp, IPPROTO_TCP, TCP_CONGESTION, name,
		       sizeof(name), 0);
	ck_assert_str_eq(name, "reno");
	pair_connect(&pair);
	pair_transfer(&pair, 0, 200000, 60 * SEC);
	pair_clear(&pair);
}
END_TEST

START_TEST(tcp_info_tells_what_happened)
{
	struct tcp_info info;

	pair_init(&pair, 5, &network);
	pair_connect(&pair);
	pair_transfer(&pair, 0, 200000, 60 * SEC);
	pair_run(&pair, pair.now_us + SEC);
	tcp_info(pair.end[0].tcp, &info, pair.now_us);
	ck_assert_uint_eq(info.tcpi_state, TCP_STATE_ESTABLISHED);
	ck_assert_uint_eq(info.tcpi_bytes_acked, 200001); /* and the SYN */
	ck_assert_uint_eq(info.tcpi_snd_mss, 1448);
	ck_assert_uint_ge(info.tcpi_rtt, 10000);
	ck_assert_uint_eq(info.tcpi_unacked, 0);
	ck_assert_uint_ge(info.tcpi_snd_cwnd, 10);
	tcp_info(pair.end[1].tcp, &info, pair.now_us);
	ck_assert_uint_eq(info.tcpi_bytes_received, 200000);
	pair_clear(&pair);
}
END_TEST

START_TEST(sysctls_have_linux_names)
{
	struct tcp_context *context;
	char text[64];

	pair_init(&pair, 6, &network);
	context = pair.end[0].context;
	tcp_sysctl_get(context, "net.ipv4.tcp_rmem", text, sizeof(text));
	ck_assert_str_eq(text, "4096\t131072\t6291456");
	ck_assert_int_eq(tcp_sysctl_set(context, "net.ipv4.tcp_rmem", "1 2 3"),
			 0);
	ck_assert_int_eq(tcp_sysctl_set(context, "net.ipv4.tcp_rmem", "1 2"),
			 -EINVAL);
	ck_assert_int_eq(tcp_sysctl_set(context, "net.ipv4.tcp_sack", "7"),
			 -ERANGE);
	ck_assert_int_eq(tcp_sysctl_set(context, "net.ipv4.tcp_sack", "1x"),
			 -EINVAL);
	ck_assert_int_eq(tcp_sysctl_set(context, "net.ipv4.ip_forward", "1"),
			 -ENOENT);
	ck_assert_int_eq(tcp_sysctl_set(context,
					"net.ipv4.tcp_congestion_control",
					"none"),
			 -EINVAL);
	pair_clear(&pair);
}
END_TEST

START_TEST(initial_numbers_depend_on_the_whole_address)
{
	struct pyt_sockaddr a = { .port = 1 }, b = { .port = 2 };
	struct tcp_iss one, two;

	pair_init(&pair, 7, &network);
	one = tcp_iss_make(pair.end[0].context, &a, &b, 0);
	two = tcp_iss_make(pair.end[0].context, &a, &b, 4000);
	ck_assert_uint_eq(two.iss - one.iss, 1000);
	ck_assert_uint_eq(two.ts_offset, one.ts_offset);
	b.port = 3;
	two = tcp_iss_make(pair.end[0].context, &a, &b, 0);
	ck_assert_uint_ne(two.iss, one.iss);
	ck_assert_uint_ne(two.ts_offset, one.ts_offset);
	two = tcp_iss_make(pair.end[1].context, &a, &b, 0);
	ck_assert_uint_ne(two.iss, one.iss);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_options", defaults_are_those_of_linux,
	  buffer_sizes_are_doubled_and_bounded, values_out_of_range_are_refused,
	  congestion_control_is_chosen_by_name, tcp_info_tells_what_happened,
	  sysctls_have_linux_names, initial_numbers_depend_on_the_whole_address)
