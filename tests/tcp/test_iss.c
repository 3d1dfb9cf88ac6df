#include "unit.h"

#include "pair.h"
#include "tcp/tcp_iss.h"

#define TICK_US 4

static struct pair pair;
static const struct pair_network network = { .delay_us = MS };
static const struct pyt_sockaddr local = { .ip = { { [15] = 1 } }, .port = 80 };
static const struct pyt_sockaddr peer = { .ip = { { [15] = 2 } }, .port = 99 };

static struct tcp_iss made(int end, const struct pyt_sockaddr *a,
			   const struct pyt_sockaddr *b, int64_t now_us)
{
	return tcp_iss_make(pair.end[end].context, a, b, now_us);
}

START_TEST(of_one_connection_it_grows_with_the_clock_alone)
{
	struct tcp_iss first, later;

	pair_init(&pair, 1, &network);
	first = made(0, &local, &peer, 0);
	later = made(0, &local, &peer, 1000 * TICK_US);
	ck_assert_uint_eq(later.iss - first.iss, 1000);
	ck_assert_uint_eq(later.ts_offset, first.ts_offset);
	pair_clear(&pair);
}
END_TEST

START_TEST(each_part_of_the_four_tuple_counts)
{
	struct pyt_sockaddr other[2] = { local, peer };
	struct tcp_iss base;

	pair_init(&pair, 2, &network);
	base = made(0, &local, &peer, 0);
	other[0].port++;
	other[1].ip.bytes[0]++;
	ck_assert_uint_ne(made(0, &other[0], &peer, 0).iss, base.iss);
	ck_assert_uint_ne(made(0, &local, &other[1], 0).iss, base.iss);
	ck_assert_uint_ne(made(0, &peer, &local, 0).iss, base.iss);
	ck_assert_uint_ne(made(0, &other[0], &peer, 0).ts_offset,
			  base.ts_offset);
	pair_clear(&pair);
}
END_TEST

START_TEST(another_secret_gives_another_number)
{
	pair_init(&pair, 3, &network);
	pair.end[1].context->secret[0]++;
	tcp_iss_init(pair.end[1].context);
	ck_assert_uint_ne(made(0, &local, &peer, 0).iss,
			  made(1, &local, &peer, 0).iss);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_iss", of_one_connection_it_grows_with_the_clock_alone,
	  each_part_of_the_four_tuple_counts,
	  another_secret_gives_another_number)
