#include "control.h"

#include <errno.h>
#include <string.h>

#include "base/engine.h"

static struct engine engine;
static struct tcp_cc_added added;
static size_t allocated;

static void *take(void *context, size_t len)
{
	allocated += len;
	return calloc(1, len);
}

static void give(void *context, void *memory, size_t len)
{
	allocated -= len;
	free(memory);
}

static void setup(void)
{
	engine.allocator = (struct pyt_allocator){ take, give, NULL };
}

static void tear_down(void)
{
	tcp_cc_clear(&added, &engine);
	ck_assert_uint_eq(allocated, 0);
}

static uint32_t mad_ssthresh(struct pyt_cc *cc, enum pyt_cc_cause cause,
			     int64_t now_us)
{
	return 0;
}

static void mad_on_ack(struct pyt_cc *cc, const struct pyt_cc_ack *ack,
		       int64_t now_us)
{
	cc->cwnd = 1;
}

static void mad_release(struct pyt_cc *cc)
{
	cc->state[0]++;
}

static struct pyt_cc_ops mad(void)
{
	return (struct pyt_cc_ops){ .version = PYT_CC_VERSION,
				    .size = sizeof(struct pyt_cc_ops),
				    .name = "mad",
				    .ssthresh = mad_ssthresh,
				    .on_ack = mad_on_ack,
				    .release = mad_release };
}

/* On 64-bit machines; who breaks this makes a new version. */
START_TEST(the_layout_of_version_two_does_not_move)
{
	ck_assert_int_eq(PYT_CC_VERSION, 2);
	ck_assert_uint_eq(offsetof(struct pyt_cc_ops, name), 8);
	ck_assert_uint_eq(offsetof(struct pyt_cc_ops, init), 24);
	ck_assert_uint_eq(offsetof(struct pyt_cc_ops, ssthresh), 40);
	ck_assert_uint_eq(offsetof(struct pyt_cc_ops, get_info), 80);
	ck_assert_uint_eq(offsetof(struct pyt_cc, cwnd), 8);
	ck_assert_uint_eq(offsetof(struct pyt_cc, has_ecn), 32);
	ck_assert_uint_eq(offsetof(struct pyt_cc, pacing_rate), 40);
	ck_assert_uint_eq(offsetof(struct pyt_cc, state), 48);
	ck_assert_uint_eq(sizeof(struct pyt_cc), 176);
	ck_assert_uint_eq(offsetof(struct pyt_cc_ack, rtt_us), 20);
	ck_assert_uint_eq(offsetof(struct pyt_cc_ack, after_timeout), 27);
	ck_assert_uint_eq(offsetof(struct pyt_cc_ack, rate), 32);
	ck_assert_uint_eq(sizeof(struct pyt_cc_ack), 64);
}
END_TEST

START_TEST(names_are_found)
{
	ck_assert_ptr_eq(tcp_cc_find(&added, "cubic"), &tcp_cubic);
	ck_assert_ptr_eq(tcp_cc_find(&added, "reno"), &tcp_reno);
	ck_assert_ptr_null(tcp_cc_find(&added, "vegas"));
}
END_TEST

START_TEST(an_added_control_is_found_and_listed)
{
	struct pyt_cc_ops ops = mad();
	char names[256];
	int len;

	ck_assert_int_eq(tcp_cc_add(&added, &engine, &ops), 0);
	ck_assert_ptr_nonnull(tcp_cc_find(&added, "mad"));
	len = tcp_cc_names(&added, false, names, sizeof(names));
	ck_assert_int_eq(len, (int)strlen(names));
	ck_assert_ptr_nonnull(strstr(names, "reno cubic"));
	ck_assert_str_eq(names + len - 4, " mad");
	ck_assert_int_eq(tcp_cc_names(&added, false, names, 6), len);
	ck_assert_str_eq(names, "reno ");
}
END_TEST

START_TEST(what_does_not_fit_the_table_is_refused)
{
	struct pyt_cc_ops ops = mad();

	ops.version = 1;
	ck_assert_int_eq(tcp_cc_add(&added, &engine, &ops), -EPROTO);
	ops = mad();
	ops.size = 16;
	ck_assert_int_eq(tcp_cc_add(&added, &engine, &ops), -EPROTO);
	ops = mad();
	ops.on_ack = NULL;
	ck_assert_int_eq(tcp_cc_add(&added, &engine, &ops), -EINVAL);
	ops = mad();
	ops.name = "two words";
	ck_assert_int_eq(tcp_cc_add(&added, &engine, &ops), -EINVAL);
	ops.name = "sixteen_letters_";
	ck_assert_int_eq(tcp_cc_add(&added, &engine, &ops), -EINVAL);
	ops = mad();
	ops.flags = 1u << 31;
	ck_assert_int_eq(tcp_cc_add(&added, &engine, &ops), -EINVAL);
	ops = mad();
	ops.name = "cubic";
	ck_assert_int_eq(tcp_cc_add(&added, &engine, &ops), -EEXIST);
}
END_TEST

START_TEST(a_larger_table_of_the_same_version_is_taken)
{
	struct {
		struct pyt_cc_ops ops;
		void *later[4];
	} big = { mad(), { &big } };

	big.ops.size = sizeof(big);
	ck_assert_int_eq(tcp_cc_add(&added, &engine, &big.ops), 0);
}
END_TEST

START_TEST(sixteen_are_added_and_no_more)
{
	struct pyt_cc_ops ops = mad();
	char name[] = "a";

	ops.name = name;
	for (int i = 0; i < TCP_CC_ADDED_MAX; i++, name[0]++)
		ck_assert_int_eq(tcp_cc_add(&added, &engine, &ops), 0);
	name[0] = 'a';
	ck_assert_int_eq(tcp_cc_add(&added, &engine, &ops), -EEXIST);
	ops.name = "another";
	ck_assert_int_eq(tcp_cc_add(&added, &engine, &ops), -ENOSPC);
}
END_TEST

START_TEST(what_a_control_leaves_is_brought_within_bounds)
{
	struct pyt_cc_ops ops = mad();
	struct pyt_cc cc = { .mss = MSS, .cwnd = 10 * MSS };
	struct pyt_cc_ack ack = control_ack(MSS);

	tcp_cc_start(&cc, &ops, 0);
	tcp_cc_reduce(&cc, PYT_CC_LOSS, 0, 0);
	ck_assert_uint_eq(cc.ssthresh, 2 * MSS);
	tcp_cc_on_ack(&cc, &ack, 0);
	ck_assert_uint_eq(cc.cwnd, MSS);
}
END_TEST

START_TEST(cwnd_is_not_the_controls_in_recovery_unless_it_owns_it)
{
	struct pyt_cc_ops ops = mad();
	struct pyt_cc cc = { .mss = MSS, .cwnd = 10 * MSS };
	struct pyt_cc_ack ack = control_ack(MSS);

	ack.in_recovery = true;
	tcp_cc_start(&cc, &ops, 0);
	tcp_cc_on_ack(&cc, &ack, 0);
	ck_assert_uint_eq(cc.cwnd, 10 * MSS);
	ops.flags = PYT_CC_OWNS_CWND;
	tcp_cc_on_ack(&cc, &ack, 0);
	ck_assert_uint_eq(cc.cwnd, MSS);
}
END_TEST

START_TEST(a_switch_releases_the_old_one_and_keeps_the_windows)
{
	struct pyt_cc_ops ops = mad();
	struct pyt_cc cc = { .mss = MSS,
			     .cwnd = 10 * MSS,
			     .ssthresh = 7 * MSS };

	tcp_cc_start(&cc, &ops, 0);
	tcp_cc_end(&cc);
	ck_assert_uint_eq(cc.state[0], 1);
	tcp_cc_start(&cc, &tcp_reno, 0);
	ck_assert_uint_eq(cc.state[0], 0);
	ck_assert_uint_eq(cc.cwnd, 10 * MSS);
	ck_assert_uint_eq(cc.ssthresh, 7 * MSS);
}
END_TEST

START_TEST(an_undo_never_lowers_the_window)
{
	struct pyt_cc cc = control_start("reno", 40 * MSS);

	control_reduce(&cc, PYT_CC_LOSS, 0);
	tcp_cc_undo(&cc, 40 * MSS, PYT_CC_SSTHRESH_INFINITE, 0);
	ck_assert_uint_eq(cc.cwnd, 40 * MSS);
	ck_assert_uint_eq(cc.ssthresh, PYT_CC_SSTHRESH_INFINITE);
	tcp_cc_undo(&cc, 30 * MSS, 20 * MSS, 0);
	ck_assert_uint_eq(cc.cwnd, 40 * MSS);
	ck_assert_uint_eq(cc.ssthresh, 20 * MSS);
}
END_TEST

START_TEST(a_small_window_is_never_below_two_segments)
{
	static const char *const names[] = { "reno", "cubic", "dctcp" };

	for (int i = 0; i < 3; i++) {
		struct pyt_cc cc = control_start(names[i], MSS);

		tcp_cc_reduce(&cc, PYT_CC_LOSS, 0, 0);
		ck_assert_uint_eq(cc.ssthresh, 2 * MSS);
	}
}
END_TEST

UNIT_MAIN_WITH("tcp_cc", setup, tear_down,
	       the_layout_of_version_two_does_not_move, names_are_found,
	       an_added_control_is_found_and_listed,
	       what_does_not_fit_the_table_is_refused,
	       a_larger_table_of_the_same_version_is_taken,
	       sixteen_are_added_and_no_more,
	       what_a_control_leaves_is_brought_within_bounds,
	       cwnd_is_not_the_controls_in_recovery_unless_it_owns_it,
	       a_switch_releases_the_old_one_and_keeps_the_windows,
	       an_undo_never_lowers_the_window,
	       a_small_window_is_never_below_two_segments)
