#include "unit.h"

#include <string.h>
#include <sys/socket.h>

#include "pair.h"

#define KB 1024ull
#define MB (1024 * KB)

static struct pair pair;

static void transfer(uint64_t seed, const struct pair_network *network,
		     uint64_t len, int64_t limit_us)
{
	pair_init(&pair, seed, network);
	pair_connect(&pair);
	pair_transfer(&pair, 0, len, limit_us);
	pair_transfer(&pair, 1, len, limit_us);
	pair_clear(&pair);
}

START_TEST(a_clean_path_carries_bytes_both_ways)
{
	struct pair_network network = { .delay_us = 5 * MS };

	transfer(1, &network, 4 * MB, 10 * SEC);
}
END_TEST

START_TEST(super_segments_carry_the_same_bytes)
{
	struct pair_network network = { .delay_us = 100,
					.gso_max_len = 65000,
					.merges = true };

	transfer(2, &network, 32 * MB, 10 * SEC);
}
END_TEST

START_TEST(losses_up_to_thirty_percent_end_with_the_right_bytes)
{
	for (unsigned loss = 10; loss <= 300; loss += 58) {
		struct pair_network network = { .delay_us = 5 * MS,
						.jitter_us = 2 * MS,
						.loss_permille = loss,
						.duplicate_permille = 10,
						.reorder_permille = 20,
						.gso_max_len = 65000 };

		transfer(loss, &network, 2 * MB, 4000 * SEC);
	}
}
END_TEST

START_TEST(an_old_peer_without_options_gets_its_bytes_too)
{
	struct pair_network network = { .delay_us = 5 * MS,
					.loss_permille = 30 };

	pair_init(&pair, 7, &network);
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_sack", "0");
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_timestamps", "0");
	tcp_sysctl_set(pair.end[0].context, "net.ipv4.tcp_window_scaling", "0");
	pair_connect(&pair);
	ck_assert(!pair.end[1].tcp->sack_ok);
	ck_assert(!pair.end[1].tcp->ts_ok);
	pair_transfer(&pair, 0, MB, 2000 * SEC);
	pair_transfer(&pair, 1, MB, 2000 * SEC);
	pair_clear(&pair);
}
END_TEST

START_TEST(both_ends_close_and_give_all_memory_back)
{
	struct pair_network network = { .delay_us = 5 * MS,
					.loss_permille = 100 };
	int64_t limit_us;

	for (uint64_t seed = 0; seed < 20; seed++) {
		pair_init(&pair, seed, &network);
		pair_connect(&pair);
		pair_transfer(&pair, 0, 100 * KB, 1000 * SEC);
		tcp_close(pair.end[0].tcp, pair.now_us);
		limit_us = pair.now_us + 1000 * SEC;
		while (!(tcp_ready(pair.end[1].tcp) & PYT_READY_READ_END))
			ck_assert(pair_step(&pair, limit_us));
		tcp_close(pair.end[1].tcp, pair.now_us);
		while (tcp_state(pair.end[0].tcp) != TCP_STATE_CLOSED ||
		       tcp_state(pair.end[1].tcp) != TCP_STATE_CLOSED)
			ck_assert(pair_step(&pair, limit_us));
		ck_assert_int_eq(tcp_error(pair.end[0].tcp), 0);
		ck_assert_int_eq(tcp_error(pair.end[1].tcp), 0);
		pair_clear(&pair);
	}
}
END_TEST

UNIT_MAIN("tcp_transfer", a_clean_path_carries_bytes_both_ways,
	  super_segments_carry_the_same_bytes,
	  losses_up_to_thirty_percent_end_with_the_right_bytes,
	  an_old_peer_without_options_gets_its_bytes_too,
	  both_ends_close_and_give_all_memory_back)
