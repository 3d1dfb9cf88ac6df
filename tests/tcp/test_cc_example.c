#include "pair.h"
#include "unit.h"

#include <string.h>

/* docs/examples/aimd.c */
extern const struct pyt_cc_ops pyt_congestion_control;

static struct pair pair;
static struct pair_network network;

static void setup(void)
{
	network = (struct pair_network){ .delay_us = 20 * MS };
	pair_init(&pair, 1, &network);
	ck_assert_int_eq(tcp_congestion_control_add(pair.end[0].context,
						    &pyt_congestion_control),
			 0);
	ck_assert_int_eq(tcp_sysctl_set(pair.end[0].context,
					"net.ipv4.tcp_congestion_control",
					"aimd"),
			 0);
	tcp_destroy(pair.end[0].tcp);
	pair.end[0].tcp = tcp_create(pair.end[0].context, NULL);
	pair_connect(&pair);
}

static void tear_down(void)
{
	pair_clear(&pair);
}

START_TEST(it_is_the_standard_that_it_was_made)
{
	ck_assert_str_eq(pair.end[0].tcp->cc.ops->name, "aimd");
}
END_TEST

START_TEST(it_carries_bytes_and_gives_way_to_loss)
{
	struct tcp_connection *a = pair.end[0].tcp;

	pair_transfer(&pair, 0, 1000000, 100 * SEC);
	ck_assert_uint_gt(a->cc.cwnd, 20u * a->snd.mss);
	pair.network.loss_permille = 20;
	pair_transfer(&pair, 0, 2000000, 1000 * SEC);
	ck_assert_uint_lt(a->cc.ssthresh, PYT_CC_SSTHRESH_INFINITE);
}
END_TEST

START_TEST(a_loss_takes_a_quarter)
{
	struct pyt_cc cc = { .ops = &pyt_congestion_control,
			     .mss = 1000,
			     .cwnd = 40000 };

	tcp_cc_reduce(&cc, PYT_CC_LOSS, 0, 0);
	ck_assert_uint_eq(cc.ssthresh, 30000);
}
END_TEST

UNIT_MAIN_WITH("tcp_cc_example", setup, tear_down,
	       it_is_the_standard_that_it_was_made,
	       it_carries_bytes_and_gives_way_to_loss, a_loss_takes_a_quarter)
