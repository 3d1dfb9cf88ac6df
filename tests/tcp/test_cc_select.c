#include "pair.h"
#include "unit.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <netinet/in.h>
#include <string.h>

static struct pair pair;
static struct pair_network network;

static void setup(void)
{
	network = (struct pair_network){ .delay_us = 5 * MS };
	pair_init(&pair, 1, &network);
}

static void tear_down(void)
{
	pair_clear(&pair);
}

static int choose(struct tcp_connection *tcp, const char *name)
{
	return tcp_set_option(tcp, IPPROTO_TCP, TCP_CONGESTION, name,
			      (uint32_t)strlen(name), pair.now_us);
}

static const char *chosen(struct tcp_connection *tcp)
{
	static char name[64];

	memset(name, 'x', sizeof(name));
	ck_assert_int_eq(tcp_get_option(tcp, IPPROTO_TCP, TCP_CONGESTION, name,
					sizeof(name), pair.now_us),
			 PYT_CC_NAME_MAX);
	return name;
}

static int set(const char *name, const char *value)
{
	return tcp_sysctl_set(pair.end[0].context, name, value);
}

static const char *get(const char *name)
{
	static char text[256];

	ck_assert_int_ge(
		tcp_sysctl_get(pair.end[0].context, name, text, sizeof(text)),
		0);
	return text;
}

#define STANDARD "net.ipv4.tcp_congestion_control"
#define AVAILABLE "net.ipv4.tcp_available_congestion_control"
#define ALLOWED "net.ipv4.tcp_allowed_congestion_control"

START_TEST(cubic_is_the_standard)
{
	ck_assert_str_eq(get(STANDARD), "cubic");
	ck_assert_str_eq(chosen(pair.end[0].tcp), "cubic");
	ck_assert_str_eq(get(AVAILABLE), "reno cubic dctcp bbr");
}
END_TEST

START_TEST(the_sysctl_is_for_new_connections)
{
	struct tcp_connection *tcp;

	ck_assert_int_eq(set(STANDARD, " bbr\n"), 0);
	ck_assert_str_eq(chosen(pair.end[0].tcp), "cubic");
	tcp = tcp_create(pair.end[0].context, NULL);
	ck_assert_str_eq(chosen(tcp), "bbr");
	tcp_destroy(tcp);
	ck_assert_int_eq(set(STANDARD, "vegas"), -EINVAL);
	ck_assert_int_eq(set(STANDARD, "reno cubic"), -EINVAL);
	ck_assert_str_eq(get(STANDARD), "bbr");
}
END_TEST

START_TEST(what_is_not_allowed_cannot_be_chosen)
{
	ck_assert_int_eq(set(ALLOWED, "reno dctcp"), 0);
	ck_assert_str_eq(get(ALLOWED), "reno dctcp");
	ck_assert_int_eq(choose(pair.end[0].tcp, "bbr"), -EPERM);
	ck_assert_int_eq(choose(pair.end[0].tcp, "reno"), 0);
	ck_assert_int_eq(choose(pair.end[0].tcp, "vegas"), -ENOENT);
	ck_assert_int_eq(set(ALLOWED, "reno vegas"), -EINVAL);
	ck_assert_str_eq(get(ALLOWED), "reno dctcp");
	/* the standard is always allowed */
	ck_assert_int_eq(set(STANDARD, "bbr"), 0);
	ck_assert_int_eq(choose(pair.end[0].tcp, "bbr"), 0);
}
END_TEST

START_TEST(a_live_connection_takes_another_and_keeps_its_windows)
{
	struct tcp_connection *a;
	uint32_t cwnd;

	pair_connect(&pair);
	a = pair.end[0].tcp;
	pair_transfer(&pair, 0, 500000, 10 * SEC);
	cwnd = a->cc.cwnd;
	ck_assert_int_eq(choose(a, "reno"), 0);
	ck_assert_ptr_eq(a->cc.ops, &tcp_reno);
	ck_assert_uint_eq(a->cc.cwnd, cwnd);
	pair_transfer(&pair, 0, 500000, 10 * SEC);
	ck_assert_int_eq(choose(a, "bbr"), 0);
	pair_transfer(&pair, 0, 500000, 10 * SEC);
	ck_assert_int_eq(choose(a, "cubic"), 0);
	pair_transfer(&pair, 0, 500000, 10 * SEC);
}
END_TEST

START_TEST(children_inherit_a_listeners)
{
	struct tcp_connection *prototype;

	set(STANDARD, "reno");
	tcp_sysctl_set(pair.end[1].context, STANDARD, "dctcp");
	pair_connect(&pair);
	prototype = pair.end[1].engine.log_context;
	ck_assert_str_eq(chosen(prototype), "dctcp");
	ck_assert_str_eq(chosen(pair.end[1].tcp), "dctcp");
	ck_assert_ptr_eq(pair.end[1].tcp->cc.ops, &tcp_dctcp);
}
END_TEST

static const char *const names[] = { "reno", "cubic", "dctcp", "bbr" };

/* Loss, reordering, duplicates, jitter, a slow wire with a short queue. */
static void bad_path(uint64_t seed)
{
	network = (struct pair_network){ .delay_us = 5 * MS,
					 .jitter_us = seed % 3 * MS + 1,
					 .loss_permille = seed % 7 * 10,
					 .reorder_permille = seed % 5 * 10,
					 .duplicate_permille = seed % 2 * 10,
					 .rate = 1250000,
					 .queue_len = 15000 };
	if (seed % 4 == 0)
		network.gso_max_len = 64000;
	pair_init(&pair, seed, &network);
	pair_connect(&pair);
}

START_TEST(every_control_brings_the_bytes_across_bad_paths)
{
	tear_down();
	for (uint64_t seed = 1; seed <= 40; seed++) {
		bad_path(seed);
		for (int i = 0; i < 4; i++) {
			const char *name = names[(seed + (unsigned)i) % 4];

			ck_assert_int_eq(choose(pair.end[0].tcp, name), 0);
			pair_transfer(&pair, 0, 100000, 1000 * SEC);
		}
		tear_down();
	}
	setup();
}
END_TEST

START_TEST(cc_info_is_linuxs_union)
{
	struct tcp_connection *a;
	union tcp_cc_info info;

	pair_connect(&pair);
	a = pair.end[0].tcp;
	ck_assert_int_eq(tcp_get_option(a, IPPROTO_TCP, TCP_CC_INFO, &info,
					sizeof(info), 0),
			 0); /* CUBIC tells nothing */
	choose(a, "dctcp");
	ck_assert_int_eq(tcp_get_option(a, IPPROTO_TCP, TCP_CC_INFO, &info,
					sizeof(info), 0),
			 sizeof(info.dctcp));
	ck_assert_uint_eq(info.dctcp.dctcp_alpha, 1024);
	choose(a, "bbr");
	ck_assert_int_eq(tcp_get_option(a, IPPROTO_TCP, TCP_CC_INFO, &info,
					sizeof(info), 0),
			 sizeof(info.bbr));
	ck_assert_uint_eq(info.bbr.bbr_pacing_gain, 739);
	ck_assert_int_eq(
		tcp_get_option(a, IPPROTO_TCP, TCP_CC_INFO, &info, 4, 0), 4);
}
END_TEST

START_TEST(dctcp_brings_ecn_with_it)
{
	union tcp_cc_info info;

	choose(pair.end[0].tcp, "dctcp");
	tcp_sysctl_set(pair.end[1].context, STANDARD, "dctcp");
	pair_connect(&pair);
	pair_transfer(&pair, 0, 10000, 10 * SEC);
	tcp_get_option(pair.end[0].tcp, IPPROTO_TCP, TCP_CC_INFO, &info,
		       sizeof(info), 0);
	ck_assert_uint_eq(info.dctcp.dctcp_enabled, 1);
}
END_TEST

static unsigned released;

static void count_release(struct pyt_cc *cc)
{
	(void)cc;
	released++;
}

START_TEST(an_added_control_is_chosen_and_released)
{
	struct pyt_cc_ops ops = tcp_reno;
	struct tcp_context *context = pair.end[0].context;

	ops.name = "mine";
	ops.release = count_release;
	ck_assert_int_eq(tcp_cc_add(&context->cc_added, context->engine, &ops),
			 0);
	ck_assert_int_eq(choose(pair.end[0].tcp, "mine"), 0);
	pair_connect(&pair);
	pair_transfer(&pair, 0, 500000, 10 * SEC);
	ck_assert_uint_eq(released, 0);
	choose(pair.end[0].tcp, "cubic");
	ck_assert_uint_eq(released, 1);
	choose(pair.end[0].tcp, "mine");
	tcp_destroy(pair.end[0].tcp);
	pair.end[0].tcp = NULL;
	ck_assert_uint_eq(released, 2);
}
END_TEST

UNIT_MAIN_WITH("tcp_cc_select", setup, tear_down, cubic_is_the_standard,
	       the_sysctl_is_for_new_connections,
	       what_is_not_allowed_cannot_be_chosen,
	       a_live_connection_takes_another_and_keeps_its_windows,
	       children_inherit_a_listeners,
	       every_control_brings_the_bytes_across_bad_paths,
	       cc_info_is_linuxs_union, dctcp_brings_ecn_with_it,
	       an_added_control_is_chosen_and_released)
