#include "control.h"

#include <linux/inet_diag.h>

static uint32_t alpha_of(const struct pyt_cc *cc)
{
	struct tcp_dctcp_info info;

	ck_assert_uint_eq(cc->ops->get_info(cc, &info), sizeof(info));
	return info.dctcp_alpha;
}

/* A round in which marked of a hundred segments were CE. */
static void round_with(struct pyt_cc *cc, unsigned marked)
{
	struct pyt_cc_ack ack = control_ack(MSS);

	ack.window_was_used = false;
	for (unsigned i = 0; i < 100; i++) {
		ack.ce_bytes = i < marked ? MSS : 0;
		ack.round_start = i == 99;
		tcp_cc_on_ack(cc, &ack, 0);
	}
}

START_TEST(the_first_mark_halves)
{
	struct pyt_cc cc = control_start("dctcp", 100 * MSS);

	ck_assert_uint_eq(alpha_of(&cc), 1024);
	control_reduce(&cc, PYT_CC_ECN, 0);
	ck_assert_uint_eq(cc.cwnd, 50 * MSS);
}
END_TEST

START_TEST(alpha_goes_by_the_formula)
{
	static const unsigned marked[] = { 0, 0, 50, 100, 0, 10, 10, 3 };
	struct pyt_cc cc = control_start("dctcp", 100 * MSS);
	double alpha = 1;

	for (unsigned i = 0; i < sizeof(marked) / sizeof(*marked); i++) {
		round_with(&cc, marked[i]);
		alpha = alpha * 15 / 16 + marked[i] / 100.0 / 16;
		ck_assert_double_ge(alpha_of(&cc), alpha * 1024 - 4);
		ck_assert_double_le(alpha_of(&cc), alpha * 1024 + 4);
	}
}
END_TEST

START_TEST(alpha_goes_to_zero_without_marks_and_to_one_with_all)
{
	struct pyt_cc cc = control_start("dctcp", 100 * MSS);

	for (int i = 0; i < 200; i++)
		round_with(&cc, 0);
	ck_assert_uint_eq(alpha_of(&cc), 0);
	for (int i = 0; i < 200; i++)
		round_with(&cc, 100);
	ck_assert_uint_ge(alpha_of(&cc), 1024 - 16);
	ck_assert_uint_le(alpha_of(&cc), 1024);
}
END_TEST

START_TEST(the_window_gives_way_by_half_of_alpha)
{
	struct pyt_cc cc = control_start("dctcp", 100 * MSS);
	uint32_t alpha;

	for (int i = 0; i < 40; i++)
		round_with(&cc, 20);
	alpha = alpha_of(&cc);
	control_reduce(&cc, PYT_CC_ECN, 0);
	ck_assert_uint_eq(cc.cwnd, 100 * MSS - 100 * MSS * alpha / 2048);
}
END_TEST

START_TEST(loss_halves_whatever_alpha_is)
{
	struct pyt_cc cc = control_start("dctcp", 100 * MSS);

	for (int i = 0; i < 200; i++)
		round_with(&cc, 0);
	control_reduce(&cc, PYT_CC_LOSS, 0);
	ck_assert_uint_eq(cc.cwnd, 50 * MSS);
}
END_TEST

START_TEST(without_marks_it_grows_as_reno)
{
	struct pyt_cc cc = control_start("dctcp", 10 * MSS);

	control_round(&cc, RTT_US, 0);
	ck_assert_uint_eq(cc.cwnd, 20 * MSS);
	control_reduce(&cc, PYT_CC_LOSS, 0);
	control_round(&cc, RTT_US, 0);
	ck_assert_uint_eq(cc.cwnd, 11 * MSS);
}
END_TEST

START_TEST(more_marks_than_bytes_are_all_bytes)
{
	struct pyt_cc cc = control_start("dctcp", 100 * MSS);
	struct pyt_cc_ack ack = control_ack(MSS);

	ack.ce_bytes = 1u << 31;
	ack.round_start = true;
	tcp_cc_on_ack(&cc, &ack, 0);
	ck_assert_uint_le(alpha_of(&cc), 1024);
}
END_TEST

START_TEST(it_asks_for_ecn)
{
	struct pyt_cc cc = control_start("dctcp", 10 * MSS);

	ck_assert(tcp_cc_has(&cc, PYT_CC_NEEDS_ECN));
}
END_TEST

UNIT_MAIN("tcp_dctcp", the_first_mark_halves, alpha_goes_by_the_formula,
	  alpha_goes_to_zero_without_marks_and_to_one_with_all,
	  the_window_gives_way_by_half_of_alpha, loss_halves_whatever_alpha_is,
	  without_marks_it_grows_as_reno, more_marks_than_bytes_are_all_bytes,
	  it_asks_for_ecn)
